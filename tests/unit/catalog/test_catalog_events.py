"""Histories: a chain of digests that shows every later change, even to somebody who may write to the database."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text

from dsqc.catalog.database import WRITES, Catalog
from dsqc.catalog.events import START, history, local_time, timestamp, verify_history
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.registering import Actor
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import dump, problems
from helpers.results import Judged

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def registered(station: Station, tmp_path: Path) -> Station:
    """A station that has registered one submission at one moment."""
    results, inbox = Judged().write(tmp_path)
    register(results, inbox, station, actor=Actor("tester", lambda: MOMENT))
    return station


def tamper(station: Station, *statements: str) -> None:
    """What somebody with the database's password could do: drop the guard, then change."""
    with Catalog.open(station) as catalog:
        sqlite = catalog.engine.dialect.name == "sqlite"
        guards = (
            ("DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete")
            if sqlite
            else ("ALTER TABLE event DISABLE TRIGGER ALL",)
        )
        with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
            for statement in (*guards, *statements):
                connection.execute(text(statement))


def test_an_event_says_who_when_what_and_why(registered: Station) -> None:
    with Catalog.open(registered) as catalog, catalog.reading() as session:
        submission = session.scalars(select(SubmissionRecord)).one()
        events = history(session, submission)

        assert verify_history(submission, events) == []
    assert [item.sequence for item in events] == [1, 2, 3, 4, 5, 6]
    assert {(item.at, item.actor) for item in events} == {("2026-01-02T03:04:05.678901Z", "tester")}
    assert (events[4].action, events[4].reason) == ("registered", "the verdict is pass")
    assert events[4].details["accession"] == "KRA00000001"
    assert (events[5].action, events[5].reason) == ("released", "its data is open")


def test_the_digests_can_be_computed_by_anybody(registered: Station) -> None:
    """From the columns alone, without dsqc's code."""
    with Catalog.open(registered) as catalog, catalog.reading() as session:
        rows = session.execute(text("SELECT * FROM event ORDER BY sequence")).mappings().all()
    previous = START
    for row in rows:
        details = row["details"] if isinstance(row["details"], dict) else json.loads(row["details"])
        said = {
            "chain": "kim@institute.re.kr/rice-2026",
            "previous": previous,
            "details": details,
            **{name: row[name] for name in ("sequence", "at", "actor", "action", "state", "reason")},
        }
        canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(canonical.encode()).hexdigest()
        assert row["digest"] == previous


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE event SET reason = 'because' WHERE sequence = 3", "was changed"),
        ("UPDATE event SET at = '2020-01-01T00:00:00.000000Z' WHERE sequence = 1", "was changed"),
        ("UPDATE event SET previous_digest = digest WHERE sequence = 2", "does not follow"),
        ("DELETE FROM event WHERE sequence = 2", "event 2 is missing"),
        ("DELETE FROM event WHERE sequence = 6", "the last event says registered"),
        ("DELETE FROM event", "the last event says nothing"),
        ("UPDATE submission SET state = 'held'", "the submission is held"),
    ],
)
def test_every_change_is_seen(registered: Station, statement: str, found: str) -> None:
    assert problems(registered) == []

    tamper(registered, statement)

    assert any(found in line for line in problems(registered))


def test_the_history_of_one_submission_does_not_fit_another(registered: Station, tmp_path: Path) -> None:
    results, inbox = Judged(name="other-2026", email="lee@other.ac.kr").write(tmp_path)
    register(results, inbox, registered, actor=Actor("tester", lambda: MOMENT))

    tamper(registered, "DELETE FROM event WHERE submission_id = 1", "UPDATE event SET submission_id = 1")

    assert len(dump(registered)["event"]) == 6
    assert any("was changed" in line for line in problems(registered))


def test_times_are_utc_and_shown_with_their_offset() -> None:
    seoul = timezone(timedelta(hours=9))
    assert timestamp(MOMENT.astimezone(seoul)) == "2026-01-02T03:04:05.678901Z"
    shown = local_time("2026-01-02T03:04:05.678901Z")
    assert datetime.fromisoformat(shown) == MOMENT.replace(microsecond=0)
    assert datetime.fromisoformat(shown).tzinfo is not None
