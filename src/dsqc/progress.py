"""Who is told how files travel: nobody, a terminal (``dsqc.cli``), or whoever reads JSON lines.

For what the station fetches and for what a submitter sends; needs no package besides the standard library.
"""

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import Any, TextIO

from dsqc.pacing import Window

SCHEMA_VERSION = "1.0"
MEASURE_S = 5.0
"""The rate is measured over so many seconds: connections begin slowly."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is still to travel. ``basis`` of the rate: limit, earlier (an earlier run's), measured, or unknown (0)."""

    files: int
    size_bytes: int
    rate: float
    basis: str

    @property
    def seconds(self) -> float | None:
        """How long it takes at that rate."""
        return self.size_bytes / self.rate if self.rate else None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. ``state``: done, findings, failed (the rest can be had by the same command) or interrupted."""

    state: str
    files: int
    copied: int
    failed: int
    left: int
    left_bytes: int
    fetched_bytes: int
    seconds: float
    reason: str = ""


class Progress:
    """Told how the transfer goes; this one keeps it to itself. Threads take turns to tell."""

    def plan(self, files: int, size_bytes: int) -> None:
        """So many files and bytes more are to be fetched."""

    def estimate(self, estimate: Estimate) -> None:
        """How long that will take, before the first byte and again when a rate has been measured."""

    def begin(self, name: str, size_bytes: int, resumed_bytes: int) -> None:
        """``name`` begins to travel; an earlier run left ``resumed_bytes`` of it."""

    def advance(self, name: str, size_bytes: int) -> None:
        """Bytes of ``name`` that arrived; negative where they have to travel again."""

    def part(self, name: str, offset: int, length: int) -> None:
        """These bytes of ``name`` are written and will not travel again."""

    def retry(self, name: str, reason: str) -> None:
        """Something of ``name`` did not come, and is tried again."""

    def stalled(self, name: str, reason: str) -> None:
        """A connection said nothing for too long and was given up."""

    def changed(self, name: str) -> None:
        """``name`` is not what it was at the source: what had come of it is thrown away."""

    def damaged(self, name: str, length: int) -> None:
        """So many bytes of ``name`` are not what the source has, or not what was written: they travel again."""

    def waiting(self, seconds: float, windows: Sequence[Window]) -> None:
        """Nothing travels at this time of day; it goes on in so many seconds."""

    def finish(self, name: str) -> None:
        """``name`` stands in the inbox."""

    def fail(self, name: str, reason: str) -> None:
        """``name`` does not come in this run."""

    def end(self, ending: Ending) -> None:
        """Nothing more will be told."""


class InTurns(Progress):
    """Lets threads tell one after the other, and says once that all of them wait."""

    def __init__(self, listeners: Sequence[Progress]) -> None:
        self._listeners = listeners
        self._lock = RLock()
        self._silent_until = 0.0

    def _tell(self, method: str, *values: Any) -> None:
        with self._lock:
            for listener in self._listeners:
                getattr(listener, method)(*values)

    def plan(self, files: int, size_bytes: int) -> None:
        self._tell("plan", files, size_bytes)

    def estimate(self, estimate: Estimate) -> None:
        self._tell("estimate", estimate)

    def begin(self, name: str, size_bytes: int, resumed_bytes: int) -> None:
        self._tell("begin", name, size_bytes, resumed_bytes)

    def advance(self, name: str, size_bytes: int) -> None:
        self._tell("advance", name, size_bytes)

    def part(self, name: str, offset: int, length: int) -> None:
        self._tell("part", name, offset, length)

    def retry(self, name: str, reason: str) -> None:
        self._tell("retry", name, reason)

    def stalled(self, name: str, reason: str) -> None:
        self._tell("stalled", name, reason)

    def changed(self, name: str) -> None:
        self._tell("changed", name)

    def damaged(self, name: str, length: int) -> None:
        self._tell("damaged", name, length)

    def waiting(self, seconds: float, windows: Sequence[Window]) -> None:
        with self._lock:
            now = time.monotonic()
            if now >= self._silent_until:
                self._silent_until = now + seconds
                self._tell("waiting", seconds, windows)

    def finish(self, name: str) -> None:
        self._tell("finish", name)

    def fail(self, name: str, reason: str) -> None:
        self._tell("fail", name, reason)

    def end(self, ending: Ending) -> None:
        self._tell("end", ending)


class Gauge(Progress):
    """Counts what the others are told: for the estimate that follows from the rate, and for the end.

    Args:
        tell: told the estimate as soon as a rate has been measured.
    """

    def __init__(self, tell: Callable[[Estimate], None]) -> None:
        self._tell = tell
        self._begun = time.monotonic()
        self._first_byte_at = 0.0
        self._is_measured = False
        self.files = self.planned_bytes = self.arrived_bytes = self.fetched_bytes = 0
        self.copied = self.failed = 0

    def plan(self, files: int, size_bytes: int) -> None:
        """More to come."""
        self.files += files
        self.planned_bytes += size_bytes

    def advance(self, name: str, size_bytes: int) -> None:
        """Count, and look at the clock."""
        now = time.monotonic()
        self._first_byte_at = self._first_byte_at or now
        self.arrived_bytes += size_bytes
        self.fetched_bytes += max(size_bytes, 0)
        seconds = now - self._first_byte_at
        if not self._is_measured and seconds >= MEASURE_S:
            self._is_measured = True
            left = max(0, self.planned_bytes - self.arrived_bytes)
            files = max(0, self.files - self.copied - self.failed)
            self._tell(Estimate(files, left, self.fetched_bytes / seconds, "measured"))

    def finish(self, name: str) -> None:
        """One more stands in the inbox."""
        self.copied += 1

    def fail(self, name: str, reason: str) -> None:
        """One more does not come."""
        self.failed += 1

    def ending(self, state: str, reason: str = "") -> Ending:
        """How it stands now that it ends."""
        return Ending(
            state=state,
            files=self.files,
            copied=self.copied,
            failed=self.failed,
            left=max(0, self.files - self.copied - self.failed),
            left_bytes=max(0, self.planned_bytes - self.arrived_bytes),
            fetched_bytes=self.fetched_bytes,
            seconds=round(time.monotonic() - self._begun, 3),
            reason=reason,
        )


class EventLines(Progress):
    """Writes each event as one JSON object a line (``schemas/reports/transfer_event.schema.json``).

    Single blocks are no events: a file begins, its parts arrive, it is done.
    """

    def __init__(self, file: TextIO, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._now = now

    def plan(self, files: int, size_bytes: int) -> None:
        self._write("plan", files=files, size_bytes=size_bytes)

    def estimate(self, estimate: Estimate) -> None:
        seconds = estimate.seconds
        self._write(
            "estimate",
            files=estimate.files,
            size_bytes=estimate.size_bytes,
            rate=round(estimate.rate),
            basis=estimate.basis,
            seconds=None if seconds is None else round(seconds, 1),
        )

    def begin(self, name: str, size_bytes: int, resumed_bytes: int) -> None:
        self._write("begin", file=name, size_bytes=size_bytes, resumed_bytes=resumed_bytes)

    def part(self, name: str, offset: int, length: int) -> None:
        self._write("part", file=name, offset=offset, length=length)

    def retry(self, name: str, reason: str) -> None:
        self._write("retry", file=name, reason=reason)

    def stalled(self, name: str, reason: str) -> None:
        self._write("stalled", file=name, reason=reason)

    def changed(self, name: str) -> None:
        self._write("changed", file=name)

    def damaged(self, name: str, length: int) -> None:
        self._write("damaged", file=name, length=length)

    def waiting(self, seconds: float, windows: Sequence[Window]) -> None:
        self._write("waiting", seconds=round(seconds), windows=[str(window) for window in windows])

    def finish(self, name: str) -> None:
        self._write("done", file=name)

    def fail(self, name: str, reason: str) -> None:
        self._write("failed", file=name, reason=reason)

    def end(self, ending: Ending) -> None:
        self._write("end", **asdict(ending))

    def _write(self, event: str, **values: Any) -> None:
        when = self._now().isoformat(timespec="milliseconds")
        row = {"schema_version": SCHEMA_VERSION, "event": event, "time": when, **values}
        # A full disk or a reader that went away costs the events, not the transfer.
        with contextlib.suppress(OSError, ValueError):
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._file.flush()
