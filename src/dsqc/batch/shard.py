"""One shard: its jobs, as many at a time as it has threads, each in a process of its own; what stands is not redone.

A job that fails by our fault does not stop the others: the shard goes on, and ends with a fault so that the scheduler
tries it again, with more memory. In the last attempt such jobs are given up: the shard ends well, the batch goes on,
and `dsqc batch status` names them.
"""

import contextlib
import fcntl
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from dsqc import logs
from dsqc.artefact import read_json, write_fault, write_json
from dsqc.batch.events import EventKind, EventReader, EventWriter
from dsqc.batch.jobs import BatchOptions, command_of, note_options
from dsqc.batch.layout import StageJob
from dsqc.batch.plan import PlannedSubmission, Shard
from dsqc.batch.queue import Deaths, JobQueue
from dsqc.batch.slots import Slots
from dsqc.batch.workers import Command, Ended, Worker, cpu_seconds_of, ended, memory_of, preload, read_bytes_of, start
from dsqc.errors import ExitCode, SystemFault

LOOK_SECONDS = 0.5
"""How often memory is looked at, and a slot that was taken is asked for again."""
WORD_SECONDS = 30.0
"""How often a running job is told of."""
STOP_SECONDS = 1.5
"""How long jobs may take to end when the shard is told to stop; the scheduler does not wait much longer."""
JOBS_SHARE = 0.85
"""Share of a shard's memory that is its jobs'; the rest is the shard's own, Snakemake's and the scheduler's."""
SLOTS = "slots"
MOST_THREADS = 2
"""A file is read by one thread and measured by another; more would wait."""
SURE_DEATHS = 2
"""Whole attempts that a job must have ended before it is given up untried."""


@dataclass(frozen=True, slots=True)
class ShardOptions:
    """How a shard runs.

    Attributes:
        command: what runs ``dsqc ARGUMENTS`` in a process that has been forked for it.
        work: working directory of the batch.
        threads: jobs at a time.
        attempt: which attempt this is, from 1.
        attempts: how many there are; in the last one, jobs that fail are given up.
        memory_mib: what the shard may take (:data:`JOBS_SHARE` of it is the jobs'); 0 for as much as there is.
        transfer_slots: transfers at a time over all shards; 0 for any number.
        scratch: node-local directory for temporary files; ``None`` takes ``DSQC_SCRATCH``, ``SLURM_TMPDIR``, or the
            system's.
        batch: what every stage is called with.
    """

    command: Command
    work: Path
    threads: int = 1
    attempt: int = 1
    attempts: int = 1
    memory_mib: int = 0
    transfer_slots: int = 0
    scratch: Path | None = None
    batch: BatchOptions = field(default_factory=BatchOptions)

    @property
    def is_last(self) -> bool:
        """Whether no attempt follows."""
        return self.attempt >= self.attempts


@dataclass(slots=True)
class ShardResult:
    """How the jobs of a shard ended.

    Attributes:
        done, skipped: how many were done now, and before.
        failed: to be tried again.
        given_up: failed in the last attempt, or in a way that no attempt mends.
        blocked: how many did not begin, because what they need failed.
    """

    done: int = 0
    skipped: int = 0
    failed: list[StageJob] = field(default_factory=list)
    given_up: list[StageJob] = field(default_factory=list)
    blocked: int = 0

    @property
    def exit_code(self) -> ExitCode:
        """1 where another attempt is wanted."""
        return ExitCode.FAULT if self.failed else ExitCode.DONE

    def to_dict(self, shard: str) -> dict[str, Any]:
        """Content of the file that says that the shard has ended."""
        given_up = [{"stage": job.stage, "submission": job.submission, "run": job.run} for job in self.given_up]
        return {"schema_version": "1.0", "shard": shard, "given_up": given_up, "blocked": self.blocked}


Costs = Mapping[StageJob, tuple[float, int]]
"""Seconds and bytes that the plan expects of each job."""


def read_shard(work: Path, name: str) -> tuple[Shard, dict[str, PlannedSubmission], Costs]:
    """What shard ``name`` of the plan in ``work`` does.

    Raises:
        SystemFault: there is none, or it is of another version.
    """
    found = read_json(work / "shards" / f"{name}.json")
    try:
        submissions = [PlannedSubmission.from_dict(row) for row in found["submissions"]]
        costs = {StageJob(*row[:6]): (float(row[6]), int(row[7])) for row in found["costs"]}
        return Shard.from_dict(found["shard"]), {item.name: item for item in submissions}, costs
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SystemFault(f"Shard {name} is not of this version.", hint="Run `dsqc batch plan` again.") from error


def run_shard(name: str, options: ShardOptions) -> ShardResult:
    """Do what shard ``name`` has left to do. May be killed at any moment and called again.

    Changes into the working directory: jobs name their files relative to it.

    Raises:
        SystemFault: the shard cannot be read, or the working directory cannot be written.
        KeyboardInterrupt: it was told to stop; its jobs have ended.
    """
    os.chdir(options.work)
    work = Path()
    with _sole(work / "shards" / f".{name}.lock"):
        return _run_alone(name, options, work)


@contextlib.contextmanager
def _sole(path: Path) -> Iterator[None]:
    """Wait until no other attempt at the shard is at work, wherever it runs, and keep others waiting.

    A killed Snakemake leaves shards behind; a node that Slurm has given up may still be there. The lock is let go of
    when the last process of such an attempt has ended.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logs.logger().warning("another attempt at this shard is at work: waiting", lock=str(path))
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise write_fault(path, error) from error
    try:
        yield
    finally:
        os.close(descriptor)


def _run_alone(name: str, options: ShardOptions, work: Path) -> ShardResult:
    shard, submissions, costs = read_shard(work, name)
    (work / shard.end).unlink(missing_ok=True)
    note_options(work, options.batch)
    expected = {"predicted_seconds": shard.predicted_seconds, "bytes": shard.bytes}
    begun = time.monotonic()
    with EventWriter(work, shard.id, options.attempt) as events:
        events.write(EventKind.SHARD_STARTED, **expected)
        code, message = ExitCode.FAULT, ""
        try:
            result = _Run(shard, submissions, costs, options, events).to_its_end()
            code = result.exit_code
            if code is ExitCode.DONE:
                write_json(work / shard.end, result.to_dict(shard.id))
        except BaseException as error:
            message = f"{type(error).__name__}: {error}"[:500]
            raise
        finally:
            took = {"seconds": round(time.monotonic() - begun, 3), "cpu_seconds": round(sum(os.times()[:4]), 3)}
            events.write(EventKind.SHARD_ENDED, exit_code=int(code), message=message, **took, **expected)
    return result


class _Run:
    """One attempt at one shard, in its working directory."""

    def __init__(
        self,
        shard: Shard,
        submissions: Mapping[str, PlannedSubmission],
        costs: Costs,
        options: ShardOptions,
        events: EventWriter,
    ) -> None:
        self.submissions, self.costs, self.options, self.events = submissions, costs, options, events
        self.log = logs.logger(shard=shard.id, attempt=options.attempt)
        earlier = EventReader(Path()).new() if options.attempt > 1 else []
        deaths = Deaths.of([item for item in earlier if item.shard == shard.id and item.process != os.getpid()])
        seconds = {job: cost[0] for job, cost in costs.items()}
        self.queue = JobQueue(shard, submissions, Path(), seconds, deaths)
        self.result = ShardResult(skipped=len(self.queue.standing))
        self.workers: dict[int, Worker] = {}
        self.slots = _slots(options)
        self.stop: list[int] = []
        self.environment: dict[str, str] = {}
        self.looked = 0.0

    def to_its_end(self) -> ShardResult:
        """Run jobs until none is left that could run."""
        for job in self.queue.standing:
            self.events.write(EventKind.SKIPPED, **self._about(job))
        self.log.info("shard starts", jobs=len(self.queue), done_before=self.result.skipped)
        if self.options.is_last:
            for job in self.queue.killers(max(SURE_DEATHS, self.options.attempts - 1)):
                self.queue.drop(job)
                self._give_up(job, "It ended every earlier attempt of its shard (out of memory, or a node that died).")
        if any(True for _ in self.queue.available()):
            preload()
        with _scratch(self.options.scratch) as self.environment, _listening(self.stop):
            while self._start_what_can() or self.workers:
                self._wait()
        self.result.blocked = len(self.queue)
        counts = {"failed": len(self.result.failed), "given_up": len(self.result.given_up)}
        self.log.info("shard ends", done=self.result.done, blocked=self.result.blocked, **counts)
        return self.result

    def _start_what_can(self) -> bool:
        """Start jobs on free threads; whether one is left that could begin once a slot is free."""
        taken: set[str] = set()
        while True:
            free = self.options.threads - sum(worker.threads for worker in self.workers.values())
            if free < 1 or any(self.queue.is_suspect(worker.job) for worker in self.workers.values()):
                return False
            fit = (job for job in self.queue.available() if job.stage not in taken and not self._must_wait(job))
            ready = list(islice(fit, free + 1))
            if not ready:
                return bool(taken)
            job = ready[0]
            slots = self.slots.get(job.stage)
            held = slots.take() if slots else None
            if slots and held is None:
                taken.add(job.stage)
                continue
            threads = min(MOST_THREADS, max(1, free // len(ready))) if job.stage == "qc" else 1
            self._start(job, threads, [held] if held is not None else [])

    def _must_wait(self, job: StageJob) -> bool:
        """What may have killed an earlier attempt runs alone."""
        return bool(self.workers) and self.queue.is_suspect(job)

    def _start(self, job: StageJob, threads: int, held: list[int]) -> None:
        # What a job made before says nothing any more; what is under its name is whole or not there.
        if not job.file:
            Path(job.output).unlink(missing_ok=True)
        arguments = command_of(job, self.submissions[job.submission], self.options.batch, threads)
        seconds, size = self.costs.get(job, (0.0, 0))
        self.queue.begin(job)
        pid = start(self.options.command, arguments, Path(job.log), f"dsqc {job.stage}", self.environment)
        self.workers[pid] = Worker(pid, job, threads, seconds, size, held)
        self.events.write(EventKind.STARTED, process=pid, **self._about(job))

    def _about(self, job: StageJob) -> dict[str, Any]:
        seconds, size = self.costs.get(job, (0.0, 0))
        about = {"stage": job.stage, "submission": job.submission, "run": job.run, "file": job.file, "part": job.part}
        return about | {"log": job.log, "predicted_seconds": seconds, "bytes": size}

    def _wait(self) -> None:
        """Until a job ends, or it is time to look; then see to those that have ended."""
        signal.sigtimedwait({signal.SIGCHLD}, LOOK_SECONDS if self.workers else LOOK_SECONDS / 5)
        if self.stop:
            self._stop()
        for item in ended(self.workers):
            self._end(item)
        now = time.monotonic()
        if now - self.looked >= LOOK_SECONDS:
            self.looked = now
            self._look(now)

    def _end(self, item: Ended) -> None:
        job, code = item.worker.job, item.exit_code
        well = code == 0 and all(Path(name).exists() for name in job.outputs)
        told = self._about(job) | {
            "process": item.worker.pid,
            "seconds": round(item.seconds, 3),
            "cpu_seconds": round(item.cpu_seconds, 3),
            "memory_mib": item.memory_mib,
        }
        self.queue.end(job, well=well)
        if well:
            self.result.done += 1
            self.events.write(EventKind.DONE, **told)
            return
        reason = _reason(item)
        self.events.write(EventKind.FAILED, exit_code=code or ExitCode.FAULT, message=reason, **told)
        self.log.warning("a job failed", stage=job.stage, submission=job.submission, run=job.run, reason=reason)
        # What was called wrongly is wrong in every attempt: a source that does not exist, a run that is not there.
        if self.options.is_last or code == ExitCode.USAGE:
            self._give_up(job, reason)
        else:
            self.result.failed.append(job)

    def _give_up(self, job: StageJob, reason: str) -> None:
        self.result.given_up.append(job)
        self.events.write(EventKind.GIVEN_UP, message=reason, **self._about(job))
        if not Path(job.log).exists():
            _last_words(job, reason)

    def _look(self, now: float) -> None:
        """Keep memory within its bound, and tell of jobs that take long."""
        limit = self.options.memory_mib * JOBS_SHARE * 2**20
        sizes = {worker.pid: memory_of(worker.pid) for worker in self.workers.values()} if limit else {}
        for pid, size in sizes.items():
            self.workers[pid].peak_bytes = max(self.workers[pid].peak_bytes, size)
        if limit and sum(sizes.values()) > limit:
            pid = max(sizes, key=lambda item: sizes[item])
            used, allowed = sizes[pid] // 2**20, int(limit / 2**20)
            self.workers[pid].kill(f"out of memory: it took {used} MiB, all jobs of the shard may take {allowed} MiB")
        for worker in self.workers.values():
            if now - worker.told >= WORD_SECONDS:
                worker.told = now
                told = self._about(worker.job) | {
                    "process": worker.pid,
                    "bytes": read_bytes_of(worker.pid),
                    "seconds": round(now - worker.begun, 3),
                    "cpu_seconds": round(cpu_seconds_of(worker.pid), 3),
                    "memory_mib": round(sizes.get(worker.pid, 0) / 2**20, 1),
                }
                self.events.write(EventKind.PROGRESS, **told)

    def _stop(self) -> None:
        """End every job: the next attempt goes on."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            deadline = time.monotonic() + STOP_SECONDS
            while self.workers and time.monotonic() < deadline:
                for item in ended(self.workers):
                    told = {"exit_code": -signal.SIGTERM, "message": "The shard was told to stop."}
                    self.events.write(EventKind.FAILED, **self._about(item.worker.job), **told)
                time.sleep(0.02)
        raise KeyboardInterrupt


def _reason(item: Ended) -> str:
    """One line that says why a job failed: its own last words, or what killed it."""
    job, code = item.worker.job, item.exit_code
    if code < 0:
        why = item.worker.ended_by_us or f"it was killed by signal {-code} ({signal.Signals(-code).name})"
        if code == -signal.SIGKILL and not item.worker.ended_by_us:
            why += "; the system does so where memory runs out"
        _last_words(job, f"{why[:1].upper()}{why[1:]}.")
        return why
    with contextlib.suppress(OSError):
        lines = Path(job.log).read_text(encoding="utf-8", errors="replace").splitlines()
        words = [line for line in lines if line.startswith("dsqc ")] or lines
        if words:
            return words[-1][:500]
    return f"exit code {code}" if code else "it ended well without its outputs"


def _last_words(job: StageJob, text: str) -> None:
    """Say in the log of a job what it could not say itself, as it says things."""
    path = Path(job.log)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(f"dsqc {job.stage}: {text}\n")


def _slots(options: ShardOptions) -> dict[str, Slots]:
    """What bounds the stages over all nodes.

    The embedded catalog takes one process at a time: SQLite's own locks do not hold between nodes of a network file
    system. Its lock lies beside it, so that batches that share a station share it. PostgreSQL takes any number.
    """
    from dsqc.catalog.database import sqlite_file
    from dsqc.station import load_station

    slots = {}
    if options.transfer_slots:
        slots["transfer"] = Slots(Path(SLOTS), "transfer", options.transfer_slots)
    embedded = sqlite_file(load_station(Path(options.batch.station) if options.batch.station else None))
    if embedded is not None:
        slots["register"] = Slots(embedded.parent, f"{embedded.name}.register", 1)
    return slots


@contextlib.contextmanager
def _scratch(wanted: Path | None) -> Iterator[dict[str, str]]:
    """A directory of this shard for temporary files of its jobs, on a disk of the node; gone with the shard."""
    place = wanted or os.environ.get("DSQC_SCRATCH") or os.environ.get("SLURM_TMPDIR")
    try:
        made = tempfile.TemporaryDirectory(prefix="dsqc-shard-", dir=place, ignore_cleanup_errors=True)
    except OSError as error:
        raise SystemFault(
            f"No scratch on {os.uname().nodename}: {error.filename}: {error.strerror}.",
            hint="Set DSQC_SCRATCH to a directory on a disk of every node that this user may write.",
        ) from error
    with made as name:
        yield {"TMPDIR": name}


@contextlib.contextmanager
def _listening(stop: list[int]) -> Iterator[None]:
    """Note SIGINT and SIGTERM in ``stop``; have the end of a child wake :meth:`_Run._wait`."""

    def note(number: int, _frame: FrameType | None) -> None:
        stop.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        for number, handler in before.items():
            signal.signal(number, handler)
