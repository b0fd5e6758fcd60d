"""Run as a script: transfer SOURCE again and again, each time into a new inbox and killed (-9) one step later.

A step is whatever leaves a trace on the disk: a block written, a flush, a rename, a removal. Prints the number of
transfers that were killed; inbox number k is ``OUT/k``. With a STATION, closed data is encrypted to its key; with a
STRIDE, only every so many steps is one killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsqc.crypt4gh import station_keys
from dsqc.stages.transfer import transfer
from dsqc.station import Station
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


def main(source: str, out: Path, station: str = "", stride: int = 1) -> int:
    keys = station_keys(Station(root=Path(station))) if station else None
    # What is imported and compiled once need not be so in every child.
    transfer(source, out / "warm", out / "results-warm", submission="S", keys=keys)
    number, step = 0, 1 - stride
    while True:
        number, step = number + 1, step + stride
        child = os.fork()
        if child == 0:
            killer = Killer(step)
            os.fsync = killer.before(os.fsync)
            os.fdatasync = killer.before(os.fdatasync)
            os.pwrite = killer.before(os.pwrite)
            Path.replace = killer.before(Path.replace)
            Path.unlink = killer.before(Path.unlink)
            results = out / f"results-{number}"
            transfer(source, out / str(number), results, submission="S", progress=killer, keys=keys)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            print(number - 1)
            return os.WEXITSTATUS(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:4], *map(int, sys.argv[4:5])))
