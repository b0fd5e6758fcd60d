"""The release stage: held data on its day and not before, closed data by two people, and closed again if it must."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import delete, text, update

from dsqc.archive import Options
from dsqc.archive.options import Encoding
from dsqc.catalog.access import Standing, view_by_accession
from dsqc.catalog.access.closing import Withholding
from dsqc.catalog.access.log import entries, verify_access_chain
from dsqc.catalog.access.moving import note_copy, objects_of
from dsqc.catalog.database import WRITES, Catalog
from dsqc.catalog.models import DisclosureRecord, EventRecord, SubmissionRecord
from dsqc.crypt4gh import load_public, write_key_pair
from dsqc.errors import StorageFault, UsageError
from dsqc.stages import release
from dsqc.stages.archive_store import archive_objects
from dsqc.stages.closed import export_closed, open_sealed
from dsqc.stages.register import register
from dsqc.station import Station, load_station
from dsqc.storage import StoredCopy
from helpers.catalogs import actions, dump, problems
from helpers.releasing import (
    CLOSED,
    POINTS,
    REASON,
    Jobs,
    actor,
    contents,
    jobs,
    person,
    plain,
    registered,
    stored,
)
from helpers.results import Judged
from helpers.stations import new_station

ONE = "KRA00000001"
HELD = {"release_date": "2026-09-01"}
_BEFORE = {"run": "held", "close": "released"}


@pytest.fixture(scope="module")
def processes() -> Iterator[Jobs]:
    """Release jobs in processes of their own."""
    with jobs() as found:
        yield found


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Stations on SQLite with one submission, held and released, to be copied: making one takes longer than a test."""
    path = tmp_path_factory.mktemp("prepared")
    for name, values in {"held": HELD, "released": {}}.items():
        registered(new_station(path / name, {}).station, path / "work" / name, **values)
    return {name: path / name for name in ("held", "released")}


@pytest.fixture
def held_one(prepared: dict[str, Path], tmp_path: Path) -> Station:
    """A station of its own with one held submission."""
    return load_station(shutil.copytree(prepared["held"], tmp_path / "held"))


@pytest.fixture
def open_one(prepared: dict[str, Path], tmp_path: Path) -> Station:
    """A station of its own with one released submission."""
    return load_station(shutil.copytree(prepared["released"], tmp_path / "open"))


@pytest.fixture
def embedded(tmp_path: Path) -> Station:
    """A station on SQLite."""
    return new_station(tmp_path / "station", {}).station


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


def test_nothing_is_released_before_its_day_whatever_is_asked(held_one: Station) -> None:
    with pytest.raises(UsageError, match="nothing is released before its day"):
        release.run(held_one, release.date(2026, 9, 1), actor=actor("2026-08-01"))
    found = check("release_due", release.due(held_one, release.date(2026, 9, 1)))
    assert [(item["what"], item["day"]) for item in found["due"]] == [("release", "2026-09-01")]


def test_a_hold_is_extended_once_and_not_beyond_two_years(held_one: Station) -> None:
    for until in ("2028-09-02", "2026-09-01", "2026-02-30"):
        with pytest.raises(UsageError, match="is no day after 2026-09-01 and not after 2028-09-01"):
            release.extend_hold(held_one, ONE, person("Lee", "2026-08-01"), until)
    done = check("release_change", release.extend_hold(held_one, ONE, person("Lee", "2026-08-01"), "2027-01-05"))
    assert done["until"] == "2027-01-05"
    release.extend_hold(held_one, ONE, person("Lee", "2026-08-01"), "2027-01-05")
    with pytest.raises(UsageError, match="was extended before, from 2026-09-01 to 2027-01-05"):
        release.extend_hold(held_one, ONE, person("Lee", "2026-08-02"), "2027-02-01")
    assert run(held_one, "2026-09-01") == []
    assert run(held_one, "2027-01-05") == [("release", ONE)]
    with pytest.raises(UsageError, match="is released, not held"):
        release.extend_hold(held_one, ONE, person("Lee", "2027-01-06"))
    assert actions(held_one, "rice-2026").count("extended") == 1


def test_an_owner_may_release_early(held_one: Station) -> None:
    check("release_change", release.release_early(held_one, ONE, person("Lee", "2026-04-01", "the paper is out")))
    release.release_early(held_one, ONE, person("Lee", "2026-04-02", "the paper is out"))
    assert (standing(held_one), contents(held_one, "public")) == (Standing.RELEASED, plain(Judged()))
    assert actions(held_one, "rice-2026")[-3:] == ["held", "hastened", "released"]


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


@pytest.mark.parametrize("job", ["run", "close"])
def test_files_that_others_took_the_place_of_move_too(
    held_one: Station, open_one: Station, tmp_path: Path, job: str
) -> None:
    station, first = (held_one, Judged(**HELD)) if job == "run" else (open_one, Judged())
    second = Judged(data=b"@r\nTTTT\n+\nIIII\n", reads="two", release_date=first.release_date)
    given = (*second.write(tmp_path / "second", station), station)
    assert register(*given, actor=actor("2026-04-01"), replace_files=True).registered
    assert contents(station, "held" if job == "run" else "public") == plain(first, second)

    if job == "run":
        assert run(station, "2026-09-01") == [("release", ONE)]
        assert (contents(station, "held"), contents(station, "public")) == ([], plain(first, second))
    else:
        release.close_data(station, ONE, REASON, person("Choi", "2026-05-01"))
        assert contents(station, "public") == []
        assert len(contents(station, "closed")) == len(plain(first, second))
    assert problems(station) == []


def test_what_another_submission_needs_is_not_taken_away(embedded: Station, tmp_path: Path) -> None:
    judged = registered(embedded, tmp_path)
    same = Judged(name="same", email="lee@other.ac.kr")
    results, inbox = same.write(tmp_path)
    register(results, inbox, embedded, actor=actor("2026-03-01"))
    release.close_data(embedded, ONE, REASON, person("Lee", "2026-04-01"))
    assert contents(embedded, "public") == plain(judged)
    assert problems(embedded) == []
    # The second registration claimed the objects a moment ago: whoever did so may be about to register them.
    done = release.close_data(embedded, "KRA00000002", REASON, person("Lee", "2026-04-01"))
    assert (done["cleared"], contents(embedded, "public")) == (False, plain(judged))
    assert {item["what"] for item in release.due(embedded)["due"]} == {"clear"}
    for claim in (Path(embedded.tier_url("public")) / "claims").iterdir():
        os.utime(claim, (0, 0))
    assert run(embedded, "2026-04-02") == [("clear", ONE), ("clear", "KRA00000002")]
    assert contents(embedded, "public") == []
    assert problems(embedded) == []


def test_archived_data_is_closed_with_its_copies_in_fewer_bytes(open_one: Station) -> None:
    """Its own bytes were dropped; what an archive job writes while it is closed goes with the next run."""
    old = timedelta(0)
    done = archive_objects(
        open_one, Options(encoding=Encoding.BGZF, least_saving=-100.0), drop=True, sure=True, grace=old
    )
    assert done.to_dict()["total"]["archived"] == 3
    assert not set(plain(Judged())) & set(contents(open_one, "public"))
    with Catalog.open(open_one) as catalog, catalog.reading() as session:
        encoded = [copy for item in objects_of(session, 1) for copy in item.copies]
    left = {key: data for key, data in stored(open_one, "public").items() if key.startswith("objects/")}

    assert release.close_data(open_one, ONE, REASON, person("Lee", "2026-04-01"))["cleared"] is True
    assert stored(open_one, "public") == {}
    assert problems(open_one) == []

    late = Path(open_one.tier_url("public")) / encoded[0].key
    late.parent.mkdir(parents=True, exist_ok=True)
    late.write_bytes(left[encoded[0].key])
    with Catalog.open(open_one) as catalog:
        copy, moment = encoded[0], actor("2026-04-01").clock()
        known = (copy.key, copy.stored_sha256, copy.stored_size_bytes)
        one = StoredCopy("public", "public", *known, "etag", moment, "bgzf", {})
        catalog.write(lambda session: note_copy(session, 1, one))
    assert run(open_one, "2026-04-02") == [("clear", ONE)]
    assert stored(open_one, "public") == {}
    assert problems(open_one) == []


def test_nothing_is_taken_away_while_the_closed_copy_is_not_proven(
    open_one: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored(open_one, "public")
    monkeypatch.setattr("dsqc.stages._relocate.write_stored_header", lambda *_: None)
    monkeypatch.setattr("dsqc.stages._relocate.make_header", lambda *_: b"crypt4gh\1\0\0\0\0\0\0\0")
    with pytest.raises(StorageFault, match="does not open again"):
        release.close_data(open_one, ONE, REASON, person("Lee", "2026-04-01"))
    assert (stored(open_one, "public"), contents(open_one, "public")) == (before, plain(Judged()))
    assert standing(open_one) is Standing.RELEASED


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Withholding("because", "2030-01-01"), "P011"),
        (Withholding("pre_publication", "2026-04-01"), "P013"),
        (Withholding("trade_secret", "2030-01-01", approver="RDA", approval_no="7"), "P012"),
    ],
)
def test_closing_needs_what_the_forms_ask_for(open_one: Station, why: Withholding, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        release.close_data(open_one, ONE, why, person("Lee", "2026-04-01"))


@pytest.fixture(scope="module", params=["run", "close"])
def undisturbed(
    request: pytest.FixtureRequest, prepared: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Station]:
    """What is done, and a station where nothing kills it. For reading only."""
    what, path = request.param, tmp_path_factory.mktemp("undisturbed")
    station = load_station(shutil.copytree(prepared[_BEFORE[what]], path / "station"))
    _do(what, station)
    return what, station


def _do(what: str, station: Station) -> None:
    if what == "close":
        release.close_data(station, ONE, REASON, person("Choi", "2026-09-01"))
    assert release.run(station, actor=actor("2026-09-02")).failed == []


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_run_again_ends_as_undisturbed(
    prepared: dict[str, Path], tmp_path: Path, processes: Jobs, undisturbed: tuple[str, Station], point: str
) -> None:
    """Bytes, rows and histories are those of a station where nothing was killed; encrypted bytes differ each time."""
    what, other = undisturbed
    station = load_station(shutil.copytree(prepared[_BEFORE[what]], tmp_path / "station"))
    order = {"call": what, "accession": ONE, "die": point}
    assert processes.at_once(station, "2026-09-01", order) == [-signal.SIGKILL]

    _do(what, station)

    old, new = ("held", "public") if what == "run" else ("public", "closed")
    assert stored(station, old) == stored(other, old) == {}
    assert len(dump(station)["object_copy"]) == len(dump(other)["object_copy"]) == 3
    assert actions(station, "rice-2026") == actions(other, "rice-2026")
    assert problems(station) == problems(other) == []
    if what == "run":
        assert stored(station, new) == stored(other, new)
        assert dump(station)["object_copy"] == dump(other)["object_copy"]


def test_several_jobs_at_once_release_once(embedded: Station, tmp_path: Path, processes: Jobs) -> None:
    every = [registered(embedded, tmp_path, name=f"s{number}", prefix=f"s{number}", **HELD) for number in range(4)]
    assert processes.at_once(embedded, "2026-09-01", {}, {}, {}) == [0, 0, 0]
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
