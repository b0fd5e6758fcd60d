"""FASTQ in parts: where the records of a part begin and end, its reads, and the parts put together again."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from dsqc.crypt4gh import open_data
from dsqc.findings import Finding, FindingLog
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader, Integrity
from dsqc.formats.fastq import FastqSource
from dsqc.formats.gzip import GzipProof
from dsqc.formats.span_reader import SpanReader
from dsqc.formats.span_state import SpanState
from dsqc.formats.spans import Span, Spans
from dsqc.kernels import fastq as k
from dsqc.model import Container

SEARCHED = 1 << 24
"""Bytes of text in which the first record of a part is looked for."""
_FIRST_SEARCHED = 1 << 16
_NO_END = 1 << 62
_FAR = 1 << 40  # an offset that is not that of a file's beginning


@dataclass(frozen=True, slots=True)
class SpanCount:
    """What one part holds, counted from its own first uncompressed byte.

    Attributes:
        first: where counting began: a record begins there (or seems to: the part before proves it). -1: none was found.
        end: where the first record behind the part begins; the end of the data where ``ended``.
        records, lines, longest: that begin from ``first`` on and before the end of the part; bases of the longest.
        size: uncompressed bytes of the part.
        members, blocks, end_marker: of its container.
        lands: the container can be followed to the part's last byte, and a block ends there.
        ended: no record stands behind: the data ends, the container is damaged, or the grammar was left.
        damaged: the container is damaged in this part.
    """

    first: int
    end: int
    records: int
    lines: int
    longest: int
    size: int
    members: int
    blocks: int
    end_marker: bool
    lands: bool
    ended: bool
    damaged: bool

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Before:
    """What stands in front of a part.

    Attributes:
        size: uncompressed bytes.
        members, blocks, end_marker: of the container.
        records, lines, longest: reads, lines of text, bases of the longest read.
        edge: offset in the text at which the next record begins.
        ended: there is none.
        damaged: the container is damaged, and the part is only hashed.
    """

    size: int = 0
    members: int = 0
    blocks: int = 0
    end_marker: bool = False
    records: int = 0
    lines: int = 0
    longest: int = 0
    edge: int = 0
    ended: bool = False
    damaged: bool = False

    @property
    def proof(self) -> GzipProof:
        """The container's proof up to here."""
        return GzipProof(self.members, self.blocks, self.end_marker, self.size)

    def fits(self, count: SpanCount, number: int) -> bool:
        """Whether ``count`` of part ``number``, which follows, began where its first record begins."""
        start = self.edge - self.size
        if self.ended or start >= count.size:
            return True
        return start == count.first and (number == 1 or self.records > 0)

    def after(self, count: SpanCount) -> "Before":
        """What stands in front of the next part; ``count`` fits."""
        edge, has_reads = self.edge, not self.ended and self.edge - self.size < count.size
        if self.damaged:
            return self
        return Before(
            size=self.size + count.size,
            members=self.members + count.members,
            blocks=self.blocks + count.blocks,
            end_marker=count.end_marker if count.members else self.end_marker,
            records=self.records + (count.records if has_reads else 0),
            lines=self.lines + (count.lines if has_reads else 0),
            longest=max(self.longest, count.longest if has_reads else 0),
            edge=self.size + count.end if has_reads else edge,
            ended=self.ended or (has_reads and count.ended) or count.damaged,
            damaged=count.damaged,
        )


def count_span(spans: Spans, span: Span, known: Before | None = None) -> SpanCount:
    """Count the records that begin in a part.

    Args:
        known: what stands in front of the part. Where that is not known, its first record is looked for, and something
            else may be taken for it.

    Raises:
        SystemFault: the file cannot be read.
    """
    # Blocks stand in front of all parts but the first: bytes that are none are then damage of the end.
    before = known.proof if known else GzipProof(1, 1) if span.number > 1 else GzipProof()
    is_head = span.number == 1 if known is None else not known.records
    first = known.edge - known.size if known else 0 if is_head else _first_record(spans, span, before)
    if first < 0:
        with closing(_open(spans, span, before, (0, 0))) as reader:
            reader.pass_over()
            return SpanCount(**span_facts(reader, before, first, _Counter(reader, FindingLog())))
    with closing(_open(spans, span, before, (first, None))) as reader:
        counter = _Counter(reader, FindingLog())
        counter.count(reader, first, is_head=is_head)
        reader.pass_over()
        if counter.wrapped:
            counter.lines = _count_lines(spans, span, before, (first, counter.end))
        return SpanCount(**span_facts(reader, before, first, counter))


def _open(spans: Spans, span: Span, before: GzipProof, text: tuple[int, int | None]) -> SpanReader:
    file = open_data(spans.path)
    return SpanReader(file, spans.path.name, spans.container or Container.PLAIN, span, before, text=text)


class Counted(Protocol):
    """What was counted of the records of a part, as :class:`SpanCount` has it."""

    records: int
    lines: int
    longest: int
    end: int
    ended: bool


def span_facts(reader: SpanReader, before: GzipProof, first: int, counter: Counted) -> dict[str, Any]:
    """The fields of :class:`SpanCount`, once the part has been read to its end."""
    return {
        "first": first,
        "end": counter.end,
        "records": counter.records,
        "lines": counter.lines,
        "longest": counter.longest,
        "size": reader.size,
        "members": reader.proof.members - before.members,
        "blocks": reader.proof.blocks - before.blocks,
        "end_marker": reader.proof.end_marker,
        "lands": reader.lands,
        "ended": counter.ended,
        "damaged": reader.damage is not None,
    }


def _count_lines(spans: Spans, span: Span, before: GzipProof, text: tuple[int, int]) -> int:
    with closing(_open(spans, span, before, text)) as reader:
        return sum(bytes(block).count(b"\n") for block in reader)


def _first_record(spans: Spans, span: Span, before: GzipProof) -> int:
    """Where the first record seems to begin: four lines as a record has them, and the next one's ``@``; -1: nowhere."""
    with closing(_open(spans, span, before, (0, SEARCHED))) as reader:
        text, wanted = b"", _FIRST_SEARCHED
        blocks = iter(reader)
        while True:
            more = b""
            while len(text) < wanted and (more := bytes(next(blocks, b""))):
                text += more
            found = _record_in(text)
            if found >= 0 or not more or wanted >= SEARCHED:
                return found
            wanted *= 4


def _record_in(text: bytes) -> int:
    lines = text.split(b"\n")
    start = 0
    for number, name in enumerate(lines[:-4]):
        bases, plus, qualities, following = lines[number + 1 : number + 5]
        fits = len(bases.rstrip(b"\r")) == len(qualities.rstrip(b"\r")) > 0
        if name[:1] == b"@" and plus[:1] == b"+" and fits and following[:1] in (b"@", b""):
            return start
        start += len(name) + 1
    return -1


class _Counter(FastqSource):
    """Counts records up to the end of a part."""

    records = lines = longest = end = 0
    wrapped = ended = False

    def count(self, reader: SpanReader, first: int, *, is_head: bool) -> None:
        """Fill in the attributes; ``is_head``: the file's first record is here, by which colour space is told."""
        shift = 0 if is_head else _FAR
        self._base = shift
        self._parsed = 0 if is_head else 1
        lines = 0
        with closing(self._read()) as batches:
            for batch in batches:
                starts = batch.name_start - 1 + self._base - shift + first
                # All text comes from the part as long as the reader is inside.
                past = np.flatnonzero(starts >= (_NO_END if reader.inside else reader.size))
                self.wrapped = self.wrapped or bool(self._counts[k.WRAPPED])
                if len(past):
                    kept = int(past[0])
                    self._take(batch.part(0, kept))
                    self.lines = lines + 4 * kept
                    self.end = int(starts[kept])
                    return
                self._take(batch)
                lines = int(self._state[k.LINE])
        self.lines = lines
        self.end = first + self._base - shift + int(self._state[k.POSITION])
        self.ended = True

    def _take(self, batch: ReadBatch) -> None:
        self.records += len(batch)
        self.longest = max(self.longest, int(batch.length.max(initial=0)))


class FastqSpan(FastqSource):
    """Reads of one part; numbers, lines and offsets are those of the whole file."""

    def __init__(self, spans: Spans, span: Span, before: Before, end: int | None, *, ahead: bool = False) -> None:
        start = before.edge - before.size
        text = (0, 0) if before.ended else (start, None if end is None else end - before.size)
        file = open_data(spans.path)
        self.reader = SpanReader(
            file, spans.path.name, spans.container or Container.PLAIN, span, before.proof, text=text, background=ahead
        )
        super().__init__(self.reader, FindingLog(), ahead=ahead)
        self._base = before.edge
        self._parsed = before.records
        self._state[k.LINE] = before.lines
        self._void = before.ended

    def _read(self) -> Generator[ReadBatch, None, None]:
        if not self._void:
            yield from super()._read()

    def _finish(self) -> None:
        self.reader.pass_over()

    def state(self) -> SpanState:
        """What is left behind, once the batches have ended."""
        return SpanState(self._totals.tolist(), self.record_count, self.damaged, list(self._noted))


class JoinedReader(BlockReader):
    """Stands for the reader of a whole file whose parts proved to be ``integrity``."""

    def __init__(self, name: str, container: Container, integrity: Integrity, faults: Sequence[Finding]):
        self.name = name
        self.container = container
        self.faults = list(faults)
        self._whole_file = integrity

    def finish(self) -> Integrity:
        """What the whole file proved to be."""
        return self._whole_file

    def close(self) -> None:
        """Nothing is open."""
