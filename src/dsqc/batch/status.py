"""How a batch stands, read from what its jobs left: outputs, logs and receipts. Works while a run is under way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json
from dsqc.batch.layout import PAGE, RUN_LOG, STAGES, StageJob
from dsqc.batch.lock import is_running, was_interrupted
from dsqc.batch.plan import PLAN, PlannedSubmission, read_plan
from dsqc.language import Text


class JobState(StrEnum):
    """How one job stands."""

    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"


class Outcome(StrEnum):
    """How one submission stands; the first four are the states of its receipt."""

    REGISTERED = "registered"
    RETURNED = "returned"
    IN_CURATION = "in_curation"
    REJECTED = "rejected"
    FAILED = "failed"
    RUNNING = "running"
    WAITING = "waiting"


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
    """A whole batch: counts of jobs by stage and state, and every submission in the order of the sheet."""

    running: bool
    stages: dict[str, dict[JobState, int]]
    submissions: tuple[SubmissionStatus, ...]
    page: str = ""
    totals: dict[Outcome, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/status.schema.json``."""
        return {
            "schema_version": "1.0",
            "running": self.running,
            "totals": {outcome.value: self.totals.get(outcome, 0) for outcome in Outcome},
            "stages": [
                {"stage": stage} | {state.value: counts.get(state, 0) for state in JobState}
                for stage, counts in self.stages.items()
            ],
            "report": self.page,
            "run_log": RUN_LOG,
            "submissions": [item.to_dict() for item in self.submissions],
        }


def batch_status(work: Path) -> BatchStatus:
    """Look at the batch in ``work``.

    Raises:
        UsageError: there is none.
    """
    running = is_running(work)
    eye = _Eye(work, running, was_interrupted(work))
    stages: dict[str, Counter[JobState]] = {stage: Counter() for stage in STAGES}
    submissions = []
    for planned in read_plan(work / PLAN).values():
        jobs = list(eye.jobs(planned))
        for job, state in jobs:
            stages[job.stage][state] += 1
        submissions.append(eye.submission(planned, jobs))
    page = PAGE if (work / PAGE).is_file() else ""
    totals = Counter(item.outcome for item in submissions)
    return BatchStatus(
        running, {stage: dict(counts) for stage, counts in stages.items()}, tuple(submissions), page, totals
    )


def planned_jobs(planned: PlannedSubmission) -> Iterator[StageJob]:
    """The jobs of one submission, in the order of the stages."""
    for stage in STAGES:
        if stage == "qc":
            yield from (StageJob(stage, planned.name, run) for run in planned.runs)
        else:
            yield StageJob(stage, planned.name)


def forget_unfinished(work: Path) -> None:
    """Delete the logs of jobs that are not done, so that what a log says belongs to the run under way."""
    for planned in read_plan(work / PLAN).values():
        for job in planned_jobs(planned):
            if not (work / job.output).exists():
                (work / job.log).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Eye:
    work: Path
    running: bool
    interrupted: bool

    def jobs(self, planned: PlannedSubmission) -> Iterator[tuple[StageJob, JobState]]:
        """Every job with its state. What an earlier stage has not (again) done, no later stage has done either."""
        ready, before = True, dict.fromkeys(STAGES, True)
        stage = ""
        for job in planned_jobs(planned):
            if job.stage != stage:
                stage, ready = job.stage, all(before.values())
            state = self._state(job) if ready else JobState.WAITING
            before[stage] = before[stage] and state is JobState.DONE
            yield job, state

    def _state(self, job: StageJob) -> JobState:
        if (self.work / job.output).exists():
            return JobState.DONE
        log = self.work / job.log
        if not log.exists():
            return JobState.WAITING
        if _names_fault(log, job.stage):
            return JobState.FAILED
        if self.running:
            return JobState.RUNNING
        return JobState.WAITING if self.interrupted else JobState.FAILED

    def submission(self, planned: PlannedSubmission, jobs: list[tuple[StageJob, JobState]]) -> SubmissionStatus:
        """One submission out of its jobs and, once it is through, its receipt."""
        for outcome, wanted in ((Outcome.FAILED, JobState.FAILED), (Outcome.RUNNING, JobState.RUNNING)):
            found = next((job for job, state in jobs if state is wanted), None)
            if found:
                log = found.log if outcome is Outcome.FAILED else ""
                return SubmissionStatus(
                    planned.name, outcome, len(planned.runs), found.stage, log=log, note=planned.note
                )
        waiting = next((job for job, state in jobs if state is JobState.WAITING), None)
        if waiting:
            return SubmissionStatus(planned.name, Outcome.WAITING, len(planned.runs), waiting.stage, note=planned.note)
        receipt = read_json(self.work / jobs[-1][0].output)
        return SubmissionStatus(
            planned.name,
            Outcome(receipt["state"]),
            len(planned.runs),
            accession=receipt["accessions"].get("submission") or "",
            reasons=_reasons(receipt["reasons"]),
            note=planned.note,
        )


def _names_fault(log: Path, stage: str) -> bool:
    """Whether the command reported a fault: it is the last thing it does, in a line that starts with its name."""
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4000))
        tail = file.read().decode("utf-8", "replace")
    return any(line.startswith((f"dsqc {stage}:", "Traceback (", f"usage: dsqc {stage}")) for line in tail.splitlines())


def _reasons(reasons: list[dict[str, Any]]) -> tuple[Reason, ...]:
    """One entry a code, with the message of its first finding; the judge puts what decided first."""
    counts: Counter[str] = Counter()
    messages: dict[str, Text] = {}
    for item in reasons:
        counts[item["code"]] += item.get("count", 1)
        messages.setdefault(item["code"], Text(item["message"], item["message_ko"]))
    return tuple(Reason(code, counts[code], text) for code, text in messages.items())
