"""Summary and page of a batch."""

from typing import Any

import pytest

from dsqc.findings import FindingLog, Location, finding
from dsqc.language import Text
from dsqc.report import batch_page
from dsqc.report.batch import OUTCOMES, Record, summarise, top_reasons
from helpers.qc_data import qc_file, qc_run

COUNTS = {"error": 0, "warning": 0, "info": 0}


def reasons(number: int) -> list[dict[str, Any]]:
    return [
        finding("DSQC-S011", Location(path="s.tsv", sheet="sample", row=row, column="D"), value="x").to_dict()
        for row in range(2, number + 2)
    ]


def record(name: str, state: str = "registered", *, errors: int = 0, runs: int = 1, verdict: str = "pass") -> Record:
    keys = tuple(f"RUN_{number}" for number in range(1, runs + 1))
    found = reasons(errors)
    return Record(
        name=name,
        planned_runs=keys,
        validation={
            "form": {"id": "seed_crop", "version": "1.0.0", "package": "Plant_fungi"},
            "submission_alias": name,
            "finding_counts": COUNTS | {"error": errors},
        },
        verdict={
            "verdict": verdict,
            "reasons": found,
            "reason_count": errors,
            "finding_counts": COUNTS | {"error": errors},
        },
        receipt={"state": state, "accessions": {"submission": f"KRA-{name}"} if state == "registered" else {}},
        runs={key: qc_run(key, [qc_file(f"{name}.fastq.gz", reads=100)]) for key in keys},
        findings=found,
    )


def test_the_worst_comes_first() -> None:
    records = [
        record("good"),
        record("few", "returned", errors=1, verdict="fail"),
        Record("waiting", ("RUN_1",)),
        record("doubt", "in_curation", verdict="review"),
        record("many", "returned", errors=9, verdict="fail"),
    ]
    rows = summarise(records)["submissions"]
    assert [row["submission"] for row in rows] == ["many", "few", "doubt", "waiting", "good"]


def test_totals() -> None:
    totals = summarise([record("a", runs=2), record("b", "rejected", errors=1, verdict="fail"), Record("c", ("R",))])[
        "totals"
    ]
    assert totals == {
        "submissions": 3,
        "returned": 1,
        "in_curation": 0,
        "not_finished": 1,
        "registered": 1,
        "runs": 4,
        "files": 3,
        "bytes": 3 * 15_000,
        "reads": 300,
    }


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ({}, "planned"),
        ({"transfer": {"files": []}}, "transferred"),
        ({"transfer": {"files": []}, "validation": {}}, "transferred"),
        ({"validation": {"finding_counts": COUNTS}}, "validated"),
        ({"validation": {"finding_counts": COUNTS}, "runs": {"RUN_1": {}}}, "measured"),
        ({"runs": {"RUN_1": {}}, "verdict": {"verdict": "pass"}}, "judged"),
        ({"verdict": {"verdict": "fail"}, "receipt": {"state": "returned"}}, "returned"),
    ],
)
def test_state_is_that_of_the_last_stage(parts: dict[str, Any], state: str) -> None:
    item = Record("leaf", ("RUN_1",), **parts)
    assert item.state == state
    assert item.outcome == ("returned" if state == "returned" else "not_finished")


def test_a_submission_that_only_was_transferred_shows_its_size() -> None:
    files = [{"kind": "form", "size_bytes": 5, "name": "s.tsv"}, {"kind": "data", "size_bytes": 70, "name": "a.fq"}]
    (row,) = summarise([Record("leaf", ("R",), transfer={"files": files})])["submissions"]
    assert (row["files"], row["bytes"], row["reads"], row["verdict"]) == (1, 70, 0, None)


def test_reasons_are_joined_by_code() -> None:
    rows = [*reasons(3), finding("DSQC-F003", Location(path="a.fq"), object_id="a.fq").to_dict()]
    found = top_reasons(rows)
    assert [(row["code"], row["count"]) for row in found] == [("DSQC-S011", 3), ("DSQC-F003", 1)]
    assert found[0]["location"]["row"] == 2


def page(records: list[Record], **more: Any) -> str:
    return batch_page.render(summarise(records), records, **more)


def test_a_row_links_to_its_runs_and_names_its_findings() -> None:
    html = page([record("leaf", "returned", errors=30, runs=2, verdict="fail")])
    assert 'href="runs/leaf/RUN_1.html"' in html
    assert 'href="runs/leaf/RUN_2.html"' in html
    assert "sheet sample · cell D2" in html
    assert "and 27 more" in html
    assert "외 27곳" in html
    assert html.count('<tbody data-outcome="returned">') == 1


def test_faults_of_sheets_are_one_line_each_with_all_rows_and_a_link_to_the_columns() -> None:
    log = FindingLog(finding("DSQC-T015", Location("s.tsv", "sample", row, "D", "tissue")) for row in range(2, 2002))
    log.extend(finding("DSQC-T004", Location("s.tsv", "sample", 1, "X", name), value=name) for name in ("depth", "ph"))
    item = record("leaf", "returned", verdict="fail")
    item.validation = {**(item.validation or {}), "groups": log.groups_to_list()}
    item.profile = {"sheets": []}
    html = page([item])
    assert "sheet sample · tissue · D2–D2001 (rows: 2,000)" in html
    assert "sample 시트 · tissue · D2–D2001 (2,000행)" in html
    assert "sheet sample · depth, ph" in html
    assert 'href="columns/leaf.html"' in html


def test_the_foot_names_what_the_submissions_were_judged_by() -> None:
    item = record("leaf")
    item.validation = {**(item.validation or {}), "rule_set_version": "0.1.0+abc", "vocabularies": {"sex": "1"}}
    assert "0.1.0+abc" in page([item])
    assert summarise([item])["versions"]["form"] == ["seed_crop@1.0.0"]


def test_a_skipped_run_has_no_page_to_link_to() -> None:
    item = record("leaf", "returned", errors=1, verdict="fail")
    item.runs["RUN_1"] = {**item.runs["RUN_1"], "state": "skipped"}
    html = page([item])
    assert "runs/leaf/RUN_1.html" not in html
    assert "skipped" in html


def test_a_missed_goal_marks_the_run() -> None:
    item = record("leaf", "in_curation", verdict="review")
    item.verdict = {**(item.verdict or {}), "goal_results": [{"run_key": "RUN_1", "met": False, "severity": "warning"}]}
    assert "goals missed: 1" in page([item])
    assert "goals missed" not in page([record("leaf")])


def test_names_are_escaped() -> None:
    item = record("leaf")
    item.note = "<script>alert(1)</script>"
    html = page([item], title="<b>", fields={"seed_crop": Text("<i>Seeds", "<i>종자")})
    assert "<script>alert" not in html
    assert "<i>" not in html
    assert "&lt;i&gt;Seeds" in html


def test_every_outcome_has_a_tile() -> None:
    html = page([record("leaf"), Record("waiting")])
    assert all(f'data-outcome="{name}" aria-pressed' in html for name in OUTCOMES)


def test_an_empty_batch_has_a_page() -> None:
    assert 'id="submissions"' in page([])


def test_a_thousand_faulty_submissions_stay_lean() -> None:
    records = [record(f"sub-{number:04d}", "returned", errors=30, verdict="fail") for number in range(200)]
    assert len(page(records)) / 200 < 4000
