"""Where a data file can be cut so that its parts are read by different processes: found without reading it all."""

import hashlib
import os
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from isal import igzip_lib, isal_zlib

from dsqc.errors import SystemFault
from dsqc.formats.inflate import IsalError
from dsqc.formats.reads import sniff
from dsqc.language import Text
from dsqc.model import Container, FileFormat

WINDOW = 1 << 20
"""Stored bytes behind a wanted edge in which one is looked for."""
_BLOCKS = 8
"""Blocks in a row that an edge has behind it."""
_SAMPLE = 1 << 12
_SAMPLES = 32
_HEADER = 18
_START, _FIELD = b"\x1f\x8b\x08\x04", b"\x06\x00BC\x02\x00"

NOT_READ_IN_PARTS = Text(
    "only FASTQ and BAM are measured in parts; SAM and CRAM are read from their beginning",
    "FASTQ와 BAM만 나누어 측정합니다. SAM과 CRAM은 처음부터 읽어야 합니다",
)
NOT_CUT = Text(
    "its container has no edges at which reading can begin; BGZF has (bgzip)",
    "컨테이너에 중간부터 읽기 시작할 수 있는 경계가 없습니다. BGZF(bgzip)에는 있습니다",
)


@dataclass(frozen=True, slots=True)
class Span:
    """Some of a file's stored bytes, from one edge of its container to another.

    Attributes:
        number: of this part, from 1.
        of: parts of the file.
        start, stop: stored bytes, ``stop`` not included. A part may be empty.
    """

    number: int
    of: int
    start: int
    stop: int

    @property
    def is_last(self) -> bool:
        """Whether the file ends with it."""
        return self.number == self.of


@dataclass(frozen=True, slots=True)
class Spans:
    """The parts of a file.

    Attributes:
        path: of the file.
        size: its stored bytes.
        identity: what tells this content from another of the same size: digest of samples of its bytes.
        format: FASTQ or BAM; None where the file is not cut.
        container: plain text or BGZF; None where the file is not cut.
        spans: one a part, in order; one alone where the file is not cut.
        reason: why it is not cut; None where it is.
    """

    path: Path
    size: int
    identity: str
    format: FileFormat | None
    container: Container | None
    spans: tuple[Span, ...]
    reason: Text | None = None

    def to_dict(self) -> dict[str, Any]:
        """What a part says of its file."""
        return {"name": self.path.name, "size_bytes": self.size, "identity": self.identity}


def find_spans(path: Path, parts: int) -> Spans:
    """Cut a file into ``parts`` of about the same number of stored bytes; the same file is always cut the same way.

    FASTQ is cut where it is plain text (anywhere: the reader finds the record) or BGZF, BAM where it is BGZF (between
    blocks that prove to be ones: a header, a checksum, more headers behind). All else is one part, and ``reason`` says
    why.

    Raises:
        SystemFault: the file cannot be read.
    """
    file_format, container = sniff(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            identity = _identity(file, size)
            reason = _reason(file_format, container, size)
            edges = [0, size]
            if reason is None:
                wanted = [size * number // parts for number in range(1, parts)]
                found = wanted if container is Container.PLAIN else [_block_edge(file, at, size) for at in wanted]
                edges = [0, *found, size]
    except OSError as error:
        raise SystemFault(f"Reading {path.name} failed: {error.strerror}.", hint="Check the disk.") from error
    spans = tuple(Span(n, len(edges) - 1, low, high) for n, (low, high) in enumerate(pairwise(edges), 1))
    known = None if reason else file_format
    return Spans(path, size, identity, known, None if reason else container, spans, reason)


def _reason(file_format: FileFormat | None, container: Container | None, size: int) -> Text | None:
    if size == 0 or file_format not in (FileFormat.FASTQ, FileFormat.BAM):
        return NOT_READ_IN_PARTS
    plain_text = file_format is FileFormat.FASTQ and container is Container.PLAIN
    return None if plain_text or container is Container.BGZF else NOT_CUT


def _identity(file: BinaryIO, size: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    for number in range(_SAMPLES + 1):
        file.seek(max(size - _SAMPLE, 0) * number // _SAMPLES)
        digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def _block_edge(file: BinaryIO, at: int, size: int) -> int:
    """The first edge of BGZF blocks from ``at`` on; the end of the file where none is near."""
    file.seek(at)
    window = file.read(WINDOW)
    place = window.find(_START)
    while place >= 0:
        if window[place + 10 : place + 16] == _FIELD and _is_edge(file, at + place, size):
            return at + place
        place = window.find(_START, place + 1)
    return size


def _is_edge(file: BinaryIO, at: int, size: int) -> bool:
    """Whether a BGZF block that proves whole stands at ``at``, and others behind it."""
    for number in range(_BLOCKS):
        if at == size:
            return True
        file.seek(at)
        head = file.read(_HEADER)
        if head[:4] != _START or head[10:16] != _FIELD:
            return False
        length = int.from_bytes(head[16:18], "little") + 1
        if length < _HEADER + 10:  # a header and a trailer
            return False
        if number == 0 and not _is_whole(file.read(length - _HEADER)):
            return False
        at += length
    return True


def _is_whole(rest: bytes) -> bool:
    """Whether what stands behind a block's header inflates to what its trailer says."""
    if len(rest) < 10:
        return False
    try:
        block: bytes = igzip_lib.decompress(rest[:-8], flag=igzip_lib.DECOMP_DEFLATE, bufsize=1 << 16)
    except IsalError:
        return False
    return (isal_zlib.crc32(block), len(block)) == struct.unpack("<II", rest[-8:])
