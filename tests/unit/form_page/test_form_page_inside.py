"""What runs in the page, run here: the station's limits count, and what a person can mend comes back in words."""

import json
from pathlib import Path

import pytest

from dsqc.form_page import inside
from helpers.submissions import TODAY, add, good_tables, write_tsv


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = write_tsv(tmp_path / "submission", good_tables())
    monkeypatch.setattr(inside, "FOLDER", place)
    monkeypatch.setattr(inside, "_RESULTS", tmp_path / "results")
    return place


def codes(**request: object) -> set[str]:
    said = json.loads(inside.check(json.dumps({"today": TODAY, **request})))
    assert set(said["rules"]) == {row["code"] for row in json.loads(said["json"])["findings"]}
    return set(said["rules"])


def test_the_limits_of_the_station_count(folder: Path) -> None:
    tables = good_tables()
    for number in range(2):
        add(tables, "sample", sample_name=f"N{number}", sample_title=f"Plant {number}", cultivar=f"Line {number}")
    write_tsv(folder, tables)
    assert codes(limits={"samples": 2}) - codes(limits={"samples": 3}) == {"DSQC-T026"}


def test_which_files_are_the_form() -> None:
    for names, form in (
        (["b.fastq.gz", "sample.tsv", "run.tsv"], ["run.tsv", "sample.tsv"]),
        (["mine.xlsx", "a.bam"], ["mine.xlsx"]),
        (["plants.csv"], ["plants.csv"]),
        (["plants.csv", "a.bam"], []),
        (["one.xlsx", "two.xlsx"], []),
    ):
        assert json.loads(inside.choose_form(json.dumps(names))) == form


def test_a_single_table_is_diagnosed_alone(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "plants.csv").write_text("sample_name,tissue\nS1,leaf\n", encoding="utf-8")
    assert codes()
    assert json.loads(inside.save_results(json.dumps({"today": TODAY})))["path"].endswith("results.zip")


def test_what_a_person_can_mend_is_said(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(inside, "_RESULTS", folder)  # The copy may not stand among the submission's own files.
    monkeypatch.setattr(inside, "_fresh", lambda place: place)
    said = json.loads(inside.save_corrected(json.dumps({"today": TODAY})))
    assert "-O" in said["hint"]
