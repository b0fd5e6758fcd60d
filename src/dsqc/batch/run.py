"""One run of the workflow over a batch: plan, start Snakemake, pass signals on, say how it ended.

Nothing here imports Snakemake: it is started as the command that it is.
"""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from dsqc import logs
from dsqc.batch.arrays import without_arrays
from dsqc.batch.costs import measured_factors, read_model, write_rates
from dsqc.batch.events import EventKind, EventReader, EventWriter
from dsqc.batch.jobs import BatchOptions, note_options, unsettle
from dsqc.batch.layout import RUN_LOG
from dsqc.batch.leftovers import cancel_leftovers, job_prefix
from dsqc.batch.lock import locked
from dsqc.batch.plan import Plan, write_if_changed
from dsqc.batch.planning import PlanOptions, plan_batch, planned_kinds
from dsqc.batch.profiles import ProfileSettings, data_directory, find_profile, profile_settings, uses_slurm
from dsqc.batch.sharding import ShardSettings
from dsqc.batch.sheet import read_batch
from dsqc.batch.status import BatchStatus, Outcome, batch_status, forget_unfinished
from dsqc.errors import SystemFault, UsageError
from dsqc.station import ENVIRONMENT_VARIABLE, FILE_NAME, S3Options, load_station

CONFIG = "config.json"
EMBEDDED_STATION = "station"
PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 1.0
"""How often a watcher is told how the batch stands."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What ``dsqc batch run`` was asked for.

    Attributes:
        sheet: the batch sheet, a directory of submissions, or an ``s3://`` prefix of them.
        work: working directory; made where it does not exist.
        profile: name of a profile that dsqc ships, or a path.
        station: ``station.toml`` or its directory; ``None`` takes ``DSQC_STATION``, else an embedded one in ``work``.
        cores: processors to use at most; ``None`` leaves it to the profile.
        today: the day that date rules take for today; empty is the day itself.
        goals: file of quality goals; ``None`` takes the station's.
        dry_run: only show which jobs would run.
        verbose: let Snakemake write to standard error instead of its log.
        extra: further arguments of Snakemake.
        shards: into how many shards to cut what has not been cut; 0 goes by the profile.
        rates: file with measured rates; ``None`` takes those of earlier runs in ``work``.
    """

    sheet: str | Path
    work: Path
    profile: str = "local"
    station: Path | None = None
    cores: int | None = None
    today: str = ""
    goals: Path | None = None
    dry_run: bool = False
    verbose: bool = False
    extra: tuple[str, ...] = ()
    shards: int = 0
    rates: Path | None = None


def run_batch(options: RunOptions, watch: Callable[[BatchStatus], None] | None = None) -> BatchStatus:
    """Take every submission of the sheet through all stages; continues what an earlier run began.

    Args:
        options: what to run and where.
        watch: called about every second with how the batch stands.

    Returns:
        How the batch stands at the end. Faults of single submissions are in it.

    Raises:
        UsageError: no Snakemake; a wrong sheet, profile or station; another run is under way in ``work``.
        SystemFault: the workflow could not run at all.
        KeyboardInterrupt: the run was interrupted; the same command continues it.
    """
    if importlib.util.find_spec("snakemake") is None:
        raise UsageError("Snakemake is not installed.", hint="Install it: pip install 'dsqc[workflow]'.")
    profile = find_profile(options.profile)
    work = options.work.absolute()
    _make_directory(work / "logs")
    log = logs.logger()
    with locked(work) as lock:
        station = prepare_station(options, work)
        plan = _plan(options, work, station)
        note_options(work, _batch_options(options, station))
        submissions = {item.name: item for item in plan.submissions}
        if not options.dry_run:
            unsettle(work, plan.shards, submissions)
            forget_unfinished(work)
            if uses_slurm(profile, options.extra):
                cancel_leftovers(work)
        runs = sum(len(item.runs) for item in plan.submissions)
        log.info("batch planned", submissions=len(submissions), runs=runs, shards=len(plan.shards))
        if not options.dry_run:
            with EventWriter(work, "batch", 0) as events:
                seconds = sum(item.predicted_seconds for item in plan.shards)
                events.write(EventKind.PLANNED, predicted_seconds=round(seconds, 1), bytes=_bytes(plan))
        code = _run_snakemake(_command(options, work, profile, station), options, work, lock, watch)
        if options.dry_run:
            if code:
                raise SystemFault("The dry run failed.", hint="Snakemake's message stands above.")
            return batch_status(work)
        if code < 0 and uses_slurm(profile, options.extra):
            # Nobody is left who waits for its jobs.
            cancel_leftovers(work)
        _note_rates(work, plan, options)
        if code:
            _settle(work, code)
        elif _had_nothing_to_do(work):
            log.info("the batch was finished: nothing to do")
    return batch_status(work)


def plan_only(options: RunOptions) -> Plan:
    """Plan the batch of ``options.sheet`` and run nothing; for plain Snakemake, or to look before running.

    Raises:
        UsageError: the sheet or station is wrong, or a run is under way in ``work``.
    """
    work = options.work.absolute()
    _make_directory(work / "logs")
    with locked(work):
        station = prepare_station(replace(options, dry_run=True), work)
        plan = _plan(options, work, station)
        unsettle(work, plan.shards, {item.name: item for item in plan.submissions})
        return plan


def _plan(options: RunOptions, work: Path, station: Path) -> Plan:
    s3 = _s3_options(station)
    rows = read_batch(options.sheet, s3)
    place = find_profile(options.profile)
    profile: ProfileSettings = profile_settings(place)
    settings = ShardSettings(profile.shard_seconds, profile.most_shards, profile.shard_threads, options.shards)
    if not uses_slurm(place, options.extra):
        # One machine: enough shards for all of its processors.
        cores = options.cores or os.cpu_count() or 1
        settings = replace(settings, least=-(-cores // settings.threads))
    name = str(options.sheet).rstrip("/").rpartition("/")[2]
    return plan_batch(rows, work, name, PlanOptions(s3, settings, options.rates))


def _bytes(plan: Plan) -> int:
    return sum(item.bytes for item in plan.submissions)


def _batch_options(options: RunOptions, station: Path) -> BatchOptions:
    return BatchOptions(str(station), options.today, str(options.goals.absolute()) if options.goals else "")


def _note_rates(work: Path, plan: Plan, options: RunOptions) -> None:
    """Keep what this batch measured, for the next plan."""
    reader = EventReader(work)
    kinds = planned_kinds(work, plan)
    write_rates(work, measured_factors(reader.new(), kinds, read_model(work, options.rates)))


def prepare_station(options: RunOptions, work: Path) -> Path:
    """The station's file: the one named, the environment's, else an embedded one in ``work``, made where missing."""
    place = work / EMBEDDED_STATION
    path = Path(options.station or os.environ.get(ENVIRONMENT_VARIABLE) or place).absolute()
    if path != place:
        load_station(path)
        return path / FILE_NAME if path.is_dir() else path
    if not (place / FILE_NAME).exists() and not options.dry_run:
        from dsqc.catalog.making import make_station

        make_station(place, {})
        logs.logger().info("embedded station made", station=str(place))
    return place / FILE_NAME


def _s3_options(station: Path) -> S3Options:
    return load_station(station).s3 if station.exists() else S3Options()


def _command(options: RunOptions, work: Path, profile: Path, station: Path) -> list[str]:
    batch = _batch_options(options, station)
    config = {"station": batch.station, "today": batch.today, "goals": batch.goals}
    write_if_changed(work / CONFIG, config)
    command = [
        sys.executable,
        "-P",
        "-m",
        "snakemake",
        "--snakefile",
        str(data_directory("dsqc.workflow") / "Snakefile"),
    ]
    command += ["--directory", str(work), "--configfile", str(work / CONFIG), "--workflow-profile", str(profile)]
    # Our lock holds for every process of the run and dies with them; Snakemake's would outlive a kill.
    command += ["--nolock"]
    if uses_slurm(profile, options.extra):
        command += ["--slurm-jobname-prefix", job_prefix(work)]
    if options.cores is not None:
        command += ["--cores", str(options.cores)]
    if options.dry_run:
        command += ["--dry-run"]
    return [*command, *options.extra, *without_arrays(profile, options.extra)]


def _environment(work: Path) -> dict[str, str]:
    """The environment of the workflow: this dsqc for every job, no profile but ours, a cache that can be written."""
    environment = dict(os.environ)
    programs = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([programs, environment.get("PATH", os.defpath)])
    environment.pop("SNAKEMAKE_PROFILE", None)
    cache = Path(environment.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    existing = next(item for item in (cache, *cache.parents) if item.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        environment["XDG_CACHE_HOME"] = str(work / ".cache")
    if shutil.which("dsqc", path=environment["PATH"]) is None:
        raise SystemFault("The command dsqc is not on the PATH.", hint=f"Install dsqc for {sys.executable} (pip).")
    return environment


def _run_snakemake(
    command: list[str], options: RunOptions, work: Path, lock: int, watch: Callable[[BatchStatus], None] | None
) -> int:
    """Start Snakemake and wait for its end; returns its exit code, negative where a signal ended it."""
    heard: list[int] = []
    with (work / RUN_LOG).open("wb") as run_log:
        output = None if options.verbose or options.dry_run else run_log
        child = subprocess.Popen(
            command,
            env=_environment(work),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if output is None and not options.dry_run else output,
            stderr=subprocess.STDOUT if output else None,
            pass_fds=(lock,),
            # A session of its own: a Ctrl-C reaches it once, through us, and what it leaves behind can be ended.
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  no thread runs here
        )
        with _passing_signals(child, heard):
            code = _wait(child, work, watch)
    _end_leftovers(child.pid)
    if heard:
        raise KeyboardInterrupt
    return code


def _end_with_parent() -> None:
    """In the new process: when we are killed, Snakemake is told to finish the jobs it has begun and stop."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(child: "subprocess.Popen[bytes]", work: Path, watch: Callable[[BatchStatus], None] | None) -> int:
    while watch:
        try:
            return child.wait(timeout=LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            watch(batch_status(work))
    return child.wait()


@contextmanager
def _passing_signals(child: "subprocess.Popen[bytes]", heard: list[int]) -> Iterator[None]:
    """Pass SIGINT and SIGTERM on to ``child``; the third one ends it at once."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        child.send_signal(number if len(heard) < 3 else signal.SIGKILL)

    before = [(number, signal.signal(number, pass_on)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _end_leftovers(session: int) -> None:
    """End local jobs that outlived a killed Snakemake: the next run would do the same work beside them."""
    try:
        os.killpg(session, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _had_nothing_to_do(work: Path) -> bool:
    return "Nothing to be done" in (work / RUN_LOG).read_text(encoding="utf-8", errors="replace")


def _settle(work: Path, code: int) -> None:
    """After a run with failed jobs: write the report of what is there, or say why there was no run at all."""
    status = batch_status(work)
    if not status.totals.get(Outcome.FAILED):
        tail = (work / RUN_LOG).read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        text = "\n".join(f"  {line}" for line in tail)
        raise SystemFault(
            f"The workflow stopped ({reason}):\n{text}\n", hint=f"{work / RUN_LOG} has the whole; run the same again."
        )
    from dsqc.batch.reporting import write_report

    write_report(work)


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path.parent} cannot be used as working directory: {error.strerror}.", hint="Choose another --work."
        ) from error
