"""Planning a batch: look at every source, read the form sheets, name every run."""

import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from dsqc.batch.plan import PLAN, PlannedSubmission, read_plan, read_state, write_if_changed, write_plan
from dsqc.batch.sheet import BatchRow
from dsqc.errors import DsqcError
from dsqc.forms import compose, labels, load_fields
from dsqc.listing import is_bare
from dsqc.station import S3Options
from dsqc.submission import read, sheet_files
from dsqc.submission.table import MOST_BYTES
from dsqc.transfer import Source, open_source
from dsqc.transfer.retries import attempts
from dsqc.transfer.sources import Entry, EntryKind, FileFault
from dsqc.version import __version__

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
        for attempt in attempts():
            with attempt:
                source = open_source(row.source, s3)
                entries = source.entries()
        state["files"] = [[entry.name, entry.size_bytes, entry.version] for entry in entries]
        if before and before.reachable and before.source == row.source and read_state(work, row.name) == state:
            return before
        runs = _run_keys(source, entries, work / "inbox" / row.name)
    except DsqcError as error:
        _write_state(work, row.name, state)
        return PlannedSubmission(row.name, row.source, reachable=False, note=error.message)
    _write_state(work, row.name, state)
    return PlannedSubmission(row.name, row.source, runs)


def _write_state(work: Path, name: str, state: dict[str, Any]) -> None:
    write_if_changed(work / "plan" / f"{name}.json", state)


def _run_keys(source: Source, entries: Sequence[Entry], inbox: Path) -> tuple[str, ...]:
    """Read the form sheets of ``source`` and name the runs in them.

    Follows the transfer: only plain files of plain names are forms, and where the source has none any more, those
    that an earlier transfer brought stand.
    """
    files = {entry.name: entry for entry in entries if entry.kind is EntryKind.FILE and is_bare(entry.name)}
    forms = [files[name] for name in sheet_files(files)]
    if not forms and inbox.is_dir():
        return _keys_in(inbox)
    with tempfile.TemporaryDirectory(prefix="dsqc-plan-") as place:
        for entry in forms:
            for attempt in attempts():
                with attempt:
                    _fetch(source, entry, Path(place) / entry.name)
        return _keys_in(Path(place))


def _fetch(source: Source, entry: Entry, path: Path) -> None:
    """Copy one sheet. One that cannot be had, or is larger than the reader takes, has no runs: transfer says why."""
    if entry.size_bytes > MOST_BYTES:
        return
    try:
        path.write_bytes(b"".join(source.blocks(entry)))
    except FileFault:
        path.unlink(missing_ok=True)


def _keys_in(place: Path) -> tuple[str, ...]:
    submission, _findings = read(place, _core_labels())
    return tuple(run.key for run in submission.runs())


@cache
def _core_labels() -> Mapping[str, Mapping[str, str]]:
    """Headings of any form. What names a run belongs to the core, so every form has the same."""
    field = next(iter(load_fields().values()))
    return labels(compose(field.id, field.packages[0]))
