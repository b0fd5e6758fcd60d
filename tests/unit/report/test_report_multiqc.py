"""MultiQC custom content."""

from dsqc.report.multiqc import FILE_COLUMNS, batch_content, custom_content
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
