"""Fixtures that need a real server. Each lives in ``tests/infra/<name>.py`` as a context manager; this file wires."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from dsqc import logs
from dsqc.catalog.making import make_station
from dsqc.station import S3Options, Station
from helpers.stations import new_station
from infra.ceph import CephServer
from infra.ceph import ceph_server as start_ceph_server
from infra.postgres import PostgresServer
from infra.postgres import postgres_server as start_postgres_server
from infra.s3 import S3Server
from infra.s3 import s3_server as start_s3_server
from infra.slurm import SlurmCluster, slurm_cluster

SLOW_FIRST = ("workflow", "chaos", "integration", "browser")
"""Folders whose files take longest: workers that begin with them end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first (with xdist's ``--no-loadscope-reorder``, which keeps this order)."""
    folder = {name: place for place, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: folder.get(item.path.parent.name, len(folder)))


@pytest.fixture(autouse=True)
def _logs_of_this_test_only() -> Iterator[None]:
    """A command run in this process sends logs to the test's standard error; the next test must not write there."""
    yield
    structlog.reset_defaults()
    logs.set_up_with(structlog.reset_defaults)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One S3-compatible server for all tests of the session."""
    with start_s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@dataclass(frozen=True)
class Bucket:
    """A fresh bucket of the server, and how to reach it."""

    url: str
    name: str
    options: S3Options
    server: S3Server | CephServer


@pytest.fixture
def s3_bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of this test's own; the environment holds the server's keys."""
    return _bucket(s3_server, monkeypatch)


@pytest.fixture(scope="session")
def ceph_server() -> Iterator[CephServer]:
    """One Ceph object store for all tests of the session; a test that kills its gateway starts it again."""
    # Not below pytest's own directory: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="dsqc-ceph-") as home, start_ceph_server(Path(home)) as server:
        yield server


@pytest.fixture
def ceph_bucket(ceph_server: CephServer, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of this test's own in Ceph; the environment holds the server's keys."""
    return _bucket(ceph_server, monkeypatch)


@pytest.fixture(params=[pytest.param("s3", marks=pytest.mark.s3), pytest.param("ceph", marks=pytest.mark.ceph)])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """A bucket of this test's own, in each kind of server."""
    made: Bucket = request.getfixturevalue(f"{request.param}_bucket")
    return made


def _bucket(server: S3Server | CephServer, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    name = f"test-{uuid.uuid4().hex[:12]}"
    return Bucket(server.make_bucket(name), name, server.options, server)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests of the session."""
    with start_postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database with an empty catalog, which all migrations have made; to be copied."""
    name = "empty_catalog"
    with _postgres_station(postgres_server, tmp_path_factory.mktemp("template"), name, "template0"):
        return name


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Station]:
    """A station with an empty catalog of its own, on each kind of database."""
    with _station(request, tmp_path / "station") as made:
        yield made


@pytest.fixture(scope="module", params=DATABASES)
def module_station(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """One such station for all tests of a module that only read."""
    with _station(request, tmp_path_factory.mktemp("module") / "station") as made:
        yield made


@contextlib.contextmanager
def _station(request: pytest.FixtureRequest, directory: Path) -> Iterator[Station]:
    if request.param == "sqlite":
        yield new_station(directory, {}).station
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with _postgres_station(server, directory, name, request.getfixturevalue("postgres_template")) as station:
        try:
            yield station
        finally:
            server.drop_database(name)


@contextlib.contextmanager
def _postgres_station(server: PostgresServer, directory: Path, name: str, template: str) -> Iterator[Station]:
    """A station whose catalog is the database ``name``, a copy of ``template``; the environment holds its password."""
    settings = {"catalog_url": server.create_database(name, template), "catalog_password_env": "TEST_CATALOG_PASSWORD"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_CATALOG_PASSWORD", server.password)
        yield make_station(directory, settings).station


@pytest.fixture(scope="session")
def slurm() -> Iterator[SlurmCluster]:
    """One Slurm of two virtual nodes for all tests of the session."""
    # Not below pytest's own directory: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="dsqc-slurm-") as home, slurm_cluster(Path(home)) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def slurm_accounts() -> Iterator[SlurmCluster]:
    """A Slurm that keeps accounts, and whose squeue forgets a job as soon as it has ended."""
    with (
        tempfile.TemporaryDirectory(prefix="dsqc-slurm-") as home,
        slurm_cluster(Path(home), with_accounting=True, min_job_age_s=2) as cluster,
    ):
        yield cluster
