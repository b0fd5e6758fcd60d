"""What happens in a batch, as it happens: lines that every process of the workflow appends to a file of its own.

One writer a file, so that no two nodes ever append to the same file of a network file system. A line is one JSON object
and is written whole by one call; the last line of a writer that was killed may be torn, and is not read. Readers keep
how far they read (:class:`EventReader`), so looking again costs what came since.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from dsqc.artefact import write_fault

EVENTS = "events"
"""Directory of event files in the working directory: ``<shard>.<attempt>.<host>.<process>.jsonl``."""


class EventKind(StrEnum):
    """What an event tells."""

    PLANNED = "planned"
    SHARD_STARTED = "shard_started"
    SHARD_ENDED = "shard_ended"
    STARTED = "started"
    PROGRESS = "progress"
    DONE = "done"
    SKIPPED = "skipped"
    """Done by an earlier attempt: its output stands."""
    FAILED = "failed"
    """A fault of dsqc or of the system; another attempt follows unless ``GIVEN_UP`` does."""
    GIVEN_UP = "given_up"
    """Failed in every attempt that the plan allows: set apart, so that the rest goes on."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line. Fields that an event has nothing to say of are left out of it.

    Attributes:
        time: seconds since 1970, UTC.
        kind: what it tells.
        stage: ``transfer``, ``validate``, ``qc``, ``judge``, ``register``; empty for shards.
        submission: name in the batch.
        run: key of the run, for ``qc``.
        part: number of the part of a data file that is measured in parts, from 1.
        shard: which shard of the plan.
        attempt: the attempt at the shard, from 1.
        host: node.
        process: process id of whoever did the work.
        job: Slurm's job id.
        bytes: stored bytes read.
        seconds: wall time.
        cpu_seconds: user and system time.
        memory_mib: highest resident memory.
        predicted_seconds: what the plan expected.
        exit_code: of the command; negative where a signal ended it.
        message: one line for people.
        log: the log of the stage, relative to the working directory.
    """

    time: float
    kind: EventKind
    stage: str = ""
    submission: str = ""
    run: str = ""
    part: int = 0
    shard: str = ""
    attempt: int = 0
    host: str = ""
    process: int = 0
    job: str = ""
    bytes: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_mib: float = 0.0
    predicted_seconds: float = 0.0
    exit_code: int = 0
    message: str = ""
    log: str = ""

    def to_json(self) -> str:
        """One line without its end."""
        told = {item.name: getattr(self, item.name) for item in fields(self)}
        return json.dumps({key: value for key, value in told.items() if value or key == "time"}, ensure_ascii=False)

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Self:
        """An event out of a line; keys of a later version are passed over.

        Raises:
            KeyError, ValueError, TypeError, AttributeError: it is none.
        """
        known = {item.name for item in fields(cls)}
        told = {key: item for key, item in value.items() if key in known}
        return cls(**{**told, "time": float(value["time"]), "kind": EventKind(value["kind"])})


class EventWriter:
    """Appends events of one process in one attempt at one shard.

    Use it as a context manager. ``write`` is one system call; nothing is lost when the process is killed after it.

    Raises:
        StorageFault: the file cannot be written (on opening and on every event).
    """

    def __init__(self, work: Path, shard: str, attempt: int) -> None:
        host = os.uname().nodename
        self._common = {
            "shard": shard,
            "attempt": attempt,
            "host": host,
            "process": os.getpid(),
            "job": os.environ.get("SLURM_JOB_ID", ""),
        }
        self.path = work / EVENTS / f"{shard}.{attempt}.{host}.{os.getpid()}.jsonl"
        self._file: IO[bytes]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def write(self, kind: EventKind, **told: Any) -> None:
        """Append one event; ``told`` are attributes of :class:`Event`."""
        event = Event(time=round(time.time(), 3), kind=kind, **{**self._common, **told})
        try:
            self._file.write(event.to_json().encode() + b"\n")
        except OSError as error:
            raise write_fault(self.path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


@dataclass(slots=True)
class EventReader:
    """Reads the events of a batch, and on every later call what came since.

    Attributes:
        work: working directory of the batch.
        offsets: how far each file is read, by its name. Who keeps them goes on from there in another process.
    """

    work: Path
    offsets: dict[str, int] = field(default_factory=dict)

    def new(self) -> list[Event]:
        """Events since the last call, in the order of their time; of one writer, in the order written."""
        found = [event for _writer, event in self.new_by_writer()]
        found.sort(key=lambda event: event.time)
        return found

    def new_by_writer(self) -> Iterator[tuple[str, Event]]:
        """Events since the last call with the name of the file they stand in, a file after the other."""
        directory = self.work / EVENTS
        try:
            with os.scandir(directory) as entries:
                sizes = {item.name: item.stat().st_size for item in entries if item.name.endswith(".jsonl")}
        except FileNotFoundError:
            return
        for name in sorted(sizes):
            if sizes[name] > self.offsets.get(name, 0):
                for event in self._of(directory / name):
                    yield name, event

    def _of(self, path: Path) -> Iterator[Event]:
        before = self.offsets.get(path.name, 0)
        with path.open("rb") as file:
            file.seek(before)
            whole = file.read()
        whole = whole[: whole.rfind(b"\n") + 1]
        self.offsets[path.name] = before + len(whole)
        for line in whole.splitlines():
            try:
                yield Event.from_dict(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # a line of another version, or one that a power cut left full of zeros
