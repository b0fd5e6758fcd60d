"""``dsqc fingerprint``: a line a file, who holds the same, and how damage ends it."""

import io
import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.cli.main import main
from helpers.reads import fastq, gzip_members, make_reads


def schema() -> Any:
    return json.loads(files("dsqc.schemas").joinpath("reports/fingerprint.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """a and b hold the same reads, c the same sequences, d other reads, e is cut."""
    reads = make_reads(40)
    (tmp_path / "a.fastq.gz").write_bytes(gzip_members([fastq(reads)]))
    (tmp_path / "b.fq.gz").write_bytes(gzip_members([fastq(reads[20:]), fastq(reads[:20])]))
    flat = [read._replace(qualities="#" * len(read.bases)) for read in reads]
    (tmp_path / "c.fastq.gz").write_bytes(gzip_members([fastq(flat)]))
    (tmp_path / "d.fastq.gz").write_bytes(gzip_members([fastq(make_reads(40, seed=2))]))
    (tmp_path / "e.fastq.gz").write_bytes(gzip_members([fastq(reads)])[:-9])
    return tmp_path


def test_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a.fastq.gz", "b.fq.gz", "c.fastq.gz", "d.fastq.gz"]
    assert main(["fingerprint", *(str(folder / name) for name in names), "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    cells = [line.split("  ") for line in lines[:5]]
    assert [row[3] for row in cells] == [*names, "all 4 files together"]
    assert [row[2] for row in cells] == ["40"] * 4 + ["160"]
    assert cells[0][:2] == cells[1][:2]
    assert cells[0][1] == cells[2][1]
    assert cells[0][0] != cells[2][0]
    assert lines[5:] == [
        "same reads: a.fastq.gz, b.fq.gz",
        "same sequences, other qualities: a.fastq.gz, b.fq.gz, c.fastq.gz",
    ]


def test_one_file_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fingerprint", str(folder / "a.fastq.gz")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_damaged_file_has_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["fingerprint", str(folder / "a.fastq.gz"), str(folder / "e.fastq.gz"), "--lang", "en"]
    assert main(arguments) == 3
    out = capsys.readouterr().out
    assert out.splitlines()[1] == f"{'-' * 32}  {'-' * 32}  -  e.fastq.gz"
    assert "together" not in out
    assert "DSQC-F010 e.fastq.gz" in out
    assert main([*arguments, "--exit-zero"]) == 0


def test_json_fits_its_schema(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["fingerprint", "--json", *(str(folder / name) for name in ("a.fastq.gz", "b.fq.gz", "c.fastq.gz"))]) == 0
    )
    value = json.loads(capsys.readouterr().out)
    jsonschema_rs.validator_for(schema()).validate(value)
    assert value["same_reads"] == [[0, 1]]
    assert value["same_sequences"] == [[0, 1, 2]]
    assert value["union"]["read_count"] == 120
    assert main(["fingerprint", "--json", str(folder / "e.fastq.gz")]) == 3
    value = json.loads(capsys.readouterr().out)
    jsonschema_rs.validator_for(schema()).validate(value)
    assert value["files"][0]["fingerprint"] is None
    assert value["union"] is None


def test_standard_input(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "a.fastq.gz").read_bytes())))
    assert main(["fingerprint", "-", str(folder / "a.fastq.gz"), "--lang", "en"]) == 0
    assert "same reads: stdin, a.fastq.gz" in capsys.readouterr().out


def test_refusals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fingerprint", str(folder / "missing.fastq")]) == 2
    assert main(["fingerprint", str(folder)]) == 2
    assert main(["fingerprint", "-", "-"]) == 2
    assert "once" in capsys.readouterr().err
