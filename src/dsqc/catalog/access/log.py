"""The access log: every hand-over of data or closed metadata, and every refusal, in one chain for the station.

Made as the events of submissions are (``dsqc.catalog.events``): only ever added, each with the digest of the one
before.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.events import START, ChainFault, Clock, chain_faults, now, timestamp
from dsqc.catalog.models import AccessEntryRecord

CHAIN = "access"
"""What a fault of the chain calls it, in place of a submission."""
HANDED_OVER, REFUSED = "handed_over", "refused"
DATA, METADATA = "data", "metadata"
_SAID = (
    *("sequence", "at", "actor", "recipient", "action", "kind", "accession", "submission"),
    *("purpose", "files", "size_bytes", "details"),
)
COLUMNS = (*_SAID, "previous_digest", "digest")
"""Of an entry, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """What was handed over, or refused.

    Attributes:
        actor: who hands over.
        recipient: who gets it: a name, or the fingerprint of a key.
        accession: what was asked for, and ``submission`` the accession of the submission that it belongs to.
        purpose: what for, in the recipient's words.
        kind: ``data``, or ``metadata`` that is not public.
        files, size_bytes: what leaves the station.
        details: what else should be known; never a secret.
    """

    actor: str
    recipient: str
    accession: str
    submission: str
    purpose: str
    kind: str = DATA
    files: int = 0
    size_bytes: int = 0
    details: dict[str, Any] = field(default_factory=dict)


def log_hand_over(session: Session, what: HandOver, *, clock: Clock = now) -> AccessEntryRecord:
    """Write that something is handed over; in the same transaction as whatever else says so, before a byte leaves."""
    return _append(session, what, HANDED_OVER, clock)


def log_refusal(session: Session, what: HandOver, reason: str, *, clock: Clock = now) -> AccessEntryRecord:
    """Write that something was asked for and not given, and why."""
    refused = HandOver(
        what.actor,
        what.recipient,
        what.accession,
        what.submission,
        what.purpose,
        what.kind,
        details={**what.details, "reason": reason},
    )
    return _append(session, refused, REFUSED, clock)


def _append(session: Session, what: HandOver, action: str, clock: Clock) -> AccessEntryRecord:
    last = session.scalars(select(AccessEntryRecord).order_by(AccessEntryRecord.sequence.desc()).limit(1)).first()
    entry = AccessEntryRecord(
        sequence=last.sequence + 1 if last else 1,
        at=timestamp(clock()),
        actor=what.actor,
        recipient=what.recipient,
        action=action,
        kind=what.kind,
        accession=what.accession,
        submission=what.submission,
        purpose=what.purpose,
        files=what.files,
        size_bytes=what.size_bytes,
        details=what.details,
        previous_digest=last.digest if last else START,
    )
    entry.digest = entry_digest(entry)
    session.add(entry)
    session.flush()
    return entry


def entry_digest(entry: AccessEntryRecord) -> str:
    """SHA-256 over everything an entry says and the digest before it, as canonical JSON."""
    said = {"chain": CHAIN, "previous": entry.previous_digest, **{name: getattr(entry, name) for name in _SAID}}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def entries(session: Session, *, accession: str = "", year: int | None = None) -> list[AccessEntryRecord]:
    """The log, oldest first: of one accession (its own, or of what belongs to the submission), of one year (UTC)."""
    query = select(AccessEntryRecord).order_by(AccessEntryRecord.sequence)
    if accession:
        query = query.where(or_(AccessEntryRecord.accession == accession, AccessEntryRecord.submission == accession))
    if year is not None:
        query = query.where(AccessEntryRecord.at >= f"{year:04d}-", AccessEntryRecord.at < f"{year + 1:04d}-")
    return list(session.scalars(query))


def verify_access_chain(found: Iterable[AccessEntryRecord]) -> list[ChainFault]:
    """Faults of the whole log: an entry that is missing or was changed."""
    return chain_faults(CHAIN, found, entry_digest, called="entry")


def yearly_figures(found: Iterable[AccessEntryRecord]) -> list[dict[str, Any]]:
    """Per year (UTC): hand-overs of data and of metadata, who got them, files and bytes, refusals and why."""
    years: dict[int, list[AccessEntryRecord]] = defaultdict(list)
    for entry in found:
        years[int(entry.at[:4])].append(entry)
    return [_figures(year, of_year) for year, of_year in sorted(years.items())]


def _figures(year: int, found: list[AccessEntryRecord]) -> dict[str, Any]:
    given = [entry for entry in found if entry.action == HANDED_OVER]
    reasons = Counter(str(entry.details.get("reason", "")) for entry in found if entry.action == REFUSED)
    return {
        "year": year,
        "hand_overs": len(given),
        "of_data": sum(entry.kind == DATA for entry in given),
        "of_metadata": sum(entry.kind == METADATA for entry in given),
        "users": len({entry.recipient for entry in given}),
        "submissions": len({entry.submission for entry in given}),
        "files": sum(entry.files for entry in given),
        "size_bytes": sum(entry.size_bytes for entry in given),
        "refusals": len(found) - len(given),
        "refused_because": dict(sorted(reasons.items())),
    }
