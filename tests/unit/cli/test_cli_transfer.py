"""``dsqc transfer`` as a command: exit codes, what it prints."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from helpers.sources import visible, write_source

DATA = {"a_R1.fastq": b"@r\nACGT\n+\nIIII\n"}


def check(text: str, schema: str) -> dict:
    record = json.loads(text)
    shape = json.loads(files("dsqc.schemas").joinpath(f"reports/{schema}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(shape).validate(record)
    return record


@pytest.fixture
def source(tmp_path) -> Path:
    return write_source(tmp_path / "source", DATA)


@pytest.fixture
def bad_source(tmp_path) -> Path:
    return write_source(tmp_path / "source", DATA, [{"file_name": "a_R1.fastq", "md5": "0" * 32}])


def test_a_good_transfer_ends_with_0_and_one_line(source, tmp_path, capsys):
    assert main(["transfer", str(source), str(tmp_path / "inbox"), "--lang", "en"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"copied 3; 0 errors, 0 warnings. Report: {tmp_path}/inbox/.dsqc/transfer.json"


def test_error_findings_end_with_3_unless_the_workflow_asks(bad_source, tmp_path, capsys):
    arguments = ["transfer", str(bad_source), str(tmp_path / "inbox"), "--lang", "ko", "-O", str(tmp_path / "results")]
    assert main(arguments) == 3
    printed = capsys.readouterr().out
    assert "DSQC-F006" in printed
    assert "오류 1건" in printed
    assert main([*arguments, "--exit-zero"]) == 0
    assert (tmp_path / "results" / "transfer.json").is_file()


def test_json_is_the_record(bad_source, tmp_path, capsys):
    results = tmp_path / "results"
    arguments = ["transfer", str(bad_source), str(tmp_path / "inbox"), "-O", str(results), "--submission", "KR-1"]
    assert main([*arguments, "--json"]) == 3
    record = check(capsys.readouterr().out, "transfer")
    assert record == json.loads((results / "transfer.json").read_text(encoding="utf-8"))
    assert record["submission"] == "KR-1"


@pytest.mark.parametrize("source", ["no/such/directory", "ftp://x/y", "s3://", "s3://key:hidden@host/b"])
def test_a_wrong_source_is_a_wrong_call(tmp_path, capsys, source):
    assert main(["transfer", source, str(tmp_path / "inbox")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hidden" not in captured.err
    assert visible(tmp_path / "inbox") == {}


def test_a_workbook_is_no_source(tmp_path, capsys):
    (tmp_path / "my.xlsx").write_bytes(b"")
    assert main(["transfer", str(tmp_path / "my.xlsx"), str(tmp_path / "inbox")]) == 2
    assert "is a file" in capsys.readouterr().err
