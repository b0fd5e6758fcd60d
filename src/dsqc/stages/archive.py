"""archive: files in fewer bytes, each proven to give back its content; what was saved, by kind of file."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.archive import Options, Outcome, Reason, Recipe, Restored, Stored, decode_file, encode_file
from dsqc.artefact import read_json, write_json
from dsqc.errors import ExitCode, SystemFault, UsageError
from dsqc.formats.checksums import Checksums
from dsqc.formats.texts import english, korean
from dsqc.stages._inputs import STANDARD_INPUT, check_inputs, check_reference

RECIPE_SUFFIX = ".recipe.json"
SCHEMA_VERSION = "1.0"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """What :func:`archive_files` did.

    Attributes:
        outcomes: one a file, in the order given.
        there: names of those that had been encoded before and still stand whole.
        dropped: names of those whose own bytes the station keeps no more.
    """

    outcomes: tuple[Outcome, ...]
    there: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    @property
    def exit_code(self) -> ExitCode:
        """3 where a file is damaged, else 0."""
        damaged = any(item.reason is Reason.DAMAGED for item in self.outcomes)
        return ExitCode.FINDINGS if damaged else ExitCode.DONE

    def kinds(self) -> list[dict[str, Any]]:
        """Files and bytes by format and container, the largest first; sealed files are a kind of their own."""
        groups: dict[tuple[str, str], list[Outcome]] = {}
        for item in self.outcomes:
            groups.setdefault((str(item.format or ""), str(item.container or "")), []).append(item)
        rows = [
            {"format": name[0] or None, "container": name[1] or None, **_sums(items)} for name, items in groups.items()
        ]
        return sorted(rows, key=lambda row: (-row["bytes_before"], row["format"] or "", row["container"] or ""))

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/storage_archive.schema.json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "files": [self._file(item) for item in self.outcomes],
            "kinds": self.kinds(),
            "reasons": dict(sorted(Counter(str(item.reason) for item in self.outcomes if item.reason).items())),
            "total": _sums(self.outcomes),
        }

    def _file(self, item: Outcome) -> dict[str, Any]:
        recipe = item.recipe
        return {
            "name": item.name,
            "format": str(item.format) if item.format else None,
            "container": str(item.container) if item.container else None,
            "bytes_before": item.size_bytes,
            "bytes_after": item.archived_bytes,
            "encoding": str(recipe.encoding) if recipe else None,
            "gives_back": None if recipe is None else "content" if recipe.losses else "file",
            "content_sha256": recipe.content.sha256 if recipe else None,
            "archived": str(item.path) if item.path else None,
            "there_before": item.name in self.there,
            "original_dropped": item.name in self.dropped,
            "reason": str(item.reason) if item.reason else None,
            "notes": [{"en": english(note), "ko": korean(note)} for note in item.notes],
        }


def _sums(items: Iterable[Outcome]) -> dict[str, int]:
    listed = list(items)
    return {
        "files": len(listed),
        "archived": sum(item.recipe is not None for item in listed),
        "bytes_before": sum(item.size_bytes for item in listed),
        "bytes_after": sum(item.archived_bytes for item in listed),
    }


def archive_files(paths: Sequence[str | Path], folder: Path, options: Options) -> ArchiveResult:
    """Encode files into ``folder``; each gets its recipe beside it, as ``<name>.recipe.json``.

    What an earlier run finished and still stands whole is not made again. The files given are never changed.

    Args:
        paths: data files.
        folder: receives the archived files and their recipes.
        options: how.

    Raises:
        UsageError: a path does not exist, or two have the same name.
        SystemFault: a file cannot be read.
        StorageFault: the folder cannot be written.
    """
    inputs = [Path(path) for path in paths]
    if STANDARD_INPUT in inputs:
        raise UsageError("Standard input cannot be archived.", hint="Name files: they are read more than once.")
    check_inputs(inputs)
    check_reference(options.reference)
    twice = [name for name, number in Counter(path.name for path in inputs).items() if number > 1]
    if twice:
        raise UsageError(f"Two files have the name {twice[0]}.", hint="Archive them into directories of their own.")
    outcomes, there = [], set()
    for path in inputs:
        log = logs.logger(stage="archive", file=path.name)
        outcome = _finished(path, folder)
        if outcome is not None:
            there.add(path.name)
        else:
            log.info("start", size_bytes=path.stat().st_size)
            outcome = encode_file(path, folder, options)
            if outcome.recipe is not None:
                write_json(_recipe_path(folder, path.name), outcome.recipe.to_dict())
        log.info("end", reason=str(outcome.reason or ""), size_bytes=outcome.archived_bytes)
        outcomes.append(outcome)
    return ArchiveResult(tuple(outcomes), frozenset(there))


def _recipe_path(folder: Path, name: str) -> Path:
    return folder / f"{name}{RECIPE_SUFFIX}"


def _finished(path: Path, folder: Path) -> Outcome | None:
    """What an earlier run made of this very file, if all of it stands."""
    written = _recipe_path(folder, path.name)
    if not written.is_file():
        return None
    try:
        recipe = Recipe.from_dict(read_json(written))
    except SystemFault:
        return None
    archived = folder / f"{recipe.name}.{recipe.encoding}"
    whole = archived.is_file() and _stored(archived) == recipe.encoded and _stored(path) == recipe.original
    if not whole:
        return None
    return Outcome(path.name, recipe.format, recipe.container, recipe.original.size_bytes, recipe, archived)


def _stored(path: Path) -> Stored:
    checksums, size = Checksums(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            checksums.update(piece)
            size += len(piece)
    return Stored(size, checksums.md5, checksums.sha256)


def restore_file(recipe_path: Path, target: Path, reference: Path | None = None) -> Restored:
    """Give back the original of an archived file, or its content where its compression cannot be made again.

    Args:
        recipe_path: the recipe; the archived file stands beside it.
        target: the file to write; one that exists is refused.
        reference: FASTA, or directory of sequences by MD5, of a CRAM that needs one.

    Raises:
        UsageError: there is no recipe, the target exists, or a reference is needed.
        StorageFault: the archived file does not give back its content, or the target cannot be written.
    """
    if not recipe_path.is_file():
        raise UsageError(f"{recipe_path} does not exist.", hint="Name the *.recipe.json beside the archived file.")
    if target.exists():
        raise UsageError(f"{target} exists.", hint="Name a file that does not.")
    check_reference(reference)
    recipe = Recipe.from_dict(read_json(recipe_path))
    return decode_file(recipe_path.parent / f"{recipe.name}.{recipe.encoding}", recipe, target, reference)
