"""Stored bytes: handed out in any portions, hashed once, also where reading began before anybody asked."""

import hashlib
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.formats import open_reads, stored
from dsqc.formats.stored import StoredBytes, begin
from helpers.reads import bgzf, fastq, gzip_members, make_reads

DATA = os.urandom(3000)
READS = make_reads(300, 11)
TEXT = fastq(READS)


def give_back(file: StoredBytes, size: int) -> bytes:
    file.give_back(file.take(size))
    return b""


ASKED: dict[str, Callable[[StoredBytes, int], bytes]] = {
    "piece": lambda file, _size: bytes(file.piece()),
    "gather": lambda file, size: bytes(file.gather(size)),
    "take": lambda file, size: bytes(file.take(size)),
    "peek": lambda file, size: b"" * len(file.peek(size)),
    "give back": give_back,
}


@settings(deadline=None)
@given(
    calls=st.lists(st.tuples(st.sampled_from(sorted(ASKED)), st.integers(1, 900)), max_size=30),
    piece=st.integers(1, 500),
    first=st.tuples(st.integers(1, 2000), st.integers(0, 4)),
    ahead=st.booleans(),
)
def test_bytes_come_in_order_and_are_hashed_once(
    calls: list[tuple[str, int]], piece: int, first: tuple[int, int], ahead: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "PIECE", piece)
        patch.setattr(stored, "FIRST_PIECE", first[0])
        file = StoredBytes(io.BytesIO(DATA), "x")
        if ahead:
            file.read_ahead(first[1])
        found = b""
        for what, size in calls:
            found += ASKED[what](file, size)
            assert file.offset == len(found)
        assert DATA.startswith(found)
        file.drain()
        assert file.size == len(DATA)
        assert file.checksums.sha256 == hashlib.sha256(DATA).hexdigest()
        file.close()


@pytest.mark.parametrize("data", [TEXT, gzip_members([TEXT]), bgzf([TEXT[:20000], TEXT[20000:]]), b""])
def test_a_file_whose_reading_has_begun_gives_the_same(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "FIRST_PIECE", 10_000)
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(data)
    seen = []
    for begun in (None, begin(path)):
        log = FindingLog()
        with open_reads(path, log, begun=begun) as source:
            records = sum(len(batch) for batch in source.batches())
            seen.append((records, source.integrity, source.container, log.to_list()))
    assert seen[0] == seen[1]


def test_no_more_is_read_than_may_be_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PIECE", 10)
    monkeypatch.setattr(stored, "FIRST_PIECE", 100)
    (tmp_path / "x").write_bytes(DATA)
    asked: list[int] = []
    waits = threading.Event()

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or 0)
            if len(asked) == stored.PIECES_AHEAD + 1:
                waits.set()
            return super().read(size)

    file = StoredBytes(Counting(DATA), "x")
    file.read_ahead(stored.FIRST_PIECES)
    assert waits.wait(10)
    assert asked == [100] * stored.FIRST_PIECES + [10] * (stored.PIECES_AHEAD + 1 - stored.FIRST_PIECES)
    file.close()


def test_large_pieces_end_when_the_first_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PIECE", 10)
    monkeypatch.setattr(stored, "FIRST_PIECE", 100)
    monkeypatch.setattr(stored, "PIECES_AHEAD", 1)
    file = StoredBytes(io.BytesIO(DATA), "x")
    file.read_ahead(1000)
    found = []
    while piece := file.piece():
        found.append(len(piece))
    assert set(found) == {10}
    assert file.checksums.md5 == hashlib.md5(DATA).hexdigest()
    file.close()


def test_what_cannot_be_opened_is_left_to_whoever_needs_it(tmp_path: Path) -> None:
    assert begin(tmp_path / "missing") is None
    assert begin(tmp_path) is None
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert begin(pipe) is None  # to open it would wait for its writer


def test_a_disk_that_fails_early_is_told_when_its_bytes_are_needed(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    file = StoredBytes(Failing(), "reads.fastq")
    file.read_ahead(stored.FIRST_PIECES)
    (tmp_path / "reads.fastq").write_bytes(TEXT)
    with pytest.raises(SystemFault, match=r"Reading reads\.fastq failed: Input/output error"):
        open_reads(tmp_path / "reads.fastq", FindingLog(), begun=file)


def test_a_file_is_closed_with_its_bytes_where_it_is_owned() -> None:
    for owned in (True, False):
        file = io.BytesIO(DATA)
        StoredBytes(file, "x", owned=owned).close()
        assert file.closed == owned
