"""A copy of a submission's form in which some cells hold another text; everything else stays as the user made it."""

import io
import re
import shutil
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.model import SHEETS
from dsqc.submission.layout import split_name
from dsqc.submission.text import decode, records

if TYPE_CHECKING:
    from openpyxl import Workbook

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every member of a written workbook (the earliest that a zip archive knows): same input, same bytes."""
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


@dataclass(frozen=True, slots=True)
class CellEdit:
    """The text that a cell shall hold: ``row`` as a spreadsheet counts it, ``column`` as its letters."""

    sheet: str
    row: int
    column: str
    text: str


def rewrite_workbook(source: Path, target: Path, edits: Iterable[CellEdit]) -> None:
    """Write a copy of the workbook ``source`` with ``edits``; formats, widths, lists and other sheets stay.

    Formulas of the form's sheets are replaced by the values that they had, because a copy does not hold those.

    Raises:
        UsageError: the workbook holds something that cannot be copied.
        StorageFault: ``target`` cannot be written.
    """
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the library does not know is left out, and it says so
            workbook = _edited(source, edits)
            workbook.save(buffer)
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise UsageError(
            f"{source.name} cannot be copied: {error}.",
            hint="Save it again as .xlsx in Excel or LibreOffice, without merged cells, and try once more.",
        ) from error
    with artefact.atomic_file(target) as file:
        file.write(_without_times(buffer.getvalue(), _modified(source)))


def _edited(source: Path, edits: Iterable[CellEdit]) -> "Workbook":
    import openpyxl

    workbook = openpyxl.load_workbook(source)
    titles = {title.strip().casefold(): title for title in reversed(workbook.sheetnames)}
    _freeze_formulas(workbook, source, [titles[name] for name in SHEETS if name in titles])
    for edit in edits:
        cell = workbook[titles[edit.sheet]][f"{edit.column}{edit.row}"]
        cell.value = edit.text or None
        if edit.text:
            cell.number_format = "@"
            cell.data_type = "s"  # a value that begins with = is a text, no formula
    return workbook


def _freeze_formulas(workbook: "Workbook", source: Path, titles: Sequence[str]) -> None:
    import openpyxl

    formulas = [
        cell for title in titles for row in workbook[title].iter_rows() for cell in row if cell.data_type == "f"
    ]
    if formulas:
        values = openpyxl.load_workbook(source, data_only=True)
        for cell in formulas:
            cell.value = values[cell.parent.title][cell.coordinate].value


def rewrite_text(source: Path, target: Path, edits: Iterable[CellEdit]) -> None:
    """Write a copy of the sheet ``source`` (tab-separated text) with ``edits``, in UTF-8.

    Raises:
        StorageFault: ``target`` cannot be written.
    """
    data = source.read_bytes()
    decoded = decode(data)
    text = decoded.text if decoded else ""
    rows = records(text)
    for edit in edits:
        column = column_index(edit.column)
        rows.extend([] for _ in range(edit.row - len(rows)))
        row = rows[edit.row - 1]
        row.extend("" for _ in range(column + 1 - len(row)))
        row[column] = edit.text
    width = max(map(len, rows), default=0)
    for row in rows:
        row.extend("" for _ in range(width - len(row) if row else 0))
    end = "\r\n" if "\r\n" in text else "\n"
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    artefact.write_text(target, mark + "".join(_line(row) + end for row in rows))


def rewrite(sources: Sequence[Path], folder: Path, edits: Iterable[CellEdit]) -> list[Path]:
    """Write copies of the form's files into ``folder``, under their names.

    Args:
        sources: the workbook, or the text files of the sheets.
        folder: made where it does not exist.
        edits: what changes; a text file gets those of the sheet that it is named after.
    """
    every = list(edits)
    written: list[Path] = []
    for source in sources:
        target = folder / source.name
        stem, suffix = split_name(source.name)
        own = every if suffix == ".xlsx" else [edit for edit in every if edit.sheet == stem]
        if not own:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        elif suffix == ".xlsx":
            rewrite_workbook(source, target, own)
        else:
            rewrite_text(source, target, own)
        written.append(target)
    return written


def column_index(letters: str) -> int:
    """Index of a column (``A`` is 0): the other way round than ``column_letter``."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _line(cells: Sequence[str]) -> str:
    return "\t".join(_quoted(cell) for cell in cells)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set('\t"\r\n') else cell


def _modified(source: Path) -> bytes | None:
    """When the user's own workbook says it was changed last."""
    with zipfile.ZipFile(source) as archive:
        try:
            found = re.search(rb"<dcterms:modified[^>]*>([^<]*)<", archive.read("docProps/core.xml"))
        except KeyError:
            return None
    return found[1] if found else None


def _without_times(data: bytes, modified: bytes | None) -> bytes:
    """The archive with the same times whenever it is written."""
    buffer = io.BytesIO()
    when = modified or b"1980-01-01T00:00:00Z"
    with (
        zipfile.ZipFile(io.BytesIO(data)) as archive,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for name in archive.namelist():
            content = archive.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(lambda match: match[1] + when + match[2], content)
            copy.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
