"""SFTP version 3 over the machine's own ``ssh``: pipelined reads, every wait bounded, bounded memory.

``ssh`` brings what its users have set up: keys, agent, known hosts, aliases, jump hosts, running masters. It encrypts
in a process of its own, so that a second core works while Python hashes. The protocol is small (draft-ietf-secsh-
filexfer-02); only what reading a directory and its files needs is here.
"""

import contextlib
import fcntl
import os
import select
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

INIT, VERSION = 1, 2
OPEN, CLOSE, READ, LSTAT, FSTAT, OPENDIR, READDIR = 3, 4, 5, 7, 8, 11, 12
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
EXTENDED, EXTENDED_REPLY = 200, 201

OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED = 0, 1, 2, 3

READ_BYTES = 32 << 10
"""Bytes of one read that every server grants."""
MOST_READ_BYTES = 255 << 10
"""Bytes of one read where the server tells its limits: what OpenSSH grants."""
WINDOW_BYTES = 4 << 20
"""Bytes asked for and not yet handed on: twice the window of an OpenSSH channel, so that the line never waits."""
LONGEST_PACKET = 1 << 20
"""A longer packet is no SFTP: usually a greeting that a login script prints."""
_LIMITS = b"limits@openssh.com"
_PIPE_BYTES = 1 << 20
_STRANGE = "the server answered what was not asked"


class ConnectionLostError(Exception):
    """``ssh`` ended, or what came is no SFTP. ``said`` is what it wrote to its standard error."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class StalledError(Exception):
    """Nothing came for the time that was allowed."""


class StatusError(Exception):
    """The server refused one request: ``code`` is its number."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class EndOfFileError(Exception):
    """The file ends before the bytes that were asked for."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a server says of a file; ``None`` where it does not say it. ``modified`` in seconds since 1970."""

    size_bytes: int | None
    mode: int | None
    modified: int | None


class SftpConnection:
    """One ``ssh`` with one SFTP session. For one thread at a time.

    Args:
        command: ``ssh`` with its options, host and subsystem.
        timeout_s: longest wait for the next byte.

    Raises:
        ConnectionLostError: there is no connection.
        StalledError: the server does not answer.
    """

    def __init__(self, command: Sequence[str], timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed with the connection
        self._buffer = bytearray()
        self._last_id = 0
        self._asked: set[int] = set()
        self._forgotten: set[int] = set()
        self._early: dict[int, tuple[int, bytes]] = {}
        self._read_bytes = READ_BYTES
        self.is_idle = True
        """Whether no answer is still to come: only then may somebody else use the connection."""
        try:
            # A session of its own: Ctrl-C is for dsqc to answer, and ssh can ask no terminal.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C"},
            )
        except OSError:
            self._errors.close()
            raise
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._poll = select.poll()
        self._poll.register(self._output, select.POLLIN)
        self._send(bytes([INIT]) + _u32(3))
        kind, body = self._packet()
        if kind != VERSION:
            raise ConnectionLostError("what answers is no SFTP server")
        extensions, at = {}, 4
        while at < len(body):
            name, at = _string(body, at)
            extensions[name], at = _string(body, at)
        if _LIMITS in extensions:
            with contextlib.suppress(StatusError, struct.error):
                granted = struct.unpack_from(">Q", self._ask(EXTENDED, _text(_LIMITS), EXTENDED_REPLY), 8)[0]
                self._read_bytes = min(MOST_READ_BYTES, granted) or READ_BYTES

    @property
    def is_alive(self) -> bool:
        """Whether ``ssh`` still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End ``ssh``; never waits for the far end."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream:
                stream.close()

    def lstat(self, path: bytes) -> Attributes:
        """The file itself, a link not followed. Raises StatusError."""
        return _attributes(self._ask(LSTAT, _text(path), ATTRS), 0)[0]

    def open(self, path: bytes) -> tuple[Attributes, bytes]:
        """Open for reading, in one round trip; gives what stood there, a link not followed, and the handle.

        Raises:
            StatusError: there is none, or it may not be read.
        """
        read_only, no_attributes = 1, 0
        seen = self._post(LSTAT, _text(path))
        opened = self._post(OPEN, _text(path) + _u32(read_only) + _u32(no_attributes))
        try:
            attributes = _attributes(self._answer(seen, ATTRS), 0)[0]
        except StatusError:
            self._forget(opened)
            raise
        return attributes, _string(self._answer(opened, HANDLE), 0)[0]

    def ask_fstat(self, handle: bytes) -> int:
        """Ask what was opened; :meth:`fstat` takes the answer, and the first reads may go out before it comes."""
        return self._post(FSTAT, _text(handle))

    def fstat(self, number: int) -> Attributes:
        """The answer to :meth:`ask_fstat`. Raises StatusError."""
        return _attributes(self._answer(number, ATTRS), 0)[0]

    def close_handle(self, handle: bytes) -> None:
        """Close an open file; the answer is not waited for."""
        self._forget(self._post(CLOSE, _text(handle)))

    def names(self, path: bytes) -> Iterator[tuple[bytes, Attributes]]:
        """Everything in a directory, ``.`` and ``..`` left out. Raises StatusError."""
        handle = _string(self._ask(OPENDIR, _text(path), HANDLE), 0)[0]
        while True:
            try:
                body = self._ask(READDIR, _text(handle), NAME)
            except StatusError as status:
                if status.code != EOF:
                    raise
                break
            at = 4
            for _number in range(_number_at(body, 0)):
                name, at = _string(body, at)
                _long_name, at = _string(body, at)
                attributes, at = _attributes(body, at)
                if name not in {b".", b".."}:
                    yield name, attributes
        self.close_handle(handle)

    def read(self, handle: bytes, offset: int, length: int) -> Iterator[bytes]:
        """The bytes ``[offset, offset + length)`` of an open file, in order, many requests on their way at once.

        Whoever does not take all of it has to close the connection: answers are still coming.

        Raises:
            EndOfFileError: the file is shorter.
            StatusError, ConnectionLostError, StalledError: as everywhere.
        """
        end, asked, given = offset + length, offset, offset
        waiting: dict[int, tuple[int, int]] = {}
        ready: dict[int, bytes] = {}
        self.is_idle = False
        while given < end:
            requests = bytearray()
            while asked < end and asked - given < WINDOW_BYTES:
                size = min(self._read_bytes, end - asked)
                requests += self._read_request(handle, asked, size, waiting)
                asked += size
            if requests:
                self._write(requests)
            kind, number, body = self._next_answer()
            if number not in waiting:
                self._early[number] = (kind, body)
                continue
            at, size = waiting.pop(number)
            if kind == STATUS and _code(body) == EOF:
                raise EndOfFileError
            data = _string(_expect(kind, body, DATA), 0)[0]
            if not data or len(data) > size:
                raise ConnectionLostError("the server sent another number of bytes than was asked")
            if len(data) < size:
                self._write(self._read_request(handle, at + len(data), size - len(data), waiting))
            ready[at] = data
            while given in ready:
                block = ready.pop(given)
                given += len(block)
                self.is_idle = given == end
                yield block
        self.is_idle = True

    def _read_request(self, handle: bytes, at: int, size: int, waiting: dict[int, tuple[int, int]]) -> bytes:
        number = self._next_id()
        waiting[number] = (at, size)
        body = bytes([READ]) + _u32(number) + _text(handle) + struct.pack(">QI", at, size)
        return _u32(len(body)) + body

    def _ask(self, kind: int, body: bytes, wanted: int) -> bytes:
        """One request and its answer, which is of the kind ``wanted``. Raises StatusError."""
        return self._answer(self._post(kind, body), wanted)

    def _post(self, kind: int, body: bytes) -> int:
        """Send a request; gives its number."""
        number = self._next_id()
        self._send(bytes([kind]) + _u32(number) + body)
        return number

    def _forget(self, number: int) -> None:
        """Nobody waits for the answer to request ``number`` any more."""
        if self._early.pop(number, None) is None:
            self._forgotten.add(number)

    def _next_id(self) -> int:
        self._last_id = (self._last_id + 1) & 0xFFFFFFFF
        self._asked.add(self._last_id)
        return self._last_id

    def _answer(self, number: int, wanted: int) -> bytes:
        """The answer to request ``number``; those to later ones are kept."""
        while number not in self._early:
            kind, other, body = self._next_answer()
            self._early[other] = (kind, body)
        kind, body = self._early.pop(number)
        return _expect(kind, body, wanted)

    def _next_answer(self) -> tuple[int, int, bytes]:
        """Kind, number and content of the next answer that somebody waits for."""
        while True:
            kind, body = self._packet()
            number = _number_at(body, 0)
            if number not in self._asked:
                raise ConnectionLostError(_STRANGE)
            self._asked.remove(number)
            if number not in self._forgotten:
                return kind, number, body[4:]
            self._forgotten.remove(number)

    def _send(self, body: bytes) -> None:
        self._write(_u32(len(body)) + body)

    def _write(self, data: bytes | bytearray) -> None:
        # A window's requests are some kilobytes and fit into the pipe: this never waits for the far end.
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._input, view) :]
        except OSError as error:
            raise ConnectionLostError(self._said()) from error

    def _packet(self) -> tuple[int, bytes]:
        self._fill(4)
        length = _number_at(self._buffer, 0)
        if not 1 <= length <= LONGEST_PACKET:
            raise ConnectionLostError("what answers is no SFTP server (does a login script print something?)")
        self._fill(4 + length)
        body = bytes(memoryview(self._buffer)[5 : 4 + length])
        kind = self._buffer[4]
        del self._buffer[: 4 + length]
        return kind, body

    def _fill(self, size: int) -> None:
        while len(self._buffer) < size:
            if not self._poll.poll(self._timeout_s * 1000):
                raise StalledError
            block = os.read(self._output, _PIPE_BYTES)
            if not block:
                raise ConnectionLostError(self._said())
            self._buffer += block

    def _said(self) -> str:
        """What ``ssh`` wrote before it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=min(2.0, self._timeout_s))
        self._errors.seek(0)
        text = self._errors.read(64 << 10).decode("utf-8", "replace")
        return "\n".join("".join(c if c.isprintable() else " " for c in line).strip() for line in text.splitlines())

    @property
    def _input(self) -> int:
        assert self._process.stdin  # noqa: S101
        return self._process.stdin.fileno()

    @property
    def _output(self) -> int:
        assert self._process.stdout  # noqa: S101
        return self._process.stdout.fileno()


def _expect(kind: int, body: bytes, wanted: int) -> bytes:
    if kind == STATUS:
        raise StatusError(_code(body), _message(body))
    if kind != wanted:
        raise ConnectionLostError(_STRANGE)
    return body


def _code(body: bytes) -> int:
    return _number_at(body, 0)


def _message(body: bytes) -> str:
    # Old servers give a code and no text.
    return _string(body, 4)[0].decode("utf-8", "replace") if len(body) >= 8 else ""


def _number_at(body: bytes | bytearray, at: int) -> int:
    try:
        return int(struct.unpack_from(">I", body, at)[0])
    except struct.error as error:
        raise ConnectionLostError("a packet of the server is cut short") from error


def _string(body: bytes, at: int) -> tuple[bytes, int]:
    size = _number_at(body, at)
    if at + 4 + size > len(body):
        raise ConnectionLostError("a packet of the server is cut short")
    return body[at + 4 : at + 4 + size], at + 4 + size


def _attributes(body: bytes, at: int) -> tuple[Attributes, int]:
    has_size, has_owner, has_mode, has_times, has_more = 1, 2, 4, 8, 0x80000000
    flags, at = _number_at(body, at), at + 4
    size = mode = modified = None
    if flags & has_size:
        size = (_number_at(body, at) << 32) | _number_at(body, at + 4)
        at += 8
    if flags & has_owner:
        at += 8
    if flags & has_mode:
        mode = _number_at(body, at)
        at += 4
    if flags & has_times:
        modified = _number_at(body, at + 4)
        at += 8
    if flags & has_more:
        count, at = _number_at(body, at), at + 4
        for _number in range(2 * count):
            _ignored, at = _string(body, at)
    return Attributes(size, mode, modified), at


def _u32(number: int) -> bytes:
    return struct.pack(">I", number)


def _text(data: bytes) -> bytes:
    return _u32(len(data)) + data
