"""The plan of a batch: every submission with its source and its runs, and the shards that the work is cut into.

The workflow imports this module in every job, so it imports nothing heavy, and reads :data:`INDEX`, not the plan.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from dsqc.artefact import read_json, to_json, write_text
from dsqc.errors import SystemFault, UsageError

PLAN = "plan.json"
"""The plan in the working directory; ``plan/<submission>.json`` beside it hold the states of the sources."""
SHARDS = "shards"
"""Directory of the shards: ``<id>.json`` is what one does, ``<id>.end.json`` says that it has ended."""
INDEX = f"{SHARDS}/index.json"
"""What the graph of jobs needs of every shard, and no more."""
_NOT_OURS = "is not a plan of this version."
_AGAIN = "Run `dsqc batch plan` again."


class ShardKind(StrEnum):
    """What a shard does with its items."""

    WHOLE = "whole"
    """All stages of small submissions."""
    INTAKE = "intake"
    """transfer and validate of a submission that is too large for one shard."""
    MEASURE = "measure"
    """qc of some of its runs."""
    PART = "part"
    """Parts of one large data file."""
    CLOSE = "close"
    """judge and register, once everything is measured."""


@dataclass(frozen=True, slots=True)
class PlannedSubmission:
    """One submission of the batch.

    Attributes:
        name: its name in the batch; directories and jobs are named after it.
        source: absolute path or URL.
        runs: keys of its runs (``dsqc.model.Run.key``); none where the form cannot be read.
        reachable: whether the source could be listed. Where not, only its transfer is tried.
        note: why it could not.
        bytes: size of all its files at the source.
        files: how many there are.
    """

    name: str
    source: str
    runs: tuple[str, ...] = ()
    reachable: bool = True
    note: str = ""
    bytes: int = 0
    files: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``plan.json``."""
        return {
            "name": self.name,
            "source": self.source,
            "runs": list(self.runs),
            "reachable": self.reachable,
            "note": self.note,
            "bytes": self.bytes,
            "files": self.files,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Of a plan; the sizes are missing in plans of version 1."""
        return cls(
            row["name"],
            row["source"],
            tuple(row["runs"]),
            row["reachable"],
            row["note"],
            row.get("bytes", 0),
            row.get("files", 0),
        )


@dataclass(frozen=True, slots=True)
class ShardItem:
    """What a shard works on: a submission, one run of it, or one part of a data file of that run."""

    submission: str
    run: str = ""
    file: str = ""
    part: int = 0
    parts: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data; what says nothing is left out."""
        told = {"run": self.run, "file": self.file, "part": self.part, "parts": self.parts}
        return {"submission": self.submission, **{key: value for key, value in told.items() if value}}


@dataclass(frozen=True, slots=True)
class Shard:
    """One job of the scheduler.

    Attributes:
        id: ``s0001``; stays when the batch grows.
        kind: what it does with its items.
        items: what it works on.
        after: shards that must have ended.
        predicted_seconds: wall time that it should take, start included.
        bytes: stored bytes that it reads.
        mem_mb, runtime_minutes, scratch_mb, threads: what it asks the scheduler for at its first attempt.
    """

    id: str
    kind: ShardKind
    items: tuple[ShardItem, ...]
    after: tuple[str, ...] = ()
    predicted_seconds: float = 0.0
    bytes: int = 0
    mem_mb: int = 0
    runtime_minutes: int = 0
    scratch_mb: int = 0
    threads: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``plan.json``."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "items": [item.to_dict() for item in self.items],
            "after": list(self.after),
            "predicted_seconds": self.predicted_seconds,
            "bytes": self.bytes,
            "mem_mb": self.mem_mb,
            "runtime_minutes": self.runtime_minutes,
            "scratch_mb": self.scratch_mb,
            "threads": self.threads,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Out of ``plan.json``."""
        items = tuple(ShardItem(**item) for item in row["items"])
        known = {name: row[name] for name in cls.__slots__ if name not in ("kind", "items", "after")}
        return cls(**known, kind=ShardKind(row["kind"]), items=items, after=tuple(row["after"]))

    @property
    def definition(self) -> str:
        """File that says what the shard does, relative to the working directory."""
        return f"{SHARDS}/{self.id}.json"

    @property
    def end(self) -> str:
        """File that stands once it has ended."""
        return f"{SHARDS}/{self.id}.end.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """All of ``plan.json``.

    Attributes:
        sheet: name of the batch sheet, directory or prefix.
        submissions: in the order of the sheet.
        shards: in the order of their ids.
    """

    sheet: str
    submissions: tuple[PlannedSubmission, ...]
    shards: tuple[Shard, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/plan.schema.json``."""
        return {
            "schema_version": "2.0",
            "sheet": self.sheet,
            "submissions": [item.to_dict() for item in self.submissions],
            "shards": [item.to_dict() for item in self.shards],
        }


def read_plan(path: str | Path) -> dict[str, PlannedSubmission]:
    """Read the submissions of a plan, by name, in the order of the sheet.

    Raises:
        UsageError: there is none.
        SystemFault: it is none that this version of dsqc wrote.
    """
    return {item.name: item for item in read_whole_plan(Path(path)).submissions}


def read_whole_plan(path: Path) -> Plan:
    """Read a plan; same faults as :func:`read_plan`. One of version 1 has no shards."""
    if not path.exists():
        raise UsageError(f"{path} does not exist.", hint="`dsqc batch plan BATCH.tsv --work DIR` writes it.")
    try:
        found = read_json(path)
        submissions = tuple(PlannedSubmission.from_dict(row) for row in found["submissions"])
        return Plan(found.get("sheet", ""), submissions, tuple(Shard.from_dict(row) for row in found.get("shards", ())))
    except (KeyError, TypeError, ValueError) as error:
        raise SystemFault(f"{path} {_NOT_OURS}", hint=_AGAIN) from error


def write_plan(work: Path, sheet: str, items: Iterable[PlannedSubmission], shards: Iterable[Shard] = ()) -> bool:
    """Write ``plan.json``; returns whether it changed (an unchanged one keeps its time)."""
    return write_if_changed(work / PLAN, Plan(sheet, tuple(items), tuple(shards)).to_dict())


def write_index(work: Path, shards: Iterable[Shard]) -> bool:
    """Write the index that the workflow reads; an unchanged one keeps its time."""
    names = ("after", "threads", "mem_mb", "runtime_minutes", "scratch_mb")
    rows = {item.id: [list(item.after), *(getattr(item, name) for name in names[1:])] for item in shards}
    return write_if_changed(work / INDEX, {"schema_version": "1.0", "columns": list(names), "shards": rows})


def read_index(path: str | Path) -> dict[str, dict[str, Any]]:
    """Read the index: for every shard ``after``, ``threads``, ``mem_mb``, ``runtime_minutes``, ``scratch_mb``.

    Raises:
        UsageError: there is none.
        SystemFault: it is none.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"{path} does not exist.", hint="`dsqc batch plan BATCH.tsv --work DIR` writes it.")
    try:
        found = read_json(path)
        return {name: dict(zip(found["columns"], row, strict=True)) for name, row in found["shards"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SystemFault(f"{path} {_NOT_OURS}", hint=_AGAIN) from error


def write_if_changed(path: Path, value: Any) -> bool:
    """Write ``value`` as JSON unless ``path`` already holds just that; returns whether it was written."""
    text = to_json(value)
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, UnicodeDecodeError):
        pass  # missing or damaged: written anew
    write_text(path, text)
    return True


def read_state(work: Path, name: str) -> dict[str, Any]:
    """What was known about the source of submission ``name`` when it was last planned; empty where nothing was."""
    try:
        found = json.loads((work / "plan" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
