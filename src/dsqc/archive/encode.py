"""From a data file to an archived file that is proven to give back its content; or the reason why it stays."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsqc.archive import texts
from dsqc.archive.candidates import Candidate, Plan, Unfit, plans_of
from dsqc.archive.decode import Decoding, NotDecoded
from dsqc.archive.identity import Identified, identify
from dsqc.archive.options import Encoding, Options, Reason
from dsqc.archive.recipe import Content, Recipe, Stored, software
from dsqc.archive.repairs import Comparison, Repairs, compare
from dsqc.archive.source import Damaged, SourceFile
from dsqc.archive.streams import Digest
from dsqc.archive.wrapping import find_wrapping
from dsqc.artefact import atomic_path
from dsqc.errors import SystemFault
from dsqc.formats import sniff
from dsqc.formats.texts import Phrase, english, fill, korean
from dsqc.language import Text
from dsqc.model import Container, FileFormat

SEALED = b"crypt4gh"
"""First bytes of a Crypt4GH file."""
SUFFIXES = {Encoding.CRAM: ".cram", Encoding.BGZF: ".bgzf"}
_UNCOMPRESSED = (Container.PLAIN,)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes:
        name: the file's name.
        format, container: as far as they could be told.
        size_bytes: stored bytes of the file.
        recipe: of the archived file; None: the file stays as it is.
        path: of the archived file.
        reason: why the file stays; None where it was encoded.
        notes: what was tried and why it was not used, in words.
    """

    name: str
    format: FileFormat | None
    container: Container | None
    size_bytes: int
    recipe: Recipe | None = None
    path: Path | None = None
    reason: Reason | None = None
    notes: tuple[Phrase, ...] = ()

    def to_note(self) -> dict[str, Any]:
        """Why the file stays, as plain data."""
        notes = [{"en": english(note), "ko": korean(note)} for note in self.notes]
        names = {"format": self.format, "container": self.container, "reason": self.reason}
        return {**{name: str(value) if value else None for name, value in names.items()}, "notes": notes}

    @classmethod
    def from_note(cls, value: dict[str, Any], name: str, size_bytes: int) -> "Outcome | None":
        """What :meth:`to_note` gave; None where it is none."""
        try:
            return cls(
                name=name,
                format=FileFormat(value["format"]) if value["format"] else None,
                container=Container(value["container"]) if value["container"] else None,
                size_bytes=size_bytes,
                reason=Reason(value["reason"]),
                notes=tuple(Text(note["en"], note["ko"]) for note in value["notes"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def archived_bytes(self) -> int:
        """Stored bytes afterwards: of the archived file, or of the file that stays."""
        return self.recipe.encoded.size_bytes if self.recipe else self.size_bytes


def encode_file(source: Path, folder: Path, options: Options, *, name: str | None = None) -> Outcome:
    """Encode ``source`` into ``folder``, if that saves bytes and gives back its content.

    Every plan is tried in turn: encode, compare sizes, decode from the disk and compare SHA-256 of the content, then
    compare the fingerprints of the reads as dsqc's readers see both files. The first one that holds is used; the
    archived file gets its name only then. The source is never changed.

    Args:
        source: FASTQ (plain, gzip, BGZF, bzip2, zstd, xz) or BAM.
        folder: receives ``<name>.cram`` or ``<name>.bgzf``.
        options: how.
        name: of the original, where it is not that of ``source``.

    Raises:
        SystemFault: the source cannot be read, or changed meanwhile.
        StorageFault: the folder cannot be written, or its disk is full.
    """
    label = name or source.name
    size = source.stat().st_size
    file_format, container = sniff(source)
    stays = Outcome(label, file_format, container, size)
    with source.open("rb") as file:
        head = file.read(len(SEALED))
    if head == SEALED:
        return replace(stays, format=None, container=None, reason=Reason.ENCRYPTED)
    if container is Container.CRAM:
        return replace(stays, reason=Reason.ARCHIVED)
    if not size:
        return replace(stays, reason=Reason.NO_GAIN, notes=(texts.NO_READS,))
    if container is None or file_format not in (FileFormat.FASTQ, FileFormat.BAM):
        return replace(stays, reason=Reason.FORMAT)
    try:
        return _Encoder(SourceFile(source, label, file_format, container), folder, options, stays).run()
    except Damaged as damage:
        return replace(stays, reason=Reason.DAMAGED, notes=(damage.what,))


class _Encoder:
    """One file under way."""

    def __init__(self, source: SourceFile, folder: Path, options: Options, stays: Outcome) -> None:
        self._source = source
        self._folder = folder
        self._options = options
        self._stays = stays
        self._notes: list[Phrase] = []
        self._reasons: set[Reason] = set()

    def run(self) -> Outcome:
        differences: dict[str, int] = {}
        for plan in plans_of(self._source, self._options):
            if isinstance(plan, Unfit):
                self._refuse(plan.reason, plan.note)
                continue
            if not plan.helps(differences):
                continue
            outcome = self._try(plan, differences)
            if outcome:
                return outcome
        reason = next((item for item in _WEIGHT if item in self._reasons), Reason.FORMAT)
        return replace(self._stays, reason=reason, notes=tuple(self._notes))

    def _refuse(self, reason: Reason, note: Phrase) -> None:
        self._reasons.add(reason)
        self._notes.append(note)

    def _try(self, plan: Plan, differences: dict[str, int]) -> Outcome | None:
        target = self._folder / f"{self._source.name}{SUFFIXES[plan.encoding]}"
        recipe: Recipe | None = None
        with _kept_if_proven(target) as (temporary, keep):
            try:
                candidate = plan.write(self._source, temporary)
                recipe = self._prove(plan, candidate, temporary, differences)
            except Unfit as unfit:
                self._refuse(unfit.reason, fill(Text("{}: {}", "{}: {}"), plan.label, unfit.note))
            if recipe is not None:
                keep()
        if recipe is None:
            return None
        return replace(self._stays, recipe=recipe, path=target, notes=tuple(self._notes))

    def _prove(self, plan: Plan, candidate: Candidate, path: Path, differences: dict[str, int]) -> Recipe:
        original = candidate.original
        size = path.stat().st_size
        if size > original.size_bytes * (1 - self._options.least_saving):
            raise Unfit(Reason.NO_GAIN, fill(texts.SIZES, f"{size:,}", f"{original.size_bytes:,}"))
        decoding = self._decoding(plan, candidate, path)
        repairs = Repairs()
        if not self._gives_back(decoding, candidate):
            repairs = self._learn(plan, candidate, path, differences)
            decoding = self._decoding(plan, candidate, path, repairs)
            if not self._gives_back(decoding, candidate):
                raise Unfit(Reason.NOT_EXACT, texts.OTHER_CONTENT)
        seen = self._identify(plan, candidate, path)
        integrity = decoding.integrity
        if integrity is None:
            raise SystemFault(f"{self._source.name} was not decoded to its end.", hint="This is a fault of dsqc.")
        return self._recipe(plan, candidate, repairs, seen, Stored(size, integrity.md5, integrity.sha256))

    def _decoding(self, plan: Plan, candidate: Candidate, path: Path, repairs: Repairs | None = None) -> Decoding:
        return Decoding(
            path,
            plan.encoding,
            text=candidate.text,
            repairs=repairs or Repairs(),
            reference=plan.decoding_reference,
            threads=self._options.threads,
        )

    @staticmethod
    def _gives_back(decoding: Decoding, candidate: Candidate) -> bool:
        digest = Digest()
        try:
            for _block in digest.over(decoding.blocks()):
                continue
        except NotDecoded as error:
            raise Unfit(Reason.NOT_EXACT, error.message) from error
        return (digest.size_bytes, digest.sha256) == (candidate.content.size_bytes, candidate.content.sha256)

    def _learn(self, plan: Plan, candidate: Candidate, path: Path, differences: dict[str, int]) -> Repairs:
        """What makes the one into the other; only a BAM has something to put back."""
        if self._source.format is not FileFormat.BAM:
            raise Unfit(Reason.NOT_EXACT, texts.OTHER_CONTENT)
        found: Comparison = compare(self._decoding(plan, candidate, path).raw_bam(), self._source.blocks())
        if found.differences:
            differences.clear()
            differences.update(found.differences)
            listed = ", ".join(f"{field} ({number:,})" for field, number in found.differences.items())
            raise Unfit(Reason.NOT_EXACT, fill(texts.DIFFERENCES, listed))
        return found.repairs

    def _identify(self, plan: Plan, candidate: Candidate, path: Path) -> Identified:
        """The fingerprint, the same of both files by dsqc's readers."""
        before = identify(self._source.path, self._source.name, None, self._options.threads)
        if before.sha256 != candidate.original.sha256:
            raise SystemFault(f"{self._source.path} changed while it was encoded.", hint="Run the same command again.")
        after = identify(path, path.name, plan.decoding_reference, self._options.threads)
        if (before.fingerprint, before.record_count) != (after.fingerprint, after.record_count):
            raise Unfit(Reason.NOT_EXACT, texts.OTHER_FINGERPRINT)
        return before

    def _recipe(self, plan: Plan, candidate: Candidate, repairs: Repairs, seen: Identified, encoded: Stored) -> Recipe:
        source, original = self._source, candidate.original
        wrapping = None
        if self._options.find_wrapping and source.container not in _UNCOMPRESSED:
            wrapping = find_wrapping(source.path, source.container, original.sha256, source.blocks)
        back = source.container in _UNCOMPRESSED or wrapping is not None
        content: Content = replace(candidate.content, record_count=seen.record_count, fingerprint=seen.fingerprint)
        return Recipe(
            name=source.name,
            format=source.format,
            container=source.container,
            encoding=plan.encoding,
            original=original,
            content=content,
            encoded=encoded,
            settings=plan.settings,
            text=candidate.text,
            repairs=repairs,
            wrapping=wrapping,
            losses=() if back else ("container",),
            software=software(),
        )


_WEIGHT = (Reason.NO_REFERENCE, Reason.NOT_EXACT, Reason.NO_GAIN, Reason.FORMAT)
"""Of several reasons the first one here is told."""


class _Dropped(Exception):
    """The file under way is not kept."""


@contextmanager
def _kept_if_proven(target: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A temporary file beside ``target``, which gets that name only where ``keep`` was called."""
    kept: list[bool] = []
    try:
        with atomic_path(target) as temporary:
            yield temporary, lambda: kept.append(True)
            if not kept:
                raise _Dropped
    except _Dropped:
        return
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
