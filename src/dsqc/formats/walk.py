"""A stream of uncompressed BAM: header fields, then batches of records; the same for BAM, CRAM and SAM."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import AlignmentColumns, ReadBatch
from dsqc.formats.room import LEAST, Inflow
from dsqc.kernels import bam as k
from dsqc.kernels import bam_record as r
from dsqc.kernels import bam_tags as t

BUFFER = 1 << 21
"""Bytes of records unpacked at once; grows to the longest record."""
ROWS = 1 << 14
"""Records in a batch at most."""
_NO_END = 1 << 62
LONGEST_RECORD = 1 << 28
"""Bytes of one record, or of a header's text (256 MiB)."""


@dataclass(slots=True)
class _Buffer:
    """What one batch stands in: records in front, from ``room`` on their bases and qualities; its columns."""

    data: NDArray[np.uint8]
    wide: NDArray[np.uint16]
    room: int
    columns: NDArray[np.int64]
    numbers: NDArray[np.int32]
    mapping: NDArray[np.uint8]


class Walk:
    """Cuts a stream of BAM into batches.

    Args:
        inflow: the stream.
        buffer: bytes of records at once.
        rows: records in a batch at most.
        buffers: batches that are valid at a time: each stands in a buffer of its own, used in turn.

    Attributes:
        base: offset in the stream of the buffer's first byte.
        ended: the stream has ended; nothing follows what is in the buffer.
        counts, places: faults of the records of the last batch, as the kernel gives them.
        state: the kernel's.
        sums: the kernel's sums of what mates say.
        groups: sorted hashes of the names of read groups.
        references: int64; lengths of the references.
        tally: int64 (references + 1) x 2; mapped and unmapped records of each, the last row for none.
    """

    def __init__(self, inflow: Inflow, *, buffer: int = BUFFER, rows: int = ROWS, buffers: int = 1) -> None:
        self._inflow = inflow
        self._size = buffer
        self._rows = rows
        self._pairs = k.pair_table()
        self._ring = [self._new_buffer(buffer) for _ in range(buffers)]
        self._turn = 0
        self._delivering = False  # a batch in the buffer at hand was handed out
        self._filled = 0
        self.base = 0
        self.ended = False
        self._last_name = np.zeros(256, np.uint8)
        self._keys = np.zeros(t.MOST_KEYS, np.uint16)
        self.list_references([])
        self.groups = np.zeros(0, np.uint64)
        self.counts = np.zeros(r.FAULTS, np.int64)
        self.places = np.zeros((r.FAULTS, r.PLACES, 2), np.int64)
        self.state = np.zeros(r.STATE, np.int64)
        self.state[r.LAST_POSITION] = -1
        self.state[r.ROOM] = self._now.room
        self.sums = np.zeros(r.SUMS, np.uint64)

    def list_references(self, lengths: Sequence[int], circular: Sequence[bool] = ()) -> None:
        """State the references, before the first record or, behind those known, later.

        Args:
            lengths: in bases.
            circular: of which alignments may reach beyond the end.
        """
        self.references = np.array(lengths, np.int64)
        self._ends = self.references.copy()
        for row in np.flatnonzero(np.array(circular, bool)):
            self._ends[row] = _NO_END
        self.tally = np.zeros((len(lengths) + 1, 2), np.int64)

    def follow(self, base: int, reference: int, position: int, name: bytes) -> None:
        """Go on inside a file, before the first record.

        Args:
            base: offset in the uncompressed file of the stream's first byte.
            reference, position: of the last record in front that has a place in the order (the number of references
                stands for none).
            name: of the last record in front, with its NUL; empty where names are not compared.
        """
        self.base = base
        self.state[r.LAST_REFERENCE], self.state[r.LAST_POSITION] = reference, position
        self._last_name[: len(name)] = np.frombuffer(name, np.uint8)
        self.state[r.LAST_NAME] = len(name)

    def expect_names_in_order(self) -> None:
        """Have names compared with that of the record before."""
        self.state[r.BY_NAME] = 1

    def know_groups(self, names: Sequence[str]) -> None:
        """State the read groups, which tags RG may name."""
        texts = [name.encode() for name in names]
        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        hashes = np.zeros(len(texts), np.uint64)
        t.hash_names(np.frombuffer(bytearray(b"".join(texts) + b"\0"), np.uint8), ends, hashes)
        self.groups = np.sort(hashes)

    def _new_buffer(self, size: int) -> _Buffer:
        """A buffer for ``size`` bytes of records."""
        data = np.empty((size + size + size // 2 + 4 * k.SPARE) // 2 * 2, np.uint8)
        return _Buffer(
            data=data,
            wide=data.view(np.uint16),
            room=(size + 1) // 2 * 2,
            columns=np.zeros((r.COLUMNS, self._rows), np.int64),
            numbers=np.zeros((r.NUMBERS, self._rows), np.int32),
            mapping=np.zeros(self._rows, np.uint8),
        )

    @property
    def _now(self) -> _Buffer:
        return self._ring[self._turn]

    @property
    def position(self) -> int:
        """Offset in the stream of the first byte not yet taken."""
        return self.base + int(self.state[r.POSITION])

    @property
    def left(self) -> int:
        """Bytes in the buffer that are not yet taken."""
        return self._filled - int(self.state[r.POSITION])

    @property
    def status(self) -> int:
        """Where the last :meth:`split` stopped: NEED_MORE, FULL or BROKEN of :mod:`dsqc.kernels.bam`."""
        return int(self.state[r.STATUS])

    @property
    def record_size(self) -> int:
        """Bytes of the record at :attr:`position`, with its size; of the size alone where that is not whole."""
        start = int(self.state[r.POSITION])
        return 4 + (int(self._now.data[start : start + 4].view(np.int32)[0]) if self.left >= 4 else 0)

    def split(self) -> int:
        """Take records out of the buffer; their number."""
        now = self._now
        k.split_alignments(
            now.data,
            now.wide,
            self._filled,
            self._pairs,
            self.references,
            self._ends,
            self.groups,
            now.columns,
            now.numbers,
            now.mapping,
            self._last_name,
            self._keys,
            self.sums,
            self.tally,
            self.counts,
            self.places,
            self.state,
        )
        return int(self.state[r.ROWS])

    def batch(self, rows: int, first_record: int) -> ReadBatch:
        """The ``rows`` records that :meth:`split` took, valid until its buffer's next turn."""
        self._delivering = True
        now = self._now
        columns, numbers = now.columns, now.numbers

        def column(index: int) -> NDArray[np.int64]:
            return columns[index, :rows]

        def number(index: int) -> NDArray[np.int32]:
            return numbers[index, :rows]

        return ReadBatch(
            data=now.data,
            name_start=column(r.NAME_START),
            name_end=column(r.NAME_END),
            sequence_start=column(r.SEQUENCE_START),
            quality_start=column(r.QUALITY_START),
            length=column(r.LENGTH),
            first_record=first_record,
            flag=number(r.FLAG),
            alignment=AlignmentColumns(
                records=now.data,
                record_start=column(r.RECORD_START),
                record_end=column(r.RECORD_END),
                reference_id=number(r.REFERENCE),
                position=number(r.PLACE),
                mapping_quality=now.mapping[:rows],
                mate_reference_id=number(r.MATE_REFERENCE),
                mate_position=number(r.MATE_PLACE),
                template_length=number(r.TEMPLATE_LENGTH),
                cigar_start=column(r.CIGAR_START),
                cigar_count=column(r.CIGAR_COUNT),
                tags_start=column(r.TAGS_START),
                reference_lengths=self.references,
            ),
        )

    def fill(self, needed: int = 0) -> None:
        """Move what is left to the front of a buffer that nobody reads, and fill that behind it.

        Args:
            needed: bytes that the buffer then has room for.
        """
        start = int(self.state[r.POSITION])
        left = self._filled - start
        rest = self._now.data[start : self._filled]
        if self._delivering:
            self._turn = (self._turn + 1) % len(self._ring)
            self._delivering = False
        if max(needed, left) > self._now.room:  # a buffer before it may have grown
            self._ring[self._turn] = self._new_buffer(max(needed, left) + self._size)
        target = self._now.data[: self._now.room]
        target[:left] = rest  # of the same buffer where there is one: numpy copies as if through a third place
        self.base += start
        self.state[r.POSITION] = 0
        self.state[r.ROOM] = len(target)
        self._filled = left
        while len(target) - self._filled >= (1 if self._filled <= max(left, needed) else LEAST):
            put = self._inflow.fill(target[self._filled :])
            if not put:
                self.ended = True
                return
            self._filled += put

    def take_header(self) -> tuple[str, list[tuple[str, int]]] | None:
        """What follows the magic bytes: the header's text and the list of references; None where it is not whole."""
        text = self.take(self._take_number())
        number = -1 if text is None else self._take_number()
        if text is None or number < 0:
            return None
        listed: list[tuple[str, int]] = []
        for _ in range(number):
            name = self.take(self._take_number())
            length = self.take(4) if name is not None else None
            if name is None or length is None:
                return None
            listed.append((_text(name), int.from_bytes(length, "little", signed=True)))
        return _text(text), listed

    def _take_number(self) -> int:
        found = self.take(4)
        return -1 if found is None else int.from_bytes(found, "little", signed=True)

    def take(self, size: int) -> bytes | None:
        """The next ``size`` bytes; None where they are not there, or too many for a header."""
        if not 0 <= size <= LONGEST_RECORD:
            return None
        if self.left < size and not self.ended:
            self.fill(size)
        start = int(self.state[r.POSITION])
        if self.left < size:
            return None
        self.state[r.POSITION] = start + size
        return self._now.data[start : start + size].tobytes()


def _text(stored: bytes) -> str:
    return stored.rstrip(b"\0").decode("utf-8", "backslashreplace")
