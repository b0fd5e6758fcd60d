"""The release stage: held data on its day and not before, closed data by two people, and closed again if it must."""

import json
import signal
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import delete, text, update

from dsqc.catalog.access import Standing, view_by_accession
from dsqc.catalog.access.closing import Withholding
from dsqc.catalog.access.log import entries, verify_access_chain
from dsqc.catalog.database import WRITES, Catalog
from dsqc.catalog.making import make_station
from dsqc.catalog.models import DisclosureRecord, EventRecord, SubmissionRecord
from dsqc.crypt4gh import load_public, write_key_pair
from dsqc.errors import UsageError
from dsqc.stages import release
from dsqc.stages.closed import export_closed, open_sealed
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import actions, dump, problems
from helpers.releasing import (
    CLOSED,
    POINTS,
    REASON,
    actor,
    contents,
    person,
    plain,
    registered,
    start,
    stored,
)
from helpers.results import Judged

ONE = "KRA00000001"
HELD = {"release_date": "2026-09-01"}


@pytest.fixture
def embedded(tmp_path: Path) -> Station:
    """A station on SQLite."""
    return make_station(tmp_path / "station", {}).station


def check(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document must be as published."""
    schema = json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, document)
    return document


def run(station: Station, day: str) -> list[tuple[str, str]]:
    """What the job did on a day: what, and to which."""
    done = check("release_run", release.run(station, actor=actor(day)).to_dict())
    assert done["failed"] == []
    return [(item["what"], item["accession"]) for item in done["done"]]


def standing(station: Station, accession: str = ONE) -> Standing | None:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        view = view_by_accession(session, accession)
    return view.standing if view else None


def test_held_data_lies_apart_until_its_day_and_is_public_on_it(station: Station, tmp_path: Path) -> None:
    judged = registered(station, tmp_path, **HELD)
    assert (stored(station, "public"), contents(station, "held")) == ({}, plain(judged))
    assert (standing(station), standing(station, "KAR00000001")) == (Standing.HELD, Standing.HELD)
    assert problems(station) == []

    assert [what for what, _ in run(station, "2026-08-31")] == ["notice"]
    assert standing(station) is Standing.HELD

    assert run(station, "2026-09-01") == [("release", ONE)]
    assert (contents(station, "public"), stored(station, "held")) == (plain(judged), {})
    assert f"submissions/{ONE}/manifest.json" in stored(station, "public")
    assert standing(station) is Standing.RELEASED
    assert actions(station, "rice-2026")[-3:] == ["held", "notified", "released"]
    assert problems(station) == []
    assert run(station, "2026-09-02") == []


def test_the_last_date_of_submission_and_experiments_counts(embedded: Station, tmp_path: Path) -> None:
    registered(embedded, tmp_path, release_date="2026-05-01", experiment={"release_date": "2026-06-01"})
    assert run(embedded, "2026-05-31")[-1][0] == "notice"
    assert run(embedded, "2026-06-01") == [("release", ONE)]


def test_nothing_is_released_before_its_day_whatever_is_asked(embedded: Station, tmp_path: Path) -> None:
    registered(embedded, tmp_path, **HELD)
    with pytest.raises(UsageError, match="nothing is released before its day"):
        release.run(embedded, release.date(2026, 9, 1), actor=actor("2026-08-01"))
    found = check("release_due", release.due(embedded, release.date(2026, 9, 1)))
    assert [(item["what"], item["day"]) for item in found["due"]] == [("release", "2026-09-01")]


def test_a_hold_is_extended_once_and_not_beyond_two_years(embedded: Station, tmp_path: Path) -> None:
    registered(embedded, tmp_path, **HELD)
    for until in ("2028-09-02", "2026-09-01", "2026-02-30"):
        with pytest.raises(UsageError, match="is no day after 2026-09-01 and not after 2028-09-01"):
            release.extend_hold(embedded, ONE, person("Lee", "2026-08-01"), until)
    done = check("release_change", release.extend_hold(embedded, ONE, person("Lee", "2026-08-01"), "2027-01-05"))
    assert done["until"] == "2027-01-05"
    release.extend_hold(embedded, ONE, person("Lee", "2026-08-01"), "2027-01-05")
    with pytest.raises(UsageError, match="was extended before, from 2026-09-01 to 2027-01-05"):
        release.extend_hold(embedded, ONE, person("Lee", "2026-08-02"), "2027-02-01")
    assert run(embedded, "2026-09-01") == []
    assert run(embedded, "2027-01-05") == [("release", ONE)]
    with pytest.raises(UsageError, match="is released, not held"):
        release.extend_hold(embedded, ONE, person("Lee", "2027-01-06"))
    assert actions(embedded, "rice-2026").count("extended") == 1


def test_an_owner_may_release_early(embedded: Station, tmp_path: Path) -> None:
    judged = registered(embedded, tmp_path, **HELD)
    check("release_change", release.release_early(embedded, ONE, person("Lee", "2026-04-01", "the paper is out")))
    release.release_early(embedded, ONE, person("Lee", "2026-04-02", "the paper is out"))
    assert (standing(embedded), contents(embedded, "public")) == (Standing.RELEASED, plain(judged))
    assert actions(embedded, "rice-2026")[-3:] == ["held", "hastened", "released"]


def test_a_date_that_is_none_waits_for_a_person(embedded: Station, tmp_path: Path) -> None:
    registered(embedded, tmp_path, release_date="soon")
    assert run(embedded, "2029-01-01") == []
    assert [item["what"] for item in release.due(embedded)["due"]] == ["day"]
    assert standing(embedded) is Standing.HELD


def test_closed_data_is_never_released_by_a_date(station: Station, tmp_path: Path) -> None:
    registered(station, tmp_path, access="closed", release_date="2026-04-01", project=CLOSED)
    rows = dump(station)["disclosure"]
    assert [(row["until"], row["reason"], row["review_date"]) for row in rows] == [
        ("", "pre_publication", "2027-06-01")
    ]
    assert [what for what, _ in run(station, "2027-05-20")] == ["notice"]
    found = release.run(station, actor=actor("2029-01-01"))
    assert (found.done, [item["what"] for item in found.left]) == ([], ["review"])
    assert (standing(station), contents(station, "public")) == (Standing.CLOSED, [])


def test_closed_data_needs_two_people(station: Station, tmp_path: Path) -> None:
    judged = registered(station, tmp_path, access="closed", project=CLOSED)
    with pytest.raises(UsageError, match="No proposal"):
        release.approve_release(station, ONE, person("Choi", "2026-04-01"))
    check("release_change", release.propose_release(station, ONE, person("Lee", "2026-04-01")))
    for same in ("Lee", " ＬＥＥ "):
        with pytest.raises(UsageError, match="cannot approve it"):
            release.approve_release(station, ONE, person(same, "2026-04-02"))
    with pytest.raises(UsageError, match="Lee has proposed"):
        release.propose_release(station, ONE, person("Park", "2026-04-02"))
    release.revoke_release(station, ONE, person("Lee", "2026-04-02"))
    with pytest.raises(UsageError, match="No proposal"):
        release.approve_release(station, ONE, person("Choi", "2026-04-02"))
    release.propose_release(station, ONE, person("Lee", "2026-04-03"))
    with pytest.raises(UsageError, match="No proposal"):
        release.approve_release(station, ONE, person("Choi", "2026-04-17"))
    assert run(station, "2026-04-18") == [("expired", ONE)]
    assert contents(station, "public") == []

    release.propose_release(station, ONE, person("Lee", "2026-05-01"))
    check("release_change", release.approve_release(station, ONE, person("Choi", "2026-05-02")))

    assert (contents(station, "public"), stored(station, "closed"), stored(station, "headers")) == (
        plain(judged),
        {},
        {},
    )
    assert standing(station) is Standing.RELEASED
    assert problems(station) == []
    said = [row for row in dump(station)["event"] if row["action"] == "released"]
    assert [(row["details"]["proposed_by"], row["details"]["approved_by"]) for row in said] == [("Lee", "Choi")]
    assert dump(station)["encryption_header"] == []


def test_a_security_project_cannot_be_proposed(embedded: Station, tmp_path: Path) -> None:
    secret = {"security_class": "보안과제 (security)", **CLOSED}
    registered(embedded, tmp_path, access="closed", project=secret)
    with pytest.raises(UsageError, match="security project"):
        release.propose_release(embedded, ONE, person("Lee", "2026-04-01"))
    assert standing(embedded) is Standing.SECURITY


def test_released_data_is_closed_again_and_opens_with_the_stations_key(station: Station, tmp_path: Path) -> None:
    """What another submission needs stays public; what only this one has is gone, and is proven in the closed tier."""
    judged = registered(station, tmp_path)
    shared = Judged(name="other", email="lee@other.ac.kr", prefix="o")
    results, inbox = shared.write(tmp_path)
    register(results, inbox, station, actor=actor("2026-03-01"))
    done = check("release_change", release.close_data(station, ONE, REASON, person("Lee", "2026-04-01")))

    assert done["cleared"] is True
    assert contents(station, "public") == plain(shared)
    assert [key for key in stored(station, "public") if ONE in key] == []
    assert standing(station) is Standing.CLOSED
    assert problems(station) == []
    write_key_pair(tmp_path / "me.sec", tmp_path / "me.pub", "")
    export_closed(
        ONE, load_public(tmp_path / "me.pub"), tmp_path / "out", station, actor=actor("2026-04-02"), reason="study 7"
    )
    assert _opened(tmp_path) == plain(judged)
    release.close_data(station, ONE, REASON, person("Lee", "2026-04-03"))
    assert actions(station, "rice-2026").count("closed") == 1


def _opened(folder: Path) -> list[bytes]:
    from dsqc.crypt4gh import load_private

    key = load_private(folder / "me.sec", lambda: "")
    found = []
    for path in (folder / "out").iterdir():
        open_sealed(path, key, folder / "plain")
        found.append((folder / "plain").read_bytes())
    return sorted(found)


def test_what_another_submission_needs_is_not_taken_away(embedded: Station, tmp_path: Path) -> None:
    judged = registered(embedded, tmp_path)
    same = Judged(name="same", email="lee@other.ac.kr")
    results, inbox = same.write(tmp_path)
    register(results, inbox, embedded, actor=actor("2026-03-01"))
    release.close_data(embedded, ONE, REASON, person("Lee", "2026-04-01"))
    assert contents(embedded, "public") == plain(judged)
    assert problems(embedded) == []
    release.close_data(embedded, "KRA00000002", REASON, person("Lee", "2026-04-01"))
    assert contents(embedded, "public") == []
    assert problems(embedded) == []


def test_nothing_is_taken_away_while_the_closed_copy_is_not_proven(
    embedded: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = registered(embedded, tmp_path)
    before = stored(embedded, "public")
    monkeypatch.setattr("dsqc.stages._relocate.write_stored_header", lambda *_: None)
    monkeypatch.setattr("dsqc.stages._relocate.make_header", lambda *_: b"crypt4gh\1\0\0\0\0\0\0\0")
    with pytest.raises(UsageError):
        release.close_data(embedded, ONE, REASON, person("Lee", "2026-04-01"))
    assert (stored(embedded, "public"), contents(embedded, "public")) == (before, plain(judged))
    assert standing(embedded) is Standing.RELEASED


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Withholding("because", "2030-01-01"), "P011"),
        (Withholding("pre_publication", "2026-04-01"), "P013"),
        (Withholding("trade_secret", "2030-01-01", approver="RDA", approval_no="7"), "P012"),
    ],
)
def test_closing_needs_what_the_forms_ask_for(embedded: Station, tmp_path: Path, why: Withholding, said: str) -> None:
    registered(embedded, tmp_path)
    with pytest.raises(UsageError, match=said):
        release.close_data(embedded, ONE, why, person("Lee", "2026-04-01"))


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("what", ["run", "close"])
def test_killed_and_run_again_ends_as_undisturbed(tmp_path: Path, what: str, point: str) -> None:
    """Bytes, rows and histories are those of a station where nothing was killed; encrypted bytes differ each time."""
    stations = [make_station(tmp_path / name, {}).station for name in ("killed", "undisturbed")]
    values = HELD if what == "run" else {}
    for one in stations:
        registered(one, tmp_path / one.root.name / "work", **values)
    call = ("--call", what, "" if what == "run" else ONE)
    process = start(stations[0], "2026-09-01", *call, "--die", point)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == -signal.SIGKILL, said.decode()
    assert (
        "released" not in {row["action"] for row in dump(stations[0])["event"]} or what == "close" or point != POINTS[0]
    )

    for one in stations:
        if what == "close":
            release.close_data(one, ONE, REASON, person("Choi", "2026-09-01"))
        assert release.run(one, actor=actor("2026-09-02")).failed == []

    old, new = ("held", "public") if what == "run" else ("public", "closed")
    assert stored(stations[0], old) == stored(stations[1], old) == {}
    assert len(dump(stations[0])["object_copy"]) == len(dump(stations[1])["object_copy"]) == 3
    assert actions(stations[0], "rice-2026") == actions(stations[1], "rice-2026")
    assert [problems(one) for one in stations] == [[], []]
    if what == "run":
        assert stored(stations[0], new) == stored(stations[1], new)
        assert dump(stations[0])["object_copy"] == dump(stations[1])["object_copy"]


def test_two_jobs_at_once_release_once(embedded: Station, tmp_path: Path) -> None:
    every = [registered(embedded, tmp_path, name=f"s{number}", prefix=f"s{number}", **HELD) for number in range(4)]
    jobs = [start(embedded, "2026-09-01") for _ in range(3)]
    for job in jobs:
        said = job.communicate(timeout=120)[1]
        assert job.returncode == 0, said.decode()
    assert [actions(embedded, one.name).count("released") for one in every] == [1] * 4
    assert (contents(embedded, "public"), stored(embedded, "held")) == (plain(*every), {})
    assert problems(embedded) == []


def test_what_was_registered_before_is_settled_with_its_bytes(embedded: Station, tmp_path: Path) -> None:
    """As an older dsqc left it: registered, its bytes in the public tier whatever its day."""
    judged = registered(embedded, tmp_path)
    registered(embedded, tmp_path, name="second", prefix="b")
    with Catalog.open(embedded) as catalog, catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
        connection.execute(text("DROP TRIGGER event_no_delete"))
        connection.execute(delete(EventRecord).where(EventRecord.action == "released"))
        connection.execute(delete(DisclosureRecord))
        connection.execute(update(SubmissionRecord).values(state="registered"))
        connection.execute(
            update(SubmissionRecord).where(SubmissionRecord.accession == ONE).values(release_date="2026-09-01")
        )
    assert standing(embedded) is Standing.HELD
    assert run(embedded, "2026-04-01") == [("settle", ONE), ("settle", "KRA00000002")]
    assert (standing(embedded), standing(embedded, "KRA00000002")) == (Standing.HELD, Standing.RELEASED)
    assert contents(embedded, "held") == plain(judged)
    assert set(contents(embedded, "public")) & set(plain(judged)) == set()
    assert problems(embedded) == []


def test_hand_overs_and_refusals_stand_in_the_access_log(station: Station, tmp_path: Path) -> None:
    registered(station, tmp_path, access="closed", project=CLOSED)
    registered(station, tmp_path, name="held", prefix="h", **HELD)
    write_key_pair(tmp_path / "me.sec", tmp_path / "me.pub", "")
    key = load_public(tmp_path / "me.pub")
    done = export_closed("KAR00000001", key, tmp_path / "out", station, actor=actor("2026-05-01"), reason="study 7")
    with pytest.raises(UsageError):
        export_closed("KAR00000003", key, tmp_path / "out", station, actor=actor("2026-05-02"), reason="study 7")
    with pytest.raises(UsageError):
        export_closed("KAR99999999", key, tmp_path / "out", station, actor=actor("2026-05-02"), reason="study 7")

    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = entries(session, year=2026)
        assert verify_access_chain(found) == []
        assert entries(session, accession=ONE) == found[:1]
    size = sum(path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert [(item.action, item.accession, item.submission, item.size_bytes) for item in found] == [
        ("handed_over", "KAR00000001", ONE, size),
        ("refused", "KAR00000003", "KRA00000002", 0),
    ]
    assert (found[0].recipient, found[0].purpose, found[0].files) == (done.recipient, "study 7", len(done.files))
    found[0].size_bytes = 1
    assert [fault.problem for fault in verify_access_chain(found)] == ["was changed: its digest does not match"]
    assert next(fault.problem for fault in verify_access_chain(found[1:])) == "entry 1 is missing"
