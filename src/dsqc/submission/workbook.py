"""Sheets of an Excel workbook, as texts: what the cells hold, not how they are formatted."""

import datetime
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dsqc.language import Text
from dsqc.submission.table import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, OUTER_BLANKS, Table, TableRow
from dsqc.submission.text import too_large

_LEGACY_OR_ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1")
"""Compound file: an .xls workbook, or an .xlsx one behind a password."""
_MOST_UNPACKED = 4 * MOST_BYTES
_PIECE = 2**20
_FAR_CELL = re.compile(rb'<c\s[^>]*?\br="([A-Z]{3}|[A-Z]{1,2}(?=\d{6}))(\d{1,7})"')
"""A cell beyond column ZZ or row 99,999."""
_MAYBE_FAR = re.compile(rb'r="(?:[A-Z]{3}|[A-Z]{1,2}\d{6})')
"""Stands in each of them; found in a quarter of the time where there is none."""
_ZIP_FAULTS = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, ValueError, EOFError, OSError)
"""What the standard library raises at damaged archives (an unknown compression method is NotImplementedError)."""
_WHOLE_FLOAT = 1e15
"""Below this a float without a fraction is the integer that was typed; Excel keeps 15 digits."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """Sheets by name (without letter case), those that cannot be read, and what is wrong with the whole."""

    tables: dict[str, Table] = field(default_factory=dict)
    faults: dict[str, Text] = field(default_factory=dict)
    fault: Text | None = None


def read_workbook(path: Path, names: tuple[str, ...]) -> Workbook:
    """Read the sheets ``names`` of a workbook; other sheets (lists, guides) are left alone.

    Never raises for a damaged, encrypted or oversized workbook: its ``fault`` says what is wrong.
    """
    import python_calamine

    fault = _container_fault(path)
    if fault is not None:
        return Workbook(fault=fault)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
    except python_calamine.PasswordError:
        return Workbook(fault=_encrypted())
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        return Workbook(fault=_damaged(error))
    tables: dict[str, Table] = {}
    faults: dict[str, Text] = {}
    for title in workbook.sheet_names:
        name = title.strip().casefold()
        if name not in names or name in tables:
            continue
        try:
            sheet = workbook.get_sheet_by_name(title)
            rows = tuple(_rows(sheet.to_python(skip_empty_area=False)))
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            faults[name] = _damaged(error)
            continue
        if rows and (rows[-1].number > MOST_ROWS or max(len(row.cells) for row in rows) > MOST_COLUMNS):
            faults[name] = too_large()
        else:
            tables[name] = Table(name, path.name, rows)
    return Workbook(tables, faults)


def _rows(values: Sequence[Sequence[object]]) -> Iterator[TableRow]:
    for number, cells in enumerate(values, start=1):
        texts = [cell_text(cell) for cell in cells]
        while texts and not texts[-1].strip(OUTER_BLANKS):
            texts.pop()
        if texts:
            yield TableRow(number, tuple(texts))


def cell_text(value: object) -> str:
    """The text of a cell: 1.0 as ``1``, a date as ISO 8601, TRUE and FALSE in capitals."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE_FLOAT else repr(value)
    if isinstance(value, datetime.datetime):
        at_midnight = value.time() == datetime.time()
        return value.date().isoformat() if at_midnight else value.isoformat(timespec="seconds")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


def _container_fault(path: Path) -> Text | None:
    """What is wrong with the file as a zip archive of sheets, before a parser is let loose on it."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == _LEGACY_OR_ENCRYPTED:
        return Text("it is behind a password, or a legacy .xls workbook", "암호가 걸려 있거나 옛 .xls 통합 문서입니다")
    try:
        with zipfile.ZipFile(path) as archive:
            return _archive_fault(archive)
    except _ZIP_FAULTS as error:
        return _damaged(error)


def _archive_fault(archive: zipfile.ZipFile) -> Text | None:
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        return _encrypted()
    if sum(part.file_size for part in parts) > _MOST_UNPACKED:
        return Text("it unpacks to more than 256 MB", "압축을 풀면 256 MB를 넘습니다")
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml")]
    return too_large() if any(_is_oversized(archive, part) for part in sheets) else None


def _is_oversized(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a cell stands far outside: parsers hold the whole rectangle, so one lone cell may ask for gigabytes."""
    rest = b""
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            seen = rest + piece
            for letters, number in _FAR_CELL.findall(seen) if _MAYBE_FAR.search(seen) else ():
                if len(letters) > 2 or int(number) > 2 * MOST_ROWS:
                    return True
            rest = piece[-256:]
    return False


def _encrypted() -> Text:
    return Text("it is behind a password", "암호가 걸려 있습니다")


def _damaged(error: Exception) -> Text:
    return Text(f"it is no readable .xlsx workbook ({error})", f"읽을 수 있는 .xlsx 통합 문서가 아닙니다({error})")
