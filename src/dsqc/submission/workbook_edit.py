"""Correct cells of a submitter's own workbook: everything else stays as it is, byte for byte.

A workbook that is read and written again by a library loses what the library does not know: drop-downs that Excel keeps
in its extension list, results of formulas, charts, the sizes of comments. So only the cells themselves are rewritten.
"""

import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
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
    """A cell of a sheet, its new text (empty: nothing), and what its comment says."""

    sheet: str
    row: int
    column: str
    text: str
    comment: str


def write_corrected(source: Path, file: IO[bytes], changes: Iterable[CellChange]) -> None:
    """Write the workbook ``source`` with ``changes`` into ``file``; changed cells are marked and commented.

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
        for sheet, cells in by_sheet.items():
            _write_cells(parts, names[sheet], cells, styles)
            add_comments(parts, names[sheet], {place: change.comment for place, change in cells.items()})
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
        formula = f"{_CELL}/f"
        places = _places(elements(data, {_ROW, _CELL}))
        starts = [item.start for item in elements(data, {formula})]
        cells = sorted((element.start, element.end, place) for place, element in places.items())
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


def _places(found: Iterable[Element]) -> dict[Place, Element]:
    """Cells by their place; where rows and cells carry no reference they follow one another."""
    places: dict[Place, Element] = {}
    row = column = 0
    for element in found:
        reference = element.attributes.get("r", "")
        if element.path == _ROW:
            row, column = int(reference) if reference else row + 1, 0
        elif element.path == _CELL:
            column = column_index(reference.rstrip("0123456789")) + 1 if reference else column + 1
            places[row, column_letter(column - 1)] = element
    return places


def _write_cells(parts: Parts, name: str, changes: Mapping[Place, CellChange], styles: "_Styles") -> None:
    data = parts.read(name)
    found = elements(data, {_ROW, _CELL})
    places = _places(found)
    edit = Edit(data)
    for (row, column), change in sorted(changes.items(), key=lambda item: (item[0][0], column_index(item[0][1]))):
        cell = places.get((row, column))
        if cell is not None:
            style = styles.marked(cell.attributes.get("s", "0"))
            edit.put(cell.start, cell.end, _cell(cell.prefix, change, style))
            continue
        _insert_cell(edit, found, places, change, styles.marked("0"))
    parts.write(name, edit.result())


def _insert_cell(
    edit: Edit, found: list[Element], places: Mapping[Place, Element], change: CellChange, style: str
) -> None:
    """Put a cell that was empty into its row, between its neighbours."""
    own = column_index(change.column)
    beside = [(column_index(column), element) for (row, column), element in places.items() if row == change.row]
    after = min((item for item in beside if item[0] > own), key=lambda item: item[0], default=None)
    if after is not None:
        edit.insert(after[1].start, _cell(after[1].prefix, change, style))
        return
    row = 0
    for element in found:
        if element.path != _ROW:
            continue
        row = int(element.attributes["r"]) if "r" in element.attributes else row + 1
        if row == change.row:
            edit.append_to(element, _cell(element.prefix, change, style))
            return
    raise NotEditableError(f"the sheet {change.sheet} has no row {change.row}")


def _cell(p: str, change: CellChange, style: str) -> str:
    styled = f' s="{style}"' if style else ""
    place = f'r="{change.column}{change.row}"{styled}'
    if not change.text:
        return f"<{p}c {place}/>"
    return f'<{p}c {place} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text_of(change.text)}</{p}t></{p}is></{p}c>'


class _Styles:
    """The workbook's cell formats; a marked one is as it was, but for its fill, and that it is text."""

    def __init__(self, parts: Parts, name: str) -> None:
        self._parts, self._name = parts, name
        self._data = parts.read(name) if name else b""
        found = elements(self._data, {_FILLS, f"{_FILLS}/fill", _XFS, f"{_XFS}/xf"}) if name else []
        self._fills, self._list = last_of(found, _FILLS), last_of(found, _XFS)
        self._fill_count = sum(item.path == f"{_FILLS}/fill" for item in found)
        self._formats = [item for item in found if item.path == f"{_XFS}/xf"]
        self._marked: dict[int, str] = {}

    def marked(self, style: str) -> str:
        """The number of the format ``style``, marked; empty where the workbook keeps no formats."""
        if self._fills is None or self._list is None or not self._formats:
            return ""
        number = int(style) if style.isdigit() and int(style) < len(self._formats) else 0
        if number not in self._marked:
            self._marked[number] = str(len(self._formats) + len(self._marked))
        return self._marked[number]

    def save(self) -> None:
        """Write the formats that were asked for."""
        if not self._marked or self._fills is None or self._list is None:
            return
        p = self._fills.prefix
        edit = Edit(self._data)
        fill = f'<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="{MARK}"/><{p}bgColor indexed="64"/>'
        _append_counted(edit, self._fills, self._fill_count + 1, f"{fill}</{p}patternFill></{p}fill>")
        formats = "".join(self._format(self._formats[number]) for number in self._marked)
        _append_counted(edit, self._list, len(self._formats) + len(self._marked), formats)
        self._parts.write(self._name, edit.result())

    def _format(self, element: Element) -> str:
        values = {"numFmtId": _TEXT_FORMAT, "fillId": str(self._fill_count), "applyFill": "1", "applyNumberFormat": "1"}
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
