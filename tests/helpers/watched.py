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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from dsqc.kernels._cache import cache_directory
from helpers.preloaded import COMMAND, Preloaded, Process

Running = subprocess.Popen[bytes] | Process

WATCHING = 10
"""Time between two looks at what runs, over the time that a look takes."""


@dataclass
class Watched:
    """Runs commands in ``home``: their temporary files, states and outputs all lie below it.

    ``commands`` collects the command line of every process that ran, children included. With ``preloaded`` the
    commands are forked from it.
    """

    home: Path
    environment: Mapping[str, str]
    commands: set[bytes] = field(default_factory=set)
    longest_s: float = 120
    preloaded: Preloaded | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        for name in ("tmp", "state", "home", "printed"):
            (self.home / name).mkdir(parents=True, exist_ok=True)

    def run(
        self,
        *arguments: str | Path,
        program: str = "dsqc",
        kill_when: Callable[[], bool] | None = None,
        **environment: str,
    ) -> tuple[int, str]:
        """Run one command to its end, or until ``kill_when`` says so (SIGKILL); several threads may.

        Args:
            program: the module that is run; a forked one other than dsqc has a function ``run``.
            environment: over that of all commands; an empty text takes a variable out.

        Returns:
            Its exit code, and all that it printed.
        """
        path = self.home / "printed" / f"{next(self.numbers):03}.txt"
        own = {"TMPDIR": str(self.home / "tmp"), "XDG_STATE_HOME": str(self.home / "state"),
               "HOME": str(self.home / "home"), "PYTHONPATH": str(Path(__file__).parents[1])}  # fmt: skip
        given = {"PATH": os.environ["PATH"], **own, **_kernels(), **self.environment, **environment}
        process = self._start(program, [*map(str, arguments)], path, {key: text for key, text in given.items() if text})
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
            code = process.wait()
            watcher.join()
        return code, path.read_text(errors="replace")

    def _start(self, program: str, arguments: list[str], path: Path, environment: dict[str, str]) -> Running:
        line = [sys.executable, "-m", program, *arguments]
        if self.preloaded:
            # A forked process still has the command line of its parent.
            self.commands.add(b"\0".join(map(os.fsencode, line)))
            run = COMMAND if program == "dsqc" else f"{program}:run"
            return self.preloaded.start(arguments, path, run=run, environment=environment, cwd=self.home)
        with path.open("wb") as printed:
            return subprocess.Popen(
                line,
                env=environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self, process: Running, kill_when: Callable[[], bool] | None) -> None:
        deadline = time.monotonic() + self.longest_s
        while process.poll() is None:
            if kill_when is not None and kill_when():
                return
            assert time.monotonic() < deadline, f"it does not end: {process.args}"
            time.sleep(0.01)

    def _watch(self, process: Running) -> None:
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
