"""Suggestions put in place on a copy of the form, and the list of what was changed and what is left to a person.

The submitter's own files are never touched. Corrections are repeated until nothing more can be corrected, so that a
second time changes nothing.
"""

import csv
import io
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import CERTAIN, Finding, FindingLog
from dsqc.limits import Limits
from dsqc.registry import rule
from dsqc.rules import Context, examine
from dsqc.rules.normalise import STEPS
from dsqc.stages._validate_files import folder_of, form_files
from dsqc.stages.validate import interpret_form
from dsqc.submission import (
    CellChange,
    Tables,
    correct,
    decode,
    fixed_cells,
    is_form_file,
    read_tables,
    readable_name,
    write_corrected,
    write_corrected_text,
)
from dsqc.submission.correction import CellKey
from dsqc.submission.layout import split_name
from dsqc.submission.table import column_index
from dsqc.submission.text import UTF8_TSV
from dsqc.version import __version__

FOLDER = "corrected"
PATCH = "patch.tsv"
DOCUMENT = "fix.json"
APPLIED, LEFT = "applied", "left"
ENCODING = "DSQC-T001"
PRIVACY = "privacy"
_MOST_PASSES = 50
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


@dataclass(frozen=True, slots=True)
class FixResult:
    """What ``--fix`` did.

    Attributes:
        lines: all suggestions, those put in place first, in the order of the sheets.
        before: findings of the form as it was handed in.
        after: findings of the corrected copy.
        document: content of ``fix.json``.
        paths: the files of the corrected copy.
        patch: the list of all suggestions.
    """

    lines: tuple[PatchLine, ...]
    before: FindingLog
    after: FindingLog
    document: dict[str, Any]
    paths: tuple[Path, ...]
    patch: Path


def fix(
    inbox: Path,
    results: Path,
    *,
    confidence: float = CERTAIN,
    today: date | None = None,
    limits: Limits | None = None,
) -> FixResult:
    """Write a corrected copy of the form of a submission.

    Args:
        inbox: directory of the submission, or its workbook.
        results: ``corrected/``, ``patch.tsv`` and ``fix.json`` go there.
        confidence: suggestions from this confidence on are put in place.
        today: the day to judge by (default: today, UTC).
        limits: the station's limits.

    Raises:
        UsageError: there is nothing at ``inbox``, or the copy would come to stand among the submission's own files.
        SystemFault: the workbook cannot be changed in place, or the copy cannot be written.
    """
    folder = results / FOLDER
    _check_apart(inbox, results)
    earlier = _earlier_copy(results)
    log = logs.logger(stage="fix", submission=inbox.resolve().name)
    context = Context(today or datetime.now(UTC).date(), limits or Limits())
    tables = read_tables(inbox)
    files = form_files(inbox)
    session = _Session(tables, context, confidence, _fixed(tables, files))
    session.run()
    paths = _write_copy(files, folder, session)
    for path in earlier.keys() - set(paths):
        path.unlink()
    after, _found = _examine(_read_back(folder, paths, session.tables), context)
    lines = (*_encoding_lines(files), *session.lines())
    document = _document(lines, session.before, after, confidence, paths)
    artefact.write_text(results / PATCH, _patch_text(lines))
    artefact.write_json(results / DOCUMENT, document)
    log.info("corrected", cells=document["cell_count"], left=document["left_count"])
    return FixResult(lines, session.before, after, document, paths, results / PATCH)


def _check_apart(inbox: Path, results: Path) -> None:
    own = folder_of(inbox).resolve()
    if own in (results.resolve(), (results / FOLDER).resolve()):
        raise UsageError(
            f"The corrected copy would come to stand among the files of {inbox}.",
            hint="Give -O a directory of its own.",
        )


def _earlier_copy(results: Path) -> dict[Path, str]:
    """The files of an earlier copy with their digests.

    Raises:
        UsageError: somebody has worked on them since; writing the copy anew would lose that.
    """
    folder = results / FOLDER
    known: dict[str, str] = {}
    if (results / DOCUMENT).is_file():
        known = {row["name"]: row["sha256"] for row in artefact.read_json(results / DOCUMENT)["copy"]}
    found = {path: known.get(path.name, "") for path in sorted(folder.glob("*")) if path.is_file()}
    earlier = {path: digest for path, digest in found.items() if path.name in known or is_form_file(path.name)}
    for path, digest in earlier.items():
        if artefact.sha256_of(path) != digest:
            raise UsageError(
                f"{path} was changed after dsqc wrote it.",
                hint="Validate that copy itself, move it away, or give -O another directory.",
            )
    return earlier


def _read_back(folder: Path, paths: Collection[Path], written: Tables) -> Tables:
    """The copy as it is read: what was to be written, or the fault is ours."""
    if not paths:
        return written
    workbook = next((table.path for table in written.tables.values() if _is_workbook(Path(table.path))), "")
    path = next((item for item in paths if readable_name(item) == workbook), None)
    again = replace(read_tables(path), findings=written.findings) if path is not None else read_tables(folder)
    if again.tables != written.tables:
        raise SystemFault(f"{folder} does not hold what was to be written.", hint="Please report this.")
    return again


def _encoding_lines(files: Iterable[Path]) -> Iterator[PatchLine]:
    """Sheets that were no UTF-8: the copy is."""
    for path in files:
        decoded = None if _is_workbook(path) else decode(path.read_bytes())
        if decoded is not None and decoded.fault is not None:
            name = readable_name(path)
            yield PatchLine(name, split_name(name)[0], None, "", "", decoded.encoding, UTF8_TSV, ENCODING, 1.0)


def _fixed(tables: Tables, files: Iterable[Path]) -> dict[CellKey, str]:
    """Cells of workbooks that must stay as they are."""
    sheets = {table.path: {item.name for item in tables.tables.values()} for table in tables.tables.values()}
    fixed: dict[CellKey, str] = {}
    for path in files:
        if _is_workbook(path) and readable_name(path) in sheets:
            fixed |= fixed_cells(path, sheets[readable_name(path)])
    return fixed


def _is_workbook(path: Path) -> bool:
    return path.suffix.casefold() == ".xlsx"


def _examine(tables: Tables, context: Context) -> tuple[FindingLog, list[Finding]]:
    """The findings of the form, capped, and all of them that a cell can be named for."""
    submission, form, log = interpret_form(tables)
    every = list(log)
    if form is not None:
        _copy, found = examine(submission, form, context)
        rest = list(found)
        log.extend(rest)
        every += rest
    return log, every


class _Session:
    """Corrections of one form, from the first look to the last."""

    def __init__(self, tables: Tables, context: Context, confidence: float, fixed: Mapping[CellKey, str]) -> None:
        self.tables = self.original = tables
        self.before = FindingLog()
        self._context = context
        self._confidence = confidence
        self._fixed = dict(fixed)
        self._applied: dict[CellKey, list[PatchLine]] = {}
        self._left: list[PatchLine] = []
        self._rows: dict[str, dict[int, tuple[str, ...]]] = {}

    def run(self) -> None:
        """Correct until nothing more can be corrected."""
        for number in range(_MOST_PASSES):
            self._rows = {
                name: {row.number: row.cells for row in table.rows} for name, table in self.tables.tables.items()
            }
            log, found = _examine(self.tables, self._context)
            if number == 0:
                self.before = log
            self._fixed |= dict.fromkeys(_personal_cells(found), "personal")
            if not self._correct(found):
                self._left = list(self._lines_left(found))
                return
        raise SystemFault("Corrections do not come to an end.", hint="Please report this with the form.")

    def lines(self) -> Iterator[PatchLine]:
        """All suggestions, those put in place first."""
        applied = [line for lines in self._applied.values() for line in lines]
        yield from sorted(applied, key=_place_of)
        yield from sorted(self._left, key=_place_of)

    @property
    def changes(self) -> dict[CellKey, list[PatchLine]]:
        """Cells that hold something else now, with what was done to them."""
        return {key: lines for key, lines in self._applied.items() if lines and lines[0].old != lines[-1].new}

    def _correct(self, found: Iterable[Finding]) -> bool:
        """Put the surest suggestion of each cell in place; whether there was one."""
        suggested: dict[CellKey, list[Finding]] = {}
        for item in found:
            key = _key_of(item)
            if key is None or item.suggestion is None or item.suggestion.confidence < self._confidence:
                continue
            if key not in self._fixed and item.suggestion.value != self._text_at(key):
                suggested.setdefault(key, []).append(item)
        correction: dict[CellKey, str] = {}
        for key, items in suggested.items():
            lines = self._lines_of(key, _chosen(items))
            had = {line.old for line in self._applied.get(key, ())}
            if lines[-1].new in had:
                # Two rules want different things: the cell stays as the submitter wrote it.
                correction[key] = self._applied.pop(key)[0].old
                self._fixed[key] = "circular"
                continue
            self._applied.setdefault(key, []).extend(lines)
            correction[key] = lines[-1].new
        self.tables = correct(self.tables, correction)
        return bool(correction)

    def _lines_of(self, key: CellKey, items: Iterable[Finding]) -> list[PatchLine]:
        lines: list[PatchLine] = []
        old = self._text_at(key)
        for item in items:
            if item.suggestion is not None and item.suggestion.value != old:
                lines.append(_line(item, key, old))
                old = item.suggestion.value
        return lines

    def _text_at(self, key: CellKey) -> str:
        sheet, number, column = key
        cells = self._rows.get(sheet, {}).get(number, ())
        index = column_index(column)
        return cells[index] if index < len(cells) else ""

    def _lines_left(self, found: Iterable[Finding]) -> Iterator[PatchLine]:
        for item in found:
            key = _key_of(item)
            if key is None or item.suggestion is None:
                continue
            reason = self._fixed.get(key) or "confidence"
            old = self._text_at(key)
            if reason == "personal":
                yield replace(_line(item, key, ""), new="", state=LEFT, reason=reason)
            elif item.suggestion.value != old:
                yield replace(_line(item, key, old), state=LEFT, reason=reason)


def _line(item: Finding, key: CellKey, old: str) -> PatchLine:
    place, suggestion = item.location, item.suggestion
    value, confidence = (suggestion.value, suggestion.confidence) if suggestion else ("", 0.0)
    return PatchLine(place.path, key[0], key[1], key[2], place.attribute, old, value, item.code, confidence)


def _chosen(items: list[Finding]) -> list[Finding]:
    """What is put in place now: all normalising steps, each on the one before; else the surest, of equals the first."""
    steps = [item for item in items if item.code in STEPS]
    if steps:
        return steps
    return [min(items, key=lambda item: (-(item.suggestion.confidence if item.suggestion else 0), item.code))]


def _personal_cells(found: Iterable[Finding]) -> Iterator[CellKey]:
    """Cells that seem to hold personal data: what findings quote of them may be masked, so none is rewritten."""
    for item in found:
        key = _key_of(item)
        if key is not None and rule(item.code).kind == PRIVACY:
            yield key


def _key_of(item: Finding) -> CellKey | None:
    place = item.location
    return (place.sheet, place.row, place.column) if place.sheet and place.row and place.column else None


def _place_of(line: PatchLine) -> tuple[Any, ...]:
    return (line.path, line.sheet, line.row or 0, len(line.column), line.column)


def _write_copy(files: Iterable[Path], folder: Path, session: _Session) -> tuple[Path, ...]:
    """Write every file of the form, corrected or as it is."""
    changes = session.changes
    written: list[Path] = []
    for source in files:
        if not stat.S_ISREG(source.lstat().st_mode):
            continue
        target = folder / source.name
        name = readable_name(source)
        own = {key: lines for key, lines in changes.items() if lines[0].path == name}
        with artefact.atomic_file(target) as file:
            if not _is_workbook(source):
                texts = {(row, column): lines[-1].new for (_sheet, row, column), lines in own.items()}
                file.write(write_corrected_text(source.read_bytes(), texts))
            elif own:
                write_corrected(source, file, (_cell_change(key, lines) for key, lines in own.items()))
            else:
                file.write(source.read_bytes())
        written.append(target)
    return tuple(written)


def _cell_change(key: CellKey, lines: list[PatchLine]) -> CellChange:
    rules = ", ".join(dict.fromkeys(line.rule for line in lines))
    comment = f"was / 이전 값: {lines[0].old}\nrule / 규칙: {rules}"
    return CellChange(*key, lines[-1].new, comment)


def _document(
    lines: Iterable[PatchLine], before: FindingLog, after: FindingLog, confidence: float, paths: Iterable[Path]
) -> dict[str, Any]:
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


def _patch_text(lines: Iterable[PatchLine]) -> str:
    """Tab-separated; a cell that holds a tab, a quote or a line break stands in double quotes."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    writer.writerow(_COLUMNS)
    for line in lines:
        writer.writerow("" if value is None else value for value in (getattr(line, name) for name in _COLUMNS))
    return file.getvalue()
