"""Figures of the station: the reference of quality, its attainment over time, control charts, yearly reports.

Joins what the catalog counts with the quality goals, and writes pages. Times of a report are those of the catalog.
"""

import getpass
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.catalog.database import Catalog
from dsqc.catalog.figures.references import build_reference, keep_reference
from dsqc.catalog.registering import Actor
from dsqc.errors import UsageError
from dsqc.station import Station


def build(
    station: Station, *, minimum_runs: int | None = None, output: Path | None = None, by: str = ""
) -> dict[str, Any]:
    """Build the reference over all registered runs, keep it as a version, and write it for the judge.

    The same runs give the same version. A kill between the version and its file is mended by building again.

    Args:
        minimum_runs: least runs of a distribution; ``None`` as ``station.toml`` says.
        output: file to write; ``None`` as ``station.toml`` says.
        by: who builds; empty for the user of this machine.

    Raises:
        UsageError: ``station.toml`` names no file, or ``minimum_runs`` is less than 2.
    """
    if output is None and not station.figures.reference:
        raise UsageError("station.toml names no file of the reference.", hint="Give -O FILE, or set it in [figures].")
    least = station.figures.reference_runs if minimum_runs is None else minimum_runs
    if least < 2:
        raise UsageError("A distribution of fewer than 2 runs says nothing.", hint="Give --minimum-runs 30.")
    actor = Actor(by or getpass.getuser())
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            found = build_reference(session, least)
        reference, is_new = catalog.write(lambda session: keep_reference(session, found, actor))
    path = output or station.root / station.figures.reference
    artefact.write_json(path, reference.to_dict())
    logs.logger(stage="reference").info("built", version=reference.version, strata=len(reference.strata))
    return {
        "version": reference.version,
        "is_new": is_new,
        "sha256": reference.sha256,
        "minimum_runs": least,
        "strata": len(reference.strata),
        "run_count": sum(reference.run_count(stratum) for stratum in reference.strata),
        "file": str(path),
    }
