"""Objects that may be archived, and the copies that ``dsqc storage archive`` adds beside those that were registered."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from dsqc.catalog.events import timestamp
from dsqc.catalog.models import ARCHIVE_ENCODINGS, DataFileRecord, ObjectCopyRecord, ObjectRecord
from dsqc.errors import CatalogFault
from dsqc.storage import StoredCopy


@dataclass(frozen=True, slots=True)
class Archivable:
    """An object of a tier.

    Attributes:
        name: of the first data file that it is.
        keys: where its own bytes lie, by place.
        archived_places: where it lies in fewer bytes.
        encodings: of the copies of any kind, without that of its own bytes.
    """

    sha256: str
    md5: str
    size_bytes: int
    name: str
    keys: dict[str, str]
    archived_places: tuple[str, ...]
    encodings: frozenset[str]

    @property
    def is_archived(self) -> bool:
        """Whether a copy in fewer bytes is there."""
        return bool(self.encodings & set(ARCHIVE_ENCODINGS))


def archivable(session: Session, tier: str) -> list[Archivable]:
    """All objects of ``tier``, in the order in which they were registered."""
    names = select(DataFileRecord.object_id, func.min(DataFileRecord.name).label("name")).group_by(
        DataFileRecord.object_id
    )
    named = names.subquery()
    query = (
        select(ObjectRecord, named.c.name)
        .join(named, named.c.object_id == ObjectRecord.id)
        .where(ObjectRecord.copies.any(ObjectCopyRecord.tier == tier))
        .options(selectinload(ObjectRecord.copies))
        .order_by(ObjectRecord.id)
    )
    return [_archivable(record, name, tier) for record, name in session.execute(query)]


def _archivable(record: ObjectRecord, name: str, tier: str) -> Archivable:
    copies = [copy for copy in record.copies if copy.tier == tier]
    return Archivable(
        sha256=record.sha256,
        md5=record.md5,
        size_bytes=record.size_bytes,
        name=name,
        archived_places=tuple(
            copy.place for copy in copies if copy.encoding in ARCHIVE_ENCODINGS and copy.state == "present"
        ),
        keys={copy.place: copy.key for copy in copies if not copy.encoding and copy.state == "present"},
        encodings=frozenset(copy.encoding for copy in copies if copy.encoding),
    )


def add_archived(session: Session, sha256: str, copies: Iterable[StoredCopy]) -> None:
    """Note copies of the object in fewer bytes, proven at the far end; again where they are known.

    Raises:
        CatalogFault: there is no such object.
    """
    record = session.scalars(select(ObjectRecord).where(ObjectRecord.sha256 == sha256)).one_or_none()
    if record is None:
        raise CatalogFault(f"The catalog has no object {sha256}.")
    for copy in copies:
        same = (item for item in record.copies if (item.place, item.encoding) == (copy.place, copy.encoding))
        row = next(same, None)
        if row is None:
            row = ObjectCopyRecord(tier=copy.tier, place=copy.place, encoding=copy.encoding)
            record.copies.append(row)
        row.key = copy.key
        row.state = "present"
        row.verified_at = timestamp(copy.verified_at)
        row.proof = copy.proof
        row.stored_sha256 = copy.stored_sha256
        row.stored_size_bytes = copy.stored_size_bytes
        row.recipe = dict(copy.recipe)


def drop_original(session: Session, sha256: str, tier: str) -> int:
    """Forget the copies of the object's own bytes in ``tier``; how many there were.

    Raises:
        CatalogFault: no copy in fewer bytes is known there.
    """
    record = session.scalars(select(ObjectRecord).where(ObjectRecord.sha256 == sha256)).one_or_none()
    copies = [copy for copy in record.copies if copy.tier == tier] if record else []
    if not any(copy.encoding in ARCHIVE_ENCODINGS and copy.state == "present" for copy in copies):
        raise CatalogFault(f"The object {sha256} has no archived copy that could stand for it.")
    own = [copy for copy in copies if not copy.encoding]
    for copy in own:
        session.delete(copy)
    return len(own)


def archived_copies(session: Session, sha256: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Place, tier, key and recipe of the copies in fewer bytes of one object."""
    query = (
        select(ObjectCopyRecord)
        .join(ObjectRecord, ObjectRecord.id == ObjectCopyRecord.object_id)
        .where(ObjectRecord.sha256 == sha256, ObjectCopyRecord.encoding.in_(ARCHIVE_ENCODINGS))
        .order_by(ObjectCopyRecord.id)
    )
    return [(copy.place, copy.tier, copy.key, dict(copy.recipe)) for copy in session.scalars(query)]
