"""Data files whose names point at a person: a copy of the submission under other names, the sheets changed in step."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import artefact, logs
from dsqc.errors import UsageError
from dsqc.personal import Seen, identifiers, names
from dsqc.stages._validate_files import folder_of, form_files
from dsqc.submission import Tables, read_tables, readable_name
from dsqc.submission.rewriting import rewritten, write_copies
from dsqc.submission.table import clean, column_letter
from dsqc.submission.workbook_edit import CellChange
from dsqc.version import __version__

REPORT = "rename.json"
KEY = "renamed_files.tsv"
"""Old and new names: for the owner of the data alone."""
PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class RenameResult:
    """What :func:`rename_files` did: content of ``rename.json``, and the new names by the old ones."""

    document: dict[str, Any]
    names: dict[str, str]


def pseudonymous(files: list[str]) -> dict[str, str]:
    """New names of those of ``files`` that point at a person, by the old ones; equal people get equal pseudonyms.

    What points at a person becomes P0001, P0002 and on in the order of the names; the rest of the name stays, so mates
    are still told by theirs.
    """
    pseudonyms: dict[str, str] = {}
    renamed: dict[str, str] = {}
    for name in sorted(files):
        found = _people(name)
        if not found:
            continue
        new = name
        for seen in reversed(found):
            person = name[seen.start : seen.end].casefold()
            pseudonym = pseudonyms.setdefault(person, f"P{len(pseudonyms) + 1:04d}")
            new = new[: seen.start] + pseudonym + new[seen.end :]
        renamed[name] = new
    return renamed


def _people(name: str) -> list[Seen]:
    """What points at a person in the name of a file, in the order of places, nothing twice."""
    found: list[Seen] = []
    for seen in sorted([*identifiers(name), *names(name)], key=lambda item: (item.start, -item.end)):
        if not found or seen.start >= found[-1].end:
            found.append(seen)
    return found


def rename_files(submission: Path, out: Path) -> RenameResult:
    """Write a copy of a submission into ``out`` whose file names point at nobody.

    Whole cells of any sheet that are the name of such a file are changed with it. Files are linked where the disk
    allows it, else copied; the submission itself is not touched. A second run gives the same.

    Args:
        submission: its directory, or its workbook.
        out: a directory apart from it.

    Raises:
        UsageError: there is no submission, two files would get the same name, or ``out`` is the submission itself or
            holds something else.
        StorageFault: the disk is full.
    """
    folder = folder_of(submission)
    if out.resolve() == folder.resolve():
        raise UsageError(f"{out} is the submission itself.", hint="Give -O a directory of its own.")
    forms = form_files(submission)
    tables = read_tables(submission)
    own = {readable_name(path) for path in forms}
    data = {readable_name(path): path for path in sorted(folder.iterdir()) if path.is_file()}
    files = [name for name in data if name not in own]
    renamed = pseudonymous(files)
    after = [renamed.get(name, name) for name in files]
    if len(set(after)) < len(after):
        raise UsageError("Two files would get the same name.", hint="Rename them by hand, and change the file sheet.")
    changes = list(_changes(tables, renamed))
    for name, new in zip(files, after, strict=True):
        _link(data[name], out / new)
    copies = {
        out / path.name: rewritten(path, [change for where, change in changes if where == readable_name(path)])
        for path in forms
    }
    write_copies(copies, _known(out))
    text = "".join(f"{old}\t{new}\n" for old, new in renamed.items())
    with artefact.atomic_path(out / KEY, mode=PRIVATE) as place:
        place.write_text(text, encoding="utf-8")
    document = {
        "schema_version": "1.0",
        "dsqc_version": __version__,
        "files_renamed": len(renamed),
        "cells_changed": len(changes),
        "names": [renamed[name] for name in sorted(renamed)],
        "forms": [{"name": path.name, "sha256": artefact.sha256_of(path)} for path in copies],
        "names_file": KEY,
    }
    artefact.write_json(out / REPORT, document)
    logs.logger(stage="rename").info("renamed", files=len(renamed), cells=len(changes))
    return RenameResult(document, renamed)


def _changes(tables: Tables, renamed: Mapping[str, str]) -> Iterator[tuple[str, CellChange]]:
    """The cells that are names of renamed files, with the file of the form that they stand in."""
    for table in tables.tables.values():
        for row in table.rows:
            for index, cell in enumerate(row.cells):
                new = renamed.get(clean(cell))
                if new is not None:
                    yield table.path, CellChange(table.name, row.number, column_letter(index), new)


def _known(out: Path) -> dict[Path, str]:
    """Copies of the form that an earlier run wrote."""
    if not (out / REPORT).is_file():
        return {}
    return {out / row["name"]: row["sha256"] for row in artefact.read_json(out / REPORT)["forms"]}


def _link(source: Path, target: Path) -> None:
    """The file under its new name: linked, or copied where that cannot be.

    Raises:
        UsageError: another file stands there.
        StorageFault: the disk is full.
    """
    if target.exists():
        same = source.samefile(target) or artefact.sha256_of(source) == artefact.sha256_of(target)
        if not same:
            raise UsageError(f"{target} is another file.", hint="Move it away, or choose another directory.")
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)
    except OSError:
        with artefact.atomic_path(target) as place:
            shutil.copyfile(source, place)
