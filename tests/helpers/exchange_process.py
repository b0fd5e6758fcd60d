"""``python -m helpers.exchange_process ORDER…``: exports and imports that kill themselves (SIGKILL) at one point.

An order is JSON: ``[station, action, package, point]``; the action is ``import`` or the centre to export to. Each runs
in a child of its own, so that one start of Python serves all. Prints how each child ended.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from dsqc.catalog.database import Catalog, head_revision
from dsqc.exchange import exporting, importing
from dsqc.exchange.public import shown_attributes
from dsqc.station import load_station

EXPORT_POINTS = ("note_versions", "_plan", "finish_bag", "place", "_mark_written")
IMPORT_POINTS = ("_take",)
KILLED = -signal.SIGKILL


def run(orders: Sequence[tuple[Path, str, Path, str]]) -> list[int]:
    """Carry out ``orders``, one after another: the exit code of each."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    lines = [json.dumps([str(item) for item in order]) for order in orders]
    done = subprocess.run(
        [sys.executable, "-m", "helpers.exchange_process", *lines], env=environment, stdout=subprocess.PIPE, check=True
    )
    return [int(line) for line in done.stdout.split()]


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
    """Carry out the orders of the command line."""
    # Once for all children: what takes long to load and starts no threads.
    head_revision()
    shown_attributes("seed_crop", "1.0.0", "Plant_fungi", "sample")
    for text in sys.argv[1:]:
        child = os.fork()
        if child == 0:
            _obey(*json.loads(text))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
