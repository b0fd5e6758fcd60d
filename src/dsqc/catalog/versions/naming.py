"""Who may be told which record it is: data that is not public is only said to exist."""

from sqlalchemy import BindParameter, ColumnElement, and_, or_

from dsqc.catalog.access.tiers import state_before_withdrawal
from dsqc.catalog.models import SubmissionRecord
from dsqc.model import Access, SubmissionState

NOT_OPEN = (SubmissionState.HELD.value, SubmissionState.CLOSED.value)
"""States in which a submission is not public, whatever its access level was."""


def may_be_named(submitter: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether ``submitter`` may be told the accessions of a submission (the row of :class:`SubmissionRecord` in the
    query): their own always; of others what is open and not held. What was withdrawn is as it was before."""
    state = state_before_withdrawal()
    is_open = and_(SubmissionRecord.access_level != Access.CLOSED.value, state.not_in(NOT_OPEN))
    return or_(SubmissionRecord.submitter == submitter, is_open)
