"""Metrics against goals, findings to a verdict."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from dsqc.findings import Finding, Location, finding
from dsqc.judge import decide, evaluate, load
from dsqc.language import Language
from dsqc.model import Verdict

GOOD: dict[str, Any] = {
    "read_count": 1000,
    "base_count": 150_000,
    "n_fraction": 0.001,
    "frac_bases_q20": 0.95,
    "frac_bases_q30": 0.9,
    "mean_phred": 35.0,
}
ILLUMINA = {"platform": "ILLUMINA", "library_strategy": "WGS", "library_layout": "PAIRED"}

ERROR = finding("DSQC-F010", Location(path="a.fastq.gz", byte_offset=10, in_container=True), object_id="a.fastq.gz")
PLAIN_WARNING = finding("DSQC-F017", Location(path="a.fastq"), object_id="a.fastq")
DOUBT = finding("DSQC-D025", Location(path="a.fastq.gz"), object_id="a.fastq.gz", value="mouse", expected="human")


def judged(experiment: dict[str, str], **changed: Any) -> tuple[list[dict[str, Any]], list[Finding]]:
    return evaluate(load().goals, experiment, GOOD | changed, run_key="RUN_1", file="a.fastq.gz")


def test_good_data_meets_every_goal() -> None:
    rows, findings = judged(ILLUMINA)
    assert findings == []
    assert all(row["met"] for row in rows)
    assert {
        "run_key": "RUN_1",
        "file": "a.fastq.gz",
        "metric": "n_fraction",
        "value": 0.001,
        "bound": "<= 0.05",
        "severity": "warning",
        "met": True,
        "goal": "few-uncalled",
    } in rows
    severities = [row["severity"] for row in rows]
    assert severities == sorted(severities)


@pytest.mark.parametrize(
    ("experiment", "changed", "codes"),
    [
        (ILLUMINA, {"frac_bases_q30": 0.59}, ["DSQC-Q002"]),
        (ILLUMINA, {"frac_bases_q20": 0.29}, ["DSQC-Q001"]),
        (ILLUMINA, {"n_fraction": 0.06}, ["DSQC-Q002"]),
        (ILLUMINA, {"n_fraction": 0.6}, ["DSQC-Q001", "DSQC-Q002"]),
        (ILLUMINA, {"read_count": 0}, ["DSQC-Q001"]),
        (ILLUMINA, {"frac_bases_q30": None}, ["DSQC-Q003"]),
        (ILLUMINA, {"frac_bases_q30": float("nan")}, ["DSQC-Q003"]),
        (ILLUMINA | {"library_strategy": "Bisulfite-Seq"}, {"frac_bases_q30": 0.55}, []),
        (ILLUMINA | {"library_strategy": "AMPLICON"}, {"frac_bases_q30": 0.55}, []),
        ({"platform": "OXFORD_NANOPORE"}, {"frac_bases_q20": 0.1, "frac_bases_q30": 0.0, "mean_phred": 11}, []),
        ({"platform": "OXFORD_NANOPORE"}, {"mean_phred": 6.9}, ["DSQC-Q002"]),
        ({"platform": "PACBIO_SMRT"}, {"mean_phred": 0.0, "frac_bases_q20": 0.0, "frac_bases_q30": 0.0}, []),
        ({"platform": "PACBIO_SMRT", "read_kind": "CCS (HiFi)"}, {"mean_phred": 15}, ["DSQC-Q002"]),
        ({"platform": "ELEMENT"}, {"frac_bases_q30": 0.65}, ["DSQC-Q002"]),
        ({"platform": "DNBSEQ"}, {"frac_bases_q30": 0.65}, []),
        ({"platform": "ION_TORRENT"}, {"frac_bases_q30": 0.05, "frac_bases_q20": 0.6}, []),
        ({}, {"frac_bases_q30": 0.0}, []),
    ],
)
def test_goals_by_platform_and_strategy(experiment: dict[str, str], changed: dict[str, Any], codes: list[str]) -> None:
    _, findings = judged(experiment, **changed)
    assert sorted(item.code for item in findings) == codes


def test_a_missed_goal_names_metric_value_bound_and_file_in_both_languages() -> None:
    _, (missed,) = judged(ILLUMINA, frac_bases_q30=0.5)
    english, korean = missed.message(Language.EN), missed.message(Language.KO)
    assert all(part in english for part in ("frac_bases_q30", "0.5", ">= 0.6", "short-reads-q30", "Bases ≥ Q30"))
    assert all(part in korean for part in ("frac_bases_q30", "0.5", ">= 0.6", "Q30 이상 염기 비율"))
    assert missed.location.path == "a.fastq.gz"
    assert "{" not in english + korean + missed.fix(Language.EN) + missed.fix(Language.KO)


@pytest.mark.parametrize(
    ("findings", "verdict", "codes"),
    [
        ([], Verdict.PASS, []),
        ([PLAIN_WARNING], Verdict.PASS, []),
        ([DOUBT, PLAIN_WARNING], Verdict.REVIEW, ["DSQC-D025"]),
        ([DOUBT, ERROR], Verdict.FAIL, ["DSQC-F010", "DSQC-D025"]),
        ([ERROR, PLAIN_WARNING], Verdict.FAIL, ["DSQC-F010"]),
    ],
)
def test_verdict(findings: list[Finding], verdict: Verdict, codes: list[str]) -> None:
    decision = decide(findings, load())
    assert decision.verdict is verdict
    assert [item.code for item in decision.reasons] == codes


def test_a_missed_warning_goal_sends_to_review() -> None:
    _, missed = judged(ILLUMINA, frac_bases_q30=0.5)
    assert decide(missed, load()).verdict is Verdict.REVIEW


def test_a_station_refuses_what_its_goals_refuse() -> None:
    several_lines = finding("DSQC-D031", Location(path="a.fastq.gz"))
    assert decide([several_lines], load()).verdict is Verdict.PASS
    strict = replace(load(), refused_findings=frozenset({"DSQC-D031"}))
    decision = decide([several_lines, DOUBT], strict)
    assert decision.verdict is Verdict.FAIL
    assert decision.reasons[0] == several_lines


def test_the_order_of_findings_does_not_matter() -> None:
    findings = [ERROR, DOUBT, PLAIN_WARNING, finding("DSQC-D013", Location(path="b.fastq.gz", record=3))]
    first = decide(findings, load())
    assert all(decide(order, load()) == first for order in itertools.permutations(findings))
