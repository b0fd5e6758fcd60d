"""What lies in the store: objects, their copies, headers of encrypted ones, and the history of their bytes."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dsqc.catalog.models.base import Attributes, Base


class ObjectRecord(Base):
    """Content in the store, named by its SHA-256. The same content is one object, whoever submitted it."""

    __tablename__ = "object"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    md5: Mapped[str] = mapped_column(String(32), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)

    copies: Mapped[list["ObjectCopyRecord"]] = relationship(order_by="ObjectCopyRecord.id")


ARCHIVE_ENCODINGS = ("bgzf", "cram")
"""Encodings of copies beside the one that was registered (``dsqc storage archive``)."""


class ObjectCopyRecord(Base):
    """What lies in one place of a tier: the object's bytes, or an encoding that gives them back. Both may lie there.

    Attributes:
        place: the tier's own name for its first place, else the name under ``[copies.<tier>]`` of ``station.toml``.
        state: ``present``, or how it was last found: ``damaged``, ``missing``.
        verified_at: when its bytes were last proven (UTC, as in events); empty where that is not known.
        proof: how: ``etag``, ``md5`` or ``checksum`` of the store, or ``read back``.
        stored_sha256: digest of the bytes as they lie there; the object's own unless encoded.
        encoding: empty for the object's own bytes, else ``crypt4gh``, ``bgzf``, ``cram``.
        recipe: what is needed to get the object's bytes back.
    """

    __tablename__ = "object_copy"
    __table_args__ = (
        Unique("object_id", "place", "encoding"),
        Index("ix_object_copy_place_verified_at", "place", "verified_at"),
        # Answers how much a tier holds by itself.
        Index("ix_object_copy_tier_stored_size_bytes", "tier", "stored_size_bytes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("object.id"), index=True)
    tier: Mapped[str]
    key: Mapped[str]
    place: Mapped[str]
    state: Mapped[str] = mapped_column(default="present")
    verified_at: Mapped[str] = mapped_column(String(30), default="")
    proof: Mapped[str] = mapped_column(default="")
    stored_sha256: Mapped[str] = mapped_column(String(64))
    stored_size_bytes: Mapped[int] = mapped_column(BigInteger)
    encoding: Mapped[str] = mapped_column(default="")
    recipe: Mapped[Attributes] = mapped_column(default=dict)


class EncryptionHeaderRecord(Base):
    """The Crypt4GH header of an encrypted body, named by the digest of that body; kept apart from it.

    ``recipient`` is the fingerprint of the public key that it is encrypted to. A second copy stands in the place of
    headers (``[tiers] headers``).
    """

    __tablename__ = "encryption_header"

    stored_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    header: Mapped[bytes]
    recipient: Mapped[str] = mapped_column(String(16), index=True)


class FixityEventRecord(Base):
    """One entry of the history of stored bytes, one chain for the station; triggers refuse UPDATE and DELETE.

    ``action`` is verify (a whole run: its plan, what it read), damage, repair, copy, archive or drop. ``sha256`` is the
    object's; empty for a run.
    """

    __tablename__ = "fixity_event"
    __table_args__ = (CheckConstraint("sequence >= 1", name="sequence"),)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    place: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    details: Mapped[Attributes]
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
