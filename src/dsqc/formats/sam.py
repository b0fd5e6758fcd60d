"""SAM: text to BAM records, every field checked (SAM specification 1.4), then the way of all alignments."""

import re
import struct
from collections.abc import Generator, Iterator
from dataclasses import replace

from dsqc.findings import FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.builder import encode
from dsqc.formats.container import BlockReader
from dsqc.formats.header import LONGEST_SEQUENCE, parse_header
from dsqc.formats.room import Inflow
from dsqc.formats.texts import Phrase, fill
from dsqc.formats.walk import BUFFER, ROWS, Walk
from dsqc.model import FileFormat

LONGEST_LINE = 1 << 28
"""Bytes of one line (256 MiB): a file without line ends must not fill the memory."""
_BLOCK = 1 << 16
"""Bytes of records handed on at once."""

_FIELDS = (
    ("QNAME", re.compile(rb"[!-?A-~]{1,254}"), texts.PRINTABLE),
    ("FLAG", re.compile(rb"[0-9]{1,5}"), fill(texts.RANGE, 0, 65535)),
    ("RNAME", re.compile(rb"\*|[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*"), texts.REFERENCE_OR_STAR),
    ("POS", re.compile(rb"[0-9]{1,10}"), fill(texts.RANGE, 0, 2147483647)),
    ("MAPQ", re.compile(rb"[0-9]{1,3}"), fill(texts.RANGE, 0, 255)),
    ("CIGAR", re.compile(rb"\*|([0-9]+[MIDNSHPX=])+"), texts.OPERATIONS),
    (
        "RNEXT",
        re.compile(rb"\*|=|[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*"),
        texts.MATE_REFERENCE,
    ),
    ("PNEXT", re.compile(rb"[0-9]{1,10}"), fill(texts.RANGE, 0, 2147483647)),
    ("TLEN", re.compile(rb"[-+]?[0-9]{1,10}"), texts.A_NUMBER),
    ("SEQ", re.compile(rb"\*|[A-Za-z=.]+"), texts.LETTERS),
    ("QUAL", re.compile(rb"[!-~]+"), texts.QUALITY_STRING),
)
_NUMBER = rb"[-+]?[0-9]+"
_REAL = rb"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?|[-+]?(inf|nan)"
_TAG = re.compile(
    rb"[A-Za-z][A-Za-z0-9]:(A:[!-~]|i:%b|f:(%b)|Z:[^\x00]*|H:([0-9A-F][0-9A-F])*|B:([cCsSiI](,%b)*|f(,(%b))*))"
    % (_NUMBER, _REAL, _NUMBER, _REAL)
)
_OPERATION = re.compile(rb"([0-9]+)([MIS=X])")
_LIMITS = {b"FLAG": 65535, b"POS": 2147483647, b"MAPQ": 255, b"PNEXT": 2147483647}


class SamSource(AlignmentSource):
    """Records of a SAM file.

    Args:
        buffer: bytes of records unpacked at once.
        rows: records in a batch at most.
    """

    def __init__(self, reader: BlockReader, log: FindingLog, *, buffer: int = BUFFER, rows: int = ROWS) -> None:
        super().__init__(reader, log, FileFormat.SAM)
        self._walk = Walk(Inflow(self._encoded()), buffer=buffer, rows=rows)
        self._line = 0
        self._offset = 0
        self._names: dict[bytes, int] = {}
        self._listed = False
        self._marks: list[tuple[int, int]] = []
        self._fault_found: tuple[Location, Phrase, Phrase, int] | None = None

    def _read(self) -> Generator[ReadBatch, None, None]:
        for batch in self._records():
            yield batch
            del self._marks[: len(batch)]
        if self._fault_found:
            place, value, expected, until = self._fault_found
            self._stop_at(replace(place, record=self._parsed + 1), value, expected, until)

    def _place(self, row: int, byte: int) -> Location:
        line, offset = self._marks[row]
        return Location(path=self.name, record=self._parsed + row + 1, line=line, byte_offset=offset)

    def _encoded(self) -> Iterator[bytes]:
        """The records in BAM, some at a time; ends before the first line that is malformed."""
        header: list[str] | None = []
        block = bytearray()
        for line in self._lines():
            if header is not None:
                if line.startswith(b"@"):
                    header.append(line.decode("utf-8", "backslashreplace"))
                    self._offset += len(line) + 1
                    continue
                self._close_header(header)
                header = None
            record = self._encode(line)
            if not record:
                break
            self._marks.append((self._line, self._offset))
            self._offset += len(line) + 1
            block += record
            if len(block) >= _BLOCK:
                yield bytes(block)
                block.clear()
        if header is not None:
            self._close_header(header)
        if block:
            yield bytes(block)

    def _encode(self, line: bytes) -> bytes:
        """A record in BAM; empty where it is malformed: reading ends there."""
        fields = line.split(b"\t")
        fault = self._fault(fields)
        if not fault:
            if not self._listed:
                self._list_names(fields[2], fields[6])
            try:
                return encode(fields, self._names)
            except (ValueError, struct.error):
                fault = fill(texts.FIELDS, len(fields)), texts.GOOD_SIZES
        self._hold(fault, len(line))
        return b""

    def _list_names(self, *names: bytes) -> None:
        """Without @SQ lines every reference is one, and its length is unknown."""
        for name in names:
            if name not in (b"*", b"="):
                self._names.setdefault(name, len(self._names))
        if len(self._names) > len(self._walk.references):
            self._walk.list_references([LONGEST_SEQUENCE] * len(self._names))

    def _hold(self, fault: tuple[Phrase, Phrase], size: int, further: int = 0) -> None:
        """Keep the fault of the line that stands next, until the records before it are delivered."""
        place = Location(path=self.name, line=self._line + further, byte_offset=self._offset)
        self._fault_found = (place, *fault, self._offset + size)

    def _close_header(self, lines: list[str]) -> None:
        self._take_header(parse_header("\n".join(lines)))
        listed = self._header.references
        self._listed = bool(listed)
        self._names = {name.encode(): row for row, (name, _length) in enumerate(listed)}

    def _lines(self) -> Iterator[bytes]:
        """Lines without their ends; one that is too long, or cut by damage of the container, is left out."""
        rest = b""
        for block in self._reader:
            lines = (rest + bytes(block)).split(b"\n")
            rest = lines.pop()
            for line in lines:
                self._line += 1
                yield line.removesuffix(b"\r")
            if len(rest) > LONGEST_LINE:
                expected = fill(texts.AT_MOST_BYTES, LONGEST_LINE)
                self._hold((texts.ENDLESS_LINE, expected), 0, 1)
                return
        if rest and not self._reader.faults:
            self._line += 1
            yield rest.removesuffix(b"\r")

    def _fault(self, fields: list[bytes]) -> tuple[Phrase, Phrase] | None:
        """What is wrong with a record: what was seen, what is allowed."""
        if len(fields) < len(_FIELDS):
            return fill(texts.FIELDS, len(fields)), texts.ELEVEN_FIELDS
        for value, (name, pattern, expected) in zip(fields, _FIELDS, strict=False):
            limit = _LIMITS.get(name.encode())
            if not pattern.fullmatch(value) or (limit is not None and int(value) > limit):
                return f"{name} {value.decode('utf-8', 'backslashreplace')}", expected
        for tag in fields[11:]:
            if not _TAG.fullmatch(tag):
                return fill(texts.TAG_IS, tag.decode("utf-8", "backslashreplace")), fill(texts.SUCH_AS, "NM:i:0")
        for value in (fields[2], fields[6]):
            if value not in (b"*", b"=") and self._listed and value not in self._names:
                return fill(texts.REFERENCE_IS, value.decode("utf-8", "backslashreplace")), texts.GOOD_REFERENCE
        bases = b"" if fields[9] == b"*" else fields[9]
        if fields[10] != b"*" and len(fields[10]) != len(bases):
            return fill(texts.BASES_QUALITIES, len(bases), len(fields[10])), texts.AS_MANY_QUALITIES
        consumed = sum(int(number) for number, _kind in _OPERATION.findall(fields[5]))
        if fields[5] != b"*" and bases and consumed != len(bases):
            return fill(texts.BASES_CIGAR, len(bases), consumed), texts.GOOD_CIGAR
        return None
