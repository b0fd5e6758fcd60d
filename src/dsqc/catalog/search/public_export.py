"""The public part of the catalog as Parquet, made anew each night and queried where it lies.

::

    DIR/current -> 1f0c…/          the newest snapshot; changes hands in one step
    DIR/1f0c…/manifest.json        rows, columns, size and SHA-256 of every file
    DIR/1f0c…/runs/research_field=…/part-0.parquet
    DIR/1f0c…/metrics/metric=frac_bases_q30/part-0.parquet
    DIR/1f0c…/samples/part-0.parquet …

A snapshot is named by its manifest, so a catalog that did not change gives the same one. The snapshot before stays for
those who read it just now.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from dsqc.artefact import fsync_tree, sha256_of, to_json, write_fault, write_json
from dsqc.catalog.models import MetricRecord
from dsqc.catalog.search.arrow_rows import RowReader, Values
from dsqc.catalog.search.public_tables import (
    FORM,
    RUN_WORDS,
    PublicTable,
    metrics_of,
    only_visible,
    public_runs,
    public_tables,
)
from dsqc.locking import sole_holder
from dsqc.version import __version__

SCHEMA_VERSION = "1.0"
CURRENT = "current"
MANIFEST = "manifest.json"
METRICS = "metrics"
METRIC_STEP = 20_000
"""Runs whose metrics are read at once."""
_REPEATED = frozenset({*RUN_WORDS, *FORM, "project", "submission", "access_level", "state", "project_type", "read_role",
                       "format", "container", "text", "form_version"})  # fmt: skip
"""Columns that hold few values many times: written as a dictionary. For the others that costs time and room."""
_PART = ".part"
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was written: where, rows by table, and whether it differs from the one before."""

    directory: Path
    rows: dict[str, int]
    is_new: bool


def export_public(session: Session, directory: Path) -> Snapshot:
    """Write a snapshot of all that may be told to anybody, and make it the current one.

    Killed at any moment it leaves the snapshot before; run again it starts over. The session must be fresh: all tables
    are read as they are at one moment.

    Raises:
        TransientFault: another export is at work in ``directory``.
        StorageFault: the disk refuses.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    part = directory / _PART
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with sole_holder(directory / ".lock", f"Another export is at work in {directory}"):
            shutil.rmtree(part, ignore_errors=True)
            try:
                return _publish(directory, _write(session, part))
            finally:
                shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise write_fault(directory, error) from error


def _write(session: Session, part: Path) -> dict[str, Any]:
    reader = RowReader(session)
    tables = {}
    for table in public_tables():
        with _Files(part / table.name, table.partition) as files:
            for rows in _read_ahead(reader, list(_ranges(session, table))):
                files.write(only_visible(rows, table.sheet) if table.sheet else rows)
            tables[table.name] = files
    with _Files(part / METRICS, "metric") as files:
        _write_metrics(session, reader, files)
        tables[METRICS] = files
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "dsqc_version": __version__,
        "tables": {name: files.described(part) for name, files in tables.items()},
    }
    write_json(part / MANIFEST, manifest)
    fsync_tree(part)
    return manifest


def _ranges(session: Session, table: PublicTable) -> Iterator[Select[Any]]:
    yield from table.ranges(session.scalar(select(func.max(table.key))) or 0)


def _read_ahead(reader: RowReader, statements: list[Select[Any]]) -> Iterator[pa.Table]:
    """The tables of ``statements``; the database answers the next one while the last is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(reader.fetch, statements[0])
        for number, statement in enumerate(statements, start=1):
            answer = coming.result()
            if number < len(statements):
                coming = pool.submit(reader.fetch, statements[number])
            yield reader.to_arrow(statement, answer)


def _write_metrics(session: Session, reader: RowReader, files: "_Files") -> None:
    runs = _PublicRuns(reader.read(public_runs()))
    last = session.scalar(select(func.max(MetricRecord.run_id))) or 0
    ranges = [(start, start + METRIC_STEP) for start in range(0, last + 1, METRIC_STEP)]

    def fetch(first: int, end: int) -> dict[str, Values]:
        return reader.values(metrics_of(first, end))

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(fetch, *ranges[0])
        for number in range(1, len(ranges) + 1):
            found = coming.result()
            if number < len(ranges):
                coming = pool.submit(fetch, *ranges[number])
            for name, values in sorted(found.items()):
                files.add(name, runs.table(values.number_keys, value=pa.array(values.numbers)))
                files.add(name, runs.table(values.text_keys, text=pa.array(values.texts, pa.string())))


class _PublicRuns:
    """The runs whose metrics are public, by their keys."""

    def __init__(self, runs: pa.Table) -> None:
        self._keys = runs.column("run_id").to_numpy()
        self._accessions = runs.column("accession").combine_chunks()

    def table(self, keys: "np.ndarray[Any, Any]", value: Any = None, text: Any = None) -> pa.Table:
        """The rows of one metric for the public ones of ``keys``, in their order whatever order the database has."""
        order = np.argsort(keys, kind="stable")
        places = np.searchsorted(self._keys, keys[order])
        is_inside = places < len(self._keys)
        is_inside[is_inside] = self._keys[places[is_inside]] == keys[order][is_inside]
        chosen, places = pa.array(order[is_inside]), places[is_inside]
        nothing = {"value": pa.nulls(len(places), pa.float64()), "text": pa.nulls(len(places), pa.string())}
        given = {"value": value, "text": text}
        columns = {name: nothing[name] if item is None else item.take(chosen) for name, item in given.items()}
        return pa.table({"run": self._accessions.take(pa.array(places)), **columns})


class _Files:
    """The Parquet files of one table: one, or one for each value of ``partition``; a row group each range of keys."""

    def __init__(self, directory: Path, partition: str) -> None:
        self._directory = directory
        self._partition = partition
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self._rows: dict[Path, int] = {}
        self._schema = pa.schema([])
        self.rows = 0

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_error: object) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def write(self, table: pa.Table) -> None:
        """Add rows. A table without any still makes the file, so that its columns are known."""
        self._schema = table.schema
        if not self._partition:
            self._add(self._directory / "part-0.parquet", table)
            return
        values = pc.dictionary_encode(table.column(self._partition)).combine_chunks()
        rest = table.drop_columns([self._partition])
        order = np.argsort(values.indices.to_numpy(zero_copy_only=False), kind="stable")
        codes = values.indices.to_numpy(zero_copy_only=False)[order]
        rest = rest.take(pa.array(order))
        for code, value in enumerate(values.dictionary.to_pylist()):
            start, end = np.searchsorted(codes, code), np.searchsorted(codes, code, side="right")
            self.add(value, rest.slice(start, end - start))

    def add(self, value: str, rows: pa.Table) -> None:
        """Add rows of one partition, without its column."""
        if rows.num_rows:
            self._schema = rows.schema.append(pa.field(self._partition, pa.string()))
            folder = f"{self._partition}={quote(value, safe='') or _NO_VALUE}"
            self._add(self._directory / folder / "part-0.parquet", rows)

    def _add(self, path: Path, rows: pa.Table) -> None:
        self.rows += rows.num_rows
        if path not in self._writers:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[path] = pq.ParquetWriter(
                path, rows.schema, compression="zstd", compression_level=1,
                use_dictionary=[name for name in rows.schema.names if name in _REPEATED],
            )  # fmt: skip
        self._rows[path] = self._rows.get(path, 0) + rows.num_rows
        if rows.num_rows:
            self._writers[path].write_table(rows, row_group_size=rows.num_rows)

    def described(self, root: Path) -> dict[str, Any]:
        """What the manifest says of the table; its files are closed."""
        return {
            "rows": self.rows,
            "partition": self._partition,
            "columns": {field.name: str(field.type) for field in self._schema},
            "files": [
                {
                    "path": str(path.relative_to(root)),
                    "rows": self._rows[path],
                    "size_bytes": path.stat().st_size,
                    "sha256": sha256_of(path),
                }
                for path in sorted(self._rows)
            ],
        }


def _publish(directory: Path, manifest: dict[str, Any]) -> Snapshot:
    """Give the finished snapshot its name and make it the current one."""
    name = _name_of(manifest)
    target = directory / name
    before = directory / CURRENT
    previous = before.readlink().name if before.is_symlink() else ""
    if not target.exists():
        (directory / _PART).rename(target)
    link = directory / f"{_PART}-link"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(before)
    kept = {name, previous}
    for other in directory.iterdir():
        if other.is_dir() and not other.is_symlink() and (other / MANIFEST).exists() and other.name not in kept:
            shutil.rmtree(other)
    rows = {table: item["rows"] for table, item in manifest["tables"].items()}
    return Snapshot(target, rows, is_new=name != previous)


def _name_of(manifest: dict[str, Any]) -> str:
    import hashlib

    return hashlib.sha256(to_json(manifest).encode()).hexdigest()[:16]
