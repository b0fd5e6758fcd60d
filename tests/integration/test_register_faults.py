"""``dsqc register`` killed at any moment, and with a store that dies, is busy, is gone or says no."""

import json
import random
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import Bucket
from dsqc.errors import DsqcError, ExitCode, StorageFault, TransientFault
from dsqc.stages.register import register
from dsqc.stages.sweep import sweep_storage
from dsqc.station import Station, load_station
from helpers.catalogs import dump, problems
from helpers.forked import KILLED, Commands, commands
from helpers.results import Judged, read
from helpers.stations import new_station
from infra.faulty import FaultyProxy, answer, faulty_proxy, stall

ROUNDS = 8
SECOND = '\n[copies.public]\nsecond = "store/second"\n[copies.closed]\nsecond-closed = "store/second-closed"\n'


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("warm") / "printed") as running:
        yield running


def two_places(root: Path) -> Station:
    new_station(root, {})
    with (root / "station.toml").open("a") as file:
        file.write(SECOND)
    return load_station(root)


def content(station: Station) -> dict[str, Any]:
    """The catalog, but for what is random in it: the header of a closed file is encrypted anew each time."""
    rows = dump(station)
    for row in rows["encryption_header"]:
        row.pop("header", None)
    return rows


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def named_by_sweep(station: Station) -> set[str]:
    """Files of the store that ``dsqc storage sweep`` lists, relative to the store."""
    found = set()
    for place in sweep_storage(station, grace=timedelta(0)):
        folder = Path(place.place.url).relative_to(station.root / "store")
        found |= {f"{folder}/{info.key}" for info in (*place.orphans, *place.unfinished, *place.quarantine)}
    return found


@pytest.mark.parametrize("access", ["open", "closed"])
def test_killed_at_any_moment_it_ends_as_if_nothing_had_been(warm: Commands, tmp_path: Path, access: str) -> None:
    """Two places, each round a station of its own; moments are spread over the time that registering takes."""
    chance = random.Random(11)
    judged = Judged(access=access, data=chance.randbytes(1 << 20).hex().encode())
    empty = two_places(tmp_path / "empty")
    results, inbox = judged.write(tmp_path, empty)
    before = files_below(results)

    def again(number: int, kill_after_s: float | None) -> tuple[Station, int, float]:
        root = tmp_path / f"station-{number}"
        if not root.exists():
            shutil.copytree(empty.root, root)
        given = ("register", results, "--inbox", inbox, "--station", root, "-q")
        return load_station(root), *warm.run(*given, kill_after_s=kill_after_s)

    shutil.copytree(empty.root, tmp_path / "rehearsed")
    rehearsed = ("register", results, "--inbox", inbox, "--station", tmp_path / "rehearsed", "-q")
    assert warm.rehearse(*rehearsed) == ExitCode.DONE, warm.printed()
    (results / "receipt.json").unlink()
    undisturbed, code, _seconds = again(-1, None)
    assert code == ExitCode.DONE, warm.printed()
    expected, seconds = read(results / "receipt.json"), again(-2, None)[2]
    stored, after = files_below(undisturbed.root / "store"), files_below(results)
    killed = 0
    for number in range(ROUNDS):
        (results / "receipt.json").unlink()
        station, code, ran = again(number, seconds * (number + chance.random()) / ROUNDS)
        killed += code == KILLED
        # On a busy machine one measurement says little: who came through shows how long it takes now.
        seconds = seconds if code == KILLED else min(seconds, ran)
        station, code, _ = again(number, None)
        assert code == ExitCode.DONE, warm.printed()
        assert read(results / "receipt.json") == expected
        assert content(station) == content(undisturbed)
        assert problems(station) == []
        left = files_below(station.root / "store")
        assert stored <= left
        extra = left - stored
        # Empty marks that keep an object from being swept; a sweep that deletes takes the old ones away.
        claims = {name for name in extra if name.partition("/")[2].startswith("claims/")}
        assert {(station.root / "store" / name).stat().st_size for name in claims} <= {0}
        assert extra - claims <= named_by_sweep(station)
        assert files_below(results) == after
        shutil.rmtree(station.root)
    assert killed >= ROUNDS // 2
    assert after - before == {"receipt.json"}


@pytest.fixture
def proxy(ceph_bucket: Bucket) -> Iterator[FaultyProxy]:
    with faulty_proxy(ceph_bucket.server.endpoint) as running:
        yield running


@pytest.fixture
def station(ceph_bucket: Bucket, proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    """A station whose public tier lies in Ceph, behind the bad line."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
    return new_station(tmp_path / "station", {"public": f"{ceph_bucket.url}/public"}).station


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, Any]:
    """The receipt of an undisturbed registration."""
    local = new_station(tmp_path / "undisturbed", {}).station
    receipt: dict[str, Any] = register(*Judged().write(tmp_path / "calm"), local).receipt
    return receipt


def ends_right(station: Station, work: tuple[Path, Path], expected: dict[str, Any]) -> None:
    assert register(*work, station).receipt == expected
    assert read(work[0] / "receipt.json") == expected
    assert problems(station) == []
    assert all(not place.orphans and not place.unfinished for place in sweep_storage(station))


def refused(station: Station, work: tuple[Path, Path], kind: type[DsqcError], match: str) -> None:
    """Registering ends with a message, and leaves nothing that looks registered."""
    with pytest.raises(kind, match=match):
        register(*work, station)
    assert not (work[0] / "receipt.json").exists()
    assert dump(station)["object"] == []


@pytest.mark.ceph
def test_the_gateway_dies_in_the_middle(
    station: Station, proxy: FaultyProxy, ceph_bucket: Bucket, tmp_path: Path, expected: dict[str, Any]
) -> None:
    work = Judged().write(tmp_path)
    proxy.plan(stall(100, up=True, when=rb"PUT \S*/public/objects/", times=99))
    faults: list[DsqcError] = []

    def run() -> None:
        try:
            register(*work, station)
        except DsqcError as fault:
            faults.append(fault)

    registering = threading.Thread(target=run)
    registering.start()
    while "stall" not in proxy.fired:
        assert registering.is_alive()
        registering.join(0.02)
    ceph_bucket.server.kill_gateway()
    proxy.cut()
    registering.join()
    ceph_bucket.server.start_gateway()
    proxy.mend()
    proxy.plan()
    assert [type(fault) for fault in faults] == [TransientFault]
    assert "Run the same command again" in faults[0].hint
    assert not (work[0] / "receipt.json").exists()
    ends_right(station, work, expected)


@pytest.mark.ceph
def test_a_storm_of_503_is_outlived_or_said(
    station: Station, proxy: FaultyProxy, tmp_path: Path, expected: dict[str, Any]
) -> None:
    work = Judged().write(tmp_path)
    proxy.plan(answer(503, when=rb"PUT \S*/public/objects/", times=999))
    refused(station, work, TransientFault, "busy or out of order")
    proxy.plan(answer(503, when=rb"PUT \S*/public/", times=2))
    proxy.fired.clear()
    ends_right(station, work, expected)
    assert proxy.fired == ["answer 503"] * 2


@pytest.mark.ceph
def test_a_bucket_that_is_gone_is_named(
    station: Station, ceph_bucket: Bucket, tmp_path: Path, expected: dict[str, Any]
) -> None:
    work = Judged().write(tmp_path)
    client = ceph_bucket.server.client()
    client.delete_bucket(Bucket=ceph_bucket.name)
    refused(station, work, DsqcError, f"(?s){ceph_bucket.name}.*bucket does not exist")
    client.create_bucket(Bucket=ceph_bucket.name)
    client.close()
    ends_right(station, work, expected)


@pytest.mark.ceph
def test_a_policy_that_says_no_is_said(
    station: Station, ceph_bucket: Bucket, tmp_path: Path, expected: dict[str, Any]
) -> None:
    work = Judged().write(tmp_path)
    client = ceph_bucket.server.client()
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{ceph_bucket.name}/*",
    }
    client.put_bucket_policy(Bucket=ceph_bucket.name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    refused(station, work, StorageFault, "access is denied")
    client.delete_bucket_policy(Bucket=ceph_bucket.name)
    client.close()
    ends_right(station, work, expected)


@pytest.mark.ceph
def test_two_at_once_end_in_one_registration(station: Station, tmp_path: Path, expected: dict[str, Any]) -> None:
    """Each works on its own copy of the results; one may be told that the other is at work."""
    works = [Judged().write(tmp_path / name) for name in ("one", "two")]
    barrier = threading.Barrier(2)

    def run(work: tuple[Path, Path]) -> str:
        barrier.wait()
        try:
            register(*work, station)
        except TransientFault as fault:
            return fault.message
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(run, works))
    assert "" in said
    for work in works:
        ends_right(station, work, expected)
    assert len(dump(station)["submission"]) == 1
