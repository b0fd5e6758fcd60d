"""``dsqc sketch``: panels made and shown, organisms in data files; ``dsqc qc`` gives the same numbers."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dsqc.cli.main import main
from dsqc.errors import ExitCode
from helpers.genomes import fasta, fastq_gz, genome, mixture

LETTERS, OTHER = genome(21, 40_000), genome(22, 500_000)


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DSQC_PANEL", "DSQC_STATION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def panel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "mine.sketch"
    made = fasta(tmp_path / "g.fa", LETTERS)
    assert main(["sketch", "build", str(made), "--taxonomy-id", "4932", "-o", str(path), "-q"]) == ExitCode.DONE
    capsys.readouterr()
    return path


@pytest.fixture
def reads(tmp_path: Path) -> Path:
    return fastq_gz(tmp_path / "r.fastq.gz", mixture([(LETTERS, 2_000), (OTHER, 2_000)], 1, errors=0.001))


def printed(capsys: pytest.CaptureFixture[str], name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    schema = files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8")
    jsonschema.validate(found, json.loads(schema))
    return found


def test_a_panel_is_shown_as_it_was_made(tmp_path: Path, panel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sketch", "show", str(panel), "--json"]) == ExitCode.DONE
    shown = printed(capsys, "sketch_panel")
    assert [(item["name"], item["taxonomy_id"]) for item in shown["genomes"]] == [("Testia prima", 4932)]
    listed = tmp_path / "l.tsv"
    listed.write_text("path\tname\ttaxonomy_id\thosts\ng.fa\tTestia secunda\t7\t40674 543\n")
    arguments = ["sketch", "build", "--list", str(listed), "--with-shipped", "-o", str(tmp_path / "two.sketch")]
    assert main([*arguments, "--json", "-q"]) == ExitCode.DONE
    both = printed(capsys, "sketch_panel")["genomes"]
    assert both[-1]["hosts"] == [40674, 543]
    assert both[0]["name"] == "Escherichia phage phiX174"
    assert main(["sketch", "show", "--lang", "ko"]) == ExitCode.DONE
    assert "유전체" in capsys.readouterr().out


def test_organisms_of_a_file_are_those_of_qc(
    tmp_path: Path, panel: Path, reads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sketch", str(reads), "--panel", str(panel), "--json"]) == ExitCode.DONE
    told = printed(capsys, "sketch")
    (one,) = told["files"]
    assert one["organisms"]["organism"] == ["Testia prima"]
    assert one["metrics"]["organism_share_low"] <= 0.5 <= one["metrics"]["organism_share_high"]
    out = tmp_path / "out"
    assert main(["qc", str(reads), "--panel", str(panel), "-O", str(out), "-q"]) == ExitCode.DONE
    measured = json.loads((out / "r.dsqc.json").read_text())
    assert measured["tables"]["organisms"] == one["organisms"]
    assert {name: measured["metrics"][name] for name in one["metrics"]} == one["metrics"]
    assert measured["metrics"]["panel_version"] == told["panel"]
    page = (out / "r.html").read_text()
    assert page.count("Testia prima") >= 2
    assert "패널로 설명되지 않음" in page


def test_without_a_panel_it_says_so(reads: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sketch", str(reads), "--panel", "none", "--json"]) == ExitCode.DONE
    told = printed(capsys, "sketch")
    assert told["panel"] is None
    assert told["files"][0]["organisms"] is None
    assert told["files"][0]["metrics"]["sketch_word_count"] > 0
    assert main(["sketch", str(reads), "--panel", "none", "--lang", "en"]) == ExitCode.DONE
    assert "No panel" in capsys.readouterr().out


def test_text_for_people(reads: Path, panel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = fastq_gz(tmp_path / "few.fastq.gz", mixture([(LETTERS, 30)], 1))
    assert main(["sketch", str(reads), str(few), "--panel", str(panel), "--lang", "en"]) == ExitCode.DONE
    text = capsys.readouterr().out
    assert "Testia prima" in text
    assert "(not explained)" in text
    assert "Too few reads to tell." in text
    assert main(["sketch", str(reads), "--lang", "en"]) == ExitCode.DONE
    assert "Nothing of the panel was found." in capsys.readouterr().out


def test_a_stations_panel_is_taken(
    tmp_path: Path, panel: Path, reads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "station.toml").write_text('panel = "mine.sketch"\n')
    for command in ("sketch", "qc"):
        assert main([command, str(reads), "--station", str(tmp_path), "--json", "-q"]) == ExitCode.DONE
        metrics = json.loads(capsys.readouterr().out)["files"][0]["metrics"]
        assert str(metrics["panel_version"]).startswith("mine+")
    (tmp_path / "station.toml").write_text('panel = "none"\n')
    assert main(["qc", str(reads), "--station", str(tmp_path), "--json", "-q"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["files"][0]["metrics"]["panel_version"] is None


def test_wrong_calls_are_told(tmp_path: Path, panel: Path, reads: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = str(tmp_path / "g.fa")
    for arguments, said in (
        (["build", made, "--taxonomy-id", "1"], "-o FILE"),
        (["build", made, "--taxonomy-id", "1", "-o", str(panel)], "--force"),
        (["build", made, "-o", str(tmp_path / "n.sketch")], "--taxonomy-id"),
        (["build", "-o", str(tmp_path / "n.sketch")], "No genome"),
        (["build", made, made, "--name", "A", "-o", str(tmp_path / "n.sketch")], "--list"),
        (["show", str(reads)], "no panel of genomes"),
        (["show", "--panel", "none"], "no panel"),
        ([str(tmp_path / "missing.fastq")], "does not exist"),
        ([str(reads), "--panel", str(tmp_path / "no.sketch")], "There is no panel"),
    ):
        assert main(["sketch", *arguments]) == ExitCode.USAGE, arguments
        assert said in capsys.readouterr().err
    assert main(["qc", str(reads), "--panel", str(tmp_path / "no.sketch")]) == ExitCode.USAGE
