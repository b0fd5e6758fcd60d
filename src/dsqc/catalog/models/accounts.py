"""Who may log in to the station's web pages, who is logged in, and what they did there."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dsqc.catalog.models.base import Attributes, Base


class AccountRecord(Base):
    """A person who may log in.

    Attributes:
        role: ``submitter``, ``curator``, ``operator`` or ``reader``.
        submitter: whose submissions a submitter sees: the key that ``submission.submitter`` holds; else empty.
        password_hash: Argon2id in its own encoding, with its parameters and salt.
        active: false where the account is disabled; it is never deleted, because its name stands in histories.
    """

    __tablename__ = "account"
    __table_args__ = (Unique("name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    submitter: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[str] = mapped_column(String(30))
    password_at: Mapped[str] = mapped_column(String(30))


class WebSessionRecord(Base):
    """Somebody who is logged in. The cookie's token itself stands nowhere, only its digest.

    Attributes:
        form_token: what every form of this session must carry (against forged requests).
        created_at, seen_at: UTC, as in events; from them the session's two ends are counted.
    """

    __tablename__ = "web_session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    form_token: Mapped[str] = mapped_column(String(64))
    address: Mapped[str]
    created_at: Mapped[str] = mapped_column(String(30))
    seen_at: Mapped[str] = mapped_column(String(30), index=True)

    account: Mapped[AccountRecord] = relationship()


class LogInFailureRecord(Base):
    """A log-in that failed lately; older ones are deleted. Of the name only a digest: people type passwords there."""

    __tablename__ = "log_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_sha256: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(index=True)
    at: Mapped[str] = mapped_column(String(30), index=True)


class AuditEventRecord(Base):
    """One act on the web pages or on an account, one chain for the station; triggers refuse UPDATE and DELETE.

    What changes a submission stands in that submission's own history besides.
    """

    __tablename__ = "audit_event"
    __table_args__ = (CheckConstraint("sequence >= 1", name="sequence"),)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(30), index=True)
    actor: Mapped[str] = mapped_column(index=True)
    address: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)
    object: Mapped[str]
    details: Mapped[Attributes]
    previous_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
