"""Correct cells of a submitter's own workbook: everything else stays as it is, byte for byte.

A workbook that is read and written again by a library loses what the library does not know: drop-downs that Excel keeps
in its extension list, results of formulas, charts, the sizes of comments. So only the cells themselves are rewritten.
"""

import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from dsqc.errors import SystemFault
from dsqc.submission.comments import add_comments
from dsqc.submission.parts import Parts
from dsqc.submission.table import column_index, column_letter
from dsqc.submission.xml_edit import Edit, Element, NotEditableError, elements, last_of, start_tag, text_of

_SHEET_DATA = "worksheet/sheetData"
_ROW = f"{_SHEET_DATA}/row"
_CELL = f"{_ROW}/c"
_FORMULA_ELEMENT = f"{_CELL}/f"
_DIMENSION = "worksheet/dimension"
_FILLS, _XFS = "styleSheet/fills", "styleSheet/cellXfs"
_TEXT_FORMAT = "49"
"""Excel's number format ``@``: what is typed stays what it is."""
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
MARK = "FFFFEB9C"
"""Fill of corrected cells: the yellow of Excel's own style "neutral"."""
_FAULTS = (NotEditableError, ValueError, LookupError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError)
"""What parts raise that are not as they should be."""
Place = tuple[int, str]
"""Row and column letter."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell of a sheet, its new text (empty: nothing), and what its comment says (empty: it is not marked either).

    A text of ``None`` leaves in the cell what it holds, number, date or formula: it is marked only.
    """

    sheet: str
    row: int
    column: str
    text: str | None
    comment: str = ""


def write_corrected(
    source: Path, file: IO[bytes], changes: Iterable[CellChange], *, frozen: Collection[str] = ()
) -> None:
    """Write the workbook ``source`` with ``changes`` into ``file``; changed cells hold text.

    Args:
        frozen: sheets whose formulas give way to the values that they had, because cells that they read are moved.

    Raises:
        SystemFault: the workbook has a shape that cannot be changed in place.
    """
    by_sheet: dict[str, dict[Place, CellChange]] = {}
    for change in changes:
        by_sheet.setdefault(change.sheet, {})[change.row, change.column] = change
    parts = Parts(source)
    try:
        book = _book_of(parts)
        names = _sheet_parts(parts, book)
        styles = _Styles(parts, parts.related(book, "styles"))
        for sheet in frozen:
            if sheet in names:
                _freeze(parts, names[sheet], book)
        for sheet, cells in by_sheet.items():
            _write_cells(parts, names[sheet], cells, styles)
            comments = {place: change.comment for place, change in cells.items() if change.comment}
            if comments:
                add_comments(parts, names[sheet], comments)
        styles.save()
        _calculate_anew(parts, book)
        parts.save(file)
    except _FAULTS as error:
        raise SystemFault(
            f"{source.name} cannot be corrected in place: {error}.",
            hint="Open it in a spreadsheet program, save it again as .xlsx, and run the same command.",
        ) from error
    finally:
        parts.close()


def fixed_cells(source: Path, sheets: Collection[str]) -> dict[tuple[str, int, str], str]:
    """Cells that must not be rewritten, and why: ``formula`` (its result is no value of its own), ``table`` (the
    heading of an Excel table, which has the same text once more).

    A workbook that cannot be looked into has none: nothing will be written into it either.
    """
    try:
        parts = Parts(source)
    except _FAULTS:
        return {}
    found: dict[tuple[str, int, str], str] = {}
    try:
        for sheet, name in _sheet_parts(parts, _book_of(parts)).items():
            if sheet in sheets:
                found |= {(sheet, row, column): why for (row, column), why in _fixed_in(parts, name).items()}
    except _FAULTS:
        return found
    finally:
        parts.close()
    return found


def _fixed_in(parts: Parts, name: str) -> dict[Place, str]:
    found: dict[Place, str] = {}
    data = parts.read(name)
    if _FORMULA.search(data):
        grid = _Grid(elements(data, {_ROW, _CELL}))
        starts = [item.start for item in elements(data, {_FORMULA_ELEMENT})]
        cells = sorted((element.start, element.end, place) for place, element in grid.cells.items())
        number = 0
        for start in starts:
            while cells[number][1] <= start:
                number += 1
            found[cells[number][2]] = "formula"
    for _id, kind, target in parts.relations(name):
        if kind == "table":
            found |= dict.fromkeys(_headings_of(parts, target), "table")
    return found


def _headings_of(parts: Parts, table: str) -> list[Place]:
    root = elements(parts.read(table), {"table"})[0]
    if root.attributes.get("headerRowCount") == "0":
        return []
    first, _colon, last = root.attributes["ref"].replace("$", "").partition(":")
    letters, row = _split(first)
    to = _split(last or first)[0]
    return [(row, column_letter(index)) for index in range(column_index(letters), column_index(to) + 1)]


def _split(reference: str) -> tuple[str, int]:
    letters = reference.rstrip("0123456789")
    return letters, int(reference[len(letters) :])


def _book_of(parts: Parts) -> str:
    name = parts.related("", "officeDocument")
    if not name:
        raise NotEditableError("it names no workbook")
    return name


def _sheet_parts(parts: Parts, book: str) -> dict[str, str]:
    """Sheet name without letter case -> its part; of two the first, as when reading."""
    targets = {relation: target for relation, _kind, target in parts.relations(book)}
    found: dict[str, str] = {}
    for sheet in elements(parts.read(book), {"workbook/sheets/sheet"}):
        relation = next((value for name, value in sheet.attributes.items() if name.endswith(":id")), "")
        if relation in targets:
            found.setdefault(sheet.attributes.get("name", "").strip().casefold(), targets[relation])
    return found


class _Grid:
    """Cells and rows of a sheet by their places; where they carry no reference they follow one another."""

    def __init__(self, found: Iterable[Element]) -> None:
        self.cells: dict[Place, Element] = {}
        self.rows: dict[int, Element] = {}
        self._of_row: dict[int, list[tuple[int, Element]]] = {}
        row = column = 0
        for element in found:
            reference = element.attributes.get("r", "")
            if element.path == _ROW:
                row, column = int(reference) if reference else row + 1, 0
                self.rows.setdefault(row, element)
            elif element.path == _CELL:
                column = column_index(reference.rstrip("0123456789")) + 1 if reference else column + 1
                self.cells[row, column_letter(column - 1)] = element
                self._of_row.setdefault(row, []).append((column - 1, element))

    def next_cell(self, row: int, column: str) -> Element | None:
        """The first cell of ``row`` to the right of ``column``."""
        own = column_index(column)
        beside = [item for item in self._of_row.get(row, ()) if item[0] > own]
        return min(beside, key=lambda item: item[0])[1] if beside else None


def _freeze(parts: Parts, name: str, book: str) -> None:
    """Take the formulas of a sheet away; their values stay."""
    data = parts.read(name)
    if not _FORMULA.search(data):
        return
    edit = Edit(data)
    for element in elements(data, {_CELL, _FORMULA_ELEMENT}):
        if element.path == _FORMULA_ELEMENT:
            edit.put(element.start, element.end, "")
        elif "cm" in element.attributes:  # says that the formula fills its neighbours
            edit.set_attributes(element, cm="")
    parts.write(name, edit.result())
    parts.remove_related(book, "calcChain")  # names cells with formulas; made anew where it is missing


def _write_cells(parts: Parts, name: str, changes: Mapping[Place, CellChange], styles: "_Styles") -> None:
    data = parts.read(name)
    grid = _Grid(elements(data, {_ROW, _CELL}))
    edit = Edit(data)
    for (row, column), change in sorted(changes.items(), key=lambda item: (item[0][0], column_index(item[0][1]))):
        cell = grid.cells.get((row, column))
        if change.text is None:
            _mark_cell(edit, grid, change, styles)
        elif cell is not None:
            style = styles.changed(cell.attributes.get("s", "0"), is_marked=bool(change.comment))
            edit.put(cell.start, cell.end, _cell(cell.prefix, change, style))
        elif change.text:
            _insert_cell(edit, grid, change, styles.changed("0", is_marked=bool(change.comment)))
    if any(change.text and place not in grid.cells for place, change in changes.items()):
        for element in elements(data, {_DIMENSION}):  # optional, and too small now
            edit.put(element.start, element.end, "")
    parts.write(name, edit.result())


def _mark_cell(edit: Edit, grid: _Grid, change: CellChange, styles: "_Styles") -> None:
    """Fill a cell with colour and leave it otherwise as it is; one that was empty is put in, if its row is there."""
    cell = grid.cells.get((change.row, change.column))
    if cell is not None:
        style = styles.changed(cell.attributes.get("s", "0"), is_marked=True, is_text=False)
        edit.set_attributes(cell, s=style or cell.attributes.get("s", ""))
    elif change.row in grid.rows:
        _insert_cell(edit, grid, replace(change, text=""), styles.changed("0", is_marked=True, is_text=False))


def _insert_cell(edit: Edit, grid: _Grid, change: CellChange, style: str) -> None:
    """Put a cell that was empty into its row, between its neighbours."""
    after, row = grid.next_cell(change.row, change.column), grid.rows.get(change.row)
    if after is not None:
        edit.insert(after.start, _cell(after.prefix, change, style))
    elif row is not None:
        edit.append_to(row, _cell(row.prefix, change, style))
    else:
        raise NotEditableError(f"the sheet {change.sheet} has no row {change.row}")


def _cell(p: str, change: CellChange, style: str) -> str:
    styled = f' s="{style}"' if style else ""
    place = f'r="{change.column}{change.row}"{styled}'
    if not change.text:
        return f"<{p}c {place}/>"
    return f'<{p}c {place} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text_of(change.text)}</{p}t></{p}is></{p}c>'


class _Styles:
    """The workbook's cell formats; that of a changed cell is as it was, but that it is text, and filled if marked."""

    def __init__(self, parts: Parts, name: str) -> None:
        self._parts, self._name = parts, name
        self._data = parts.read(name) if name else b""
        found = elements(self._data, {_FILLS, f"{_FILLS}/fill", _XFS, f"{_XFS}/xf"}) if name else []
        self._fills, self._list = last_of(found, _FILLS), last_of(found, _XFS)
        self._fill_count = sum(item.path == f"{_FILLS}/fill" for item in found)
        self._formats = [item for item in found if item.path == f"{_XFS}/xf"]
        self._changed: dict[tuple[int, bool, bool], str] = {}

    def changed(self, style: str, *, is_marked: bool, is_text: bool = True) -> str:
        """The number of the format of a changed cell that had ``style``; empty where the workbook keeps no formats."""
        if self._fills is None or self._list is None or not self._formats:
            return ""
        number = int(style) if style.isdigit() and int(style) < len(self._formats) else 0
        return self._changed.setdefault((number, is_marked, is_text), str(len(self._formats) + len(self._changed)))

    def save(self) -> None:
        """Write the formats that were asked for."""
        if not self._changed or self._fills is None or self._list is None:
            return
        p = self._fills.prefix
        edit = Edit(self._data)
        if any(is_marked for _number, is_marked, _is_text in self._changed):
            fill = f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{MARK}"/><{p}bgColor indexed="64"/>'
            _append_counted(edit, self._fills, self._fill_count + 1, f"{fill}</{p}patternFill></{p}fill>")
        formats = "".join(
            self._format(self._formats[number], is_marked, is_text) for number, is_marked, is_text in self._changed
        )
        _append_counted(edit, self._list, len(self._formats) + len(self._changed), formats)
        self._parts.write(self._name, edit.result())

    def _format(self, element: Element, is_marked: bool, is_text: bool) -> str:
        values = {"numFmtId": _TEXT_FORMAT, "applyNumberFormat": "1"} if is_text else {}
        if is_marked:
            values |= {"fillId": str(self._fill_count), "applyFill": "1"}
        return start_tag(element, **values) + self._data[element.inner : element.end].decode()


def _append_counted(edit: Edit, element: Element, count: int, text: str) -> None:
    """Add to a list that says how many it holds."""
    if element.is_closed_at_once:
        opened = start_tag(element, count=str(count)).removesuffix("/>")
        edit.put(element.start, element.end, f"{opened}>{text}</{element.name}>")
    else:
        edit.set_attributes(element, count=str(count))
        edit.insert(element.inner_end, text)


def _calculate_anew(parts: Parts, book: str) -> None:
    """Where there are formulas, have the spreadsheet program work them out when it opens the workbook."""
    sheets = [target for _id, kind, target in parts.relations(book) if kind == "worksheet" and target in parts]
    if not any(_FORMULA.search(parts.read(name)) for name in sheets):
        return
    data = parts.read(book)
    before = {f"workbook/{name}" for name in ("sheets", "functionGroups", "externalReferences", "definedNames")}
    found = elements(data, {"workbook/calcPr", *before})
    edit = Edit(data)
    settings = last_of(found, "workbook/calcPr")
    if settings is not None:
        edit.set_attributes(settings, fullCalcOnLoad="1")
    else:
        edit.insert(found[-1].end, f'<{found[-1].prefix}calcPr fullCalcOnLoad="1"/>')
    parts.write(book, edit.result())
