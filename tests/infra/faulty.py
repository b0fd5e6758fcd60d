"""A proxy on loopback between a client and a real server, which breaks what it is told to break.

::

    with faulty_proxy(server.endpoint) as proxy:
        proxy.plan(answer(503, times=5), reset(after=100_000, when=rb"GET /bucket/large"))
        ... use proxy.endpoint instead of server.endpoint ...
        assert proxy.fired == ["answer 503"] * 5 + ["reset"]

A fault is armed by the first bytes of an HTTP request (``when``; any request unless given) and strikes that request
once; ``times`` requests get it. For other protocols (SSH) every connection counts as one request.
"""

import contextlib
import re
import select
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

REQUEST = re.compile(rb"(GET|HEAD|PUT|POST|DELETE|PROPFIND) \S+ HTTP/1")
CHUNK = 1 << 16


@dataclass
class Fault:
    """One fault: see :func:`flip`, :func:`reset`, :func:`stall`, :func:`answer`, which make them."""

    kind: str
    after: int = 0
    up: bool = False
    when: bytes = b""
    times: int = 1
    status: int = 0
    code: str = ""

    @property
    def label(self) -> str:
        return f"{self.kind} {self.status}" if self.status else self.kind


def flip(after: int, *, up: bool = False, when: bytes = b"", times: int = 1) -> Fault:
    """Flip one bit of byte number ``after`` (from the request's or answer's first byte, its head included).

    Args:
        up: on the way to the server, not from it.
        when: regular expression over the request's first bytes; every request unless given.
    """
    return Fault("flip", after, up, when, times)


def reset(after: int = 0, *, up: bool = False, when: bytes = b"", times: int = 1) -> Fault:
    """Reset both connections when ``after`` bytes have passed."""
    return Fault("reset", after, up, when, times)


def stall(after: int = 0, *, up: bool = False, when: bytes = b"", times: int = 1) -> Fault:
    """Pass nothing more after ``after`` bytes, and keep the connection open until the client leaves."""
    return Fault("stall", after, up, when, times)


def answer(status: int, code: str = "SlowDown", *, when: bytes = b"", times: int = 1) -> Fault:
    """Answer with ``status`` and an S3 error of ``code`` in the server's place, and close the connection."""
    return Fault("answer", 0, True, when, times, status, code)


class FaultyProxy:
    """The running proxy; ``fired`` names the faults that struck, ``requests`` the first line of each request."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._is_cut = False
        self._open: set[socket.socket] = set()
        self.fired: list[str] = []
        self.requests: list[str] = []
        self.passed_down = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def plan(self, *faults: Fault) -> None:
        """Strike with these from now on, each in its turn; what was planned before is forgotten."""
        with self._lock:
            self._faults = list(faults)

    def cut(self) -> None:
        """The network is gone: reset what is open, and every new connection."""
        with self._lock:
            self._is_cut = True
            broken = list(self._open)
        for end in broken:
            _reset(end)

    def mend(self) -> None:
        """The network is back."""
        with self._lock:
            self._is_cut = False

    def stop(self) -> None:
        self._stopping.set()
        # Closing alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                _reset(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = None
        try:
            server = socket.create_connection(self._target, timeout=10)
            with self._lock:
                self._open |= {client, server}
            _Pump(self, client, server).run()
        except OSError:
            _reset(client)
        finally:
            with self._lock:
                self._open -= {client, server}
            for end in (client, server):
                if end:
                    end.close()

    def arm(self, head: bytes) -> Fault | None:
        """The fault that strikes the request which begins with ``head``."""
        with self._lock:
            self.requests.append(head.partition(b"\r\n")[0].decode("latin-1"))
            for fault in self._faults:
                if fault.times > 0 and re.search(fault.when, head):
                    fault.times -= 1
                    return fault
        return None

    def note(self, fault: Fault) -> None:
        with self._lock:
            self.fired.append(fault.label)


class _Pump:
    """Passes bytes both ways over one connection, and strikes."""

    def __init__(self, proxy: FaultyProxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy = proxy
        self.client = client
        self.server = server
        self.fault: Fault | None = None
        self.passed = {True: 0, False: 0}
        self.is_first = True

    def run(self) -> None:
        ends = [self.client, self.server]
        while ends:
            for end in select.select(ends, [], [])[0]:
                up = end is self.client
                data = end.recv(CHUNK)
                if not data:
                    ends.remove(end)
                    with contextlib.suppress(OSError):
                        (self.server if up else self.client).shutdown(socket.SHUT_WR)
                    continue
                if up:
                    self._look_at(data)
                if not self._pass(data, up):
                    return

    def _look_at(self, data: bytes) -> None:
        if self.is_first or REQUEST.match(data):
            self.fault = self.proxy.arm(data)
            self.passed = {True: 0, False: 0}
        self.is_first = False

    def _pass(self, data: bytes, up: bool) -> bool:
        """Send ``data`` on, or strike; false where the connection has ended."""
        fault, begin = self.fault, self.passed[up]
        self.passed[up] += len(data)
        if fault and fault.up is up and begin + len(data) > fault.after:
            at = fault.after - begin
            self.fault = None
            self.proxy.note(fault)
            if fault.kind != "flip":
                self._send(data[:at], up)
                getattr(self, f"_{fault.kind}")(fault)
                return False
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        self._send(data, up)
        return True

    def _send(self, data: bytes, up: bool) -> None:
        (self.server if up else self.client).sendall(data)
        if not up:
            with self.proxy._lock:
                self.proxy.passed_down += len(data)

    def _reset(self, _fault: Fault) -> None:
        _reset(self.client)
        _reset(self.server)

    def _stall(self, _fault: Fault) -> None:
        # Nothing is read any more, so only a client that leaves ends it.
        while self.client.recv(CHUNK):
            pass

    def _answer(self, fault: Fault) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code><Message>planned</Message></Error>".encode()
        head = f"HTTP/1.1 {fault.status} Planned\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
        self.client.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
        self.client.shutdown(socket.SHUT_WR)
        # What the client still sends must be taken, or its system throws the answer away.
        self.client.settimeout(5)
        while self.client.recv(CHUNK):
            pass


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()


@contextlib.contextmanager
def faulty_proxy(endpoint: str) -> Iterator[FaultyProxy]:
    """A proxy to ``endpoint`` (``http://host:port``, ``sftp://host:port``), gone when the block ends."""
    target = urlsplit(endpoint)
    assert target.hostname, f"{endpoint}: an address is needed"
    assert target.port, f"{endpoint}: a port is needed"
    proxy = FaultyProxy(target.hostname, target.port)
    try:
        yield proxy
    finally:
        proxy.stop()
