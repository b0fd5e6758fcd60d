"""Figures by the slow way: every run with all its files, one after the other, in Python."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    EventRecord,
    ExperimentRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)

Count = dict[tuple[str, ...], list[int]]
REGISTERED = ("registered", "released", "held", "closed")


def full_count(session: Session, dimensions: Sequence[str], zone: ZoneInfo, as_of: date | None = None) -> Count:
    """Of open and of closed data by ``dimensions``: runs, bytes, bases, then the same three of closed data."""
    files: dict[int, list[Any]] = defaultdict(list)
    for data_file in session.scalars(select(DataFileRecord)):
        files[data_file.run_id].append(data_file)
    histories: dict[int, list[Any]] = defaultdict(list)
    for event in session.scalars(select(EventRecord).order_by(EventRecord.sequence)):
        if as_of is None or _day(event.at, zone) <= as_of:
            histories[event.submission_id].append(event)
    found: Count = defaultdict(lambda: [0] * 6)
    for run in session.scalars(select(RunRecord)):
        submission = session.get_one(SubmissionRecord, run.submission_id)
        history = histories[submission.id]
        if as_of is not None and not history:
            continue
        state = submission.state if as_of is None else history[-1].state
        if "state" not in dimensions and state not in REGISTERED:
            continue
        experiment = session.get_one(ExperimentRecord, run.experiment_id)
        words = _words(session, submission, experiment) | {"state": state}
        if {"year", "quarter", "month"} & set(dimensions):
            at = next((event.at for event in history if event.action == "registered"), None)
            if at is None:
                continue
            words |= _periods(_day(at, zone))
        is_closed = submission.access_level == "closed" or state != "released"
        cell = found[tuple(words[name] for name in dimensions)]
        for place, number in enumerate(
            (
                1,
                sum(item.size_bytes for item in files[run.id]),
                sum(item.base_count or 0 for item in files[run.id]),
            )
        ):
            cell[place + 3 * is_closed] += number
    return dict(found)


def _words(session: Session, submission: SubmissionRecord, experiment: ExperimentRecord) -> dict[str, str]:
    assert submission.project_id is not None
    project = session.get_one(ProjectRecord, submission.project_id)
    return {
        "field": submission.research_field,
        "centre": submission.data_centre,
        "package": submission.package,
        "quality": submission.verdict,
        "access": submission.access_level,
        "data_type": project.data_type,
        "ministry": project.ministry,
        "platform": experiment.platform,
        "strategy": experiment.library_strategy,
        "organism": session.get_one(SampleRecord, experiment.sample_id).organism,
    }


def _day(at: str, zone: ZoneInfo) -> date:
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).astimezone(zone).date()


def _periods(day: date) -> dict[str, str]:
    return {
        "year": f"{day.year}",
        "quarter": f"{day.year}-Q{(day.month - 1) // 3 + 1}",
        "month": f"{day.year}-{day.month:02}",
    }
