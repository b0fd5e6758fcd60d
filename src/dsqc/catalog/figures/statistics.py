"""Statistics of the catalog: how much there is, and of what."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.figures.counting import Amount, Cell, count_cells, undisclosed
from dsqc.catalog.models import (
    ProjectRecord,
    RunTotalRecord,
    SampleRecord,
    StoredTotalRecord,
    SubmissionRecord,
    SubmissionTotalRecord,
)
from dsqc.catalog.states import REGISTERED

SECTIONS = {
    "by_research_field": "field",
    "by_data_centre": "centre",
    "by_platform": "platform",
    "by_organism": "organism",
}
"""Breakdowns by the dimension that each is over."""


def statistics(session: Session, threshold: int | None = None) -> dict[str, Any]:
    """Counts and volumes: of everything, and by state, research field, centre, platform and organism.

    Args:
        threshold: for the public: only open registered data is counted by anything, and how much closed and held data
            there is in all is told where it is at least so many runs. ``None`` counts everything.
    """
    cells = count_cells(session, tuple(SECTIONS.values()), zone=ZoneInfo("UTC"))
    public = threshold is not None
    found = {
        "totals": _open_totals(session, cells) if public else _totals(session),
        "stored_bytes_by_tier": _volumes(session, ("public",) if public else ("closed", "public")),
        "submissions_by_state": _states(session, public=public),
        **{name: _section(cells, place, public=public) for place, name in enumerate(SECTIONS)},
    }
    if threshold is None:
        return found
    closed = Amount()
    for cell in cells:
        closed.add(cell.closed)
    is_told = closed.runs == 0 or closed.runs >= threshold
    return {**found, "closed": _figures(closed) if is_told else None}


def _totals(session: Session) -> dict[str, int]:
    """How many there are of everything, out of sums where there may be millions."""
    found = {
        name: session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in (("submissions", SubmissionRecord), ("projects", ProjectRecord))
    }
    registered = select(func.sum(SubmissionTotalRecord.samples), func.sum(SubmissionTotalRecord.experiments))
    samples, experiments = session.execute(registered).one()
    foreign = select(func.count()).select_from(SampleRecord).where(SampleRecord.submission_id.is_(None))
    runs, files = session.execute(select(func.sum(RunTotalRecord.runs), func.sum(RunTotalRecord.file_count))).one()
    objects = select(StoredTotalRecord.number).where(StoredTotalRecord.kind == "object")
    return {
        **found,
        "samples": int(samples or 0) + (session.scalar(foreign) or 0),
        "experiments": int(experiments or 0),
        "runs": int(runs or 0),
        "data_files": int(files or 0),
        "objects": session.scalar(objects) or 0,
    }


def _is_open() -> Any:
    return SubmissionRecord.state.in_([item.value for item in REGISTERED]) & ~undisclosed(SubmissionRecord.state)


def _open_totals(session: Session, cells: Iterable[Cell]) -> dict[str, int]:
    """Totals of what anybody may find; a project counts where it holds something open."""
    found = {"submissions": func.count(), "projects": func.count(SubmissionRecord.project_id.distinct())}
    totals = {name: session.scalar(select(count).where(_is_open())) or 0 for name, count in found.items()}
    sums = (func.sum(SubmissionTotalRecord.samples), func.sum(SubmissionTotalRecord.experiments))
    query = select(*sums).join(SubmissionRecord, SubmissionRecord.id == SubmissionTotalRecord.submission_id)
    samples, experiments = session.execute(query.where(_is_open())).one()
    totals |= {"samples": int(samples or 0), "experiments": int(experiments or 0)}
    return {**totals, "runs": sum(cell.open.runs for cell in cells)}


def _volumes(session: Session, tiers: tuple[str, ...]) -> dict[str, int]:
    total = StoredTotalRecord
    query = select(total.tier, total.size_bytes).where(total.kind == "copy", total.tier.in_(tiers), total.number > 0)
    return {row[0]: row[1] for row in session.execute(query.order_by(total.tier))}


def _states(session: Session, *, public: bool) -> dict[str, int]:
    query = select(SubmissionRecord.state, func.count()).group_by(SubmissionRecord.state)
    if public:
        query = query.where(_is_open())
    return {row[0]: row[1] for row in session.execute(query.order_by(SubmissionRecord.state))}


def _section(cells: Iterable[Cell], place: int, *, public: bool) -> list[dict[str, Any]]:
    sums: dict[str, Amount] = {}
    for cell in cells:
        amount = sums.setdefault(cell.key[place], Amount())
        amount.add(cell.open)
        if not public:
            amount.add(cell.closed)
    return [{"name": name, **_figures(amount)} for name, amount in sorted(sums.items()) if amount.runs]


def _figures(amount: Amount) -> dict[str, int]:
    return {"runs": amount.runs, "bytes": amount.bytes, "bases": amount.bases}
