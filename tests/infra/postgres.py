"""A real PostgreSQL for tests: Debian's binaries, a temporary cluster on loopback, stopped at the end."""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

USER = "dsqc"
# A test's data need not survive a power cut; the rest are the server's own values.
SETTINGS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses=127.0.0.1"


@dataclass(frozen=True)
class PostgresServer:
    """A running server."""

    port: int
    password: str
    root: Path

    def kill(self) -> None:
        """As kill -9 of all its processes: no checkpoint, every connection lost."""
        self._control("-m", "immediate", "stop")

    def start_again(self) -> None:
        """At the same port, out of what had been written."""
        options = f"-p {self.port} -k {self.root} {SETTINGS}"
        self._control("-l", self.root / "log", "-o", options, "start")

    def _control(self, *arguments: str | Path) -> None:
        account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        _run([find_binaries() / "pg_ctl", "-D", self.root / "data", "-w", *arguments], account, self.root)

    def url(self, database: str) -> str:
        """The URL of a database, without its password."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template0") -> str:
        """Make a database, empty or a copy of another that nobody is connected to, and return its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement as the server's administrator."""
        address = {"host": "127.0.0.1", "port": self.port, "user": USER, "password": self.password}
        with psycopg.connect(dbname="postgres", autocommit=True, **address) as connection:
            connection.execute(statement)


def find_binaries() -> Path:
    """The directory of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("These tests need a PostgreSQL server: apt-get install postgresql")
    return found[-1].parent


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server with a fresh cluster, and stop it whatever happens."""
    binaries = find_binaries()
    # Not below pytest's directory: that is closed to other users, and the server refuses to run as root.
    root = Path(tempfile.mkdtemp(prefix="dsqc-postgres-"))
    account = _unprivileged(root)
    password = secrets.token_hex(16)
    try:
        (root / "password").write_text(password, encoding="utf-8")
        if account:
            os.chown(root / "password", account.pw_uid, account.pw_gid)
        data, port = root / "data", _free_port()
        create = ["-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={root / 'password'}", "--no-sync"]
        _run([binaries / "initdb", *create, "-E", "UTF8", "--locale=C.UTF-8"], account, root)
        server = PostgresServer(port, password, root)
        server.start_again()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _unprivileged(root: Path) -> pwd.struct_passwd | None:
    """The account that runs the server where we are root; it owns ``root`` then."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("postgres")
    os.chown(root, account.pw_uid, account.pw_gid)
    return account


def _run(command: list[str | Path], account: pwd.struct_passwd | None, root: Path) -> None:
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    # Not through pipes: the server inherits them, and reading them to their end would last as long as it runs.
    with (root / "output").open("ab") as output:
        done = subprocess.run(
            command, cwd=root, env=environment, stdout=output, stderr=output, timeout=120, check=False, **identity
        )
    if done.returncode:
        log = root / "log"
        said = (root / "output").read_text(errors="replace") + (log.read_text(errors="replace") if log.exists() else "")
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
