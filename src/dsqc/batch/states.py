"""The states of jobs and submissions, and which jobs a submission has."""

from collections.abc import Iterator
from enum import StrEnum

from dsqc.batch.layout import STAGES, StageJob
from dsqc.batch.plan import PlannedSubmission


class JobState(StrEnum):
    """How one job stands."""

    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    """By a fault of dsqc or of the system; another attempt may follow."""
    GIVEN_UP = "given_up"
    """Failed in every attempt and was set apart, so that the rest goes on."""


class Outcome(StrEnum):
    """How one submission stands; the first four are the states of its receipt."""

    REGISTERED = "registered"
    RETURNED = "returned"
    IN_CURATION = "in_curation"
    REJECTED = "rejected"
    FAILED = "failed"
    RUNNING = "running"
    WAITING = "waiting"


def planned_jobs(planned: PlannedSubmission) -> Iterator[StageJob]:
    """The jobs of one submission, in the order of the stages."""
    for stage in STAGES:
        if stage == "qc":
            yield from (StageJob(stage, planned.name, run) for run in planned.runs)
        else:
            yield StageJob(stage, planned.name)
