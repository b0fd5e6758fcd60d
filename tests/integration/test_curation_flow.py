"""The whole way of a submission that goes back: judged, returned with a marked workbook, corrected, judged again,
approved, registered. By the commands, on the shipped sample data."""

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import openpyxl
import pytest

from dsqc.cli.main import main
from dsqc.errors import ExitCode
from dsqc.model import Submission
from dsqc.station import load_station
from helpers.catalogs import actions, problems
from helpers.results import read

BATCH = Path(__file__).parents[2] / "test-data" / "batch"
SOURCE = BATCH / "hepg2-drug-response"
MARK = "FFFFEB9C"


def dsqc(*arguments: str | Path) -> int:
    return main([*map(str, arguments), "-q"])


def judged(source: Path, work: Path, station: Path) -> Path:
    """All stages of one submission up to ``register``; its results."""
    inbox, results = work / "inbox" / "liver", work / "results" / "liver"
    for folder in (inbox, results):
        shutil.rmtree(folder, ignore_errors=True)
    at = ("--station", station)
    assert dsqc("transfer", source, inbox, "--submission", "liver", "-O", results, *at) == ExitCode.DONE
    assert dsqc("validate", inbox, "--transfer", results / "transfer.json", "-O", results, *at) == ExitCode.DONE
    for run in Submission.from_dict(read(results / "submission.json")).runs():
        given = ("--submission", results / "submission.json", "--run", run.key, "--inbox", inbox)
        assert dsqc("qc", *given, "-O", results / "runs" / run.key, *at) == ExitCode.DONE
    assert dsqc("judge", results, *at) == ExitCode.DONE
    assert dsqc("register", results, "--inbox", inbox, *at) == ExitCode.DONE
    return results


def shown(capsys: pytest.CaptureFixture[str], schema: str, *arguments: str | Path) -> dict[str, Any]:
    """What a command prints with ``--json``, by its published schema."""
    capsys.readouterr()
    assert dsqc(*arguments, "--json") == ExitCode.DONE
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    shape = json.loads(files("dsqc.schemas").joinpath(f"reports/{schema}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(shape, found)
    return found


def test_a_returned_submission_comes_back_corrected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    station = tmp_path / "station"
    assert dsqc("catalog", "init", station) == ExitCode.DONE
    at = ("--station", station)
    judged(SOURCE, tmp_path, station)

    row = shown(capsys, "catalog_queue", "curate", "queue", *at)["submissions"][0]
    assert (row["submission"], row["version"], row["progress"]) == ("hepg2-drug-response", 1, "open")
    assert "DSQC-Q002" in row["why"][0]["text"]
    name = row["submission"]
    shown(capsys, "curation_case", "curate", "assign", name, "--to", "Lee", *at)
    shown(
        capsys, "decision", "curate", "decide", name, "return", "--by", "Lee", *at,
        "--reason", "too_coarse:tissue@HEPG2-D3",
        "--reason", "unclear:title_en",
        "--reason", "wrong_unit:dose",
        "--reason", "low_quality:@HEPG2-D3_run1",
        "--text", "Which passage of the cell line?",
    )  # fmt: skip

    package = tmp_path / "package"
    letter = shown(capsys, "curation_return", "curate", "return-package", name, "-O", package, *at)
    marked = {item["code"]: item["marked"] for item in letter["reasons"]}
    assert marked["too_coarse"] == "sample!K2"
    assert marked["low_quality"] == "run!A2"
    _check_workbook(package / "submission.xlsx", marked)
    for file in ("letter.txt", "letter.html"):
        told = (package / file).read_text(encoding="utf-8")
        assert "Which passage of the cell line?" in told
        assert all(item["label"] in told and item["advice_ko"] in told for item in letter["reasons"])
    before = {path.name: path.read_bytes() for path in package.iterdir()}
    assert dsqc("curate", "return-package", name, "-O", package, *at) == ExitCode.DONE
    assert {path.name: path.read_bytes() for path in package.iterdir()} == before

    corrected = _correct(package / "submission.xlsx", tmp_path / "corrected", marked)
    assert dsqc("curate", "return-package", name, "-O", package, *at) == ExitCode.USAGE, "a worked-on form is kept"
    judged(corrected, tmp_path, station)

    row = shown(capsys, "catalog_queue", "curate", "queue", *at)["submissions"][0]
    assert (row["version"], row["returns"]) == (2, 1)
    assert "unanswered" in [item["kind"] for item in row["why"]]
    found = shown(capsys, "catalog_review", "curate", "show", name, "--html", tmp_path / "page.html", *at)
    last = found["case"]["last_return"]
    assert {item["code"]: item["state"] for item in last["answers"]} == {
        "too_coarse": "changed",
        "unclear": "changed",
        "wrong_unit": "unchanged",
        "low_quality": "unchanged",
    }
    assert {"tissue", "title_en"} == {item["attribute"] for item in last["changes"] if item["sheet"] != "file"}
    assert "<svg" in (tmp_path / "page.html").read_text(encoding="utf-8")

    shown(
        capsys, "decision", "curate", "decide", name, "approve", "--by", "Lee", *at, "--reason", "acceptable:dose"
    )  # fmt: skip
    inbox, results = tmp_path / "inbox" / "liver", tmp_path / "results" / "liver"
    assert dsqc("register", results, "--inbox", inbox, *at) == ExitCode.DONE
    assert read(results / "receipt.json")["registered"] is True
    assert [item for item in actions(load_station(station), name) if item != "received"] == [
        *("transferred", "validated", "measured", "in_curation", "assigned", "returned"),
        *("transferred", "validated", "measured", "in_curation", "approved", "registered", "released"),
    ]
    assert problems(load_station(station)) == []


def _check_workbook(path: Path, marked: dict[str, str]) -> None:
    """Every marked cell is coloured, has a comment in both languages, and holds what it held."""
    book = openpyxl.load_workbook(path)
    for code, place in marked.items():
        sheet, _mark, cell = place.partition("!")
        found = book[sheet][cell]
        assert found.fill.fgColor.rgb == MARK, code
        assert found.comment is not None, code
        assert "→" in found.comment.text, code
        assert code in found.comment.text, code
    plain = [row.split("\t") for row in (SOURCE / "sample.tsv").read_text(encoding="utf-8").splitlines()]
    assert [[cell.value or "" for cell in row] for row in book["sample"].iter_rows()] == plain
    assert sum(cell.comment is not None for sheet in book for row in sheet.iter_rows() for cell in row) == len(marked)


def _correct(workbook: Path, target: Path, marked: dict[str, str]) -> Path:
    """A submitter corrects two of the marked cells and leaves two: the next version, with the data beside it."""
    book = openpyxl.load_workbook(workbook)
    for code, value in (("too_coarse", "hepatocyte of the left lobe"), ("unclear", "Dose response of HepG2 cells")):
        sheet, _mark, cell = marked[code].partition("!")
        book[sheet][cell] = value
    target.mkdir()
    book.save(workbook)
    shutil.copy(workbook, target / "submission.xlsx")
    for path in SOURCE.glob("*.fastq.gz"):
        shutil.copy(path, target)
    return target
