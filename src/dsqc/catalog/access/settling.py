"""From registered to released, held or closed: what the forms say of a submission, and how the catalog keeps it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import Clock, change_state, now
from dsqc.catalog.models import DisclosureRecord, ExperimentRecord, SubmissionRecord
from dsqc.model import Access, Submission
from dsqc.model import SubmissionState as State
from dsqc.rules.dates import parse_day

WITHHOLDING = {
    "reason": "withholding_reason",
    "requester": "withholding_requester",
    "approver": "withholding_approver",
    "approval_no": "withholding_approval_no",
    "approval_date": "withholding_approval_date",
    "review_date": "withholding_review_date",
}
"""Column of ``disclosure`` -> attribute of the forms (Art. 22(4))."""
DAYS = ("approval_date", "review_date")


@dataclass(frozen=True, slots=True)
class ReleaseDay:
    """When open data becomes public: at once where ``until`` is empty and it is not ``unknown``.

    ``unknown``: a date is given that is no day; a person has to say which.
    """

    until: str = ""
    unknown: bool = False

    def is_held(self, today: date) -> bool:
        """Whether it is not public yet."""
        return self.unknown or self.until > today.isoformat()


def today_of(clock: Clock) -> date:
    """The day in UTC, as in validation: in Korea a day begins nine hours before it does here, so nothing is early."""
    return clock().astimezone(UTC).date()


def release_day(dates: Iterable[str]) -> ReleaseDay:
    """The last of the release dates that submission and experiments give: nothing is public before its own."""
    given = [text.strip() for text in dates if text.strip()]
    days = [parse_day(text) for text in given]
    if None in days:
        return ReleaseDay(unknown=True)
    return ReleaseDay(max(given, default=""))


def release_day_of_forms(submission: Submission) -> ReleaseDay:
    """As :func:`release_day`, of a submission that is not in the catalog yet."""
    rows = [row for sheet in ("submission", "experiment") for row in submission.rows(sheet)]
    return release_day(row.get("release_date") for row in rows)


def release_day_of_record(session: Session, record: SubmissionRecord) -> ReleaseDay:
    """As :func:`release_day`, of a registered submission."""
    query = select(ExperimentRecord.attributes).where(ExperimentRecord.submission_id == record.id)
    experiments = [attributes.get("release_date", "") for attributes in session.scalars(query)]
    return release_day([record.release_date, *experiments])


def settle(
    session: Session, record: SubmissionRecord, *, actor: str, in_held_tier: bool = False, clock: Clock = now
) -> None:
    """Bring a submission that was just registered to where its forms say: released, held or closed.

    Args:
        in_held_tier: its objects were put where held data lies, so it is held, and be it for a moment.
        actor: who works, for the event.
    """
    if record.access_level == Access.CLOSED.value:
        disclosure = withholding(session, record)
        change_state(
            session,
            record,
            State.CLOSED,
            actor=actor,
            reason=disclosure.reason,
            details={"review_date": disclosure.review_date},
            clock=clock,
        )
        return
    day = release_day_of_record(session, record)
    if not (in_held_tier or day.is_held(today_of(clock))):
        change_state(session, record, State.RELEASED, actor=actor, reason="its data is open", clock=clock)
        return
    disclosure_of(session, record).until = day.until
    why = f"until {day.until}" if day.until else "its release date is no day"
    change_state(session, record, State.HELD, actor=actor, reason=why, details={"until": day.until}, clock=clock)


def disclosure_of(session: Session, record: SubmissionRecord) -> DisclosureRecord:
    """What keeps a submission back; an empty row is made where there is none."""
    found = session.get(DisclosureRecord, record.id)
    if found is None:
        found = DisclosureRecord(submission_id=record.id, until="", **_nothing())
        session.add(found)
        session.flush()
    return found


def _nothing() -> dict[str, str]:
    return dict.fromkeys(("extended_from", "leaving", *WITHHOLDING), "")


def withholding(session: Session, record: SubmissionRecord) -> DisclosureRecord:
    """Keep why a submission is closed: what it says of its project, or of itself where the project was there before."""
    said: dict[str, Any] = {**record.attributes, **record.project_attributes}
    values = {column: str(said.get(name, "")) for column, name in WITHHOLDING.items()}
    # A day that is none would be looked for in vain every night; it stays in the attributes.
    values |= {name: "" for name in DAYS if parse_day(values[name]) is None}
    found = disclosure_of(session, record)
    for name, value in values.items():
        setattr(found, name, value)
    return found
