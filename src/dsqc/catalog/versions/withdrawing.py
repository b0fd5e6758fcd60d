"""Taking back: a registered submission is withdrawn and its record kept; one that never was registered is discarded."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dsqc.catalog.events import change_state
from dsqc.catalog.intake import clean
from dsqc.catalog.models import FindingRecord, SubmissionRecord, WithdrawalRecord
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.queries import find_owner
from dsqc.catalog.states import REGISTERED
from dsqc.catalog.versions.pending import drop_pending
from dsqc.errors import UsageError
from dsqc.model import SubmissionState as State

DISCARDED = "discarded before it was registered"


@dataclass(frozen=True, slots=True)
class Named:
    """A submission as a command names it: by its accession, or its alias with the submitter's where that is needed."""

    name: str
    submitter: str = ""


def find_named(session: Session, named: Named) -> SubmissionRecord:
    """The submission that is meant.

    Raises:
        UsageError: there is none, there are several, or the name is that of a part of one.
    """
    if named.submitter:
        query = select(SubmissionRecord).where(
            SubmissionRecord.alias == named.name, SubmissionRecord.submitter == named.submitter.casefold()
        )
        found = session.scalars(query).first()
    else:
        found = find_owner(session, named.name)
    if found is None:
        raise UsageError(f"{named.name} is not in the catalog.", hint="Name a submission by its accession or alias.")
    if named.name not in (found.accession, found.alias):
        raise UsageError(
            f"{named.name} is part of the submission {found.accession or found.alias}.",
            hint="Only a whole submission can be taken back; name it.",
        )
    return found


def withdraw(session: Session, named: Named, *, by: str, reason: str, actor: Actor) -> SubmissionRecord:
    """Withdraw a registered submission: its data is no longer handed out, its numbers go on telling when and why.

    The same withdrawal again changes nothing.

    Raises:
        UsageError: it is not registered, or was withdrawn with other words.
    """
    record = find_named(session, named)
    known = session.get(WithdrawalRecord, record.id)
    if known is not None:
        if (known.by, known.reason) != (by, reason):
            raise UsageError(
                f"{record.accession} was withdrawn on {known.at[:10]} by {known.by}: {known.reason}",
                hint="A withdrawal is final; nothing was changed.",
            )
        return record
    if record.state not in REGISTERED:
        raise UsageError(
            f"Submission {record.alias} is {record.state}, not registered.",
            hint="`dsqc catalog discard` gives up what was never registered.",
        )
    before = record.state
    event = change_state(
        session,
        record,
        State.WITHDRAWN,
        actor=by,
        reason=clean(reason),
        details={"accession": record.accession, "previous_state": before},
        clock=actor.clock,
    )
    session.add(
        WithdrawalRecord(
            submission_id=record.id, at=event.at, by=clean(by), reason=clean(reason), previous_state=before
        )
    )
    drop_pending(session, record)
    session.flush()
    return record


def discard(session: Session, named: Named, *, by: str, reason: str, actor: Actor) -> SubmissionRecord:
    """Give up a submission that was never registered. Its history stays; what its sheets said is forgotten.

    Other content may be handed in under its alias afterwards. Again, it changes nothing.

    Raises:
        UsageError: it was registered, or rejected.
    """
    record = find_named(session, named)
    if record.accession is not None:
        raise UsageError(
            f"Submission {record.alias} is registered as {record.accession}.",
            hint="`dsqc catalog withdraw` takes back what is registered and keeps the record.",
        )
    if record.state == State.WITHDRAWN:
        return record
    if record.state == State.REJECTED:
        raise UsageError(f"Submission {record.alias} was rejected by a curator.", hint="There is nothing to discard.")
    record.attributes, record.project_attributes, record.reasons = {}, {}, []
    session.execute(delete(FindingRecord).where(FindingRecord.submission_id == record.id))
    change_state(
        session,
        record,
        State.WITHDRAWN,
        actor=by,
        reason=clean(reason) or DISCARDED,
        details={"discarded": True},
        clock=actor.clock,
    )
    return record
