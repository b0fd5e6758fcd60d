"""The plan's table and breakdowns over registered and reported data, on both databases."""

from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dsqc.catalog.database import Catalog
from dsqc.catalog.figures.breakdown import breakdown
from dsqc.catalog.figures.plan_table import plan_table
from dsqc.catalog.figures.reported import Imported, import_figures, read_figures
from dsqc.errors import UsageError
from dsqc.language import Language
from dsqc.report import figure_tables
from dsqc.station import Station
from helpers.holdings import add_submission

PLAN_2020 = files("dsqc.schemas").joinpath("statistics", "plan_2020.tsv").read_text(encoding="utf-8")
PUBLISHED = [
    ("MSIT", "KOBIC", "omics", 1_340_840, 626_000),
    ("MSIT", "KCB", "compound", 7_911_503, 3_506),
    ("MSIT", "KBRI", "omics", 6_102, 145_997),
    ("MSIT", "KBRI", "brain image and signal", 125_807, 121_605),
    ("MOHW", "CODA", "omics", 118_039, 239_000),
    ("MAFRA", "NABIC", "omics", 5_205_994, 49_013),
    ("MOF", "MAGIC", "omics", 592, 78_300),
    ("MOTIE", "INGIC", "omics", 2_967, 61_377),
]
"""The plan of 2021, status of research data in 2020: as it was published."""
TOTALS = {"omics": (6_674_534, 1_199_687), "compound": (7_911_503, 3_506), "brain image and signal": (125_807, 121_605)}


def table(station: Station, **options: Any) -> dict[str, Any]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return plan_table(session, zone=station.figures.zone, **options)


def counts(station: Station, *dimensions: str, **options: Any) -> dict[tuple[str, ...], int]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = breakdown(session, dimensions, zone=station.figures.zone, **options)
    return {tuple(row[name] for name in dimensions): row["runs"] for row in found["rows"]}


def report(station: Station, path: Path, text: str, *, own: str = "KOBIC", replace: bool = False) -> Imported:
    path.write_text(text, encoding="utf-8")
    figures = read_figures(path, own)
    with Catalog.open(station) as catalog:
        return catalog.write(lambda session: import_figures(session, figures, replace=replace))


@pytest.mark.parametrize("threshold", [None, 5])
def test_the_plan_of_2020_comes_back_to_the_digit(station: Station, tmp_path: Path, threshold: int | None) -> None:
    """Two centres' data is registered here, KOBIC's lay elsewhere then, and the others report."""
    lines = [line for line in PLAN_2020.splitlines() if not line.startswith(("MAGIC", "INGIC"))]
    assert report(station, tmp_path / "plan.tsv", "\n".join(lines)) == Imported(6, 0, 0)
    at = {"registered": "2020-06-01T00:00"}
    with Catalog.open(station) as catalog, catalog.writing() as session:
        add_submission(session, 592, size_bytes=78_300 * 10**9 - 1, centre="MAGIC", states=at)
        add_submission(session, 2_900, size_bytes=60_000 * 10**9, centre="INGIC", states=at, access="closed")
        add_submission(session, 67, size_bytes=1_377 * 10**9, centre="INGIC", states=at)
        add_submission(session, 9, centre="MAGIC", states={"registered": "2021-01-01T00:00"})

    found = table(station, as_of=date(2020, 12, 31), threshold=threshold)

    assert [
        tuple(row[key] for key in ("ministry", "centre", "data_type", "records", "volume_gb")) for row in found["rows"]
    ] == PUBLISHED
    assert {row["data_type"]: (row["records"], row["volume_gb"]) for row in found["data_types"]} == TOTALS
    assert (found["total"]["records"], found["total"]["volume_gb"]) == (14_711_844, 1_324_798)
    assert [row["records_percent"] for row in found["rows"]] == [9.1, 53.8, 0.0, 0.9, 0.8, 35.4, 0.0, 0.0]
    assert [row["volume_percent"] for row in found["rows"]] == [47.3, 0.3, 11.0, 9.2, 18.0, 3.7, 5.9, 4.6]
    assert [row["source"] for row in found["rows"]] == ["reported"] * 6 + ["catalog"] * 2
    assert table(station, threshold=threshold)["total"]["records"] == 14_711_844 + 9

    path = tmp_path / "plan.xlsx"
    figure_tables.write_xlsx(path, figure_tables.plan_table(found, Language.KO))
    sheet = openpyxl.load_workbook(path).active
    rows = [row for row in sheet.iter_rows(min_row=4, values_only=True) if row[3] is not None]
    assert [(row[1], row[3], row[5]) for row in rows[:8]] == [(row[1], row[3], row[4]) for row in PUBLISHED]
    assert rows[-1][3:] == (14_711_844, 100, 1_324_798, 100)
    assert sheet["A4"].value == "과학기술정보통신부"


def test_what_a_centre_reports_stands_in_place_of_what_is_held_for_it_from_its_day(
    station: Station, tmp_path: Path
) -> None:
    head = "centre\tdata_type\tas_of\trecords\tvolume_gb\n"
    with Catalog.open(station) as catalog, catalog.writing() as session:
        add_submission(session, 3, centre="NABIC")
        add_submission(session, 4, centre="KOBIC", size_bytes=1_499_999_999)
    both = f"{head}NABIC\tomics\t2025-06-30\t100\t5\nKOBIC\tomics\t2019-12-31\t50\t1\n"
    report(station, tmp_path / "a.tsv", both)

    before, after = table(station, as_of=date(2025, 6, 29)), table(station)

    assert [(row["centre"], row["records"]) for row in before["rows"]] == [("KOBIC", 54), ("NABIC", 3)]
    assert [(row["centre"], row["records"]) for row in after["rows"]] == [("KOBIC", 54), ("NABIC", 100)]
    assert after["rows"][0]["volume_gb"] == 2
    assert after["rows"][0]["source"] == "both"
    assert report(station, tmp_path / "a.tsv", both) == Imported(0, 0, 2)
    changed = f"{head}NABIC\tomics\t2025-12-31\t7\t5\nNABIC\tomics\t2025-06-30\t101\t5\n"
    with pytest.raises(UsageError, match="is known as 100 records and 5 GB"):
        report(station, tmp_path / "a.tsv", changed)
    assert table(station)["rows"][1]["records"] == 100
    assert report(station, tmp_path / "a.tsv", changed, replace=True) == Imported(1, 1, 0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("NOBODY\tomics\t2025-06-30\t1\t1", "line 2: no centre"),
        ("NABIC\tomic\t2025-06-30\t1\t1", "no type of data"),
        ("NABIC\tomics\t2025-06-31\t1\t1", "is no day"),
        ("NABIC\tomics\t2025-06-30\t-1\t1", "no number from 0"),
        ("NABIC\tomics\t2025-06-30\t1.5\t1", "whole numbers"),
        ("NABIC\tomics\t2025-06-30\tNaN\t1", "no number from 0"),
        ("NABIC\tomics\t2025-06-30", "no number from 0"),
        ("KOBIC\tomics\t2025-06-30\t1\t1\twhole", "is this station"),
        ("NABIC\tomics\t2025-06-30\t1\t1\nNABIC\tomics\t2025-06-30\t2\t1", "line 3 .* second time"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "wrong.tsv"
    path.write_text(f"centre\tdata_type\tas_of\trecords\tvolume_gb\tscope\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_figures(path, "KOBIC")


def test_runs_are_counted_by_what_people_ask_for(station: Station) -> None:
    with Catalog.open(station) as catalog, catalog.writing() as session:
        # In Seoul the second one is of 2025, whatever the clock of UTC says.
        add_submission(session, 2, field="livestock", states={"registered": "2024-12-31T14:59"})
        add_submission(session, 3, field="livestock", states={"registered": "2024-12-31T15:00"}, platform="DNBSEQ")
        add_submission(session, 4, states={"registered": "2025-08-01T00:00", "withdrawn": "2026-02-01T00:00"})
        add_submission(session, 5, states={"registered": "2025-08-01T00:00", "held": "2025-09-01T00:00"})

    assert counts(station, "field", "year") == {
        ("livestock", "2024"): 2,
        ("livestock", "2025"): 3,
        ("seed_crop", "2025"): 5,
    }
    assert counts(station, "quarter", as_of=date(2025, 12, 31)) == {("2024-Q4",): 2, ("2025-Q1",): 3, ("2025-Q3",): 9}
    assert counts(station, "state") == {("held",): 5, ("released",): 5, ("withdrawn",): 4}
    assert counts(station, "state", as_of=date(2025, 8, 31)) == {("registered",): 9, ("released",): 5}
    assert counts(station, "platform", "field") == {
        ("DNBSEQ", "livestock"): 3,
        ("ILLUMINA", "livestock"): 2,
        ("ILLUMINA", "seed_crop"): 5,
    }
    assert counts(station, "field", threshold=5) == {("livestock",): 5}
    with pytest.raises(UsageError, match="Nothing is counted by colour"):
        counts(station, "colour")


def test_the_public_learns_nothing_of_a_few_closed_runs(station: Station) -> None:
    with Catalog.open(station) as catalog, catalog.writing() as session:
        add_submission(session, 6, centre="NABIC", organism="Oryza sativa")
        add_submission(session, 2, centre="NABIC", access="closed", organism="Panax ginseng")

    found = table(station, threshold=5)
    assert found["rows"][0]["records"] is found["total"]["records"] is found["total"]["volume_bytes"] is None
    assert table(station)["total"]["records"] == 8
    with Catalog.open(station) as catalog, catalog.reading() as session:
        parts = breakdown(session, ["organism"], zone=station.figures.zone, threshold=5)
    assert [row["organism"] for row in parts["rows"]] == ["Oryza sativa"]
    assert parts["total"] is parts["closed"] is None
    told = figure_tables.plan_table(found, Language.EN)
    assert figure_tables.to_tsv(told).splitlines()[1].split("\t")[3:] == ["", "", "", ""]
    assert figure_tables.WITHHELD in told.remarks[1]
