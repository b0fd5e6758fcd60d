"""The same reads under two names: told within a submission, and nothing that is meant so."""

from dataclasses import replace

import pytest

from dsqc.judge import FileResult, repeated_findings
from dsqc.judge.repeated import FEWEST_READS, FileOfRun
from dsqc.model import Run

FIRST = FileResult("S1_R1.fastq.gz", "R1", row=2, sha256="a", reads="f1", read_count=FEWEST_READS)
COPY = replace(FIRST, name="S2_R1.fastq.gz", row=4, sha256="b")


def of(*files: tuple[str, FileResult]) -> list[FileOfRun]:
    return [(Run(run, run, "lib", ()), file) for run, file in files]


def test_reads_of_another_run_are_told_with_both_names() -> None:
    (item,) = repeated_findings(of(("r1", FIRST), ("r2", COPY)))
    assert (item.code, item.value, item.expected) == ("DSQC-D055", "S2_R1.fastq.gz", "S1_R1.fastq.gz (r1)")
    assert (item.location.sheet, item.location.row) == ("file", 4)


def test_a_mate_that_is_a_copy_in_other_bytes_is_told() -> None:
    assert len(list(repeated_findings(of(("r1", FIRST), ("r1", replace(COPY, role="R2")))))) == 1


def test_each_copy_is_told_once() -> None:
    third = replace(COPY, name="S3_R1.fastq.gz", sha256="c")
    assert len(list(repeated_findings(of(("r1", FIRST), ("r2", COPY), ("r3", third))))) == 2


@pytest.mark.parametrize(
    "other",
    [
        ("r2", replace(COPY, reads="f2")),
        ("r2", replace(COPY, reads="")),
        ("r2", replace(COPY, read_count=FEWEST_READS - 1)),
        ("r2", replace(COPY, role="I1")),
        ("r2", replace(COPY, sha256="a")),  # DSQC-F012 says so.
        ("r1", replace(COPY, format="bam")),
    ],
    ids=["other-reads", "not-known", "few", "index", "same-bytes", "as-alignment"],
)
def test_what_is_no_repeat(other: tuple[str, FileResult]) -> None:
    assert list(repeated_findings(of(("r1", FIRST), other))) == []
