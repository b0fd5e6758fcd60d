"""Closed objects in the catalog: which encrypted body holds a content, and the header that opens it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.tiers import files_of_runs
from dsqc.catalog.models import (
    DataFileRecord,
    EncryptionHeaderRecord,
    ObjectCopyRecord,
    ObjectRecord,
    RunRecord,
    SubmissionRecord,
)
from dsqc.catalog.resolve import CHUNK
from dsqc.catalog.states import REGISTERED
from dsqc.errors import UsageError
from dsqc.model import SubmissionState

CLOSED = "closed"
CRYPT4GH = "crypt4gh"


@dataclass(frozen=True, slots=True)
class Header:
    """A Crypt4GH header, and the fingerprint of the public key that it is encrypted to."""

    data: bytes
    recipient: str


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """One data file of a closed submission, as it is kept."""

    name: str
    run: str
    sha256: str
    size_bytes: int
    tier: str
    key: str
    stored_sha256: str
    stored_size_bytes: int


def closed_copies(session: Session, place: str, digests: Collection[str]) -> dict[str, ObjectCopyRecord]:
    """Copies in a place of the closed tier, by the SHA-256 of their plain content."""
    found: dict[str, ObjectCopyRecord] = {}
    wanted = sorted(digests)
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(ObjectRecord.sha256, ObjectCopyRecord)
            .join(ObjectCopyRecord, ObjectCopyRecord.object_id == ObjectRecord.id)
            .where(ObjectRecord.sha256.in_(wanted[start : start + CHUNK]))
            .where(ObjectCopyRecord.place == place, ObjectCopyRecord.encoding == CRYPT4GH)
        )
        for sha256, copy in session.execute(query):
            found[sha256] = copy
    return found


def keep_headers(session: Session, headers: Mapping[str, Header]) -> None:
    """Keep the headers of bodies, by stored SHA-256, that copies of objects refer to.

    A body that no copy refers to was stored by the slower of two that registered the same content: it is an orphan.
    """
    for stored_sha256, header in sorted(headers.items()):
        copies = select(ObjectCopyRecord.id).where(
            ObjectCopyRecord.tier == CLOSED, ObjectCopyRecord.stored_sha256 == stored_sha256
        )
        known = session.get(EncryptionHeaderRecord, stored_sha256) is not None
        if not known and session.scalars(copies).first() is not None:
            session.add(
                EncryptionHeaderRecord(stored_sha256=stored_sha256, header=header.data, recipient=header.recipient)
            )
    session.flush()


def known_header(session: Session, stored_sha256: str) -> Header | None:
    """The header of a body."""
    record = session.get(EncryptionHeaderRecord, stored_sha256)
    return None if record is None else Header(record.header, record.recipient)


def header_names(session: Session) -> set[str]:
    """Stored SHA-256 of every body whose header is kept."""
    return set(session.scalars(select(EncryptionHeaderRecord.stored_sha256)))


def replace_headers(session: Session, headers: Mapping[str, Header]) -> None:
    """Put other headers in place of those that are there."""
    for stored_sha256, header in sorted(headers.items()):
        record = session.get_one(EncryptionHeaderRecord, stored_sha256)
        record.header, record.recipient = header.data, header.recipient
    session.flush()


def find_closed(session: Session, accession: str) -> tuple[SubmissionRecord, list[ClosedFile]]:
    """The closed submission of an accession (its own, or one of its runs'), and its files or those of the run.

    Raises:
        UsageError: nothing registered has this accession, or it is not closed.
    """
    query = (
        select(SubmissionRecord)
        .outerjoin(RunRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(or_(SubmissionRecord.accession == accession, RunRecord.accession == accession))
    )
    submission = session.scalars(query).first()
    if submission is None or submission.state not in REGISTERED:
        raise UsageError(
            f"No registered submission or run has the accession {accession}.", hint="Look with `dsqc catalog search`."
        )
    if submission.state == SubmissionState.HELD:
        raise UsageError(
            f"{accession} is held: nothing of it is handed out before its day of release.",
            hint="`dsqc release due` says when that is.",
        )
    if submission.access_level != CLOSED:
        raise UsageError(
            f"{accession} is {submission.access_level}: its objects are not encrypted.",
            hint="`dsqc catalog show` says where they stand.",
        )
    return submission, list(_files(session, submission, accession))


def _files(session: Session, submission: SubmissionRecord, accession: str) -> Iterator[ClosedFile]:
    query = (
        select(RunRecord.accession, DataFileRecord, ObjectCopyRecord)
        .join(DataFileRecord, DataFileRecord.run_id == RunRecord.id)
        .join(ObjectCopyRecord, ObjectCopyRecord.object_id == DataFileRecord.object_id)
        .where(RunRecord.submission_id == submission.id, ObjectCopyRecord.place == CLOSED)
        .order_by(RunRecord.id, DataFileRecord.id)
    )
    if accession != submission.accession:
        query = query.where(RunRecord.accession == accession)
    for run, item, copy in session.execute(query):
        yield ClosedFile(
            item.name,
            run,
            item.sha256,
            item.size_bytes,
            copy.tier,
            copy.key,
            copy.stored_sha256,
            copy.stored_size_bytes,
        )


def outdated(session: Session, recipient: str) -> dict[int, dict[str, Header]]:
    """Headers that are encrypted to another key than ``recipient``, by submission and stored SHA-256.

    A body that several submissions share stands with the first of them.
    """
    # Replaced files too: their objects stay, and must be opened by the keys that there will be.
    files = files_of_runs()
    query = (
        select(RunRecord.submission_id, EncryptionHeaderRecord)
        .join(ObjectCopyRecord, ObjectCopyRecord.stored_sha256 == EncryptionHeaderRecord.stored_sha256)
        .join(files, files.c.object_id == ObjectCopyRecord.object_id)
        .join(RunRecord, RunRecord.id == files.c.run_id)
        .where(EncryptionHeaderRecord.recipient != recipient)
        .order_by(RunRecord.submission_id, EncryptionHeaderRecord.stored_sha256)
    )
    found: dict[int, dict[str, Header]] = {}
    seen: set[str] = set()
    for submission_id, record in session.execute(query):
        if record.stored_sha256 not in seen:
            seen.add(record.stored_sha256)
            found.setdefault(submission_id, {})[record.stored_sha256] = Header(record.header, record.recipient)
    return found
