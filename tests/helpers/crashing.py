"""``python -m helpers.crashing MODULE:NAME CALL ARGUMENT…``: the command ``dsqc ARGUMENT…`` with a fault built in.

Call number ``CALL`` (from 1) of the function raises an exception that no part of dsqc expects.
"""

import importlib
import itertools
import sys
from typing import Any


class PlannedError(Exception):
    """Nobody catches it on purpose."""


def main(place: str, call: int, arguments: list[str]) -> int:
    """Break the function and run the command."""
    from dsqc.cli.main import main as dsqc

    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    function, calls = getattr(owner, name), itertools.count(1)

    def broken(*args: Any, **options: Any) -> Any:
        if next(calls) >= call:
            raise PlannedError(f"planned in {name}")
        return function(*args, **options)

    setattr(owner, name, broken)
    return dsqc(arguments)


def run(given: list[str]) -> int:
    """As from the command line."""
    return main(given[0], int(given[1]), given[2:])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
