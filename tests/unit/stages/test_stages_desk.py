"""``dsqc validate --reads``: forms, data files and verdict at the submitter's desk, as the station gives them."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from dsqc.artefact import read_json
from dsqc.cli.main import main

BATCH = Path(str(files("dsqc.sample_batch")))
TODAY = "2026-11-30"


def run(*arguments: object) -> int:
    return main(["validate", *map(str, arguments), "--reads", "--today", TODAY, "-q", "-@", "1", "--lang", "en"])


@pytest.fixture
def wrong_form(tmp_path: Path) -> Path:
    """The sample of two rice genomes, said to be of another instrument and converted by bisulfite."""
    folder = tmp_path / "rice-wgs"
    shutil.copytree(BATCH / "rice-wgs", folder)
    sheet = folder / "experiment.tsv"
    text = sheet.read_text(encoding="utf-8")
    text = text.replace("Illumina NovaSeq 6000\tTruSeq", "Illumina HiSeq 2000\tTruSeq")
    sheet.write_text(text.replace("\tWGS\t", "\tBisulfite-Seq\t"), encoding="utf-8")
    return folder


def test_form_and_reads_that_do_not_agree_are_told(
    wrong_form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(wrong_form, "-O", out) == 0  # warnings: a curator decides
    said = capsys.readouterr().out
    assert "✗ KR-RICE-001_run1 Instrument model: form Illumina HiSeq 2000, reads Illumina NovaSeq 6000 (99.4 %)" in said
    assert "✗ KR-RICE-002_run1 Kind of library: form Bisulfite-Seq" in said
    assert "✓" not in said
    assert "rice-wgs verdict: review" in said
    page = (out / "pages/KR-RICE-001_run1.html").read_text(encoding="utf-8")
    assert "Form against file" in page
    assert "form and reads disagree: 3" in page
    assert "no faults found" not in page
    assert "Illumina HiSeq 2000" in page
    assert main(["judge", str(out), "--all", "-q", "--lang", "en"]) == 0  # it takes what stands there
    said = capsys.readouterr().out
    assert "✓ KR-RICE-001_run1 Layout: form PAIRED, reads PAIRED" in said
    assert "· KR-RICE-001_run1 Organism: form Oryza sativa, reads –" in said


def test_the_verdict_is_in_the_json(wrong_form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name for path in wrong_form.iterdir()}
    assert run(wrong_form, "--json") == 0
    assert {path.name for path in wrong_form.iterdir()} == before  # nothing is left beside the form
    printed = json.loads(capsys.readouterr().out)
    assert printed["verdict"]["verdict"] == "review"
    assert printed["verdict"]["submission"] == "rice-wgs"
    assert {"DSQC-D015", "DSQC-D035", "DSQC-D039"} <= {item["code"] for item in printed["findings"]}


def test_errors_in_form_and_files_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "sea", tmp_path / "out"
    shutil.copytree(BATCH / "seawater-metagenome", folder)
    assert run(folder, "-O", out) == 3
    said = capsys.readouterr().out
    assert "error DSQC-F010 SEA-JJ-03_R2.fastq.gz" in said
    assert read_json(out / "verdict.json")["verdict"] == "fail"


def test_a_missing_file_is_an_error_and_the_rest_is_measured(
    wrong_form: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("R1", "R2"):
        (wrong_form / f"KR-RICE-001_{name}.fastq.gz").unlink()
    assert run(wrong_form, "-O", tmp_path / "out") == 3
    said = capsys.readouterr().out
    assert "DSQC-F003" in said
    assert "✗ KR-RICE-002_run1 Instrument model" in said
    assert [path.name for path in (tmp_path / "out/pages").iterdir()] == ["KR-RICE-002_run1.html"]


@pytest.mark.parametrize("option", ["--no-files", "--transfer"])
def test_it_needs_the_files(wrong_form: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(wrong_form, option, *(["transfer.json"] if option == "--transfer" else [])) == 2
    assert "--reads" in capsys.readouterr().err


def test_a_single_table_is_no_submission(wrong_form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(wrong_form / "sample.tsv") == 2
    assert "one table" in capsys.readouterr().err
