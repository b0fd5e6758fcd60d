"""Which snapshot a command looks things up in."""

import os
from contextlib import ExitStack
from functools import cache
from importlib.resources import as_file
from pathlib import Path
from typing import Any

from dsqc.rule_data import data_file
from dsqc.taxonomy.snapshot import Taxonomy

ENVIRONMENT_VARIABLE = "DSQC_TAXONOMY"
SHIPPED = ("taxonomy", "small.sqlite")
"""The small snapshot in ``dsqc.schemas``; README.md beside it says what is in it."""
_unpacked = ExitStack()
"""Holds the shipped snapshot where dsqc runs out of an archive."""


def open_taxonomy(path: Path | None = None) -> Taxonomy:
    """The snapshot at ``path``; ``None``: the small one that dsqc ships. Each is opened once.

    Raises:
        UsageError: there is none, or it is no snapshot that this dsqc reads.
    """
    return _opened(path)


@cache
def _opened(path: Path | None) -> Taxonomy:
    return Taxonomy(path or _unpacked.enter_context(as_file(data_file("/".join(SHIPPED)))))


def choose_taxonomy(path: Path | None = None, station: Path | None = None) -> Taxonomy:
    """The snapshot that was asked for: by name, by the environment (``DSQC_TAXONOMY``), by the station, or none.

    Args:
        path: snapshot named in the call.
        station: snapshot of the station's configuration.

    Raises:
        UsageError: it cannot be opened.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE, "")
    return open_taxonomy(path or (Path(named) if named else None) or station)


def taxonomy_version(taxonomy: Taxonomy | None = None) -> dict[str, Any]:
    """What names a snapshot in a result: two verdicts with the same ``sha256`` were looked up in the same names."""
    about = (taxonomy or open_taxonomy()).about
    return {
        "source": about.source,
        "version": about.version,
        "date": about.date,
        "sha256": about.sha256,
        "scope": about.scope,
        "taxa": about.taxa,
    }
