"""What was given out about submissions: certificates and links for reviewers; and keys that are not believed any more.

Times are UTC as text, as in events.
"""

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dsqc.catalog.models.base import Attributes, Base


class CertificateRecord(Base):
    """A data certificate, whole as it was issued: printed again, it is the same."""

    __tablename__ = "certificate"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    number: Mapped[str] = mapped_column(unique=True)
    issued_at: Mapped[str] = mapped_column(String(30))
    issued_by: Mapped[str]
    document: Mapped[Attributes]


class ReviewerLinkRecord(Base):
    """A link that shows metadata and quality of one submission. Its token is kept as SHA-256 only."""

    __tablename__ = "reviewer_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[str] = mapped_column(String(30))
    created_by: Mapped[str]
    expires_at: Mapped[str] = mapped_column(String(30))
    revoked_at: Mapped[str] = mapped_column(String(30))
    revoked_by: Mapped[str]
    opened_count: Mapped[int] = mapped_column(BigInteger)
    last_opened_at: Mapped[str] = mapped_column(String(30))


class DistrustedKeyRecord(Base):
    """A key whose validation receipts are not believed: one of them was proven false. ``lifted_at`` ends that."""

    __tablename__ = "distrusted_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    at: Mapped[str] = mapped_column(String(30))
    actor: Mapped[str]
    submission: Mapped[str]
    receipt_sha256: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    lifted_at: Mapped[str] = mapped_column(String(30))
    lifted_by: Mapped[str]
