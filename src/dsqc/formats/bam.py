"""BAM: proven BGZF blocks to batches of reads, every record checked by a kernel."""

from collections.abc import Generator

import numpy as np

from dsqc.findings import FindingLog
from dsqc.formats import texts
from dsqc.formats.alignment import LONGEST_RECORD, AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header, parse_header
from dsqc.formats.texts import fill
from dsqc.formats.walk import BUFFER, ROWS, Walk
from dsqc.model import FileFormat


class BamSource(AlignmentSource):
    """Records of a BAM file.

    Args:
        buffer: bytes of records unpacked at once.
        rows: records in a batch at most.
    """

    def __init__(self, reader: BlockReader, log: FindingLog, *, buffer: int = BUFFER, rows: int = ROWS) -> None:
        super().__init__(reader, log, FileFormat.BAM)
        self._walk = Walk(iter(reader), buffer=buffer, rows=rows)

    def _read(self) -> Generator[ReadBatch, None, None]:
        if self._read_header():
            yield from self._records()

    def _take(self, size: int) -> bytes | None:
        """The next ``size`` bytes; None (and a finding) where they are not there."""
        found = self._walk.take(size) if size <= LONGEST_RECORD else None
        if found is None:
            self.damaged = True
            if not self._reader.faults:
                self._take_header(Header(faults=[(0, texts.ENDLESS_HEADER, texts.BAM_HEADER)]))
        return found

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
        self._walk.references = np.array([length for _name, length in listed], np.int64)
        return True
