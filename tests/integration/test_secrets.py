"""Secrets stay where they were given: nothing that dsqc prints, logs, leaves on disk or runs holds one.

Commands run against real servers until they succeed, are refused, crash and are killed, talkative all the time; then
all that they left is searched.
"""

import base64
import contextlib
import gzip
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dsqc.artefact import write_text
from dsqc.catalog.database import Catalog
from dsqc.crypt4gh import load_private
from dsqc.errors import ExitCode
from dsqc.station import load_station
from helpers.catalogs import dump
from helpers.closed import closed_copy
from helpers.results import Judged
from helpers.watched import Watched, spellings
from infra import s3, web
from infra.faulty import answer, faulty_proxy
from infra.sftp import make_key, sftp_server

pytestmark = [pytest.mark.s3, pytest.mark.postgres, pytest.mark.web, pytest.mark.sftp, pytest.mark.timeout(600)]

TALKATIVE = ("--debug", "-v", "--log-json")
SESSION_TOKEN = "session-token/0123456789+abcdef=="
PASSPHRASE = "passphrase of the station 0123456789"
WRONG = "wrong-but-perhaps-right-elsewhere-0123456789"
PROXY_PASSWORD = "proxy-password-0123456789"
CRASHING = "helpers.crashing"
DONE, FAULT, USAGE, KILLED = ExitCode.DONE, ExitCode.FAULT, ExitCode.USAGE, -9


@dataclass
class World:
    """The commands' home, and what must not be found there. ``given`` holds files that are secrets themselves."""

    watched: Watched
    given: Path
    secrets: dict[str, set[bytes]] = field(default_factory=dict)
    exceptions: set[Path] = field(default_factory=set)

    @property
    def station(self) -> Path:
        return self.watched.home / "station"

    @property
    def sealing(self) -> tuple[str, Path]:
        return "--recipient", self.station / "keys/station.pub"

    @property
    def source(self) -> Path:
        return self.given / "source"

    def hide(self, name: str, *values: str | bytes) -> None:
        for value in values:
            self.secrets.setdefault(name, set()).update(spellings(value.encode() if isinstance(value, str) else value))

    def run(self, expected: int | tuple[int, ...], *arguments: str | Path, **options: object) -> str:
        codes = expected if isinstance(expected, tuple) else (expected,)
        code, printed = self.watched.run(*arguments, **options)  # type: ignore[arg-type]
        assert code in codes, f"{arguments} ended with {code}:\n{printed}"
        return printed

    def crash(self, place: str, *arguments: str | Path, call: int = 1, more: tuple[str, ...] = TALKATIVE) -> None:
        """Let function ``place`` raise what nobody expects."""
        printed = self.run(FAULT, place, str(call), *arguments, *more, program=CRASHING)
        # Otherwise the command did not come by there.
        assert "planned in" in printed, f"{place}:\n{printed}"


@pytest.fixture(scope="module")
def world(tmp_path_factory, s3_server, postgres_server, preloaded) -> Iterator[World]:
    """Everything has run."""
    given, home = tmp_path_factory.mktemp("given"), tmp_path_factory.mktemp("home")
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(web.web_server(tmp_path_factory.mktemp("web")))
        ssh = stack.enter_context(sftp_server(tmp_path_factory.mktemp("ssh")))
        password = postgres_server.password
        database = postgres_server.create_database("secrets")
        stack.callback(postgres_server.drop_database, "secrets")
        watched = Watched(home, environment(given, s3_server, site, ssh, password), preloaded=preloaded)
        made = World(watched, given)
        closed_copy("rice-wgs", made.source)
        (site.root / "in").symlink_to(made.source)
        public = s3_server.make_bucket("secrets")
        hide_all(made, ssh, password)
        make_the_station(made, database, f"{public}/public")
        made.watched.environment = {**made.watched.environment, "DSQC_STATION": str(made.station)}
        with ThreadPoolExecutor(2) as pool:
            # Neither touches what the other does.
            registered = pool.submit(registering, made, s3_server)
            sending(made, public)
            transferring(made, public, site, ssh)
            registered.result()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CATALOG_PASSWORD", password)
            rows = json.dumps(dump(load_station(made.station)), default=repr)
        (home / "catalog.dump").write_text(rows)
        yield made


def environment(given: Path, store, site, ssh, password: str) -> dict[str, str]:
    netrc = given / "netrc"
    netrc.write_text(f"machine localhost login {web.USER} password {web.PASSWORD}\n")
    netrc.chmod(0o600)
    return {
        **store.environment,
        **ssh.environment,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "NETRC": str(netrc),
        "DSQC_HTTP_TOKEN": web.TOKEN,
        "DSQC_HTTP_HOST": f"127.0.0.1:{site.port}",
        "CATALOG_PASSWORD": password,
        "KEY_PASSPHRASE": PASSPHRASE,
        "NO_COLOR": "1",
    }


def hide_all(made: World, ssh, password: str) -> None:
    made.hide("secret key of the store", s3.SECRET_KEY, WRONG)
    made.hide("session token", SESSION_TOKEN)
    made.hide("password of netrc", web.PASSWORD, f"{web.USER}:{web.PASSWORD}")
    made.hide("token of the web server", web.TOKEN)
    made.hide("password of the catalog", password)
    made.hide("passphrase", PASSPHRASE)
    made.hide("password of the proxy", PROXY_PASSWORD, f"user:{PROXY_PASSWORD}")
    lines = ssh.key.read_text().splitlines()[1:-1]
    # The first line says the kind of key, as every key of the kind does; the secret half stands behind the public one.
    made.hide("ssh key", *lines[2:])


def make_the_station(made: World, database: str, public: str) -> None:
    """A catalog in PostgreSQL, the public tier in S3, and a pair of keys locked with a passphrase after another."""
    at = ("--catalog-url", database, "--catalog-password-env", "CATALOG_PASSWORD", "--public", public)
    made.run(USAGE, "catalog", "init", made.station, *at, *TALKATIVE, CATALOG_PASSWORD="")
    shutil.rmtree(made.station, ignore_errors=True)
    made.run(FAULT, "catalog", "init", made.station, *at, *TALKATIVE, CATALOG_PASSWORD=WRONG)
    shutil.rmtree(made.station, ignore_errors=True)
    made.run(DONE, "catalog", "init", made.station, *at, "-v")
    made.run(DONE, "storage", "keygen", made.station / "keys/locked", "--passphrase-env", "KEY_PASSPHRASE", *TALKATIVE)
    made.run(DONE, "storage", "keygen", made.watched.home / "recipient", *TALKATIVE)
    keys = {made.station / "keys/station.sec": "", made.station / "keys/locked.sec": PASSPHRASE}
    keys[made.watched.home / "recipient.sec"] = ""
    made.exceptions |= set(keys)
    for path, phrase in keys.items():
        body = "".join(path.read_text().splitlines()[1:-1])
        made.hide("Crypt4GH key", load_private(path, lambda phrase=phrase: phrase).data, base64.b64decode(body), body)


def sending(made: World, bucket: str) -> None:
    source, home = made.source, made.watched.home
    inbox = f"{bucket}/in"
    made.crash(
        "dsqc.sending.web:Web._once",
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--to",
        inbox,
        call=3,
    )
    made.crash(
        "botocore.auth:SigV4Auth.add_auth",
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--to",
        inbox,
        more=("--log-json",),
    )
    made.run(
        FAULT,
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--to",
        inbox,
        *TALKATIVE,
        AWS_SECRET_ACCESS_KEY=WRONG,
    )
    made.run(
        (FAULT, USAGE),
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--to",
        inbox,
        *TALKATIVE,
        AWS_SESSION_TOKEN=f"{SESSION_TOKEN}\n",
    )
    slow = ("--limit-rate", "20K", "--state", home / "state-killed")
    kill_when = (home / "state-killed").exists
    made.run(
        KILLED,
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--to",
        f"{bucket}/killed",
        *slow,
        *TALKATIVE,
        kill_when=kill_when,
    )
    proxied = {"http_proxy": f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"}
    made.run(
        FAULT,
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--to",
        inbox,
        "--retries",
        "1",
        *TALKATIVE,
        **proxied,
    )
    with faulty_proxy(made.watched.environment["AWS_ENDPOINT_URL"]) as proxy:
        for code in ("AccessDenied", "ExpiredToken", "SignatureDoesNotMatch"):
            proxy.plan(answer(403, code, times=99))
            made.run(
                FAULT,
                "send",
                source,
                "--recipient",
                made.station / "keys/station.pub",
                "--to",
                inbox,
                *TALKATIVE,
                AWS_ENDPOINT_URL=proxy.endpoint,
            )
    made.run(DONE, "send", source, *made.sealing, "--to", inbox, "-v", "--log-json")

    grant, granted = home / "grant.json", f"{bucket}/granted"
    asked = ("--inbox", granted, "--files", source)
    made.crash("dsqc.sending.requests:KeyGate.presigned", "grant", "issue", "KR-1", *asked, "-o", grant, call=4)
    made.run(DONE, "grant", "issue", "KR-1", *asked, "-o", grant, *TALKATIVE)
    made.exceptions.add(grant)
    remember_signatures(made, grant)
    made.run(DONE, "grant", "show", grant, *TALKATIVE)
    keyless = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL": ""}
    made.crash(
        "dsqc.sending.web:Web._once",
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--grant",
        grant,
        call=2,
    )
    made.crash(
        "http.client:HTTPConnection.putrequest",
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--grant",
        grant,
    )
    with faulty_proxy(made.watched.environment["AWS_ENDPOINT_URL"]) as proxy:
        for code in ("AccessDenied", "ExpiredToken"):
            proxy.plan(answer(403, code, times=99))
            made.run(
                FAULT,
                "send",
                source,
                "--recipient",
                made.station / "keys/station.pub",
                "--grant",
                grant,
                *TALKATIVE,
                **keyless,
                http_proxy=proxy.endpoint,
            )
    made.run(
        FAULT,
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--grant",
        grant,
        "--retries",
        "1",
        *TALKATIVE,
        **keyless,
        **proxied,
    )
    for name, change in (("cut", lambda text: text[:-200]), ("old", lambda text: text.replace('"1.', '"9.', 1))):
        broken = made.given / f"{name}.json"
        broken.write_text(change(grant.read_text()))
        made.run(
            USAGE,
            "send",
            source,
            "--recipient",
            made.station / "keys/station.pub",
            "--grant",
            broken,
            *TALKATIVE,
            **keyless,
        )
    made.run(DONE, "grant", "renew", grant, *TALKATIVE)
    remember_signatures(made, grant)
    made.run(
        DONE,
        "send",
        source,
        "--recipient",
        made.station / "keys/station.pub",
        "--grant",
        grant,
        "--json",
        "-v",
        "--log-json",
        **keyless,
    )
    made.run(DONE, "grant", "revoke", grant, *TALKATIVE)
    made.run(DONE, "grant", "sweep", "--inbox", inbox, *TALKATIVE)


def remember_signatures(made: World, grant: Path) -> None:
    found = set(re.findall(r"X-Amz-Signature=([0-9a-f]{64})", grant.read_text()))
    assert len(found) >= 5
    made.hide("URLs of a grant", "X-Amz-Signature", *found)


def transferring(made: World, bucket: str, site, ssh) -> None:
    places = {
        "s3": f"{bucket}/in",
        "login": f"http://localhost:{site.port}/login/in/",
        "token": f"http://127.0.0.1:{site.port}/token/in/",
        "sftp": ssh.url(made.source),
    }
    crashes = {
        "s3": "dsqc.transfer.s3_reading:RangeReader.open",
        "login": "urllib3:PoolManager.request",
        "token": "urllib3.connectionpool:HTTPConnectionPool._make_request",
        "sftp": "dsqc.transfer.sftp_client:SftpConnection.open",
    }
    other = make_key(made.given / "other-key")
    broken = made.given / "broken-netrc"
    broken.write_text(f"machine localhost login {web.USER} passwort {web.PASSWORD}\n")
    wrong = made.given / "wrong-netrc"
    wrong.write_text(f"machine localhost login {web.USER} password {WRONG}\n")
    refusals = [
        ("s3", {"AWS_SECRET_ACCESS_KEY": WRONG}),
        ("s3", {"AWS_SESSION_TOKEN": f"{SESSION_TOKEN}\n"}),
        ("login", {"NETRC": str(broken)}),
        ("login", {"NETRC": str(wrong)}),
        ("login", {"http_proxy": f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"}),
        ("token", {"DSQC_HTTP_TOKEN": WRONG}),
        ("token", {"DSQC_HTTP_TOKEN": f"{web.TOKEN}\n"}),
        ("sftp", {"DSQC_SSH_KEY": str(other)}),
    ]
    for name, more in refusals:
        given = ("transfer", places[name], made.watched.home / "inbox/refused", "--retries", "0", *TALKATIVE)
        made.run((FAULT, USAGE), *given, **more)
    for name, place in places.items():
        inbox, events = made.watched.home / "inbox" / name, made.watched.home / f"{name}.events"
        made.crash(crashes[name], "transfer", place, inbox, "--retries", "0", "--events", events)
        kill_when = inbox.joinpath(".dsqc").exists
        slow = ("--limit-rate", "20K", "--events", events)
        made.run(KILLED, "transfer", place, inbox, *slow, *TALKATIVE, kill_when=kill_when)
        made.run(DONE, "transfer", place, inbox, "--events", events, "-v", "--log-json")
        assert len(list(inbox.glob("*.c4gh"))) == 4


def registering(made: World, store) -> None:
    home, station = made.watched.home, load_station(made.station)
    public, closed = (
        Judged(name=f"{kind}-1", access=kind, prefix=kind).write(home, station) for kind in ("open", "closed")
    )
    for place in (
        "psycopg:connect",
        "dsqc.storage.s3store:put_whole",
        "dsqc.stages.register:register_rows",
    ):
        made.crash(place, "register", public[0], "--inbox", public[1])
    at = ("register", public[0], "--inbox", public[1])
    made.run(FAULT, *at, *TALKATIVE, CATALOG_PASSWORD=WRONG)
    made.run(USAGE, *at, *TALKATIVE, CATALOG_PASSWORD="")
    made.run(FAULT, *at, *TALKATIVE, AWS_SECRET_ACCESS_KEY=WRONG)
    made.run((KILLED, DONE), *at, *TALKATIVE, kill_when=lambda: any((store.data / "secrets/public").rglob("*")))
    made.run(DONE, *at, "-v", "--log-json")
    made.run(DONE, "register", closed[0], "--inbox", closed[1], *TALKATIVE)
    made.run(DONE, "storage", "verify", *TALKATIVE)
    made.run(DONE, "storage", "sweep", *TALKATIVE)
    made.run(FAULT, "storage", "verify", *TALKATIVE, AWS_SECRET_ACCESS_KEY=WRONG)
    made.run(DONE, "storage", "archive", *TALKATIVE)

    configuration = made.station / "station.toml"
    said = 'public_key = "keys/locked.pub"\nprivate_key = "keys/locked.sec"\npassphrase_env = "KEY_PASSPHRASE"\n'
    said += 'previous_private_keys = ["keys/station.sec"]\n'
    write_text(configuration, configuration.read_text().replace("[closed]\n", f"[closed]\n{said}", 1))
    made.run((FAULT, USAGE), "storage", "rotate", *TALKATIVE, KEY_PASSPHRASE=WRONG)
    made.crash("dsqc.stages.closed:write_stored_header", "storage", "rotate")
    made.crash("dsqc.crypt4gh.keys:_derived", "storage", "rotate")
    made.run(DONE, "storage", "rotate", *TALKATIVE)
    given = ("storage", "export", "KRA00000002", "--to", home / "recipient.pub", "-o", home / "exported")
    made.run((FAULT, USAGE), *given, *TALKATIVE, KEY_PASSPHRASE=WRONG)
    made.crash("dsqc.crypt4gh.keys:PrivateKey.exchange", *given)
    made.run(DONE, *given, *TALKATIVE)
    sealed = next((home / "exported").glob("*.c4gh"))
    made.run(DONE, "storage", "open", sealed, "--key", home / "recipient.sec", "-o", home / "opened", *TALKATIVE)


def texts(made: World) -> Iterator[tuple[str, bytes]]:
    """Everything that was left, by where it is."""
    for path in sorted(made.watched.home.rglob("*")):
        yield f"name of {path}", os.fsencode(path)
        if path.is_symlink() or not path.is_file() or path in made.exceptions:
            continue
        content = path.read_bytes()
        yield str(path), content
        if content[:2] == b"\x1f\x8b":
            yield f"{path} unpacked", gzip.decompress(content)
    for line in sorted(made.watched.commands):
        yield "a command line", line


NAMES = [
    "secret key of the store", "session token", "password of netrc", "token of the web server", "ssh key",
    "password of the catalog", "passphrase", "Crypt4GH key", "URLs of a grant", "password of the proxy",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_left_holds_a_secret(world: World, name: str) -> None:
    found = [place for place, text in texts(world) if any(value in text for value in world.secrets[name])]
    assert found == []


def test_every_secret_is_looked_for_and_would_be_found(world: World) -> None:
    assert sorted(world.secrets) == sorted(NAMES)
    kept = b"".join(path.read_bytes() for path in world.exceptions)
    for name in ("Crypt4GH key", "URLs of a grant"):
        assert any(value in kept for value in world.secrets[name]), name
    everything = b"".join(text for _place, text in texts(world))
    assert everything.count(b"PlannedError: planned") >= 12  # tracebacks were printed
    assert len({line for line in world.watched.commands if b"ssh" in line}) > 0  # children were seen
    assert (world.watched.home / "catalog.dump").stat().st_size > 1000


def test_files_that_are_secrets_are_for_their_owner_alone(world: World) -> None:
    assert len(world.exceptions) == 4
    for path in world.exceptions:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    strangers = [
        path for path in world.watched.home.rglob("*") if path.suffix == ".sec" and path not in world.exceptions
    ]
    assert strangers == []


def test_the_catalog_is_the_one_with_the_password(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_PASSWORD", WRONG)
    with pytest.raises(Exception, match="password"), Catalog.open(load_station(world.station)):
        pass
