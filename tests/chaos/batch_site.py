"""What a batch of the chaos runs on: a Slurm, an S3 server, a PostgreSQL, two stations, and made-up submissions."""

import contextlib
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dsqc.catalog.making import make_station
from dsqc.forms import compose
from dsqc.forms.example_reads import example_reads
from dsqc.forms.examples import example_record
from infra.postgres import PostgresServer
from infra.s3 import S3Server
from infra.slurm import SlurmCluster

DSQC = [sys.executable, "-P", "-m", "dsqc"]
PASSWORD = "BATCH_CHAOS_PASSWORD"
RUNS_EACH = 5
"""Runs of a submission."""
FAULTY_SHARE = 0.1
WAIT_S = 1800.0
PROFILE = """\
executor: slurm
jobs: 20
keep-going: true
rerun-incomplete: true
rerun-triggers: [mtime, input, params]
latency-wait: 10
show-failed-logs: true
scheduler: greedy
config:
  shard_seconds: 20
  most_shards: {shards}
  shard_threads: 2
  attempts: 3
  transfer_slots: 4
default-resources:
  mem_mb: 1000
  runtime: 60
slurm-init-seconds-before-status-checks: 2
slurm-status-command: squeue
slurm-no-requeue: true
slurm-logdir: logs/slurm
"""


@dataclass
class Site:
    """What a batch runs on."""

    place: Path
    slurm: SlurmCluster
    s3: S3Server
    postgres: PostgresServer
    profile: Path
    can_fill: bool

    @property
    def environment(self) -> dict[str, str]:
        """Of every command."""
        own = {PASSWORD: self.postgres.password, "DSQC_LANG": "en"}
        return {**self.slurm.environment, **self.s3.environment, **own}


@dataclass
class Station:
    """One of the two: where its batch works, and where its data goes."""

    name: str
    file: Path
    work: Path
    bucket: str
    database: str


def make_batch(folder: Path, runs: int, seed: int) -> Path:
    """Submissions of a few runs each; some have a date that does not exist, or a file that ends too soon."""
    sheet = folder / "batch.tsv"
    if sheet.exists():
        return sheet
    rng = random.Random(seed)
    names = [f"chaos-{number:04}" for number in range(-(-runs // RUNS_EACH))]
    for number, name in enumerate(names):
        count = min(RUNS_EACH, runs - number * RUNS_EACH)
        make_submission(folder / name, count, rng.choice(("date", "torn")) if rng.random() < FAULTY_SHARE else "")
    text = "submission\tsource\n" + "".join(f"{name}\t{name}\n" for name in names)
    sheet.write_text(text, encoding="utf-8")
    return sheet


def make_submission(folder: Path, runs: int, fault: str) -> None:
    """One submission: a project, and a sample, a library and a run with its two mates each."""
    name = folder.name
    folder.mkdir(parents=True, exist_ok=True)
    sheets: dict[str, list[dict[str, str]]] = {}
    for number in range(1, runs + 1):
        own = f"{name}-{number}"
        given = {
            "submission": {"access_level": "open", "submission_alias": name, "bioproject": name},
            "project": {"project_alias": name},
            "sample": {"sample_name": own, "sample_title": f"Plant {own}", "cultivar": f"Line {own}"},
            "experiment": {"library_id": own, "sample_name": own, "instrument_model": "Illumina NovaSeq X"},
        }
        record = example_record(compose("seed_crop", "Plant_fungi"), minimal=True, given=given)
        for sheet, rows in record.items():
            if sheet not in ("submission", "project") or number == 1:
                sheets.setdefault(sheet, []).extend(rows)
        for mate in (1, 2):
            data = example_reads(own, mate)
            torn = fault == "torn" and number == 1 and mate == 1
            (folder / f"{own}_R{mate}.fastq.gz").write_bytes(data[:-500] if torn else data)
    if fault == "date":
        sheets["sample"][0]["collection_date"] = "2021-13-45"
    for sheet, rows in sheets.items():
        headings = list(dict.fromkeys(key for row in rows for key in row))
        lines = ["\t".join(headings), *("\t".join(row.get(key, "") for key in headings) for row in rows)]
        (folder / f"{sheet}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_site_station(site: Site, name: str) -> Station:
    """A station on a database and buckets of its own, made once."""
    home = site.place / name
    station = Station(name, home / "station" / "station.toml", home / "work", f"chaos-{name}", name)
    url = site.postgres.create_database(name)
    bucket = site.s3.make_bucket(station.bucket)
    with patched_environment(site.environment):
        make_station(
            station.file.parent,
            {
                "catalog_url": url,
                "catalog_password_env": PASSWORD,
                "public": f"{bucket}/public",
                "closed": f"{bucket}/closed",
            },
        )
    station.work.mkdir(parents=True, exist_ok=True)
    return station


@contextlib.contextmanager
def patched_environment(values: dict[str, str]) -> Iterator[None]:
    """Our own environment as that of the commands."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def command(site: Site, station: Station, sheet: Path) -> list[str]:
    """The one command of a batch."""
    own = ["--work", str(station.work), "--station", str(station.file), "--profile", str(site.profile)]
    return [*DSQC, "batch", "run", str(sheet), *own, "--today", "2026-09-01", "-q"]


def start(site: Site, station: Station, sheet: Path, log: Path) -> "subprocess.Popen[bytes]":
    """The command, under way."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command(site, station, sheet), env=site.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )


def undisturbed(site: Site, station: Station, sheet: Path) -> None:
    """Run the batch once.

    Raises:
        RuntimeError: it did not end well.
    """
    log = site.place / f"{station.name}.log"
    code = start(site, station, sheet, log).wait(timeout=WAIT_S)
    if code not in (0, 3):
        raise RuntimeError(f"undisturbed, the batch ended with {code}: {log.read_text()[-600:]}")
