"""How fast and when bytes may travel: rates, time windows, and waiting that can be stopped."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]I?)?B?(?:/S)?", re.IGNORECASE)
_WINDOW = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
_DAY_MIN = 24 * 60
LONGEST_NAP_S = 30.0
"""A long wait looks at the clock again after so many seconds: clocks are set, and summer time begins."""
_BURST_S = 0.25
"""A bucket holds what its rate gives in so many seconds, so that a pause is not made up for by a burst."""


def parse_size(text: str) -> int:
    """Bytes of ``50M`` (50,000,000), ``50Mi`` (52,428,800) or ``1000``; with or without ``B`` and ``/s``.

    Raises:
        ValueError: it is no size, or nothing at all.
    """
    match = _SIZE.fullmatch(text.strip())
    size = round(float(match[1]) * _UNITS[(match[2] or "").upper()]) if match else 0
    if size < 1:
        raise ValueError(f"{text!r} is no size above zero; write 500K, 50M or 1.5G (bytes; Ki, Mi, Gi count by 1,024)")
    return size


@dataclass(frozen=True, slots=True)
class Window:
    """A time of day, local time, in minutes from midnight; ``end`` is outside. It may run over midnight."""

    begin_min: int
    end_min: int

    @classmethod
    def parse(cls, text: str) -> "Window":
        """The window of ``22:00-06:00``.

        Raises:
            ValueError: it is none, or one of no length.
        """
        match = _WINDOW.fullmatch(text.strip())
        begin, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
        if end > _DAY_MIN or begin == end:
            raise ValueError(f"{text!r} is no time window; write 22:00-06:00 (local time)")
        return cls(begin, end)

    def __str__(self) -> str:
        return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.begin_min, self.end_min))

    def holds(self, now: datetime) -> bool:
        """Whether ``now`` lies in the window."""
        minute = now.hour * 60 + now.minute
        if self.begin_min < self.end_min:
            return self.begin_min <= minute < self.end_min
        return minute >= self.begin_min or minute < self.end_min

    def seconds_until(self, now: datetime) -> float:
        """Seconds from ``now`` until the window opens next; 0 while it is open."""
        if self.holds(now):
            return 0.0
        minute = now.hour * 60 + now.minute
        return (self.begin_min - minute) % _DAY_MIN * 60.0 - now.second - now.microsecond / 1e6


class Stopped(Exception):
    """Somebody asked the work to end while it waited."""


class TokenBucket:
    """A rate over all threads that take from it: ``take`` returns when so many bytes may travel.

    Args:
        rate: bytes a second.
        stop: ends every wait with :class:`Stopped`.
    """

    def __init__(self, rate: int, stop: Event, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._stop = stop
        self._clock = clock
        self._lock = Lock()
        self._free_at = clock()

    def take(self, size_bytes: int) -> None:
        """Wait until ``size_bytes`` more may travel."""
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - _BURST_S) + size_bytes / self.rate
            wait = self._free_at - now
        if wait > 0 and self._stop.wait(wait):
            raise Stopped


class Pacer:
    """A rate and time windows together; without either it lets everything pass.

    Args:
        rate: bytes a second over all threads; 0 for no limit.
        windows: when bytes may travel, local time; none for always.
    """

    def __init__(
        self,
        rate: int = 0,
        windows: Sequence[Window] = (),
        stop: Event | None = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self.stop = stop or Event()
        self.rate = rate
        self.windows = tuple(windows)
        self._now = now
        self._bucket = TokenBucket(rate, self.stop) if rate else None

    def take(self, size_bytes: int) -> None:
        """Wait until ``size_bytes`` more may travel at the limited rate.

        Raises:
            Stopped: the work is to end.
        """
        if self.stop.is_set():
            raise Stopped
        if self._bucket:
            self._bucket.take(size_bytes)

    @property
    def is_open(self) -> bool:
        """Whether bytes may travel at this time of day."""
        return not self.windows or any(window.holds(self._now()) for window in self.windows)

    def seconds_until_open(self) -> float:
        """Seconds until the next window opens; 0 while one is open."""
        now = self._now()
        return min((window.seconds_until(now) for window in self.windows), default=0.0)

    def wait_until_open(self, tell: Callable[[float], None] = lambda _seconds: None) -> None:
        """Wait for the next window; ``tell`` is told once how many seconds that will take, if any.

        Raises:
            Stopped: the work is to end.
        """
        if self.is_open:
            return
        tell(self.seconds_until_open())
        while not self.is_open:
            if self.stop.wait(min(LONGEST_NAP_S, max(0.01, self.seconds_until_open()))):
                raise Stopped
