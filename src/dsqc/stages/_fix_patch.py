"""The list of suggestions that ``--fix`` looked at: ``patch.tsv``, and its sums for ``fix.json``."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import artefact
from dsqc.findings import FindingLog
from dsqc.model import SHEETS
from dsqc.registry import rule
from dsqc.version import __version__

PATCH = "patch.tsv"
APPLIED, LEFT = "applied", "left"
_COLUMNS = (*("path", "sheet", "row", "column", "attribute", "old", "new", "rule", "confidence", "state", "reason"),)


@dataclass(frozen=True, slots=True)
class PatchLine:
    """One suggestion: what the cell held, what it holds now or might hold, and why it was not put in place.

    Attributes:
        state: ``applied`` or ``left``.
        reason: of what is left: ``confidence`` (below what was asked for), ``formula`` (a formula gives the value),
            ``table`` (the heading of an Excel table), ``personal`` (the cell seems to hold personal data; its values
            are not repeated), ``circular`` (two rules want different things). Empty for what is applied.
    """

    path: str
    sheet: str
    row: int | None
    column: str
    attribute: str
    old: str
    new: str
    rule: str
    confidence: float
    state: str = APPLIED
    reason: str = ""

    @property
    def shown_old(self) -> str:
        """What the cell held, for the list and the comment; empty where that is what a privacy rule took out."""
        return "" if is_private(self.rule) else self.old


def is_private(code: str) -> bool:
    """Whether a rule looks for personal data."""
    return rule(code).kind == "privacy"


def place_of(line: PatchLine) -> tuple[Any, ...]:
    """The order of the sheets, and of the cells in them."""
    sheet = SHEETS.index(line.sheet) if line.sheet in SHEETS else len(SHEETS)
    return (sheet, line.row or 0, len(line.column), line.column)


def sum_up(
    lines: Iterable[PatchLine], before: FindingLog, after: FindingLog, confidence: float, paths: Iterable[Path]
) -> dict[str, Any]:
    """Content of ``fix.json``."""
    applied = [line for line in lines if line.state == APPLIED]
    cells = {(line.sheet, line.row, line.column): (line.sheet, line.attribute) for line in applied if line.row}
    left = [line for line in lines if line.state == LEFT]
    return {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "confidence": confidence,
        "cell_count": len(cells),
        "columns": [
            {"sheet": sheet, "attribute": attribute, "cell_count": number}
            for (sheet, attribute), number in sorted(
                Counter(cells.values()).items(), key=lambda item: (-item[1], item[0])
            )
        ],
        "applied_count": len(applied),
        "left_count": len(left),
        "left_reasons": dict(sorted(Counter(line.reason for line in left).items())),
        "finding_counts": {"before": before.counts(), "after": after.counts()},
        "copy": [{"name": path.name, "sha256": artefact.sha256_of(path)} for path in paths],
        "patch_file": PATCH,
    }


def patch_text(lines: Iterable[PatchLine]) -> str:
    """Tab-separated; a cell that holds a tab, a quote or a line break stands in double quotes."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        row = {name: getattr(line, name) for name in _COLUMNS} | {"old": line.shown_old}
        writer.writerow("" if value is None else value for value in row.values())
    return file.getvalue()
