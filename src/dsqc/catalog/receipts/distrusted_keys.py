"""Keys whose validation receipts are not believed any more, and what the history says of receipts that were taken."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event, timestamp
from dsqc.catalog.models import DistrustedKeyRecord, EventRecord, SubmissionRecord
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError

ACTION = "validation_receipt"
"""The event that tells what became of the receipt that came with a submission."""


def distrust(
    session: Session, key_id: str, actor: Actor, *, reason: str, submission: str = "", receipt_sha256: str = ""
) -> None:
    """Put a key on the list; one that stands there already stays as it is."""
    if distrusted_since(session, key_id):
        return
    session.add(
        DistrustedKeyRecord(
            key_id=key_id,
            at=timestamp(actor.clock()),
            actor=actor.name,
            submission=submission,
            receipt_sha256=receipt_sha256,
            reason=reason,
            lifted_at="",
            lifted_by="",
        )
    )
    session.flush()


def distrusted_since(session: Session, key_id: str) -> str:
    """Since when a key is distrusted; empty where it is not."""
    query = select(DistrustedKeyRecord.at).where(
        DistrustedKeyRecord.key_id == key_id, DistrustedKeyRecord.lifted_at == ""
    )
    return session.scalars(query.order_by(DistrustedKeyRecord.id)).first() or ""


def lift(session: Session, key_id: str, actor: Actor) -> None:
    """Believe a key again. The entry stays, with who did it.

    Raises:
        UsageError: it is not distrusted.
    """
    query = select(DistrustedKeyRecord).where(DistrustedKeyRecord.key_id == key_id, DistrustedKeyRecord.lifted_at == "")
    found = session.scalars(query).all()
    if not found:
        raise UsageError(f"The key {key_id} is not distrusted.", hint="`dsqc receipt keys` lists those that are.")
    for record in found:
        record.lifted_at, record.lifted_by = timestamp(actor.clock()), actor.name


def distrusted_keys(session: Session) -> list[dict[str, Any]]:
    """All entries of the list, oldest first, those that were lifted among them."""
    names = ("key_id", "at", "actor", "submission", "receipt_sha256", "reason", "lifted_at", "lifted_by")
    records = session.scalars(select(DistrustedKeyRecord).order_by(DistrustedKeyRecord.id))
    return [{name: getattr(record, name) for name in names} for record in records]


def relied_on(session: Session) -> dict[str, list[str]]:
    """Submissions whose measurements rest on a receipt, by the key that signed it."""
    query = (
        select(EventRecord.details, SubmissionRecord.accession, SubmissionRecord.alias)
        .join(SubmissionRecord, EventRecord.submission_id == SubmissionRecord.id)
        .where(EventRecord.action == ACTION)
        .order_by(EventRecord.id)
    )
    found: dict[str, list[str]] = {}
    for details, accession, alias in session.execute(query):
        names = found.setdefault(str(details.get("key_id", "")), [])
        if details.get("state") == "accepted" and (accession or alias) not in names:
            names.append(accession or alias)
    return {key: names for key, names in found.items() if names}


def note_receipt(session: Session, submission_id: int, details: dict[str, Any], actor: Actor) -> None:
    """Record in the history what became of a receipt; once for each receipt and outcome."""
    record = session.get_one(SubmissionRecord, submission_id)
    query = select(EventRecord.details).where(EventRecord.submission_id == record.id, EventRecord.action == ACTION)
    if details not in session.scalars(query).all():
        append_event(session, record, ACTION, actor=actor.name, details=details, clock=actor.clock)
