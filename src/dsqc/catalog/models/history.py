"""What happened to submissions, who works on them, and the numbers that were given out."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from dsqc.catalog.models.base import Attributes, Base


class EventRecord(Base):
    """One entry of a submission's history. Triggers of both databases refuse UPDATE and DELETE.

    ``at`` is UTC as text (``2026-01-02T03:04:05.678901Z``): it is part of what ``digest`` covers, so its spelling
    must be the same on every database.
    """

    __tablename__ = "event"
    __table_args__ = (Unique("submission_id", "sequence"), CheckConstraint("sequence >= 1", name="sequence"))

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    sequence: Mapped[int]
    at: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    state: Mapped[str]
    reason: Mapped[str]
    details: Mapped[Attributes]
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)


class DecisionRecord(Base):
    """What a curator decided about one verdict. When is the event's matter."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    verdict_sha256: Mapped[str] = mapped_column(String(64), index=True)
    decision: Mapped[str]
    decided_by: Mapped[str]
    reason: Mapped[str]


class LeaseRecord(Base):
    """Who works on a submission, and until when. After ``deadline`` (UTC, as in events) anybody may take it."""

    __tablename__ = "lease"

    submitter: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    deadline: Mapped[str] = mapped_column(String(30))


class AccessionCounterRecord(Base):
    """The last number given out for one type of accession."""

    __tablename__ = "accession_counter"

    type: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)
