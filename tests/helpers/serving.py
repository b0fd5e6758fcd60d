"""``dsqc station serve`` as a process, and a client that keeps cookies as a browser does."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlencode, urlsplit

from argon2 import PasswordHasher

from dsqc.catalog.accounts import Role, add_account
from dsqc.catalog.database import Catalog
from dsqc.station import Station

PASSWORD = "correct horse battery staple"
SUBMITTERS = {"kim": "kim@institute.re.kr", "lee": "lee@other.ac.kr"}
"""Accounts of submitters, and whose submissions they see."""
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Answer:
    """What the server said. ``headers`` have small letters; of several of a name the last."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Client:
    """A browser without a face."""

    origin: str
    jar: dict[str, str] = field(default_factory=dict)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request as it is; redirections are not followed."""
        connection = http.client.HTTPConnection(urlsplit(self.origin).netloc, timeout=60)
        with contextlib.closing(connection):
            cookies = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items())} if self.jar else {}
            connection.request(method, path, body, {**cookies, **(headers or {})})
            answer = connection.getresponse()
            given = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
            for text in given:
                name, _, value = text.partition(";")[0].partition("=")
                self.jar[name] = value.strip('"')
            self.jar = {name: value for name, value in self.jar.items() if value}
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read(), given)

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """Send a form exactly as given."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(form).encode(), {**kind, **named})

    def send(self, page: str, path: str, form: Mapping[str, str]) -> Answer:
        """Fill the form of a page in, with its token."""
        return self.post(path, {"form_token": self.token(page), **form})

    def token(self, page: str) -> str:
        """What the forms of a page carry."""
        found = TOKEN.search(self.get(page).text)
        assert found, f"{page} has no form"
        return found[1]

    def log_in(self, name: str, password: str = PASSWORD) -> Answer:
        return self.send("/log-in", "/log-in", {"name": name, "password": password})


@dataclass
class Server:
    """A running server of a station."""

    origin: str
    station: Station
    process: "subprocess.Popen[str]"
    log: Path

    def client(self, name: str = "") -> Client:
        """A new browser; logged in where a name is given."""
        client = Client(self.origin)
        if name:
            assert client.log_in(name).status == 303, name
        return client

    def end(self) -> int:
        """Tell it to end, as a service manager does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def add_people(station: Station) -> None:
    """An account of each role, called as the role is, and those of the submitters."""
    # At the least cost: a hash says itself how it is to be checked.
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with Catalog.open(station) as catalog:
        for role in (Role.CURATOR, Role.OPERATOR, Role.READER):
            catalog.write(lambda session, role=role: add_account(session, role.value, role, hashed))
        for name, email in SUBMITTERS.items():
            catalog.write(
                lambda session, name=name, email=email: add_account(
                    session, name, Role.SUBMITTER, hashed, submitter=email
                )
            )


@contextlib.contextmanager
def served(station: Station, log: Path, **environment: str) -> Iterator[Server]:
    """Serve a station on a free port until the block ends."""
    command = [sys.executable, "-m", "dsqc", "station", "serve", "--port", "0", "--station", str(station.root)]
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            command,
            env={**os.environ, "DSQC_LANG": "en", **environment},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        yield Server(_origin(process.stdout, log), station, process, log)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _origin(stdout: IO[str] | None, log: Path) -> str:
    line = stdout.readline() if stdout else ""
    assert line, f"it did not start: {log.read_text(encoding='utf-8')}"
    return line.split()[0]
