"""The columns of K-BDS's own forms."""

import csv
from pathlib import Path

import pytest
import python_calamine

from dsqc.catalog.database import Catalog
from dsqc.exchange.kbds import SHEETS, export_kbds
from dsqc.exchange.tables import rows
from dsqc.forms import compose, load_fields
from dsqc.forms.examples import example_record
from helpers.example_catalog import add_record
from helpers.stations import new_station


def test_tables_and_workbook_say_the_same(tmp_path: Path) -> None:
    form = compose("precision_medicine", "Human")
    record = example_record(form)
    record["sample"][0]["tissue"] = "=HYPERLINK(1)"
    with Catalog.open(new_station(tmp_path / "station", {}).station) as catalog:
        with catalog.writing() as session:
            add_record(session, form, record)
            add_record(session, form, example_record(form), "held")
        with catalog.reading() as session:
            counts = export_kbds(session, tmp_path / "out")
            first = (tmp_path / "out/kbds.xlsx").read_bytes()
            export_kbds(session, tmp_path / "out")
    assert counts == dict.fromkeys(SHEETS, 1)
    assert (tmp_path / "out/kbds.xlsx").read_bytes() == first

    book = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "out/kbds.xlsx"))
    said = {}
    for name in SHEETS:
        with (tmp_path / "out" / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            headings, row = csv.reader(file, delimiter="\t")
        korean, english, cells = book.get_sheet_by_name(name).to_python()
        assert english == headings
        assert [str(cell) for cell in cells] == row[: len(cells)]
        assert "등록번호" in str(korean[0])
        said[name] = dict(zip(headings, row, strict=True))
    sample, project = said["biosample"], said["bioproject"]
    assert sample["Tissue"] == "=HYPERLINK(1)"
    assert sample["Organism"] == "Homo sapiens"
    assert sample["Isolate"] == sample["Ethnicity"] == ""  # not public
    assert project["Name of submitter"] == project["E-mail of submitter"] == ""  # people
    assert project["Name of submitter's organization"]
    assert said["experiment"]["Library layout"] == record["experiment"][0]["library_layout"].lower()
    assert said["run"]["File name"] == ";".join(row["file_name"] for row in record["file"])
    assert said["run"]["MD5 Checksum"] == ";".join(row["md5"] for row in record["file"])


@pytest.mark.parametrize("form", SHEETS)
def test_columns_come_from_attributes_that_exist(form: str) -> None:
    known = {"record": None}
    for field in load_fields().values():
        for package in field.packages:
            composed = compose(field.id, package)
            for sheet in composed.sheets:
                known.setdefault(sheet, set()).update(composed.columns(sheet))  # type: ignore[union-attr]
    columns = [row for row in rows("kbds_columns") if row["sheet"] == form]
    assert len({row["label_en"] for row in columns}) == len(columns) > 3
    for row in columns:
        assert row["label_ko"]
        names = known.get(row["from"])
        assert names is None or row["value"] in names
