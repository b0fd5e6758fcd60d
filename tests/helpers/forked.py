"""``dsqc`` commands in children of one process that has imported everything: many of them, killed at any moment.

Run as a script it is that process: it reads orders as JSON lines and answers each with an exit code.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

KILLED = -signal.SIGKILL
MODULES = ("dsqc.cli.register", "dsqc.cli.qc")


class Commands:
    """The other process; see :func:`commands`."""

    def __init__(self, process: "subprocess.Popen[str]", printed: Path) -> None:
        self._process = process
        self._printed = printed

    def run(self, *arguments: str | Path, kill_after_s: float | None = None, **environment: str) -> tuple[int, float]:
        """Run a command, killed (-9) when it runs so long.

        Returns:
            Its exit code (``KILLED`` where it was killed), and how many seconds it ran.
        """
        return self._order(arguments, kill_after_s=kill_after_s, environment=environment)

    def rehearse(self, *arguments: str | Path) -> int:
        """Run a command in the process itself: what it reads and compiles all later commands need not."""
        return self._order(arguments, in_itself=True)[0]

    def _order(self, arguments: Sequence[str | Path], **more: Any) -> tuple[int, float]:
        order = {"arguments": [str(item) for item in arguments], "printed": str(self._printed), **more}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code, seconds = json.loads(self._process.stdout.readline())
        return code, seconds

    def printed(self) -> str:
        """What the last command printed."""
        return self._printed.read_text(errors="replace")


@contextlib.contextmanager
def commands(printed: Path, environment: Mapping[str, str] | None = None) -> Iterator[Commands]:
    """Start the process, and end it with the block. What a command prints goes to ``printed``."""
    own = {"PYTHONPATH": str(Path(__file__).parents[1]), "DSQC_LANG": "en"}
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.forked"],
        env={**os.environ, **own, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Commands(process, printed)
        assert process.stdin is not None
        process.stdin.close()


def serve() -> None:
    """Take orders until there are no more."""
    from dsqc.batch.workers import MODULES as STAGES
    from dsqc.batch.workers import preload

    preload((*MODULES, *STAGES))
    for line in sys.stdin:
        order = json.loads(line)
        begun = time.monotonic()
        if order.get("in_itself"):
            print(json.dumps([_rehearsed(order), time.monotonic() - begun]), flush=True)
            continue
        child = os.fork()
        if child == 0:
            _obey(order)
        code = _wait(child, begun, order["kill_after_s"])
        print(json.dumps([code, time.monotonic() - begun]), flush=True)


def _rehearsed(order: dict[str, Any]) -> int:
    from dsqc.cli.main import main

    with Path(order["printed"]).open("w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        return main(order["arguments"])


def _obey(order: dict[str, Any]) -> None:
    code = 70
    try:
        # Its own group: children of the command are killed with it, as the system does when memory runs out.
        printed = os.open(order["printed"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(printed, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(order["environment"])
        from dsqc.cli.main import main

        code = main(order["arguments"])
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(child: int, begun: float, kill_after_s: float | None) -> int:
    while True:
        ended, status = os.waitpid(child, os.WNOHANG if kill_after_s is not None else 0)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if kill_after_s is not None and time.monotonic() - begun >= kill_after_s:
            os.kill(child, signal.SIGKILL)
            kill_after_s = None
            continue
        time.sleep(0.0005)


if __name__ == "__main__":
    serve()
