"""Sessions of the web pages: rows of the catalog, found by the digest of the token that the cookie carries."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.accounts.people import Account, account_of
from dsqc.catalog.events import Clock, now, timestamp
from dsqc.catalog.models import AccountRecord, WebSessionRecord

TOKEN_BYTES = 32
SEEN_AGAIN = timedelta(seconds=60)
"""How old ``seen_at`` grows before it is written anew: a page a second need not be a write a second."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lives: without a sign of life, and at most."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in.

    Attributes:
        token_sha256: names the session, and opens nothing.
        form_token: what the forms of this session carry.
        is_stale: whether ``seen_at`` should be written anew.
    """

    account: Account
    token_sha256: str
    form_token: str
    is_stale: bool = False


def token_digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()


def open_session(
    session: Session, account: Account, address: str, lifetime: Lifetime, *, clock: Clock = now
) -> tuple[str, Visitor]:
    """Begin a session with a fresh token; sessions that have ended are cleared away.

    Returns:
        The token for the cookie (a secret), and the session.
    """
    moment = clock()
    session.execute(delete(WebSessionRecord).where(_ended(moment, lifetime)))
    token, form_token = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    digest, at = token_digest(token), timestamp(moment)
    session.add(
        WebSessionRecord(
            token_sha256=digest,
            account_id=account.id,
            form_token=form_token,
            address=address,
            created_at=at,
            seen_at=at,
        )
    )
    session.flush()
    return token, Visitor(account, digest, form_token)


def find_session(session: Session, token: str, lifetime: Lifetime, *, clock: Clock = now) -> Visitor | None:
    """The session that ``token`` opens; ``None`` where there is none, it has ended, or its account is disabled."""
    moment = clock()
    query = (
        select(WebSessionRecord, AccountRecord)
        .join(AccountRecord, WebSessionRecord.account_id == AccountRecord.id)
        .where(WebSessionRecord.token_sha256 == token_digest(token), ~_ended(moment, lifetime), AccountRecord.active)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    record, account = found
    stale = record.seen_at < timestamp(moment - SEEN_AGAIN)
    return Visitor(account_of(account), record.token_sha256, record.form_token, stale)


def touch_session(session: Session, token_sha256: str, *, clock: Clock = now) -> None:
    """Note a sign of life."""
    record = session.get(WebSessionRecord, token_sha256)
    if record is not None:
        record.seen_at = timestamp(clock())


def end_session(session: Session, token_sha256: str) -> None:
    """End one session; nothing happens where it has ended."""
    session.execute(delete(WebSessionRecord).where(WebSessionRecord.token_sha256 == token_sha256))


def end_sessions(session: Session, account_id: int, *, but: str = "") -> int:
    """End all sessions of an account ``but`` the one named; how many they were."""
    mine = (WebSessionRecord.account_id == account_id) & (WebSessionRecord.token_sha256 != but)
    ended = session.scalars(select(WebSessionRecord.token_sha256).where(mine)).all()
    session.execute(delete(WebSessionRecord).where(mine))
    return len(ended)


def sessions_of(
    session: Session, account_id: int, lifetime: Lifetime, *, clock: Clock = now
) -> list[tuple[str, str, str]]:
    """Living sessions of an account: since when, last seen when, from which address; the latest first."""
    query = (
        select(WebSessionRecord)
        .where(WebSessionRecord.account_id == account_id, ~_ended(clock(), lifetime))
        .order_by(WebSessionRecord.seen_at.desc())
    )
    return [(item.created_at, item.seen_at, item.address) for item in session.scalars(query)]


def _ended(moment: datetime, lifetime: Lifetime) -> ColumnElement[bool]:
    return or_(
        WebSessionRecord.seen_at < timestamp(moment - lifetime.idle),
        WebSessionRecord.created_at < timestamp(moment - lifetime.longest),
    )
