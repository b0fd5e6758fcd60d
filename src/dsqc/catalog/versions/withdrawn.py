"""Whether an object of the catalog was withdrawn, with its submission."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.models import ProjectRecord, SubmissionRecord, WithdrawalRecord


def withdrawal_of(session: Session, record: Any) -> WithdrawalRecord | None:
    """That the submission was withdrawn which ``record`` is, or belongs to; ``None`` where it was not. A project is
    withdrawn with the last of its submissions."""
    if isinstance(record, ProjectRecord):
        belong = select(SubmissionRecord).where(SubmissionRecord.project_id == record.id)
        gone = [withdrawal_of(session, item) for item in session.scalars(belong)]
        found = [item for item in gone if item is not None]
        return max(found, key=lambda item: item.at) if found and len(found) == len(gone) else None
    owner = record.id if isinstance(record, SubmissionRecord) else record.submission_id
    return session.get(WithdrawalRecord, owner) if owner is not None else None
