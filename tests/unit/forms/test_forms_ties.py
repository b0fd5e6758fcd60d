"""Rows that belong together."""

from dsqc.forms import Ties
from dsqc.forms.condition import parse
from helpers.forms import to_submission

RECORD = {
    "submission": [{"access_level": "closed"}],
    "project": [{"project_alias": "p"}],
    "sample": [{"sample_name": "S1", "host": "Homo sapiens"}, {"sample_name": "S2"}],
    "experiment": [
        {"library_id": "L1", "sample_name": "S1", "library_strategy": "WGS"},
        {"library_id": "L2", "sample_name": "S1", "library_strategy": "AMPLICON"},
        {"library_id": "L3", "sample_name": "S2", "library_strategy": "RNA-Seq"},
    ],
    "run": [{"run_alias": "R1", "library_id": "L1"}, {"run_alias": "R3", "library_id": "L3"}],
    "file": [{"file_name": "a", "run_alias": "R1"}, {"file_name": "b", "run_alias": "R3"}, {"file_name": "c"}],
}


def test_ties_go_up_and_down() -> None:
    submission = to_submission(RECORD)
    ties = Ties(submission)
    first, second = submission.rows("sample")
    lost = submission.rows("file")[2]

    assert ties.values(first)("experiment.library_strategy") == ("WGS", "AMPLICON")
    assert ties.values(second)("experiment.library_strategy") == ("RNA-Seq",)
    assert ties.values(first)("file.file_name") == ("a",)
    assert ties.values(submission.rows("file")[0])("sample.host") == ("Homo sapiens",)
    assert ties.values(lost)("sample.host") == ()
    assert ties.values(first)("submission.access_level") == ("closed",)
    assert ties.values(first)("host") == "Homo sapiens"
    assert ties.values(first)("nothing") == ""


def test_a_condition_over_tied_rows() -> None:
    submission = to_submission(RECORD)
    ties = Ties(submission)
    condition = parse('experiment.library_strategy is "AMPLICON"')

    assert [condition.holds(ties.values(row)) for row in submission.rows("sample")] == [True, False]


def test_samples_named_twice_do_not_repeat_their_experiments() -> None:
    submission = to_submission(RECORD | {"sample": [{"sample_name": "S1"}, {"sample_name": "S1"}]})
    ties = Ties(submission)

    assert len(ties.rows(submission.rows("experiment")[0], "sample")) == 2
    assert len(ties.rows(submission.rows("sample")[0], "experiment")) == 2
