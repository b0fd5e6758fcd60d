"""Streams of bytes as kernels want them: whole records in one array, with room behind."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

BUFFER = 1 << 22
"""Bytes that are at hand at once; grows to the longest record."""
_FIRST = 1 << 16
LONGEST = 1 << 28
"""Bytes of one record, or of a header."""
SPARE = 64
"""Bytes behind the data that kernels may read."""

Blocks = Iterable[bytes | memoryview]


class TooLong(Exception):
    """A record, or a header, is longer than ``LONGEST``."""


class ByteWindow:
    """The part of a stream that is at hand: data[place:end].

    Args:
        blocks: the stream.
    """

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = iter(blocks)
        self.data: NDArray[np.uint8] = np.zeros(_FIRST + SPARE, np.uint8)
        self.place = 0
        self.end = 0

    def more(self) -> bool:
        """Get more of the stream, at least one byte; false at its end.

        Raises:
            TooLong: what is at hand and not used grows beyond all bounds.
        """
        rest = self.end - self.place
        if rest > LONGEST:
            raise TooLong
        self.data[:rest] = self.data[self.place : self.end].copy()
        self.place, self.end = 0, rest
        got = False
        while self.end < max(BUFFER // 2, rest + 1):
            block = next(self._blocks, None)
            if block is None:
                break
            self._append(block)
            got = got or len(block) > 0
        return got

    def _append(self, block: bytes | memoryview) -> None:
        needed = self.end + len(block) + SPARE
        if needed > len(self.data):
            larger = np.zeros(needed + needed // 2, np.uint8)
            larger[: self.end] = self.data[: self.end]
            self.data = larger
        self.data[self.end : self.end + len(block)] = np.frombuffer(block, np.uint8)
        self.end += len(block)

    def holds_record(self) -> bool:
        """Whether the next BAM record is at hand, whole."""
        rest = self.end - self.place
        size = int.from_bytes(self.data[self.place : self.place + 4].tobytes(), "little")
        return rest >= 4 and rest >= 4 + size

    def append(self, block: bytes) -> None:
        """Put bytes behind what is at hand."""
        self._append(block)

    def take(self, size: int) -> bytes:
        """Exactly ``size`` bytes, fewer only where the stream ends."""
        if size > LONGEST:
            raise TooLong
        while self.end - self.place < size and self.more():
            continue
        found = self.data[self.place : min(self.place + size, self.end)].tobytes()
        self.place += len(found)
        return found


class Digest:
    """SHA-256 and length of what passes."""

    def __init__(self) -> None:
        self._digest = sha256()
        self.size_bytes = 0

    def over(self, blocks: Blocks) -> Iterator[bytes | memoryview]:
        """Pass on ``blocks``."""
        for block in blocks:
            self.add(block)
            yield block

    def add(self, block: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._digest.update(block)
        self.size_bytes += len(block)

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal."""
        return self._digest.hexdigest()


def take_header(window: ByteWindow) -> bytes | None:
    """Magic, text and references of a BAM (SAM specification 4.2), as they stand; None where they are not whole."""
    parts = [window.take(8)]
    if parts[0][:4] != b"BAM\x01" or len(parts[0]) < 8:
        return None
    text = int.from_bytes(parts[0][4:], "little")
    parts.append(window.take(text + 4))
    if len(parts[1]) < text + 4:
        return None
    for _ in range(int.from_bytes(parts[1][-4:], "little")):
        length = window.take(4)
        entry = window.take(int.from_bytes(length, "little") + 4)
        if len(length) < 4 or len(entry) < int.from_bytes(length, "little") + 4:
            return None
        parts += [length, entry]
    return b"".join(parts)
