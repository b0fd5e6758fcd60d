"""BAM in parts: where the records of a part begin and end, and its reads."""

import struct
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsqc.crypt4gh import DataPath, open_data
from dsqc.findings import FindingLog
from dsqc.formats.alignment import COUNTED
from dsqc.formats.bam import DAMAGE_CODE, BamSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.fastq_span import Before, SpanCount, span_facts
from dsqc.formats.gzip import GzipProof
from dsqc.formats.header import Header
from dsqc.formats.span_reader import SpanReader
from dsqc.formats.span_state import AlignmentState
from dsqc.formats.spans import Span, Spans
from dsqc.formats.stored import StoredBytes
from dsqc.formats.walk import LONGEST_RECORD
from dsqc.model import Container

SEARCHED = 1 << 22
"""Bytes of records in which the first of a part is looked for."""
_FIRST_SEARCHED = 1 << 16
_CHAIN = 5
"""Records in a row whose fields fit the header, and each other's places, from which on they are taken for records."""
_NOT_PRIMARY = 0x900
_FIXED = 36  # bytes of a record's size and fixed fields
_FIELDS = struct.Struct("<iiiBBHHHiii")

Observer = Callable[[ReadBatch], None]
BamHeader = tuple[Header, list[int]]
"""A header and the lengths of the references that BAM lists."""


@dataclass(frozen=True, slots=True)
class BamCount(SpanCount):
    """What one part of a BAM holds.

    Attributes:
        reads: primary records; ``longest`` is of these.
        last_reference, last_position: of the last record that has a place in the order; -1 where there is none.
        last_name: of the last record, with its NUL (Latin-1); empty where names are not compared.
    """

    reads: int
    last_reference: int
    last_position: int
    last_name: str


@dataclass(frozen=True, slots=True)
class BamBefore(Before):
    """What stands in front of a part of a BAM; see :class:`BamCount`."""

    reads: int = 0
    last_reference: int = 0
    last_position: int = -1
    last_name: str = ""

    @property
    def is_head(self) -> bool:
        """Nothing stands in front: the file's header is here."""
        return self.edge == 0

    def after(self, count: SpanCount) -> "BamBefore":
        """What stands in front of the next part; ``count`` fits."""
        if self.damaged:
            return self
        has_reads = not self.ended and self.edge - self.size < count.size
        base = Before.after(self, count)
        same = {name: getattr(base, name) for name in Before.__dataclass_fields__}
        placed, reads = (self.last_reference, self.last_position), self.reads
        name = self.last_name
        if has_reads and isinstance(count, BamCount):
            reads += count.reads
            name = count.last_name or name
            if count.last_reference >= 0:
                placed = (count.last_reference, count.last_position)
        return BamBefore(**same, reads=reads, last_reference=placed[0], last_position=placed[1], last_name=name)


def read_header(path: DataPath) -> BamHeader | None:
    """The header of a BAM; None where it is not whole.

    Raises:
        SystemFault: the file cannot be read.
    """
    stored = StoredBytes(open_data(path), path.name)
    with _HeaderSource(BlockReader(stored, Container.BGZF, background=False)) as source:
        return source.take()


class _HeaderSource(BamSource):
    """Reads the header alone."""

    def __init__(self, reader: BlockReader) -> None:
        super().__init__(reader, FindingLog())

    def take(self) -> BamHeader | None:
        """The header and the lengths of its references."""
        return (self._header, self._walk.references.tolist()) if self._read_header() else None


def count_bam_span(spans: Spans, span: Span, known: BamBefore | None, observe: Observer) -> BamCount:
    """Count the records that begin in a part.

    Args:
        known: what stands in front of the part. Where that is not known, its first record is looked for, and something
            else may be taken for it: the part in front proves it.
        observe: is given all these records, in batches.

    Raises:
        SystemFault: the file cannot be read.
    """
    before = known.proof if known else GzipProof(1, 1) if span.number > 1 else GzipProof()
    is_head = known.is_head if known else span.number == 1
    header = None if is_head else read_header(spans.path)
    if is_head:
        first = 0
    elif header is None or (known is not None and known.ended):
        first = -1
    else:
        first = known.edge - known.size if known else _first_record(spans, span, before, header)
    with closing(_open(spans, span, before, (max(first, 0), None if first >= 0 else 0))) as reader:
        counter = _Counter(reader, FindingLog())
        if first >= 0:
            counter.count(reader, first, header, observe)
        reader.pass_over()
        return BamCount(
            **span_facts(reader, before, first, counter),
            reads=counter.reads,
            last_reference=counter.last[0],
            last_position=counter.last[1],
            last_name=counter.last_name,
        )


def _open(spans: Spans, span: Span, before: GzipProof, text: tuple[int, int | None]) -> SpanReader:
    file = open_data(spans.path)
    return SpanReader(file, spans.path.name, Container.BGZF, span, before, text=text, damage_code=DAMAGE_CODE)


class _Counter(BamSource):
    """Counts records up to the end of a part."""

    records = reads = lines = longest = end = 0
    ended = False
    last = (-1, -1)
    last_name = ""

    def count(self, reader: SpanReader, first: int, header: BamHeader | None, observe: Observer) -> None:
        """Fill in the attributes; without ``header`` it stands here."""
        if header is not None:
            self._use_header(*header)
        elif not self._read_header():
            self.end, self.ended = self._walk.position, True
            return
        with closing(self._records()) as batches:
            for batch in batches:
                if batch.alignment is None:
                    continue
                starts = batch.alignment.record_start - 4 + self._walk.base + first
                # All text comes from the part as long as the reader is inside.
                inside = len(batch) if reader.inside else int(np.count_nonzero(starts < reader.size))
                if inside:
                    kept = batch.part(0, inside)
                    observe(kept)
                    self._take(kept)
                if inside < len(batch):
                    self.end = int(starts[inside])
                    return
        self.end = self._walk.position + first
        self.ended = reader.inside or self.end < reader.size

    def _take(self, batch: ReadBatch) -> None:
        fields, flags = batch.alignment, batch.flag
        if fields is None or flags is None:
            return
        primary = (flags & _NOT_PRIMARY) == 0
        self.records += len(batch)
        self.reads += int(np.count_nonzero(primary))
        self.longest = max(self.longest, int(batch.length[primary].max(initial=0)))
        known = len(fields.reference_lengths)
        placed = (fields.reference_id >= -1) & (fields.reference_id < known)
        placed &= (fields.mate_reference_id >= -1) & (fields.mate_reference_id < known)
        if placed.any():
            row = len(batch) - 1 - int(np.argmax(placed[::-1]))
            reference = int(fields.reference_id[row])
            self.last = (reference if reference >= 0 else known, int(fields.position[row]))
        if self._header.order_of_names is not None:
            name = fields.records[batch.name_start[-1] : batch.name_end[-1] + 1]
            self.last_name = name.tobytes().decode("latin-1")


def _first_record(spans: Spans, span: Span, before: GzipProof, header: BamHeader) -> int:
    """Where the first record seems to begin; -1: nowhere."""
    with closing(_open(spans, span, before, (0, SEARCHED))) as reader:
        text, wanted = b"", _FIRST_SEARCHED
        blocks = iter(reader)
        while True:
            more = b""
            while len(text) < wanted and (more := bytes(next(blocks, b""))):
                text += more
            found = _record_in(text, header[1], whole=not more and len(text) < SEARCHED)
            if found >= 0 or not more or wanted >= SEARCHED:
                return found
            wanted *= 4


def _record_in(text: bytes, lengths: list[int], *, whole: bool) -> int:
    """The first place from which a chain of records follows; to the end of the data where that is at hand."""
    data = np.frombuffer(text, np.uint8)
    places = len(data) - _FIXED + 1
    if places <= 0:
        return -1

    def byte(number: int) -> NDArray[np.uint8]:
        return data[number : number + places]

    # The highest bytes of size, reference, position and number of bases; the length of the name.
    likely = (byte(3) < LONGEST_RECORD >> 24) & (byte(23) < LONGEST_RECORD >> 24) & (byte(12) > 0)
    likely &= ((byte(7) == 0) | (byte(7) == 0xFF)) & ((byte(11) < 0x80) | (byte(11) == 0xFF))
    for start in np.flatnonzero(likely).tolist():
        at, links = start, 0
        while links < _CHAIN and at + _FIXED <= len(text):
            size = _record_size(text, at, lengths)
            if not size:
                break
            at, links = at + size, links + 1
        else:
            if links == _CHAIN or (whole and links and at == len(text)):
                return start
    return -1


def _record_size(text: bytes, at: int, lengths: list[int]) -> int:
    """Bytes of the record at ``at``, whose fields hold; 0 where they do not (SAM specification 4.2)."""
    size, reference, position, name, _quality, _bin, operations, _flag, bases, mate, mate_position = (
        _FIELDS.unpack_from(text, at)
    )
    needed = 32 + name + 4 * operations + (bases + 1) // 2 + bases
    if name == 0 or bases < 0 or not needed <= size < LONGEST_RECORD:
        return 0
    if not _is_place(reference, position, lengths) or not _is_place(mate, mate_position, lengths):
        return 0
    letters = text[at + _FIXED : at + _FIXED + name]
    if len(letters) == name and (letters[-1] or b"\0" in letters[:-1]):
        return 0
    return 4 + int(size)


def _is_place(reference: int, position: int, lengths: list[int]) -> bool:
    if not -1 <= reference < len(lengths):
        return False
    return -1 <= position < (lengths[reference] if reference >= 0 else LONGEST_RECORD)


class BamSpan(BamSource):
    """Reads of one part; numbers and offsets are those of the whole file. What the header's own faults are is left to
    who puts the parts together.

    Args:
        header: of the file, where it does not stand in this part.
        end: offset in the uncompressed file where the records of the part end; None: at the end of the data.
    """

    def __init__(
        self,
        spans: Spans,
        span: Span,
        before: BamBefore,
        end: int | None,
        header: BamHeader | None,
        *,
        ahead: bool = False,
    ) -> None:
        start = before.edge - before.size
        text = (0, 0) if before.ended else (start, None if end is None else end - before.size)
        self.reader = SpanReader(
            open_data(spans.path),
            spans.path.name,
            Container.BGZF,
            span,
            before.proof,
            text=text,
            background=ahead,
            damage_code=DAMAGE_CODE,
        )
        super().__init__(self.reader, FindingLog(), ahead=ahead)
        self._walk.follow(before.edge, before.last_reference, before.last_position, before.last_name.encode("latin-1"))
        self._parsed = before.records
        self._void = before.ended or (end is not None and end <= before.edge)  # nothing begins in the part
        self._known = header

    def _read(self) -> Generator[ReadBatch, None, None]:
        if self._void:
            return
        if self._known is None:
            yield from super()._read()
        else:
            self._use_header(*self._known)
            yield from self._records()

    def _report_header(self, header: Header) -> None:
        """Left to who puts the parts together."""

    def _finish(self) -> None:
        self.reader.pass_over()

    def state(self) -> AlignmentState:
        """What is left behind, once the batches have ended."""
        walk = self._walk
        return AlignmentState(
            record_count=self.record_count,
            damaged=self.damaged,
            noted=list(self._noted),
            tally=walk.tally.tolist(),
            sums=walk.sums.tolist(),
            counts=walk.state[COUNTED].tolist(),
            name_faults=[
                [fault, number, place.record or 0, place.byte_offset or 0]
                for fault, (number, place) in self._name_faults.items()
            ],
        )
