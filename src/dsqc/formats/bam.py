"""BAM: proven BGZF blocks to batches of reads, every record checked by a kernel."""

from collections.abc import Generator, Iterable

from dsqc.crypt4gh import DataPath
from dsqc.findings import FindingLog
from dsqc.formats import texts
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header, parse_header
from dsqc.formats.source import BUFFERS_AHEAD
from dsqc.formats.span_state import AlignmentState
from dsqc.formats.texts import Phrase, fill
from dsqc.formats.walk import BUFFER, ROWS, Walk
from dsqc.model import FileFormat

DAMAGE_CODE = "DSQC-D018"
"""The rule for damage of a BAM's container."""


class BamSource(AlignmentSource):
    """Records of a BAM file.

    Args:
        path: of the file, where it has one.
        buffer: bytes of records unpacked at once.
        rows: records in a batch at most.
        ahead: records are walked in a thread of their own.
    """

    def __init__(
        self,
        reader: BlockReader,
        log: FindingLog,
        *,
        path: DataPath | None = None,
        buffer: int = BUFFER,
        rows: int = ROWS,
        ahead: bool = False,
    ) -> None:
        super().__init__(reader, log, FileFormat.BAM, path, ahead=ahead)
        self._walk = Walk(reader.inflow(), buffer=buffer, rows=rows, buffers=BUFFERS_AHEAD if ahead else 1)

    def _read(self) -> Generator[ReadBatch, None, None]:
        if self._read_header():
            yield from self._records()

    def stand_for(self, reader: BlockReader, parts: Iterable[AlignmentState]) -> None:
        """Take over what the readers of the parts of this file left behind, in order, as if all had been read here.
        The header is read here.

        Args:
            reader: proves what the parts proved together.
        """
        self._read_header()
        self.close()
        self._reader = reader
        for part in parts:
            self._add_part(part)
        self._finish()

    def _read_header(self) -> bool:
        """Read magic, text and the list of references (SAM specification 4.2); false, and a finding, without them."""
        magic = self._walk.take(4)
        if magic is not None and magic != b"BAM\x01":
            self._refuse(1, fill(texts.FILE_BEGINS, repr(magic)), "BAM\\1")
            return False
        found = None if magic is None else self._walk.take_header()
        if found is None:
            self._refuse(0, texts.ENDLESS_HEADER, texts.BAM_HEADER)
            return False
        text, listed = found
        header = parse_header(text)
        if header.references and header.references != listed:
            header.faults.append((1, texts.LISTS_DIFFER, texts.SAME_LISTS))
        self._take_header(header, [length for _name, length in listed])
        return True

    def _refuse(self, line: int, value: Phrase, expected: Phrase) -> None:
        self.damaged = True
        if not self._reader.faults:
            self._take_header(Header(faults=[(line, value, expected)]))
