"""Which tier a submission's objects belong to (DSQC-P015): what nobody may have yet never lies in the public one."""

from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, select, union
from sqlalchemy.orm import aliased, object_session

from dsqc.catalog.models import DataFileRecord, ReplacedFileRecord, SubmissionRecord, WithdrawalRecord
from dsqc.model import Access
from dsqc.model import SubmissionState as State
from dsqc.station import HELD

OPEN, CLOSED = "public", "closed"


def tier_of(submission: SubmissionRecord) -> str:
    """``closed`` for closed data, ``held`` for open data before its day, ``public`` for all other."""
    if submission.access_level == Access.CLOSED.value:
        return CLOSED
    return HELD if _state_of_objects(submission) == State.HELD.value else OPEN


def _state_of_objects(submission: SubmissionRecord) -> str:
    """Objects of a withdrawn submission stay where they were."""
    session = object_session(submission)
    if submission.state != State.WITHDRAWN.value or session is None:
        return submission.state
    withdrawal = session.get(WithdrawalRecord, submission.id)
    return withdrawal.previous_state if withdrawal else submission.state


def state_before_withdrawal() -> ColumnElement[Any]:
    """The state of a submission of the query, of a withdrawn one that which it had before."""
    withdrawn = aliased(WithdrawalRecord)
    before: Any = (
        select(withdrawn.previous_state).where(withdrawn.submission_id == SubmissionRecord.id).scalar_subquery()
    )
    return case((SubmissionRecord.state == State.WITHDRAWN.value, before), else_=SubmissionRecord.state)


def is_in_tier(tier: str) -> ColumnElement[bool]:
    """As :func:`tier_of`: whether the objects of a submission of the query belong to ``tier``."""
    closed = SubmissionRecord.access_level == Access.CLOSED.value
    if tier == CLOSED:
        return closed
    held = state_before_withdrawal().is_not_distinct_from(State.HELD.value)
    return and_(~closed, held if tier == HELD else ~held)


def files_of_runs() -> Subquery:
    """Columns ``object_id`` and ``run_id``: files of runs, and those that others took the place of, which stay."""
    return union(
        select(DataFileRecord.object_id, DataFileRecord.run_id),
        select(ReplacedFileRecord.object_id, ReplacedFileRecord.run_id),
    ).subquery()
