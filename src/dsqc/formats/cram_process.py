"""The other process that decodes CRAM: fed with proven bytes, read as a stream of BAM, gone when we stop."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from dsqc.errors import SystemFault
from dsqc.formats.reference import Reference

_SCRIPT = Path(__file__).with_name("cram_decode.py")
_PIPE = 1 << 20
_HEAD, _STORED, _TRAILER = 18, 5, 8
_LONGEST_PROBLEM = 1 << 16


class Decoder:
    """Runs :mod:`dsqc.formats.cram_decode` over ``stored``.

    A thread passes the stored bytes on as long as the process listens, and goes through all of them in any case, so
    that whoever proves them on the way has seen the whole file.

    Args:
        stored: a CRAM, in pieces.
        name: the file's name, for our own faults.
        reference: what to decode with.
        threads: of the process.

    Raises:
        SystemFault: the process cannot be started.
    """

    def __init__(
        self, stored: Iterable[bytes | memoryview], name: str, reference: Reference, *, threads: int = 1
    ) -> None:
        self._name = name
        self._messages = _memory_file()
        command = [sys.executable, "-P", str(_SCRIPT), str(threads - 1), *reference.arguments]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._messages,
                bufsize=0,
                env={**os.environ, **reference.environment},
            )
        except OSError as error:
            self._messages.close()
            raise SystemFault(
                f"The decoder of CRAM cannot be started: {error.strerror}.", hint="Free memory, then run it again."
            ) from error
        self._fault: BaseException | None = None
        self._stopped = False
        _widen(cast("IO[bytes]", self._process.stdin))
        _widen(cast("IO[bytes]", self._process.stdout))
        self._pump = threading.Thread(target=self._feed, args=(stored,), name=f"read {name}", daemon=True)
        self._pump.start()

    def _feed(self, stored: Iterable[bytes | memoryview]) -> None:
        listening = True
        pipe = cast("IO[bytes]", self._process.stdin)
        try:
            for block in stored:
                if self._stopped:
                    return
                listening = listening and _write(pipe.fileno(), block)
        except BaseException as error:
            self._fault = error
        finally:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def blocks(self) -> Iterator[bytes | memoryview]:
        """The BAM as it comes, none empty."""
        pipe = cast("IO[bytes]", self._process.stdout)
        rest = b""
        while part := os.read(pipe.fileno(), _PIPE):
            data = rest + part
            at = 0
            while at + _HEAD <= len(data):
                size = int.from_bytes(data[at + 16 : at + _HEAD], "little") + 1
                if at + size > len(data):
                    break
                if content := _content(memoryview(data)[at + _HEAD : at + size - _TRAILER]):
                    yield content
                at += size
            rest = data[at:]

    def finish(self) -> str:
        """Wait for the end; why decoding failed, empty where it did not.

        Raises:
            SystemFault: the process was killed from outside.
            BaseException: what reading the stored bytes raised.
        """
        self._pump.join()
        code = self._process.wait()
        if self._fault is not None:
            raise self._fault
        if code == -signal.SIGKILL:
            raise SystemFault(f"The decoder of {self._name} was killed.", hint="Free memory, then run it again.")
        if code == 0:
            return ""
        self._messages.seek(0)
        told = self._messages.read(_LONGEST_PROBLEM).decode("utf-8", "replace")
        return _first_error(told) or f"exit code {code}"

    def close(self) -> None:
        """End the process, whatever it does."""
        self._stopped = True
        self._process.kill()
        self._process.wait()
        self._pump.join(timeout=1.0)
        cast("IO[bytes]", self._process.stdout).close()
        self._messages.close()


def _memory_file() -> IO[bytes]:
    """A file for messages, which may name reads: in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("dsqc-messages"), "w+b")
    return tempfile.TemporaryFile()


def _first_error(told: str) -> str:
    """The first of htslib's errors, ``[E::function] text``; a reference's temporary place is left out."""
    for line in told.splitlines():
        if line.startswith("[E::"):
            return line.partition("] ")[2].strip()
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _content(block: memoryview) -> bytes | memoryview:
    """What a block of raw deflate data holds; htslib stores uncompressed blocks as one stored part."""
    if block[0] == 1 and int.from_bytes(block[1:3], "little") == len(block) - _STORED:
        return block[_STORED:]
    return zlib.decompress(block, -zlib.MAX_WBITS)


def _widen(pipe: IO[bytes]) -> None:
    """Fewer, larger hand-overs, where the system allows."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)


def _write(descriptor: int, block: bytes | memoryview) -> bool:
    """Write all of ``block``; false when nobody reads any more."""
    rest = memoryview(block)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError:
        return False
    return True
