"""Log-in: a name and a password give a session; whoever guesses is slowed down, by name and by address."""

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from dsqc.catalog.accounts.audit import append_audit
from dsqc.catalog.accounts.passwords import is_password
from dsqc.catalog.accounts.people import account_of
from dsqc.catalog.accounts.sessions import Lifetime, Visitor, end_session, open_session, token_digest
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock, now, timestamp
from dsqc.catalog.models import AccountRecord, LogInFailureRecord

WINDOW = timedelta(minutes=15)
"""How long a failed log-in counts."""
MOST_BY_NAME_AND_ADDRESS = 5
MOST_BY_ADDRESS = 30
MOST_BY_NAME = 50
"""Failures after which nobody is heard: of a name from an address, from an address, of a name from anywhere. The last
is wide, so that a stranger cannot easily shut a curator out."""


class LogInRefused(Exception):
    """Name and password do not open an account. Which of them is wrong is not told."""


class TooManyFailures(Exception):
    """Not heard: too many log-ins failed lately. ``retry_after_s`` says when it may be tried again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


def log_in(
    catalog: Catalog,
    name: str,
    password: str,
    *,
    address: str,
    lifetime: Lifetime,
    former_token: str = "",
    clock: Clock = now,
) -> tuple[str, Visitor]:
    """Open a session for whoever knows the password.

    An attempt counts as failed before the password is looked at, and is taken back when it was right: many guesses
    at the same time are no more than one after another.

    Args:
        former_token: of a session that the browser carries still; it ends.

    Returns:
        The token for the cookie (a secret), and the session.

    Raises:
        LogInRefused, TooManyFailures: nobody is logged in.
    """
    folded = name.strip().casefold()
    key = hashlib.sha256(folded.encode("utf-8", "backslashreplace")).hexdigest()
    attempt = catalog.write(lambda session: _count(session, key, address, clock))
    with catalog.reading() as session:
        record = session.scalars(select(AccountRecord).where(AccountRecord.name == folded)).first()
        known, hashed = (record.name, record.password_hash) if record else ("", "")
    right = is_password(password, hashed)

    def settle(session: Session) -> tuple[str, Visitor] | None:
        found = session.scalars(select(AccountRecord).where(AccountRecord.name == known)).first() if right else None
        # Asked again: it may have been disabled, or the password changed, while the hash was computed.
        if found is None or not found.active or found.password_hash != hashed:
            append_audit(session, "log-in refused", actor=known, address=address, clock=clock)
            return None
        session.execute(delete(LogInFailureRecord).where(_of(key, address)))
        if former_token:
            end_session(session, token_digest(former_token))
        append_audit(session, "log-in", actor=known, address=address, clock=clock)
        return open_session(session, account_of(found), address, lifetime, clock=clock)

    opened = catalog.write(settle)
    if opened is None:
        raise LogInRefused(f"attempt {attempt}")
    return opened


def _count(session: Session, key: str, address: str, clock: Clock) -> int:
    """Note an attempt as failed, where it may be made at all."""
    moment = clock()
    since = timestamp(moment - WINDOW)
    session.execute(delete(LogInFailureRecord).where(LogInFailureRecord.at < since))
    for mine, most in (
        (_of(key, address), MOST_BY_NAME_AND_ADDRESS),
        (LogInFailureRecord.address == address, MOST_BY_ADDRESS),
        (LogInFailureRecord.name_sha256 == key, MOST_BY_NAME),
    ):
        number, oldest = session.execute(
            select(func.count(), func.min(LogInFailureRecord.at)).where(mine, LogInFailureRecord.at >= since)
        ).one()
        if number >= most:
            raise TooManyFailures(_seconds_until(oldest, moment))
    record = LogInFailureRecord(name_sha256=key, address=address, at=timestamp(moment))
    session.add(record)
    session.flush()
    return record.id


def _of(key: str, address: str) -> ColumnElement[bool]:
    return (LogInFailureRecord.name_sha256 == key) & (LogInFailureRecord.address == address)


def _seconds_until(oldest: str, moment: datetime) -> int:
    counted = datetime.strptime(oldest, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return max(1, int((counted + WINDOW - moment).total_seconds()) + 1)
