"""The watchdog of leases: who works on what, whose time has run out, and what was left half done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from dsqc.catalog.events import timestamp
from dsqc.catalog.leases import is_dead
from dsqc.catalog.models import LeaseRecord, SubmissionRecord
from dsqc.model import SubmissionState as State

UNDER_WAY = (State.RECEIVED, State.TRANSFERRED, State.VALIDATED, State.MEASURED)
"""States that a submission only passes through while somebody works on it."""


class Standing(StrEnum):
    """How a lease stands."""

    LIVE = "live"
    EXPIRED = "expired"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class WatchedLease:
    """A lease: whose submission, in which state (empty where it is not in the catalog yet), who holds it until when.

    ``standing`` is dead where the holder was a process of this host that is gone, whatever the deadline says.
    """

    submitter: str
    alias: str
    state: str
    holder: str
    deadline: str
    standing: Standing


def leases(session: Session, at: datetime) -> list[WatchedLease]:
    """All leases, the earliest deadline first."""
    query = (
        select(LeaseRecord, SubmissionRecord.state)
        .outerjoin(
            SubmissionRecord,
            and_(SubmissionRecord.submitter == LeaseRecord.submitter, SubmissionRecord.alias == LeaseRecord.alias),
        )
        .order_by(LeaseRecord.deadline, LeaseRecord.submitter, LeaseRecord.alias)
    )
    return [
        WatchedLease(item.submitter, item.alias, state or "", item.holder, item.deadline, _standing(item, at))
        for item, state in session.execute(query)
    ]


def _standing(lease: LeaseRecord, at: datetime) -> Standing:
    if lease.deadline <= timestamp(at):
        return Standing.EXPIRED
    return Standing.DEAD if is_dead(lease.holder) else Standing.LIVE


def release_abandoned(session: Session, at: datetime) -> list[WatchedLease]:
    """Take away the leases that nobody living holds, and say which. Whoever thinks to hold one is refused."""
    gone = [item for item in leases(session, at) if item.standing is not Standing.LIVE]
    for item in gone:
        session.execute(
            delete(LeaseRecord).where(
                LeaseRecord.submitter == item.submitter,
                LeaseRecord.alias == item.alias,
                LeaseRecord.holder == item.holder,
                LeaseRecord.deadline == item.deadline,
            )
        )
    return gone


def interrupted(session: Session, at: datetime) -> list[SubmissionRecord]:
    """Submissions in a state that is only passed through, on which nobody living works: run ``dsqc register`` again."""
    busy = {(item.submitter, item.alias) for item in leases(session, at) if item.standing is Standing.LIVE}
    query = select(SubmissionRecord).where(SubmissionRecord.state.in_([state.value for state in UNDER_WAY]))
    found = session.scalars(query.order_by(SubmissionRecord.id))
    return [item for item in found if (item.submitter, item.alias) not in busy]
