"""Register in a process of its own, forked from one that has imported everything.

With a point to die at, it kills itself (SIGKILL: nothing is cleaned up) at that point of the first registration.
"""

import argparse
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from dsqc.catalog import registering
from dsqc.stages import register as stage
from dsqc.station import load_station
from dsqc.storage.directory import DirectoryStore
from helpers.preloaded import Preloaded, Process

POINTS = (
    "after the first event",
    "after the first object",
    "before the transaction",
    "before the commit",
    "after the commit",
    "after the manifest",
)


def start(
    preloaded: Preloaded, printed: Path, station: Path, work: Sequence[tuple[Path, Path]], die: str = ""
) -> Process:
    """Start one that registers every pair of results and inbox; what it prints goes to ``printed``."""
    places = [path for pair in work for path in pair]
    return preloaded.start([station, "--die", die, *places], printed, run="helpers.register_process:run")


def die(*_args: Any, **_options: Any) -> NoReturn:
    """Be gone, as after a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL cannot be survived")


def then_die(function: Any) -> Any:
    """``function``, and death when it has returned."""

    def wrapped(*args: Any, **options: Any) -> Any:
        function(*args, **options)
        die()

    return wrapped


def arm(point: str) -> None:
    """Set the trap of ``point``."""
    if point == "after the first event":
        registering.change_state = then_die(registering.change_state)
    elif point == "after the first object":
        DirectoryStore.put_file = then_die(DirectoryStore.put_file)
    elif point == "before the transaction":
        stage.register_rows = die
    elif point == "before the commit":
        stage.register_rows = then_die(stage.register_rows)
    elif point == "after the commit":
        stage.write_receipt = die
    elif point == "after the manifest":
        DirectoryStore.put_manifest = then_die(DirectoryStore.put_manifest)
    elif point:
        raise ValueError(point)


def run(given: list[str]) -> None:
    """Register every pair of results and inbox."""
    parser = argparse.ArgumentParser()
    parser.add_argument("station", type=Path)
    parser.add_argument("--die", default="")
    parser.add_argument("places", nargs="+", type=Path)
    args = parser.parse_args(given)
    arm(args.die)
    station = load_station(args.station)
    for results, inbox in zip(args.places[::2], args.places[1::2], strict=True):
        stage.register(results, inbox, station)
