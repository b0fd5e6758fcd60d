"""How a batch stands: by the events of its jobs, by receipts, and by files where there are no events.

Works while a run is under way, after it, after it was killed, and on another node than those that work.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json
from dsqc.batch.alive import living_writers
from dsqc.batch.by_events import EventEye, FailedItem, SlowItem
from dsqc.batch.by_files import FileEye
from dsqc.batch.items import Items
from dsqc.batch.layout import PAGE, RUN_LOG, STAGES, StageJob
from dsqc.batch.lock import is_running, was_interrupted
from dsqc.batch.pace import Pace, pace
from dsqc.batch.plan import PLAN, Plan, PlannedSubmission, Shard, read_plan, read_whole_plan
from dsqc.batch.snapshot import Snapshot, read_snapshot
from dsqc.batch.states import JobState, Outcome, planned_jobs
from dsqc.language import Text

__all__ = [
    "BatchStatus",
    "JobState",
    "Outcome",
    "Reason",
    "StatusReader",
    "SubmissionStatus",
    "batch_status",
    "forget_unfinished",
    "planned_jobs",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """A code that decided against a submission, with how often it was found."""

    code: str
    count: int
    message: Text


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """One submission. ``stage`` is where it stands; empty when it is through. ``log`` is that of a failed job."""

    name: str
    outcome: Outcome
    runs: int
    stage: str = ""
    accession: str = ""
    reasons: tuple[Reason, ...] = ()
    log: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The item of ``status.schema.json``."""
        reasons = [
            {"code": item.code, "count": item.count, "message": item.message.en, "message_ko": item.message.ko}
            for item in self.reasons
        ]
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "runs": self.runs,
            "stage": self.stage,
            "accession": self.accession,
            "reasons": reasons,
            "log": self.log,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """A whole batch: counts of jobs by stage and state, and every submission in the order of the sheet.

    Attributes:
        running: whether anything is under way.
        stages: jobs by stage and state; of ``qc`` a job is a run.
        submissions: in the order of the sheet.
        page: the batch page, relative to the working directory; empty where there is none.
        totals: submissions by outcome.
        time: when it was looked (seconds since 1970).
        interrupted: items that a process which died had begun; they are among the waiting.
        pace: rates, what is left and when it ends.
        slowest: items that run longest, then those that took longest; only of batches with events.
        failed: items that failed or were given up, the latest first; at most ``MOST_FAILED``.
        failed_count: how many there are.
        shards: shards of the plan by state.
    """

    running: bool
    stages: dict[str, dict[JobState, int]]
    submissions: tuple[SubmissionStatus, ...]
    page: str = ""
    totals: dict[Outcome, int] = field(default_factory=dict)
    time: float = 0.0
    interrupted: int = 0
    pace: Pace = field(default_factory=Pace)
    slowest: tuple[SlowItem, ...] = ()
    failed: tuple[FailedItem, ...] = ()
    failed_count: int = 0
    shards: dict[JobState, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/status.schema.json``."""
        return {
            "schema_version": "2.0",
            "time": round(self.time, 3),
            "running": self.running,
            "totals": {outcome.value: self.totals.get(outcome, 0) for outcome in Outcome},
            "stages": [
                {"stage": stage} | {state.value: counts.get(state, 0) for state in JobState}
                for stage, counts in self.stages.items()
            ],
            "shards": {state.value: self.shards.get(state, 0) for state in JobState},
            "interrupted": self.interrupted,
            "pace": self.pace.to_dict(),
            "slowest": [item.to_dict() for item in self.slowest],
            "failed_count": self.failed_count,
            "failed": [item.to_dict() for item in self.failed],
            "efficiency": None,
            "report": self.page,
            "run_log": RUN_LOG,
            "submissions": [item.to_dict() for item in self.submissions],
        }


def batch_status(work: Path) -> BatchStatus:
    """Look at the batch in ``work`` once.

    Raises:
        UsageError: there is none.
    """
    return StatusReader(work).look()


class StatusReader:
    """Looks at a batch again and again; a later look reads what came since.

    Raises:
        UsageError: there is no batch in ``work`` (on looking).
    """

    def __init__(self, work: Path) -> None:
        self.work = work
        self._snapshot: Snapshot | None = None

    @property
    def items(self) -> Items:
        """What the events seen so far add up to."""
        return self._snapshot.items if self._snapshot else Items()

    def look(self) -> BatchStatus:
        """How the batch stands now."""
        plan = read_whole_plan(self.work / PLAN)
        if self._snapshot is None:
            self._snapshot = read_snapshot(self.work)
        else:
            self._snapshot.update()
        now = time.time()
        living = living_writers(self._snapshot.items.writers, now)
        running = is_running(self.work) or bool(living)
        if self._snapshot.items.writers:
            status = self._by_events(plan, self._snapshot, living, now, running=running)
        else:
            eye = FileEye(self.work, running, was_interrupted(self.work))
            status = self._status(plan, eye, now, running=running)
        self._snapshot.save()
        return status

    def _by_events(self, plan: Plan, snapshot: Snapshot, living: set[str], now: float, *, running: bool) -> BatchStatus:
        eye = EventEye(self.work, snapshot.items, living)
        count, failed = eye.failed()
        planned = (self.work / PLAN).stat().st_mtime
        return self._status(
            plan,
            eye,
            now,
            running=running,
            interrupted=eye.interrupted,
            pace=pace(snapshot.items, plan.shards, now, active=running, planned=planned),
            slowest=eye.slowest(now),
            failed=failed,
            failed_count=count,
            shards=_shard_states(plan.shards, snapshot, living, planned),
        )

    def _status(self, plan: Plan, eye: EventEye | FileEye, now: float, *, running: bool, **told: Any) -> BatchStatus:
        stages: dict[str, Counter[JobState]] = {stage: Counter() for stage in STAGES}
        submissions = []
        for planned in plan.submissions:
            jobs = list(eye.jobs(planned))
            for job, state in jobs:
                stages[job.stage][state] += 1
            submissions.append(self._submission(planned, jobs))
        page = PAGE if (self.work / PAGE).is_file() else ""
        totals = Counter(item.outcome for item in submissions)
        counts = {stage: dict(found) for stage, found in stages.items()}
        return BatchStatus(running, counts, tuple(submissions), page, totals, now, **told)

    def _submission(self, planned: PlannedSubmission, jobs: list[tuple[StageJob, JobState]]) -> SubmissionStatus:
        """One submission out of its jobs and, once it is through, its receipt."""
        runs = len(planned.runs)
        states = {state for _job, state in jobs}
        for outcome, wanted in (
            (Outcome.FAILED, JobState.GIVEN_UP),
            (Outcome.FAILED, JobState.FAILED),
            (Outcome.RUNNING, JobState.RUNNING),
        ):
            if wanted in states:
                found = next(job for job, state in jobs if state is wanted)
                log = found.log if outcome is Outcome.FAILED else ""
                return SubmissionStatus(planned.name, outcome, runs, found.stage, log=log, note=planned.note)
        receipt = None if JobState.WAITING in states else self._receipt(planned.name, jobs[-1][0].output)
        if receipt is None:
            waiting = next((job for job, state in jobs if state is JobState.WAITING), jobs[-1][0])
            return SubmissionStatus(planned.name, Outcome.WAITING, runs, waiting.stage, note=planned.note)
        state, accession, reasons = receipt
        told = tuple(Reason(code, count, Text(english, korean)) for code, count, english, korean in reasons)
        return SubmissionStatus(
            planned.name, Outcome(state), runs, accession=accession, reasons=told, note=planned.note
        )

    def _receipt(self, name: str, output: str) -> tuple[str, str, list[Any]] | None:
        """What the receipt says; read once while it does not change. ``None`` where it is gone."""
        path = self.work / output
        try:
            seen = path.stat()
        except FileNotFoundError:
            return None
        snapshot = self._snapshot
        known = snapshot.receipts.get(name) if snapshot else None
        if known is None or known[:2] != [seen.st_mtime_ns, seen.st_size]:
            receipt = read_json(path)
            accession = receipt["accessions"].get("submission") or ""
            known = [seen.st_mtime_ns, seen.st_size, receipt["state"], accession, _reasons(receipt["reasons"])]
            if snapshot:
                snapshot.receipts[name] = known
                snapshot.unsaved += 1
        return known[2], known[3], known[4]


def _shard_states(shards: Iterable[Shard], snapshot: Snapshot, living: set[str], planned: float) -> dict[JobState, int]:
    """Shards by state: what its latest writer says of each."""
    latest: dict[str, tuple[float, str]] = {}
    for name, writer in snapshot.items.writers.items():
        if writer.last >= planned or name in living:
            latest[writer.shard] = max(latest.get(writer.shard, (0.0, "")), (writer.last, name))
    counts: Counter[JobState] = Counter()
    for shard in shards:
        name = latest.get(shard.id, (0.0, ""))[1]
        last = snapshot.items.writers.get(name)
        if name in living:
            counts[JobState.RUNNING] += 1
        elif last is None or not last.ended:
            counts[JobState.WAITING] += 1
        else:
            counts[JobState.FAILED if last.exit_code else JobState.DONE] += 1
    return dict(counts)


def forget_unfinished(work: Path) -> None:
    """Delete the logs of jobs that are not done, so that what a log says belongs to the run under way."""
    for planned in read_plan(work / PLAN).values():
        for job in planned_jobs(planned):
            if not (work / job.output).exists():
                (work / job.log).unlink(missing_ok=True)


def _reasons(reasons: list[dict[str, Any]]) -> list[list[Any]]:
    """One entry a code, with the message of its first finding; the judge puts what decided first."""
    counts: Counter[str] = Counter()
    messages: dict[str, list[str]] = {}
    for item in reasons:
        counts[item["code"]] += item.get("count", 1)
        messages.setdefault(item["code"], [item["message"], item["message_ko"]])
    return [[code, counts[code], *texts] for code, texts in messages.items()]
