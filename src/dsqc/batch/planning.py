"""Planning a batch: look at every source, read the form sheets, name every run."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dsqc import __version__
from dsqc.batch.plan import PLAN, PlannedSubmission, read_plan, read_state, write_if_changed, write_plan
from dsqc.batch.sheet import BatchRow
from dsqc.errors import DsqcError
from dsqc.station import S3Options
from dsqc.submission import sheet_files
from dsqc.transfer import Source, open_source

SOURCES_AT_ONCE = 8
"""Sources looked at together: listing waits for a network, not for a processor."""


def plan_batch(rows: Sequence[BatchRow], work: Path, sheet: str, s3: S3Options) -> dict[str, PlannedSubmission]:
    """Write ``plan.json`` and ``plan/<submission>.json`` in ``work``; what has not changed keeps its time.

    Reads lists of files and form sheets, never data files. A form that cannot be read has no runs: its submission
    goes through all stages and is returned with the findings. A source whose state is as it was is not read again.

    Args:
        rows: the batch sheet.
        work: working directory.
        sheet: the sheet's name, for the plan.
        s3: how ``s3://`` sources are reached.
    """
    before = read_plan(work / PLAN) if (work / PLAN).exists() else {}
    with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
        planned = list(pool.map(lambda row: _plan_one(row, work, s3, before.get(row.name)), rows))
    write_plan(work, sheet, planned)
    return {item.name: item for item in planned}


def _plan_one(row: BatchRow, work: Path, s3: S3Options, before: PlannedSubmission | None) -> PlannedSubmission:
    state: dict[str, Any] = {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "submission": row.name,
        "source": row.source,
        "files": [],
    }
    try:
        source = open_source(row.source, s3)
        entries = sorted(source.entries(), key=lambda entry: entry.name)
        state["files"] = [[entry.name, entry.size_bytes, entry.version] for entry in entries]
        known = before is not None and before.reachable and before.source == row.source
        if before is not None and known and read_state(work, row.name) == state:
            return before
        runs = _run_keys(source, [entry.name for entry in entries])
    except DsqcError as error:
        _write_state(work, row.name, state)
        return PlannedSubmission(row.name, row.source, reachable=False, note=error.message)
    _write_state(work, row.name, state)
    return PlannedSubmission(row.name, row.source, runs)


def _write_state(work: Path, name: str, state: dict[str, Any]) -> None:
    write_if_changed(work / "plan" / f"{name}.json", state)


def _run_keys(source: Source, names: Sequence[str]) -> tuple[str, ...]:
    """Fetch the form sheets of ``source`` and read the keys of the runs they name."""
    from dsqc.stages.validate import read_submission

    with tempfile.TemporaryDirectory(prefix="dsqc-plan-") as place:
        for name in sheet_files(names):
            source.fetch(name, Path(place) / name)
        submission, _form, _log = read_submission(Path(place))
    return tuple(run.key for run in submission.runs())
