"""A fault on either side of a hand-over ends both at once, and nothing hangs."""

import io
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dsqc.errors import SystemFault
from dsqc.findings import FindingLog
from dsqc.formats import ReadBatch, open_reads
from dsqc.formats.container import BlockReader
from dsqc.formats.fastq import FastqSource
from dsqc.formats.handover import Handover
from dsqc.formats.stored import StoredBytes
from dsqc.model import Container
from helpers.alignments import Record, of_batch, read_all, source
from helpers.reads import bam, fastq, gzip_members, make_reads

pytestmark = pytest.mark.timeout(20)


@cache
def some_fastq() -> bytes:
    """Not made when the tests are collected: every worker does that."""
    return gzip_members([fastq(make_reads(500, 1, longest=3000))]) * 20


@pytest.fixture(scope="module", params=["fastq", "bam"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A FASTQ, which threads read and inflate; a BAM, which they walk, too."""
    return some_fastq() if request.param == "fastq" else some_bam(tmp_path_factory.mktemp("bam") / "r.bam", 20_000)


def some_bam(path: Path, number: int) -> bytes:
    return bam(path, make_reads(number, 2, longest=300), [4] * number)


def threads_named(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if name in thread.name]


def test_items_come_in_order_and_end() -> None:
    assert list(Handover(lambda: iter(range(1000)), 4, "count")) == list(range(1000))


def test_a_fault_of_the_producer_comes_behind_what_it_made() -> None:
    def produce() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("broken")

    items = iter(Handover(produce, 4, "faulty"))
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(items)


@pytest.mark.parametrize("threads", [1, 2])
def test_whoever_inspects_sees_every_batch_first_and_its_fault_ends_them(data: bytes, threads: int) -> None:
    seen: list[int] = []
    with open_reads(io.BytesIO(data), FindingLog(), threads=threads) as opened:
        opened.inspect(lambda batch: seen.append(batch.first_record))
        for number, batch in enumerate(opened.batches()):
            assert seen[number] == batch.first_record
    assert len(seen) == number + 1 > 2
    assert seen == sorted(set(seen))

    def refuse(batch: ReadBatch) -> None:
        if batch.first_record > 1:
            raise ValueError("looked at")

    with open_reads(io.BytesIO(data), FindingLog(), threads=threads) as opened:
        opened.inspect(refuse)
        with pytest.raises(ValueError, match="looked at"):
            list(opened.batches())


def test_the_producer_is_never_far_ahead() -> None:
    made: list[int] = []

    def produce() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    handover = Handover(produce, 3, "bounded")
    for number in handover:
        assert len(made) <= number + 3 + 2
    handover.close()


def test_closing_ends_a_producer_that_waits_for_room() -> None:
    handover = Handover(lambda: iter(range(10**9)), 2, "endless")
    assert next(iter(handover)) == 0
    started = time.monotonic()
    handover.close()
    handover.close()
    assert time.monotonic() - started < 1
    assert not threads_named("endless")
    assert list(handover) == []


class FaultyFile(io.RawIOBase):
    """Fails at the given byte."""

    def __init__(self, data: bytes, fails_at: int) -> None:
        self._inner = io.BytesIO(data)
        self._fails_at = fails_at

    def read(self, size: int = -1) -> bytes:
        if self._inner.tell() >= self._fails_at:
            raise OSError(5, "Input/output error")
        return self._inner.read(min(size, 65536))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("at", [0.1, 0.5])
def test_a_disk_that_fails_is_a_fault_of_the_system(threads: int, at: float, data: bytes) -> None:
    started = time.monotonic()
    source = open_reads(FaultyFile(data, int(at * len(data))), FindingLog(), name="faulty", threads=threads)
    with source, pytest.raises(SystemFault, match="Input/output error"):
        sum(map(len, source.batches()))
    assert time.monotonic() - started < 5
    assert not threads_named("faulty")


def test_a_consumer_that_fails_stops_the_reading_thread(data: bytes) -> None:
    source = open_reads(io.BytesIO(data * 10), FindingLog(), name="abandoned", threads=2)
    with source, pytest.raises(ZeroDivisionError):
        sum(1 // (batch.first_record - 1) for batch in source.batches())
    assert not threads_named("abandoned")


def test_a_consumer_that_goes_away_stops_the_reading_thread(data: bytes) -> None:
    source = open_reads(io.BytesIO(data * 10), FindingLog(), name="left", threads=2)
    with source:
        batches = source.batches()
        next(batches)
    assert not threads_named("left")


class SilentPipe(io.RawIOBase):
    """Gives some bytes, then waits for a writer that says nothing until the test ends."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)
        self.waiting = threading.Event()
        self.ended = threading.Event()

    def read(self, size: int = -1) -> bytes:
        piece = self._inner.read(size)
        if not piece:
            self.waiting.set()
            self.ended.wait(15)
        return piece


def test_a_consumer_may_leave_a_silent_pipe(data: bytes) -> None:
    # More than a batch, less than what threads are ahead.
    pipe = SilentPipe(
        data[: len(data) // 12] if data is some_fastq() else data[: 9 * len(data) // 10]
    )  # more than a batch, less than what threads are ahead
    source = open_reads(pipe, FindingLog(), name="silent", threads=2)
    with source:
        batches = source.batches()
        next(batches)
        assert pipe.waiting.wait(5)
        started = time.monotonic()
    assert time.monotonic() - started < 1.8
    assert not threads_named("unwrap silent")
    assert not threads_named("walk silent")
    pipe.ended.set()
    for thread in threads_named("read silent"):
        thread.join(5)
    assert not threads_named("silent")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_fault_while_inflating_reaches_the_consumer(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not damage, which is a finding, but a fault of ours, in the middle thread of three."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dsqc.formats.gzip._compare", broken)
    source = open_reads(io.BytesIO(some_fastq() * 10), FindingLog(), name="broken", threads=threads)
    with source, pytest.raises(ZeroDivisionError):
        sum(map(len, source.batches()))
    assert not threads_named("broken")


@pytest.mark.parametrize("buffer", [300, 9_000])
def test_a_batch_stays_as_it_is_while_the_walk_is_ahead(tmp_path: Path, buffer: int) -> None:
    data = some_bam(tmp_path / "r.bam", 200)
    expected, _ = read_all(data)
    found: list[Record] = []
    with source(data, FindingLog(), buffer=buffer, ahead=True) as opened:
        for batch in opened.batches():
            time.sleep(0.01)  # until the walk waits for us, with all its buffers full
            found.extend(of_batch(batch))
    assert found == expected


def test_a_long_record_among_short_ones_goes_through_buffers_of_different_size(tmp_path: Path) -> None:
    reads = [
        *make_reads(3, 1, longest=20),
        *make_reads(1, 2, shortest=900, longest=900),
        *make_reads(20, 3, longest=20),
    ]
    data = bam(tmp_path / "r.bam", reads, [4] * len(reads))
    assert read_all(data, buffer=200, rows=2, ahead=True) == read_all(data)


@pytest.mark.parametrize("buffer", [64, 2_000])
def test_a_batch_stays_as_it_is_while_text_is_parsed_ahead(buffer: int) -> None:
    reads = make_reads(200, 4, longest=300)
    found: list[tuple[str, str]] = []
    stored = StoredBytes(io.BytesIO(gzip_members([fastq(reads)])), "r")
    reader = BlockReader(stored, Container.GZIP, inflate_ahead=False)
    with FastqSource(reader, FindingLog(), buffer=buffer, ahead=True) as opened:
        for batch in opened.batches():
            time.sleep(0.01)
            text = batch.data.tobytes().decode("latin-1")
            starts = zip(batch.sequence_start, batch.length, strict=True)
            found += [(batch.name(row), text[start : start + size]) for row, (start, size) in enumerate(starts)]
    assert found == [(read.name, read.bases) for read in reads]


@pytest.mark.parametrize("sizes", [{"rows": 3}, {"buffer": 300}, {"buffer": 70_000}])
def test_a_walk_ahead_finds_the_same_faults_at_the_same_places(tmp_path: Path, sizes: dict[str, int]) -> None:
    data = bam(tmp_path / "r.bam", make_reads(200, 3, longest=90), [4, 5, 0x404, 67] * 50)
    records, findings = read_all(data, ahead=True, **sizes)
    assert (records, findings) == read_all(data, **sizes)
    assert len(findings) > 10
