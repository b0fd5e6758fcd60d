"""Accounts on both databases: who gets in, for how long, how guessing is slowed down, and what stays of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dsqc.catalog.accounts import (
    Lifetime,
    LogInRefused,
    Role,
    TooManyFailures,
    Visitor,
    add_account,
    audit_events,
    confirm_password,
    find_session,
    hashed_password,
    list_accounts,
    log_in,
    set_active,
    set_password,
    touch_session,
    verify_audit,
)
from dsqc.catalog.accounts import passwords as kept_passwords
from dsqc.catalog.accounts.log_in import MOST_BY_NAME_AND_ADDRESS, WINDOW
from dsqc.catalog.database import WRITES, Catalog
from dsqc.errors import UsageError
from dsqc.station import Station

PASSWORD = "correct horse battery staple"
START = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIME = Lifetime(timedelta(minutes=30), timedelta(hours=2))


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes() -> object:
    """Argon2 at its least cost: what is tested here is not how long it takes."""
    from argon2 import PasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        patch.setattr(kept_passwords, "_hasher", lambda: hasher)
        kept_passwords._nobody.cache_clear()
        yield
    kept_passwords._nobody.cache_clear()


@pytest.fixture(scope="module")
def opened(module_station: Station) -> Iterator[Catalog]:
    with Catalog.open(module_station) as catalog:
        yield catalog


@pytest.fixture
def catalog(opened: Catalog) -> Catalog:
    """A catalog with one curator, and nothing of the tests before that matters: nobody else, no failures."""
    with opened.engine.execution_options(**{WRITES: True}).begin() as connection:
        for table in ("web_session", "log_in_failure", "account"):
            connection.execute(text(f"DELETE FROM {table}"))
    hashed = hashed_password(PASSWORD, "lee")
    opened.write(lambda session: add_account(session, "lee", Role.CURATOR, hashed, clock=lambda: START))
    return opened


def enter(catalog: Catalog, clock: Clock, password: str = PASSWORD, address: str = "10.0.0.1", **more: str) -> str:
    token, visitor = log_in(catalog, "Lee ", password, address=address, lifetime=LIFETIME, clock=clock, **more)
    assert visitor.account.name == "lee"
    return token


def visitor(catalog: Catalog, token: str, clock: Clock) -> Visitor | None:
    with catalog.reading() as session:
        return find_session(session, token, LIFETIME, clock=clock)


def audited(catalog: Catalog) -> list[tuple[str, str]]:
    with catalog.reading() as session:
        events = audit_events(session)
        assert verify_audit(events) == []
        said = [(event.action, event.actor) for event in events]
    return said[len(said) - said[::-1].index(("account added", "dsqc station user")) :]


def test_a_session_ends_idle_and_at_last_whatever_is_done(catalog: Catalog) -> None:
    clock = Clock()
    token = enter(catalog, clock)
    found = visitor(catalog, token, clock)
    assert found is not None
    assert found.account.role is Role.CURATOR
    assert token not in (found.token_sha256, found.form_token)

    for _ in range(4):
        clock.forward(minutes=29)
        seen = visitor(catalog, token, clock)
        assert seen is not None
        assert seen.is_stale
        catalog.write(lambda session, seen=seen: touch_session(session, seen.token_sha256, clock=clock))
    clock.forward(minutes=5)  # 2 hours and a minute after log-in, 5 minutes after the last sign of life
    assert visitor(catalog, token, clock) is None

    token = enter(catalog, clock)
    clock.forward(minutes=31)
    assert visitor(catalog, token, clock) is None


def test_a_new_session_has_a_new_token_and_ends_the_one_before(catalog: Catalog) -> None:
    clock = Clock()
    first = enter(catalog, clock)
    second = enter(catalog, clock, former_token=first)
    assert first != second
    assert visitor(catalog, first, clock) is None
    assert visitor(catalog, second, clock) is not None
    assert visitor(catalog, "", clock) is None
    assert enter(catalog, clock, former_token="chosen by somebody else") != "chosen by somebody else"


def test_guessing_is_slowed_down_and_forgotten_in_time(catalog: Catalog) -> None:
    clock = Clock()
    for _ in range(MOST_BY_NAME_AND_ADDRESS):
        with pytest.raises(LogInRefused):
            enter(catalog, clock, password="wrong")
    with pytest.raises(TooManyFailures) as refused:
        enter(catalog, clock)
    assert 0 < refused.value.retry_after_s <= WINDOW.total_seconds() + 1
    with pytest.raises(TooManyFailures):
        confirm_password(catalog, "lee", PASSWORD, address="10.0.0.1", clock=clock)

    assert enter(catalog, clock, address="10.0.0.2"), "the same person elsewhere is not shut out"
    clock.forward(seconds=refused.value.retry_after_s)
    assert enter(catalog, clock)


def test_many_guesses_at_once_are_no_more_than_one_after_another(catalog: Catalog) -> None:
    def guess(_number: int) -> str:
        try:
            enter(catalog, Clock(), password="wrong")
        except (LogInRefused, TooManyFailures) as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(12)))
    assert outcomes.count("LogInRefused") == MOST_BY_NAME_AND_ADDRESS
    assert outcomes.count("TooManyFailures") == 12 - MOST_BY_NAME_AND_ADDRESS


def test_an_unknown_name_is_refused_as_a_wrong_password_is(catalog: Catalog) -> None:
    with pytest.raises(LogInRefused):
        log_in(catalog, "my password by mistake", "x", address="a", lifetime=LIFETIME)
    with pytest.raises(LogInRefused):
        log_in(catalog, "lee", "", address="a", lifetime=LIFETIME)
    assert audited(catalog) == [("log-in refused", ""), ("log-in refused", "lee")]


def test_a_disabled_account_and_one_with_a_new_password_are_out_at_once(catalog: Catalog) -> None:
    clock = Clock()
    token = enter(catalog, clock)
    catalog.write(lambda session: set_active(session, "lee", False, clock=clock))
    assert visitor(catalog, token, clock) is None
    with pytest.raises(LogInRefused):
        enter(catalog, clock)

    catalog.write(lambda session: set_active(session, "lee", True, clock=clock))
    token = enter(catalog, clock)
    hashed = hashed_password("another long password", "lee")
    catalog.write(lambda session: set_password(session, "lee", hashed, clock=clock))
    assert visitor(catalog, token, clock) is None
    with pytest.raises(LogInRefused):
        enter(catalog, clock)
    assert enter(catalog, clock, password="another long password")
    assert [action for action, _ in audited(catalog)][-5:] == [
        "account enabled", "log-in", "password set", "log-in refused", "log-in",
    ]  # fmt: skip


def test_an_account_that_cannot_be_is_refused(catalog: Catalog) -> None:
    for name, role, submitter, told in (
        ("Ana Kim", Role.READER, "", "cannot be the name"),
        ("lee", Role.READER, "", "already"),
        ("kim", Role.SUBMITTER, "", "--submitter"),
        ("kim", Role.CURATOR, "kim@example.org", "--submitter"),
    ):
        with pytest.raises(UsageError, match=told):
            catalog.write(partial(add_account, name=name, role=role, hashed="hash", submitter=submitter))
    with catalog.reading() as session:
        assert [item.name for item in list_accounts(session)] == ["lee"]


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaaaaaaaaaa", "lee and his dog Rex"])
def test_a_poor_password_is_refused(password: str) -> None:
    with pytest.raises(UsageError):
        hashed_password(password, "lee")


def test_the_audit_cannot_be_altered_unseen(catalog: Catalog) -> None:
    enter(catalog, Clock())
    with catalog.reading() as session:
        events = audit_events(session)
        events[0].actor = "somebody"
        assert [fault.problem for fault in verify_audit(events)] == ["was changed: its digest does not match"]
        assert [fault.problem for fault in verify_audit(events[1:])] == ["event 1 is missing"]
    for statement in ("UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event"):
        with (
            pytest.raises(DBAPIError, match="never changed or deleted"),
            catalog.engine.execution_options(**{WRITES: True}).begin() as connection,
        ):
            connection.execute(text(statement))
