"""Agreements of the station: with depositors and providers, and on access to data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from dsqc.catalog.events import append_event, timestamp
from dsqc.catalog.intake import clean
from dsqc.catalog.models import (
    AgreementAccessionRecord,
    AgreementRecord,
    ProjectRecord,
    SubmissionRecord,
)
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.queries import find_owner
from dsqc.errors import UsageError

NOTED = "agreement"
"""Action of the event that an agreement leaves in the history of a submission that it is about."""


class AgreementKind(StrEnum):
    """What is agreed on: that data is deposited or provided, or that somebody gets access to it."""

    DEPOSIT = "deposit"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One agreement, as it is entered.

    Attributes:
        kind: what is agreed on.
        party: with whom.
        signed_on, valid_until: dates; ``None`` where it has no end.
        document_name, document_sha256: the signed document, which is kept elsewhere.
        accessions: what it is about.
        note: anything else.
    """

    kind: AgreementKind
    party: str
    signed_on: date
    valid_until: date | None
    document_name: str
    document_sha256: str
    accessions: Sequence[str]
    note: str = ""


def add_agreement(session: Session, agreement: Agreement, *, by: str, actor: Actor) -> AgreementRecord:
    """Enter an agreement, or find it again: the same document with the same party is one. Further accessions are added.

    Raises:
        UsageError: an accession is not in the catalog, the dates are in the wrong order, or the agreement is known with
            other dates.
    """
    if agreement.valid_until is not None and agreement.valid_until < agreement.signed_on:
        raise UsageError("The agreement ends before it was signed.", hint="Look at --signed and --until.")
    owners = {name: _owners(session, name) for name in agreement.accessions}
    record = session.scalars(
        select(AgreementRecord).where(
            AgreementRecord.document_sha256 == agreement.document_sha256,
            AgreementRecord.kind == agreement.kind.value,
            AgreementRecord.party == agreement.party,
        )
    ).first()
    until = agreement.valid_until.isoformat() if agreement.valid_until else ""
    if record is None:
        record = AgreementRecord(
            kind=agreement.kind.value,
            party=clean(agreement.party),
            signed_on=agreement.signed_on.isoformat(),
            valid_until=until,
            document_name=clean(agreement.document_name),
            document_sha256=agreement.document_sha256,
            note=clean(agreement.note),
            noted_at=timestamp(actor.clock()),
            noted_by=clean(by),
        )
        session.add(record)
        session.flush()
    elif (record.signed_on, record.valid_until) != (agreement.signed_on.isoformat(), until):
        raise UsageError(
            f"This document is agreement {record.id}, signed on {record.signed_on}, "
            f"{f'valid until {record.valid_until}' if record.valid_until else 'without an end'}.",
            hint="An agreement with other dates is another document.",
        )
    known = {item.accession for item in record.accessions}
    for name in sorted(set(agreement.accessions) - known):
        record.accessions.append(AgreementAccessionRecord(agreement_id=record.id, accession=name))
    session.flush()
    _note(session, record, {name: found for name, found in owners.items() if name not in known}, by, actor)
    return record


def _owners(session: Session, accession: str) -> list[SubmissionRecord]:
    """Submissions that an accession belongs to: its own, or all of a project."""
    project = session.scalars(select(ProjectRecord).where(ProjectRecord.accession == accession)).first()
    if project is not None:
        query = select(SubmissionRecord).where(SubmissionRecord.project_id == project.id)
        return list(session.scalars(query.order_by(SubmissionRecord.id)))
    owner = find_owner(session, accession)
    if owner is None or accession == owner.alias:
        raise UsageError(f"{accession} is not in the catalog.", hint="Give accessions of this station.")
    return [owner]


def _note(
    session: Session, record: AgreementRecord, owners: dict[str, list[SubmissionRecord]], by: str, actor: Actor
) -> None:
    """An event in the history of each submission; it does not name the party, and cannot be taken back."""
    about: dict[int, list[str]] = {}
    found: dict[int, SubmissionRecord] = {}
    for name, submissions in owners.items():
        for submission in submissions:
            about.setdefault(submission.id, []).append(name)
            found[submission.id] = submission
    for number, names in sorted(about.items()):
        details = {
            "agreement": record.id,
            "kind": record.kind,
            "document_sha256": record.document_sha256,
            "accessions": sorted(names),
        }
        append_event(session, found[number], NOTED, actor=by, details=details, clock=actor.clock)


def list_agreements(
    session: Session, *, kind: str = "", accession: str = "", party: str = "", valid_on: date | None = None
) -> list[dict[str, Any]]:
    """Agreements that meet every condition given, in the order in which they were entered."""
    query = select(AgreementRecord).options(selectinload(AgreementRecord.accessions)).order_by(AgreementRecord.id)
    if kind:
        query = query.where(AgreementRecord.kind == kind)
    if party:
        query = query.where(AgreementRecord.party.icontains(party, autoescape=True))
    if accession:
        query = query.where(AgreementRecord.accessions.any(AgreementAccessionRecord.accession == accession))
    if valid_on is not None:
        day = valid_on.isoformat()
        ends = or_(AgreementRecord.valid_until == "", AgreementRecord.valid_until >= day)
        query = query.where(AgreementRecord.signed_on <= day, ends)
    return [agreement_row(item) for item in session.scalars(query)]


def show_agreement(session: Session, number: int) -> dict[str, Any]:
    """One agreement by its number.

    Raises:
        UsageError: there is none.
    """
    record = session.get(AgreementRecord, number)
    if record is None:
        raise UsageError(f"There is no agreement {number}.", hint="`dsqc catalog agreement list` lists them.")
    return agreement_row(record)


def agreement_row(record: AgreementRecord) -> dict[str, Any]:
    """An agreement as plain data."""
    return {
        "agreement": record.id,
        "kind": record.kind,
        "party": record.party,
        "signed_on": record.signed_on,
        "valid_until": record.valid_until or None,
        "document_name": record.document_name,
        "document_sha256": record.document_sha256,
        "note": record.note,
        "noted_at": record.noted_at,
        "noted_by": record.noted_by,
        "accessions": [item.accession for item in record.accessions],
    }
