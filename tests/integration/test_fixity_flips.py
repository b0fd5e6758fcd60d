"""One bit flips in a stored object: verify finds it and mends it from the copy; and samples find what they promise."""

import math
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from conftest import Bucket
from dsqc.archive import Options
from dsqc.archive.options import Encoding
from dsqc.catalog.database import Catalog
from dsqc.catalog.fixity import KnownCopy, fixity_events, known_copies, verify_fixity_chain
from dsqc.stages import _fixity_plan
from dsqc.stages._fixity_plan import SAMPLE, Plan, chance_to_find, choose, sample_size
from dsqc.stages.archive_store import archive_objects, restore_object
from dsqc.stages.fixity import verify_storage
from dsqc.stages.register import register
from dsqc.stages.sweep import sweep_storage
from dsqc.station import TIERS, Station, load_station
from dsqc.storage import open_place
from helpers.catalogs import problems
from helpers.reads import fastq, make_reads
from helpers.results import Judged
from helpers.stations import new_station

PLACES = ("public", "second", "closed", "second-closed")
Overwrite = Callable[[str, str, bytes], None]


@pytest.fixture(params=["directory", pytest.param("ceph", marks=pytest.mark.ceph)])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Station, Overwrite]:
    """A station with two places of each tier, and how to put other bytes under a key behind its back."""
    root = tmp_path / "station"
    if request.param == "directory":
        new_station(root, {})
        name_copies(root, "store/")

        def overwrite(place: str, key: str, content: bytes) -> None:
            path = root / "store" / place / key
            path.chmod(0o644)
            path.write_bytes(content)

        return load_station(root), overwrite
    bucket: Bucket = request.getfixturevalue("ceph_bucket")
    new_station(root, {name: f"{bucket.url}/{name}" for name in TIERS})
    name_copies(root, f"{bucket.url}/")

    def put(place: str, key: str, content: bytes) -> None:
        client = bucket.server.client()
        client.put_object(Bucket=bucket.name, Key=f"{place}/{key}", Body=content)
        client.close()

    return load_station(root), put


def name_copies(root: Path, before: str) -> None:
    with (root / "station.toml").open("a") as file:
        file.write(f'\n[copies.public]\nsecond = "{before}second"\n')
        file.write(f'[copies.closed]\nsecond-closed = "{before}second-closed"\n')


def copies_of(station: Station) -> list[KnownCopy]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return known_copies(session, TIERS)


def actions_of(station: Station) -> list[str]:
    """Events of fixity, whose chain must hold."""
    with Catalog.open(station) as catalog, catalog.reading() as session:
        events = fixity_events(session)
        assert verify_fixity_chain(events) == []
        return [event.action for event in events]


def test_one_flipped_bit_is_found_and_mended_wherever_it_is(stored: tuple[Station, Overwrite], tmp_path: Path) -> None:
    """An original, an archived object and the body of a closed one, in each of the two places."""
    station, overwrite = stored
    judged = Judged(data=b"A\n+\nI\n" + fastq(make_reads(300, shortest=40)))
    register(*judged.write(tmp_path / "open"), station)
    closed = Judged(name="closed-1", email="lee@other.ac.kr", prefix="c_", access="closed")
    register(*closed.write(tmp_path / "closed", station), station)
    assert archive_objects(station, Options(encoding=Encoding.BGZF)).to_dict()["total"]["archived"] == 3
    copies = copies_of(station)
    kinds = {(copy.place, bool(copy.encoding) and copy.tier == "public") for copy in copies}
    assert kinds == {("public", False), ("public", True), ("second", False), ("second", True),
                     ("closed", False), ("second-closed", False)}  # fmt: skip

    chance = random.Random(4)
    stores = {place.name: open_place(place) for tier in TIERS for place in station.places(tier)}
    victims = []
    for place, archived in sorted(kinds):
        these = [copy for copy in copies if copy.place == place and (copy.encoding != "" and archived) is archived]
        taken = {copy.key for copy, _good in victims}
        victim = chance.choice([copy for copy in these if copy.key not in taken])
        good = stores[place].read(victim.key)
        bad = bytearray(good)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        overwrite(place, victim.key, bytes(bad))
        victims.append((victim, good))

    found = verify_storage(station, Plan())
    wanted = sorted((copy.place, copy.key, "digest") for copy, _good in victims)
    assert sorted((fault.copy.place, fault.copy.key, fault.state) for fault in found.faults) == wanted
    assert not found.whole
    mended = verify_storage(station, Plan(), repair=True)
    assert sorted((fault.copy.place, fault.copy.key, fault.state) for fault in mended.faults) == wanted
    assert mended.whole
    for copy, good in victims:
        assert stores[copy.place].read(copy.key) == good
    assert verify_storage(station, Plan()).faults == []
    assert problems(station) == []
    told = actions_of(station)
    assert told.count("damage") == 2 * len(victims)
    assert told.count("repair") == len(victims)
    sha256 = next(copy.sha256 for copy in copies if copy.tier == "public")
    restored = restore_object(station, sha256, tmp_path / "back")
    assert restored.path.read_bytes() in [judged.bytes_of(name) for name in judged.file_names()]


def test_a_header_of_a_closed_object_is_found_and_mended_and_one_of_nothing_is_swept(tmp_path: Path) -> None:
    """Without its header nobody reads a closed object, key or not."""
    station = new_station(tmp_path / "station", {}).station
    closed = Judged(name="closed-1", email="lee@other.ac.kr", prefix="c_", access="closed")
    register(*closed.write(tmp_path / "closed", station), station)
    place = station.places("headers")[0]
    store = open_place(place)
    flipped, lost, *_whole = [info.key for info in store.entries("headers/")]
    good = {key: store.read(key) for key in (flipped, lost)}
    bad = bytearray(good[flipped])
    bad[40] ^= 1
    store.put_value(flipped, bytes(bad))
    store.delete(lost)

    wanted = sorted([("headers", flipped, "digest"), ("headers", lost, "missing")])
    found = verify_storage(station, Plan())
    assert sorted((fault.copy.place, fault.copy.key, fault.state) for fault in found.faults) == wanted
    assert {fault.submissions for fault in found.faults} == {("KRA00000001",)}
    assert verify_storage(station, Plan(), repair=True).whole
    assert {key: store.read(key) for key in good} == good
    assert verify_storage(station, Plan()).faults == []
    assert actions_of(station).count("repair") == 2

    orphan = "headers/ab/cd/" + "abcd" + "0" * 60
    store.put_value(orphan, b"of a body that was never registered")
    swept = next(item for item in sweep_storage(station) if item.place == place)
    assert [info.key for info in swept.orphans] == [orphan]
    assert [store.read(info.key) for info in swept.quarantine] == [bytes(bad)]
    assert store.size_of(orphan) is not None
    later = sweep_storage(station, delete=True, grace=timedelta(0), with_catalog=False)
    assert next(item.deleted for item in later if item.place == place) == [orphan]
    assert {key: store.read(key) for key in good} == good


def share_is(hits: int, trials: int, probability: float) -> bool:
    """Whether a share of ``hits`` may come of ``probability``: within three standard deviations."""
    return abs(hits / trials - probability) <= 3 * math.sqrt(probability * (1 - probability) / trials)


@pytest.fixture
def _same_samples_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples are drawn by the system's chance; here by a seed, so that the test ends the same way each time."""
    chance = random.Random(20)
    monkeypatch.setattr(_fixity_plan.random, "SystemRandom", lambda: chance)


def known(number: int) -> list[KnownCopy]:
    return [KnownCopy(n, n, f"{n:064x}", "public", "public", f"k{n}", "", 1, "", {}, "") for n in range(1, number + 1)]


@pytest.mark.usefixtures("_same_samples_each_time")
@pytest.mark.parametrize(
    ("population", "lost", "wanted"), [(200, 1, 0.5), (200, 5, 0.6), (1000, 10, 0.9), (60, 30, 0.7), (500, 3, 0.95)]
)
def test_samples_find_a_loss_as_often_as_they_promise(population: int, lost: int, wanted: float) -> None:
    copies, trials = known(population), 3000
    gone = {copy.id for copy in random.Random(population).sample(copies, lost)}
    plan = Plan(SAMPLE, find=lost, probability=wanted)
    moment = _fixity_plan.datetime(2026, 1, 1)
    hits = sum(any(copy.id in gone for copy in choose(plan, copies, moment)) for _trial in range(trials))
    promised = chance_to_find(population, lost, sample_size(population, lost, wanted))
    assert promised >= wanted
    assert share_is(hits, trials, promised)
    # The test can tell: a sample of one less, or one more, would not always do.
    assert not share_is(hits, trials, promised - 0.1)


@pytest.mark.usefixtures("_same_samples_each_time")
def test_what_verify_says_of_its_sample_is_what_happens(tmp_path: Path) -> None:
    station = new_station(tmp_path / "station", {}).station
    for number in range(4):
        judged = Judged(name=f"s{number}", prefix=f"s{number}-", email=f"a{number}@x.kr")
        register(*judged.write(tmp_path / str(number)), station)
    copies = copies_of(station)
    assert len(copies) == 12
    for copy in copies[3:11:4]:
        path = Path(station.tier_url("public")) / copy.key
        path.chmod(0o644)
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    trials, hits, said = 120, 0, set()
    for _trial in range(trials):
        report = verify_storage(station, Plan(SAMPLE, find=2, probability=0.6))
        said.add(report.to_dict()["probability"])
        hits += bool(report.faults)
    assert len(said) == 1
    assert share_is(hits, trials, said.pop())
