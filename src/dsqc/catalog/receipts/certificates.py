"""Data certificates: a signed document that says what is registered, since when and as which bytes.

Issuing one freezes the submission (DSQC-G003): the event ``certificate`` says so, and whoever would change the
submission asks :func:`is_certified`.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event, history, timestamp
from dsqc.catalog.models import CertificateRecord, DataFileRecord, EventRecord, RunRecord, SubmissionRecord
from dsqc.catalog.receipts.reviewer_links import registered_submission
from dsqc.catalog.receipts.visible import Visible
from dsqc.catalog.registering import Actor
from dsqc.catalog.versions.freezing import CERTIFIED
from dsqc.forms import vocabulary
from dsqc.model import SubmissionState

SCHEMA_VERSION = "1.0"
KIND = "dsqc data certificate"
_OF_ISSUE = ("number", "issued_at", "history", "signature")
"""What differs between two certificates that say the same."""

Document = dict[str, Any]
Signer = Callable[[Document], Document]


def is_certified(session: Session, submission_id: int) -> bool:
    """Whether a data certificate was issued for the submission: nothing of it may be changed any more."""
    query = select(EventRecord.id).where(EventRecord.submission_id == submission_id, EventRecord.action == CERTIFIED)
    return session.scalars(query.limit(1)).first() is not None


def issue(session: Session, name: str, actor: Actor, sign: Signer = lambda document: document) -> Document:
    """The data certificate of the registered submission that ``name`` belongs to.

    Where the newest one says what the catalog says now, it is given again, word for word; else a new one is issued,
    and an event says so.

    Args:
        session: of a writing transaction.
        name: an accession, or the submission's alias.
        actor: who issues it.
        sign: puts the station's signature under a document, or gives it back as it is.

    Raises:
        UsageError: there is no such submission, or it is not registered.
    """
    record = registered_submission(session, name)
    said = _content(session, record)
    issued = _issued(session, record)
    is_signing = "signature" in sign({})
    if issued and _without(issued[-1].document) == said and (not is_signing or "signature" in issued[-1].document):
        return dict(issued[-1].document)
    at = actor.clock()
    number = f"{record.accession}-C{len(issued) + 1}"
    document = sign({**said, "number": number, "issued_at": _day(at), "history": _anchor(session, record)})
    session.add(
        CertificateRecord(
            submission_id=record.id,
            number=number,
            issued_at=timestamp(at),
            issued_by=actor.name,
            document=document,
        )
    )
    details = {"number": number, "document_sha256": document_digest(document)}
    append_event(session, record, CERTIFIED, actor=actor.name, details=details, clock=actor.clock)
    return document


def find_certificate(session: Session, number: str) -> Document | None:
    """The certificate of ``number``; ``None`` where none was issued."""
    query = select(CertificateRecord.document).where(CertificateRecord.number == number)
    return session.scalars(query).first()


def document_digest(document: Document) -> str:
    """SHA-256 of a certificate in one spelling: keys sorted, no white space; the same whatever file it stands in."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def root_digest(digests: list[str]) -> str:
    """One digest of many files: SHA-256 over their SHA-256 in hexadecimal, sorted, a line each.

    What ``sha256sum FILES | cut -c1-64 | sort | sha256sum`` prints.
    """
    return hashlib.sha256("".join(f"{item}\n" for item in sorted(digests)).encode("ascii")).hexdigest()


def _issued(session: Session, record: SubmissionRecord) -> list[CertificateRecord]:
    query = select(CertificateRecord).where(CertificateRecord.submission_id == record.id)
    return list(session.scalars(query.order_by(CertificateRecord.id)))


def _without(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in _OF_ISSUE}


def _day(at: datetime) -> str:
    return timestamp(at)[:10]


def _anchor(session: Session, record: SubmissionRecord) -> Document:
    """Where the submission's history stood: with it, nobody can alter what came before unseen."""
    last = history(session, record)[-1]
    return {"sequence": last.sequence, "digest": last.digest}


def _content(session: Session, record: SubmissionRecord) -> Document:
    visible = Visible(record, with_contacts=True)
    project = record.project
    whole = not visible.titles_only
    depositor = visible.of("submission", record.attributes)
    names = ("submitter_name_en", "submitter_name_ko", "submitter_organization_en", "submitter_organization_ko")
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "centre": _centre(record.data_centre),
        "submission": {
            "accession": record.accession,
            "state": record.state,
            "access": record.access_level,
            "release_date": record.release_date if whole else "",
            "registered_at": _registered_at(session, record),
            "research_field": record.research_field if whole else "",
        },
        "project": {
            "accession": project.accession if project else None,
            "title_en": project.title_en if project else "",
            "title_ko": project.title_ko if project else "",
        },
        "depositor": {name.removeprefix("submitter_"): str(depositor.get(name, "")) for name in names},
        "accessions": {
            "samples": [item.accession for item in record.samples] if whole else [],
            "experiments": [item.accession for item in record.experiments] if whole else [],
            "runs": [item.accession for item in record.runs] if whole else [],
        },
        "files": _files(session, record, whole=whole),
    }


def _files(session: Session, record: SubmissionRecord, *, whole: bool) -> Document:
    """Number, bytes, root digest and the list; no names of closed files, no list of a security project."""
    query = (
        select(RunRecord.accession, DataFileRecord)
        .join(DataFileRecord, DataFileRecord.run_id == RunRecord.id)
        .where(RunRecord.submission_id == record.id)
        .order_by(RunRecord.id, DataFileRecord.id)
    )
    rows = [(run, item) for run, item in session.execute(query)]
    listed = [
        {
            "run": run,
            "name": item.name if record.access_level == "open" else None,
            "size_bytes": item.size_bytes,
            "sha256": item.sha256,
        }
        for run, item in rows
    ]
    return {
        "count": len(rows),
        "size_bytes": sum(item.size_bytes for _, item in rows),
        "root_sha256": root_digest([item.sha256 for _, item in rows]),
        "list": listed if whole else [],
    }


def _registered_at(session: Session, record: SubmissionRecord) -> str:
    query = select(func.min(EventRecord.at)).where(
        EventRecord.submission_id == record.id, EventRecord.action == SubmissionState.REGISTERED.value
    )
    return str(session.scalar(query) or "")[:10]


def _centre(code: str) -> Document:
    label = next((entry.label for entry in vocabulary("data_centres").entries if entry.term == code), None)
    return {"code": code, "name_en": label.en if label else code, "name_ko": label.ko if label else code}
