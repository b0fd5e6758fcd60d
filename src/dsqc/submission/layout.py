"""Which files of a submission are its form."""

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from dsqc.model import SHEETS

WORKBOOK = "submission.xlsx"
_WORKBOOK_SUFFIX = ".xlsx"
_TEXT_SUFFIX = ".tsv"
_FOREIGN_SUFFIXES = (".xls", ".xlsm", ".xlsb", ".ods", ".csv")
"""Forms in a shape that is not taken; they are named in a finding instead of being overlooked."""
_LOCK_FILE = "~$"
"""Excel's lock file of an open workbook."""


def readable_name(path: Path) -> str:
    """A file's name in NFC; bytes that are no UTF-8 are shown as replacement characters."""
    return unicodedata.normalize("NFC", os.fsencode(path.name).decode("utf-8", "replace"))


def split_name(name: str) -> tuple[str, str]:
    """Stem and suffix of a file name, NFC and without letter case: ``("sample", ".tsv")``."""
    stem, point, suffix = unicodedata.normalize("NFC", name).casefold().rpartition(".")
    return (stem, point + suffix) if point else (suffix, "")


def is_form_file(name: str) -> bool:
    """Whether ``name`` is the workbook or one of the six sheets, in whatever shape."""
    stem, suffix = split_name(name)
    return stem in SHEETS and suffix in (_WORKBOOK_SUFFIX, _TEXT_SUFFIX, *_FOREIGN_SUFFIXES)


def lone_table(name: str) -> tuple[str, str] | None:
    """Sheet and separator of a single text table that is handed in alone; ``None`` where it is none.

    It is taken for the sheet that its name says, and for samples where that says none.
    """
    stem, suffix = split_name(name)
    separator = {".tsv": "\t", ".csv": ","}.get(suffix)
    return (stem if stem in SHEETS else "sample", separator) if separator else None


def is_foreign(name: str) -> bool:
    """Whether ``name`` is a form in a shape that is not taken (``submission.xls``, ``sample.csv``)."""
    return is_form_file(name) and split_name(name)[1] in _FOREIGN_SUFFIXES


def sheet_files(names: Iterable[str]) -> list[str]:
    """The file names of a source that are its form, sorted: ``submission.xlsx``, or the TSV files of the sheets.

    A directory that holds neither, but one single workbook of another name, means that workbook.
    """
    every = sorted(name for name in names if not name.startswith(_LOCK_FILE))
    found = [
        name for name in every if is_form_file(name) and (split_name(name)[1] != _WORKBOOK_SUFFIX or _is_workbook(name))
    ]
    if any(not is_foreign(name) for name in found):
        return found
    workbooks = [name for name in every if split_name(name)[1] == _WORKBOOK_SUFFIX]
    return [*found, *workbooks] if len(workbooks) == 1 else found


def _is_workbook(name: str) -> bool:
    return split_name(name) == ("submission", _WORKBOOK_SUFFIX)


def workbooks_among(names: Iterable[str]) -> list[str]:
    """The workbooks of ``names`` (their form's sheets in one file)."""
    return [name for name in names if split_name(name)[1] == _WORKBOOK_SUFFIX]
