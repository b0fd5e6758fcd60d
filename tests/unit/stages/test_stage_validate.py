"""The validate stage: findings of files, what it writes, and the same verdict at the desk and at the station."""

import gzip
import hashlib
import json
import os
import unicodedata
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import read_json, read_json_lines
from dsqc.errors import SystemFault
from dsqc.model import Submission
from dsqc.stages.transfer import transfer
from dsqc.stages.validate import ValidateResult, validate
from dsqc.station import Limits
from helpers.submissions import TODAY, Tables, add, good_tables, put, write_tsv, write_xlsx

READS = gzip.compress(b"@r1\nACGT\n+\nIIII\n", mtime=0)
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
DAY = date.fromisoformat(TODAY)


def make(folder: Path, data: bytes | None = READS, name: str = "S1.fastq.gz", **cells: str) -> Tables:
    """A submission whose one file holds ``data`` (``None``: it is not there); ``cells`` go to the file sheet."""
    tables = good_tables()
    md5 = hashlib.md5(data or b"").hexdigest()
    put(tables, "file", **({"file_name": name, "md5": md5} | cells))
    if name.endswith((".bam", ".cram")):
        put(tables, "run", file_type=name.rpartition(".")[2])
    if name.endswith(".cram"):
        put(tables, "file", reference_name="GRCh38")
    write_tsv(folder, tables)
    if data is not None:
        (folder / name).write_bytes(data)
    return tables


def codes(result: ValidateResult) -> list[str]:
    return [item.code.removeprefix("DSQC-") for item in result.findings]


def shown(result: ValidateResult) -> list[dict[str, Any]]:
    """Findings as people see them."""
    return [{name: item for name, item in row.items() if name != "parameters"} for row in result.findings.to_list()]


def check(folder: Path, **options: Any) -> ValidateResult:
    return validate(folder, None, today=DAY, **options)


def bgzf(data: bytes) -> bytes:
    """One BGZF block."""
    body = gzip.compress(data, mtime=0)
    deflated = body[10:-8]
    head = bytes.fromhex("1f8b08040000000000ff0600424302000000")
    size = len(head) + len(deflated) + 8
    return head[:16] + (size - 1).to_bytes(2, "little") + deflated + body[-8:]


BAM = bgzf(b"BAM\x01" + bytes(8))


def test_a_good_submission_has_no_finding(tmp_path: Path) -> None:
    make(tmp_path)
    result = check(tmp_path)
    assert (codes(result), result.has_errors) == ([], False)


@pytest.mark.parametrize(
    ("name", "data", "cells", "expected"),
    [
        ("S1.fastq.gz", None, {}, ["F003"]),
        ("S1.fastq.gz", READS, {"md5": "0" * 32}, ["F006"]),
        ("S1.fastq.gz", READS, {"sha256": "0" * 64}, ["F006"]),
        ("S1.fastq.gz", READS, {"size_bytes": "7"}, ["F007"]),
        ("S1.fastq.gz", b"", {}, ["F008"]),
        ("S1.fastq.gz", gzip.compress(b"", mtime=0), {}, ["F008"]),
        ("S1.fastq.gz", b"PK\x03\x04" + bytes(60), {}, ["F009"]),
        ("S1.fastq.gz", b"@r1\nACGT\n+\nIIII\n", {}, ["F009", "F017"]),
        ("S1.fastq", b"@r1\nACGT\n+\nIIII\n", {}, ["F017"]),
        ("S1.fastq.gz", b"\xfd7zXZ\x00" + bytes(60), {}, ["F018"]),
        ("S1.bam", BAM + BGZF_END, {}, []),
        ("S1.bam", BAM, {}, ["D018"]),
    ],
)
def test_findings_of_files(
    tmp_path: Path, name: str, data: bytes | None, cells: dict[str, str], expected: list[str]
) -> None:
    make(tmp_path, data, name, **cells)
    assert codes(check(tmp_path)) == expected
    assert codes(check(tmp_path, with_files=False)) == []


def test_extra_files_and_folders_are_warnings(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "notes.docx").touch()
    (tmp_path / "old").mkdir()
    result = check(tmp_path)
    assert codes(result) == ["F004", "F004"]
    assert not result.has_errors


def test_the_results_may_stand_inside_the_submission(tmp_path: Path) -> None:
    make(tmp_path)
    for _ in range(2):
        result = validate(tmp_path, tmp_path / "out", today=DAY)
        assert codes(result) == []


def test_names_that_are_no_utf8_are_shown_and_written(tmp_path: Path) -> None:
    make(tmp_path / "in")
    (tmp_path / "in" / os.fsdecode(b"\xb0\xa1.txt")).touch()
    result = validate(tmp_path / "in", tmp_path / "out", today=DAY)
    assert [(item.code, item.value) for item in result.findings] == [("DSQC-F004", "\\xb0\\xa1.txt")]


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_special_files_are_not_read(tmp_path: Path, kind: str) -> None:
    make(tmp_path, None)
    path = tmp_path / "S1.fastq.gz"
    {"link": lambda: path.symlink_to("/etc/passwd"), "directory": path.mkdir, "pipe": lambda: os.mkfifo(path)}[kind]()
    assert codes(check(tmp_path)) == ["F016"]


def test_a_name_in_other_letter_case_is_suggested(tmp_path: Path) -> None:
    make(tmp_path, None)
    (tmp_path / "s1.fastq.GZ").write_bytes(READS)
    found = {item.code: item for item in check(tmp_path).findings}
    assert found["DSQC-F003"].expected == "s1.fastq.GZ"


def test_names_of_files_are_compared_composed(tmp_path: Path) -> None:
    make(tmp_path, None, "시료.fastq.gz", md5=hashlib.md5(READS).hexdigest())
    (tmp_path / unicodedata.normalize("NFD", "시료.fastq.gz")).write_bytes(READS)
    assert codes(check(tmp_path)) == ["F001"]


def test_directories_in_names_are_never_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.fastq.gz").write_bytes(READS)
    make(tmp_path / "form", None, "../secret.fastq.gz", md5="0" * 32)
    assert codes(check(tmp_path / "form")) == ["F014"]


def test_a_lone_workbook_has_its_files_beside_it(tmp_path: Path) -> None:
    tables = make(tmp_path / "tsv")
    write_xlsx(tmp_path / "my.xlsx", tables)
    (tmp_path / "S1.fastq.gz").write_bytes(READS)
    (tmp_path / "tsv" / "S1.fastq.gz").unlink()
    result = check(tmp_path / "my.xlsx")
    assert codes(result) == ["F004"]
    assert result.submission.alias == tables["submission"][1][0]


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files("dsqc.schemas").joinpath("reports", f"{name}.schema.json").read_text("utf-8")
    )
    return found


def validator(name: str) -> jsonschema_rs.Draft202012Validator:
    parts = [schema(part) for part in ("finding", "group")]
    registry = jsonschema_rs.Registry([(part["$id"], part) for part in parts])
    return jsonschema_rs.Draft202012Validator(schema(name), registry=registry, validate_formats=True)


def test_what_is_written_fits_its_schemas_and_is_the_same_each_time(tmp_path: Path) -> None:
    make(tmp_path / "in", md5="0" * 32, read_role="")
    first, second = tmp_path / "first", tmp_path / "second"
    result = validate(tmp_path / "in", first, today=DAY)
    validate(tmp_path / "in", second, today=DAY)
    for path in sorted(first.iterdir()):
        assert path.read_bytes() == (second / path.name).read_bytes()
    document = read_json(first / "validate.json")
    rows = read_json_lines(first / "validate.findings.jsonl")
    validator("validate").validate(document)
    validator("validate").validate({**document, "findings": rows})
    validator("submission").validate(read_json(first / "submission.json"))
    assert result.path == first / "validate.json"
    assert document["form"] == {"id": "seed_crop", "version": "1.0.0", "package": "Plant_fungi"}
    assert document["finding_counts"] == {"error": 1, "warning": 0, "info": 0}
    assert document["inputs"]["sample.tsv"] == hashlib.sha256((tmp_path / "in" / "sample.tsv").read_bytes()).hexdigest()
    assert [row["code"] for row in rows] == ["DSQC-F006"]


def test_spellings_set_right_go_on_with_the_raw_value_beside(tmp_path: Path) -> None:
    tables = make(tmp_path)
    put(tables, "sample", sex="Female", geo_loc_name="Korea:Seoul")
    write_tsv(tmp_path, tables)
    validate(tmp_path, tmp_path / "out", today=DAY)
    cells = Submission.from_dict(read_json(tmp_path / "out" / "submission.json")).rows("sample")[0].cells
    assert (cells["sex"].value, cells["sex"].raw) == ("female", "Female")
    assert (cells["geo_loc_name"].value, cells["geo_loc_name"].raw) == ("South Korea:Seoul", "Korea:Seoul")


def test_without_a_form_the_sheets_are_still_read(tmp_path: Path) -> None:
    tables = make(tmp_path)
    put(tables, "submission", form_id="wheat")
    write_tsv(tmp_path, tables)
    result = validate(tmp_path, tmp_path / "out", today=DAY)
    assert codes(result) == ["T027"]
    assert read_json(tmp_path / "out" / "validate.json")["form"] is None


def test_an_empty_directory_is_findings_not_a_fault(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    result = validate(tmp_path / "in", tmp_path / "out", today=DAY)
    assert codes(result) == ["T002"]
    assert read_json(tmp_path / "out" / "submission.json") == {"schema_version": "1.0", "sheets": []}


@pytest.mark.parametrize("edit", [{}, {"md5": "0" * 32}, {"size_bytes": "7"}, {"file_name": "other.fastq.gz"}])
def test_the_verdict_at_the_desk_is_the_stations(tmp_path: Path, edit: dict[str, str]) -> None:
    make(tmp_path / "desk", None if "file_name" in edit else READS, **edit)
    (tmp_path / "desk" / "readme.txt").touch()
    transfer(str(tmp_path / "desk"), tmp_path / "inbox", tmp_path / "results")
    at_desk = validate(tmp_path / "desk", None, today=DAY)
    at_station = validate(tmp_path / "inbox", None, transfer=tmp_path / "results" / "transfer.json", today=DAY)
    assert shown(at_station) == shown(at_desk)
    assert "transfer.json" in at_station.document["inputs"]


def test_a_form_changed_after_its_transfer_is_a_fault(tmp_path: Path) -> None:
    make(tmp_path / "desk")
    transfer(str(tmp_path / "desk"), tmp_path / "inbox", tmp_path / "results")
    with (tmp_path / "inbox" / "sample.tsv").open("a") as file:
        file.write("S2\n")
    with pytest.raises(SystemFault, match="not what was transferred"):
        validate(tmp_path / "inbox", None, transfer=tmp_path / "results" / "transfer.json", today=DAY)


CONTIG = b">contig_1\n" + b"ACGTACGTAN\n" * 600


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (CONTIG, ["R011"]),
        (b">r1\nACGT\n>r2\nACGT\n" * 400, []),
        (b"@r1\n" + b"ACGTACGTAN" * 600 + b"\n+\n" + b"I" * 6000 + b"\n", []),
    ],
)
def test_assembled_sequence_under_the_name_of_reads(tmp_path: Path, data: bytes, expected: list[str]) -> None:
    make(tmp_path, gzip.compress(data, mtime=0))
    assert codes(check(tmp_path)) == expected


def test_what_needs_the_catalog_is_listed_as_skipped(tmp_path: Path) -> None:
    make(tmp_path)
    assert check(tmp_path).document["skipped_rules"] == ["DSQC-F013"]


def test_the_limits_of_the_web_transfer_are_the_stations(tmp_path: Path) -> None:
    make(tmp_path, size_bytes=str(len(READS)))
    assert codes(check(tmp_path, limits=Limits(web_files=1))) == []
    tables = good_tables()
    for number in range(3):
        add(tables, "file", file_name=f"S1_{number}.fastq.gz", md5=f"{number:032d}")
    write_tsv(tmp_path, tables)
    (found,) = check(tmp_path, limits=Limits(web_files=3), with_files=False).findings
    assert (found.code, found.value, found.location.row) == ("DSQC-F015", "4 files", None)


def test_nobody_is_named_in_groups_and_columns_and_no_row_is_lost(tmp_path: Path) -> None:
    tables = make(tmp_path / "in")
    for number in range(2, 61):
        add(tables, "sample", sample_name=f"S{number}")
    for number in range(1, 61):
        put(tables, "sample", number, treatment=f"ask person{number % 3}@example.org")
    write_tsv(tmp_path / "in", tables)
    validate(tmp_path / "in", tmp_path / "out", today=DAY, with_files=False)
    for name in ("validate.json", "validate.findings.jsonl", "profile.json", "profile.html"):
        assert "person1@example.org" not in (tmp_path / "out" / name).read_text(encoding="utf-8"), name
    groups = read_json(tmp_path / "out" / "validate.json")["groups"]
    (group,) = (group for group in groups if group["code"] == "DSQC-H003")
    assert (group["count"], group["rows"]) == (60, "2-61")
