"""What the catalog knows of stored bytes: which copies there are, when each was last proven, and what was found since.

Events of fixity are one chain for the station, made as those of submissions are (``dsqc.catalog.events``): only ever
added, each with the digest of the one before.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, union, update
from sqlalchemy.orm import Session

from dsqc.catalog.events import START, ChainFault, Clock, chain_faults, now, timestamp
from dsqc.catalog.models import (
    DataFileRecord,
    FixityEventRecord,
    ObjectCopyRecord,
    ObjectRecord,
    ReplacedFileRecord,
    RunRecord,
    SubmissionRecord,
)
from dsqc.storage import StoredCopy

CHAIN = "fixity"
"""What a fault of the chain calls it, in place of a submission."""
VERIFY, DAMAGE, REPAIR, COPY = "verify", "damage", "repair", "copy"
ARCHIVE, DROP = "archive", "drop"


@dataclass(frozen=True, slots=True)
class KnownCopy:
    """One copy as the catalog has it. ``verified_at`` is empty where it is not known when it was proven."""

    id: int
    object_id: int
    sha256: str
    tier: str
    place: str
    key: str
    stored_sha256: str
    stored_size_bytes: int
    encoding: str
    recipe: dict[str, Any] = field(hash=False, compare=False)
    verified_at: str


def known_copies(session: Session, tiers: Collection[str]) -> list[KnownCopy]:
    """All copies in ``tiers``, those first that were proven longest ago."""
    query = (
        select(
            ObjectCopyRecord.id,
            ObjectCopyRecord.object_id,
            ObjectRecord.sha256,
            ObjectCopyRecord.tier,
            ObjectCopyRecord.place,
            ObjectCopyRecord.key,
            ObjectCopyRecord.stored_sha256,
            ObjectCopyRecord.stored_size_bytes,
            ObjectCopyRecord.encoding,
            ObjectCopyRecord.recipe,
            ObjectCopyRecord.verified_at,
        )
        .join(ObjectRecord, ObjectRecord.id == ObjectCopyRecord.object_id)
        .where(ObjectCopyRecord.tier.in_(tiers))
        .order_by(ObjectCopyRecord.verified_at, ObjectCopyRecord.id)
    )
    return [KnownCopy(*row) for row in session.execute(query)]


def submissions_of(session: Session, object_id: int) -> list[str]:
    """Accessions of the submissions that an object belongs to, or belonged to before its file was replaced."""
    runs = union(
        select(DataFileRecord.run_id).where(DataFileRecord.object_id == object_id),
        select(ReplacedFileRecord.run_id).where(ReplacedFileRecord.object_id == object_id),
    )
    query = (
        select(SubmissionRecord.accession)
        .join(RunRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(RunRecord.id.in_(runs), SubmissionRecord.accession.is_not(None))
        .distinct()
        .order_by(SubmissionRecord.accession)
    )
    return [accession for accession in session.scalars(query) if accession]


def note_state(session: Session, copy_id: int, state: str, proof: str = "", at: datetime | None = None) -> None:
    """Note how a copy was found: ``present`` with the proof and its time, ``damaged`` or ``missing``."""
    values = {"state": state}
    if at is not None:
        values |= {"verified_at": timestamp(at), "proof": proof}
    session.execute(update(ObjectCopyRecord).where(ObjectCopyRecord.id == copy_id).values(**values))


def add_copy(session: Session, object_id: int, copy: StoredCopy) -> None:
    """Note a copy that was made later, in a place that the object was not in; nothing happens where it is known."""
    known = select(ObjectCopyRecord.id).where(
        ObjectCopyRecord.object_id == object_id,
        ObjectCopyRecord.place == copy.place,
        ObjectCopyRecord.encoding == copy.encoding,
    )
    if session.scalar(known) is not None:
        return
    record = ObjectCopyRecord(
        object_id=object_id,
        tier=copy.tier,
        place=copy.place,
        key=copy.key,
        verified_at=timestamp(copy.verified_at),
        proof=copy.proof,
        stored_sha256=copy.stored_sha256,
        stored_size_bytes=copy.stored_size_bytes,
        encoding=copy.encoding,
        recipe=dict(copy.recipe),
    )
    session.add(record)
    session.flush()


def append_fixity_event(
    session: Session,
    action: str,
    *,
    actor: str,
    place: str = "",
    sha256: str = "",
    details: dict[str, Any] | None = None,
    clock: Clock = now,
) -> FixityEventRecord:
    """Add one event to the chain, inside a writing transaction: writers go one at a time."""
    last = session.scalars(select(FixityEventRecord).order_by(FixityEventRecord.sequence.desc()).limit(1)).first()
    event = FixityEventRecord(
        sequence=last.sequence + 1 if last else 1,
        at=timestamp(clock()),
        actor=actor,
        action=action,
        place=place,
        sha256=sha256,
        details=details or {},
        previous_digest=last.digest if last else START,
    )
    event.digest = fixity_digest(event)
    session.add(event)
    session.flush()
    return event


def fixity_digest(event: FixityEventRecord) -> str:
    """SHA-256 over everything an event says and the digest before it, as canonical JSON."""
    said = {
        "chain": CHAIN,
        "sequence": event.sequence,
        "at": event.at,
        "actor": event.actor,
        "action": event.action,
        "place": event.place,
        "sha256": event.sha256,
        "details": event.details,
        "previous": event.previous_digest,
    }
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def fixity_events(session: Session) -> Sequence[FixityEventRecord]:
    """All events, oldest first."""
    return session.scalars(select(FixityEventRecord).order_by(FixityEventRecord.sequence)).all()


def verify_fixity_chain(events: Iterable[FixityEventRecord]) -> list[ChainFault]:
    """Faults of the chain: an event that is missing or was changed."""
    return chain_faults(CHAIN, events, fixity_digest)
