"""The promises of the object store, kept in real S3-compatible servers: rclone's and Ceph."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from dsqc.errors import StorageFault, SystemFault, TransientFault, UsageError
from dsqc.storage import GRACE, KnownObject, ObjectStore, PutItem, object_key, open_store
from dsqc.storage.copying import put_back
from dsqc.storage.s3upload import PART_BYTES
from helpers.sources import md5, sha256
from infra.s3 import s3_server as start_s3_server

SMALL = b"@r\nACGT\n+\nIIII\n" * 1000
LARGE = bytes(range(256)) * (PART_BYTES // 256) * 2 + b"tail"
"""Three parts."""


@pytest.fixture(params=["", "/tier/public"])
def store(bucket, request) -> ObjectStore:
    return open_store(bucket.url + request.param, bucket.options)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", [b"", SMALL, LARGE], ids=["empty", "one request", "parts"])
def test_put_once_then_found(store, tmp_path, content):
    path = write(tmp_path / "file", content)
    first = store.put_file(path, sha256=sha256(content), md5=md5(content))
    assert (first.key, first.size_bytes, first.created) == (object_key(sha256(content)), len(content), True)
    assert first.proof == "etag"
    before = next(store.entries(first.key))
    assert store.put_file(path, sha256=sha256(content), md5=md5(content)).created is False
    assert store.put_file(path, sha256=sha256(content)).created is False
    assert next(store.entries(first.key)) == before
    assert store.sha256_at(first.key) == sha256(content)
    assert list(store.list_unfinished()) == []


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one request", "parts"])
def test_a_file_that_is_not_its_digest_is_not_stored(store, tmp_path, content):
    path = write(tmp_path / "file", content + b"x")
    with pytest.raises(SystemFault, match="has changed"):
        store.put_file(path, sha256=sha256(content))
    assert store.size_of(object_key(sha256(content))) is None
    assert list(store.list_unfinished()) == []


def test_a_damaged_object_is_never_accepted_and_never_overwritten(bucket, tmp_path):
    store = open_store(bucket.url, bucket.options)
    path = write(tmp_path / "file", SMALL)
    key = store.put_file(path, sha256=sha256(SMALL)).key
    damaged = SMALL[:-1] + b"x"
    bucket.server.client().put_object(Bucket=bucket.name, Key=key, Body=damaged)
    with pytest.raises(StorageFault, match="damaged"):
        store.put_file(path, sha256=sha256(SMALL), md5=md5(SMALL))
    assert store.read(key) == damaged
    item = KnownObject(sha256(SMALL), len(SMALL))
    assert [found.state for found in store.verify([item])] == ["digest"]


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one request", "parts"])
def test_writers_at_once_end_in_one_whole_object(bucket, tmp_path, content):
    path = write(tmp_path / "file", content)
    barrier = threading.Barrier(4)
    faults: list[Exception] = []

    def put() -> None:
        store = open_store(bucket.url, bucket.options)
        barrier.wait()
        try:
            store.put_file(path, sha256=sha256(content))
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert open_store(bucket.url, bucket.options).sha256_at(object_key(sha256(content))) == sha256(content)


def test_many_files_at_once_come_back_in_their_order(store, tmp_path):
    contents = [f"file {number % 40}".encode() for number in range(60)]
    items = [
        PutItem(write(tmp_path / f"{number}", content), sha256(content)) for number, content in enumerate(contents)
    ]
    stored = store.put_files(items)
    assert [item.sha256 for item in stored] == [sha256(content) for content in contents]
    assert [store.read(item.key) for item in stored] == contents
    assert len(list(store.entries("objects/"))) == 40
    assert store.put_files([]) == []


def test_one_bad_file_among_many_stops_them_and_the_rest_goes_later(store, tmp_path):
    items = [PutItem(write(tmp_path / f"{number}", b"%d" % number), sha256(b"%d" % number)) for number in range(30)]
    items[7].path.write_bytes(b"another")
    with pytest.raises(SystemFault, match="has changed"):
        store.put_files(items)
    items[7].path.write_bytes(b"7")
    assert [store.read(item.key) for item in store.put_files(items)] == [b"%d" % number for number in range(30)]


def test_the_probe_tells_the_truth(bucket):
    """What the store was seen to do is what it does to writers that race."""
    store = open_store(bucket.url, bucket.options)
    seen = store.capabilities()
    client = bucket.server.client()

    def write_if_absent(number: int) -> bool:
        try:
            client.put_object(Bucket=bucket.name, Key="raced", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        winners = sum(pool.map(write_if_absent, range(8)))
    assert seen["put"]["conditional"] == (winners == 1)
    assert seen["put"]["etag"] == "md5"
    assert seen["parts"]["resumable"]
    assert store.capabilities() == seen
    assert list(store.list_unfinished()) == []


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one request", "parts"])
def test_a_damaged_object_is_mended_and_its_bytes_are_kept(bucket, tmp_path, content):
    good, bad = (open_store(f"{bucket.url}/{name}", bucket.options) for name in ("good", "bad"))
    path = write(tmp_path / "file", content)
    good.put_file(path, sha256=sha256(content))
    key = bad.put_file(path, sha256=sha256(content)).key
    damaged = b"x" + content[1:]
    bucket.server.client().put_object(Bucket=bucket.name, Key=f"bad/{key}", Body=damaged)
    kept = put_back(good, key, bad, key, sha256(content))
    assert bad.sha256_at(key) == sha256(content)
    assert bad.sha256_at(kept) == sha256(damaged)
    assert good.sha256_at(key) == sha256(content)
    assert list(bad.list_unfinished()) == []


def test_a_bad_source_mends_nothing(bucket, tmp_path):
    good, bad = (open_store(f"{bucket.url}/{name}", bucket.options) for name in ("good", "bad"))
    key = object_key(sha256(SMALL))
    for name in ("good", "bad"):
        bucket.server.client().put_object(Bucket=bucket.name, Key=f"{name}/{key}", Body=name.encode())
    with pytest.raises(StorageFault, match="damaged"):
        put_back(good, key, bad, key, sha256(SMALL))
    assert bad.read(key) == b"bad"
    assert list(bad.entries("quarantine/")) == []


def test_manifests_orphans_and_claims(store, tmp_path):
    needed, orphan = write(tmp_path / "needed", SMALL), write(tmp_path / "orphan", b"orphan")
    store.put_file(needed, sha256=sha256(SMALL))
    store.put_file(orphan, sha256=sha256(b"orphan"))
    store.put_manifest("KRA1", {"objects": [{"sha256": sha256(SMALL), "size_bytes": len(SMALL)}]})
    known = store.known_objects()
    assert known == {object_key(sha256(SMALL)): KnownObject(sha256(SMALL), len(SMALL), ("KRA1",))}
    assert list(store.verify(known.values())) == []
    orphans = store.sweep(known)
    assert [info.key for info in orphans] == [object_key(sha256(b"orphan"))]
    assert store.delete_orphans(orphans) == []
    later = datetime.now(UTC) + GRACE + timedelta(hours=1)
    assert store.delete_orphans(orphans, now=later) == orphans
    assert store.sweep(known) == []


def test_an_upload_that_nobody_finished_is_listed_and_dropped(bucket):
    store = open_store(bucket.url, bucket.options)
    client = bucket.server.client()
    key = object_key(sha256(b"x"))
    where = {"Bucket": bucket.name, "Key": key}
    upload = client.create_multipart_upload(**where)["UploadId"]
    client.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"7 bytes")
    unfinished = list(store.list_unfinished())
    assert [(info.key.partition("?")[0], info.size_bytes) for info in unfinished] == [(key, 7)]
    store.delete_unfinished(unfinished[0])
    assert list(store.list_unfinished()) == []


def test_a_wrong_secret_is_said_without_the_secret(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-very-wrong-secret")
    path = write(tmp_path / "file", SMALL)
    with pytest.raises(StorageFault, match="AWS_SECRET_ACCESS_KEY") as caught:
        open_store(bucket.url, bucket.options).put_file(path, sha256=sha256(SMALL))
    assert "a-very-wrong-secret" not in str(caught.value)


def test_without_credentials_the_environment_is_named(bucket, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UsageError, match="AWS_ACCESS_KEY_ID"):
        open_store(bucket.url, bucket.options).size_of("x")


def test_a_missing_bucket_is_a_wrong_call(bucket, tmp_path):
    path = write(tmp_path / "file", SMALL)
    with pytest.raises(UsageError, match="bucket does not exist"):
        open_store("s3://no-such-bucket", bucket.options).put_file(path, sha256=sha256(SMALL))


@pytest.mark.s3
def test_a_server_that_is_gone_may_come_back(tmp_path, monkeypatch):
    with start_s3_server(tmp_path / "server") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        store = open_store(server.make_bucket("passing"), server.options)
        server.stop()
    with pytest.raises(TransientFault, match="cannot be reached"):
        store.put_file(write(tmp_path / "file", SMALL), sha256=sha256(SMALL))
