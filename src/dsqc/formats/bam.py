"""BAM: proven BGZF blocks to batches of reads, every record checked by a kernel."""

from collections.abc import Generator

import numpy as np

from dsqc.findings import FindingLog
from dsqc.formats import texts
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header, parse_header
from dsqc.formats.texts import fill
from dsqc.kernels import bam as k
from dsqc.model import FileFormat

BUFFER = 1 << 20
"""Bytes of records unpacked at once; grows to the longest record."""
LONGEST_RECORD = 1 << 28
"""Bytes of one record, or of the header (256 MiB)."""
ROWS = 1 << 14
"""Records in a batch at most."""


class BamSource(AlignmentSource):
    """Records of a BAM file."""

    def __init__(self, reader: BlockReader, log: FindingLog, *, buffer: int = BUFFER, rows: int = ROWS) -> None:
        super().__init__(reader, log, FileFormat.BAM)
        self._blocks = iter(reader)
        self._rest = memoryview(b"")
        self._ended = False
        self._data = np.empty(buffer, np.uint8)
        self._filled = 0
        self._base = 0
        self._out = np.empty(2 * buffer, np.uint8)
        self._letters = k.letter_table()
        self._columns = np.zeros((k.COLUMNS, rows), np.int64)
        self._flags = np.zeros(rows, np.int32)
        self._references = np.zeros(0, np.int64)

    def _read(self) -> Generator[ReadBatch, None, None]:
        self._fill(BUFFER)
        if not self._read_header():
            return
        while True:
            self._split()
            self._note_faults(self._base)
            if rows := int(self._state[k.ROWS]):
                yield self._batch(rows)
            if self._state[k.STATUS] == k.BROKEN:
                self.damaged = True
                return
            if self._state[k.STATUS] == k.NEED_MORE and not self._go_on():
                return

    def _split(self) -> None:
        k.split_alignments(
            self._data,
            self._filled,
            self._letters,
            self._references,
            self._out,
            self._columns,
            self._flags,
            self._mates,
            self._counts,
            self._places,
            self._state,
        )

    def _batch(self, rows: int) -> ReadBatch:
        columns = self._columns[:, :rows]
        return ReadBatch(
            data=self._out,
            name_start=columns[k.NAME_START],
            name_end=columns[k.NAME_END],
            sequence_start=columns[k.SEQUENCE_START],
            quality_start=columns[k.QUALITY_START],
            length=columns[k.LENGTH],
            first_record=self.record_count + 1,
            flag=self._flags[:rows],
        )

    def _go_on(self) -> bool:
        """Get the rest of an unfinished record; false at the end of the data."""
        start = int(self._state[k.POSITION])
        left = self._filled - start
        if self._ended:
            if left and not self._reader.faults:
                self._malformed(texts.CUT_DATA, texts.WHOLE_RECORDS, offset=self._base + start)
            return False
        needed = 4
        if left >= 4:
            needed += int(self._data[start : start + 4].view(np.int32)[0])
        if needed > LONGEST_RECORD:
            expected = fill(texts.AT_MOST_BYTES, LONGEST_RECORD)
            self._malformed(fill(texts.RECORD_BYTES, needed), expected, offset=self._base + start)
            return False
        self._fill(needed)
        return True

    def _fill(self, needed: int) -> None:
        """Move what is left to the front and fill the buffer, which then has room for ``needed`` bytes."""
        start = int(self._state[k.POSITION])
        left = self._filled - start
        target = self._data
        if needed > len(self._data):
            target = np.empty(needed + BUFFER, np.uint8)
            self._out = np.empty(2 * len(target), np.uint8)
        target[:left] = self._data[start : self._filled].copy()
        self._data = target
        self._base += start
        self._state[k.POSITION] = 0
        self._filled = left
        while self._filled < len(target):
            if not self._rest:
                self._rest = memoryview(next(self._blocks, b""))
                if not self._rest:
                    self._ended = True
                    return
            part = self._rest[: len(target) - self._filled]
            target[self._filled : self._filled + len(part)] = np.frombuffer(part, np.uint8)
            self._filled += len(part)
            self._rest = self._rest[len(part) :]

    def _take(self, size: int) -> bytes | None:
        """The next ``size`` bytes; None (and a finding) where they are not there."""
        start = int(self._state[k.POSITION])
        if self._filled - start < size <= LONGEST_RECORD and not self._ended:
            self._fill(size)
            start = 0
        if size < 0 or self._filled - start < size:
            self.damaged = True
            if not self._reader.faults:
                self._take_header(Header(faults=[(0, texts.ENDLESS_HEADER, texts.BAM_HEADER)]))
            return None
        self._state[k.POSITION] = start + size
        return self._data[start : start + size].tobytes()

    def _take_number(self) -> int:
        found = self._take(4)
        return -1 if found is None else int.from_bytes(found, "little", signed=True)

    def _read_header(self) -> bool:
        """Read magic, text and the list of references (SAM specification 4.2)."""
        magic = self._take(4)
        if magic is None:
            return False
        if magic != b"BAM\x01":
            self.damaged = True
            self._take_header(Header(faults=[(1, fill(texts.FILE_BEGINS, repr(magic)), "BAM\\1")]))
            return False
        text = self._take(self._take_number())
        if text is None:
            return False
        number = self._take_number()
        listed: list[tuple[str, int]] = []
        for _ in range(number):
            name = self._take(self._take_number())
            length = self._take_number() if name is not None else -1
            if name is None or self.damaged:
                return False
            listed.append((name.rstrip(b"\0").decode("utf-8", "backslashreplace"), length))
        if number < 0:
            return False
        header = parse_header(text.rstrip(b"\0").decode("utf-8", "backslashreplace"))
        if header.references and header.references != listed:
            header.faults.append((1, texts.LISTS_DIFFER, texts.SAME_LISTS))
        self._take_header(header)
        self._references = np.array([length for _name, length in listed], np.int64)
        return True
