"""The other process that writes CRAM: fed with a stream of BAM, gone when we stop."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from dsqc.errors import StorageFault, SystemFault
from dsqc.formats.reference import Reference

_SCRIPT = Path(__file__).with_name("cram_encode.py")
_LONGEST_PROBLEM = 1 << 16
_NO_SPACE = "No space left on device"


class EncoderStopped(Exception):
    """htslib would not encode this; the message is its own."""


class CramWriter:
    """Writes one CRAM 3.1.

    Args:
        path: of the CRAM.
        reference: what to encode with.
        settings: options of htslib's output format.
        threads: of the process.

    Raises:
        SystemFault: the process cannot be started.
    """

    def __init__(self, path: Path, reference: Reference, settings: tuple[str, ...], *, threads: int = 1) -> None:
        self._path = path
        self._messages: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the writer
        fasta = reference.arguments[0] if reference.arguments else ""
        command = [sys.executable, "-P", str(_SCRIPT), str(threads - 1), str(path), fasta, *settings]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._messages,
                bufsize=0,
                env={**os.environ, **reference.environment},
            )
        except OSError as error:
            self._messages.close()
            raise SystemFault(
                f"The encoder of CRAM cannot be started: {error.strerror}.", hint="Free memory, then run it again."
            ) from error

    def write(self, block: bytes | memoryview) -> None:
        """Pass on the next bytes of the BAM.

        Raises:
            EncoderStopped: the encoder does not listen any more.
        """
        pipe = cast("IO[bytes]", self._process.stdin)
        rest = memoryview(block)
        try:
            while rest:
                rest = rest[os.write(pipe.fileno(), rest) :]
        except BrokenPipeError:
            self.finish()
            raise EncoderStopped("it ended before its input") from None

    def finish(self) -> None:
        """End the BAM and wait until the CRAM is written.

        Raises:
            EncoderStopped: htslib failed.
            StorageFault: the disk is full.
            SystemFault: the process was killed from outside.
        """
        with contextlib.suppress(BrokenPipeError):
            cast("IO[bytes]", self._process.stdin).close()
        code = self._process.wait()
        if code == -signal.SIGKILL:
            raise SystemFault(f"The encoder of {self._path.name} was killed.", hint="Free memory, then run it again.")
        if code == 0:
            return
        self._messages.seek(0)
        told = self._messages.read(_LONGEST_PROBLEM).decode("utf-8", "replace")
        if _NO_SPACE in told or _is_full(self._path):
            raise StorageFault(
                f"Cannot write {self._path}: {_NO_SPACE}.",
                hint="The disk is full: free some space and run the same command again.",
            )
        errors = [line.partition("] ")[2] for line in told.splitlines() if line.startswith("[E::")]
        raise EncoderStopped(errors[0].strip() if errors else f"exit code {code}")

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            cast("IO[bytes]", self._process.stdin).close()
        self._messages.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_full(path: Path) -> bool:
    """Whether there is no room beside ``path``: htslib does not always say why it could not write."""
    seen = os.statvfs(path.parent)
    return seen.f_bavail * seen.f_frsize < 1 << 16
