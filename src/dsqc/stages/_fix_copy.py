"""The corrected copy of a form: written, read back, and kept apart from what a person has changed in it since."""

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dsqc import artefact
from dsqc.errors import SystemFault
from dsqc.stages._fix_patch import PatchLine
from dsqc.submission import Tables, decode, is_form_file, read_tables, readable_name
from dsqc.submission.correction import CellKey
from dsqc.submission.layout import split_name
from dsqc.submission.rewriting import in_the_way, is_workbook, rewritten, write_copies
from dsqc.submission.text import UTF8_TSV
from dsqc.submission.workbook_edit import CellChange, fixed_cells

FOLDER = "corrected"
DOCUMENT = "fix.json"
ENCODING = "DSQC-T001"


def earlier_copy(results: Path) -> dict[Path, str]:
    """The files of an earlier copy, with the digests that they had when they were written.

    A file of a run that died before it wrote them down has none.
    """
    folder = results / FOLDER
    known: dict[str, str] = {}
    if (results / DOCUMENT).is_file():
        known = {row["name"]: row["sha256"] for row in artefact.read_json(results / DOCUMENT)["copy"]}
    found = {path: known.get(path.name, "") for path in sorted(folder.glob("*")) if path.is_file()}
    return {path: digest for path, digest in found.items() if path.name in known or is_form_file(path.name)}


def cells_to_keep(tables: Tables, files: Iterable[Path]) -> dict[CellKey, str]:
    """Cells of workbooks that must stay as they are."""
    sheets = {table.path: {item.name for item in tables.tables.values()} for table in tables.tables.values()}
    fixed: dict[CellKey, str] = {}
    for path in files:
        if is_workbook(path) and readable_name(path) in sheets:
            fixed |= fixed_cells(path, sheets[readable_name(path)])
    return fixed


def write_copy(
    files: Iterable[Path], folder: Path, changes: Mapping[CellKey, list[PatchLine]], earlier: Mapping[Path, str]
) -> tuple[Path, ...]:
    """Write every file of the form, corrected or as it is, in place of an earlier copy.

    Raises:
        UsageError: somebody has worked on the earlier copy since; writing it anew would lose that.
    """
    copies: dict[Path, bytes] = {}
    for source in files:
        if not stat.S_ISREG(source.lstat().st_mode):
            continue
        name = readable_name(source)
        own = {key: lines for key, lines in changes.items() if lines[0].path == name}
        copies[folder / source.name] = rewritten(source, [_cell_change(key, lines) for key, lines in own.items()])
    for path, digest in earlier.items():
        if path not in copies and artefact.sha256_of(path) != digest:
            raise in_the_way(path)
    write_copies(copies, earlier)
    for path in earlier.keys() - copies.keys():
        path.unlink()
    return tuple(copies)


def _cell_change(key: CellKey, lines: list[PatchLine]) -> CellChange:
    rules = ", ".join(dict.fromkeys(line.rule for line in lines))
    comment = f"was / 이전 값: {lines[0].shown_old or '-'}\nrule / 규칙: {rules}"
    return CellChange(*key, lines[-1].new, comment)


def read_back(inbox: Path, folder: Path, paths: Sequence[Path], written: Tables) -> Tables:
    """The copy as it is read: what was to be written, or the fault is ours."""
    if not paths:
        return written
    workbook = next((table.path for table in written.tables.values() if is_workbook(Path(table.path))), "")
    path = next((item for item in paths if readable_name(item) == workbook), None if inbox.is_dir() else paths[0])
    again = replace(read_tables(path), findings=written.findings) if path is not None else read_tables(folder)
    if again.tables != written.tables:
        raise SystemFault(f"{folder} does not hold what was to be written.", hint="Please report this.")
    return again


def encoding_lines(files: Iterable[Path]) -> Iterator[PatchLine]:
    """Sheets that were no UTF-8: the copy is."""
    for path in files:
        decoded = None if is_workbook(path) else decode(path.read_bytes())
        if decoded is not None and decoded.fault is not None:
            name = readable_name(path)
            yield PatchLine(name, split_name(name)[0], None, "", "", decoded.encoding, UTF8_TSV, ENCODING, 1.0)
