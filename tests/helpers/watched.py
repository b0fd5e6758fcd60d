"""Commands whose every trace is kept: what they print, what stands on their command lines, what they leave on disk."""

import base64
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dsqc.kernels._cache import cache_directory

WATCHING = 10
"""Time between two looks at what runs, over the time that a look takes."""


@dataclass
class Watched:
    """Runs commands in ``home``: their temporary files, states and outputs all lie below it.

    ``commands`` collects the command line of every process that ran, children included.
    """

    home: Path
    environment: Mapping[str, str]
    commands: set[bytes] = field(default_factory=set)
    longest_s: float = 120
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        for name in ("tmp", "state", "home", "printed"):
            (self.home / name).mkdir(parents=True, exist_ok=True)

    def run(
        self,
        *arguments: str | Path,
        program: Iterable[str] = ("-m", "dsqc"),
        kill_when: Callable[[], bool] | None = None,
        **environment: str,
    ) -> tuple[int, str]:
        """Run one command to its end, or until ``kill_when`` says so (SIGKILL); several threads may.

        Args:
            environment: over that of all commands; an empty text takes a variable out.

        Returns:
            Its exit code, and all that it printed.
        """
        path = self.home / "printed" / f"{next(self.numbers):03}.txt"
        own = {"TMPDIR": str(self.home / "tmp"), "XDG_STATE_HOME": str(self.home / "state"),
               "HOME": str(self.home / "home"), "PYTHONPATH": str(Path(__file__).parents[1])}  # fmt: skip
        given = {"PATH": os.environ["PATH"], **own, **_kernels(), **self.environment, **environment}
        line = [sys.executable, *program, *map(str, arguments)]
        with path.open("wb") as printed:
            process = subprocess.Popen(
                line,
                env={name: value for name, value in given.items() if value},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            watcher = threading.Thread(target=self._watch, args=(process,))
            watcher.start()
            try:
                self._wait(process, kill_when)
            except BaseException:
                # Not only the command: nothing of what it started may outlive a test that failed.
                os.killpg(process.pid, signal.SIGKILL)
                raise
            finally:
                process.kill()
                process.wait()
                watcher.join()
        return process.returncode, path.read_text(errors="replace")

    def _wait(self, process: "subprocess.Popen[bytes]", kill_when: Callable[[], bool] | None) -> None:
        deadline = time.monotonic() + self.longest_s
        while process.poll() is None:
            if kill_when is not None and kill_when():
                return
            assert time.monotonic() < deadline, f"it does not end: {process.args}"
            time.sleep(0.01)

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        while process.poll() is None:
            begun = time.thread_time()
            for pid in (process.pid, *children(process.pid)):
                with contextlib.suppress(OSError):
                    self.commands.add(Path(f"/proc/{pid}/cmdline").read_bytes())
            # A large family is looked at less often: watching must not take the time of the watched.
            time.sleep(max(0.01, WATCHING * (time.thread_time() - begun)))


def _kernels() -> dict[str, str]:
    """Where this machine's kernels stand: below another home every command would compile them for minutes."""
    place = cache_directory()
    return {"DSQC_CACHE_DIR": str(place.parent)} if place else {}


def children(pid: int) -> list[int]:
    """All processes below ``pid``."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it may end at any moment, its directory with it
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in task.read_text().split():
                found += [int(child), *children(int(child))]
    return found


def spellings(secret: bytes) -> set[bytes]:
    """A secret as it is, and as headers, URLs and dumps write it."""
    return {secret, base64.b64encode(secret), secret.hex().encode(), quote(secret).encode()}
