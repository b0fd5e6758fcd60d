"""What the workflow costs beside the work: thousands of small runs on a real Slurm; one JSON line on standard output.

  python benchmarks/workflow_scale.py                                   20 runs in 4 submissions: shows that it works
  python benchmarks/workflow_scale.py --submissions 200 --runs 10       2,000 runs
  python benchmarks/workflow_scale.py --profile slurm slurm-array --rounds 3   a race: in turn, one more line at the end
  python benchmarks/workflow_scale.py --plan-only 20000                 plan and dry run, no data

Slurm is started on this machine (tests/infra/slurm.py) with two nodes that share its processors. The overhead is
(wall - stage work / cores) / (stage work / cores); stage work is the processor time of all stages, from the events of
the batch. It counts on a quiet machine only; shard_cpu_seconds (stages, their forks and what they share) and
run_cpu_seconds (planning, Snakemake, report) tell on any. What the wall has besides is told by its parts: until the
first shard, from the end of the last one until Slurm takes its job for ended, until Snakemake knows of it, and
from then on. The bars stand in BARS; with --check, one that is not reached ends with exit code 1.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import yaml
from makers.batches import make_batch

from dsqc.batch.costs import prediction_error
from dsqc.batch.events import EventKind, EventReader
from dsqc.batch.profiles import find_profile
from infra import slurm

BARS = {"overhead": 0.25, "scheduler_jobs": 200, "dry_run_seconds": 10.0, "snakemake_mib": 600.0, "parse_seconds": 1.0}
PLAN_BAR = 60.0
"""Seconds for planning and dry-running 20,000 runs."""


def main() -> int:
    """Make, run, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=4)
    parser.add_argument("--runs", type=int, default=5, help="of each submission")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path, help="directory to work in, kept (default: a temporary one)")
    parser.add_argument("--profile", default=["slurm"], nargs="+", help="slurm, slurm-array or local; several race")
    parser.add_argument("--rounds", type=int, default=1, help="of a race")
    parser.add_argument("--shards", type=int, default=0, help="(default: two a processor)")
    parser.add_argument("--plan-only", type=int, metavar="RUNS", help="plan and dry-run so many runs, ten a submission")
    parser.add_argument("--check", action="store_true", help="exit 1 where a bar is not reached")
    args = parser.parse_args()
    with nullcontext(args.place) if args.place else tempfile.TemporaryDirectory(prefix="dsqc-scale-") as place:
        if args.plan_only:
            results = [_printed(plan_only(Path(place), args))]
        else:
            results = [_printed(run(Path(place), args, name)) for name in args.profile * args.rounds]
    if len(args.profile) > 1:
        _printed(race(results))
    return int(args.check and any(result["missed"] for result in results))


def _printed(result: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(result), flush=True)
    return result


def race(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians of each profile's runs, and their ratios to those of the first."""
    figures = ("wall_seconds", "shard_cpu_seconds", "run_cpu_seconds", "sbatch_calls", "scheduler_jobs")
    profiles = list(dict.fromkeys(item["profile"] for item in results))
    middle = {
        name: {key: statistics.median(item[key] for item in results if item["profile"] == name) for key in figures}
        for name in profiles
    }
    first = middle[profiles[0]]
    ratios = {
        name: {key: round(middle[name][key] / first[key], 3) if first[key] else None for key in figures}
        for name in profiles[1:]
    }
    return {"benchmark": "workflow_race", "runs": results[0]["runs"], "median": middle, "ratio": ratios}


def plan_only(place: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Plan and dry-run ``args.plan_only`` runs."""
    sheet = _batch(place, args.plan_only // 10, 10, args.seed, with_reads=False)
    work = place / "work"
    chosen = [sheet, "--work", work, "--profile", args.profile[0], "-q"]
    plan_s, plan_mib = _timed(["batch", "plan", *chosen])
    again_s, _ = _timed(["batch", "plan", *chosen])
    dry_s, dry_mib = _timed(["batch", "run", *chosen, "--dry-run"])
    total = round(plan_s + dry_s, 2)
    return {
        "benchmark": "workflow_plan",
        "runs": args.plan_only,
        "shards": len(json.loads((work / "plan.json").read_text(encoding="utf-8"))["shards"]),
        "plan_seconds": plan_s,
        "plan_again_seconds": again_s,
        "plan_mib": plan_mib,
        "dry_run_seconds": dry_s,
        "dry_run_mib": dry_mib,
        "total_seconds": total,
        "load": _load(),
        "missed": ["total_seconds"] if args.plan_only >= 20_000 and total > PLAN_BAR else [],
    }


def run(place: Path, args: argparse.Namespace, name: str) -> dict[str, Any]:
    """Run the batch with the profile ``name``, on Slurm (or here, with ``local``), and measure."""
    sheet = _batch(place, args.submissions, args.runs, args.seed)
    work, cores = place / "work", os.cpu_count() or 1
    shutil.rmtree(work, ignore_errors=True)
    subprocess.run([*_dsqc(), "warmup", "-q"], check=True)
    slurm.CPUS = max(1, cores // slurm.NODES)
    profile = _profile(place, name, slurm.CPUS if name.startswith("slurm") else cores)
    chosen: list[Any] = ["--work", work, "--profile", profile, "-q"]
    chosen += ["--shards", args.shards or 2 * slurm.NODES * slurm.CPUS]
    dry_s, _ = _timed(["batch", "run", sheet, *chosen, "--dry-run"])
    with _cluster(name) as environment:
        begun, used = time.time(), _children()
        code, peak = _watched(["batch", "run", sheet, *chosen], environment)
        ended, used = time.time(), _children() - used
        closed = _last_job_end(environment) if name.startswith("slurm") else None
    wall = ended - begun
    events = EventReader(work).new()
    done = [item for item in events if item.kind is EventKind.DONE]
    cpu, busy = (round(sum(getattr(item, name) for item in done), 2) for name in ("cpu_seconds", "seconds"))
    log = (work / "logs/snakemake.log").read_text(encoding="utf-8", errors="replace")
    shards = [item for item in events if item.kind is EventKind.SHARD_ENDED]
    submitted = len(set(re.findall(r"SLURM job ?ID '?(\d+)", log, re.IGNORECASE)))
    measured = {
        "overhead": round((wall - cpu / cores) / (cpu / cores), 3) if cpu else None,
        "scheduler_jobs": max(submitted, len({item.job for item in shards if item.job})),
        "dry_run_seconds": dry_s,
        "snakemake_mib": peak,
        "parse_seconds": _parse_seconds(work),
    }
    return {
        "benchmark": "workflow_scale",
        "profile": name,
        "submissions": args.submissions,
        "runs": args.submissions * args.runs,
        "cores": cores,
        "exit_code": code,
        "wall_seconds": round(wall, 2),
        "stage_cpu_seconds": cpu,
        "stage_wall_seconds": busy,
        "shard_cpu_seconds": round(sum(item.cpu_seconds for item in shards), 2),
        "run_cpu_seconds": round(used, 2),
        "stages": _stages(done),
        "shards": len(shards),
        "shard_wall_seconds": [item.seconds for item in shards],
        "sbatch_calls": submitted,
        **_around(events, log, begun, ended, closed),
        **measured,
        "prediction": [[item.stage, item.median_ratio] for item in prediction_error(events)],
        "load": _load(),
        "missed": [name for name, bar in BARS.items() if code or measured[name] is None or measured[name] > bar],
    }


def _around(events: list[Any], log: str, begun: float, ended: float, closed: float | None) -> dict[str, float | None]:
    """Seconds before the first shard and after the last one.

    Args:
        events: of the batch.
        log: Snakemake's.
        begun, ended: of the command, seconds since 1970.
        closed: when Slurm took the last job for ended, to a second.
    """
    starts, ends = (
        [item.time for item in events if item.kind is kind] for kind in (EventKind.SHARD_STARTED, EventKind.SHARD_ENDED)
    )
    told = re.findall(r"^\[(.+)\]\nlocalrule write_report:", log, re.MULTILINE)
    known = time.mktime(time.strptime(told[-1])) if told else None
    return {
        "before_first_shard_seconds": round(min(starts) - begun, 1) if starts else None,
        "job_close_seconds": round(closed - max(ends), 1) if ends and closed else None,
        "unnoticed_seconds": round(known - (closed or max(ends)), 1) if ends and known else None,
        "after_noticed_seconds": round(ended - known, 1) if known else None,
    }


def _last_job_end(environment: dict[str, str]) -> float | None:
    command = ["squeue", "--noheader", "--states=all", "--format=%e"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    times = [time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S")) for text in done.stdout.split() if text != "N/A"]
    return max(times, default=None)


def _batch(place: Path, submissions: int, runs: int, seed: int, *, with_reads: bool = True) -> Path:
    made = place / f"batch-{submissions}x{runs}-{seed}{'' if with_reads else '-empty'}"
    if not (made / "batch.tsv").exists():
        shutil.rmtree(made, ignore_errors=True)
        make_batch(made, submissions, runs, seed, with_reads=with_reads)
    return made / "batch.tsv"


def _profile(place: Path, name: str, threads: int) -> Path:
    """The shipped profile with shards as wide as a node here."""
    keys = yaml.safe_load(next(find_profile(name).glob("*.yaml")).read_text(encoding="utf-8"))
    keys["config"]["shard_threads"] = threads
    path = place / f"profile-{name}" / "config.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(keys), encoding="utf-8")
    return path.parent


@contextmanager
def _cluster(profile: str) -> Iterator[dict[str, str]]:
    if not profile.startswith("slurm"):
        yield dict(os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as home, slurm.slurm_cluster(Path(home)) as cluster:
        yield cluster.environment


def _dsqc() -> list[str]:
    return [sys.executable, "-m", "dsqc"]


def _timed(arguments: list[Any]) -> tuple[float, float]:
    begun = time.monotonic()
    process = subprocess.Popen([*_dsqc(), *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"dsqc {' '.join(map(str, arguments))} ended with {process.returncode}")
    return round(time.monotonic() - begun, 2), round(usage.ru_maxrss / 1024, 1)


def _watched(arguments: list[Any], environment: dict[str, str]) -> tuple[int, float]:
    """Exit code of a batch and the highest memory of its Snakemake, in MiB."""
    peaks: dict[int, int] = {}
    ended = threading.Event()

    def watch(root: int) -> None:
        while not ended.wait(0.5):
            for pid in Path(f"/proc/{root}/task/{root}/children").read_text(encoding="ascii").split():
                found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
                # A process that has ended tells nothing any more.
                peaks[int(pid)] = max(peaks.get(int(pid), 0), int(found[1]) if found else 0)

    process = subprocess.Popen([*_dsqc(), *map(str, arguments)], env=environment, stdout=subprocess.DEVNULL)
    looking = threading.Thread(target=_until_gone, args=(watch, process.pid))
    looking.start()
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        code = process.wait()
        raise
    finally:
        ended.set()
        looking.join()
    return code, round(max(peaks.values(), default=0) / 1024, 1)


def _until_gone(watch: Any, pid: int) -> None:
    while True:
        try:
            return watch(pid)
        except FileNotFoundError:
            if not Path(f"/proc/{pid}/task").exists():
                return None
        except OSError:
            time.sleep(0.2)


def _parse_seconds(work: Path) -> float:
    """Processor time of reading the Snakefile, without the start of Snakemake: the least of three differences."""
    base = [sys.executable, "-m", "snakemake"]
    snakefile = find_profile("local").parents[1] / "workflow" / "Snakefile"
    if not snakefile.exists():
        from dsqc.batch.profiles import data_directory

        snakefile = data_directory("dsqc.workflow") / "Snakefile"
    parse = [*base, "--snakefile", str(snakefile), "--directory", str(work), "--configfile", str(work / "config.json")]
    times = []
    for _ in range(3):
        marks = [_children()]
        for command in ([*base, "--version"], [*parse, "--list-rules"]):
            subprocess.run(command, check=True, capture_output=True)
            marks.append(_children())
        times.append((marks[2] - marks[1]) - (marks[1] - marks[0]))
    return round(min(times), 2)


def _stages(done: list[Any]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for item in done:
        row = found.setdefault(item.stage, {"jobs": 0, "cpu_seconds": 0.0})
        row["jobs"] += 1
        row["cpu_seconds"] = round(row["cpu_seconds"] + item.cpu_seconds, 3)
    return found


def _children() -> float:
    return sum(os.times()[2:4])


def _load() -> float:
    return round(os.getloadavg()[0], 1)


if __name__ == "__main__":
    sys.exit(main())
