"""What the catalog knows of a move between tiers: objects of a submission, their copies, and who else needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session, selectinload

from dsqc.catalog.access.tiers import CLOSED, OPEN, files_of_runs, is_in_tier
from dsqc.catalog.events import timestamp
from dsqc.catalog.models import (
    EncryptionHeaderRecord,
    LeaseRecord,
    ObjectCopyRecord,
    ObjectRecord,
    RunRecord,
    SubmissionRecord,
)
from dsqc.station import HELD
from dsqc.storage import StoredCopy


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of an object, as the catalog has it."""

    id: int
    tier: str
    place: str
    key: str
    stored_sha256: str
    stored_size_bytes: int
    encoding: str


@dataclass(frozen=True, slots=True)
class MovingObject:
    """An object of a submission, and everywhere that the catalog knows it."""

    id: int
    sha256: str
    md5: str
    size_bytes: int
    copies: Sequence[Copy] = field(default_factory=tuple)

    def copy_in(self, place: str, encoding: str) -> Copy | None:
        """The copy in a place, in this encoding."""
        return next((copy for copy in self.copies if (copy.place, copy.encoding) == (place, encoding)), None)


def objects_of(session: Session, submission_id: int) -> list[MovingObject]:
    """The objects of a submission, each once; of replaced files too."""
    query = (
        select(ObjectRecord)
        .where(ObjectRecord.id.in_(_ids_of(submission_id)))
        .options(selectinload(ObjectRecord.copies))
        .order_by(ObjectRecord.id)
    )
    return [
        MovingObject(
            record.id,
            record.sha256,
            record.md5,
            record.size_bytes,
            tuple(
                Copy(
                    copy.id,
                    copy.tier,
                    copy.place,
                    copy.key,
                    copy.stored_sha256,
                    copy.stored_size_bytes,
                    copy.encoding,
                )
                for copy in record.copies
            ),
        )
        for record in session.scalars(query)
    ]


def _ids_of(submission_id: int) -> Select[tuple[int]]:
    files = files_of_runs()
    runs = select(files.c.object_id).join(RunRecord, files.c.run_id == RunRecord.id)
    return runs.where(RunRecord.submission_id == submission_id)


def note_copy(session: Session, object_id: int, copy: StoredCopy) -> None:
    """Note a copy that was made or proven by a move."""
    query = select(ObjectCopyRecord).where(
        ObjectCopyRecord.object_id == object_id,
        ObjectCopyRecord.place == copy.place,
        ObjectCopyRecord.encoding == copy.encoding,
    )
    record = session.scalars(query).first()
    if record is None:
        record = ObjectCopyRecord(object_id=object_id, tier=copy.tier, place=copy.place, encoding=copy.encoding)
        session.add(record)
    record.key = copy.key
    record.state = "present"
    record.verified_at = timestamp(copy.verified_at)
    record.proof = copy.proof
    record.stored_sha256 = copy.stored_sha256
    record.stored_size_bytes = copy.stored_size_bytes
    record.recipe = dict(copy.recipe)


def copies_to_clear(session: Session, submission_id: int, tier: str) -> list[tuple[MovingObject, Copy]]:
    """Copies in ``tier`` of the objects of a submission that has left it, and that no other submission there needs."""
    files = files_of_runs()
    needed = (
        select(files.c.object_id)
        .join(RunRecord, files.c.run_id == RunRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(SubmissionRecord.id != submission_id, is_in_tier(tier), files.c.object_id.in_(_ids_of(submission_id)))
    )
    still = set(session.scalars(needed))
    return [
        (item, copy)
        for item in objects_of(session, submission_id)
        if item.id not in still
        for copy in item.copies
        if copy.tier == tier
    ]


def strays(session: Session) -> list[int]:
    """Submissions that are closed or held while the public tier has bytes that only they need, by their ids.

    So it is after a move was killed, and where another job (``dsqc storage archive``) wrote a copy during one.
    """
    files, others = files_of_runs(), files_of_runs()
    needed = (
        select(others.c.object_id)
        .join(RunRecord, others.c.run_id == RunRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(is_in_tier(OPEN))
    )
    query = (
        select(SubmissionRecord.id)
        .join(RunRecord, RunRecord.submission_id == SubmissionRecord.id)
        .join(files, files.c.run_id == RunRecord.id)
        .join(ObjectCopyRecord, ObjectCopyRecord.object_id == files.c.object_id)
        .where(ObjectCopyRecord.tier == OPEN, or_(is_in_tier(CLOSED), is_in_tier(HELD)))
        .where(SubmissionRecord.accession.is_not(None), files.c.object_id.not_in(needed))
        .distinct()
    )
    return sorted(session.scalars(query))


def forget_copies(session: Session, submission_id: int, tier: str, gone: Sequence[Copy]) -> None:
    """Drop the rows of copies whose bytes are gone, and the headers of bodies that no copy is any more.

    A copy that another submission has begun to need since stays.
    """
    mine = {copy.id: copy for _item, copy in copies_to_clear(session, submission_id, tier)}
    for copy in gone:
        if copy.id not in mine:
            continue
        session.execute(delete(ObjectCopyRecord).where(ObjectCopyRecord.id == copy.id))
        others = select(ObjectCopyRecord.id).where(ObjectCopyRecord.stored_sha256 == copy.stored_sha256)
        header = session.get(EncryptionHeaderRecord, copy.stored_sha256)
        if header is not None and session.scalars(others).first() is None:
            session.delete(header)
    session.flush()


def live_leases(session: Session, key: tuple[str, str], moment: str) -> set[tuple[str, str, str]]:
    """Who works on other submissions than ``key`` now: submitter, alias and holder."""
    query = select(LeaseRecord.submitter, LeaseRecord.alias, LeaseRecord.holder).where(LeaseRecord.deadline > moment)
    return {(row[0], row[1], row[2]) for row in session.execute(query) if (row[0], row[1]) != key}
