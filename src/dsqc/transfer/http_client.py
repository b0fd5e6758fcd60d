"""Requests to one web server: credentials for that server only, redirects, waits that a server asks for, faults."""

import base64
import contextlib
import email.utils
import netrc
import os
import ssl
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from dsqc.errors import StorageFault, SystemFault, TransientFault, UsageError
from dsqc.transfer.sources import Stalled
from dsqc.version import __version__

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

TOKEN_VARIABLE, TOKEN_FILE_VARIABLE, HOST_VARIABLE = "DSQC_HTTP_TOKEN", "DSQC_HTTP_TOKEN_FILE", "DSQC_HTTP_HOST"
NETRC_VARIABLE = "NETRC"
CREDENTIALS_HINT = (
    f"User and password stand in ~/.netrc (or the file that {NETRC_VARIABLE} names); a bearer token in "
    f"{TOKEN_VARIABLE} or a file that {TOKEN_FILE_VARIABLE} names, with the host that it is for in {HOST_VARIABLE}. "
    "They are sent by https only."
)
RETRY_HINT = "Run the same command again; what is finished is not done twice."
MOST_REDIRECTS = 5
LONGEST_WAIT_S = 60.0
"""A server that asks to wait (``Retry-After``) is waited for so long; one that asks for more is left alone."""
CONNECTIONS = 32
"""Idle connections kept; more may be open at once."""
_SMALL_REST_BYTES = 64 << 10
_REDIRECTS = {301, 302, 303, 307, 308}
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_PORTS = {"http": 80, "https": 443}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class HttpClient:
    """Speaks to the server of ``base``; several threads may use it.

    Args:
        base: URL of the source, without credentials.
        timeout_s: seconds without a byte after which a connection is given up.

    Raises:
        UsageError: credentials are set up wrongly.
    """

    def __init__(self, base: str, timeout_s: float) -> None:
        parts = urlsplit(base)
        self._origin = _origin(parts)
        self._host = parts.netloc
        self._timeout_s = timeout_s
        self._credentials = _credentials(parts)
        self._not_before = 0.0
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], PoolManager] = {}

    def request(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> "BaseHTTPResponse":
        """Send one request and follow redirects; the body is not read yet. Close it, or take all of it.

        Raises:
            TransientFault: no connection, no answer in time, or a server that is busy or out of order.
            StorageFault: credentials are missing or refused.
            SystemFault: a certificate that is not trusted, redirects that lead nowhere.
        """
        for _hop in range(MOST_REDIRECTS + 1):
            self._wait()
            answer = self._send(method, url, headers or {})
            target = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or not target:
                self._check(answer)
                return answer
            finish(answer)
            url = self._next(url, target)
        raise SystemFault(f"{self._host} redirects in a circle.", hint="Give the address that it leads to.")

    def _send(self, method: str, url: str, headers: Mapping[str, str]) -> "BaseHTTPResponse":
        from urllib3 import exceptions

        sent = {"User-Agent": f"dsqc/{__version__}", "Accept-Encoding": "identity", **headers}
        parts = urlsplit(url)
        if self._credentials and _origin(parts) == self._origin:
            sent["Authorization"] = self._credentials
        host = parts.hostname or ""
        for attempt in (1, 2):
            try:
                return self._pool(parts).request(
                    method, url, headers=sent, redirect=False, retries=False, preload_content=False
                )
            except exceptions.ProtocolError as error:
                # A kept connection that the server had just ended: nothing of an answer had come.
                if attempt == 2:
                    raise fault(error, host, self._timeout_s) from error
            except exceptions.HTTPError as error:
                raise fault(error, host, self._timeout_s) from error
        raise AssertionError("unreachable")

    def _next(self, url: str, target: str) -> str:
        parts = urlsplit(urljoin(url, target))
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SystemFault(f"{self._host} redirects to something that is no web address.")
        if urlsplit(url).scheme == "https" and parts.scheme == "http":
            raise SystemFault(
                f"{self._host} redirects from https to http ({parts.hostname}), which anybody on the way could change.",
                hint="Ask its operator for an https address.",
            )
        # Somebody else's credentials are not ours to send.
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()

    def _check(self, answer: "BaseHTTPResponse") -> None:
        status = answer.status
        if status in _PASSING:
            wait = _retry_after(answer.headers.get("Retry-After", ""))
            finish(answer)
            self._postpone(wait)
            self._refuse_long(wait)
            asked = f" and asks to come again in {wait:.0f} s" if wait else ""
            raise TransientFault(f"{self._host} is busy or out of order ({status}){asked}.", hint=RETRY_HINT)
        if status in {401, 407}:
            finish(answer)
            seen = "refused the credentials" if self._credentials else "asks for credentials"
            raise StorageFault(f"{self._host} {seen} ({status}).", hint=CREDENTIALS_HINT)

    def _postpone(self, wait_s: float) -> None:
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + wait_s)

    def _wait(self) -> None:
        with self._lock:
            wait_s = self._not_before - time.monotonic()
        self._refuse_long(wait_s)
        if wait_s > 0:
            time.sleep(wait_s)

    def _refuse_long(self, wait_s: float) -> None:
        if wait_s > LONGEST_WAIT_S:
            raise SystemFault(
                f"{self._host} asks to come again in {wait_s:.0f} s.", hint="Run the same command again then."
            )

    def _pool(self, parts: SplitResult) -> "PoolManager":
        """Connections by this way to any server: straight, or through the proxy that the environment names."""
        proxy = self._proxies.get(parts.scheme, "")
        if proxy and proxy_bypass(parts.netloc.rpartition("@")[2]):
            proxy = ""
        with self._lock:
            key = (parts.scheme, proxy)
            if key not in self._pools:
                self._pools[key] = self._make_pool(*key)
            return self._pools[key]

    @cached_property
    def _proxies(self) -> dict[str, str]:
        return getproxies()

    def _make_pool(self, scheme: str, proxy: str) -> "PoolManager":
        from urllib3 import PoolManager, ProxyManager, Timeout, make_headers

        settings: dict[str, Any] = {
            "maxsize": CONNECTIONS,
            "timeout": Timeout(connect=self._timeout_s, read=self._timeout_s),
        }
        if scheme == "https":
            # The system's certificates; SSL_CERT_FILE and SSL_CERT_DIR take their place.
            settings["ssl_context"] = ssl.create_default_context()
        if not proxy:
            return PoolManager(**settings)
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        login, _, address = parts.netloc.rpartition("@")
        headers = make_headers(proxy_basic_auth=unquote(login)) if login else None
        return ProxyManager(f"{parts.scheme}://{address}", proxy_headers=headers, **settings)


def finish(answer: "BaseHTTPResponse") -> None:
    """Be done with an answer: its connection is kept where nothing, or little, of the body is still to come."""
    from urllib3.exceptions import HTTPError

    left = getattr(answer, "length_remaining", None)
    if left is not None and left <= _SMALL_REST_BYTES:
        with contextlib.suppress(HTTPError, OSError):
            answer.drain_conn()
    answer.close()


def fault(error: BaseException, host: str, timeout_s: float) -> SystemFault:
    """What an error of urllib3 means. The message is ours alone: a library's may quote an address with a secret."""
    from urllib3 import exceptions

    reason = error.__cause__ or error.__context__ or error
    if isinstance(error, exceptions.NameResolutionError):
        return TransientFault(f"The name {host} cannot be resolved.", hint="Check the URL and the network.")
    # A connection that is refused is a kind of connection that timed out, says urllib3.
    is_refused = isinstance(error, exceptions.NewConnectionError)
    if isinstance(error, exceptions.ConnectTimeoutError | exceptions.ReadTimeoutError) and not is_refused:
        return Stalled(f"{host} sent nothing for {timeout_s:g} s.", hint=RETRY_HINT)
    if isinstance(error, exceptions.SSLError) and isinstance(reason, ssl.SSLCertVerificationError):
        return SystemFault(
            f"The certificate of {host} is not trusted ({reason.verify_message}).",
            hint="Check the address. An authority of your own stands in a file that SSL_CERT_FILE names.",
        )
    if isinstance(error, exceptions.LocationParseError | exceptions.LocationValueError):
        return SystemFault(f"The web address of {host} is wrong.", hint="Check the URL.")
    named = type(error).__name__
    return TransientFault(f"{host} cannot be reached, or the connection broke ({named}).", hint=RETRY_HINT)


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(parts.scheme, 0)


def _credentials(parts: SplitResult) -> str:
    """The value of ``Authorization`` for this server; empty where there is none, or the way there is not encrypted."""
    host = parts.hostname or ""
    if parts.scheme != "https" and host not in _LOOPBACK:
        return ""
    return _token(parts) or _login(host)


def _token(parts: SplitResult) -> str:
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token and (named := os.environ.get(TOKEN_FILE_VARIABLE)):
        try:
            token = Path(named).expanduser().read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            raise UsageError(f"The file that {TOKEN_FILE_VARIABLE} names cannot be read.") from None
    if not token:
        return ""
    meant = os.environ.get(HOST_VARIABLE, "").casefold()
    if not meant:
        raise UsageError(
            f"There is a token for a web server, but {HOST_VARIABLE} does not say for which.",
            hint=f"Set {HOST_VARIABLE} to its host (with :port if it has one), so that no other gets it.",
        )
    if not token.isprintable() or not token.isascii():
        raise UsageError("The token for the web server holds characters that no token has.")
    return f"Bearer {token}" if meant == parts.netloc.casefold() else ""


def _login(host: str) -> str:
    named = os.environ.get(NETRC_VARIABLE)
    path = Path(named).expanduser() if named else Path.home() / ".netrc"
    found = None
    with contextlib.suppress(FileNotFoundError):
        try:
            found = netrc.netrc(str(path)).authenticators(host)
        except netrc.NetrcParseError as error:
            # The parser quotes the word that it stumbled over, which may be a password.
            raise UsageError(f"{path} cannot be understood (line {error.lineno}).") from None
        except (OSError, UnicodeDecodeError) as error:
            if isinstance(error, FileNotFoundError) and not named:
                raise
            raise UsageError(f"{path} cannot be read.", hint=CREDENTIALS_HINT) from None
    if not found:
        return ""
    user, _account, password = found
    return "Basic " + base64.b64encode(f"{user}:{password or ''}".encode()).decode()


def _retry_after(text: str) -> float:
    """Seconds that a server asks to wait: a number, or a date; 0 where it says nothing."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:12]), 10**9))
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
