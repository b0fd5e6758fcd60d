"""Accounts: who may log in, in which role, and whose submissions a submitter sees."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dsqc.catalog.accounts.audit import append_audit
from dsqc.catalog.accounts.passwords import check_password, hash_password
from dsqc.catalog.events import Clock, now, timestamp
from dsqc.catalog.models import AccountRecord, WebSessionRecord
from dsqc.errors import UsageError

NAME = re.compile(r"[a-z0-9][a-z0-9._@+\-]{1,99}")
COMMAND = "dsqc station user"
"""Actor of the audit's events where a command changed an account."""


class Role(StrEnum):
    """What somebody may do on the web pages."""

    SUBMITTER = "submitter"
    """Sees their own submissions."""
    CURATOR = "curator"
    """Sees every submission and decides."""
    OPERATOR = "operator"
    """Sees every submission and how the station stands; decides nothing."""
    READER = "reader"
    """Sees what is public, as anybody without log-in does."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account, without its password."""

    id: int
    name: str
    role: Role
    submitter: str
    active: bool
    created_at: str
    password_at: str


def account_of(record: AccountRecord) -> Account:
    """The account in a row."""
    return Account(
        record.id,
        record.name,
        Role(record.role),
        record.submitter,
        record.active,
        record.created_at,
        record.password_at,
    )


def add_account(
    session: Session, name: str, role: Role, hashed: str, *, submitter: str = "", by: str = COMMAND, clock: Clock = now
) -> Account:
    """Make an account.

    Args:
        hashed: of its password (:func:`hashed_password`), made before the transaction: hashing takes its time.
        submitter: e-mail address (or organisation) under which the person submits; submitters only.

    Raises:
        UsageError: the name cannot be one or is taken, or ``submitter`` does not fit the role.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be the name of an account.", hint="Use a-z, 0-9 and . _ @ + - (2 to 100).")
    if (role is Role.SUBMITTER) != bool(submitter):
        raise UsageError(
            "An account of a submitter names whose submissions it sees; no other does.",
            hint="Give --submitter EMAIL with --role submitter: the submitter_email of the forms.",
        )
    if _record(session, name) is not None:
        raise UsageError(f"There is an account {name} already.", hint="`dsqc station user list` shows them.")
    moment = timestamp(clock())
    record = AccountRecord(
        name=name,
        role=role.value,
        submitter=submitter.strip().casefold(),
        password_hash=hashed,
        active=True,
        created_at=moment,
        password_at=moment,
    )
    session.add(record)
    session.flush()
    append_audit(session, "account added", actor=by, object_=name, details={"role": role.value}, clock=clock)
    return account_of(record)


def hashed_password(password: str, name: str) -> str:
    """What is kept of a new password.

    Raises:
        UsageError: it is not good enough.
    """
    return hash_password(check_password(password, name))


def find_account(session: Session, name: str) -> Account:
    """The account called ``name``.

    Raises:
        UsageError: there is none.
    """
    return account_of(_existing(session, name))


def list_accounts(session: Session) -> list[Account]:
    """All accounts by name."""
    return [account_of(record) for record in session.scalars(select(AccountRecord).order_by(AccountRecord.name))]


def set_active(session: Session, name: str, active: bool, *, by: str = COMMAND, clock: Clock = now) -> Account:
    """Disable an account, which ends its sessions, or enable it again.

    Raises:
        UsageError: there is no such account.
    """
    record = _existing(session, name)
    if record.active != active:
        record.active = active
        append_audit(session, f"account {'en' if active else 'dis'}abled", actor=by, object_=name, clock=clock)
    if not active:
        _end_all(session, [record.id])
    session.flush()
    return account_of(record)


def set_password(session: Session, name: str, hashed: str, *, by: str = COMMAND, clock: Clock = now) -> Account:
    """Give an account another password, which ends its sessions.

    Raises:
        UsageError: there is no such account.
    """
    record = _existing(session, name)
    record.password_hash = hashed
    record.password_at = timestamp(clock())
    _end_all(session, [record.id])
    append_audit(session, "password set", actor=by, object_=name, clock=clock)
    session.flush()
    return account_of(record)


def _existing(session: Session, name: str) -> AccountRecord:
    record = _record(session, name)
    if record is None:
        raise UsageError(f"There is no account {name}.", hint="`dsqc station user list` shows them.")
    return record


def _record(session: Session, name: str) -> AccountRecord | None:
    return session.scalars(select(AccountRecord).where(AccountRecord.name == name)).first()


def _end_all(session: Session, accounts: Iterable[int]) -> None:
    session.execute(delete(WebSessionRecord).where(WebSessionRecord.account_id.in_(list(accounts))))
