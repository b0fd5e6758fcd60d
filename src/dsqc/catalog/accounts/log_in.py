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
    hashed = _heard(catalog, folded, password, address, clock)

    def settle(session: Session) -> tuple[str, Visitor] | None:
        found = session.scalars(select(AccountRecord).where(AccountRecord.name == folded)).first()
        # Asked again: it may have been disabled, or the password changed, while the hash was computed.
        if found is None or not found.active or found.password_hash != hashed:
            actor = found.name if found else ""
            append_audit(session, "log-in refused", actor=actor, address=address, clock=clock)
            return None
        session.execute(delete(LogInFailureRecord).where(_of(_key(folded), address)))
        if former_token:
            end_session(session, token_digest(former_token))
        append_audit(session, "log-in", actor=found.name, address=address, clock=clock)
        return open_session(session, account_of(found), address, lifetime, clock=clock)

    opened = catalog.write(settle)
    if opened is None:
        raise LogInRefused(name)
    return opened


def confirm_password(catalog: Catalog, name: str, password: str, *, address: str, clock: Clock = now) -> None:
    """Prove that whoever is logged in knows the password, before it is changed. Guesses count as log-ins do.

    Raises:
        LogInRefused, TooManyFailures: it is not proven.
    """
    if not _heard(catalog, name, password, address, clock):
        raise LogInRefused(name)
    catalog.write(lambda session: session.execute(delete(LogInFailureRecord).where(_of(_key(name), address))) and None)


def _heard(catalog: Catalog, name: str, password: str, address: str, clock: Clock) -> str:
    """Count an attempt, then look at the password: its hash where it is right, else nothing."""
    catalog.write(lambda session: _count(session, _key(name), address, clock))
    with catalog.reading() as session:
        hashed = session.scalars(select(AccountRecord.password_hash).where(AccountRecord.name == name)).first() or ""
    return hashed if is_password(password, hashed) else ""


def _key(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()


def _count(session: Session, key: str, address: str, clock: Clock) -> None:
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
    session.add(LogInFailureRecord(name_sha256=key, address=address, at=timestamp(moment)))


def _of(key: str, address: str) -> ColumnElement[bool]:
    return (LogInFailureRecord.name_sha256 == key) & (LogInFailureRecord.address == address)


def _seconds_until(oldest: str, moment: datetime) -> int:
    counted = datetime.strptime(oldest, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return max(1, int((counted + WINDOW - moment).total_seconds()) + 1)
