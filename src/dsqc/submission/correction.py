"""Corrected tables: cells with other texts, in memory and as tab-separated text."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

from dsqc.submission.table import OUTER_BLANKS, Table, TableRow, Tables, column_index
from dsqc.submission.text import decode, read_records

CellKey = tuple[str, int, str]
"""Sheet, row, column letter."""
Correction = Mapping[CellKey, str]
"""Cells with the text that they are to hold; empty for an empty cell."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def correct(tables: Tables, correction: Correction) -> Tables:
    """The tables with cells corrected; the places of all cells stay as they are."""
    by_row: dict[tuple[str, int], dict[int, str]] = {}
    for (sheet, row, column), text in correction.items():
        by_row.setdefault((sheet, row), {})[column_index(column)] = text
    touched = {sheet for sheet, _row in by_row}
    return replace(
        tables,
        tables={
            name: _correct_table(table, by_row) if name in touched else table for name, table in tables.tables.items()
        },
    )


def _correct_table(table: Table, by_row: Mapping[tuple[str, int], Mapping[int, str]]) -> Table:
    rows: list[TableRow] = []
    for row in table.rows:
        texts = by_row.get((table.name, row.number))
        cells = _correct_cells(row.cells, texts) if texts else list(row.cells)
        while cells and not cells[-1].strip(OUTER_BLANKS):
            cells.pop()
        if cells:
            rows.append(replace(row, cells=tuple(cells)))
    return replace(table, rows=tuple(rows))


def _correct_cells(cells: tuple[str, ...] | list[str], texts: Mapping[int, str]) -> list[str]:
    corrected = list(cells) + [""] * (max(texts) + 1 - len(cells))
    for index, text in texts.items():
        corrected[index] = text
    return corrected


def write_corrected_text(data: bytes, texts: Mapping[tuple[int, str], str]) -> bytes:
    """A tab-separated sheet with cells corrected, in UTF-8: line ends and byte-order mark stay as they are.

    Where a correction adds a heading, every row that is not empty is made as wide as the widest.

    Without a correction, a sheet in UTF-8 is given back byte for byte.

    Args:
        data: the sheet as it stands; a text that could be decoded.
        texts: (row, column letter) -> text.
    """
    decoded = decode(data)
    if decoded is None or (not texts and decoded.fault is None):
        return data
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        by_row.setdefault(row, {})[column_index(column)] = text
    records, is_quoted = read_records(decoded.text)
    corrected = [
        _correct_cells(cells, by_row[number]) if number in by_row else cells for number, cells in enumerate(records, 1)
    ]
    heading = next((index for index, cells in enumerate(records) if cells), None)
    if heading is not None and len(corrected[heading]) > len(records[heading]):
        width = max(map(len, corrected))
        corrected = [cells + [""] * (width - len(cells)) if cells else cells for cells in corrected]
    newline = next((item for item in ("\r\n", "\n", "\r") if item in decoded.text), "\n")
    file = io.StringIO(newline="")
    if is_quoted:
        csv.writer(file, delimiter="\t", lineterminator=newline).writerows(corrected)
    else:
        file.writelines("\t".join(cells) + newline for cells in corrected)
    mark = _BYTE_ORDER_MARK if data.startswith(_BYTE_ORDER_MARK) else b""
    return mark + file.getvalue().encode("utf-8")
