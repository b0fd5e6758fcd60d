"""Which tier a submission's objects belong to (DSQC-P015): what nobody may have yet never lies in the public one."""

from dsqc.catalog.models import SubmissionRecord
from dsqc.model import Access
from dsqc.model import SubmissionState as State
from dsqc.station import HELD

OPEN, CLOSED = "public", "closed"


def tier_of(submission: SubmissionRecord) -> str:
    """``closed`` for closed data, ``held`` for open data before its day, ``public`` for all other."""
    if submission.access_level == Access.CLOSED.value:
        return CLOSED
    return HELD if submission.state == State.HELD.value else OPEN
