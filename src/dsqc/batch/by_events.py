"""How the jobs of a batch stand by its events, and which of them are slow or failed."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.batch.advice import advice
from dsqc.batch.events import EventKind
from dsqc.batch.items import Item, ItemKey, Items
from dsqc.batch.layout import STAGES, StageJob
from dsqc.batch.plan import PlannedSubmission
from dsqc.batch.states import JobState, planned_jobs
from dsqc.language import Text

MOST_SLOW = 10
MOST_FAILED = 50
"""Failed items that are told in full; their number is always told."""
LAST_LINES = 5
TAIL_BYTES = 4000
_STATES = {
    EventKind.DONE: JobState.DONE,
    EventKind.SKIPPED: JobState.DONE,
    EventKind.FAILED: JobState.FAILED,
    EventKind.GIVEN_UP: JobState.GIVEN_UP,
}
_PARTS_SAY = (JobState.GIVEN_UP, JobState.RUNNING, JobState.FAILED)
"""What one part of a file says of its run, the weightiest first."""


@dataclass(frozen=True, slots=True)
class SlowItem:
    """One of the items that take or took longest."""

    key: ItemKey
    state: JobState
    seconds: float
    predicted_seconds: float
    host: str
    job: str

    def to_dict(self) -> dict[str, Any]:
        """An item of ``slowest`` in ``status.schema.json``."""
        return {
            **self.key._asdict(),
            "state": self.state.value,
            "seconds": round(self.seconds, 1),
            "predicted_seconds": round(self.predicted_seconds, 1),
            "host": self.host,
            "job": self.job,
        }


@dataclass(frozen=True, slots=True)
class FailedItem:
    """An item that failed or was given up. ``lines`` are the last ones of its log."""

    key: ItemKey
    state: JobState
    attempt: int
    exit_code: int
    message: str
    log: str
    lines: tuple[str, ...]
    advice: Text

    def to_dict(self) -> dict[str, Any]:
        """An item of ``failed`` in ``status.schema.json``."""
        return {
            **self.key._asdict(),
            "state": self.state.value,
            "attempt": self.attempt,
            "exit_code": self.exit_code,
            "message": self.message,
            "log": self.log,
            "last_lines": list(self.lines),
            "advice": self.advice.en,
            "advice_ko": self.advice.ko,
        }


@dataclass(slots=True)
class EventEye:
    """Looks at what the events add up to.

    Attributes:
        work: working directory, for the logs.
        items: what the events add up to.
        living: names of the event files whose writer still works.
    """

    work: Path
    items: Items
    living: set[str]
    interrupted: int = 0
    _parts: dict[ItemKey, list[Item]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for key, item in self.items.items.items():
            if key.part:
                self._parts[key._replace(part=0)].append(item)
            if self._was_interrupted(item):
                self.interrupted += 1

    def jobs(self, planned: PlannedSubmission) -> Iterator[tuple[StageJob, JobState]]:
        """Every job with its state. What an earlier stage has not (again) done, no later stage has done either."""
        ready, stage, all_done = True, STAGES[0], True
        for job in planned_jobs(planned):
            if job.stage != stage:
                stage, ready = job.stage, ready and all_done
            state = self._job(job) if ready else JobState.WAITING
            all_done = all_done and state is JobState.DONE
            yield job, state

    def _job(self, job: StageJob) -> JobState:
        key = ItemKey(job.stage, job.submission, job.run)
        item, parts = self.items.items.get(key), self._parts.get(key, ())
        latest = max((part.time for part in parts), default=0.0)
        if item is not None and item.time >= latest:
            return self.state(item)
        states = {self.state(part) for part in parts}
        return next((state for state in _PARTS_SAY if state in states), JobState.WAITING)

    def state(self, item: Item) -> JobState:
        """How it stands; what a dead process had begun waits to be begun again."""
        known = _STATES.get(item.kind)
        if known is not None:
            return known
        return JobState.RUNNING if item.writer in self.living else JobState.WAITING

    def _was_interrupted(self, item: Item) -> bool:
        return item.kind in (EventKind.STARTED, EventKind.PROGRESS) and item.writer not in self.living

    def slowest(self, now: float) -> tuple[SlowItem, ...]:
        """Those that run longest, then those that took longest."""
        running, done = [], []
        for key, item in self.items.items.items():
            state = self.state(item)
            if state is JobState.RUNNING:
                running.append((now - (item.began or item.time), key, item))
            elif state is JobState.DONE and item.seconds:
                done.append((item.seconds, key, item))
        found = sorted(running, reverse=True, key=_longest)[:MOST_SLOW]
        found += sorted(done, reverse=True, key=_longest)[: MOST_SLOW - len(found)]
        return tuple(self._slow(seconds, key, item) for seconds, key, item in found)

    def _slow(self, seconds: float, key: ItemKey, item: Item) -> SlowItem:
        writer = self.items.writers[item.writer]
        return SlowItem(key, self.state(item), seconds, item.predicted_seconds, writer.host, writer.job)

    def failed(self) -> tuple[int, tuple[FailedItem, ...]]:
        """How many items failed or were given up, and the latest of them with the end of their log."""
        kinds = (EventKind.FAILED, EventKind.GIVEN_UP)
        found = [(key, item) for key, item in self.items.items.items() if item.kind in kinds]
        found.sort(key=lambda pair: (pair[1].kind is EventKind.FAILED, -pair[1].time, pair[0]))
        return len(found), tuple(self._failed(key, item) for key, item in found[:MOST_FAILED])

    def _failed(self, key: ItemKey, item: Item) -> FailedItem:
        lines = last_lines(self.work / item.log) if item.log else ()
        told = advice(item, lines)
        return FailedItem(
            key, self.state(item), item.attempt, item.exit_code, item.message, item.log, tuple(lines), told
        )


def _longest(row: tuple[float, ItemKey, Item]) -> tuple[float, ItemKey]:
    return row[0], row[1]


def last_lines(log: Path, most: int = LAST_LINES) -> tuple[str, ...]:
    """The last lines of a log that say anything; none where it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple([line.rstrip() for line in text.splitlines() if line.strip()][-most:])
