"""The promises of the object store, kept in a directory."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.errors import StorageFault, SystemFault, UsageError
from dsqc.storage import GRACE, KnownObject, ObjectStore, object_key, open_store
from helpers.sources import sha256, visible

CONTENT = b"@r\nACGT\n+\nIIII\n" * 1000
DIGEST = sha256(CONTENT)


@pytest.fixture
def store(tmp_path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "a.fastq"
    file.write_bytes(CONTENT)
    return file


def on_disk(store: ObjectStore, digest: str = DIGEST) -> Path:
    return Path(store.url) / object_key(digest)


def manifest(*contents: bytes) -> dict[str, object]:
    return {"objects": [{"sha256": sha256(item), "size_bytes": len(item)} for item in contents]}


@given(st.binary(max_size=100))
def test_a_key_is_its_digest_in_two_levels(content):
    digest = sha256(content)
    assert object_key(digest) == f"objects/sha256/{digest[:2]}/{digest[2:4]}/{digest}"


@pytest.mark.parametrize("text", ["", "abc", "../" + "a" * 61, "A" * 64, DIGEST + "\n"])
def test_what_is_no_digest_is_no_key(text):
    with pytest.raises(SystemFault, match="no SHA-256"):
        object_key(text)


def test_put_once_then_found(store, path):
    first = store.put_file(path, sha256=DIGEST)
    assert (first.key, first.size_bytes, first.sha256, first.created) == (
        object_key(DIGEST),
        len(CONTENT),
        DIGEST,
        True,
    )
    before = on_disk(store).stat()
    second = store.put_file(path, sha256=DIGEST)
    assert second.created is False
    after = on_disk(store).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert stat.S_IMODE(after.st_mode) == 0o444
    assert store.sha256_at(first.key) == DIGEST
    assert list(store.list_unfinished()) == []


def test_empty_files_are_objects_too(store, tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert store.put_file(empty, sha256=sha256(b"")).size_bytes == 0


def test_a_file_that_is_not_its_digest_is_not_stored(store, path):
    path.write_bytes(CONTENT + b"x")
    with pytest.raises(SystemFault, match="has changed"):
        store.put_file(path, sha256=DIGEST)
    assert store.size_of(object_key(DIGEST)) is None
    assert list(store.list_unfinished()) == []


def test_a_missing_file_is_a_fault(store, tmp_path):
    with pytest.raises(SystemFault, match="cannot be read"):
        store.put_file(tmp_path / "nothing", sha256=DIGEST)


@pytest.mark.parametrize("damage", [CONTENT[:-1], CONTENT[:-1] + b"x", b""])
def test_a_damaged_object_is_never_accepted_and_never_overwritten(store, path, damage):
    store.put_file(path, sha256=DIGEST)
    on_disk(store).chmod(0o644)
    on_disk(store).write_bytes(damage)
    with pytest.raises(StorageFault, match="damaged"):
        store.put_file(path, sha256=DIGEST)
    assert on_disk(store).read_bytes() == damage


def test_a_changed_file_is_not_blamed_on_the_store(store, path):
    store.put_file(path, sha256=DIGEST)
    path.write_bytes(b"other")
    with pytest.raises(SystemFault, match="has changed"):
        store.put_file(path, sha256=DIGEST)


PUT = """
import sys
from pathlib import Path
from dsqc.storage import open_store
store, path, digest = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
print(open_store(store).put_file(Path(path), sha256=digest).created)
"""


def test_of_many_writers_one_creates(store, path):
    command = [sys.executable, "-c", PUT, store.url, str(path), DIGEST]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 4
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    created = [writer.communicate(timeout=60)[0].strip() for writer in writers]
    assert sorted(created) == ["False", "False", "False", "True"]
    assert on_disk(store).read_bytes() == CONTENT


def test_without_hard_links_renaming_does(store, path, monkeypatch):
    def refuse(*_args):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert store.put_file(path, sha256=DIGEST).created is True
    assert store.put_file(path, sha256=DIGEST).created is False


def test_a_manifest_makes_the_store_readable(store, path):
    store.put_file(path, sha256=DIGEST)
    key = store.put_manifest("KRA00000001", manifest(CONTENT) | {"title": "씨앗"})
    assert key == "submissions/KRA00000001/manifest.json"
    assert json.loads(store.read(key))["title"] == "씨앗"
    store.put_manifest("KRA00000002", manifest(CONTENT))
    known = store.known_objects()
    assert known == {object_key(DIGEST): KnownObject(DIGEST, len(CONTENT), ("KRA00000001", "KRA00000002"))}


def test_the_same_manifest_is_not_written_twice(store):
    key = store.put_manifest("KRA1", manifest())
    before = (Path(store.url) / key).stat().st_mtime_ns
    store.put_manifest("KRA1", manifest())
    assert (Path(store.url) / key).stat().st_mtime_ns == before
    store.put_manifest("KRA1", manifest(b"more"))
    assert len(json.loads(store.read(key))["objects"]) == 1


@pytest.mark.parametrize("accession", ["", "../x", "a/b", ".", "KRA1\n"])
def test_an_accession_is_no_path(store, accession):
    with pytest.raises(SystemFault, match="accession"):
        store.put_manifest(accession, manifest())


@pytest.mark.parametrize(
    "wrong", [{}, {"objects": [{}]}, {"objects": [{"sha256": "x", "size_bytes": 1}]}, {"objects": 3}]
)
def test_a_manifest_that_a_sweep_could_not_respect_is_refused(store, wrong):
    with pytest.raises(StorageFault, match="sha256 and size_bytes"):
        store.put_manifest("KRA1", wrong)


def test_nothing_is_an_orphan_while_a_manifest_cannot_be_read(store, path):
    store.put_file(path, sha256=DIGEST)
    key = store.put_manifest("KRA1", manifest(CONTENT))
    (Path(store.url) / key).write_text("{")
    with pytest.raises(StorageFault, match="no JSON"):
        store.known_objects()


def test_verify_names_every_kind_of_damage(store, tmp_path):
    contents = {name: name.encode() * 10 for name in ("good", "gone", "short", "flipped", "torn")}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        store.put_file(tmp_path / name, sha256=sha256(content))
    store.put_manifest("KRA1", manifest(*contents.values()))
    places = {name: on_disk(store, sha256(content)) for name, content in contents.items()}
    for place in places.values():
        place.chmod(0o644)
    places["gone"].unlink()
    places["short"].write_bytes(contents["short"][:-1])
    places["flipped"].write_bytes(b"F" + contents["flipped"][1:])
    places["torn"].unlink()
    places["torn"].mkdir()
    # A directory of the same size as the file stands for a place that cannot be read.
    torn = KnownObject(sha256(contents["torn"]), places["torn"].stat().st_size)
    known = [torn if item.key == torn.key else item for item in store.known_objects().values()]
    seen = {item.object.sha256: item.state for item in store.verify(known)}
    assert seen == {
        sha256(contents["gone"]): "missing",
        sha256(contents["short"]): "size",
        sha256(contents["flipped"]): "digest",
        sha256(contents["torn"]): "unreadable",
    }


def test_sweep_lists_orphans_and_spares_the_young_and_the_claimed(store, path, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"orphan")
    store.put_file(path, sha256=DIGEST)
    store.put_file(other, sha256=sha256(b"orphan"))
    store.put_manifest("KRA1", manifest(CONTENT))
    orphans = store.sweep(store.known_objects())
    assert [info.key for info in orphans] == [object_key(sha256(b"orphan"))]
    assert store.delete_orphans(orphans) == []
    later = datetime.now(UTC) + GRACE + timedelta(hours=1)
    # A registration finds the old object and relies on it: from now on it is claimed.
    os.utime(on_disk(store, sha256(b"orphan")), (0, 0))
    orphans = store.sweep(store.known_objects())
    assert store.put_file(other, sha256=sha256(b"orphan")).created is False
    assert store.delete_orphans(orphans) == []
    assert [info.key for info in store.entries("claims/")] == [f"claims/{sha256(b'orphan')}"]
    assert store.delete_orphans(orphans, now=later) == orphans
    assert store.sweep(store.known_objects()) == []
    assert list(store.entries("claims/")) == []
    assert set(visible(on_disk(store).parent)) == {DIGEST}


def test_what_a_killed_writer_left_is_listed_and_dropped_when_old(store, path):
    store.put_file(path, sha256=DIGEST)
    left = Path(store.url) / "unfinished" / "abc"
    left.write_bytes(b"half")
    unfinished = list(store.list_unfinished())
    assert [info.key for info in unfinished] == ["unfinished/abc"]
    assert store.delete_unfinished_older_than(unfinished) == []
    later = datetime.now(UTC) + GRACE + timedelta(hours=1)
    assert store.delete_unfinished_older_than(unfinished, now=later) == unfinished
    assert not left.exists()


def test_reading_what_is_not_there_is_a_fault(store):
    with pytest.raises(StorageFault, match="Cannot read"):
        store.read("submissions/KRA9/manifest.json")


def test_a_place_that_is_no_directory_is_a_fault(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFault, match="Cannot write"):
        open_store(str(tmp_path / "file")).put_file(path, sha256=DIGEST)


def test_other_schemes_hold_no_objects():
    with pytest.raises(UsageError, match="s3://"):
        open_store("ftp://x/y")
