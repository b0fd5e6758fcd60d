"""What other centres were told and what they told us: versions of our public records, packages, foreign records."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dsqc.catalog.models.base import Attributes, Base


class SharedVersionRecord(Base):
    """One version of the public record of one of our numbers. Rows are added and never changed.

    Attributes:
        id: grows with each version of any record: what a package holds is a range of these.
        version: 1 for the first, whatever the record's scope of sharing.
        state: ``public``, or ``hidden`` where the record is no longer public.
        sha256: digest of the whole public record as canonical JSON; empty where hidden.
        at: when it was seen (UTC, as in events).
    """

    __tablename__ = "shared_version"
    __table_args__ = (Unique("accession", "version"), CheckConstraint("version >= 1", name="version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    accession: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[str] = mapped_column(String(30))


class SharedPackageRecord(Base):
    """One package for one centre.

    Attributes:
        sequence: 1 for the first package of a centre.
        follows: the package after which the receiver needs this one; 0: it needs none before.
        from_version, to_version: the versions it holds: ``from_version < shared_version.id <= to_version``.
        content_sha256: digest of what it says, whatever program wrote its bytes; empty until it was written.
        written: whether it stood whole under its name once.
    """

    __tablename__ = "shared_package"
    __table_args__ = (CheckConstraint("sequence >= 1 AND follows < sequence", name="sequence"),)

    centre: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    follows: Mapped[int]
    from_version: Mapped[int]
    to_version: Mapped[int]
    scope: Mapped[str]
    content_sha256: Mapped[str] = mapped_column(String(64))
    written: Mapped[bool]
    at: Mapped[str] = mapped_column(String(30))


class ReceivedPackageRecord(Base):
    """One package that a centre gave us and that was taken in."""

    __tablename__ = "received_package"

    centre: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    follows: Mapped[int]
    scope: Mapped[str]
    content_sha256: Mapped[str] = mapped_column(String(64))
    record_count: Mapped[int]
    at: Mapped[str] = mapped_column(String(30))


class ForeignRecord(Base):
    """The newest version of a record of another centre. What another centre says of the same number is another row.

    Attributes:
        state: ``public``, or ``hidden`` where the centre took it back: then nothing else of it is kept.
        scope: how much of it was shared: ``accessions`` or ``records``.
        sha256: digest of the whole record, as its centre computed it.
        attributes: of the centre's form; empty where only accessions are shared.
        details: what else the centre says: form, package, files.
    """

    __tablename__ = "foreign_record"
    __table_args__ = (
        Unique("centre", "accession"),
        CheckConstraint("version >= 1", name="version"),
        Index("ix_foreign_record_centre_kind", "centre", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre: Mapped[str]
    accession: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    version: Mapped[int]
    state: Mapped[str]
    scope: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    title: Mapped[str]
    organism: Mapped[str] = mapped_column(index=True)
    taxonomy_id: Mapped[int | None] = mapped_column(index=True)
    attributes: Mapped[Attributes]
    details: Mapped[Attributes]
    received_at: Mapped[str] = mapped_column(String(30))

    relations: Mapped[list["ForeignRelationRecord"]] = relationship(
        order_by="ForeignRelationRecord.id", cascade="all, delete-orphan"
    )


class ForeignRelationRecord(Base):
    """What a foreign record says of another number: that it belongs to it, or (``same_as``) names the same object."""

    __tablename__ = "foreign_relation"
    __table_args__ = (Unique("foreign_record_id", "type", "target"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    foreign_record_id: Mapped[int] = mapped_column(ForeignKey("foreign_record.id"))
    type: Mapped[str]
    target: Mapped[str] = mapped_column(index=True)
