"""Which tier a submission's objects belong to (DSQC-P015): what nobody may have yet never lies in the public one."""

from sqlalchemy.orm import object_session

from dsqc.catalog.models import SubmissionRecord, WithdrawalRecord
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
