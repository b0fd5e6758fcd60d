"""Parts and their journal: whatever is left of an earlier run, the file that comes is the source's."""

import os
import random
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import isal_zlib

from dsqc.station import TransferOptions
from dsqc.transfer import Inbox, transfer_submission
from dsqc.transfer.filecopy import spans_path
from dsqc.transfer.parts import MOST_PARTS, PART_BYTES, Origin, PartJournal, Span, cut, holes, part_size
from dsqc.transfer.sinks import SEGMENT_BYTES, PlainSink
from dsqc.transfer.sources import DirectorySource
from helpers.sources import sha256, visible, write_source

NAME = "reads.fastq"
SIZE = 12 * SEGMENT_BYTES + 4321
CONTENT = random.Random(7).randbytes(SIZE)
STEP = 2 * SEGMENT_BYTES


@pytest.fixture(autouse=True, scope="module")
def small_parts():
    with pytest.MonkeyPatch.context() as patch, stamina.set_testing(True, attempts=6, cap=True):
        patch.setattr("dsqc.transfer.parts.PART_BYTES", STEP)
        yield patch


class Counting(DirectorySource):
    """A directory that counts the bytes read of data files."""

    read_bytes = 0

    def blocks(self, entry, offset=0, length=None):
        for block in super().blocks(entry, offset, length):
            self.read_bytes += len(block) if entry.name == NAME else 0
            yield block


@contextmanager
def submission():
    with TemporaryDirectory() as place:
        yield Counting(write_source(Path(place) / "source", {NAME: CONTENT})), Path(place) / "inbox"


def bring(source, path: Path, **options):
    with Inbox(path).locked() as inbox:
        return transfer_submission(source, inbox, options=TransferOptions(**options))


def leave(source, path: Path, parts: list[tuple[int, int]], part: bytes) -> Path:
    """What a run leaves that was killed when ``parts`` had been written down; the path of its journal."""
    with Inbox(path).locked() as inbox:
        place = inbox.part(NAME)
    place.write_bytes(part)
    journal = PartJournal(spans_path(place), Origin.of(source.url, source.stat(NAME)))
    for offset, length in parts:
        journal.add(Span(offset, length, isal_zlib.crc32(CONTENT[offset : offset + length])))
    journal.close()
    return journal.path


def only(parts: list[tuple[int, int]]) -> bytes:
    """The file with holes where no part is."""
    content = bytearray(SIZE)
    for offset, length in parts:
        content[offset : offset + length] = CONTENT[offset : offset + length]
    return bytes(content)


PARTS = [(at, min(STEP, SIZE - at)) for at in range(0, SIZE, STEP)]


@given(st.sets(st.sampled_from(PARTS)))
@settings(max_examples=25, deadline=None)
def test_only_the_parts_that_are_not_there_travel(chosen):
    parts = sorted(chosen)
    with submission() as (source, inbox):
        leave(source, inbox, parts, only(parts))
        record = bring(source, inbox)
        assert source.read_bytes == SIZE - sum(length for _offset, length in parts)
        assert visible(inbox)[NAME] == CONTENT
        assert record.files[-1].digests.sha256 == sha256(CONTENT)
        assert list((inbox / ".dsqc" / "parts").iterdir()) == []


@given(
    st.sets(st.sampled_from(PARTS)),
    st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(1, 70_000)), max_size=3),
    st.one_of(st.none(), st.floats(0, 1)),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), max_size=3),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_torn_the_file_is_the_sources(chosen, damage, torn_at, flips, is_cut):
    """Any parts, any damage of the part file, a journal torn anywhere and with wrong bytes in it."""
    parts = sorted(chosen)
    content = bytearray(only(parts))
    for at, length in damage:
        content[at : at + length] = bytes(len(content[at : at + length]))
    with submission() as (source, inbox):
        path = leave(source, inbox, parts, bytes(content[: SIZE // 2] if is_cut else content))
        if parts:
            journal = bytearray(path.read_bytes())
            for place, mask in flips:
                journal[int(place * len(journal))] ^= mask
            path.write_bytes(journal if torn_at is None else journal[: int(torn_at * len(journal))])
        record = bring(source, inbox)
        assert visible(inbox)[NAME] == CONTENT
        assert record.files[-1].digests.sha256 == sha256(CONTENT)
        assert not record.log.has_errors


def test_a_part_that_rotted_on_our_disk_travels_again_and_the_others_do_not():
    with submission() as (source, inbox):
        content = bytearray(only(PARTS[:5]))
        content[STEP + 5] ^= 1
        leave(source, inbox, PARTS[:5], bytes(content))
        bring(source, inbox)
        assert visible(inbox)[NAME] == CONTENT
        assert source.read_bytes == SIZE - 4 * STEP


def test_parts_of_another_version_are_thrown_away():
    with submission() as (source, inbox):
        leave(source, inbox, PARTS[:5], only(PARTS[:5]))
        newer = bytes(reversed(CONTENT))
        write_source(source.path, {NAME: newer})
        bring(source, inbox)
        assert visible(inbox)[NAME] == newer
        assert source.read_bytes == SIZE


def test_a_file_whose_hashes_fall_behind_waits_for_them_and_others_come(monkeypatch):
    """``y`` may be begun before the parts of the large file are known; ``z`` only where those wait."""
    other, hashing, came_other = b"small", Event(), Event()
    came = {}

    class Watched(Counting):
        def blocks(self, entry, offset=0, length=None):
            came.setdefault(entry.name, self.read_bytes)
            if entry.name == "z.fastq":
                came_other.set()
            elif entry.name == NAME and offset:
                assert hashing.wait(60), "nobody hashes"
            yield from super().blocks(entry, offset, length)

    def slowly(sink, offset, size_bytes, read_at=PlainSink.read_at):
        if os.fstat(sink._descriptor).st_size == SIZE:
            hashing.set()
            assert came_other.wait(60), "the other file never came"
        return read_at(sink, offset, size_bytes)

    monkeypatch.setattr("dsqc.transfer.engine.AHEAD_PARTS", 1)
    monkeypatch.setattr(PlainSink, "read_at", slowly)
    with TemporaryDirectory() as place:
        source = Watched(write_source(Path(place) / "source", {NAME: CONTENT, "y.fastq": other, "z.fastq": other}))
        bring(source, Path(place) / "inbox", parallel=2)
        assert visible(Path(place) / "inbox").items() >= {NAME: CONTENT, "z.fastq": other}.items()
    assert came["z.fastq"] == 3 * STEP
    assert source.read_bytes == SIZE


@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES, SIZE, 10**9 + 1, 10**12, 5 * 10**13])
def test_parts_are_few_begin_at_segments_and_cover_the_file(size, monkeypatch):
    monkeypatch.setattr("dsqc.transfer.parts.PART_BYTES", PART_BYTES)
    parts = cut(0, size, size)
    assert len(parts) <= MOST_PARTS
    assert all(length <= part_size(size) for _offset, length in parts)
    assert all(offset % SEGMENT_BYTES == 0 for offset, _length in parts)
    assert sum(length for _offset, length in parts) == size
    assert holes([Span(offset, length, 0) for offset, length in parts], size) == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5))))
def test_holes_are_what_no_span_covers(pairs):
    spans, end = [], 0
    for gap, length in pairs:
        spans.append(Span(end + gap, length, 0))
        end = spans[-1].end
    covered = {at for span in spans for at in range(span.offset, span.end)}
    missing = [at for begin, stop in holes(spans, end + 3) for at in range(begin, stop)]
    assert missing == [at for at in range(end + 3) if at not in covered]
