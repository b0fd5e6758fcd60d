"""Summary and page of a batch."""

import base64
import hashlib
import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.findings import FindingLog, Location, finding
from dsqc.language import Text
from dsqc.report import batch_page
from dsqc.report.batch import OUTCOMES, Record, summarise, top_reasons
from dsqc.report.batch_digest import digest
from dsqc.report.batch_runs import METRIC_IDS, RunRow, runs_tsv
from dsqc.report.distributions import figure, runs_apart, spreads
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
    return batch_page.render(digest(records), **more)


def data(html: str) -> dict[str, Any]:
    """What the script of the page reads."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    found: dict[str, Any] = json.loads(text)
    return found


def told(html: str) -> str:
    """Every text that the tables can show."""
    return "\n".join(text for pair in data(html)["texts"] for text in pair)


def test_a_row_leads_to_its_runs_and_names_its_findings() -> None:
    html = page([record("leaf", "returned", errors=30, runs=2, verdict="fail")])
    assert [run[8] for run in data(html)["runs"]] == ["runs/leaf/RUN_1.html", "runs/leaf/RUN_2.html"]
    ((_severity, code, count, _message, places, more, _fix),) = data(html)["submissions"][0][13]
    assert (code, count, len(places), more) == ("DSQC-S011", 30, 3, 27)
    assert "sheet sample · cell D2" in told(html)
    assert "sample 시트 · D2 셀" in told(html)


def test_faults_of_sheets_are_one_line_each_with_all_rows_and_a_link_to_the_columns() -> None:
    log = FindingLog(finding("DSQC-T015", Location("s.tsv", "sample", row, "D", "tissue")) for row in range(2, 2002))
    log.extend(finding("DSQC-T004", Location("s.tsv", "sample", 1, "X", name), value=name) for name in ("depth", "ph"))
    item = record("leaf", "returned", verdict="fail")
    item.validation = {**(item.validation or {}), "groups": log.groups_to_list()}
    item.profile = {"sheets": []}
    html = page([item])
    assert "sheet sample · tissue · D2–D2001 (rows: 2,000)" in told(html)
    assert "sample 시트 · tissue · D2–D2001 (2,000행)" in told(html)
    assert "sheet sample · depth, ph" in told(html)
    assert data(html)["submissions"][0][15] == "columns/leaf.html"
    assert data(page([item], own_pages=False))["submissions"][0][15] == "../results/leaf/profile.html"


def test_the_foot_names_what_the_submissions_were_judged_by() -> None:
    item = record("leaf")
    item.validation = {**(item.validation or {}), "rule_set_version": "0.1.0+abc", "vocabularies": {"sex": "1"}}
    assert "0.1.0+abc" in page([item])
    assert summarise([item])["versions"]["form"] == ["seed_crop@1.0.0"]


def test_a_skipped_run_has_no_page_to_link_to() -> None:
    item = record("leaf", "returned", errors=1, verdict="fail")
    item.runs["RUN_1"] = {**item.runs["RUN_1"], "state": "skipped"}
    html = page([item])
    assert data(html)["runs"][0][8] == ""
    assert "skipped" in told(html)


def test_a_missed_goal_marks_the_run() -> None:
    item = record("leaf", "in_curation", verdict="review")
    item.verdict = {**(item.verdict or {}), "goal_results": [{"run_key": "RUN_1", "met": False, "severity": "warning"}]}
    assert "goals missed: 1" in told(page([item]))
    assert "goals missed" not in told(page([record("leaf")]))


def test_names_are_escaped_wherever_they_stand() -> None:
    item = record("leaf")
    item.note = "</script><script>alert(1)</script>"
    failed = {"stage": "qc", "submission": "<b>", "run": "", "part": 0, "log": "", "message": "<script>x", "advice": ""}
    html = page(
        [item],
        title="<b>",
        fields={"seed_crop": Text("<i>Seeds", "<i>종자")},
        failed=[{**failed, "advice_ko": "", "last_lines": []}],
        failed_count=3,
    )
    assert html.count("<script") == 3
    assert "<i>" not in html
    assert data(html)["submissions"][0][12] == item.note
    assert "<i>Seeds" in told(html)
    assert "&lt;script&gt;x" in html


def test_every_outcome_has_a_tile() -> None:
    html = page([record("leaf"), Record("waiting")])
    assert all(f'data-outcome="{name}" aria-pressed' in html for name in OUTCOMES)


def test_an_empty_batch_has_a_page() -> None:
    html = page([])
    assert 'id="submissions"' in html
    assert 'id="distributions"' not in html


def test_the_page_says_why_submissions_went_back_in_how_many_and_how_often() -> None:
    html = page([record("a", "returned", errors=3), record("b", "returned", errors=2), record("c", errors=5)])
    (causes,) = re.findall(r'<section id="causes">.*?</section>', html, re.DOTALL)
    assert re.findall(r'<td class="number">(\d+)</td>', causes) == ["2", "5"]
    assert 'data-code="DSQC-S011"' in causes


def test_the_policy_allows_the_scripts_of_the_page_and_no_other() -> None:
    html = page([record("leaf")])
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    hashes = set(re.findall(r"'sha256-([^']+)'", policy))
    bodies = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", html, re.DOTALL)
    assert hashes == {base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies}
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def run_row(number: int, kind: str = "ILLUMINA", **values: float | None) -> RunRow:
    given: dict[str, float | None] = dict.fromkeys(METRIC_IDS)
    given |= {"frac_bases_q30": 0.9 + 0.001 * (number % 20), "read_count": 10**6 + number, **values}
    label = Text("", "")
    return RunRow("leaf", f"R{number}", "measured", kind, (), 1, 1, "good", label, 0, 0, tuple(given.values()))


def test_runs_that_stand_apart_are_told_from_their_own_kind() -> None:
    rows = [run_row(number) for number in range(60)]
    rows += [run_row(number, "OXFORD_NANOPORE", frac_bases_q30=0.1) for number in range(60, 90)]
    rows += [
        run_row(90, frac_bases_q30=0.5, read_count=100),
        run_row(91, "OXFORD_NANOPORE", frac_bases_q30=0.9),
        run_row(92, frac_bases_q30=0.885),  # beyond the others, by nothing that matters
        run_row(93, "PACBIO_SMRT", frac_bases_q30=0.01),  # alone of its kind
    ]
    apart = runs_apart(rows, spreads(rows))
    assert [(rows[item.row].key, {value[0] for value in item.values}) for item in apart] == [
        ("R90", {"frac_bases_q30", "read_count"}),
        ("R91", {"frac_bases_q30"}),
    ]
    assert apart[1].values[0][1:] == (0.9, 0.1)


@given(st.lists(st.floats(0, 1) | st.none(), min_size=1, max_size=40))
def test_quartiles_are_those_of_numpy_and_every_value_is_drawn(values: list[float | None]) -> None:
    rows = [run_row(number, n_fraction=value) for number, value in enumerate(values)]
    known = [value for value in values if value is not None]
    found = spreads(rows).get("n_fraction")
    if not known:
        assert found is None
        return
    assert found
    (kind,) = found
    expected = np.quantile(known, [0.05, 0.25, 0.5, 0.75, 0.95])
    assert np.allclose([kind.low, kind.q1, kind.median, kind.q3, kind.high], expected)
    picture = figure("n_fraction", found, rows, "strip-0")
    places = [float(x) for x in re.findall(r'(?:cx|x)="(-?[\d.]+)"', picture)]
    assert all(0 <= x <= 580 for x in places)


def test_runs_tsv_has_a_row_a_run() -> None:
    found = digest([record("a", runs=2), Record("b", ("R1",))])
    lines = [line.split("\t") for line in runs_tsv(found.runs).splitlines()]
    assert [line[:3] for line in lines] == [
        ["submission", "run", "state"],
        ["a", "RUN_1", "measured"],
        ["a", "RUN_2", "measured"],
        ["b", "R1", "planned"],
    ]
    assert {len(line) for line in lines} == {9 + len(METRIC_IDS)}


def test_a_thousand_faulty_submissions_stay_lean() -> None:
    records = [record(f"sub-{number:04d}", "returned", errors=30, verdict="fail") for number in range(200)]
    assert len(page(records)) / 200 < 1000
