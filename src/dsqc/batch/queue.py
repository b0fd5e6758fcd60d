"""Which job of a shard comes next: the stages of a submission after each other, its runs beside each other."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsqc.batch.events import Event, EventKind
from dsqc.batch.jobs import is_done, is_ready, jobs_of
from dsqc.batch.layout import STAGES, StageJob
from dsqc.batch.plan import PlannedSubmission, Shard


@dataclass(slots=True)
class Deaths:
    """How often jobs ended without a word in earlier attempts.

    Attributes:
        alone: a job's process was killed.
        with_shard: the whole shard was killed while the job ran.
    """

    alone: Counter[StageJob] = field(default_factory=Counter)
    with_shard: Counter[StageJob] = field(default_factory=Counter)

    @classmethod
    def of(cls, events: list[Event]) -> "Deaths":
        """Out of the events of one shard, in their order. What was done once has not killed anything."""
        found = cls()
        running: set[StageJob] = set()
        for event in events:
            if event.kind is EventKind.SHARD_STARTED:
                # Whatever ran when the shard began anew was never heard of again.
                found.with_shard.update(running)
                running.clear()
            if not event.stage:
                continue
            job = StageJob(event.stage, event.submission, event.run)
            if event.kind is EventKind.STARTED:
                running.add(job)
            elif event.kind is not EventKind.PROGRESS:
                running.discard(job)
            if event.kind is EventKind.FAILED and event.exit_code == -9:
                found.alone[job] += 1
            elif event.kind in (EventKind.DONE, EventKind.SKIPPED):
                del found.alone[job], found.with_shard[job]
        found.with_shard.update(running)
        return found

    def __getitem__(self, job: StageJob) -> int:
        return self.alone[job] + self.with_shard[job]


@dataclass(slots=True)
class _Line:
    """The jobs that one submission has left, stage by stage, and how many of them run."""

    name: str
    stages: list[list[StageJob]]
    runs: tuple[str, ...]
    running: int = 0
    failed: bool = False


class JobQueue:
    """The jobs of a shard that are left to do.

    What is suspected of having killed an earlier attempt comes last, and runs alone.
    """

    def __init__(
        self,
        shard: Shard,
        submissions: Mapping[str, PlannedSubmission],
        work: Path,
        seconds: Mapping[StageJob, float],
        deaths: Deaths,
    ) -> None:
        self._work, self._deaths = work, deaths
        self.standing: list[StageJob] = []
        """Jobs that were done before."""
        self.given_up: list[StageJob] = []
        of: dict[str, list[StageJob]] = {}
        for job in jobs_of(shard, submissions):
            of.setdefault(job.submission, []).append(job)
        lines = []
        for name, jobs in of.items():
            stages = list(self._left(jobs, submissions[name].runs))
            if stages:
                lines.append(_Line(name, stages, submissions[name].runs))
        size = {line.name: sum(seconds.get(job, 0.0) for job in _all(line)) for line in lines}
        lines.sort(key=lambda line: (max(deaths[job] for job in _all(line)), -size[line.name], line.name))
        self._lines = {line.name: line for line in lines}

    def _left(self, jobs: list[StageJob], runs: tuple[str, ...]) -> Iterator[list[StageJob]]:
        """By stage, what is not done; what comes after something that is not done is not done either."""
        ready = True
        for stage in STAGES:
            of_stage = [job for job in jobs if job.stage == stage]
            left = [job for job in of_stage if not (ready and is_done(job, self._work, runs))]
            kept = set(left)
            self.standing += [job for job in of_stage if job not in kept]
            if left:
                ready = False
                yield sorted(left, key=lambda job: self._deaths[job])

    def __len__(self) -> int:
        """Jobs that have not begun."""
        return sum(len(stage) for line in self._lines.values() for stage in line.stages)

    def available(self) -> Iterator[StageJob]:
        """Jobs that could begin now, the first to begin first."""
        for line in self._lines.values():
            if line.stages and line.stages[0] and (line.stages[0][0].stage == "qc" or not line.running):
                for job in line.stages[0]:
                    if is_ready(job, self._work, line.runs):
                        yield job

    def is_suspect(self, job: StageJob) -> bool:
        """Whether it runs alone."""
        return self._deaths[job] > 0

    def begin(self, job: StageJob) -> None:
        """``job`` runs now."""
        line = self._lines[job.submission]
        line.stages[0].remove(job)
        line.running += 1

    def end(self, job: StageJob, *, well: bool) -> None:
        """``job`` has ended. Where it did not end well, what comes after it in its submission is not begun."""
        line = self._lines[job.submission]
        line.running -= 1
        self._settle(line, failed=not well)

    def drop(self, job: StageJob) -> None:
        """``job`` is not tried."""
        line = self._lines[job.submission]
        for stage in line.stages:
            if job in stage:
                stage.remove(job)
        self._settle(line, failed=True)

    def _settle(self, line: _Line, *, failed: bool) -> None:
        line.failed = line.failed or failed
        while line.stages and not line.stages[0] and not line.running and not line.failed:
            line.stages.pop(0)

    def killers(self, deaths: int) -> list[StageJob]:
        """Jobs that whole attempts ended with so often."""
        return [job for line in self._lines.values() for job in _all(line) if self._deaths.with_shard[job] >= deaths]


def _all(line: _Line) -> list[StageJob]:
    return [job for stage in line.stages for job in stage]
