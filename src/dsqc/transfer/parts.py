"""Parts of a file: how it is cut, and the journal of what of it has arrived and is on the disk.

``<part>.spans`` stands beside an unfinished file. Its first line says what the file is copied from; every other line
is one span: offset, length and CRC-32 of bytes that were on the disk before the line was written. Whatever is torn,
lost or wrong in it costs another reading of the source and never a wrong byte: a span counts only when the bytes that
stand on the disk give its checksum again.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from dsqc.artefact import atomic_file, write_fault
from dsqc.transfer.sinks import SEGMENT_BYTES
from dsqc.transfer.sources import Entry

PART_BYTES = 16 << 20
"""Least bytes of one request. At 100 MB/s it takes 0.16 s, several times a long round trip (0.03 s to the other end of
the country, 0.2 s to another continent), and eight of them fill a line; fewer bytes pay more round trips, more bytes
leave the last parts of a file to few connections."""
MOST_PARTS = 4096
"""Parts of one file: larger files get larger parts, so that a file of 1 TB needs 4,096 requests and not 60,000."""
_FORMAT = 1


def part_size(size_bytes: int) -> int:
    """Bytes of the parts of a file of ``size_bytes``: a multiple of the segments that sinks write."""
    least = -(-size_bytes // MOST_PARTS)
    return max(PART_BYTES, -(-least // SEGMENT_BYTES) * SEGMENT_BYTES)


def cut(begin: int, end: int, size_bytes: int) -> list[tuple[int, int]]:
    """``[begin, end)`` of a file of ``size_bytes`` as parts ``(offset, length)``."""
    step = part_size(size_bytes)
    return [(offset, min(step, end - offset)) for offset in range(begin, end, step)]


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``[offset, offset + length)`` that were on the disk, and their CRC-32.

    ``is_old``: an earlier run wrote them, so they are believed only when the checksum agrees.
    """

    offset: int
    length: int
    crc32: int
    is_old: bool = False

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Origin:
    """What a part file is copied from; spans of another origin are worth nothing."""

    source: str
    source_name: str
    version: str
    size_bytes: int

    @classmethod
    def of(cls, source: str, entry: Entry) -> "Origin":
        """The origin of ``entry`` at ``source``."""
        return cls(source, entry.name, entry.version, entry.size_bytes)


class PartJournal:
    """The journal of one unfinished file, at ``path``. One thread at a time."""

    def __init__(self, path: Path, origin: Origin) -> None:
        self.path = path
        self.origin = origin
        self._file: IO[bytes] | None = None

    def read(self) -> tuple[list[Span], bool]:
        """Spans of this origin by offset, without overlaps; and whether the journal speaks of another origin."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            return [], False
        except OSError as error:
            raise write_fault(self.path, error) from error
        head = _parse(lines[0])
        if head != self._head():
            return [], isinstance(head, dict) and head.get("format") == _FORMAT
        spans: dict[int, Span] = {}
        for line in lines[1:]:
            span = _to_span(_parse(line), self.origin.size_bytes)
            if span:
                spans.setdefault(span.offset, span)
        return _without_overlaps(spans.values()), False

    def add(self, span: Span) -> None:
        """Write down a span whose bytes are on the disk already.

        Raises:
            StorageFault: the disk refused.
        """
        try:
            if self._file is None:
                self._begin([])
                self._file = self.path.open("ab", buffering=0)
            # A line of its own even behind one that a full disk tore.
            self._file.write(b"\n" + _to_line(span))
            os.fdatasync(self._file.fileno())
        except OSError as error:
            raise write_fault(self.path, error) from error

    def rewrite(self, spans: Iterable[Span]) -> None:
        """Have exactly ``spans`` in the journal."""
        self.close()
        self._begin(spans)
        self._file = self.path.open("ab", buffering=0)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, spans: Iterable[Span]) -> None:
        with atomic_file(self.path) as file:
            file.write(json.dumps(self._head(), ensure_ascii=False).encode("utf-8", "surrogatepass"))
            for span in spans:
                file.write(b"\n" + _to_line(span))

    def _head(self) -> dict[str, object]:
        return {"format": _FORMAT, **asdict(self.origin)}


def holes(spans: Iterable[Span], size_bytes: int) -> list[tuple[int, int]]:
    """What ``spans`` (by offset, without overlaps) leave open of a file, as ``(begin, end)``."""
    found, at = [], 0
    for span in spans:
        if span.offset > at:
            found.append((at, span.offset))
        at = span.end
    if at < size_bytes:
        found.append((at, size_bytes))
    return found


def _to_line(span: Span) -> bytes:
    return json.dumps([span.offset, span.length, f"{span.crc32:08x}"]).encode()


def _parse(line: bytes) -> object:
    with contextlib.suppress(ValueError):
        return json.loads(line.decode("utf-8", "surrogatepass"))
    return None


def _to_span(row: object, size_bytes: int) -> Span | None:
    match row:
        case [int(offset), int(length), str(digits)] if len(digits) == 8 and 0 <= offset < offset + length:
            end = offset + length
            is_whole = offset % SEGMENT_BYTES == 0 and (end == size_bytes or end % SEGMENT_BYTES == 0)
            with contextlib.suppress(ValueError):
                return Span(offset, length, int(digits, 16), True) if is_whole and end <= size_bytes else None
    return None


def _without_overlaps(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: span.offset):
        if not kept or span.offset >= kept[-1].end:
            kept.append(span)
    return kept
