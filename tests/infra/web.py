"""A real web server for tests: nginx on loopback, with and without TLS, gone with the tests."""

import base64
import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 30
USER, PASSWORD, TOKEN = "web-user", "web-secret-0123456789", "token-0123456789abcdef"
CONTENT = b"content whose checksums the server tells"
"""What the locations ``/repr-digest/``, ``/digest/`` and ``/content-md5/`` tell the checksums of."""

CONFIG = """\
{user}
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
    log_format requests '$server_port\\t$request_method\\t$request_uri\\t$status\\t'
        '$http_range\\t$http_authorization\\t$connection';
    access_log {directory}/requests.log requests;
    client_body_temp_path {directory}/tmp; proxy_temp_path {directory}/tmp; fastcgi_temp_path {directory}/tmp;
    uwsgi_temp_path {directory}/tmp; scgi_temp_path {directory}/tmp;
    default_type application/octet-stream;
    types {{ text/html html; text/tab-separated-values tsv; }}
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{tls_port} ssl;
        ssl_certificate {directory}/server.pem;
        ssl_certificate_key {directory}/server.key;
        location /plain/ {{ alias {root}/; }}
        location /listed/ {{ alias {root}/; autoindex on; }}
        location /whole/ {{ alias {root}/; max_ranges 0; }}
        location /login/ {{ alias {root}/; if ($http_authorization != "{basic}") {{ return 401; }} }}
        location /token/ {{ alias {root}/; if ($http_authorization != "Bearer {token}") {{ return 401; }} }}
        location /closed/ {{ alias {root}/; location ~ secret {{ return 403; }} }}
        location /moved/ {{ if ($request_uri ~ "^/moved/(.*)$") {{ return 302 /plain/$1; }} }}
        location /away/ {{ if ($request_uri ~ "^/away/(.*)$") {{ return 302 https://127.0.0.1:{tls_port}/plain/$1; }} }}
        location /down/ {{ if ($request_uri ~ "^/down/(.*)$") {{ return 302 http://127.0.0.1:{port}/plain/$1; }} }}
        location /circle/ {{ rewrite ^ /circle/ redirect; }}
        location /busy/ {{ add_header Retry-After 1 always; return 503; }}
        location /later/ {{ add_header Retry-After 7200 always; return 429; }}
        location /page/ {{ types {{ }} default_type text/html; return 200 "<html><form>Log in</form></html>"; }}
        location /gzipped/ {{ alias {root}/; add_header Content-Encoding gzip; }}
        location /repr-digest/ {{ alias {root}/; add_header Repr-Digest "{repr_digest}"; }}
        location /digest/ {{ alias {root}/; add_header Digest "{digest}"; }}
        location /content-md5/ {{ alias {root}/; add_header Content-MD5 "{md5}"; }}
    }}
}}
"""


@dataclass(frozen=True)
class Request:
    """One line of the server's log."""

    port: int
    method: str
    path: str
    status: int
    range: str
    authorization: str
    connection: str


@dataclass
class WebServer:
    """A running server.

    Files below ``root`` are served at ``/plain/`` (no directory page), ``/listed/`` (with one), ``/whole/`` (no ranges)
    and the other locations of ``CONFIG``. ``authority`` is the certificate that the TLS address can be trusted by.
    """

    port: int
    tls_port: int
    root: Path
    directory: Path
    process: subprocess.Popen[bytes]

    @property
    def authority(self) -> Path:
        return self.directory / "authority.pem"

    def url(self, path: str, *, tls: bool = False) -> str:
        """The URL of a location: ``url("plain/")``."""
        return f"https://localhost:{self.tls_port}/{path}" if tls else f"http://127.0.0.1:{self.port}/{path}"

    def requests(self) -> list[Request]:
        """What the server has answered so far."""
        rows = [line.split("\t") for line in (self.directory / "requests.log").read_text().splitlines()]
        return [
            Request(int(row[0]), *row[1:3], int(row[3]), *("" if cell == "-" else cell for cell in row[4:]))
            for row in rows
        ]

    def forget(self) -> None:
        """Empty the log."""
        os.truncate(self.directory / "requests.log", 0)


@contextlib.contextmanager
def web_server(directory: Path) -> Iterator[WebServer]:
    """Start a server that keeps everything in ``directory``; a missing nginx fails, it never skips."""
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert nginx, "The web tests need a server: apt-get install nginx-light"
    root = directory / "root"
    for path in (root, directory / "tmp"):
        path.mkdir(parents=True)
    _certificates(directory)
    port, tls_port = _free_ports(2)
    md5, sha256 = (base64.b64encode(hashlib.new(name, CONTENT).digest()).decode() for name in ("md5", "sha256"))
    (directory / "requests.log").touch()
    config = directory / "nginx.conf"
    config.write_text(
        CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "",
            directory=directory,
            root=root,
            port=port,
            tls_port=tls_port,
            basic="Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
            token=TOKEN,
            md5=md5,
            digest=f"SHA-256={sha256},MD5={md5}",
            repr_digest=f"md5=:{md5}:, sha-256=:{sha256}:, sha-512=:AAAA:",
        )
    )
    log = directory / "nginx.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [nginx, "-p", str(directory), "-e", "stderr", "-c", str(config)], stdout=output, stderr=subprocess.STDOUT
        )
    server = WebServer(port, tls_port, root, directory, process)
    try:
        _wait_until_it_answers(port, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=20)


def _certificates(directory: Path) -> None:
    """An authority, and a certificate of it for localhost."""
    make = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    for command in (
        [*make, "-x509", "-subj", "/CN=dsqc test authority", "-keyout", "authority.key", "-out", "authority.pem"],
        [
            *make, "-x509", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.pem",
            "-CA", "authority.pem", "-CAkey", "authority.key", "-addext", names, "-addext", "basicConstraints=CA:FALSE",
        ],
    ):  # fmt: skip
        subprocess.run(command, cwd=directory, check=True, capture_output=True)


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [int(item.getsockname()[1]) for item in sockets]


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"nginx ended at once:\n{log.read_text()}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        # A port that is not yet open gives no event to wait for.
        time.sleep(0.02)
    raise AssertionError(f"nginx does not answer:\n{log.read_text()}")
