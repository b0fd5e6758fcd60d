"""``dsqc station selftest``: what works is ok, what is broken is said with the next step, and nothing is left."""

import contextlib
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import psycopg
import pytest

from conftest import Bucket
from dsqc.batch.selftest import PARTS
from dsqc.batch.selftest.names import PREFIX, RunName
from dsqc.batch.selftest.samples import differences, samples
from dsqc.catalog.database import connected
from dsqc.cli._station_selftest import PARTS as LABELS
from dsqc.cli.main import main
from dsqc.errors import ExitCode
from dsqc.station import Station, load_station
from helpers.stations import new_station
from infra.postgres import PostgresServer
from infra.s3 import s3_server
from infra.slurm import SlurmCluster


def command(station: Path, work: Path, *arguments: str) -> list[str]:
    """The self-test as a process of its own."""
    own = ["--station", str(station), "--work", str(work), "--json"]
    return [sys.executable, "-m", "dsqc", "station", "selftest", *own, *arguments]


def tried(
    station: Path, work: Path, *arguments: str, env: dict[str, str] | None = None
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and the lines by part and subject, held against the published schema; in this process."""
    printed, code = io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        code = main(command(station, work, *arguments)[3:])
    value = json.loads(printed.getvalue())
    schema = json.loads(
        files("dsqc.schemas").joinpath("reports/station_selftest.schema.json").read_text(encoding="utf-8")
    )
    jsonschema_rs.validate(schema, value)
    return code, {f"{item['part']} {item['subject']}".strip(): item for item in value["checks"]}


def broken(lines: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What is broken, with what was seen."""
    return {name: item["message"] for name, item in lines.items() if item["state"] == "broken"}


def tree(folder: Path) -> dict[str, str]:
    """Every file and directory below, with the digest of what a file holds; SQLite's own files come and go."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
        if not path.name.endswith(("-wal", "-shm", "catalog.sqlite"))
    }


def rows(station: Station) -> dict[str, list[Any]]:
    """Every row of the catalog."""
    from sqlalchemy import select

    from dsqc.catalog.models import Base

    with connected(station) as catalog, catalog.reading() as session:
        return {name: sorted(map(str, session.execute(select(table)))) for name, table in Base.metadata.tables.items()}


def test_a_sound_station_is_ok_and_stays_as_it_was(tmp_path: Path) -> None:
    made, work = new_station(tmp_path / "station", {}), tmp_path / "work"
    work.mkdir()
    before = tree(tmp_path), rows(made.station)
    code, lines = tried(made.file, work)
    assert (code, broken(lines)) == (ExitCode.DONE, {})
    skipped = {name for name, item in lines.items() if item["state"] == "skipped"}
    assert skipped == {"credentials signature", "slurm local", "mail notices", "mail batches", "mail webhook"}
    assert {"stages register open", "stages rehearse open", "stages register closed", "stages judge faulty"} <= set(
        lines
    )
    assert (tree(tmp_path), rows(made.station)) == before
    assert tuple(LABELS) == PARTS


def test_what_a_killed_one_left_the_next_takes_away(tmp_path: Path) -> None:
    made, work = new_station(tmp_path / "station", {}), tmp_path / "work"
    work.mkdir()
    before = tree(tmp_path)
    with subprocess.Popen(command(made.file, work), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: list(tmp_path.glob(f"station/{PREFIX}*/catalog.sqlite")), process)
        process.kill()
    assert len(list(tmp_path.glob(f"*/{PREFIX}*"))) >= 2
    with subprocess.Popen(command(made.file, work), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: list(work.glob(f"{PREFIX}*_{process.pid}/stages")), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == ExitCode.INTERRUPTED
    assert tree(tmp_path) == before


def wait_for(look: Any, process: "subprocess.Popen[bytes]") -> None:
    """Until ``look`` sees something."""
    deadline = time.monotonic() + 60
    while not look():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_broken_is_said_and_the_rest_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_station(tmp_path / "station", {})
    text = made.file.read_text(encoding="utf-8")
    settings = text.replace('# private_key = "keys/signing.pem"', 'private_key = "keys/none.pem"')
    settings = settings.replace('# secret_key_env = ""', 'access_key_env = "DSQC_A"\nsecret_key_env = "DSQC_B"')
    settings = settings.replace("[notify]\n", '[notify]\nwebhook = "http://127.0.0.1:1/secret-path"\n', 1)
    made.file.write_text(settings, encoding="utf-8")
    held = Path(made.station.tier_url("held"))
    held.rmdir()
    held.write_text("a file where a directory must be")
    (made.station.root / "keys" / "station.sec").chmod(0o644)
    with made.station.root.joinpath("catalog.sqlite").open("r+b") as file:
        file.write(b"no database")
    monkeypatch.setenv("DSQC_A", "secret-value")
    monkeypatch.delenv("DSQC_B", raising=False)
    code, lines = tried(made.file, tmp_path)
    assert code == ExitCode.FAULT
    wrong = broken(lines)
    assert {
        "credentials DSQC_B",
        "credentials closed data",
        "credentials signature",
        "stores held",
        "catalog own",
        "mail webhook",
    } <= set(wrong)
    assert lines["stores public"]["state"] == lines["credentials DSQC_A"]["state"] == "ok"
    assert lines["stages sandbox"]["state"] == "skipped"
    assert all(lines[name]["hint"] for name in wrong)
    assert not {"secret-value", "secret-path"} & set(re.findall(r"[\w-]+", json.dumps(lines)))


def test_a_station_that_cannot_be_read_is_one_broken_line(tmp_path: Path) -> None:
    code, lines = tried(tmp_path / "none.toml", tmp_path)
    assert (code, list(lines)) == (ExitCode.FAULT, ["configuration station.toml"])
    assert "catalog init" in lines["configuration station.toml"]["hint"]


def test_values_that_are_measured_otherwise_are_told() -> None:
    sample = samples()[0]
    (name, wanted), *_ = sample.measured.items()
    assert wanted["read_count"] == 50
    assert differences(wanted, wanted, wanted) == []
    assert differences(wanted, wanted, {**wanted, "gc_fraction": wanted["gc_fraction"] + 1e-6}) != []
    assert differences(wanted, {**wanted, "md5": "0" * 32}, wanted) != []
    assert samples()[0].contents()[name] == sample.contents()[name]


@pytest.mark.parametrize(
    ("hours", "process", "left"),
    [(7, os.getpid(), True), (0, os.getpid(), False), (0, 1 << 22, True)],
    ids=["long-ago", "alive", "dead"],
)
def test_who_is_gone_is_told_by_the_name(hours: int, process: int, left: bool) -> None:
    own = RunName.own()
    name = RunName.find(str(RunName(own.begun, own.host, process)) + "/objects")
    assert name is not None
    assert name.is_left(own.begun + timedelta(hours=hours)) is left
    assert RunName.find("dsqc_selftest_mine") is None


@pytest.fixture
def database(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database, its password in the environment."""
    name = f"selftest_{uuid.uuid4().hex[:12]}"
    monkeypatch.setenv("TEST_CATALOG_PASSWORD", postgres_server.password)
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.mark.postgres
@pytest.mark.s3
def test_a_station_of_servers_is_ok_and_keeps_nothing(tmp_path: Path, database: str, s3_bucket: Bucket) -> None:
    tiers = {"public": f"{s3_bucket.url}/public", "closed": f"{s3_bucket.url}/closed"}
    made = new_station(
        tmp_path / "station", {"catalog_url": database, "catalog_password_env": "TEST_CATALOG_PASSWORD", **tiers}
    )
    text = made.file.read_text(encoding="utf-8")
    made.file.write_text(text.replace('# endpoint_url = ""', f'endpoint_url = "{s3_bucket.options.endpoint_url}"'))
    station = load_station(made.file)
    before = rows(station)
    code, lines = tried(made.file, tmp_path)
    assert (code, broken(lines)) == (ExitCode.DONE, {})
    assert s3_bucket.url in lines["stages transfer open"]["message"]
    assert rows(station) == before
    client = s3_bucket.server.client()
    assert [row["Key"] for row in client.list_objects_v2(Bucket=s3_bucket.name).get("Contents", ())] == []
    client.close()
    password = os.environ["TEST_CATALOG_PASSWORD"]
    with psycopg.connect(database, password=password) as connection:
        schemas = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dsqc%'").fetchone()
    assert schemas == (0,)


@pytest.mark.s3
def test_a_store_that_is_gone_is_broken_and_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server(tmp_path / "s3") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        made = new_station(tmp_path / "station", {"public": f"{server.make_bucket('selftest')}/public"})
        server.stop()
        code, lines = tried(made.file, tmp_path, "--only", "stores,stages")
    assert code == ExitCode.FAULT
    assert "stores public" in broken(lines)
    assert lines["stores closed"]["state"] == "ok"
    assert lines["stages sandbox"]["state"] == "skipped"


@pytest.mark.slurm
def test_a_node_of_the_cluster_is_tried_too(tmp_path: Path, slurm: SlurmCluster) -> None:
    made = new_station(tmp_path / "station", {})
    before = tree(tmp_path)
    code, lines = tried(made.file, tmp_path, "--profile", "slurm", "--only", "slurm", env=slurm.environment)
    assert (code, broken(lines)) == (ExitCode.DONE, {})
    assert "on n" in lines["slurm slurm"]["message"]
    assert tree(tmp_path) == before
    profile = tmp_path / "site"
    profile.mkdir()
    (profile / "profile.v9+.yaml").write_text("executor: slurm\ndefault-resources:\n  slurm_partition: nowhere\n")
    code, lines = tried(made.file, tmp_path, "--profile", str(profile), "--only", "slurm", env=slurm.environment)
    assert code == ExitCode.FAULT
    assert "partition" in broken(lines)[f"slurm {profile}"]
    assert not slurm.jobs()
