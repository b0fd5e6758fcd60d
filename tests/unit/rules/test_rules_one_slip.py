"""One slip gives one finding: what another rule says already is not said again."""

from datetime import date
from pathlib import Path

import pytest

from dsqc.language import Language
from dsqc.stages.validate import validate
from helpers.submissions import TODAY, add, good_tables, put, write_tsv
from rules.edits import Edit, both, cell, chain, second


def codes(folder: Path, edit: Edit) -> list[str]:
    tables = good_tables()
    edit(tables)
    result = validate(write_tsv(folder, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    for found in result.findings:
        for language in Language:
            assert ": -." not in found.message(language), "no placeholder where nothing is known"
    return [found.code.removeprefix("DSQC-") for found in result.findings]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (cell("sample", collection_date="44260"), "S011"),
        (cell("sample", organism="벼"), "T009"),
        (cell("sample", tissue="어린 잎"), "T009"),
        (cell("sample", geo_loc_name="Korea"), "S016"),
        (both(chain, second("experiment", sample_name="S 2")), "X001"),
    ],
)
def test_one_slip_gives_one_finding(edit: Edit, code: str, tmp_path: Path) -> None:
    assert codes(tmp_path, edit) == [code]


def test_the_next_name_of_a_series_is_not_suggested(tmp_path: Path) -> None:
    tables = good_tables()
    chain(tables)
    second("experiment", sample_name="S3")(tables)
    result = validate(write_tsv(tmp_path, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    unknown = [found for found in result.findings if found.code == "DSQC-X001"]
    assert [found.suggestion for found in unknown] == [None]


def test_a_gene_that_a_workbook_holds_as_a_date_is_told(tmp_path: Path) -> None:
    assert codes(tmp_path, cell("sample", genotype="2026-09-02")) == ["T010"]


def outlying(folder: Path, column: str, usual: str, last: str) -> list[str]:
    """Codes on a column of which the last value is far from the others."""
    tables = good_tables()
    put(tables, "sample", **{column: usual})
    for number in range(2, 31):
        add(tables, "sample", sample_name=f"S{number}", **{column: last if number == 30 else usual})
    result = validate(write_tsv(folder, tables), None, today=date.fromisoformat(TODAY), with_files=False)
    return sorted({found.code for found in result.findings if found.location.attribute == column})


def test_a_date_in_the_future_is_no_outlier_as_well(tmp_path: Path) -> None:
    assert outlying(tmp_path, "collection_date", "2021-03-05", "2059-03-05") == ["DSQC-S012"]


def test_a_column_of_the_submitters_own_may_have_outliers(tmp_path: Path) -> None:
    assert "DSQC-T031" in outlying(tmp_path, "storage_degrees", "20", "90000")
