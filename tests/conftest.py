"""Fixtures that need a real server. Each server lives in ``tests/infra/<name>.py`` as a context manager; this file only wires."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from dsqc.station import S3Options
from infra.s3 import S3Server
from infra.s3 import s3_server as start_s3_server


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
    server: S3Server


@pytest.fixture
def s3_bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of this test's own; the environment holds the server's keys."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    name = f"test-{uuid.uuid4().hex[:12]}"
    return Bucket(s3_server.make_bucket(name), name, s3_server.options, s3_server)
