"""A sheet as tab-separated text: find out the encoding, split into cells."""

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dsqc.language import Text
from dsqc.submission.table import MOST_COLUMNS, MOST_ROWS, OUTER_BLANKS, TableRow

UTF8_TSV = "UTF-8"
_BYTE_ORDER_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LONGEST_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, its encoding, and what is wrong with that (``None``: it is UTF-8)."""

    text: str
    fault: Text | None = None
    encoding: str = UTF8_TSV


@dataclass(frozen=True, slots=True)
class Split:
    """Rows that hold something, and what is wrong with the table's shape."""

    rows: tuple[TableRow, ...]
    fault: Text | None = None


def decode(data: bytes) -> Decoded | None:
    """Decode a sheet.

    UTF-8 with or without a byte-order mark is what is asked for. UTF-16 and CP949 (what Korean Windows saves) are
    named and decoded, so that the rest of the sheet can be checked at once. ``None``: no text at all.
    """
    for mark, name in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return _decode_as(data, name, Text("the encoding is UTF-16", "문자 인코딩이 UTF-16입니다"))
    if b"\0" in data:
        return _decode_nul(data)
    try:
        return Decoded(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _decode_as(data, "cp949", Text("the encoding is CP949 (EUC-KR)", "문자 인코딩이 CP949(EUC-KR)입니다"))


def _decode_as(data: bytes, name: str, fault: Text) -> Decoded | None:
    try:
        return Decoded(data.decode(name), fault, name.upper())
    except UnicodeDecodeError:
        return None


def _decode_nul(data: bytes) -> Decoded | None:
    """UTF-16 without a mark: nearly every second byte of a mostly ASCII table is NUL. Anything else is no text."""
    half = len(data) // 2
    for name, start in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(data) % 2 == 0 and data[start::2].count(0) > 0.7 * half:
            return _decode_as(data, name, Text("the encoding is UTF-16", "문자 인코딩이 UTF-16입니다"))
    return None


def split(text: str, separator: str = "\t") -> Split:
    """Split tab-separated text into rows; a cell in double quotes may hold tabs, quotes (doubled) and line breaks.

    A row's number counts records, so it is the number a spreadsheet shows.
    """
    try:
        return _split(text, separator, quoted=True)
    except csv.Error:
        fault = Text("a cell's double quotes do not close", "칸의 큰따옴표가 닫히지 않았습니다")
        return Split(_split(text, separator, quoted=False).rows, fault)


def _split(text: str, separator: str, *, quoted: bool) -> Split:
    rows: list[TableRow] = []
    with _long_cells():
        for number, cells in enumerate(_records(text, separator, quoted=quoted), start=1):
            while cells and not cells[-1].strip(OUTER_BLANKS):
                cells.pop()
            if not cells:
                continue
            if len(cells) > MOST_COLUMNS or number > MOST_ROWS:
                return Split((), too_large())
            rows.append(TableRow(number, tuple(cells)))
    return Split(tuple(rows))


def read_records(text: str) -> tuple[list[list[str]], bool]:
    """All rows, empty ones too, as :func:`split` reads them, and whether double quotes were read as quotes."""
    with _long_cells():
        try:
            return list(_records(text, "\t", quoted=True)), True
        except csv.Error:
            return list(_records(text, "\t", quoted=False)), False


@contextmanager
def _long_cells() -> Iterator[None]:
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(previous)


def _records(text: str, separator: str, *, quoted: bool) -> Iterator[list[str]]:
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=True,
    )


def too_large() -> Text:
    """What is wrong with a table beyond all bounds."""
    return Text(
        f"the table is larger than {MOST_ROWS:,} rows or {MOST_COLUMNS:,} columns",
        f"표가 {MOST_ROWS:,}행 또는 {MOST_COLUMNS:,}열보다 큽니다",
    )
