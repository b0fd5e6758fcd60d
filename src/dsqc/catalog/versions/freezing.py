"""Frozen submissions: once a data certificate was issued, nothing of a submission changes any more (DSQC-G003)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import Clock, append_event, now
from dsqc.catalog.models import EventRecord, SubmissionRecord

CERTIFIED = "certificate"
"""Action of the event that freezes a submission."""


def freeze(
    session: Session, submission: SubmissionRecord, *, actor: str, certificate_sha256: str, clock: Clock = now
) -> EventRecord:
    """Record that a data certificate was issued for ``submission``; the same certificate again changes nothing."""
    known = select(EventRecord).where(EventRecord.submission_id == submission.id, EventRecord.action == CERTIFIED)
    for event in session.scalars(known):
        if event.details.get("certificate_sha256") == certificate_sha256:
            return event
    details = {"certificate_sha256": certificate_sha256}
    return append_event(session, submission, CERTIFIED, actor=actor, details=details, clock=clock)


def certified_at(session: Session, submission_id: int) -> str:
    """When the first certificate was issued (UTC, as in events); empty where none was."""
    query = select(EventRecord.at).where(EventRecord.submission_id == submission_id, EventRecord.action == CERTIFIED)
    return session.scalars(query.order_by(EventRecord.sequence).limit(1)).first() or ""
