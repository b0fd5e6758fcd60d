"""Metrics against goals, and findings to a verdict."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dsqc.findings import Finding, Location, finding
from dsqc.judge.goals import Goal, QualityGoals, select
from dsqc.metrics.catalogue import metric
from dsqc.model import Verdict
from dsqc.registry import Severity

MISSED = {Severity.ERROR: "DSQC-Q001", Severity.WARNING: "DSQC-Q002"}
"""Code of a missed goal by the goal's severity."""
ABSENT = "DSQC-Q003"
"""Code where the metric of a goal could not be measured."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and the findings that decided it, errors first."""

    verdict: Verdict
    reasons: tuple[Finding, ...]


def evaluate(
    goals: tuple[Goal, ...], experiment: Mapping[str, str], metrics: Mapping[str, Any], *, run_key: str, file: str
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Compare the metrics of one data file with the goals that hold for its experiment.

    Args:
        goals: all goals.
        experiment: attributes of the experiment (``platform``, ``library_strategy``, ...).
        metrics: values by metric id; ``None`` where it could not be measured.
        run_key: key of the run.
        file: name of the data file.

    Returns:
        One row a goal for ``goal_results`` of ``verdict.json``, and a finding for each goal that is not met.
    """
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for goal in sorted(select(goals, experiment), key=lambda item: (item.severity.rank, item.metric)):
        if goal.minimum is None and goal.maximum is None:
            continue
        value = metrics.get(goal.metric)
        measured = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        met = measured and goal.is_met(float(value or 0))
        rows.append(
            {
                "run_key": run_key,
                "file": file,
                "metric": goal.metric,
                "value": value if measured else None,
                "bound": goal.bound,
                "severity": goal.severity.value,
                "met": met,
                "goal": goal.id,
            }
        )
        if not met:
            code = MISSED[goal.severity] if measured else ABSENT
            shown = f"{value:.6g}" if measured else "null"
            findings.append(_missed(code, goal, shown, run_key, file))
    return rows, findings


def _missed(code: str, goal: Goal, shown: str, run_key: str, file: str) -> Finding:
    name = metric(goal.metric).name
    return finding(
        code,
        Location(path=file),
        object_id=run_key,
        value=shown,
        expected=goal.bound,
        metric=f"{name.en} ({goal.metric})",
        metric_ko=f"{name.ko}({goal.metric})",
        goal=goal.id,
    )


def decide(findings: Iterable[Finding], goals: QualityGoals) -> Decision:
    """The verdict over all findings of a submission, those of missed goals among them.

    An error fails the submission, and so does a warning that ``goals`` lists in ``refused_findings``; a warning of a
    missed goal, or one that stands in ``review_findings``, sends it to a curator; everything else passes.
    """
    errors: list[Finding] = []
    doubts: list[Finding] = []
    for item in findings:
        if item.severity is Severity.ERROR or item.code in goals.refused_findings:
            errors.append(item)
        elif item.severity is Severity.WARNING and (
            item.code in goals.review_findings or item.code in (MISSED[Severity.WARNING], ABSENT)
        ):
            doubts.append(item)
    verdict = Verdict.FAIL if errors else Verdict.REVIEW if doubts else Verdict.PASS
    ordered = [*sorted(errors, key=lambda item: item.sort_key), *sorted(doubts, key=lambda item: item.sort_key)]
    return Decision(verdict, tuple(ordered))
