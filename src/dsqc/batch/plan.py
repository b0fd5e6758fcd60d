"""The plan of a batch: every submission with its source and its runs, fixed before the graph of jobs is built.

The workflow imports this module in every job, so it imports nothing heavy.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json, to_json, write_text
from dsqc.errors import SystemFault, UsageError

PLAN = "plan.json"
"""The plan in the working directory; ``plan/<submission>.json`` beside it hold the states of the sources."""


@dataclass(frozen=True, slots=True)
class PlannedSubmission:
    """One submission of the batch.

    Attributes:
        name: its name in the batch; directories and jobs are named after it.
        source: absolute path or URL.
        runs: keys of its runs (``dsqc.model.Run.key``); none where the form cannot be read.
        reachable: whether the source could be listed. Where not, only its transfer is tried.
        note: why it could not.
    """

    name: str
    source: str
    runs: tuple[str, ...] = ()
    reachable: bool = True
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``plan.json``."""
        return {
            "name": self.name,
            "source": self.source,
            "runs": list(self.runs),
            "reachable": self.reachable,
            "note": self.note,
        }


def read_plan(path: str | Path) -> dict[str, PlannedSubmission]:
    """Read a plan; submissions by name, in the order of the sheet.

    Raises:
        UsageError: there is none.
        SystemFault: it is none that this version of dsqc wrote.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"{path} does not exist.", hint="`dsqc batch plan BATCH.tsv --work DIR` writes it.")
    try:
        items = [
            PlannedSubmission(row["name"], row["source"], tuple(row["runs"]), row["reachable"], row["note"])
            for row in read_json(path)["submissions"]
        ]
    except (KeyError, TypeError) as error:
        raise SystemFault(f"{path} is not a plan of this version.", hint="Run `dsqc batch plan` again.") from error
    return {item.name: item for item in items}


def write_plan(work: Path, sheet: str, items: Iterable[PlannedSubmission]) -> bool:
    """Write ``plan.json``; returns whether it changed (an unchanged one keeps its time)."""
    plan = {"schema_version": "1.0", "sheet": sheet, "submissions": [item.to_dict() for item in items]}
    return write_if_changed(work / PLAN, plan)


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
