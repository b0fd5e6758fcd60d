"""The history of a submission: events that are only ever added, each with the digest of the one before."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.models import EventRecord, SubmissionRecord
from dsqc.catalog.states import check_transition
from dsqc.model import SubmissionState

Clock = Callable[[], datetime]
START = "0" * 64
"""What the first event of a chain names as the digest before it."""


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """``moment`` as the catalog keeps it: UTC, microseconds, ``Z``. Sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local_time(text: str) -> str:
    """A time of the catalog for people: this machine's zone, with its offset, to the second."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return moment.astimezone().isoformat(timespec="seconds", sep=" ")


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One place where a history does not hold together."""

    submission: str
    sequence: int
    problem: str


def chain_name(submission: SubmissionRecord) -> str:
    """What the digests of a submission's events call it; never changes."""
    return f"{submission.submitter}/{submission.alias}"


def event_digest(chain: str, event: EventRecord) -> str:
    """SHA-256 over everything an event says, its chain and the digest before it, as canonical JSON."""
    said = {
        "chain": chain,
        "sequence": event.sequence,
        "at": event.at,
        "actor": event.actor,
        "action": event.action,
        "state": event.state,
        "reason": event.reason,
        "details": event.details,
        "previous": event.previous_digest,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def append_event(
    session: Session,
    submission: SubmissionRecord,
    action: str,
    *,
    actor: str,
    reason: str = "",
    details: dict[str, Any] | None = None,
    clock: Clock = now,
) -> EventRecord:
    """Add one event to the history of ``submission`` (already flushed), in its present state."""
    last = session.scalars(
        select(EventRecord)
        .where(EventRecord.submission_id == submission.id)
        .order_by(EventRecord.sequence.desc())
        .limit(1)
    ).first()
    event = EventRecord(
        submission_id=submission.id,
        sequence=last.sequence + 1 if last else 1,
        at=timestamp(clock()),
        actor=actor,
        action=action,
        state=submission.state,
        reason=reason,
        details=details or {},
        previous_digest=last.digest if last else START,
    )
    event.digest = event_digest(chain_name(submission), event)
    session.add(event)
    session.flush()
    return event


def change_state(
    session: Session,
    submission: SubmissionRecord,
    new: SubmissionState,
    *,
    actor: str,
    reason: str = "",
    details: dict[str, Any] | None = None,
    clock: Clock = now,
) -> EventRecord:
    """Move ``submission`` to ``new`` and record that as an event.

    Raises:
        CatalogFault: the transition is not allowed.
    """
    old = SubmissionState(submission.state) if submission.state else None
    check_transition(old, new)
    submission.state = new.value
    session.flush()
    return append_event(session, submission, new.value, actor=actor, reason=reason, details=details, clock=clock)


def history(session: Session, submission: SubmissionRecord) -> list[EventRecord]:
    """All events of ``submission``, oldest first."""
    query = select(EventRecord).where(EventRecord.submission_id == submission.id).order_by(EventRecord.sequence)
    return list(session.scalars(query))


def chain_faults(
    name: str, links: Iterable[Any], digest_of: Callable[[Any], str], *, called: str = "event"
) -> list[ChainFault]:
    """Faults of a chain by itself: an entry that is missing or was changed.

    Args:
        name: whose chain it is.
        links: its entries in their order: each with ``sequence`` from 1, ``previous_digest`` and ``digest``.
        digest_of: what the digest of an entry has to be.
        called: what an entry is called.
    """
    faults: list[ChainFault] = []
    previous, number = START, 0
    for link in links:
        number += 1
        if link.sequence != number:
            faults.append(ChainFault(name, link.sequence, f"{called} {number} is missing"))
            number = link.sequence
        elif link.previous_digest != previous:
            faults.append(ChainFault(name, link.sequence, f"does not follow the {called} before it"))
        if link.digest != digest_of(link):
            faults.append(ChainFault(name, link.sequence, "was changed: its digest does not match"))
        previous = link.digest
    return faults


def verify_history(submission: SubmissionRecord, events: Iterable[EventRecord]) -> list[ChainFault]:
    """Faults of one chain: an event that is missing, was changed, or does not end in the submission's state."""
    chain, found = chain_name(submission), list(events)
    faults = chain_faults(submission.alias, found, lambda event: event_digest(chain, event))
    number, state = (found[-1].sequence, found[-1].state) if found else (0, "")
    if state != submission.state:
        problem = f"the last event says {state or 'nothing'}, the submission is {submission.state}"
        faults.append(ChainFault(submission.alias, number, problem))
    return faults
