"""The batch sheet: a row a submission, with the place it lies in."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dsqc.errors import UsageError
from dsqc.model import SAFE_ALIAS
from dsqc.station import S3Options
from dsqc.submission import sheet_files
from dsqc.transfer import open_source
from dsqc.transfer.retries import attempts
from dsqc.transfer.sources import Entry, EntryKind

HEADINGS = ("submission", "source")
LISTED_AT_ONCE = 8
"""Directories of a prefix that are listed together."""
_NAME = "3 to 100 letters, digits, '.', '_' or '-', starting with a letter or digit"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One submission of a batch; ``source`` is an absolute path or a URL."""

    name: str
    source: str


def read_batch(place: str | Path, s3: S3Options | None = None) -> tuple[BatchRow, ...]:
    """The submissions of a batch: those of a sheet, or every directory with a form in a directory or ``s3://`` prefix.

    Raises:
        UsageError: there is no such place, the sheet is wrong, or no submission is there.
        TransientFault: the object store does not answer.
    """
    if str(place).startswith("s3://"):
        return _rows_below(str(place).rstrip("/"), s3 or S3Options())
    path = Path(place)
    return _rows_below(str(path.absolute()), None) if path.is_dir() else read_sheet(path)


def _rows_below(place: str, s3: S3Options | None) -> tuple[BatchRow, ...]:
    names = [entry.name for entry in _entries(place, s3) if entry.kind is EntryKind.DIRECTORY]
    with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
        listed = list(pool.map(lambda name: _entries(f"{place}/{name}", s3), names))
    with_form = [
        name for name, entries in zip(names, listed, strict=True) if sheet_files(entry.name for entry in entries)
    ]
    seen: set[str] = set()
    faults = []
    for name in with_form:
        if not SAFE_ALIAS.fullmatch(name) or name.casefold() in seen:
            faults.append(f"  {name}")
        seen.add(name.casefold())
    if faults:
        raise UsageError(
            f"Directories in {place} cannot name submissions:\n" + "\n".join(faults) + "\n",
            hint=f"A name is {_NAME}, and unique without regard to case; or write a batch sheet.",
        )
    if not with_form:
        raise UsageError(
            f"{place} holds no directory with a form.", hint="Name a batch sheet, or the place where submissions lie."
        )
    return tuple(BatchRow(name, f"{place}/{name}") for name in with_form)


def _entries(place: str, s3: S3Options | None) -> list[Entry]:
    for attempt in attempts():
        with attempt:
            return open_source(place, s3).entries()
    raise AssertionError("the last attempt returns or raises")


def read_sheet(path: Path) -> tuple[BatchRow, ...]:
    """Read a batch sheet: tab-separated, headings ``submission`` and ``source``, ``#`` starts a comment line.

    Args:
        path: the sheet; a relative source is relative to the directory it stands in.

    Raises:
        UsageError: it cannot be read or is wrong; every fault is named with its line and column.
    """
    lines = [(number, line) for number, line in _lines(path) if line.strip() and not line.startswith("#")]
    hint = "The sheet is tab-separated: one heading line `submission<TAB>source`, then one submission a line."
    if not lines:
        raise UsageError(f"{path} holds no line.", hint=hint)
    headings = [item.strip() for item in lines[0][1].split("\t")]
    faults = _heading_faults(headings, lines[0][0])
    if faults:
        raise UsageError(f"{path} is wrong:\n" + "\n".join(faults) + "\n", hint=hint)
    columns = {name: headings.index(name) for name in HEADINGS}
    rows: list[BatchRow] = []
    seen: dict[str, int] = {}
    for number, line in lines[1:]:
        cells = [item.strip() for item in line.split("\t")]
        row_faults = _row_faults(cells, headings, columns, number, seen)
        faults += row_faults
        if not row_faults:
            name, source = (cells[columns[item]] for item in HEADINGS)
            rows.append(BatchRow(name, _absolute(source, path)))
    if faults:
        raise UsageError(f"{path} is wrong:\n" + "\n".join(faults) + "\n", hint="Correct these lines.")
    if not rows:
        raise UsageError(f"{path} names no submission.", hint=hint)
    return tuple(rows)


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist.", hint="Name the batch sheet (BATCH.tsv).") from error
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a directory.", hint="Name the batch sheet (BATCH.tsv).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start}).", hint="Save it as UTF-8 text.") from error
    return list(enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1))


def _heading_faults(headings: list[str], number: int) -> list[str]:
    faults = [f"  line {number}: the heading {name!r} is missing" for name in HEADINGS if name not in headings]
    for column, name in enumerate(headings, start=1):
        if name not in HEADINGS:
            faults.append(f"  line {number}, column {column}: unknown heading {name!r}")
        elif headings.index(name) != column - 1:
            faults.append(f"  line {number}, column {column}: the heading {name!r} stands twice")
    return faults


def _row_faults(
    cells: list[str], headings: list[str], columns: dict[str, int], number: int, seen: dict[str, int]
) -> list[str]:
    """Faults of one row; a sound name is noted in ``seen`` (case folded) with its line."""
    if len(cells) != len(headings):
        return [f"  line {number}: {len(cells)} columns instead of {len(headings)} (separate them with one tab)"]
    faults = []
    name, source = (cells[columns[item]] for item in HEADINGS)
    at_name, at_source = (f"  line {number}, column {columns[item] + 1}:" for item in HEADINGS)
    if not SAFE_ALIAS.fullmatch(name):
        faults.append(f"{at_name} the submission {name!r} is not {_NAME}")
    elif name.casefold() in seen:
        faults.append(f"{at_name} the submission {name!r} already stands in line {seen[name.casefold()]}")
    else:
        seen[name.casefold()] = number
    if not source:
        faults.append(f"{at_source} no source")
    return faults


def _absolute(source: str, sheet: Path) -> str:
    """``source`` as a URL or an absolute path; symbolic links are kept, for they may be moved on purpose."""
    if "://" in source:
        return source
    return os.path.abspath(sheet.absolute().parent / Path(source).expanduser())  # noqa: PTH100  resolve() follows links
