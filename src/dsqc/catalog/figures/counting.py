"""Runs, bytes and bases, counted by the database along any of the dimensions that people ask for.

A run counts from the moment of its registration. Runs of withdrawn submissions count only where states are asked for.

What is added up are the sums of runs that are alike (``RunTotalRecord``), which the transaction that writes the runs
keeps; so it is some thousands of rows that are read, not all runs with all their files, and the figures are exact at
every moment. ``dsqc catalog verify`` compares those sums with a full count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.figures.periods import MONTHS, end_of, period_column
from dsqc.catalog.models import EventRecord, ProjectRecord, RunTotalRecord, SubmissionRecord
from dsqc.catalog.states import REGISTERED
from dsqc.errors import UsageError
from dsqc.model import Access
from dsqc.model import SubmissionState as State

SUBMISSION_DIMENSIONS: dict[str, Any] = {
    "field": SubmissionRecord.research_field,
    "centre": SubmissionRecord.data_centre,
    "package": SubmissionRecord.package,
    "quality": SubmissionRecord.verdict,
    "access": SubmissionRecord.access_level,
    "data_type": ProjectRecord.data_type,
    "ministry": ProjectRecord.ministry,
}
"""Dimensions that all runs of a submission share. ``quality`` is the verdict: pass, or review that was approved."""
RUN_DIMENSIONS: dict[str, Any] = {
    "platform": RunTotalRecord.platform,
    "strategy": RunTotalRecord.library_strategy,
    "organism": RunTotalRecord.organism,
}
"""Dimensions of single runs."""
DIMENSIONS = (*SUBMISSION_DIMENSIONS, "state", "year", "quarter", "month", *RUN_DIMENSIONS)


@dataclass(slots=True)
class Amount:
    """How much: registered runs, bytes of their data files as submitted, and bases."""

    runs: int = 0
    bytes: int = 0
    bases: int = 0

    def add(self, other: "Amount") -> None:
        """Add ``other``."""
        self.runs += other.runs
        self.bytes += other.bytes
        self.bases += other.bases


@dataclass(frozen=True, slots=True)
class Cell:
    """The runs that share one value of every dimension; what the public may not see of single records stands apart."""

    key: tuple[str, ...]
    open: Amount
    closed: Amount


OPEN_STATES = (State.RELEASED.value,)
"""States in which everybody may know of open data, as in :mod:`dsqc.catalog.access.conditions`."""


def undisclosed(state: Any) -> ColumnElement[bool]:
    """Which submissions the public knows only in sums: closed, held and withdrawn ones.

    Args:
        state: the submission's state, now or as it was.
    """
    return or_(SubmissionRecord.access_level == Access.CLOSED.value, state.not_in(OPEN_STATES))


def count_cells(
    session: Session, dimensions: Sequence[str], *, zone: ZoneInfo, as_of: date | None = None
) -> list[Cell]:
    """Count runs by ``dimensions``, in the order of their values.

    Args:
        dimensions: of ``DIMENSIONS``; none for everything in one cell.
        zone: time zone of days and periods.
        as_of: the catalog as it was at the end of this day: states by the history, later registrations left out.

    Raises:
        UsageError: there is no such dimension.
    """
    for name in dimensions:
        if name not in DIMENSIONS:
            raise UsageError(f"Nothing is counted by {name}.", hint=f"Count by: {', '.join(DIMENSIONS)}.")
    found: dict[tuple[str, ...], Cell] = {}
    for row in session.execute(_statement(session, dimensions, zone, as_of)):
        key, hidden, amount = tuple(row[:-4]), row[-4], Amount(*map(int, row[-3:]))
        cell = found.setdefault(key, Cell(key, Amount(), Amount()))
        (cell.closed if hidden else cell.open).add(amount)
    return sorted(found.values(), key=lambda cell: cell.key)


def _statement(session: Session, dimensions: Sequence[str], zone: ZoneInfo, as_of: date | None) -> Select[Any]:
    """By ``dimensions`` and whether the public may see it: runs, bytes and bases."""
    source: FromClause = SubmissionRecord.__table__.join(RunTotalRecord.__table__)
    conditions: list[ColumnElement[bool]] = []
    state: Any = SubmissionRecord.state
    cut = end_of(as_of, zone) if as_of else None
    if cut is not None:
        last = _last_states(cut)
        source = source.join(last, last.c.submission_id == SubmissionRecord.id)
        state = last.c.state
    if "state" not in dimensions:
        conditions.append(state.in_([item.value for item in REGISTERED]))
    period = next((name for name in dimensions if name in MONTHS), None)
    period_value: ColumnElement[str] = literal("")
    if period is not None:
        registered = _registered(cut)
        source = source.join(registered, registered.c.submission_id == SubmissionRecord.id)
        first, last_at = session.execute(select(func.min(registered.c.at), func.max(registered.c.at))).one()
        if first is not None:
            period_value = period_column(registered.c.at, first, last_at, period, zone)
    if {"data_type", "ministry"} & set(dimensions):
        source = source.join(ProjectRecord, ProjectRecord.id == SubmissionRecord.project_id)
    columns: dict[str, Any] = {**SUBMISSION_DIMENSIONS, **RUN_DIMENSIONS, "state": state}
    columns |= dict.fromkeys(MONTHS, period_value)
    keys = [columns[name].label(f"d{number}") for number, name in enumerate(dimensions)]
    keys.append(case((undisclosed(state), 1), else_=0).label("hidden"))
    amounts = [RunTotalRecord.runs, RunTotalRecord.size_bytes, RunTotalRecord.file_bases]
    rows = select(*keys, *amounts).select_from(source).where(*conditions).subquery()
    # Grouped outside: PostgreSQL takes an expression with parameters, written twice, for two expressions.
    group = [rows.c[key.name] for key in keys]
    return select(*group, *(func.sum(rows.c[amount.key]) for amount in amounts)).group_by(*group)


def _registered(cut: str | None) -> Any:
    """When each submission was registered."""
    query = select(EventRecord.submission_id, func.min(EventRecord.at).label("at"))
    query = query.where(EventRecord.action == State.REGISTERED.value)
    if cut is not None:
        query = query.where(EventRecord.at < cut)
    return query.group_by(EventRecord.submission_id).subquery()


def _last_states(cut: str) -> Any:
    """The state of each submission before ``cut``, from its history."""
    last = (
        select(EventRecord.submission_id, func.max(EventRecord.sequence).label("sequence"))
        .where(EventRecord.at < cut)
        .group_by(EventRecord.submission_id)
        .subquery()
    )
    same = and_(EventRecord.submission_id == last.c.submission_id, EventRecord.sequence == last.c.sequence)
    return select(EventRecord.submission_id, EventRecord.state).join(last, same).subquery()
