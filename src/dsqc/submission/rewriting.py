"""A copy of one file of a form in which some cells hold another text; everything else stays as the user made it."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.submission.correction import write_corrected_text
from dsqc.submission.workbook_edit import CellChange, write_corrected


def is_workbook(path: Path) -> bool:
    """Whether the name says that it is a workbook; else it is the text of one sheet."""
    return path.suffix.casefold() == ".xlsx"


def rewritten(source: Path, changes: Collection[CellChange], *, frozen: Collection[str] = ()) -> bytes:
    """A copy of ``source``, a workbook or a sheet as tab-separated text, with ``changes``; texts become UTF-8.

    The same file and changes give the same bytes, so that a command which died half-way knows its own copy again.

    Args:
        changes: of this file only.
        frozen: sheets of a workbook whose formulas give way to the values that they had.

    Raises:
        SystemFault: the workbook has a shape that cannot be changed in place.
    """
    if not is_workbook(source):
        texts = {(change.row, change.column): change.text for change in changes if change.text is not None}
        return write_corrected_text(source.read_bytes(), texts)
    if not changes:
        return source.read_bytes()
    file = BytesIO()
    write_corrected(source, file, changes, frozen=frozen)
    return file.getvalue()


def write_copies(copies: Mapping[Path, bytes], known: Mapping[Path, str] | None = None) -> None:
    """Write every copy, or none where a file that is no copy of dsqc's stands in the way of one.

    Args:
        copies: what is to be written, by its place.
        known: SHA-256 of the copies that an earlier run has written, which may be written over.

    Raises:
        UsageError: a file in the way holds something else; a person may have worked on it.
        StorageFault: a copy cannot be written.
    """
    for path, content in copies.items():
        mine = (sha256(content).hexdigest(), (known or {}).get(path))
        if path.exists() and artefact.sha256_of(path) not in mine:
            raise in_the_way(path)
    for path, content in copies.items():
        with artefact.atomic_file(path) as file:
            file.write(content)


def in_the_way(path: Path) -> UsageError:
    """A file that a person may have worked on stands where a copy should."""
    return UsageError(
        f"{path} was changed after dsqc wrote it, or is no copy of dsqc's.",
        hint="Validate that file itself, move it away, or choose another directory.",
    )
