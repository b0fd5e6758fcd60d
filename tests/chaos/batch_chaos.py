"""A batch on a real Slurm while jobs, nodes, servers and the workflow itself die, beside the same batch undisturbed.

  python tests/chaos/batch_chaos.py --runs 300 --faults 20 --seed 1

Called again with the same arguments it keeps the batch and what the undisturbed run gave, and begins with the faults.

Two stations, each with a database in one PostgreSQL and buckets in one S3 server, take the same batch of made-up
submissions (some with faults that they are returned for). The first is left alone.
On the second things die, by chance but for the seed, spread over the progress of the batch:

  scancel      a Slurm job is cancelled            shard        kill -9 of the process that runs a shard
  stage        kill -9 of a stage's process        node         kill -9 of slurmd and all its jobs' processes, then back
  controller   kill -9 of slurmctld, then back     s3           kill -9 of the S3 server, then back
  database     PostgreSQL killed, then back        full         the disk of the working directory is full, then not
  snakemake    kill -9 of Snakemake                command      kill -9 of `dsqc batch run`
  interrupt    Ctrl-C                              terminate    SIGTERM
  twice        the same command started beside it: it must refuse with exit code 2

The same command is started again until it ends by itself. Then must be equal: what the catalogs export (accessions by
what they stand for, since numbers are given in the order in which submissions happen to be registered); keys and bytes
of all objects; state and reasons of every receipt; and byte for byte every other file under ``results`` but
``*.timing.json``. Besides: the catalog verifies; no Slurm job, process, lease or database session is left; nobody holds
a lock.

``full`` needs root, for a mount namespace. Prints one JSON line a fault and one at the end; exit code 1 where a promise
is broken.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chaos.batch_seen import differences, left_behind, seen_of
from chaos.batch_site import PROFILE, WAIT_S, Site, Station, command, make_batch, make_site_station, start, undisturbed
from dsqc.artefact import read_json, write_json
from dsqc.batch.events import EventKind, EventReader
from dsqc.batch.lock import COMMAND_LOCK
from dsqc.batch.status import batch_status
from helpers.sample_runs import processes_in, snakemake_process
from infra.postgres import postgres_server
from infra.s3 import s3_server
from infra.slurm import slurm_cluster

FAULTS = {
    "scancel": 3, "shard": 3, "stage": 3, "node": 2, "controller": 2, "s3": 3, "database": 3, "full": 2,
    "snakemake": 2, "command": 2, "interrupt": 1, "terminate": 1, "twice": 1,
}  # fmt: skip
"""Kinds, by how often they are chosen; of a run with enough faults each comes once at least."""
GONE_S = (0.5, 6.0)
"""How long a server is gone."""
MOST_STARTS = 80
"""Starts of the command after which the batch is taken for one that never ends."""
ENDED = (0, 1, 3, 130, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)
"""Exit codes that a fault may cause: 1 where something failed, which the next run mends; a signal that came before
anybody listened. A usage error is none."""
WORK_BYTES = 4 << 30


@dataclass
class Tally:
    """What happened; ``broken`` lists every promise that did not hold."""

    starts: int = 0
    faults: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def choose(faults: int, seed: int, *, can_fill: bool) -> list[str]:
    """What dies, in which order."""
    rng = random.Random(seed)
    kinds = [kind for kind in FAULTS if kind != "full" or can_fill]
    chosen = rng.sample(kinds, len(kinds))[:faults]
    chosen += rng.choices(kinds, [FAULTS[kind] for kind in kinds], k=max(0, faults - len(chosen)))
    rng.shuffle(chosen)
    return chosen


class Chaos:
    """Lets things die while the batch of ``station`` runs."""

    def __init__(self, site: Site, station: Station, sheet: Path, plan: Sequence[str], seed: int) -> None:
        self.site, self.station, self.sheet = site, station, sheet
        self.record = site.place / "faults.jsonl"
        self.record.unlink(missing_ok=True)
        self.tally = Tally()
        self.log = site.place / f"{station.name}.log"
        self.reader = EventReader(station.work)
        self.done = 0
        self.plan = plan
        self.rng = random.Random(seed)

    @property
    def left(self) -> Sequence[str]:
        """Faults that have not happened."""
        return self.plan[len(self.tally.faults) :]

    def run(self, jobs: int) -> Tally:
        """Start the command again and again, until it ends by itself with nothing left to do and nothing left to die.

        Args:
            jobs: of all stages of the batch: the faults are spread over their progress.
        """
        while True:
            self.tally.starts += 1
            process = start(self.site, self.station, self.sheet, self.log)
            try:
                self._while_it_runs(process, jobs)
                code = process.wait(timeout=WAIT_S)
            finally:
                process.kill()
            if code in (0, 3) and not self._is_unfinished():
                return self.tally
            if code not in ENDED:
                self.tally.broken.append(f"the command ended with {code}: {self.log.read_text()[-600:]}")
            if self.tally.starts >= MOST_STARTS or self.tally.broken:
                self.tally.broken.append(f"not done after {self.tally.starts} starts: {self.log.read_text()[-600:]}")
                return self.tally

    def _while_it_runs(self, process: "subprocess.Popen[bytes]", jobs: int) -> None:
        deadline = time.monotonic() + WAIT_S
        while process.poll() is None and self.left:
            done_by_then = jobs * (len(self.tally.faults) + self.rng.random()) / (len(self.plan) + 1)
            while process.poll() is None and self._progress() < done_by_then and time.monotonic() < deadline:
                time.sleep(0.1)
            if process.poll() is None:
                self._let_die(self.left[0], process)

    def _progress(self) -> int:
        self.done += sum(event.kind is EventKind.DONE for event in self.reader.new())
        return self.done

    def _is_unfinished(self) -> bool:
        return any(
            str(outcome) in ("failed", "running", "waiting") for outcome in batch_status(self.station.work).totals
        )

    def _let_die(self, kind: str, process: "subprocess.Popen[bytes]") -> None:
        begun = time.monotonic()
        told = getattr(self, f"_{kind}")(process)
        line = {"fault": kind, "after_jobs": self.done, "what": told, "seconds": round(time.monotonic() - begun, 1)}
        with self.record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
        self.tally.faults.append(kind)

    def _pause(self) -> None:
        time.sleep(self.rng.uniform(*GONE_S))

    def _some(self, look: Callable[[], list[Any]], process: "subprocess.Popen[bytes]") -> Any:
        """One of what ``look`` sees, as soon as it sees any; None where the command ends before."""
        while process.poll() is None:
            if found := look():
                return self.rng.choice(sorted(found))
            time.sleep(0.05)
        return None

    def _scancel(self, process: "subprocess.Popen[bytes]") -> str:
        job = self._some(self._slurm_jobs, process)
        if job:
            subprocess.run(["scancel", job], env=self.site.environment, check=False, timeout=60)
        return f"job {job}"

    def _slurm_jobs(self) -> list[str]:
        with contextlib.suppress(subprocess.SubprocessError):
            return self.site.slurm.command("squeue", "--noheader", "--format=%i", "--states=RUNNING").split()
        return []

    def _shard(self, process: "subprocess.Popen[bytes]") -> str:
        return self._kill(
            lambda: [pid for pid, line in self._processes() if "shard" in line and "batch" in line], process
        )

    def _stage(self, process: "subprocess.Popen[bytes]") -> str:
        return self._kill(self._stages, process)

    def _stages(self) -> list[int]:
        found = []
        for pid, _line in self._processes():
            with contextlib.suppress(OSError):
                name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
                if name.startswith("dsqc ") and name != "dsqc":
                    found.append(pid)
        return found

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        yield from processes_in(self.station.work)

    def _kill(self, look: Callable[[], list[int]], process: "subprocess.Popen[bytes]") -> str:
        pid = self._some(look, process)
        if pid is None:
            return "nothing ran"
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
            os.kill(pid, signal.SIGKILL)
            return name
        return "it had just ended"

    def _node(self, _process: "subprocess.Popen[bytes]") -> str:
        name = self.rng.choice(("n1", "n2"))
        self.site.slurm.kill_daemon(name)
        time.sleep(self.rng.uniform(1, 30))
        self.site.slurm.start_daemon(name)
        return name

    def _controller(self, _process: "subprocess.Popen[bytes]") -> str:
        self.site.slurm.kill_daemon("slurmctld")
        self._pause()
        self.site.slurm.start_daemon("slurmctld")
        return "slurmctld"

    def _s3(self, _process: "subprocess.Popen[bytes]") -> str:
        self.site.s3.kill()
        self._pause()
        self.site.s3.start_again()
        return "rclone"

    def _database(self, _process: "subprocess.Popen[bytes]") -> str:
        self.site.postgres.kill()
        self._pause()
        self.site.postgres.start_again()
        return "postgres"

    def _full(self, _process: "subprocess.Popen[bytes]") -> str:
        ballast = self.station.work / ".ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
        self._pause()
        ballast.unlink()
        return "the disk of the working directory"

    def _snakemake(self, process: "subprocess.Popen[bytes]") -> str:
        def look() -> list[int]:
            pid = snakemake_process(self.station.work)
            return [pid] if pid else []

        return self._kill(look, process)

    def _command(self, process: "subprocess.Popen[bytes]") -> str:
        process.kill()
        return "dsqc batch run"

    def _interrupt(self, process: "subprocess.Popen[bytes]") -> str:
        process.send_signal(signal.SIGINT)
        return "SIGINT"

    def _terminate(self, process: "subprocess.Popen[bytes]") -> str:
        process.send_signal(signal.SIGTERM)
        return "SIGTERM"

    def _twice(self, process: "subprocess.Popen[bytes]") -> str:
        # One that has just been started again may not hold the batch yet: then the second would be the first.
        lock, deadline = self.station.work / COMMAND_LOCK, time.monotonic() + WAIT_S
        while process.poll() is None and f"process {process.pid} " not in lock.read_text() + " ":
            assert time.monotonic() < deadline, "the command does not take its batch"
            time.sleep(0.05)
        again = subprocess.run(
            command(self.site, self.station, self.sheet),
            env=self.site.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
        if process.poll() is None and again.returncode != 2:
            self.tally.broken.append(f"a second command beside the first ended with {again.returncode}")
        return f"exit code {again.returncode}"


def calm_of(site: Site, sheet: Path, runs: int) -> tuple[dict[str, dict[str, str]], int]:
    """What the batch gives undisturbed, and of how many jobs of stages it is; kept for the next call."""
    kept = site.place / "calm.json"
    if not kept.exists():
        station = make_site_station(site, "calm")
        begun = time.monotonic()
        undisturbed(site, station, sheet)
        print(json.dumps({"undisturbed_s": round(time.monotonic() - begun), "runs": runs}), flush=True)
        jobs = sum(event.kind is EventKind.DONE for event in EventReader(station.work).new())
        write_json(kept, {"seen": seen_of(site, station), "jobs": jobs})
    found = read_json(kept)
    return found["seen"], found["jobs"]


def chaos(
    place: Path,
    *,
    runs: int,
    seed: int,
    shards: int,
    faults: int = 0,
    plan: Sequence[str] = (),
    node_timeout_s: int = 15,
) -> Tally:
    """Both batches.

    Args:
        faults: how many; chosen by ``seed``.
        plan: these instead.
    """
    place.mkdir(parents=True, exist_ok=True)
    clear(place)
    sheet = make_batch(place / "batch", runs, seed)
    with contextlib.ExitStack() as stack:
        # Not below the place: the path of a socket must be short.
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dsqc-slurm-"))) / "home"
        s3 = stack.enter_context(s3_server(place / "s3"))
        postgres = stack.enter_context(postgres_server())
        slurm = stack.enter_context(slurm_cluster(home, node_timeout_s))
        profile = place / "profile"
        profile.mkdir(exist_ok=True)
        (profile / "profile.v9+.yaml").write_text(PROFILE.format(shards=shards), encoding="utf-8")
        site = Site(place, slurm, s3, postgres, profile, can_fill=is_mount(place / "wild" / "work"))
        expected, jobs = calm_of(site, sheet, runs)
        wild = make_site_station(site, "wild")
        tally = Chaos(site, wild, sheet, plan or choose(faults, seed, can_fill=site.can_fill), seed).run(jobs)
        if not tally.broken:
            tally.broken += differences(expected, seen_of(site, wild))
            tally.broken += left_behind(site, wild)
    return tally


def clear(place: Path) -> None:
    """Take away what an earlier call left, but for the batch and what it gave undisturbed; a mount stays mounted."""
    for name in ("wild", "calm", "s3"):
        for path in sorted((place / name).rglob("*"), reverse=True):
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def is_mount(path: Path) -> bool:
    """Whether a file system of its own is mounted there, which may be filled."""
    return path.is_dir() and path.is_mount()


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, print the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shards", type=int, default=24, help="jobs of the scheduler, about")
    parser.add_argument("--place", type=Path, default=Path("/var/tmp/dsqc-batch-chaos"))
    parser.add_argument("--mounted", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    work = args.place / "wild" / "work"
    if os.geteuid() == 0 and not args.mounted:
        # A mount that ends with us, in a namespace of our own.
        work.mkdir(parents=True, exist_ok=True)
        script = f'mount -t tmpfs -o size={WORK_BYTES} none "$0" && exec "$@"'
        ours = [sys.executable, __file__, *(arguments or sys.argv[1:]), "--mounted"]
        return subprocess.run(["unshare", "-m", "sh", "-c", script, str(work), *ours], check=False).returncode
    begun = time.monotonic()
    tally = chaos(args.place, runs=args.runs, faults=args.faults, seed=args.seed, shards=args.shards)
    seconds = round(time.monotonic() - begun)
    print(
        json.dumps(
            {
                "total": True,
                "seconds": seconds,
                "starts": tally.starts,
                "faults": len(tally.faults),
                "broken": tally.broken,
            }
        )
    )
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
