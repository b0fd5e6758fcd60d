"""Transfers from a real web server: nginx with and without directory pages, ranges, TLS, logins and redirects."""

import os
import unicodedata
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsqc.artefact import read_json
from dsqc.cli.main import main
from dsqc.errors import StorageFault, SystemFault, TransientFault, UsageError
from dsqc.stages.preflight import preflight
from dsqc.stages.transfer import transfer
from dsqc.transfer.httpsource import HttpSource
from dsqc.transfer.sources import EntryKind, FileFault, SourceChanged, Stalled
from helpers.sources import md5, sha256, visible, write_source
from infra.faulty import answer, faulty_proxy, reset, stall
from infra.web import CONTENT, PASSWORD, TOKEN, USER, WebServer, web_server

pytestmark = pytest.mark.web

LARGE = bytes(range(251)) * 12_000
ODD, KOREAN = "a b#%41?&+;'~.fastq", "시료_R2.fastq"
DATA = {ODD: LARGE, KOREAN: b"x", "empty.fastq": b""}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with web_server(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def web(server: WebServer, monkeypatch):
    """The server with nothing on it, and an environment without credentials and proxies."""
    for path in server.root.iterdir():
        path.unlink() if path.is_file() else path.rmdir()
    server.forget()
    for name in (*os.environ,):
        if name.casefold().endswith("_proxy") or name.startswith(("DSQC_HTTP", "SSL_CERT")):
            monkeypatch.delenv(name)
    empty = server.directory / "netrc"
    empty.write_text("")
    monkeypatch.setenv("NETRC", str(empty))
    with stamina.set_testing(True, attempts=3, cap=True):
        yield server


def bring(url: str, tmp_path: Path, name: str = "there"):
    return transfer(url, tmp_path / name, tmp_path / f"{name}-results", submission="S")


def received(source: HttpSource, name: str, *part: int) -> bytes:
    return b"".join(source.blocks(source.stat(name), *part))


@pytest.mark.parametrize("location", ["plain/", "listed", "whole/", "moved/"])
def test_what_a_web_server_holds_arrives_as_from_a_directory(web, tmp_path, location):
    here = bring(str(write_source(web.root, DATA)), tmp_path, "here")
    there = bring(web.url(location), tmp_path)
    assert there.record == here.record
    assert there.log.counts() == {"error": 0, "warning": 0, "info": 0}
    assert visible(tmp_path / "there") == visible(tmp_path / "here")
    assert bring(web.url(location), tmp_path).record == there.record
    assert read_json(tmp_path / "there-results" / "transfer.timing.json")["copied_bytes"] == 0


def test_over_tls_the_authority_has_to_be_trusted(web, tmp_path, monkeypatch):
    write_source(web.root, DATA)
    with pytest.raises(SystemFault, match=r"certificate of localhost is not trusted.*SSL_CERT_FILE"):
        bring(web.url("plain/", tls=True), tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
    assert bring(web.url("plain/", tls=True), tmp_path).log.counts()["error"] == 0
    assert visible(tmp_path / "there")[ODD] == LARGE


def test_a_directory_page_lists_what_no_sheet_names(web):
    write_source(web.root, DATA)
    (web.root / "extra.txt").write_text("x")
    (web.root / "old").mkdir()
    listed = {entry.name: entry.kind for entry in HttpSource(web.url("listed/")).entries()}
    assert listed["extra.txt"] is EntryKind.FILE
    assert listed["old"] is EntryKind.DIRECTORY
    assert set(listed) == {"extra.txt", "old", "file.tsv", "submission.tsv", *DATA}
    unlisted = {entry.name for entry in HttpSource(web.url("plain/")).entries()}
    assert unlisted == {"file.tsv", "submission.tsv", *DATA}


def test_names_that_the_server_writes_in_nfd_are_found_without_a_page(web, tmp_path):
    write_source(web.root, DATA)
    (web.root / KOREAN).rename(web.root / unicodedata.normalize("NFD", KOREAN))
    result = bring(web.url("plain/"), tmp_path)
    assert result.log.counts()["error"] == 0
    assert visible(tmp_path / "there")[KOREAN] == b"x"


@given(offset=st.integers(0, len(LARGE) + 10), length=st.none() | st.integers(0, len(LARGE)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(("location", "ranges"), [("plain/", True), ("whole/", False)])
def test_any_range_is_exact(web, location, ranges, offset, length):
    if not (web.root / "large").exists():
        (web.root / "large").write_bytes(LARGE)
    source = HttpSource(web.url(location))
    end = None if length is None else offset + length
    assert received(source, "large", offset, length) == LARGE[offset:end]
    assert source.ranges is ranges


def test_a_range_is_all_that_travels(web):
    (web.root / "large").write_bytes(LARGE)
    source = HttpSource(web.url("plain/"))
    entry = source.stat("large")
    web.forget()
    assert b"".join(source.blocks(entry, 65_536, 100)) == LARGE[65_536:65_636]
    assert [(seen.range, seen.status) for seen in web.requests()] == [("bytes=65536-65635", 206)]


def test_one_connection_serves_reading_after_reading(web):
    (web.root / "large").write_bytes(LARGE)
    source = HttpSource(web.url("plain/"))
    entry = source.stat("large")
    for number in range(10):
        reading = source.blocks(entry, number, 10)
        # Whoever knows how many bytes there are does not ask for more.
        assert next(reading) == LARGE[number : number + 10]
        reading.close()
        with pytest.raises(FileFault):
            source.stat("gone")
    assert len({seen.connection for seen in web.requests()}) == 1


@pytest.mark.parametrize("location", ["plain/", "whole/"])
@pytest.mark.parametrize("part", [(), (10, 20)])
def test_a_changed_file_is_never_taken_for_the_old_one(web, location, part):
    path = web.root / "a.fastq"
    path.write_bytes(LARGE)
    source = HttpSource(web.url(location))
    entry = source.stat("a.fastq")
    path.write_bytes(LARGE[::-1])
    os.utime(path, (1, 1))
    with pytest.raises(SourceChanged):
        list(source.blocks(entry, *part))
    assert received(source, "a.fastq", *part) == LARGE[::-1][slice(*(part and (10, 30)) or (None,))]
    path.unlink()
    with pytest.raises(FileFault) as caught:
        source.stat("a.fastq")
    assert caught.value.code == "DSQC-F003"


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("repr-digest/", (md5(CONTENT), sha256(CONTENT))),
        ("digest/", (md5(CONTENT), sha256(CONTENT))),
        ("content-md5/", (md5(CONTENT), "")),
        ("plain/", ("", "")),
    ],
)
def test_checksums_that_the_server_tells_are_taken(web, location, told):
    (web.root / "a.fastq").write_bytes(CONTENT)
    entry = HttpSource(web.url(location)).stat("a.fastq")
    assert (entry.md5, entry.sha256) == told


def test_one_forbidden_file_is_told_from_a_missing_one(web, tmp_path):
    write_source(web.root, {"secret.fastq": b"s", "a.fastq": b"a", "gone.fastq": b"g"})
    (web.root / "gone.fastq").unlink()
    result = bring(web.url("closed/"), tmp_path)
    found = {row["object_id"]: (row["code"], row["value"]) for row in result.record["findings"]}
    assert found == {
        "secret.fastq": ("DSQC-F019", "access is denied (403)"),
        "gone.fastq": ("DSQC-F003", "gone.fastq"),
    }
    assert visible(tmp_path / "there")["a.fastq"] == b"a"


def test_a_login_page_is_no_file(web):
    source = HttpSource(web.url("page/"))
    with pytest.raises(UsageError, match="neither a directory page nor a form"):
        source.entries()
    with pytest.raises(FileFault, match="web page") as caught:
        source.stat("a.fastq")
    assert caught.value.code == "DSQC-F019"


def test_a_compressed_body_is_taken_only_for_what_is_compressed_itself(web):
    for name in ("a.fastq", "a.fastq.gz"):
        (web.root / name).write_bytes(b"stored")
    source = HttpSource(web.url("gzipped/"))
    assert received(source, "a.fastq.gz") == b"stored"
    with pytest.raises(FileFault, match="compresses"):
        source.stat("a.fastq")


def test_the_pre_flight_looks_at_a_web_server_as_at_a_directory(web, tmp_path):
    source = write_source(web.root, {"a.fastq": b"a", "empty.fastq": b"", "gone.fastq": b"", "secret.fastq": b"s"})
    (source / "gone.fastq").unlink()
    seen = preflight(web.url("closed/"), tmp_path / "in")
    assert {(row["code"], row["object_id"]) for row in seen.record["findings"]} == {
        ("DSQC-F003", "gone.fastq"),
        ("DSQC-F008", "empty.fastq"),
        ("DSQC-F019", "secret.fastq"),
    }
    assert seen.record["files"] == 4
    assert not (tmp_path / "in").exists()


# Another server: dates instead of tags, no ranges, its own directory pages


class _Plain(SimpleHTTPRequestHandler):
    tag = ""

    def end_headers(self) -> None:
        if self.tag:
            self.send_header("ETag", self.tag)
        super().end_headers()

    def log_message(self, *_arguments: object) -> None:
        self.server.seen.append((self.command, self.headers.get("If-Range")))


@pytest.fixture
def plain(tmp_path):
    """Python's own web server over ``tmp_path / "root"``."""
    (tmp_path / "root").mkdir()
    handler = type("Handler", (_Plain,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path / "root"))) as running:
        running.seen = []
        # Whoever asks a server without ranges for a part hangs up before the end.
        running.handle_error = lambda *_arguments: None
        running.handler = handler
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_server_with_dates_only_and_without_ranges_will_do(web, plain, tmp_path):
    source = write_source(tmp_path / "root", DATA)
    (source / "more").mkdir()
    url = f"http://127.0.0.1:{plain.server_port}/"
    result = bring(url, tmp_path)
    assert [row["value"] for row in result.record["findings"]] == ["more/"]
    assert visible(tmp_path / "there")[ODD] == LARGE
    seen = HttpSource(url)
    entry = seen.stat(ODD)
    assert seen.ranges is False
    os.utime(source / ODD, (1, 1))
    with pytest.raises(SourceChanged):
        list(seen.blocks(entry, 5, 5))


def test_a_head_that_speaks_of_nothing_is_not_believed(web, plain, tmp_path):
    (tmp_path / "root" / "a").write_bytes(LARGE)
    (tmp_path / "root" / "empty").write_bytes(b"")

    def do_head(self: SimpleHTTPRequestHandler) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    plain.handler.do_HEAD = do_head
    source = HttpSource(f"http://127.0.0.1:{plain.server_port}/")
    assert received(source, "a") == LARGE
    assert received(source, "empty") == b""


@pytest.mark.parametrize(("tag", "sent"), [('"strong"', '"strong"'), ('W/"weak"', None)])
def test_a_weak_tag_is_compared_and_never_sent(web, plain, tmp_path, tag, sent):
    (tmp_path / "root" / "a").write_bytes(LARGE)
    plain.handler.tag = tag
    source = HttpSource(f"http://127.0.0.1:{plain.server_port}/")
    entry = source.stat("a")
    plain.seen.clear()
    assert b"".join(source.blocks(entry, 5, 5)) == LARGE[5:10]
    assert plain.seen == [("GET", sent)]
    plain.handler.tag = 'W/"other"'
    with pytest.raises(SourceChanged):
        list(source.blocks(entry, 5, 5))


# Credentials


@pytest.fixture
def netrc(web, monkeypatch):
    path = web.directory / "logins"
    path.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    return path


def test_user_and_password_come_from_netrc(web, netrc, tmp_path):
    write_source(web.root, DATA)
    assert bring(web.url("login/"), tmp_path).log.counts()["error"] == 0


@pytest.mark.parametrize("in_file", [False, True])
def test_a_token_goes_to_the_host_that_it_is_for(web, tmp_path, monkeypatch, in_file):
    write_source(web.root, DATA)
    if in_file:
        (tmp_path / "token").write_text(TOKEN + "\n")
        monkeypatch.setenv("DSQC_HTTP_TOKEN_FILE", str(tmp_path / "token"))
    else:
        monkeypatch.setenv("DSQC_HTTP_TOKEN", TOKEN)
    with pytest.raises(UsageError, match="DSQC_HTTP_HOST"):
        bring(web.url("token/"), tmp_path)
    monkeypatch.setenv("DSQC_HTTP_HOST", "another.example.org")
    with pytest.raises(StorageFault, match="asks for credentials"):
        bring(web.url("token/"), tmp_path)
    assert {seen.authorization for seen in web.requests()} == {""}
    monkeypatch.setenv("DSQC_HTTP_HOST", f"127.0.0.1:{web.port}")
    assert bring(web.url("token/"), tmp_path).log.counts()["error"] == 0


@pytest.mark.parametrize(("location", "follows"), [("moved/", True), ("away/", False)])
def test_a_redirect_to_another_server_gets_no_credentials(web, netrc, monkeypatch, location, follows):
    monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
    (web.root / "a.fastq").write_bytes(b"a")
    assert received(HttpSource(web.url(location)), "a.fastq") == b"a"
    asked, redirected = (
        {bool(seen.authorization) for seen in web.requests() if (seen.status == 302) is first}
        for first in (True, False)
    )
    assert asked == {True}
    assert redirected == {follows}


def test_nothing_secret_is_sent_unencrypted_over_a_network(web, monkeypatch):
    # The server stands in for a proxy, so that an address elsewhere can be asked for.
    (web.root / "a.fastq").write_bytes(b"a")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{web.port}")
    monkeypatch.setenv("DSQC_HTTP_TOKEN", TOKEN)
    monkeypatch.setenv("DSQC_HTTP_HOST", "data.example.org")
    assert received(HttpSource("http://data.example.org/plain/"), "a.fastq") == b"a"
    assert {seen.authorization for seen in web.requests()} == {""}
    monkeypatch.setenv("no_proxy", "data.example.org")
    with pytest.raises(TransientFault, match=r"data\.example\.org"):
        HttpSource("http://data.example.org/plain/", timeout_s=5).stat("a.fastq")


def test_secrets_stand_in_no_output(web, netrc, tmp_path, monkeypatch, capsys):
    wrong = "wrong-token-0123456789"
    monkeypatch.setenv("DSQC_HTTP_TOKEN", wrong)
    monkeypatch.setenv("DSQC_HTTP_HOST", f"127.0.0.1:{web.port}")
    assert main(["transfer", web.url("token/"), str(tmp_path / "in"), "--debug"]) == 1
    netrc.write_text(f"machine 127.0.0.1 {PASSWORD} password\n")
    monkeypatch.delenv("DSQC_HTTP_TOKEN")
    assert main(["transfer", web.url("login/"), str(tmp_path / "in"), "--debug"]) == 2
    with_password = f"http://{USER}:{PASSWORD}@127.0.0.1:{web.port}/plain/"
    assert main(["transfer", with_password, str(tmp_path / "in"), "--debug"]) == 2
    said = "".join(capsys.readouterr())
    assert "refused the credentials" in said
    assert "cannot be understood" in said
    assert "Credentials stand in the web address" in said
    assert not [secret for secret in (wrong, PASSWORD) if secret in said]


# Servers and lines that misbehave


def test_https_never_leads_to_http(web, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(web.authority))
    with pytest.raises(SystemFault, match="from https to http"):
        HttpSource(web.url("down/", tls=True)).entries()
    with pytest.raises(SystemFault, match="circle"):
        HttpSource(web.url("circle/")).entries()


def test_a_busy_server_is_waited_for_as_long_as_it_asks(web, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    source = HttpSource(web.url("busy/"))
    for _attempt in (1, 2):
        with pytest.raises(TransientFault, match=r"busy or out of order \(503\) and asks to come again in 1 s"):
            source.stat("a.fastq")
    assert len(waits) == 1
    assert 0 < waits[0] <= 1
    with pytest.raises(SystemFault, match="7200 s") as caught:
        HttpSource(web.url("later/")).stat("a.fastq")
    assert not isinstance(caught.value, TransientFault)


def test_a_line_that_stalls_or_breaks_is_given_up(web):
    (web.root / "large").write_bytes(LARGE)
    with faulty_proxy(web.url("")) as proxy:
        source = HttpSource(f"{proxy.endpoint}/plain/", timeout_s=0.5)
        entry = source.stat("large")
        proxy.plan(stall(after=300_000, when=rb"^GET"), reset(after=300_000, when=rb"^GET"))
        with pytest.raises(Stalled, match=r"sent nothing for 0\.5 s"):
            list(source.blocks(entry))
        with pytest.raises(TransientFault, match="connection broke"):
            list(source.blocks(entry, 100))
        assert b"".join(source.blocks(entry)) == LARGE
        assert proxy.fired == ["stall", "reset"]
        proxy.cut()
        with pytest.raises(TransientFault, match=r"cannot be reached|connection broke"):
            source.stat("large")
        proxy.mend()
        assert source.stat("large") == entry


def test_a_transfer_over_a_bad_line_ends_right(web, tmp_path):
    write_source(web.root, DATA)
    with faulty_proxy(web.url("")) as proxy:
        proxy.plan(answer(503, when=b"HEAD"), reset(after=1_000_000, when=rb"(?s)^GET \S*%23(?!.*bytes=0-0)"))
        result = bring(f"{proxy.endpoint}/plain/", tmp_path)
        assert "reset" in proxy.fired
    assert result.log.counts()["error"] == 0
    assert visible(tmp_path / "there")[ODD] == LARGE


@pytest.mark.parametrize("status", [403, 405, 501])
@pytest.mark.parametrize("location", ["plain/", "whole/"])
def test_a_server_that_knows_no_head_is_asked_by_get(web, status, location):
    (web.root / "large").write_bytes(LARGE)
    (web.root / "empty").write_bytes(b"")
    with faulty_proxy(web.url("")) as proxy:
        source = HttpSource(f"{proxy.endpoint}/{location}")
        proxy.plan(answer(status, when=b"^HEAD", times=100))
        assert received(source, "large", 5, 10) == LARGE[5:15]
        assert received(source, "empty") == b""
        assert source.ranges is (location == "plain/")
        with pytest.raises(FileFault) as caught:
            source.stat("gone")
    assert caught.value.code == "DSQC-F003"


@pytest.mark.parametrize(
    "url",
    [
        "https:///path/", "https://host:port/", "https://host/path/?key=1", "https://host/#top", "https://호스트/",
        "https://host/path/submission.xlsx", "https://user@host/", "https://[::1/",
    ],
)  # fmt: skip
def test_a_wrong_address_is_refused_before_anything_is_sent(url):
    with pytest.raises(UsageError, match="Write https://host/path/"):
        HttpSource(url)
