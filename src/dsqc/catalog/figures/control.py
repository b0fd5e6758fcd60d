"""Control charts of a centre's quality: what is plotted, and what stands out of it.

One chart for each platform and strategy, because different libraries are different processes. A point is a submission
(the median of its runs) unless runs are asked for: runs of one submission are alike, and moving ranges between them
would set limits that the next submission breaks.
"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event
from dsqc.catalog.figures.control_rules import (
    MOVING_RANGE_FACTOR,
    RULES,
    Limits,
    ewma,
    limits_of,
    moving_ranges,
    signals,
)
from dsqc.catalog.figures.counting import undisclosed
from dsqc.catalog.models import EventRecord, ExperimentRecord, MetricRecord, RunRecord, SubmissionRecord
from dsqc.catalog.registering import Actor
from dsqc.catalog.states import REGISTERED
from dsqc.model import SubmissionState as State

SIGNAL = "control_signal"
"""Action of the event that notes a signal; the state of the submission stays."""
BEYOND_EWMA = "ewma_beyond_limits"
UNITS = ("submission", "run")
KINDS = ("individuals", "ewma")


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """What to plot, and how.

    Attributes:
        centre: code of the data centre.
        metric: metric id.
        platform, strategy: only this one; empty for a chart each.
        unit: of ``UNITS``: what a point is.
        kind: of ``KINDS``.
        rules: of ``control_rules.RULES``; an EWMA has the one rule of its limits.
        baseline: points from the first that set the limits; fewer make no limits.
        closed: whether closed and held runs count too.
    """

    centre: str
    metric: str
    platform: str = ""
    strategy: str = ""
    unit: str = "submission"
    kind: str = "individuals"
    rules: str = "western-electric"
    baseline: int = 20
    closed: bool = False


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One point: when it was registered, its accession, its value and the runs behind it."""

    at: str
    accession: str
    value: float
    runs: int
    submission_id: int


def control_charts(session: Session, options: ChartOptions) -> dict[str, Any]:
    """The charts of a centre and a metric as a document, without the ids of rows."""
    charts = [_chart(platform, strategy, points, options) for platform, strategy, points in _series(session, options)]
    said = asdict(options)
    return {**{name: said[name] for name in ("centre", "metric", "unit", "kind", "rules")}, "charts": charts}


def _series(session: Session, options: ChartOptions) -> list[tuple[str, str, list[ChartPoint]]]:
    """Points by platform and strategy, in the order of their registration."""
    registered = (
        select(EventRecord.submission_id, func.min(EventRecord.at).label("at"))
        .where(EventRecord.action == State.REGISTERED.value)
        .group_by(EventRecord.submission_id)
        .subquery()
    )
    query = (
        select(
            ExperimentRecord.platform,
            ExperimentRecord.library_strategy,
            registered.c.at,
            SubmissionRecord.id,
            SubmissionRecord.accession,
            RunRecord.accession,
            MetricRecord.value,
        )
        .select_from(RunRecord)
        .join(ExperimentRecord, ExperimentRecord.id == RunRecord.experiment_id)
        .join(SubmissionRecord, SubmissionRecord.id == RunRecord.submission_id)
        .join(registered, registered.c.submission_id == SubmissionRecord.id)
        .join(MetricRecord, MetricRecord.run_id == RunRecord.id)
        .where(SubmissionRecord.data_centre == options.centre, MetricRecord.metric == options.metric)
        .where(MetricRecord.value.is_not(None), SubmissionRecord.state.in_([state.value for state in REGISTERED]))
    )
    if not options.closed:
        query = query.where(~undisclosed(SubmissionRecord.state))
    if options.platform:
        query = query.where(ExperimentRecord.platform == options.platform)
    if options.strategy:
        query = query.where(ExperimentRecord.library_strategy == options.strategy)
    rows = [tuple(row) for row in session.execute(query.order_by(registered.c.at, SubmissionRecord.id, RunRecord.id))]
    rows.sort(key=lambda row: (row[0], row[1]))  # stable: the order of registration stays
    found = []
    for (platform, strategy), members in groupby(rows, key=lambda row: (row[0], row[1])):
        found.append((platform, strategy, _points(list(members), options.unit)))
    return found


def _points(rows: Sequence[Any], unit: str) -> list[ChartPoint]:
    if unit == "run":
        return [ChartPoint(row[2], row[5], row[6], 1, row[3]) for row in rows]
    found: list[ChartPoint] = []
    for _, members in groupby(rows, key=lambda row: row[3]):
        runs = list(members)
        median = statistics.median(row[6] for row in runs)
        found.append(ChartPoint(runs[0][2], runs[0][4] or "", median, len(runs), runs[0][3]))
    return found


def _chart(platform: str, strategy: str, points: list[ChartPoint], options: ChartOptions) -> dict[str, Any]:
    values = [point.value for point in points]
    rows: list[dict[str, Any]] = [
        {"at": point.at, "accession": point.accession, "value": point.value, "runs": point.runs} for point in points
    ]
    chart: dict[str, Any] = {"platform": platform, "strategy": strategy, "points": rows}
    if len(points) < options.baseline:
        return {**chart, "baseline": None, "limits": None, "moving_range": None, "signals": []}
    limits = limits_of(values[: options.baseline])
    mean_range = statistics.fmean(moving_ranges(values[: options.baseline]))
    if options.kind == "ewma":
        broken = _with_ewma(rows, values, limits)
    else:
        broken = signals(values, limits, RULES[options.rules])
    return {
        **chart,
        "baseline": options.baseline,
        "limits": {
            "centre": limits.centre,
            "sigma": limits.sigma,
            "low": limits.centre - 3 * limits.sigma,
            "high": limits.centre + 3 * limits.sigma,
        },
        "moving_range": {"mean": mean_range, "high": MOVING_RANGE_FACTOR * mean_range},
        "signals": [
            {
                "point": place,
                "at": points[place].at,
                "accession": points[place].accession,
                "value": values[place],
                "rules": [rule for _, rule in members],
            }
            for place, members in groupby(broken, key=lambda item: item[0])
        ],
    }


def _with_ewma(rows: list[dict[str, Any]], values: Sequence[float], limits: Limits) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for place, point in enumerate(ewma(values, limits)):
        rows[place]["ewma"] = {"value": point.value, "low": point.low, "high": point.high}
        if point.is_signal:
            found.append((place, BEYOND_EWMA))
    return found


def note_signals(session: Session, document: dict[str, Any], actor: Actor) -> int:
    """Note every signal as an event of its submission, for the operator; what was noted before is not noted again.

    Returns:
        How many were new.
    """
    added = 0
    for chart in document["charts"]:
        for signal in chart["signals"]:
            submission = _submission_of(session, signal["accession"])
            said = {
                **{name: document[name] for name in ("centre", "metric", "unit", "kind")},
                "platform": chart["platform"],
                "strategy": chart["strategy"],
                "accession": signal["accession"],
                "rules": signal["rules"],
            }
            if submission is None or _is_noted(session, submission, said):
                continue
            details = {**said, "value": signal["value"], "limits": chart["limits"]}
            reason = f"{document['metric']}: {', '.join(signal['rules'])}"
            append_event(
                session, submission, SIGNAL, actor=actor.name, reason=reason, details=details, clock=actor.clock
            )
            added += 1
    return added


def _submission_of(session: Session, accession: str) -> SubmissionRecord | None:
    found = session.scalars(select(SubmissionRecord).where(SubmissionRecord.accession == accession)).first()
    if found is not None:
        return found
    return session.scalars(
        select(SubmissionRecord)
        .join(RunRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(RunRecord.accession == accession)
    ).first()


def _is_noted(session: Session, submission: SubmissionRecord, said: dict[str, Any]) -> bool:
    query = select(EventRecord.details).where(EventRecord.submission_id == submission.id, EventRecord.action == SIGNAL)
    return any(all(details.get(name) == value for name, value in said.items()) for details in session.scalars(query))
