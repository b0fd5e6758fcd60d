"""A copy of one file of a form in which some cells hold another text; everything else stays as the user made it."""

from collections.abc import Collection
from pathlib import Path

from dsqc import artefact
from dsqc.submission.correction import write_corrected_text
from dsqc.submission.workbook_edit import CellChange, write_corrected


def is_workbook(path: Path) -> bool:
    """Whether the name says that it is a workbook; else it is the text of one sheet."""
    return path.suffix.casefold() == ".xlsx"


def rewrite(source: Path, target: Path, changes: Collection[CellChange], *, frozen: Collection[str] = ()) -> None:
    """Write a copy of ``source``, a workbook or a sheet as tab-separated text, with ``changes``; texts become UTF-8.

    Args:
        changes: of this file only.
        frozen: sheets of a workbook whose formulas give way to the values that they had.

    Raises:
        SystemFault: the workbook has a shape that cannot be changed in place.
        StorageFault: ``target`` cannot be written.
    """
    with artefact.atomic_file(target) as file:
        if not is_workbook(source):
            texts = {(change.row, change.column): change.text for change in changes}
            file.write(write_corrected_text(source.read_bytes(), texts))
        elif changes:
            write_corrected(source, file, changes, frozen=frozen)
        else:
            file.write(source.read_bytes())
