"""Closed data is released by two people: one proposes, another agrees in time; either may be taken back before."""

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import Clock, append_event, now, timestamp
from dsqc.catalog.models import ProjectRecord, ReleaseProposalRecord, SubmissionRecord
from dsqc.catalog.resolve import is_secret
from dsqc.errors import UsageError
from dsqc.model import SubmissionState as State

OPEN, APPROVED, REVOKED, EXPIRED, DONE = "open", "approved", "revoked", "expired", "done"


@dataclass(frozen=True, slots=True)
class Person:
    """Who says something, and why; and the clock that dates it."""

    name: str
    reason: str = ""
    clock: Clock = now


def same_person(one: str, other: str) -> bool:
    """Whether two names are one, whatever their case, width and blanks."""
    first, second = (" ".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in (one, other))
    return first == second


def current_proposal(session: Session, submission_id: int) -> ReleaseProposalRecord | None:
    """The proposal that waits for the second person, or for being carried out."""
    query = select(ReleaseProposalRecord).where(
        ReleaseProposalRecord.submission_id == submission_id, ReleaseProposalRecord.state.in_((OPEN, APPROVED))
    )
    return session.scalars(query).first()


def propose(session: Session, record: SubmissionRecord, who: Person, days: int) -> ReleaseProposalRecord:
    """Propose to release closed data. The same proposal again changes nothing.

    Raises:
        UsageError: it is not closed, is of a security project, or another proposal waits.
    """
    if record.state != State.CLOSED:
        raise UsageError(
            f"{record.accession} is {record.state}, not closed.", hint="Only closed data is released by two people."
        )
    project = session.get(ProjectRecord, record.project_id)
    if is_secret(record.project_attributes) or (project is not None and is_secret(project.attributes)):
        raise UsageError(
            f"{record.accession} belongs to a security project (DSQC-P010).",
            hint="Its security class has to be lifted before its data can be released.",
        )
    expire(session, record, who.clock)
    waiting = current_proposal(session, record.id)
    if waiting is not None:
        if same_person(waiting.proposed_by, who.name) and waiting.reason == who.reason:
            return waiting
        raise UsageError(
            f"{waiting.proposed_by} has proposed to release {record.accession} already.",
            hint="`dsqc release approve` agrees, `dsqc release revoke` takes the proposal back.",
        )
    moment = who.clock()
    made = ReleaseProposalRecord(
        submission_id=record.id,
        state=OPEN,
        proposed_by=who.name,
        proposed_at=timestamp(moment),
        expires_at=timestamp(moment + timedelta(days=days)),
        reason=who.reason,
        approved_by="",
        approved_at="",
    )
    session.add(made)
    session.flush()
    details = {"proposal": made.id, "expires_at": made.expires_at}
    _note(session, record, "release_proposed", who, details)
    return made


def approve(session: Session, record: SubmissionRecord, who: Person) -> ReleaseProposalRecord:
    """Agree to a release that somebody else proposed. The same approval again changes nothing.

    Raises:
        UsageError: nothing is proposed (any more), or by the same person.
    """
    expire(session, record, who.clock)
    waiting = current_proposal(session, record.id)
    if waiting is None:
        raise UsageError(
            f"No proposal to release {record.accession} waits.",
            hint="`dsqc release propose` makes one; it lasts as long as [release] proposal_days says.",
        )
    if same_person(waiting.proposed_by, who.name):
        raise UsageError(
            f"{who.name} has proposed this release and cannot approve it.", hint="A second person has to agree."
        )
    if waiting.state == APPROVED:
        return waiting
    waiting.state, waiting.approved_by, waiting.approved_at = APPROVED, who.name, timestamp(who.clock())
    _note(session, record, "release_approved", who, {"proposal": waiting.id, "proposed_by": waiting.proposed_by})
    return waiting


def revoke(session: Session, record: SubmissionRecord, who: Person) -> None:
    """Take a proposal back, approved or not, before it is carried out.

    Raises:
        UsageError: there is none.
    """
    waiting = current_proposal(session, record.id)
    if waiting is None:
        raise UsageError(f"No proposal to release {record.accession} waits.", hint="See `dsqc catalog history`.")
    waiting.state = REVOKED
    _note(session, record, "release_revoked", who, {"proposal": waiting.id})


def expire(session: Session, record: SubmissionRecord, clock: Clock) -> bool:
    """Close a proposal that nobody agreed to in time; whether there was one."""
    waiting = current_proposal(session, record.id)
    if waiting is None or waiting.state != OPEN or waiting.expires_at > timestamp(clock()):
        return False
    waiting.state = EXPIRED
    who = Person("dsqc", "nobody agreed in time", clock)
    _note(session, record, "release_expired", who, {"proposal": waiting.id})
    return True


def _note(session: Session, record: SubmissionRecord, action: str, who: Person, details: dict[str, object]) -> None:
    append_event(session, record, action, actor=who.name, reason=who.reason, details=details, clock=who.clock)
