"""Suggestions put in place on a copy of the form, and the list of what was changed and what is left to a person.

The submitter's own files are never touched. Corrections are repeated until nothing more can be corrected, so that a
second time changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.errors import SystemFault, UsageError
from dsqc.findings import CERTAIN, Finding, FindingLog
from dsqc.limits import Limits
from dsqc.rules import Context, examine
from dsqc.rules.normalise import STEPS
from dsqc.rules.privacy import redacted
from dsqc.stages._fix_copy import (
    DOCUMENT,
    FOLDER,
    cells_to_keep,
    earlier_copy,
    encoding_lines,
    read_back,
    write_copy,
)
from dsqc.stages._fix_patch import LEFT, PATCH, PatchLine, is_private, patch_text, place_of, sum_up
from dsqc.stages._fix_people import without_people
from dsqc.stages._validate_files import folder_of, form_files
from dsqc.stages.validate import interpret_form
from dsqc.submission import Tables, correct, read_tables
from dsqc.submission.correction import CellKey
from dsqc.submission.table import column_index
from dsqc.taxonomy import Taxonomy, open_taxonomy

_MOST_PASSES = 50
Look = Callable[[Tables], tuple[FindingLog, list[Finding]]]
"""What :func:`_examine` says of the sheets."""


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
    kbds_strict: bool = False,
    taxonomy: Taxonomy | None = None,
    mask_people: bool = False,
) -> FixResult:
    """Write a corrected copy of the form of a submission.

    Args:
        inbox: directory of the submission, or its workbook.
        results: ``corrected/``, ``patch.tsv`` and ``fix.json`` go there.
        confidence: suggestions from this confidence on are put in place.
        today: the day to judge by (default: today, UTC).
        limits, kbds_strict, taxonomy: as in :func:`dsqc.stages.validate.validate`.
        mask_people: take out of cells what points at people.

    Raises:
        UsageError: there is nothing at ``inbox``, the copy would come to stand among the submission's own files, or
            somebody has worked on an earlier copy.
        SystemFault: the workbook cannot be changed in place, or the copy cannot be written.
    """
    folder = results / FOLDER
    check_apart(inbox, results)
    earlier = earlier_copy(results)
    log = logs.logger(stage="fix", submission=inbox.resolve().name)
    context = Context(today or datetime.now(UTC).date(), limits or Limits(), taxonomy or open_taxonomy())
    look = partial(_examine, context=context, kbds_strict=kbds_strict, mask_people=mask_people)
    tables = read_tables(inbox)
    files = form_files(inbox)
    session = _Session(tables, look, confidence, cells_to_keep(tables, files))
    session.run()
    paths = write_copy(files, folder, session.changes, earlier)
    again = read_back(inbox, folder, paths, session.tables)
    encodings = tuple(encoding_lines(files))
    # The copy reads as what was examined last; only its encoding may be another now.
    after = look(again)[0] if encodings else session.after
    lines = (*encodings, *session.lines())
    document = sum_up(lines, session.before, after, confidence, paths)
    artefact.write_text(results / PATCH, patch_text(lines))
    artefact.write_json(results / DOCUMENT, document)
    log.info("corrected", cells=document["cell_count"], left=document["left_count"])
    return FixResult(lines, session.before, after, document, paths, results / PATCH)


def check_apart(inbox: Path, results: Path) -> None:
    """See that the copy does not come to stand among the submission's own files.

    Raises:
        UsageError: it would.
    """
    own = folder_of(inbox).resolve()
    if own in (results.resolve(), (results / FOLDER).resolve()):
        raise UsageError(
            f"The corrected copy would come to stand among the files of {inbox}.",
            hint="Give -O a directory of its own.",
        )


def _examine(
    tables: Tables, *, context: Context, kbds_strict: bool, mask_people: bool
) -> tuple[FindingLog, list[Finding]]:
    """The findings of the form, capped and without what points at people; and all that a cell can be named for."""
    submission, form, log = interpret_form(tables, kbds_strict=kbds_strict)
    every = list(log)
    if form is not None:
        prepared, found = examine(submission, form, context)
        rest = list(found)
        log.extend(rest)
        log = redacted(log, prepared.personal)
        every += without_people(rest, prepared.personal) if mask_people else rest
    return log, every


class _Session:
    """Corrections of one form, from the first look to the last."""

    def __init__(self, tables: Tables, look: Look, confidence: float, fixed: Mapping[CellKey, str]) -> None:
        self.tables = tables
        self.before = self.after = FindingLog()
        self._look = look
        self._confidence = confidence
        self._fixed = dict(fixed)
        self._applied: dict[CellKey, list[PatchLine]] = {}
        self._personal: frozenset[CellKey] = frozenset()
        self._left: list[PatchLine] = []
        self._rows: dict[str, dict[int, tuple[str, ...]]] = {}

    def run(self) -> None:
        """Correct until nothing more can be corrected."""
        for number in range(_MOST_PASSES):
            self._rows = {
                name: {row.number: row.cells for row in table.rows} for name, table in self.tables.tables.items()
            }
            self.after, found = self._look(self.tables)
            if number == 0:
                self.before = self.after
            self._personal = frozenset(_personal_cells(found))
            if not self._correct(found):
                self._left = list(self._lines_left(found))
                return
        raise SystemFault("Corrections do not come to an end.", hint="Please report this with the form.")

    def lines(self) -> Iterator[PatchLine]:
        """All suggestions, those put in place first."""
        applied = [line for lines in self._applied.values() for line in lines]
        yield from sorted(applied, key=place_of)
        yield from sorted(self._left, key=place_of)

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
            if not self._reason_to_leave(key, item) and item.suggestion.value != self._text_at(key):
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

    def _reason_to_leave(self, key: CellKey, item: Finding) -> str:
        """Why the suggestion must not be put in place, however certain it is; empty where it may be.

        Findings mask personal data, and so perhaps what they suggest: it is never written. What the privacy rules
        themselves suggest is written, and only that.
        """
        if key in self._fixed:
            return self._fixed[key]
        is_masked = item.suggestion is not None and item.suggestion.value.count("*") > self._text_at(key).count("*")
        return "personal" if is_masked or (key in self._personal and not is_private(item.code)) else ""

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
            reason = self._reason_to_leave(key, item) or "confidence"
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
    """Cells that seem to hold personal data."""
    for item in found:
        key = _key_of(item)
        if key is not None and is_private(item.code):
            yield key


def _key_of(item: Finding) -> CellKey | None:
    place = item.location
    return (place.sheet, place.row, place.column) if place.sheet and place.row and place.column else None
