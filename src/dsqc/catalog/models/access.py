"""Who may see what, and when: what keeps a submission back, notices of it, releases by two people, hand-overs."""

from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from dsqc.catalog.models.base import Attributes, Base


class DisclosureRecord(Base):
    """What keeps a registered submission back: a day, or a reason that lasts until it is gone (Art. 22(4)).

    Days are ``YYYY-MM-DD`` and empty where there is none. The row stays after the release.

    Attributes:
        until: day of release of what is held; empty where it is closed, released, or no day could be read.
        extended_from: the day before the one extension; empty while there was none.
        reason, requester, approver, approval_no, approval_date: why it is closed, who asked and who approved.
        review_date: when the reason is looked at again. Nothing is ever released by this date alone.
        leaving: tier that its objects have left and where bytes of them may still lie; empty where none do.
    """

    __tablename__ = "disclosure"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    until: Mapped[str] = mapped_column(String(10), index=True)
    extended_from: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str]
    requester: Mapped[str]
    approver: Mapped[str]
    approval_no: Mapped[str]
    approval_date: Mapped[str] = mapped_column(String(10))
    review_date: Mapped[str] = mapped_column(String(10), index=True)
    leaving: Mapped[str] = mapped_column(index=True)


class NoticeRecord(Base):
    """A notice of a day to come, once written never written again. ``sent_at`` is empty until a mail server took it.

    Attributes:
        kind: ``release`` or ``review``.
        due: the day that it speaks of.
        days_before: how long before that day it is due.
        texts: subject and text by language.
        claimed_at: when somebody began to send it; empty where nobody does.
    """

    __tablename__ = "notice"
    __table_args__ = (Unique("submission_id", "kind", "due", "days_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    kind: Mapped[str]
    due: Mapped[str] = mapped_column(String(10))
    days_before: Mapped[int]
    recipients: Mapped[list[Any]] = mapped_column(JSON)
    texts: Mapped[Attributes]
    written_at: Mapped[str] = mapped_column(String(30))
    claimed_at: Mapped[str] = mapped_column(String(30))
    sent_at: Mapped[str] = mapped_column(String(30), index=True)


class ReleaseProposalRecord(Base):
    """Somebody wants closed data released; another person has to agree before ``expires_at``.

    ``state`` is open, approved, revoked, expired or done; at most one of a submission is open or approved.
    """

    __tablename__ = "release_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    state: Mapped[str] = mapped_column(index=True)
    proposed_by: Mapped[str]
    proposed_at: Mapped[str] = mapped_column(String(30))
    expires_at: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[str] = mapped_column(String(30))


class AccessEntryRecord(Base):
    """One entry of the access log, one chain for the station; triggers refuse UPDATE and DELETE.

    Attributes:
        actor: who handed over, or refused.
        recipient: to whom: a name, or the fingerprint of a key.
        action: ``handed_over`` or ``refused``.
        kind: ``data`` or ``metadata``.
        accession: what was asked for; ``submission`` is the accession of what it belongs to.
        size_bytes: bytes that leave the station, 0 where refused.
    """

    __tablename__ = "access_entry"
    __table_args__ = (CheckConstraint("sequence >= 1", name="sequence"),)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str]
    recipient: Mapped[str]
    action: Mapped[str]
    kind: Mapped[str]
    accession: Mapped[str] = mapped_column(index=True)
    submission: Mapped[str] = mapped_column(index=True)
    purpose: Mapped[str]
    files: Mapped[int]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[Attributes]
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
