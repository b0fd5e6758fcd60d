"""Register submissions with many writers at once, and kill them while they do.

    python tests/chaos/catalog_chaos.py --database postgres --writers 16 --submissions 10000 --kills 400 --seed 1

Every third submission stands in the lists of two writers; every tenth comes again corrected, and many share a project.
Writers are processes that look as if each ran on a host of its own, so that nobody sees whether another still lives: a
lease of the dead lasts until its deadline. ``kill -9`` strikes one of them whenever a random number of submissions more
was acknowledged; it starts again with what it had not acknowledged yet. What must hold in the end:

* every submission is registered once, and has the accession that was acknowledged, whoever acknowledged it when;
* no accession was given twice, none that was acknowledged is missing, a shared project has one;
* every correction is version 2, its version 1 is there once, and no old results brought version 1 back;
* every history's chain holds, every object and manifest is in the store;
* no lease outlives its deadline's holder, and no submission stands in a state that is only passed through.

Prints one JSON line; exit code 1 where a promise was broken.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import func, select

from dsqc import logs
from dsqc.catalog import leases as lease_module
from dsqc.catalog.curation.cases import Places
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import now
from dsqc.catalog.intake import Intake, IntakeFile
from dsqc.catalog.leases import held
from dsqc.catalog.making import make_station
from dsqc.catalog.models import (
    ExperimentRecord,
    ObjectVersionRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.verify import verify_catalog
from dsqc.catalog.versions.contents import present_version
from dsqc.catalog.versions.watching import Standing, interrupted, leases, release_abandoned
from dsqc.errors import SystemFault
from dsqc.model import Submission, Verdict
from dsqc.stages.register import register_intake, write_manifest
from dsqc.station import TIERS, Station
from dsqc.storage import open_place
from helpers.results import sheet_of
from infra.postgres import postgres_server

SHARED = 20
"""Submissions of one project, for half of all."""
CORRECTED = 10
"""One submission of so many comes again corrected."""
PASSWORD = "CHAOS_CATALOG_PASSWORD"


@dataclass
class Tally:
    """What was seen. ``broken`` lists every promise that did not hold."""

    database: str
    writers: int
    submissions: int
    kills: int = 0
    starts: int = 0
    acknowledged: int = 0
    released_leases: int = 0
    events: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)


def alias_of(number: int) -> str:
    """The project of a submission."""
    return f"shared-{number // (2 * SHARED)}" if number % 2 else f"own-{number}"


def intake_of(number: int, *, corrected: bool) -> tuple[Intake, bytes]:
    """A judged submission of one sample, run and file, and the bytes of its file."""
    name = f"s{number:06}"
    data = f"@{name}\nACGT\n+\nIIII\n".encode()
    alias = alias_of(number)
    rows = {
        "submission": {"submission_alias": name, "form_id": "seed_crop", "bioproject": alias, "access_level": "open"}
        | {"submitter_email": "chaos@institute.re.kr", "release_date": ""},
        "project": {"project_alias": alias, "project_type": "Primary Project", "title_en": "Chaos", "data_type": "x"},
        "sample": {"sample_name": name, "organism": "Zea mays" if corrected else "Oryza sativa"},
        "experiment": {"library_id": name, "sample_name": name, "platform": "ILLUMINA"},
        "run": {"run_alias": name, "library_id": name, "file_type": "fastq"},
        "file": {"file_name": f"{name}.fastq", "run_alias": name},
    }
    submission = Submission({sheet: sheet_of(sheet, [values]) for sheet, values in rows.items()})
    digests = {"md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}
    mark = {"reads": digests["sha256"][:32], "sequences": digests["sha256"][32:], "read_count": 1}
    measured = {"name": f"{name}.fastq", "format": "fastq", "read_count": 1, "base_count": 4, "fingerprint": mark}
    intake = Intake(
        name=name,
        submission=submission,
        files={f"{name}.fastq": IntakeFile(f"{name}.fastq", len(data), **digests)},
        form={"id": "seed_crop"},
        runs={name: {"files": [measured], "metrics": {"read_count": 1, "mean_phred": 36.5}}},
        findings=(),
        verdict=Verdict.PASS,
        verdict_sha256=hashlib.sha256(f"{name} {corrected}".encode()).hexdigest(),
    )
    return intake, data


@dataclass(frozen=True)
class World:
    """Where and by how many it is done."""

    station: Station
    place: Path
    writers: int
    submissions: int
    seed: int
    lease_seconds: float

    def work_of(self, writer: int) -> list[int]:
        """What one writer does: its own share and a part of its neighbour's, in an order of its own."""
        share = [number for number in range(self.submissions) if number % self.writers == writer]
        beside = (writer + 1) % self.writers
        other = [number for number in range(self.submissions) if number % self.writers == beside]
        mine = sorted({*share, *other[::3]})
        random.Random(f"{self.seed} {writer}").shuffle(mine)
        return mine

    def acknowledged(self) -> int:
        """How many lines all writers have written."""
        return sum(path.read_bytes().count(b"\n") for path in self.place.glob("acknowledged-*"))


def write(world: World, writer: int) -> None:
    """One writer's life: register what it has not acknowledged yet, and acknowledge it in a file that only grows."""
    lease_module.socket.gethostname = lambda: f"host-{writer}"  # type: ignore[attr-defined]
    file = world.place / f"acknowledged-{writer}"
    # A line that a death cut short was acknowledged to nobody.
    whole = file.read_text(encoding="utf-8").rpartition("\n")[0] if file.exists() else ""
    file.write_text(whole + "\n" if whole else "", encoding="utf-8")
    done = {int(line.split()[0]) for line in whole.splitlines()}
    left = [number for number in world.work_of(writer) if number not in done]
    inbox = world.place / f"inbox-{writer}"
    inbox.mkdir(exist_ok=True)
    with Catalog.open(world.station) as catalog, file.open("a", encoding="utf-8", buffering=1) as acknowledged:
        while left:
            number = left.pop(0)
            try:
                accession = _register(catalog, inbox, number, world.lease_seconds)
            except SystemFault:
                # Somebody else works on it, or its lease was lost: later again.
                left.append(number)
                continue
            acknowledged.write(f"{number} {accession}\n")


def _register(catalog: Catalog, inbox: Path, number: int, lease_seconds: float) -> str:
    accession = ""
    for corrected in (False, True) if number % CORRECTED == 0 else (False,):
        intake, data = intake_of(number, corrected=corrected)
        path = inbox / f"{intake.name}.fastq"
        path.write_bytes(data)
        with held(catalog, intake.key, seconds=lease_seconds) as holder:
            outcome = register_intake(catalog, intake, Places(inbox, inbox), holder)
            write_manifest(catalog, outcome.submission_id)
            with catalog.reading() as session:
                accession = session.get_one(SubmissionRecord, outcome.submission_id).accession or "none"
        path.unlink()
    return accession


def chaos(world: World, tally: Tally, kills: int) -> None:
    """Let the writers work and kill them ``kills`` times; then look at what is there."""
    rng = random.Random(world.seed)
    begun = time.monotonic()
    alive = {_fork(world, writer): writer for writer in range(world.writers)}
    tally.starts = len(alive)
    lines = sum(len(world.work_of(writer)) for writer in range(world.writers))
    moments = sorted(rng.randrange(lines * 9 // 10) for _ in range(kills))
    try:
        while alive:
            time.sleep(0.01)
            while moments and alive and world.acknowledged() >= moments[0]:
                moments.pop(0)
                time.sleep(rng.uniform(0, 0.03))
                _reap(world, tally, alive)
                if alive:
                    os.kill(rng.choice(sorted(alive)), signal.SIGKILL)
            _reap(world, tally, alive)
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
    check(world, tally)
    tally.seconds = round(time.monotonic() - begun, 1)


def _reap(world: World, tally: Tally, alive: dict[int, int]) -> None:
    """Take away the dead, and start those again that were killed."""
    for pid in list(alive):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            continue
        writer = alive.pop(pid)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            alive[_fork(world, writer)] = writer
            tally.kills += 1
            tally.starts += 1
        elif status:
            tally.broken.append(f"writer {writer} ended with {status}")


def _fork(world: World, writer: int) -> int:
    """Start a writer: a copy of this process, which holds no connection and no thread."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        write(world, writer)
        code = 0
    finally:
        os._exit(code)


def check(world: World, tally: Tally) -> None:
    """Hold what is in the catalog and the store against what was acknowledged."""
    said: dict[int, set[str]] = {}
    for path in world.place.glob("acknowledged-*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            number, accession = line.split()
            said.setdefault(int(number), set()).add(accession)
    tally.acknowledged = len(said)
    broken = tally.broken
    stores = {item.name: open_place(item) for tier in TIERS for item in world.station.places(tier)}
    with Catalog.open(world.station) as catalog:
        with catalog.reading() as session:
            records = {item.alias: item for item in session.scalars(select(SubmissionRecord))}
            if len(records) != tally.submissions or set(said) != set(range(tally.submissions)):
                broken.append(f"{len(records)} submissions, {len(said)} acknowledged, of {tally.submissions}")
            for number, names in said.items():
                record = records.get(f"s{number:06}")
                if record is None or record.state != "released" or names != {record.accession}:
                    there = record and (record.state, record.accession)
                    broken.append(f"{number}: {names} acknowledged, {there} is there")
            _check_numbers(session, tally)
            _check_versions(session, records, broken)
            found = verify_catalog(session, lambda name, key: stores[name].size_of(key))
            tally.events = found.events
            broken += [f"{item.kind} {item.name} {item.problem}" for item in found.problems]
        # Leases of the dead end by themselves: wait for the deadline, then nothing may be left that holds.
        time.sleep(world.lease_seconds)
        with catalog.reading() as session:
            held_still = [item.alias for item in leases(session, now()) if item.standing is Standing.LIVE]
            stuck = [item.alias for item in interrupted(session, now())]
        broken += [f"{alias} is held by nobody living" for alias in held_still]
        broken += [f"{alias} is stuck" for alias in stuck]
        tally.released_leases = len(catalog.write(lambda session: release_abandoned(session, now())))


def _check_numbers(session: Any, tally: Tally) -> None:
    for table in (SampleRecord, ExperimentRecord, RunRecord, SubmissionRecord):
        rows = session.scalar(select(func.count()).select_from(table))
        numbers = session.scalar(select(func.count(table.accession.distinct())))
        if (rows, numbers) != (tally.submissions, tally.submissions):
            tally.broken.append(f"{table.__tablename__}: {rows} rows, {numbers} accessions")
    aliases = Counter(session.scalars(select(ProjectRecord.alias)))
    expected = {alias_of(number) for number in range(tally.submissions)}
    if set(aliases) != expected or set(aliases.values()) != {1}:
        tally.broken.append(f"{sum(aliases.values())} projects of {len(expected)}")


def _check_versions(session: Any, records: dict[str, SubmissionRecord], broken: list[str]) -> None:
    kept = Counter(session.scalars(select(ObjectVersionRecord.accession)))
    for alias, record in records.items():
        corrected = int(alias[1:]) % CORRECTED == 0
        organism = record.samples[0].organism if record.samples else ""
        if organism != ("Zea mays" if corrected else "Oryza sativa"):
            broken.append(f"{alias} is {organism}")
        if kept[record.accession or ""] != corrected or kept[record.samples[0].accession] != corrected:
            broken.append(f"{alias} has {kept[record.accession or '']} older versions")
        if corrected and present_version(session, record.accession or "") != 2:
            broken.append(f"{alias} is not in version 2")


@contextlib.contextmanager
def station_on(database: str, place: Path) -> Iterator[Station]:
    """A station with an empty catalog on one kind of database."""
    if database == "sqlite":
        yield make_station(place / "station", {}).station
        return
    with postgres_server() as server:
        os.environ[PASSWORD] = server.password
        settings = {"catalog_url": server.create_database("chaos"), "catalog_password_env": PASSWORD}
        yield make_station(place / "station", settings).station


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, run, print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lease-seconds", type=float, default=4.0)
    parser.add_argument("--place", type=Path, help="a directory for it (default: a temporary one, deleted)")
    args = parser.parse_args(arguments)
    logs.set_up_with(lambda: None)
    place = args.place or Path(tempfile.mkdtemp(prefix="dsqc-catalog-chaos-", dir="/var/tmp"))
    place.mkdir(parents=True, exist_ok=True)
    tally = Tally(args.database, args.writers, args.submissions)
    try:
        with station_on(args.database, place) as station:
            world = World(station, place, args.writers, args.submissions, args.seed, args.lease_seconds)
            chaos(world, tally, args.kills)
    finally:
        if args.place is None:
            shutil.rmtree(place, ignore_errors=True)
    print(json.dumps({**vars(tally), "broken": tally.broken[:20]}, ensure_ascii=False))
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())
