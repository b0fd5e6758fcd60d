"""HTTP requests with large bodies: kept connections, paced and watched bytes, attempts with growing pauses.

The standard library's client is enough, so that whoever sends with a grant needs no package besides dsqc's own. URLs
may be secrets (presigned): no message, log or repr holds one.
"""

import base64
import contextlib
import http.client
import os
import random
import re
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from dsqc.errors import StorageFault, TransientFault
from dsqc.pacing import Pacer, Stopped
from dsqc.storage import s3

ATTEMPTS = 8
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 20.0
STALL_S = 60.0
"""A connection on which no byte moves for so long has stalled: it is given up and tried again."""
CONNECT_TIMEOUT_S = 15.0
_CODE = re.compile(rb"<Code>([A-Za-z0-9]+)</Code>")
_BUSY_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_REASONS = {"BadDigest": "the bytes were damaged on the way", "IncompleteBody": "bytes were lost on the way"}
_AGAIN = frozenset({*s3.PASSING, *_REASONS})
_RETRY_HINT = "Run the same command again; what has arrived is not sent twice."


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``what`` is what messages speak of; the URL is kept out of every message."""

    method: str
    url: str = field(repr=False)
    what: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; ``body`` is read whole (answers are short), save for :meth:`Web.read`."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_good(self) -> bool:
        """Done. A 200 whose body is an error is none (completing an upload may answer so)."""
        return 200 <= self.status < 300 and b"<Error>" not in self.body[:400]

    @property
    def code(self) -> str:
        """The store's code (``NoSuchUpload``), or the status where it gave none."""
        found = _CODE.search(self.body)
        return found[1].decode("ascii") if found else str(self.status)

    @property
    def etag(self) -> str:
        """ETag without quotes, in lower case; empty where there is none."""
        return self.headers.get("etag", "").strip('"').lower()

    def seconds(self, header: str) -> float | None:
        """A date header as seconds since 1970."""
        try:
            return parsedate_to_datetime(self.headers[header]).timestamp()
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(slots=True)
class Line:
    """How requests are sent: limits of the line, and the sign to stop.

    Attributes:
        pacer: rate, time windows, and the sign to stop.
        stall_s: seconds without a byte after which a connection is given up.
        attempts: attempts of one request.
        first_wait_s: the first pause between attempts; each next is twice as long, up to LONGEST_WAIT_S.
        piece_bytes: bytes that are sent at once; small where the rate is, so that a line is shared evenly.
        waiting: told how many seconds it is until bytes may travel again.
    """

    pacer: Pacer = field(default_factory=Pacer)
    stall_s: float = STALL_S
    attempts: int = ATTEMPTS
    first_wait_s: float = FIRST_WAIT_S
    piece_bytes: int = 1 << 20
    waiting: Callable[[float], None] = lambda _seconds: None

    @property
    def stop(self) -> threading.Event:
        """Set to end the work."""
        return self.pacer.stop


def _ignore(_number: int) -> None:
    pass


def _ignore_retry(_reason: str) -> None:
    pass


class Web:
    """Sends requests from many threads; each thread keeps its own connections."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._own = threading.local()
        self._all: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection; a thread that waits on one wakes up."""
        with self._lock:
            for connection in self._all:
                with contextlib.suppress(OSError):
                    if connection.sock is not None:
                        connection.sock.shutdown(socket.SHUT_RDWR)
                connection.close()
            self._all.clear()

    def send(
        self,
        make: Callable[[], Request],
        body: bytes | memoryview = b"",
        *,
        advance: Callable[[int], None] = _ignore,
        retrying: Callable[[str], None] = _ignore_retry,
        patience_s: float = 0,
    ) -> Answer:
        """Send a request until it is answered with something other than "busy".

        Args:
            make: makes the request; asked again for each attempt, since signatures age.
            advance: told the bytes of the body as they leave; negative where they leave again.
            retrying: told why another attempt is made.
            patience_s: seconds to wait for the answer where the server has more to do than to read (0: stall_s).

        Raises:
            TransientFault: the server cannot be reached or stays busy, after all attempts.
            Stopped: ``line.stop`` was set.
        """
        reason, what, pause = "", "The store", 0.0
        for attempt in range(self.line.attempts):
            if attempt:
                retrying(reason)
                self._wait(attempt, pause)
            self.line.pacer.wait_until_open(self.line.waiting)
            request = make()
            what = request.what
            count = _Count(advance)
            try:
                answer = self._once(request, body, count, patience_s or self.line.stall_s)
            except TimeoutError:
                pause = 0.0
                reason = f"no byte moved in {self.line.stall_s:g} s"
            except (OSError, http.client.HTTPException) as error:
                pause = 0.0
                reason = _broken(error)
                _refuse_bad_certificate(error, what)
            else:
                if answer.is_good or not (answer.status in _BUSY_STATUS or answer.code in _AGAIN):
                    return answer
                reason = _REASONS.get(answer.code, "the store is busy or out of order") + f" ({answer.code})"
                pause = _retry_after(answer)
            count.undo()
        raise TransientFault(f"{what}: {reason}, in {self.line.attempts} attempts.", hint=_RETRY_HINT)

    def read(self, make: Callable[[], Request], take: Callable[[bytes], None]) -> Answer:
        """Fetch a body of any size once, in blocks; an answer that is not good is returned with its body instead."""
        request = make()
        try:
            connection, _is_new = self._connection(request)
            self._put(connection, request, b"", _Count(_ignore), self.line.stall_s)
            response = connection.getresponse()
            if response.status >= 300:
                return Answer(response.status, _headers(response), response.read())
            while block := response.read(1 << 20):
                self._require_going()
                take(block)
        except (OSError, http.client.HTTPException) as error:
            self._drop(request)
            raise TransientFault(f"{request.what}: {_broken(error)}.", hint=_RETRY_HINT) from None
        return Answer(response.status, _headers(response))

    def _once(self, request: Request, body: bytes | memoryview, count: "_Count", patience_s: float) -> Answer:
        for _ in range(2):
            connection, is_new = self._connection(request)
            try:
                self._put(connection, request, body, count, self.line.stall_s)
                if connection.sock is not None:
                    connection.sock.settimeout(patience_s)
                response = connection.getresponse()
                answer = Answer(response.status, _headers(response), response.read())
                if response.will_close:
                    self._drop(request)
                return answer
            except (ConnectionError, http.client.RemoteDisconnected) as error:
                answer_of = self._early_answer(connection, error)
                self._drop(request)
                if answer_of is not None:
                    return answer_of
                # A kept connection may have been closed by the server meanwhile: that is no fault worth a pause.
                if is_new:
                    raise
                count.undo()
            except BaseException:
                self._drop(request)
                raise
        raise ConnectionError("closed twice")

    def _put(
        self,
        connection: http.client.HTTPConnection,
        request: Request,
        body: bytes | memoryview,
        count: "_Count",
        stall_s: float,
    ) -> None:
        connection.putrequest(request.method, self._target(request), skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() != "host":
                connection.putheader(name, value)
        if body or request.method in ("PUT", "POST"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if connection.sock is not None:
            connection.sock.settimeout(stall_s)
        self._stream(connection, memoryview(body), count)

    def _stream(self, connection: http.client.HTTPConnection, view: memoryview, count: "_Count") -> None:
        position, line = 0, self.line
        while position < len(view):
            piece = min(line.piece_bytes, len(view) - position)
            line.pacer.take(piece)
            end = position + piece
            while position < end:
                # One send at a time: sendall would count its time limit over all bytes, not since the last one.
                number = connection.sock.send(view[position:end])
                position += number
                count.add(number)

    def _early_answer(self, connection: http.client.HTTPConnection, error: BaseException) -> Answer | None:
        """A server that refuses may answer and close before it has read the body."""
        if isinstance(error, http.client.RemoteDisconnected) or connection.sock is None:
            return None
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.sock.settimeout(1)
            response = connection.getresponse()
            if response.status >= 300:
                return Answer(response.status, _headers(response), response.read())
        return None

    def _require_going(self) -> None:
        if self.line.stop.is_set():
            raise Stopped

    def _wait(self, attempt: int, at_least: float) -> None:
        longest = min(LONGEST_WAIT_S, self.line.first_wait_s * 2 ** (attempt - 1))
        seconds = max(at_least, longest * random.uniform(0.5, 1.0))  # noqa: S311 (spreads attempts, guards nothing)
        if self.line.stop.wait(seconds):
            raise Stopped

    def _connection(self, request: Request) -> tuple[http.client.HTTPConnection, bool]:
        parts = urlsplit(request.url)
        kept: dict[tuple[str, str], http.client.HTTPConnection] = self._own.__dict__.setdefault("kept", {})
        key = (parts.scheme, parts.netloc)
        if key in kept and kept[key].sock is not None:
            return kept[key], False
        made = self._open(parts.scheme, parts.hostname or "", parts.port)
        with self._lock:
            self._all.append(made)
        kept[key] = made
        made.connect()
        return made, True

    def _drop(self, request: Request) -> None:
        parts = urlsplit(request.url)
        connection = self._own.__dict__.setdefault("kept", {}).pop((parts.scheme, parts.netloc), None)
        if connection is not None:
            connection.close()
            with self._lock, contextlib.suppress(ValueError):
                self._all.remove(connection)

    def _open(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        proxy = _proxy(scheme, host)
        secure = scheme == "https"
        if proxy is None:
            if secure:
                return http.client.HTTPSConnection(host, port, timeout=CONNECT_TIMEOUT_S, context=self._tls)
            return http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)
        if not secure:
            return http.client.HTTPConnection(proxy.hostname or "", proxy.port, timeout=CONNECT_TIMEOUT_S)
        through = http.client.HTTPSConnection(
            proxy.hostname or "", proxy.port, timeout=CONNECT_TIMEOUT_S, context=self._tls
        )
        through.set_tunnel(host, port, headers=_proxy_headers(proxy))
        return through

    def _target(self, request: Request) -> str:
        parts = urlsplit(request.url)
        if parts.scheme == "http" and _proxy("http", parts.hostname or "") is not None:
            return request.url
        return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # SSL_CERT_FILE is heeded by the library; AWS_CA_BUNDLE is what users of S3 set.
        return ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)


class _Count:
    """Bytes of one attempt, so that they can be taken back."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self.advance = advance
        self.sent = 0

    def add(self, number: int) -> None:
        self.sent += number
        self.advance(number)

    def undo(self) -> None:
        self.advance(-self.sent)
        self.sent = 0


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _retry_after(answer: Answer) -> float:
    try:
        return min(LONGEST_WAIT_S, max(0.0, float(answer.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0


def _refuse_bad_certificate(error: BaseException, what: str) -> None:
    if isinstance(error, ssl.SSLCertVerificationError):
        raise StorageFault(
            f"{what}: the certificate of the server is not trusted ({error.verify_message}).",
            hint="Name the station's certificate authority in SSL_CERT_FILE, or check the address.",
        ) from None


def _broken(error: Exception) -> str:
    """What broke, in the system's words; those of the library may hold the URL."""
    if isinstance(error, socket.gaierror):
        return "the name of its host cannot be resolved"
    if isinstance(error, ConnectionRefusedError):
        return "no server answers at its address (connection refused)"
    words = error.strerror if isinstance(error, OSError) else None
    return f"the connection broke ({words or type(error).__name__})"


def _proxy(scheme: str, host: str) -> Any:
    """The proxy that the environment names for ``scheme`` (HTTPS_PROXY, NO_PROXY …); ``None`` for none."""
    address = urllib.request.getproxies().get(scheme)
    if not address or urllib.request.proxy_bypass(host):
        return None
    return urlsplit(address if "://" in address else f"http://{address}")


def _proxy_headers(proxy: Any) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}
