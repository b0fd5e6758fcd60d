"""The jobs that a shard is made of, whether each still stands, and the command that does it."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dsqc.artefact import read_json
from dsqc.batch.layout import STAGES, StageJob
from dsqc.batch.plan import PlannedSubmission, Shard, ShardKind, write_if_changed

OPTIONS = "options"
"""Directory with the options of every stage: where one changes, what was made with the old one is made again."""
STAGES_OF = {
    ShardKind.WHOLE: STAGES,
    ShardKind.INTAKE: ("transfer", "validate"),
    ShardKind.MEASURE: ("qc",),
    ShardKind.CLOSE: ("judge", "register"),
}


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What every stage of the batch is called with: absolute paths or empty."""

    station: str = ""
    today: str = ""
    goals: str = ""


def jobs_of(shard: Shard, submissions: Mapping[str, PlannedSubmission]) -> Iterator[StageJob]:
    """The jobs of ``shard``, submission by submission, in the order of the stages.

    Of a submission whose source could not be listed nothing is known but its name: only its transfer is tried.
    """
    stages = STAGES_OF.get(shard.kind, ())
    for item in shard.items:
        planned = submissions[item.submission]
        for stage in stages if planned.reachable else stages[:1]:
            if stage != "qc":
                yield StageJob(stage, item.submission)
            else:
                yield from (StageJob(stage, item.submission, run) for run in ([item.run] if item.run else planned.runs))


def is_ready(job: StageJob, work: Path, runs: tuple[str, ...]) -> bool:
    """Whether everything that ``job`` is made from stands."""
    return all((work / name).exists() for name in job.inputs(runs))


def is_done(job: StageJob, work: Path, runs: tuple[str, ...]) -> bool:
    """Whether the outputs of ``job`` stand and are not older than anything they are made from."""
    made = [_time(work / name) for name in job.outputs]
    if None in made:
        return False
    oldest = min(time for time in made if time is not None)
    needed = [_time(work / name) for name in job.inputs(runs)]
    if None in needed:
        return False
    found = [*needed, *(_time(work / name) for name in job.maybe_inputs)]
    return all(time <= oldest for time in found if time is not None)


def _time(path: Path) -> int | None:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116  half the time of Path.stat, and a batch asks 100,000 times
    except FileNotFoundError:
        return None


def unsettle(work: Path, shards: tuple[Shard, ...], submissions: Mapping[str, PlannedSubmission]) -> int:
    """Take back that a shard has ended where one of its jobs does not stand (any more); returns how many there were.

    A source or an option that changed, a curator's decision, a job that was given up, a result that was deleted: all of
    it shows here, before the graph of jobs is built.
    """
    taken_back = 0
    for shard in shards:
        end = work / shard.end
        if not end.exists():
            continue
        jobs = jobs_of(shard, submissions)
        if not all(is_done(job, work, submissions[job.submission].runs) for job in jobs):
            end.unlink(missing_ok=True)
            taken_back += 1
    return taken_back


def note_options(work: Path, options: BatchOptions) -> None:
    """Write what each stage is called with; a change makes its results old, the first writing does not."""
    told = {
        "transfer": {"station": options.station},
        "validate": {"station": options.station, "today": options.today},
        "qc": {"station": options.station},
        "judge": {"station": options.station, "goals": options.goals},
        "register": {"station": options.station},
    }
    for stage, values in told.items():
        path = work / OPTIONS / f"{stage}.json"
        known = path.exists()
        if write_if_changed(path, {"schema_version": "1.0", **values}) and not known:
            os.utime(path, (0, 0))


def read_options(work: Path) -> BatchOptions:
    """What :func:`note_options` wrote last.

    Raises:
        SystemFault: nothing was written, or it is damaged.
    """
    judge, validate = (read_json(work / OPTIONS / f"{stage}.json") for stage in ("judge", "validate"))
    return BatchOptions(judge["station"], validate["today"], judge["goals"])


def command_of(job: StageJob, planned: PlannedSubmission, options: BatchOptions, threads: int) -> list[str]:
    """Arguments of the ``dsqc`` command that does ``job`` in the working directory."""
    name, results = job.submission, f"results/{job.submission}"
    station = ["--station", options.station] if options.station else []
    if job.stage == "transfer":
        own = ["transfer", planned.source, f"inbox/{name}", "--submission", name, "-O", results]
    elif job.stage == "validate":
        own = ["validate", f"inbox/{name}", "--transfer", f"{results}/transfer.json", "-O", results]
        own += ["--today", options.today] if options.today else []
    elif job.stage == "qc":
        own = ["qc", "--submission", f"{results}/submission.json", "--run", job.run, "--inbox", f"inbox/{name}"]
        own += ["-O", job.results, "-@", str(threads)]
    elif job.stage == "judge":
        own = ["judge", results, *(["--goals", options.goals] if options.goals else [])]
    else:
        own = ["register", results, "--inbox", f"inbox/{name}"]
    return [*own, *station, "--exit-zero"]
