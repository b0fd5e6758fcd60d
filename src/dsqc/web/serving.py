"""Serving the site: the sockets, the server, and its end."""

import contextlib
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dsqc import logs
from dsqc.catalog.database import Catalog
from dsqc.errors import SystemFault, UsageError
from dsqc.station import Station
from dsqc.web.visit import Site

if TYPE_CHECKING:
    import uvicorn

GRACE_SECONDS = 10
"""How long requests that are under way may take when the server is told to end."""
AT_ONCE = 200
"""Connections and requests at the same time; more are told to come back (503)."""


def serve(station: Station, *, host: str, port: int, ready: Callable[[str], None] = lambda _origin: None) -> None:
    """Serve the station's pages until SIGTERM or SIGINT; requests that are under way are answered first.

    Args:
        host: address to listen on.
        port: 0 for any that is free.
        ready: called with the site's origin when the socket listens.

    Raises:
        UsageError: it would be reached from elsewhere, and ``[web] public_url`` does not say how.
        SystemFault: the port is taken.
        CatalogFault, TransientFault: the catalog cannot be opened.
    """
    import uvicorn

    from dsqc.web.application import make_application
    from dsqc.web.results import Results

    if not station.web.public_url and not _is_loopback(host):
        raise UsageError(
            f"Served on {host}, the pages are reached from elsewhere, and nothing says under which name.",
            hint='Write [web] public_url = "https://NAME" into station.toml, and let a proxy with TLS stand before it.',
        )
    with _listening(host, port) as listener, Catalog.open(station) as catalog:
        bound = f"{_bracketed(host)}:{listener.getsockname()[1]}"
        origin = station.web.public_url or f"http://{bound}"
        hosts = frozenset({urlsplit(origin).netloc, bound})
        site = Site(station, catalog, origin, hosts, Results(station))
        configuration = uvicorn.Config(
            make_application(site),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(station.web.proxies),
            forwarded_allow_ips=list(station.web.proxies),
            limit_concurrency=AT_ONCE,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=GRACE_SECONDS,
            h11_max_incomplete_event_size=32 << 10,
            http="h11",
            ws="none",
            lifespan="off",
        )
        server = uvicorn.Server(configuration)
        with _ending_well(server):
            logs.logger().info("serving", origin=origin, address=bound)
            ready(origin)
            server.run(sockets=[listener])
        logs.logger().info("served")


@contextlib.contextmanager
def _ending_well(server: "uvicorn.Server") -> Iterator[None]:
    """A server that was told to end has done what it should, and nobody shall take that for a crash.

    uvicorn listens to signals only while it runs, and raises them again when it has ended.
    """

    def end(_number: int, _frame: object) -> None:
        server.should_exit = True

    former = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        raise SystemFault(
            f"Cannot listen on {host}:{port}: {error.strerror}.", hint="Choose another with --host and --port."
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
