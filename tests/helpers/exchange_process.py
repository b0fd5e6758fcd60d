"""Exports and imports that kill themselves (SIGKILL) at one point, each in a child of a process that serves all.

Run as a script it is that process. An order is a line of JSON: ``[station, action, package, point]``; the action is
``import`` or the centre to export to. It answers each with how the child ended.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy.orm import configure_mappers

from dsqc.catalog.database import Catalog, head_revision
from dsqc.exchange import exporting, importing
from dsqc.exchange.public import shown_attributes
from dsqc.station import load_station

EXPORT_POINTS = ("note_versions", "_plan", "finish_bag", "place", "_mark_written")
IMPORT_POINTS = ("_take",)
KILLED = -signal.SIGKILL


class Exchanges:
    """The other process; see :func:`exchanges`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, *orders: tuple[Path, str, Path, str]) -> list[int]:
        """Carry out ``orders``, one after another: the exit code of each."""
        return [self._run(order) for order in orders]

    def _run(self, order: Sequence[str | Path]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(item) for item in order]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextlib.contextmanager
def exchanges() -> Iterator[Exchanges]:
    """Start the process, and end it with the block."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    line = [sys.executable, "-m", "helpers.exchange_process"]
    with subprocess.Popen(line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Exchanges(process)
        assert process.stdin is not None
        process.stdin.close()


def _then_die(function: Any) -> Any:
    def wrapped(*args: Any, **options: Any) -> NoReturn:
        function(*args, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("SIGKILL cannot be survived")

    return wrapped


def _obey(station: str, action: str, package: str, point: str) -> None:
    module: Any = importing if action == "import" else exporting
    setattr(module, point, _then_die(getattr(module, point)))
    with Catalog.open(load_station(Path(station))) as catalog:
        if action == "import":
            importing.import_package(catalog, Path(package))
        else:
            exporting.export_package(catalog, action, Path(package))


def main() -> None:
    """Take orders until there are no more."""
    # Once for all children: what takes long to load and starts no threads.
    head_revision()
    configure_mappers()
    shown_attributes("seed_crop", "1.0.0", "Plant_fungi", "sample")
    for text in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                os.dup2(2, 1)
                _obey(*json.loads(text))
                os._exit(0)
            except BaseException as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
            finally:
                os._exit(70)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
