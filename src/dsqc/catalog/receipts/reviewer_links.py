"""Links for reviewers: an unguessable, expiring, revocable token shows metadata and quality of one submission.

Who holds the token needs no account and is not asked who they are; that the link was opened is counted. Data is never
shown. Only the SHA-256 of a token is kept: who reads the catalog cannot open a link.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event, timestamp
from dsqc.catalog.models import EventRecord, FindingRecord, ReviewerLinkRecord, RunRecord, SubmissionRecord
from dsqc.catalog.queries import find_owner
from dsqc.catalog.receipts.visible import Visible
from dsqc.catalog.registering import Actor
from dsqc.catalog.states import REGISTERED
from dsqc.errors import UsageError
from dsqc.model import SubmissionState
from dsqc.registry import rules

SCHEMA_VERSION = "1.0"
TOKEN_BYTES = 32
"""256 bits: no search finds one."""
LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as it is given out. ``token`` is shown this once and kept nowhere."""

    id: int
    accession: str
    token: str
    expires_at: str


def create_link(session: Session, name: str, days: int, actor: Actor) -> NewLink:
    """Make a link to the registered submission that ``name`` belongs to, for ``days`` days; an event says so.

    Raises:
        UsageError: there is no such submission, it is not registered, or the time is not 1 to 366 days.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"A reviewer link cannot last {days} days.", hint=f"Give --days from 1 to {LONGEST_DAYS}.")
    record = registered_submission(session, name)
    at = actor.clock()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ReviewerLinkRecord(
        submission_id=record.id,
        token_sha256=_digest(token),
        created_at=timestamp(at),
        created_by=actor.name,
        expires_at=timestamp(at + timedelta(days=days)),
        revoked_at="",
        revoked_by="",
        opened_count=0,
        last_opened_at="",
    )
    session.add(link)
    session.flush()
    details = {"link": link.id, "expires_at": link.expires_at}
    append_event(session, record, "reviewer_link", actor=actor.name, details=details, clock=actor.clock)
    return NewLink(link.id, record.accession or record.alias, token, link.expires_at)


def registered_submission(session: Session, name: str) -> SubmissionRecord:
    """The submission that ``name`` belongs to (any of its accessions, or its alias), where it is registered.

    Raises:
        UsageError: there is none, it is not registered yet, or it was withdrawn.
    """
    record = find_owner(session, name)
    if record is None:
        raise UsageError(f"{name} is not in the catalog.", hint="`dsqc catalog search` lists what is registered.")
    if record.state not in REGISTERED:
        raise UsageError(f"{name} is {record.state}.", hint="Only what is registered can be shown or certified.")
    return record


def revoke_link(session: Session, link_id: int, actor: Actor) -> None:
    """End a link at once; an event says so. One that has ended already stays as it is.

    Raises:
        UsageError: there is no such link.
    """
    link = session.get(ReviewerLinkRecord, link_id)
    if link is None:
        raise UsageError(f"There is no reviewer link {link_id}.", hint="`dsqc catalog reviewer-links` lists them.")
    if link.revoked_at:
        return
    link.revoked_at, link.revoked_by = timestamp(actor.clock()), actor.name
    record = session.get_one(SubmissionRecord, link.submission_id)
    details = {"link": link.id}
    append_event(session, record, "reviewer_link_revoked", actor=actor.name, details=details, clock=actor.clock)


def links(session: Session, now: datetime, name: str = "") -> list[dict[str, Any]]:
    """All links, or those of one submission, oldest first: state, dates, how often they were opened; no tokens."""
    query = select(ReviewerLinkRecord, SubmissionRecord).join(
        SubmissionRecord, ReviewerLinkRecord.submission_id == SubmissionRecord.id
    )
    if name:
        query = query.where(SubmissionRecord.id == registered_submission(session, name).id)
    return [
        {
            "id": link.id,
            "submission": record.accession,
            "state": "revoked" if link.revoked_at else "expired" if link.expires_at <= timestamp(now) else "open",
            "created_at": link.created_at,
            "created_by": link.created_by,
            "expires_at": link.expires_at,
            "revoked_at": link.revoked_at,
            "revoked_by": link.revoked_by,
            "opened_count": link.opened_count,
            "last_opened_at": link.last_opened_at,
        }
        for link, record in session.execute(query.order_by(ReviewerLinkRecord.id))
    ]


def review_view(session: Session, token: str, now: datetime) -> dict[str, Any] | None:
    """What the holder of ``token`` may see, in the shape of ``review_view.schema.json``; the opening is counted.

    ``None`` where the token opens nothing, without saying whether it never did, has expired or was revoked. Counting
    writes: call it in a writing transaction (``catalog.write``).
    """
    opened = (
        update(ReviewerLinkRecord)
        .where(
            ReviewerLinkRecord.token_sha256 == _digest(token),
            ReviewerLinkRecord.revoked_at == "",
            ReviewerLinkRecord.expires_at > timestamp(now),
        )
        .values(opened_count=ReviewerLinkRecord.opened_count + 1, last_opened_at=timestamp(now))
        .returning(ReviewerLinkRecord.submission_id, ReviewerLinkRecord.expires_at)
    )
    found = session.execute(opened).first()
    if found is None:
        return None
    record = session.get_one(SubmissionRecord, found[0])
    return {**review_of(session, record), "expires_at": found[1]} if record.state in REGISTERED else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def review_of(session: Session, record: SubmissionRecord) -> dict[str, Any]:
    """Metadata and quality of a submission for a reviewer: public attributes, no contacts, no way to the data.

    Of closed data no file is named; of a security project there is nothing but its titles.
    """
    visible = Visible(record)
    titles = {"accession": record.accession}
    if record.project is not None:
        titles |= {"title_en": record.project.title_en, "title_ko": record.project.title_ko}
    view: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "submission": titles, "titles_only": visible.titles_only}
    empty: dict[str, Any] = {"project": None, "samples": [], "experiments": [], "runs": [], "findings": []}
    if visible.titles_only:
        return {**view, **empty, "versions": None}
    titles |= {
        "state": record.state,
        "access": record.access_level,
        "release_date": record.release_date,
        "research_field": record.research_field,
        "form_version": record.form_version,
        "package": record.package,
        "verdict": record.verdict,
    }
    return {
        **view,
        "project": _row(record.project, visible.of("project", record.project_attributes)),
        "samples": [_row(item, visible.of("sample", item.attributes)) for item in record.samples],
        "experiments": [_row(item, visible.of("experiment", item.attributes)) for item in record.experiments],
        "runs": [_run(item, visible, closed=record.access_level == "closed") for item in record.runs],
        "findings": _findings(session, record),
        "versions": _versions(session, record),
    }


def _row(item: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"accession": item.accession if item is not None else None, "attributes": attributes}


def _run(run: RunRecord, visible: Visible, *, closed: bool) -> dict[str, Any]:
    names = ("name", "format", "size_bytes", "read_count", "base_count", "md5", "sha256")
    shown = [name for name in names if not closed or name not in ("name", "md5", "sha256")]
    return {
        **_row(run, visible.of("run", run.attributes)),
        "experiment": run.experiment.accession,
        "sample": run.experiment.sample.accession,
        "files": [{name: getattr(item, name) for name in shown} for item in run.files],
        "metrics": {item.metric: item.text if item.value is None else item.value for item in run.metrics},
    }


def _findings(session: Session, record: SubmissionRecord) -> list[dict[str, Any]]:
    query = (
        select(FindingRecord.code, FindingRecord.severity, func.sum(FindingRecord.count))
        .where(FindingRecord.submission_id == record.id)
        .group_by(FindingRecord.code, FindingRecord.severity)
        .order_by(FindingRecord.code)
    )
    known = rules()
    return [
        {
            "code": code,
            "severity": severity,
            "count": int(number),
            "name": known[code].name.en if code in known else code,
            "name_ko": known[code].name.ko if code in known else code,
        }
        for code, severity, number in session.execute(query)
    ]


def _versions(session: Session, record: SubmissionRecord) -> dict[str, Any] | None:
    query = (
        select(EventRecord.details)
        .where(EventRecord.submission_id == record.id, EventRecord.state == SubmissionState.MEASURED)
        .order_by(EventRecord.sequence.desc())
    )
    return (session.scalars(query).first() or {}).get("versions")
