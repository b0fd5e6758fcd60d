"""What the release job has to do on a day, and what changes a day of release: one extension, or an early release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.proposals import APPROVED, OPEN, Person
from dsqc.catalog.access.settling import disclosure_of, today_of
from dsqc.catalog.events import append_event
from dsqc.catalog.models import DisclosureRecord, NoticeRecord, ReleaseProposalRecord, SubmissionRecord
from dsqc.errors import UsageError
from dsqc.model import SubmissionState as State
from dsqc.rules.dates import parse_day
from dsqc.rules.project import add_years

RELEASE, REVIEW = "release", "review"
"""Kinds of notices, and of what is due."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due.

    Attributes:
        what: ``settle`` (registered before releases were kept), ``release``, ``approved`` (a release that two people
            agreed to), ``clear`` (bytes that are left in a tier), ``expired`` (a proposal), ``notice``, ``review``
            (a person looks at the reason again) or ``day`` (a person says when).
        day: when it became or becomes due; empty where no day is known.
        days_before: of a notice.
    """

    what: str
    submission_id: int
    accession: str
    alias: str
    day: str
    days_before: int = 0
    kind: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As in ``release_due.schema.json``."""
        return {
            "what": self.what,
            "accession": self.accession,
            "alias": self.alias,
            "day": self.day,
            "days_before": self.days_before,
            "kind": self.kind,
        }


BY_A_PERSON = ("review", "day")
"""What no job can do."""


def due_on(session: Session, day: date, notice_days: Sequence[int]) -> list[Due]:
    """Everything that is due on ``day``, in the order in which the job does it; what only people do comes last."""
    query = (
        select(SubmissionRecord, DisclosureRecord)
        .outerjoin(DisclosureRecord, DisclosureRecord.submission_id == SubmissionRecord.id)
        .where(SubmissionRecord.state.in_((State.REGISTERED.value, State.HELD.value, State.CLOSED.value)))
        .order_by(SubmissionRecord.id)
    )
    found: list[Due] = []
    for record, disclosure in session.execute(query):
        if record.state == State.REGISTERED:
            found.append(_due("settle", record))
        elif record.state == State.HELD:
            found += _held(record, disclosure, day)
        elif disclosure is not None and disclosure.review_date and disclosure.review_date <= day.isoformat():
            found.append(_due("review", record, disclosure.review_date))
        found += _notices(session, record, disclosure, day, notice_days)
    found += _proposals(session, day)
    leaving = (
        select(SubmissionRecord)
        .join(DisclosureRecord, DisclosureRecord.submission_id == SubmissionRecord.id)
        .where(DisclosureRecord.leaving != "")
    )
    found += [_due("clear", record) for record in session.scalars(leaving)]
    order = ("settle", "clear", "release", "approved", "expired", "notice", *BY_A_PERSON)
    return sorted(found, key=lambda item: (order.index(item.what), item.submission_id))


def _due(what: str, record: SubmissionRecord, day: str = "", days_before: int = 0, kind: str = "") -> Due:
    return Due(what, record.id, record.accession or "", record.alias, day, days_before, kind)


def _held(record: SubmissionRecord, disclosure: DisclosureRecord | None, day: date) -> list[Due]:
    until = disclosure.until if disclosure else ""
    if not until:
        return [_due("day", record)]
    return [_due("release", record, until)] if until <= day.isoformat() else []


def _notices(
    session: Session,
    record: SubmissionRecord,
    disclosure: DisclosureRecord | None,
    day: date,
    notice_days: Sequence[int],
) -> list[Due]:
    """The notice that is due: of those whose day has come the last one. One that was missed is not made up for."""
    if disclosure is None:
        return []
    kind = RELEASE if record.state == State.HELD else REVIEW
    text = disclosure.until if kind == RELEASE else disclosure.review_date
    due = parse_day(text)
    left = (due - day).days if due is not None else 0
    reached = [number for number in notice_days if 0 < left <= number]
    if not reached:
        return []
    number = min(reached)
    written = select(NoticeRecord.id).where(
        NoticeRecord.submission_id == record.id,
        NoticeRecord.kind == kind,
        NoticeRecord.due == text,
        NoticeRecord.days_before == number,
    )
    return [] if session.scalars(written).first() is not None else [_due("notice", record, text, number, kind)]


def _proposals(session: Session, day: date) -> list[Due]:
    query = (
        select(ReleaseProposalRecord, SubmissionRecord)
        .join(SubmissionRecord, SubmissionRecord.id == ReleaseProposalRecord.submission_id)
        .where(
            or_(
                ReleaseProposalRecord.state == APPROVED,
                (ReleaseProposalRecord.state == OPEN) & (ReleaseProposalRecord.expires_at < f"{day.isoformat()}T"),
            )
        )
    )
    return [
        _due("approved" if proposal.state == APPROVED else "expired", record, proposal.expires_at[:10])
        for proposal, record in session.execute(query)
    ]


def extend(session: Session, record: SubmissionRecord, who: Person, years: int, until: str = "") -> str:
    """Hold data back longer, once, by at most ``years``; the new day.

    The same extension by the same person again changes nothing.

    Raises:
        UsageError: it is not held, was extended before, or the day is none that may be.
    """
    disclosure = _held_back(session, record)
    now_until = parse_day(disclosure.until)
    if now_until is None:
        raise UsageError(f"No day of release is known of {record.accession}.", hint=_EARLY)
    if disclosure.extended_from:
        if until == disclosure.until:
            return until
        raise UsageError(
            f"{record.accession} was extended before, from {disclosure.extended_from} to {disclosure.until}.",
            hint="Data is held back longer once only.",
        )
    latest = add_years(now_until, years)
    day = parse_day(until) if until else latest
    if day is None or not now_until < day <= latest:
        raise UsageError(
            f"{until or latest} is no day after {now_until} and not after {latest}.",
            hint="Write YYYY-MM-DD; [release] extension_years in station.toml says how far it may be.",
        )
    if today_of(who.clock) >= now_until:
        raise UsageError(f"{record.accession} is due for release since {now_until}.", hint="It was not asked in time.")
    disclosure.extended_from, disclosure.until = disclosure.until, day.isoformat()
    details = {"from": disclosure.extended_from, "until": disclosure.until}
    append_event(session, record, "extended", actor=who.name, reason=who.reason, details=details, clock=who.clock)
    return disclosure.until


_EARLY = "`dsqc release early` releases it now."


def hasten(session: Session, record: SubmissionRecord, who: Person) -> None:
    """Have held data due for release today, for whoever it belongs to.

    Raises:
        UsageError: it is not held.
    """
    disclosure = _held_back(session, record)
    today = today_of(who.clock).isoformat()
    if disclosure.until and disclosure.until <= today:
        return
    details = {"from": disclosure.until, "until": today}
    disclosure.until = today
    append_event(session, record, "hastened", actor=who.name, reason=who.reason, details=details, clock=who.clock)


def _held_back(session: Session, record: SubmissionRecord) -> DisclosureRecord:
    if record.state != State.HELD:
        raise UsageError(
            f"{record.accession} is {record.state}, not held.",
            hint="`dsqc release due` lists what is held and until when.",
        )
    return disclosure_of(session, record)


def held_list(session: Session) -> list[dict[str, Any]]:
    """Everything that is held or closed: until when, or why and until when it is looked at again."""
    query = (
        select(SubmissionRecord, DisclosureRecord)
        .join(DisclosureRecord, DisclosureRecord.submission_id == SubmissionRecord.id)
        .where(SubmissionRecord.state.in_((State.HELD.value, State.CLOSED.value)))
        .order_by(SubmissionRecord.id)
    )
    return [
        {
            "accession": record.accession,
            "alias": record.alias,
            "state": record.state,
            "until": disclosure.until,
            "extended_from": disclosure.extended_from,
            "reason": disclosure.reason,
            "review_date": disclosure.review_date,
        }
        for record, disclosure in session.execute(query)
    ]
