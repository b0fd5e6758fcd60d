"""Digests and counts of a file while it travels."""

import hashlib
import threading
from collections.abc import Callable

from dsqc.listing import Digests
from dsqc.sending.destination import Whole


class Hashes:
    """Digests of a file while it is read in order; MD5s of its parts come from other threads.

    The MD5 of the whole is taken only where somebody asks for it: it is the slowest of all and proves nothing that
    SHA-256 and the MD5s of the parts do not.
    """

    def __init__(self, *, with_md5: bool) -> None:
        self.md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None
        self.sha256 = hashlib.sha256()
        self.part_md5s: dict[int, bytes] = {}

    def add(self, data: bytes) -> None:
        """The next bytes of the file."""
        self.sha256.update(data)
        if self.md5:
            self.md5.update(data)

    def whole(self, size_bytes: int) -> Whole:
        """What it came to."""
        ordered = tuple(self.part_md5s[number] for number in sorted(self.part_md5s))
        md5 = self.md5.hexdigest() if self.md5 else ""
        return Whole(Digests(size_bytes, md5, self.sha256.hexdigest()), ordered)


class Counter:
    """Bytes of one file that are at the far end, told on; ``undo`` takes them back."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance
        self._lock = threading.Lock()
        self.total = 0

    def __call__(self, number: int) -> None:
        with self._lock:
            self.total += number
        self._advance(number)

    def undo(self) -> None:
        """They have to travel again."""
        with self._lock:
            total, self.total = self.total, 0
        self._advance(-total)


def md5_of(data: bytes | memoryview) -> bytes:
    """The MD5 of ``data``."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def whole_of(data: bytes) -> Whole:
    """Digests of something small."""
    md5 = md5_of(data)
    return Whole(Digests(len(data), md5.hex(), hashlib.sha256(data).hexdigest()), (md5,))
