"""The demonstration knows what must come out."""

from pathlib import Path

import pytest

from dsqc.batch.status import BatchStatus, Outcome, Reason, SubmissionStatus
from dsqc.cli.demo import compare
from dsqc.errors import SystemFault
from dsqc.language import Text


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    path = tmp_path / "expected.tsv"
    path.write_text(
        "submission\tstate\tcodes\ngood\tregistered\t\nbad\treturned\tDSQC-F010 DSQC-S011\n", encoding="utf-8"
    )
    return path


def _status(*items: SubmissionStatus) -> BatchStatus:
    return BatchStatus(False, {}, items)


def _bad(*codes: str, outcome: Outcome = Outcome.RETURNED) -> SubmissionStatus:
    return SubmissionStatus("bad", outcome, 1, reasons=tuple(Reason(code, 1, Text("", "")) for code in codes))


GOOD = SubmissionStatus("good", Outcome.REGISTERED, 1)


def test_what_is_expected_is_no_surprise(expected: Path) -> None:
    assert compare(_status(GOOD, _bad("DSQC-S011", "DSQC-F010", "DSQC-T017")), expected) == []


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ((GOOD,), "bad: missing instead of returned"),
        ((GOOD, _bad("DSQC-F010", "DSQC-S011", outcome=Outcome.FAILED)), "bad: failed instead of returned"),
        ((GOOD, _bad("DSQC-F010")), "bad: returned, but without DSQC-S011"),
        ((GOOD, _bad("DSQC-F010", "DSQC-S011"), SubmissionStatus("new", Outcome.REGISTERED, 1)), "new: not expected"),
    ],
)
def test_surprises_are_named(items: tuple[SubmissionStatus, ...], says: str, expected: Path) -> None:
    (line,) = compare(_status(*items), expected)
    assert line.startswith(says)


def test_a_sample_batch_without_its_expectations(tmp_path: Path) -> None:
    with pytest.raises(SystemFault, match=r"expected\.tsv"):
        compare(_status(GOOD), tmp_path / "expected.tsv")
