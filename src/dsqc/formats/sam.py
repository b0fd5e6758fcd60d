"""SAM: text to batches of reads, every mandatory field checked (SAM specification 1.4)."""

import re
from collections.abc import Generator, Iterator

from dsqc.findings import FindingLog
from dsqc.formats import texts
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.builder import BatchBuilder
from dsqc.formats.container import BlockReader
from dsqc.formats.header import parse_header
from dsqc.formats.texts import Phrase, fill
from dsqc.model import FileFormat

LONGEST_LINE = 1 << 28
"""Bytes of one line (256 MiB): a file without line ends must not fill the memory."""

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
_TAG = re.compile(rb"[A-Za-z][A-Za-z0-9]:([AifZHB]):.*", re.DOTALL)
_OPERATION = re.compile(rb"([0-9]+)([MIS=X])")
_LIMITS = {b"FLAG": 65535, b"POS": 2147483647, b"MAPQ": 255, b"PNEXT": 2147483647}


class SamSource(AlignmentSource):
    """Records of a SAM file."""

    def __init__(self, reader: BlockReader, log: FindingLog) -> None:
        super().__init__(reader, log, FileFormat.SAM)
        self._line = 0
        self._offset = 0
        self._names: set[bytes] = set()

    def _read(self) -> Generator[ReadBatch, None, None]:
        builder = BatchBuilder(self)
        header: list[str] | None = []
        for line in self._lines():
            if header is not None:
                if line.startswith(b"@"):
                    header.append(line.decode("utf-8", "backslashreplace"))
                    self._offset += len(line) + 1
                    continue
                self._close_header(header)
                header = None
            if not self._add(builder, line):
                break
            self._offset += len(line) + 1
            if builder.is_full:
                yield builder.take()
        if header is not None:
            self._close_header(header)
        if len(builder):
            yield builder.take()

    def _close_header(self, lines: list[str]) -> None:
        self._take_header(parse_header("\n".join(lines)))
        self._names = {name.encode() for name, _length in self._header.references}

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
                self._malformed(texts.ENDLESS_LINE, expected, offset=self._offset, line=self._line + 1)
                return
        if rest and not self._reader.faults:
            self._line += 1
            yield rest.removesuffix(b"\r")

    def _add(self, builder: BatchBuilder, line: bytes) -> bool:
        """Check a record and add it; false (and a finding) where it is malformed: reading ends there."""
        fields = line.split(b"\t")
        fault = self._fault(fields)
        if fault:
            self.record_count += len(builder)  # the findings' record number counts those not yet taken
            self._malformed(*fault, offset=self._offset, size=len(line), line=self._line)
            self.record_count -= len(builder)
            return False
        bases = b"" if fields[9] == b"*" else fields[9]
        qualities = None if fields[10] == b"*" and len(bases) != 1 else fields[10]
        builder.add(fields[0], int(fields[1]), bases, qualities)
        return True

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
            if value not in (b"*", b"=") and self._names and value not in self._names:
                return fill(texts.REFERENCE_IS, value.decode("utf-8", "backslashreplace")), texts.GOOD_REFERENCE
        bases = b"" if fields[9] == b"*" else fields[9]
        if fields[10] != b"*" and len(fields[10]) != len(bases):
            return fill(texts.BASES_QUALITIES, len(bases), len(fields[10])), texts.AS_MANY_QUALITIES
        consumed = sum(int(number) for number, _kind in _OPERATION.findall(fields[5]))
        if fields[5] != b"*" and bases and consumed != len(bases):
            return fill(texts.BASES_CIGAR, len(bases), consumed), texts.GOOD_CIGAR
        return None
