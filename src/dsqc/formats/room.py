"""Where uncompressed data goes: memory of whoever takes it where that was offered, so that nothing is copied."""

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray

LEAST = 1 << 16
"""Bytes of memory that are worth offering: the data of one BGZF block."""
OWN = 1 << 20
"""Bytes of memory that a room makes where none was offered."""
BLOCK = 1 << 18
"""Bytes of the blocks of decoders that cannot fill memory of others."""
_NONE = np.empty(0, np.uint8)


class Room:
    """Memory that a decoder fills from front to back and hands over, again and again.

    Attributes:
        total: bytes put so far, in all rooms.
    """

    def __init__(self) -> None:
        self.total = 0
        self._out: NDArray[np.uint8] = _NONE
        self._put = 0

    def offer(self, out: NDArray[np.uint8]) -> None:
        """Have the next data put into ``out``. To be called when nothing waits to be handed over."""
        self._out = out

    def withdraw(self) -> None:
        """Have the next data put into memory of the room's own again."""
        self._out = _NONE

    def free(self, least: int) -> NDArray[np.uint8] | None:
        """Where to put the next data, at least ``least`` bytes; None where what was put must be handed over first."""
        if len(self._out) - self._put >= least:
            return self._out[self._put :]
        if self._put:
            return None
        self._out = np.empty(max(OWN, least), np.uint8)
        return self._out

    def put(self, size: int) -> None:
        """Say that ``size`` bytes were put at the beginning of what is free."""
        self._put += size
        self.total += size

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits to be handed over."""
        return not self._put

    def hand_over(self) -> memoryview:
        """What was put since the last time; valid as long as it is held, or until what was offered is used again."""
        found = self._out.data[: self._put]
        self._out, self._put = _NONE, 0
        return found


class Inflow:
    """Uncompressed data as buffers take it: each is filled from its front.

    Args:
        blocks: the data.
        room: where whoever makes the blocks puts them; None where it has no room that could be offered.
    """

    def __init__(self, blocks: Iterator[bytes | memoryview], room: Room | None = None) -> None:
        self._blocks = blocks
        self._room = room
        self._rest = memoryview(b"")

    def fill(self, out: NDArray[np.uint8]) -> int:
        """Put the next data at the beginning of ``out`` (uint8, not empty).

        Returns:
            Bytes put: as many as are at hand, 0 only at the end of the data. What is left of a buffer is not worth
            asking for where it is less than LEAST: it would be filled by copying.
        """
        if not self._rest:
            if self._room is not None and len(out) >= LEAST:
                self._room.offer(out)
            block = memoryview(next(self._blocks, b""))
            if cast("object", block.obj) is out:
                return len(block)
            if self._room is not None:
                self._room.withdraw()
            self._rest = block
        size = min(len(out), len(self._rest))
        out[:size] = np.frombuffer(self._rest[:size], np.uint8)
        self._rest = self._rest[size:]
        return size
