"""The batch sheet: a row a submission, with the place it lies in."""

import os
from dataclasses import dataclass
from pathlib import Path

from dsqc.errors import UsageError
from dsqc.model import SAFE_ALIAS

HEADINGS = ("submission", "source")


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One submission of a batch; ``source`` is an absolute path or a URL."""

    name: str
    source: str


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
        allowed = "3 to 100 letters, digits, '.', '_' or '-', starting with a letter or digit"
        faults.append(f"{at_name} the submission {name!r} is not {allowed}")
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
