"""What the events of a batch add up to: how every item stands, who wrote last, how much was done in which minute.

Adding is commutative: whoever reads the files of two nodes in another order, or a part of them today and the rest
tomorrow, comes to the same. What counts of an item is its latest event; of two of the same moment the later kind.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from dsqc.batch.events import Event, EventKind

RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventKind.PLANNED,
            EventKind.STARTED,
            EventKind.PROGRESS,
            EventKind.FAILED,
            EventKind.GIVEN_UP,
            EventKind.SKIPPED,
            EventKind.DONE,
        )
    )
}
"""Which of two events of the same moment is the later one."""
_DONE = (EventKind.DONE, EventKind.SKIPPED)
_SHARD_KINDS = (EventKind.SHARD_STARTED, EventKind.SHARD_ENDED)


class ItemKey(NamedTuple):
    """One piece of work: a stage of a submission; of ``qc`` one run, or one part of a file of a run."""

    stage: str
    submission: str
    run: str = ""
    part: int = 0


@dataclass(slots=True)
class Item:
    """What the latest event of an item told; ``began`` is when it last started (seconds since 1970, 0 for never)."""

    kind: EventKind
    time: float
    writer: str
    began: float = 0.0
    shard: str = ""
    attempt: int = 0
    bytes: int = 0
    """Stored bytes, once it is done."""
    seconds: float = 0.0
    predicted_seconds: float = 0.0
    exit_code: int = 0
    message: str = ""
    log: str = ""


@dataclass(slots=True)
class Writer:
    """A process that wrote events: one attempt at one shard.

    ``cpu_ms`` are the processor milliseconds of its jobs, ``memory_mib`` the highest memory of any one of them;
    ``ended``, ``seconds`` and ``exit_code`` stand once it has ended.
    """

    shard: str
    attempt: int
    host: str
    process: int
    job: str = ""
    began: float = 0.0
    last: float = 0.0
    ended: float = 0.0
    seconds: float = 0.0
    cpu_ms: int = 0
    memory_mib: float = 0.0
    predicted_seconds: float = 0.0
    exit_code: int = 0

    @classmethod
    def of(cls, name: str, event: Event) -> Self:
        """Out of the name of its file, ``<shard>.<attempt>.<host>.<process>.jsonl``; a host may have dots."""
        shard, _, rest = name.removesuffix(".jsonl").partition(".")
        attempt, _, rest = rest.partition(".")
        host, _, process = rest.rpartition(".")
        if not (attempt.isdecimal() and process.isdecimal()):
            return cls(event.shard, event.attempt, event.host, event.process, event.job)
        return cls(shard, int(attempt), host, int(process), event.job)


@dataclass(slots=True)
class Items:
    """The sum of all events.

    Attributes:
        items: how every item stands.
        writers: every writer, by the name of its file.
        minutes: what was done in each minute (of seconds since 1970): stored bytes transferred, stored bytes
            measured, and milliseconds that the plan had predicted for it.
    """

    items: dict[ItemKey, Item] = field(default_factory=dict)
    writers: dict[str, Writer] = field(default_factory=dict)
    minutes: dict[int, list[int]] = field(default_factory=dict)

    def add(self, name: str, event: Event) -> None:
        """Take in an event of the file ``name``."""
        writer = self.writers.get(name)
        if writer is None:
            writer = self.writers[name] = Writer.of(name, event)
        writer.last = max(writer.last, event.time)
        writer.began = min(writer.began or event.time, event.time)
        writer.job = writer.job or event.job
        self.minutes.setdefault(int(event.time // 60), [0, 0, 0])
        if event.kind in _SHARD_KINDS:
            self._add_shard(writer, event)
        elif event.stage:
            writer.memory_mib = max(writer.memory_mib, event.memory_mib)
            if event.kind in (EventKind.DONE, EventKind.FAILED):
                writer.cpu_ms += round(event.cpu_seconds * 1000)
            self._add_item(name, event)

    def _add_shard(self, writer: Writer, event: Event) -> None:
        writer.predicted_seconds = max(writer.predicted_seconds, event.predicted_seconds)
        if event.kind is EventKind.SHARD_ENDED:
            writer.ended, writer.exit_code, writer.seconds = event.time, event.exit_code, event.seconds

    def _add_item(self, name: str, event: Event) -> None:
        if event.kind is EventKind.DONE:
            minute = self.minutes[int(event.time // 60)]
            minute[0] += event.bytes if event.stage == "transfer" else 0
            minute[1] += event.bytes if event.stage == "qc" else 0
            minute[2] += round(event.predicted_seconds * 1000)
        key = ItemKey(event.stage, event.submission, event.run, event.part)
        item = self.items.get(key)
        if item is None:
            item = self.items[key] = Item(event.kind, event.time, name)
        # Of these an event may say nothing, so that the latest one need not be who knows.
        item.began = max(item.began, event.time if event.kind is EventKind.STARTED else 0.0)
        item.bytes = max(item.bytes, event.bytes if event.kind in _DONE else 0)
        item.predicted_seconds = max(item.predicted_seconds, event.predicted_seconds)
        if (event.time, RANK[event.kind], name) < (item.time, RANK[item.kind], item.writer):
            return
        item.kind, item.time, item.writer = event.kind, event.time, name
        item.shard, item.attempt, item.exit_code = event.shard, event.attempt, event.exit_code
        item.message, item.log, item.seconds = event.message, event.log, event.seconds

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as small as it can be said plainly."""
        return {
            "items": [[*key, *asdict(item).values()] for key, item in self.items.items()],
            "writers": {name: list(asdict(writer).values()) for name, writer in self.writers.items()},
            "minutes": {str(minute): told for minute, told in self.minutes.items()},
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Self:
        """Back from :meth:`to_dict`.

        Raises:
            KeyError, ValueError, TypeError, AttributeError: it is not that.
        """
        items = {ItemKey(*row[:4]): Item(EventKind(row[4]), *row[5:]) for row in value["items"]}
        writers = {name: Writer(*row) for name, row in value["writers"].items()}
        minutes = {int(minute): [int(one) for one in told] for minute, told in value["minutes"].items()}
        return cls(items, writers, minutes)
