"""Planning a batch: look at every source, read the form sheets, name every run, cut the work into shards."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json, write_json
from dsqc.batch.costs import CostModel, PlannedFile, PlannedRun, kind_of, read_model
from dsqc.batch.events import EVENTS
from dsqc.batch.plan import (
    PLAN,
    SHARDS,
    Plan,
    PlannedSubmission,
    Shard,
    read_state,
    read_whole_plan,
    write_if_changed,
    write_index,
    write_plan,
)
from dsqc.batch.sharding import ShardSettings, cut_batch, definition
from dsqc.batch.sheet import BatchRow
from dsqc.errors import DsqcError, SystemFault
from dsqc.forms import compose, labels, load_fields
from dsqc.listing import is_bare
from dsqc.model import DataFile
from dsqc.station import S3Options
from dsqc.submission import interpret, read_tables, sheet_files
from dsqc.submission.layout import split_name
from dsqc.submission.table import MOST_BYTES
from dsqc.transfer import Source, open_source
from dsqc.transfer.retries import attempts
from dsqc.transfer.sources import Entry, EntryKind, FileFault
from dsqc.version import __version__

SOURCES_AT_ONCE = 8
"""Sources looked at together: listing waits for a network, not for a processor."""
CHUNK = 50
"""Sources that one process looks at at a time, where there are more."""
SHEETS_OF_RUNS = ("experiment", "run", "file")
"""Sheets that name the runs, their files and instruments; the others are not read."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How a batch is planned.

    Attributes:
        s3: how ``s3://`` sources are reached.
        settings: length and number of shards.
        rates: file with measured rates; ``None`` takes what earlier runs in the working directory measured.
    """

    s3: S3Options = field(default_factory=S3Options)
    settings: ShardSettings = field(default_factory=ShardSettings)
    rates: Path | None = None


@dataclass(frozen=True, slots=True)
class _Looked:
    """One source as it was found."""

    planned: PlannedSubmission
    runs: tuple[PlannedRun, ...] = ()


def plan_batch(rows: Sequence[BatchRow], work: Path, sheet: str, options: PlanOptions | None = None) -> Plan:
    """Write ``plan.json``, ``plan/<submission>.json`` and ``shards/`` in ``work``; what has not changed keeps its time.

    Reads lists of files and form sheets, never data files. A form that cannot be read has no runs: its submission
    goes through all stages and is returned with the findings. A source whose state is as it was is not read again.
    Shards of an earlier plan stay as they are, new submissions get new ones; before anything has run, all is cut anew.

    Args:
        rows: the batch sheet.
        work: working directory.
        sheet: the sheet's name, for the plan.
        options: how.
    """
    options = options or PlanOptions()
    before = read_whole_plan(work / PLAN) if (work / PLAN).exists() else Plan(sheet, ())
    known = {item.name: item for item in before.submissions}
    looked = _look_at_all(rows, work, options.s3, known)
    submissions = tuple(item.planned for item in looked)
    runs = {item.planned.name: item.runs for item in looked}
    model = read_model(work, options.rates)
    begun = any((work / EVENTS).glob("s*.jsonl"))
    shards = cut_batch(submissions, runs, model, options.settings, before.shards if begun else ())
    _write_shards(work, shards, {item.name: item for item in submissions}, runs, model)
    write_plan(work, sheet, submissions, shards)
    return Plan(sheet, submissions, shards)


def _look_at_all(
    rows: Sequence[BatchRow], work: Path, s3: S3Options, known: Mapping[str, PlannedSubmission]
) -> list[_Looked]:
    """Look at every source: several at a time, for they wait for a network; many of them in several processes, for
    reading workbooks is work."""
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    processes = min(len(chunks), os.cpu_count() or 1)
    arguments = [
        (chunk, work, s3, {row.name: known[row.name] for row in chunk if row.name in known}) for chunk in chunks
    ]
    if processes == 1:
        return [item for each in arguments for item in _look_at(*each)]
    _core_labels()  # once, before the fork
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
        return [item for found in pool.map(_look_at, *zip(*arguments, strict=True)) for item in found]


def _look_at(
    rows: Sequence[BatchRow], work: Path, s3: S3Options, known: Mapping[str, PlannedSubmission]
) -> list[_Looked]:
    with ThreadPoolExecutor(SOURCES_AT_ONCE) as pool:
        return list(pool.map(lambda row: _look(row, work, s3, known.get(row.name)), rows))


def planned_kinds(work: Path, plan: Plan) -> dict[tuple[str, str], str]:
    """Kind of the data of every run, by submission and run key, as it was planned in ``work``."""
    listed = {item.name: read_state(work, item.name).get("runs") or () for item in plan.submissions}
    return {(name, run.key): run.kind for name, rows in listed.items() for run in map(_run_of, rows)}


def _write_shards(
    work: Path,
    shards: Iterable[Shard],
    submissions: Mapping[str, PlannedSubmission],
    runs: Mapping[str, tuple[PlannedRun, ...]],
    model: CostModel,
) -> None:
    """Write what each shard does, then the index; one whose work is as it was keeps its file and its costs."""
    shards = tuple(shards)
    for shard in shards:
        path = work / shard.definition
        content = definition(shard, submissions, runs, model)
        if not _same_work(path, content):
            write_json(path, content)
    write_index(work, shards)
    known = {shard.id for shard in shards}
    for path in (work / SHARDS).glob("s*.json"):
        if path.name.partition(".")[0] not in known:
            path.unlink(missing_ok=True)


def _same_work(path: Path, content: Mapping[str, Any]) -> bool:
    try:
        found = read_json(path)
        return all(found[name] == content[name] for name in ("schema_version", "shard", "submissions"))
    except (SystemFault, KeyError, TypeError):
        return False


def _look(row: BatchRow, work: Path, s3: S3Options, before: PlannedSubmission | None) -> _Looked:
    state: dict[str, Any] = {
        "schema_version": "2.0",
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
        known = read_state(work, row.name)
        runs = known.pop("runs", None)
        if before and before.reachable and before.source == row.source and runs is not None and known == state:
            return _Looked(before, tuple(map(_run_of, runs)))
        found = _runs(source, entries, work / "inbox" / row.name)
    except DsqcError as error:
        _write_state(work, row.name, state)
        return _Looked(PlannedSubmission(row.name, row.source, reachable=False, note=error.message))
    _write_state(work, row.name, state | {"runs": [_run_to_list(run) for run in found]})
    sizes = {entry.name: entry.size_bytes for entry in entries if entry.kind is EntryKind.FILE}
    size = sum(sizes.values()) or sum(run.bytes for run in found)
    count = len(sizes) or sum(len(run.files) for run in found)
    return _Looked(
        PlannedSubmission(row.name, row.source, tuple(run.key for run in found), bytes=size, files=count), found
    )


def _run_to_list(run: PlannedRun) -> list[Any]:
    return [run.key, [[item.name, item.bytes, item.kind] for item in run.files]]


def _run_of(row: Sequence[Any]) -> PlannedRun:
    key, listed = row
    return PlannedRun(key, tuple(PlannedFile(*item) for item in listed))


def _write_state(work: Path, name: str, state: dict[str, Any]) -> None:
    write_if_changed(work / "plan" / f"{name}.json", state)


def _runs(source: Source, entries: Sequence[Entry], inbox: Path) -> tuple[PlannedRun, ...]:
    """Read the form sheets of ``source`` and name the runs in them, with their files.

    Follows the transfer: only plain files of plain names are forms, and where the source has none any more, those
    that an earlier transfer brought stand.
    """
    found = {entry.name: entry for entry in entries if entry.kind is EntryKind.FILE and is_bare(entry.name)}
    sizes = {entry.name: entry.size_bytes for entry in found.values()}
    listed = sheet_files(found)
    if not listed and inbox.is_dir():
        return _runs_in(inbox, sizes)
    forms = [found[name] for name in listed if _may_tell_of_runs(name)]
    with tempfile.TemporaryDirectory(prefix="dsqc-plan-") as place:
        for entry in forms:
            for attempt in attempts():
                with attempt:
                    _fetch(source, entry, Path(place) / entry.name)
        return _runs_in(Path(place), sizes)


def _may_tell_of_runs(name: str) -> bool:
    stem, suffix = split_name(name)
    return suffix != ".tsv" or stem in SHEETS_OF_RUNS


def _fetch(source: Source, entry: Entry, path: Path) -> None:
    """Copy one sheet. One that cannot be had, or is larger than the reader takes, has no runs: transfer says why."""
    if entry.size_bytes > MOST_BYTES:
        return
    try:
        path.write_bytes(b"".join(source.blocks(entry)))
    except FileFault:
        path.unlink(missing_ok=True)


def _runs_in(place: Path, sizes: Mapping[str, int]) -> tuple[PlannedRun, ...]:
    submission, _findings = interpret(read_tables(place).only(*SHEETS_OF_RUNS), _core_labels())
    platforms = {row.get("library_id"): _platform(row.get("platform")) for row in submission.rows("experiment")}
    return tuple(
        PlannedRun(run.key, tuple(_planned_file(item, sizes, platforms.get(run.library_id, "")) for item in run.files))
        for run in submission.runs()
    )


def _platform(text: str) -> str:
    return text.strip().lower().replace(" ", "_")


def _planned_file(item: DataFile, sizes: Mapping[str, int], platform: str) -> PlannedFile:
    """As the source has it, else as the form says."""
    size = sizes.get(item.name, sizes.get(f"{item.name}.c4gh", item.size_bytes or 0))
    return PlannedFile(item.name, size, kind_of(item.name, platform))


@cache
def _core_labels() -> Mapping[str, Mapping[str, str]]:
    """Headings of any form. What names a run belongs to the core, so every form has the same."""
    form = next(iter(load_fields().values()))
    return labels(compose(form.id, form.packages[0]))
