"""Faults of a real Ceph and of the way to it: each ends in a clear message, and the same call later goes on."""

import datetime
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import botocore.session
import pytest

from conftest import Bucket
from dsqc.errors import StorageFault, TransientFault, UsageError
from dsqc.stages.fixity import Plan, verify_storage
from dsqc.stages.register import register
from dsqc.station import S3Options, Station, load_station
from dsqc.storage import ObjectStore, object_key, open_place, open_store
from dsqc.storage.s3upload import PART_BYTES
from helpers.catalogs import problems
from helpers.results import Judged
from helpers.sources import sha256
from helpers.stations import new_station
from infra.faulty import FaultyProxy, answer, faulty_proxy, flip, reset, stall

pytestmark = pytest.mark.ceph

PARTS = 4
LARGE = random.Random(5).randbytes(PART_BYTES * (PARTS - 1) + 12345)
KEY = object_key(sha256(LARGE))


@pytest.fixture(autouse=True)
def _journal_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


@pytest.fixture
def proxy(ceph_bucket: Bucket) -> Iterator[FaultyProxy]:
    with faulty_proxy(ceph_bucket.server.endpoint) as running:
        yield running


@pytest.fixture
def store(ceph_bucket: Bucket, proxy: FaultyProxy) -> ObjectStore:
    """The bucket behind the proxy; probed already, so that faults strike what the test does."""
    made = open_store(ceph_bucket.url, S3Options(endpoint_url=proxy.endpoint))
    made.capabilities()
    return made


def parts_sent(proxy: FaultyProxy) -> int:
    """Requests that brought a part of the large object (not of the probe)."""
    return sum(line.startswith("PUT") and "partNumber=" in line and KEY in line for line in proxy.requests)


def parts_there(bucket: Bucket) -> int:
    client = bucket.server.client()
    uploads = client.list_multipart_uploads(Bucket=bucket.name, Prefix=KEY).get("Uploads", [])
    where = [{"Bucket": bucket.name, "Key": row["Key"], "UploadId": row["UploadId"]} for row in uploads]
    return max((len(client.list_parts(**upload).get("Parts", [])) for upload in where), default=0)


def wait_for(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


SENDER = """
import pathlib, sys
from dsqc.station import S3Options
from dsqc.storage import open_store
url, endpoint, path, sha256 = sys.argv[1:]
open_store(url, S3Options(endpoint_url=endpoint)).put_file(pathlib.Path(path), sha256=sha256)
"""


def test_only_parts_that_did_not_arrive_travel_again(ceph_bucket, large, proxy, store):
    """The sender is killed (-9) when some parts are there; another process goes on."""
    proxy.plan(stall(1 << 20, up=True, when=rb"PUT .*partNumber=2\D", times=99))
    command = [sys.executable, "-c", SENDER, ceph_bucket.url, proxy.endpoint, str(large), sha256(LARGE)]
    with subprocess.Popen(command) as sender:
        wait_for(lambda: parts_there(ceph_bucket) == PARTS - 1)
        sender.kill()
    proxy.plan()
    assert store.size_of(KEY) is None
    before = parts_sent(proxy)
    stored = store.put_file(large, sha256=sha256(LARGE))
    assert parts_sent(proxy) - before == 1
    assert (stored.created, stored.proof) == (True, "etag")
    assert store.sha256_at(KEY) == sha256(LARGE)
    assert list(store.list_unfinished()) == []


def test_an_upload_of_another_machine_goes_on_when_it_was_left(ceph_bucket, large, proxy, store, monkeypatch):
    """What it holds is believed only as far as the MD5s of its parts go."""
    monkeypatch.setattr("dsqc.storage.s3upload.LEFT_AFTER", datetime.timedelta(seconds=-60))
    client = ceph_bucket.server.client()
    where = {"Bucket": ceph_bucket.name, "Key": KEY}
    upload = client.create_multipart_upload(**where)["UploadId"]
    for number, data in ((1, LARGE[:PART_BYTES]), (2, b"x" * PART_BYTES)):
        client.upload_part(**where, UploadId=upload, PartNumber=number, Body=data)
    assert store.put_file(large, sha256=sha256(LARGE)).proof == "etag"
    assert parts_sent(proxy) == PARTS - 1
    assert store.sha256_at(KEY) == sha256(LARGE)


def test_an_upload_under_way_elsewhere_is_left_alone(ceph_bucket, large, proxy, store):
    client = ceph_bucket.server.client()
    where = {"Bucket": ceph_bucket.name, "Key": KEY}
    upload = {**where, "UploadId": client.create_multipart_upload(**where)["UploadId"]}
    client.upload_part(**upload, PartNumber=1, Body=LARGE[:PART_BYTES])
    assert store.put_file(large, sha256=sha256(LARGE)).created
    assert parts_sent(proxy) == PARTS
    assert [info.key.partition("?")[0] for info in store.list_unfinished()] == [KEY]


def test_a_gateway_that_is_killed_in_the_middle(ceph_bucket, large, proxy, store):
    server = ceph_bucket.server
    faults: list[Exception] = []

    def put() -> None:
        try:
            store.put_file(large, sha256=sha256(LARGE))
        except TransientFault as fault:
            faults.append(fault)

    proxy.plan(stall(1 << 20, up=True, when=rb"PUT .*partNumber=2\D", times=99))
    sender = threading.Thread(target=put)
    sender.start()
    wait_for(lambda: parts_there(ceph_bucket) == PARTS - 1)
    server.kill_gateway()
    proxy.cut()
    sender.join()
    server.start_gateway()
    proxy.mend()
    proxy.plan()
    assert [fault.hint for fault in faults] == ["Run the same command again; what is finished is not done twice."]
    assert store.size_of(KEY) is None
    before = parts_sent(proxy)
    assert store.put_file(large, sha256=sha256(LARGE)).created
    assert parts_sent(proxy) - before == 1
    assert store.sha256_at(KEY) == sha256(LARGE)


def test_a_short_storm_is_weathered_and_a_long_one_said(store, proxy, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"bytes")
    proxy.plan(answer(503, times=2, when=rb"PUT .*objects/"))
    assert store.put_file(path, sha256=sha256(b"bytes")).created
    assert proxy.fired == ["answer 503"] * 2
    path.write_bytes(b"other bytes")
    proxy.plan(answer(503, times=99, when=rb"PUT .*objects/"))
    with pytest.raises(TransientFault, match="busy or out of order"):
        store.put_file(path, sha256=sha256(b"other bytes"))
    proxy.plan()
    assert store.put_file(path, sha256=sha256(b"other bytes")).created


@pytest.mark.parametrize("fault", [flip(3_000_000, up=True, when=rb"PUT .*partNumber=2\D")], ids=["flip"])
def test_bytes_that_are_damaged_on_the_way_make_no_object(store, proxy, large, fault):
    proxy.plan(fault)
    with pytest.raises(StorageFault, match="damaged on the way"):
        store.put_file(large, sha256=sha256(LARGE))
    assert proxy.fired == ["flip"]
    assert store.size_of(KEY) is None
    assert store.put_file(large, sha256=sha256(LARGE)).created
    assert store.sha256_at(KEY) == sha256(LARGE)


def test_broken_connections_are_no_end(store, proxy, large):
    proxy.plan(reset(2_000_000, up=True, when=rb"PUT .*partNumber=[123]\D", times=3))
    assert store.put_file(large, sha256=sha256(LARGE)).created
    assert proxy.fired == ["reset"] * 3
    assert store.sha256_at(KEY) == sha256(LARGE)


def test_an_answer_that_is_lost_is_no_second_object(store, proxy, large):
    """The parts were put together, and nobody heard of it."""
    proxy.plan(reset(when=rb"POST .*uploadId="))
    assert store.put_file(large, sha256=sha256(LARGE)).sha256 == sha256(LARGE)
    assert proxy.fired == ["reset"]
    assert store.sha256_at(KEY) == sha256(LARGE)
    assert list(store.list_unfinished()) == []


def test_a_quota_that_is_used_up(ceph_bucket, monkeypatch, tmp_path):
    ceph_bucket.server.make_user("small", "smallaccess", "small-secret-0123456789", quota_bytes=100_000)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "smallaccess")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "small-secret-0123456789")
    name = f"{ceph_bucket.name}-small"
    client = botocore.session.get_session().create_client("s3", endpoint_url=ceph_bucket.server.endpoint)
    client.create_bucket(Bucket=name)
    store = open_store(f"s3://{name}", ceph_bucket.options)
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    with pytest.raises(StorageFault, match="quota is used up"):
        store.put_file(path, sha256=sha256(b"x" * 200_000))
    ceph_bucket.server.admin("quota", "disable", "--quota-scope=user", "--uid", "small")


def test_a_clock_that_is_wrong(ceph_bucket, monkeypatch, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"bytes")
    wrong = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: wrong.replace(tzinfo=None))
    with pytest.raises(StorageFault, match="clocks differ"):
        open_store(ceph_bucket.url, ceph_bucket.options).put_file(path, sha256=sha256(b"bytes"))


@pytest.fixture
def station(ceph_bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    """Both tiers in Ceph, the public one in two buckets of two owners, each with keys of its own."""
    server, name = ceph_bucket.server, ceph_bucket.name
    access, secret = f"{name}-access", "second-secret-0123456789"
    server.make_user(f"{name}-second", access, secret)
    own = {"endpoint_url": server.endpoint, "aws_access_key_id": access, "aws_secret_access_key": secret}
    botocore.session.get_session().create_client("s3", **own).create_bucket(Bucket=f"{name}-second")
    root = tmp_path / "station"
    new_station(root, {"public": f"{ceph_bucket.url}/public", "closed": f"{ceph_bucket.url}/closed"})
    with (root / "station.toml").open("a") as file:
        file.write(f'\n[copies.public]\nsecond = "s3://{name}-second"\n')
        file.write('[s3.second]\naccess_key_env = "SECOND_ACCESS"\nsecret_key_env = "SECOND_SECRET"\n')
    monkeypatch.setenv("SECOND_ACCESS", access)
    monkeypatch.setenv("SECOND_SECRET", secret)
    return load_station(root)


def test_two_buckets_of_two_owners(station, ceph_bucket, tmp_path):
    judged = Judged()
    receipt = register(*judged.write(tmp_path), station).receipt
    first, second = (open_place(place) for place in station.places("public"))
    for item in receipt["objects"]:
        assert first.read(item["key"]) == second.read(item["key"]) == judged.bytes_of(item["name"])
    assert problems(station) == []

    key = receipt["objects"][0]["key"]
    ceph_bucket.server.client().put_object(Bucket=ceph_bucket.name, Key=f"public/{key}", Body=b"damaged")
    second.delete(receipt["objects"][1]["key"])
    report = verify_storage(station, Plan(), repair=True)
    assert [
        (fault.copy.place, fault.state, fault.repaired) for fault in sorted(report.faults, key=lambda f: f.state)
    ] == [
        ("second", "missing", True),
        ("public", "size", True),
    ]
    assert verify_storage(station, Plan()).faults == []
    assert [first.read(info.key) for info in first.entries("quarantine/")] == [b"damaged"]


def test_nothing_is_registered_while_a_copy_is_missing(station, monkeypatch, tmp_path):
    work = Judged().write(tmp_path)
    monkeypatch.setenv("SECOND_SECRET", "wrong")
    with pytest.raises(StorageFault, match="secret key is wrong"):
        register(*work, station)
    assert not (work[0] / "receipt.json").exists()
    monkeypatch.delenv("SECOND_SECRET")
    with pytest.raises(UsageError, match="SECOND_SECRET is not set"):
        register(*work, station)
    monkeypatch.setenv("SECOND_SECRET", "second-secret-0123456789")
    assert register(*work, station).registered
    assert problems(station) == []


def test_a_bucket_that_is_gone_is_no_loss_of_objects(station, ceph_bucket, tmp_path):
    register(*Judged().write(tmp_path), station)
    moved = station.model_copy(
        update={"copies": station.copies.model_copy(update={"public": {"second": "s3://gone-x"}})}
    )
    with pytest.raises(UsageError, match="bucket does not exist"):
        verify_storage(moved, Plan(), repair=True)
    assert verify_storage(station, Plan()).faults == []


def test_the_store_outlives_a_killed_gateway(ceph_bucket):
    client = ceph_bucket.server.client()
    client.put_object(Bucket=ceph_bucket.name, Key="key", Body=b"bytes")
    ceph_bucket.server.kill_gateway()
    ceph_bucket.server.start_gateway()
    assert client.get_object(Bucket=ceph_bucket.name, Key="key")["Body"].read() == b"bytes"


def test_no_daemon_outlives_tests_that_were_killed(tmp_path):
    program = (
        "import pathlib, sys, time\nfrom infra.ceph import ceph_server\n"
        "with ceph_server(pathlib.Path(sys.argv[1])) as server:\n"
        "    print(*(process.pid for process in server.processes.values()), flush=True)\n    time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as tests:
        daemons = [int(text) for text in tests.stdout.readline().split()]
        assert len(daemons) == 3
        tests.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(_runs(pid) for pid in daemons):
        assert time.monotonic() < deadline, "a daemon is still there"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
