"""The audit of the web pages and of accounts: one chain for the station, made as the events of submissions are."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import START, ChainFault, Clock, chain_faults, now, timestamp
from dsqc.catalog.intake import LONGEST_NAME, clean
from dsqc.catalog.models import AuditEventRecord

CHAIN = "audit"
"""What a fault of the chain calls it, in place of a submission."""


def append_audit(
    session: Session,
    action: str,
    *,
    actor: str,
    address: str = "",
    object_: str = "",
    details: dict[str, Any] | None = None,
    clock: Clock = now,
) -> AuditEventRecord:
    """Add one act: who did what to what, from where.

    Args:
        session: of a writing transaction, so that no other event comes between.
        action: ``log-in``, ``refused``, ``decision`` …
        actor: name of the account; empty where nobody was logged in.
        address: of the network; empty for commands.
        object_: what it was about: a path, an account, a submission.
    """
    last = session.scalars(select(AuditEventRecord).order_by(AuditEventRecord.sequence.desc()).limit(1)).first()
    event = AuditEventRecord(
        sequence=last.sequence + 1 if last else 1,
        at=timestamp(clock()),
        actor=actor,
        address=address,
        action=action,
        object=clean(object_)[:LONGEST_NAME],
        details=details or {},
        previous_digest=last.digest if last else START,
    )
    event.digest = _digest(event)
    session.add(event)
    session.flush()
    return event


def _digest(event: AuditEventRecord) -> str:
    """SHA-256 over everything an event says and the digest before it, as canonical JSON."""
    names = ("sequence", "at", "actor", "address", "action", "object", "details")
    said = {"chain": CHAIN, "previous": event.previous_digest, **{name: getattr(event, name) for name in names}}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def audit_events(session: Session, *, actor: str = "", since: str = "") -> Sequence[AuditEventRecord]:
    """Events, oldest first; those of one account, or from a time on (as events spell it), where asked for."""
    query = select(AuditEventRecord).order_by(AuditEventRecord.sequence)
    if actor:
        query = query.where(AuditEventRecord.actor == actor)
    if since:
        query = query.where(AuditEventRecord.at >= since)
    return session.scalars(query).all()


def verify_audit(events: Iterable[AuditEventRecord]) -> list[ChainFault]:
    """Faults of the whole chain: an event that is missing or was changed."""
    return chain_faults(CHAIN, events, _digest)
