"""A file system of a few mebibytes that commands run on: a tmpfs in a mount namespace of its own.

The namespace ends with the process that holds it, and the mount with it: nothing is left, whatever kills the tests.
Where a machine lets nobody make one (neither root nor user namespaces), ``RLIMIT_FSIZE`` takes its place: writing
fails there too, with another error and at another byte.
"""

import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.preloaded import Preloaded

WAIT_S = 60


@dataclass
class SmallDisk:
    """The file system at ``path``, for commands that :meth:`run` starts.

    ``seen`` is the same directory for the test itself. ``holder`` is the process whose namespace it is mounted in; 0
    where there is none and files are limited instead. With ``preloaded`` commands that :meth:`run` starts are forked
    from it.
    """

    path: Path
    seen: Path
    size_bytes: int
    holder: int
    limit_bytes: int = -1
    preloaded: Preloaded | None = None

    @property
    def is_mounted(self) -> bool:
        return self.holder > 0

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """A ``dsqc`` command under way."""
        command = [sys.executable, "-m", "dsqc", *map(str, arguments)]
        if self.is_mounted:
            command = ["nsenter", *self._namespaces(), "-t", str(self.holder), "-m", "--", *command]
        elif self.limit_bytes >= 0:
            command = ["prlimit", f"--fsize={self.limit_bytes}", *command]
        return subprocess.Popen(
            command, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments: str | Path, meanwhile: Callable[[], object] | None = None) -> tuple[int, str]:
        """Run a ``dsqc`` command to its end: exit code, and all that it printed."""
        if self.preloaded:
            return self._run_preloaded(self.preloaded, arguments, meanwhile)
        with self.start(*arguments) as process:
            if meanwhile is not None:
                meanwhile()
            printed = process.communicate(timeout=120)[0]
        return process.returncode, printed

    def fill(self, leave_bytes: int) -> None:
        """Leave room for so many bytes; from the next command on where files are limited."""
        if not self.is_mounted:
            self.limit_bytes = leave_bytes
            return
        stat = os.statvfs(self.seen)
        # A command that is writing meanwhile may be quicker.
        with contextlib.suppress(OSError), (self.seen / "ballast").open("ab", buffering=0) as file:
            file.write(bytes(max(0, stat.f_bavail * stat.f_frsize - leave_bytes)))

    def grow(self) -> None:
        """There is room again."""
        self.limit_bytes = -1
        (self.seen / "ballast").unlink(missing_ok=True)

    def fill_when(self, ready: Callable[[], bool], leave_bytes: int) -> Callable[[], None]:
        """For ``meanwhile``: fill it as soon as ``ready`` says so."""

        def wait() -> None:
            deadline = time.monotonic() + WAIT_S
            while not ready():
                assert time.monotonic() < deadline, "the command does not begin"
                time.sleep(0.01)
            self.fill(leave_bytes)

        return wait

    def _run_preloaded(
        self, preloaded: Preloaded, arguments: tuple[str | Path, ...], meanwhile: Callable[[], object] | None
    ) -> tuple[int, str]:
        end, printed = os.pipe()  # not a file: its size would be limited too
        with os.fdopen(end) as pipe:
            process = preloaded.start(
                arguments,
                printed,
                environment=self._environment(),
                inside=self.holder,
                user_namespace=bool(self._namespaces()),
                limit_bytes=self.limit_bytes,
            )
            os.close(printed)
            try:
                if meanwhile is not None:
                    meanwhile()
                said = pipe.read()
                return process.wait(120), said
            finally:
                process.kill()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.path.parent), "DSQC_LANG": "en"}

    def _namespaces(self) -> list[str]:
        return [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]


@contextlib.contextmanager
def small_disk(path: Path, size_bytes: int = 4 << 20, preloaded: Preloaded | None = None) -> Iterator[SmallDisk]:
    """Make one at ``path``, gone when the block ends."""
    path.mkdir(parents=True, exist_ok=True)
    own_user = [] if os.geteuid() == 0 else ["-r"]
    script = f'mount -t tmpfs -o size={size_bytes} none "$0" && echo ready && exec sleep 1000'
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", *own_user, "-m", "sh", "-c", script, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        assert holder.stdout is not None
        if holder.stdout.readline() == "ready\n":
            yield SmallDisk(path, Path(f"/proc/{holder.pid}/root{path}"), size_bytes, holder.pid, preloaded=preloaded)
        else:
            assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
            yield SmallDisk(path, path, size_bytes, 0, preloaded=preloaded)
        holder.kill()
