"""Run as a script: transfer SOURCE again and again, each time into a new inbox and killed (-9) one step later.

A step is whatever leaves a trace on the disk: a block written, a flush, a rename, a removal. Prints the number of
transfers that were killed; inbox number k is ``OUT/k``.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsqc.stages.transfer import transfer
from dsqc.transfer import Progress


class Killer(Progress):
    """Ends this process before step number ``step``."""

    def __init__(self, step: int) -> None:
        self.left = step

    def count(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def advance(self, name: str, size_bytes: int) -> None:
        self.count()

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.count()
            return function(*args, **kwargs)

        return counted


def main(source: str, out: Path) -> int:
    # What is imported and compiled once need not be so in every child.
    transfer(source, out / "warm", out / "results-warm", submission="S")
    step = 0
    while True:
        step += 1
        child = os.fork()
        if child == 0:
            killer = Killer(step)
            os.fsync = killer.before(os.fsync)
            os.fdatasync = killer.before(os.fdatasync)
            os.pwrite = killer.before(os.pwrite)
            Path.replace = killer.before(Path.replace)
            Path.unlink = killer.before(Path.unlink)
            transfer(source, out / str(step), out / f"results-{step}", submission="S", progress=killer)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            print(step - 1)
            return os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
