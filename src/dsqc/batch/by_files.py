"""How the jobs of a batch stand by their outputs and logs: for a batch whose jobs wrote no events."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsqc.batch.layout import STAGES, StageJob
from dsqc.batch.plan import PlannedSubmission
from dsqc.batch.states import JobState, planned_jobs


@dataclass(frozen=True, slots=True)
class FileEye:
    """Looks at files alone.

    Attributes:
        work: working directory.
        running: whether a run is under way.
        interrupted: whether the last run was killed or stopped.
    """

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


def _names_fault(log: Path, stage: str) -> bool:
    """Whether the command reported a fault: it is the last thing it does, in a line that starts with its name."""
    with log.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4000))
        tail = file.read().decode("utf-8", "replace")
    return any(line.startswith((f"dsqc {stage}:", "Traceback (", f"usage: dsqc {stage}")) for line in tail.splitlines())
