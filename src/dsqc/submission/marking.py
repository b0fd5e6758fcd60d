"""A form with cells marked for its submitter: coloured, with a comment, and otherwise as it was handed in."""

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from dsqc.errors import SystemFault
from dsqc.model import SHEETS
from dsqc.submission.layout import WORKBOOK, readable_name
from dsqc.submission.reader import read_tables
from dsqc.submission.rewriting import is_workbook
from dsqc.submission.table import Table, Tables
from dsqc.submission.workbook_edit import CellChange, write_corrected

CREATED = datetime(1980, 1, 1)  # noqa: DTZ001  a workbook's times have no zone; the same content gives the same bytes
WIDEST, NARROWEST = 40, 10
"""Widths of columns, in letters."""


@dataclass(frozen=True, slots=True)
class CellMark:
    """A cell to mark, and what its comment says; the cell keeps what it holds. Several marks of a cell are joined."""

    sheet: str
    row: int
    column: str
    comment: str


@dataclass(frozen=True, slots=True)
class MarkedForm:
    """The form as one workbook: its file name and its bytes."""

    name: str
    content: bytes


def marked_form(files: Collection[Path], tables: Tables, marks: Iterable[CellMark]) -> MarkedForm:
    """The form ``files`` as a workbook with ``marks``. Sheets that were tab-separated text become one workbook.

    The same form and marks give the same bytes.

    Args:
        files: of the form, as they were handed in.
        tables: what they read as.

    Raises:
        SystemFault: the workbook has a shape that cannot be changed in place, or does not read as before.
    """
    sources = {table.path for table in tables.tables.values()}
    own = next((path for path in files if is_workbook(path) and sources == {readable_name(path)}), None)
    plain = own.read_bytes() if own is not None else workbook_of(tables)
    content = _with_marks(own.name if own is not None else WORKBOOK, plain, _joined(marks))
    return MarkedForm(own.name if own is not None else WORKBOOK, content)


def _joined(marks: Iterable[CellMark]) -> list[CellChange]:
    comments: dict[tuple[str, int, str], list[str]] = {}
    for mark in marks:
        comments.setdefault((mark.sheet, mark.row, mark.column), []).append(mark.comment)
    return [CellChange(*key, None, "\n\n".join(dict.fromkeys(texts))) for key, texts in comments.items()]


def _with_marks(name: str, plain: bytes, changes: Collection[CellChange]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="dsqc-marked-") as folder:
        source, target = Path(folder, "plain.xlsx"), Path(folder, "marked.xlsx")
        source.write_bytes(plain)
        if not changes:
            return plain
        file = BytesIO()
        write_corrected(source, file, changes)
        target.write_bytes(file.getvalue())
        if _texts(read_tables(target).tables) != _texts(read_tables(source).tables):
            raise SystemFault(f"{name} with its marks does not read as before.", hint="Please report this.")
        return file.getvalue()


def _texts(tables: Mapping[str, Table]) -> dict[str, object]:
    return {name: table.rows for name, table in tables.items()}


def workbook_of(tables: Tables) -> bytes:
    """Sheets as a workbook of texts, every cell in the place that it had."""
    import xlsxwriter

    data = BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False}) as workbook:
        workbook.set_properties({"created": CREATED})
        text = workbook.add_format({"num_format": "@", "valign": "top"})
        heading = workbook.add_format({"num_format": "@", "bold": True, "bottom": 1, "bg_color": "#E8EDF3"})
        for name in SHEETS:
            if name in tables.tables:
                _write_sheet(workbook.add_worksheet(name), tables.tables[name], text, heading)
    return data.getvalue()


def _write_sheet(sheet: Any, table: Table, text: Any, heading: Any) -> None:
    first = table.rows[0].number if table.rows else 1
    widths: dict[int, int] = {}
    for row in table.rows:
        for index, cell in enumerate(row.cells):
            widths[index] = max(widths.get(index, NARROWEST), min(len(cell) + 2, WIDEST))
            if cell:
                sheet.write_string(row.number - 1, index, cell, heading if row.number == first else text)
    for index, width in widths.items():
        sheet.set_column(index, index, width, text)
    sheet.freeze_panes(first, 1)


def cell_name(sheet: str, row: int | None, column: str) -> str:
    """A cell for people: ``sample!C5``; empty where there is none."""
    return f"{sheet}!{column}{row}" if row and column else ""
