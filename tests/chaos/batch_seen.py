"""What two batches must have in common whatever died under one of them, and what none may leave behind."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from chaos.batch_site import DSQC, Site, Station
from dsqc.artefact import read_json
from dsqc.batch.lock import is_running
from helpers.sample_runs import ACCESSION, accession_names, processes_in


def seen_of(site: Site, station: Station) -> dict[str, dict[str, str]]:
    """Everything that must be equal, by kind and name: lines, or digests."""
    names = accession_names(station.work)
    exported = site.place / f"{station.name}.export"
    shutil.rmtree(exported, ignore_errors=True)
    subprocess.run(
        [*DSQC, "catalog", "export", "--closed", "-O", str(exported), "--station", str(station.file)],
        env=site.environment,
        check=True,
        capture_output=True,
        timeout=300,
    )

    def by_name(text: str) -> str:
        return ACCESSION.sub(lambda found: names.get(found[0], found[0]), text)

    catalog = {
        table.name: "\n".join(sorted(by_name(line) for line in table.read_text(encoding="utf-8").splitlines()))
        for table in exported.glob("*.tsv")
    }
    store = site.s3.data / station.bucket
    objects = {str(path.relative_to(store)): digest(path) for path in store.glob("*/objects/**/*") if path.is_file()}
    results, receipts = {}, {}
    for path in sorted((station.work / "results").rglob("*")):
        name = str(path.relative_to(station.work))
        if path.name == "receipt.json":
            receipts[name] = by_name(json.dumps(receipt_of(path), sort_keys=True))
        elif path.is_file() and not path.name.endswith(".timing.json"):
            results[name] = digest(path)
    return {"catalog": catalog, "objects": objects, "receipts": receipts, "results": results}


def receipt_of(path: Path) -> dict[str, Any]:
    """State, accessions and reasons of a receipt."""
    found = read_json(path)
    return {name: found[name] for name in ("submission", "state", "registered", "accessions", "reasons")}


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(calm: dict[str, dict[str, str]], wild: dict[str, dict[str, str]]) -> Iterator[str]:
    """What is not equal."""
    for kind, expected in calm.items():
        found = wild[kind]
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                how = "differs" if name in expected and name in found else "is only on one side"
                yield f"{kind} {name} {how}"


def left_behind(site: Site, station: Station) -> Iterator[str]:
    """What still runs, or is locked, after the batch."""
    if jobs := site.slurm.jobs():
        yield f"Slurm jobs are left: {', '.join(jobs)}"
    if running := [line for _pid, line in processes_in(station.work)]:
        yield f"processes are left: {running[:3]}"
    if is_running(station.work):
        yield "the lock of the working directory is held"
    with psycopg.connect(site.postgres.url(station.database), password=site.postgres.password) as connection:
        leases = f"SELECT count(*) FROM lease WHERE deadline > '{datetime.now(UTC).isoformat()}'"
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        for what, query in (("sessions", others), ("leases", leases)):
            if count := connection.execute(query).fetchone()[0]:  # type: ignore[index]
                yield f"{count} {what} are left in the database"
    verified = subprocess.run(
        [*DSQC, "catalog", "verify", "--station", str(station.file)],
        env=site.environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if verified.returncode:
        yield f"the catalog does not verify: {verified.stdout[-300:]}{verified.stderr[-300:]}"
