"""How many runs reach the quality goals, by period and group, and what became of those that did not.

The quality procedure asks for goal, diagnosis and improvement. Goal: the bound, and the share of runs that should
reach it. Diagnosis: the share that does, its interval, and its trend. Improvement: what was returned for its quality
and came back mended. Goals are compared with the metrics of runs, the judge compares those of data files.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.orm import Session

from dsqc.catalog.figures.counting import undisclosed
from dsqc.catalog.figures.periods import MONTHS, end_of, local_day, period_column, period_of, periods
from dsqc.catalog.figures.proportions import trend, wilson
from dsqc.catalog.models import EventRecord, ExperimentRecord, MetricRecord, RunRecord, SubmissionRecord
from dsqc.catalog.states import REGISTERED
from dsqc.errors import UsageError
from dsqc.model import SubmissionState as State

GROUPS: dict[str, Any] = {
    "centre": SubmissionRecord.data_centre,
    "field": SubmissionRecord.research_field,
    "platform": ExperimentRecord.platform,
    "strategy": ExperimentRecord.library_strategy,
}
"""What attainment is broken down by, beside a period."""
SELECTORS: dict[str, Any] = {
    "platform": ExperimentRecord.platform,
    "library_strategy": ExperimentRecord.library_strategy,
    "research_field": SubmissionRecord.research_field,
    "library_layout": ExperimentRecord.library_layout,
    "instrument_model": ExperimentRecord.instrument_model,
    "read_kind": ExperimentRecord.attributes["read_kind"].as_string(),
}
"""What goals are chosen by (``dsqc.judge.goals``)."""
MISSED_CODES = frozenset({"DSQC-Q001", "DSQC-Q002", "DSQC-Q003"})
"""Codes of missed goals."""


@dataclass(frozen=True, slots=True)
class Target:
    """A goal as the catalog looks at it: bounds with their tolerance, and the share of runs that should reach it."""

    id: str
    metric: str
    low: float | None
    high: float | None
    share: float


Choose = Callable[[Mapping[str, str]], Sequence[Target]]
"""The goals that hold for an experiment with these attributes, the research field among them."""


@dataclass(slots=True)
class Tally:
    """Runs of one period: how many were measured, how many of these reach the goal, how many were not measured."""

    measured: int = 0
    reached: int = 0
    not_measured: int = 0

    def add(self, other: "Tally") -> None:
        """Add ``other``."""
        self.measured += other.measured
        self.reached += other.reached
        self.not_measured += other.not_measured


@dataclass(frozen=True, slots=True)
class Scope:
    """What attainment is looked at over.

    Attributes:
        groups: of ``GROUPS``.
        period: ``year``, ``quarter`` or ``month`` of registration.
        zone: time zone of periods.
        until: the end of this day; ``None`` for now.
        closed: whether closed and held runs count too.
    """

    groups: tuple[str, ...]
    period: str
    zone: ZoneInfo
    until: date | None = None
    closed: bool = False


@dataclass(slots=True)
class Attained:
    """One goal in one group, by period."""

    target: Target
    group: tuple[str, ...]
    periods: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))


def parse_scope(text: str, zone: ZoneInfo, until: date | None, *, closed: bool) -> Scope:
    """What a user asked for: ``centre,field,quarter``.

    Raises:
        UsageError: a word is none of ours, or two periods stand there.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in GROUPS and name not in MONTHS]
    kinds = [name for name in names if name in MONTHS]
    if unknown or len(kinds) > 1:
        said = f"Quality is not shown by {unknown[0]}." if unknown else "Give one period only."
        raise UsageError(said, hint=f"By: {', '.join(GROUPS)}, and one of {', '.join(MONTHS)}.")
    groups = tuple(dict.fromkeys(name for name in names if name in GROUPS))
    return Scope(groups, kinds[0] if kinds else "quarter", zone, until, closed)


def attainment(session: Session, choose: Choose, metrics: Sequence[str], scope: Scope) -> list[Attained]:
    """Count the runs that reach each goal, in the order of the groups and of the goals.

    Args:
        choose: see ``Choose``; the database groups runs by all that goals are chosen by.
        metrics: the metrics that goals speak of.
    """
    bounds = _first_and_last(session, scope)
    if bounds is None:
        return []
    found: dict[tuple[tuple[str, ...], str], Attained] = {}
    targets = _targets(session, choose)
    for metric in metrics:
        bounded = [target for target in targets if target.metric == metric]
        for experiment, group, period, value_counts in _cells(session, metric, bounded, scope, bounds):
            for target in choose(experiment):
                if target.metric == metric:
                    row = found.setdefault((group, target.id), Attained(target, group))
                    row.periods[period].add(value_counts[target.id])
    return [found[key] for key in sorted(found)]


def _registered(scope: Scope) -> Any:
    query = select(EventRecord.submission_id, func.min(EventRecord.at).label("at"))
    query = query.where(EventRecord.action == State.REGISTERED.value)
    if scope.until is not None:
        query = query.where(EventRecord.at < end_of(scope.until, scope.zone))
    return query.group_by(EventRecord.submission_id).subquery()


def _first_and_last(session: Session, scope: Scope) -> tuple[str, str] | None:
    registered = _registered(scope)
    first, last = session.execute(select(func.min(registered.c.at), func.max(registered.c.at))).one()
    return (first, last) if first is not None else None


def _cells(
    session: Session, metric: str, targets: Sequence[Target], scope: Scope, bounds: tuple[str, str]
) -> list[tuple[dict[str, str], tuple[str, ...], str, dict[str, Tally]]]:
    """Runs by experiment attributes, group and period: how many have the metric, and how many within each bound."""
    if not targets:
        return []
    registered = _registered(scope)
    period = period_column(registered.c.at, *bounds, scope.period, scope.zone)
    keys = [
        *(column.label(f"s{number}") for number, column in enumerate(SELECTORS.values())),
        *(GROUPS[name].label(f"g{number}") for number, name in enumerate(scope.groups)),
        period.label("period"),
    ]
    inside = [case((_within(target), 1), else_=0).label(f"t{number}") for number, target in enumerate(targets)]
    measured = case((MetricRecord.value.is_not(None), 1), else_=0).label("measured")
    query = (
        select(*keys, measured, *inside)
        .select_from(RunRecord)
        .join(ExperimentRecord, ExperimentRecord.id == RunRecord.experiment_id)
        .join(SubmissionRecord, SubmissionRecord.id == RunRecord.submission_id)
        .join(registered, registered.c.submission_id == SubmissionRecord.id)
        .outerjoin(MetricRecord, and_(MetricRecord.run_id == RunRecord.id, MetricRecord.metric == metric))
        .where(SubmissionRecord.state.in_([state.value for state in REGISTERED]))
    )
    if not scope.closed:
        query = query.where(~undisclosed(SubmissionRecord.state))
    rows = query.subquery()
    group_by = [rows.c[key.name] for key in keys]
    sums = [func.count(), func.sum(rows.c.measured), *(func.sum(rows.c[item.name]) for item in inside)]
    found = []
    for row in session.execute(select(*group_by, *sums).group_by(*group_by)):
        values = [value or "" for value in row[: len(keys)]]
        experiment = dict(zip(SELECTORS, values, strict=False))
        number, with_metric, *reached = (int(value or 0) for value in row[len(keys) :])
        tallies = {
            target.id: Tally(with_metric, yes, number - with_metric)
            for target, yes in zip(targets, reached, strict=True)
        }
        found.append((experiment, tuple(values[len(SELECTORS) : -1]), values[-1], tallies))
    return found


def _targets(session: Session, choose: Choose) -> list[Target]:
    """The goals that hold for any experiment of the catalog."""
    query = (
        select(*SELECTORS.values())
        .select_from(ExperimentRecord)
        .join(SubmissionRecord, SubmissionRecord.id == ExperimentRecord.submission_id)
        .distinct()
    )
    found: dict[str, Target] = {}
    for row in session.execute(query):
        experiment = dict(zip(SELECTORS, (value or "" for value in row), strict=True))
        found |= {target.id: target for target in choose(experiment)}
    return list(found.values())


def _within(target: Target) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [MetricRecord.value.is_not(None)]
    if target.low is not None:
        parts.append(MetricRecord.value >= literal(target.low))
    if target.high is not None:
        parts.append(MetricRecord.value <= literal(target.high))
    return and_(*parts)


def diagnosis(row: Attained, names: Sequence[str]) -> dict[str, Any]:
    """One goal in one group as numbers: a period each, all of them, and the trend over the periods.

    Args:
        names: every period in order; those without runs say so.
    """
    tallies = [row.periods.get(name) or Tally() for name in names]
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    slope = trend([tally.reached for tally in tallies], [tally.measured for tally in tallies])
    return {
        "periods": [
            {"period": name, **_numbers(tally, row.target.share)} for name, tally in zip(names, tallies, strict=True)
        ],
        "overall": _numbers(whole, row.target.share),
        "trend": {"change": slope.change, "p_value": slope.p_value} if slope else None,
    }


def _numbers(tally: Tally, target: float) -> dict[str, Any]:
    low, high = wilson(tally.reached, tally.measured)
    share = tally.reached / tally.measured if tally.measured else None
    if share is None:
        state = "no_runs"
    elif share >= target:
        state = "attained"
    else:
        state = "below_target" if high >= target else "missed"
    return {
        "runs": tally.measured,
        "reached": tally.reached,
        "not_measured": tally.not_measured,
        "share": share,
        "low": low if tally.measured else None,
        "high": high if tally.measured else None,
        "state": state,
    }


def period_names(session: Session, scope: Scope) -> list[str]:
    """Every period from the first registration to the last, or to ``until``."""
    bounds = _first_and_last(session, scope)
    if bounds is None:
        return []
    last = scope.until or local_day(bounds[1], scope.zone)
    return [name for name, _ in periods(local_day(bounds[0], scope.zone), last, scope.period)]


def improvement(session: Session, scope: Scope, names: Sequence[str]) -> list[dict[str, Any]]:
    """What was returned in each period, for its quality among it, and what of that came back mended and registered.

    A submission counts in the period in which it was first returned for its quality; ``median_days`` is the time from
    then to its registration.
    """
    actions = (State.RETURNED.value, State.REGISTERED.value, "approved")
    query = select(EventRecord.submission_id, EventRecord.at, EventRecord.action, EventRecord.details)
    query = query.where(EventRecord.action.in_(actions)).order_by(EventRecord.at, EventRecord.id)
    if scope.until is not None:
        query = query.where(EventRecord.at < end_of(scope.until, scope.zone))
    if not scope.closed:
        query = query.join(SubmissionRecord, SubmissionRecord.id == EventRecord.submission_id)
        query = query.where(~undisclosed(SubmissionRecord.state))
    rows = {name: {"returned": 0, "for_quality": 0, "approved": 0, "mended": 0} for name in names}
    days: dict[str, list[float]] = defaultdict(list)
    waiting: dict[int, tuple[str, str]] = {}
    for submission, at, action, details in session.execute(query):
        period = period_of(local_day(at, scope.zone), scope.period)
        row = rows.setdefault(period, dict.fromkeys(("returned", "for_quality", "approved", "mended"), 0))
        is_quality = bool(MISSED_CODES & set(details.get("codes") or ()))
        if action == State.RETURNED.value:
            row["returned"] += 1
            if is_quality and submission not in waiting:
                row["for_quality"] += 1
                waiting[submission] = (period, at)
        elif action == "approved":
            row["approved"] += is_quality or "DSQC-G002" in (details.get("codes") or ())
        elif submission in waiting:
            first, since = waiting[submission]
            rows[first]["mended"] += 1
            days[first].append(_days(since, at))
    return [
        {"period": name, **rows[name], "median_days": round(statistics.median(days[name]), 1) if days[name] else None}
        for name in sorted(rows)
    ]


def _days(start: str, end: str) -> float:
    pattern = "%Y-%m-%dT%H:%M:%S.%fZ"
    # Both are UTC, so that their difference needs no zone.
    moments = [datetime.strptime(text, pattern) for text in (start, end)]  # noqa: DTZ007
    return (moments[1] - moments[0]).total_seconds() / 86_400
