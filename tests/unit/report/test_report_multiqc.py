"""MultiQC custom content."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsqc.report.multiqc import FILE_COLUMNS, batch_content, custom_content
from dsqc.stages.report import report
from helpers.large_batch import write_large_batch
from helpers.qc_data import empty_file, qc_file


def test_a_row_a_file_with_dsqc_metric_ids() -> None:
    content = custom_content([qc_file("a_R1.fastq.gz"), qc_file("a_R2.fastq.gz", damaged_at=10)])
    assert content["plot_type"] == "table"
    assert content["id"] == "dsqc_files"
    assert list(content["data"]) == ["a_R1.fastq.gz", "a_R2.fastq.gz"]
    assert content["data"]["a_R1.fastq.gz"]["read_count"] == 20_000
    assert content["data"]["a_R2.fastq.gz"] | {"state": "damaged", "errors": 1} == content["data"]["a_R2.fastq.gz"]
    assert content["headers"].keys() == FILE_COLUMNS.keys()


def test_what_was_not_measured_is_left_out() -> None:
    (row,) = custom_content([empty_file()])["data"].values()
    assert row == {"state": "damaged", "errors": 1, "warnings": 0, "read_count": 0, "base_count": 0}


def test_a_row_a_submission() -> None:
    row = {"submission": "leaf", "verdict": None, "state": "planned", "runs": 2, "files": 0, "reads": 0}
    content = batch_content({"submissions": [row | {"errors": 0, "warnings": 0}]})
    assert content["data"] == {
        "leaf": {"state": "planned", "runs": 2, "files": 0, "reads": 0, "errors": 0, "warnings": 0}
    }


def test_multiqc_itself_shows_the_runs_and_submissions_of_a_batch(tmp_path: Path) -> None:
    write_large_batch(tmp_path / "work", 3, 2)
    report(tmp_path / "work", run_pages=False)
    command = [sys.executable, "-m", "multiqc", "--quiet", "--no-ai", "--outdir", str(tmp_path / "out")]
    subprocess.run([*command, str(tmp_path / "work" / "report")], check=True, capture_output=True, timeout=250)
    lines = (tmp_path / "out" / "multiqc_data" / "multiqc_dsqc_runs_table.txt").read_text(encoding="utf-8").splitlines()
    heading, *rows = [line.split("\t") for line in lines]
    told = json.loads((tmp_path / "work" / "report" / "runs_mqc.json").read_text(encoding="utf-8"))["data"]
    assert [row[0] for row in rows] == list(told)
    place = heading.index("frac_bases_q30")
    assert [float(row[place]) for row in rows] == pytest.approx([row["frac_bases_q30"] for row in told.values()])
    page = (tmp_path / "out" / "multiqc_report.html").read_text(encoding="utf-8")
    assert "dsqc: runs" in page
    assert "dsqc: submissions" in page
