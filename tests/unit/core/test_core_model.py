"""The model: values, runs and their keys, and the way to JSON and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.model import Access, Cell, Heading, Row, Sheet, Submission


def sheet(name: str, *rows: dict[str, str]) -> Sheet:
    names = list(dict.fromkeys(key for row in rows for key in row))
    headings = tuple(Heading(key, f"{key} *", "ABCDEFGH"[index]) for index, key in enumerate(names))
    held = tuple(
        Row(name, number, {key: Cell(value, f" {value}", number, "A") for key, value in row.items()})
        for number, row in enumerate(rows, 2)
    )
    return Sheet(name, f"{name}.tsv", headings, held)


def submission(**rows: list[dict[str, str]]) -> Submission:
    return Submission({name: sheet(name, *items) for name, items in rows.items()})


def test_values_that_are_not_there_are_empty() -> None:
    empty = Submission()
    assert (empty.alias, empty.get("form_id"), empty.rows("sample"), empty.runs(), empty.data_files()) == (
        "",
        "",
        (),
        (),
        (),
    )
    assert submission(sample=[{"sample_name": "S1"}]).rows("sample")[0].get("organism") == ""


@pytest.mark.parametrize(("text", "access"), [("closed", Access.CLOSED), ("open", Access.OPEN), ("", Access.OPEN)])
def test_access_is_closed_only_where_it_is_said(text: str, access: Access) -> None:
    assert submission(submission=[{"access_level": text}]).access is access


def test_files_of_a_run_stand_in_their_order() -> None:
    found = submission(
        run=[{"run_alias": "run-1", "library_id": "lib"}],
        file=[
            {"file_name": "b_R1.fastq.gz", "run_alias": "run-1", "md5": "AB" * 16, "size_bytes": "12"},
            {"file_name": "a_R2.fastq.gz", "run_alias": "run-1", "size_bytes": "1.5"},
            {"file_name": "", "run_alias": "run-1"},
            {"file_name": "c.fastq.gz", "run_alias": "run-2"},
        ],
    )
    (run,) = found.runs()
    assert [item.name for item in run.files] == ["b_R1.fastq.gz", "a_R2.fastq.gz"]
    assert (run.files[0].md5, run.files[0].size_bytes, run.files[1].size_bytes) == ("ab" * 16, 12, None)
    assert [item.name for item in found.data_files()][-1] == "c.fastq.gz"


@pytest.mark.parametrize(
    ("aliases", "keys"),
    [
        (["run-1", "run-2"], ["run-1", "run-2"]),
        (["run-1", "RUN-1"], ["row-2", "row-3"]),
        (["../up", "런 1"], ["row-2", "row-3"]),
        (["", "a"], ["row-2", "row-3"]),
    ],
)
def test_keys_of_runs_are_safe_and_unique(aliases: list[str], keys: list[str]) -> None:
    assert [run.key for run in submission(run=[{"run_alias": alias} for alias in aliases]).runs()] == keys


@given(st.lists(st.dictionaries(st.sampled_from(["sample_name", "organism", "벼"]), st.text(min_size=1), max_size=3)))
def test_json_and_back(rows: list[dict[str, str]]) -> None:
    before = submission(sample=rows, run=[{"run_alias": "run-1"}])
    assert Submission.from_dict(json.loads(json.dumps(before.to_dict()))) == before
