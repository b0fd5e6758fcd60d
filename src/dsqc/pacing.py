"""How fast bytes may travel: one limit over all connections of a process."""

import threading
import time

SMALLEST_SLICE = 4 << 10
LARGEST_SLICE = 256 << 10
SLICES_PER_S = 20
"""A paced connection sends about so many pieces a second: even enough for a line that others share."""


class Pacer:
    """A token bucket that holds no more than one slice: no bursts after a pause. Used by many threads.

    Args:
        bytes_per_s: the limit over all; 0 for none.
    """

    def __init__(self, bytes_per_s: float = 0) -> None:
        self.bytes_per_s = bytes_per_s
        self._lock = threading.Lock()
        self._free_at = 0.0

    def slice_of(self, size: int) -> int:
        """How many of ``size`` bytes should be sent in one piece."""
        if not self.bytes_per_s:
            return min(size, 1 << 20)
        return min(size, max(SMALLEST_SLICE, min(LARGEST_SLICE, int(self.bytes_per_s / SLICES_PER_S))))

    def reserve(self, size: int) -> float:
        """Take the time that ``size`` bytes need; the seconds to wait before they are sent."""
        if not self.bytes_per_s:
            return 0.0
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._free_at)
            self._free_at = begin + size / self.bytes_per_s
        return begin - now
