"""A case of the zoo: valid data, one damage, and what has to be said of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Place = Mapping[str, int] | Callable[[bytes], Mapping[str, int]]


@dataclass(frozen=True)
class Case:
    """One damage.

    Attributes:
        name: words joined by hyphens.
        file: the name that the damaged file has.
        damage: makes it of the valid one.
        errors: codes of the error findings, without their prefix; empty for oddities that are accepted.
        why: why it matters.
        of: the valid file.
        also: codes of errors that may follow from the damage and say it again.
        notes: codes of warnings and remarks that have to be there.
        place: of the findings of the first error code, the location of the first that says as much: ``record``,
            ``line``, ``byte_offset``; or a function of the valid file that gives it.
        mate: the other file of the pair (name, content) where the two are read as mates; the damaged one stands first
            unless ``second``.
        second: the damaged file is the second one of the pair.
        reference: content of the FASTA for a CRAM.
        beside: another file (name, content) that stands beside it: an index.
        silent: damaged, though nothing in the file tells: no reader can know it without a count or checksum from
            elsewhere.
    """

    name: str
    file: str
    damage: Callable[[bytes], bytes]
    errors: str
    why: str
    of: bytes = field(repr=False)
    also: str = ""
    notes: str = ""
    place: Place | None = None
    mate: tuple[str, bytes] | None = field(default=None, repr=False)
    second: bool = False
    reference: bytes | None = field(default=None, repr=False)
    beside: tuple[str, bytes] | None = field(default=None, repr=False)
    silent: bool = False

    def write(self, folder: Path) -> tuple[list[Path], Path | None]:
        """Make ``folder`` with everything in it; the paths of the files, and of the reference."""
        folder.mkdir()
        others = {"reference.fa": self.reference} if self.reference is not None else {}
        for name, data in {**self.files, **others, **dict([self.beside] if self.beside else [])}.items():
            (folder / name).write_bytes(data)
        return [folder / name for name in self.files], folder / "reference.fa" if others else None

    @property
    def files(self) -> dict[str, bytes]:
        """Name and content of the files, in the order in which they are given."""
        damaged = [(self.file, self.damage(self.of))]
        mate = [self.mate] if self.mate else []
        return dict(mate + damaged if self.second else damaged + mate)

    @property
    def location(self) -> dict[str, int]:
        """What ``place`` says of the valid file."""
        place = self.place or {}
        return dict(place(self.of) if callable(place) else place)

    @property
    def truth(self) -> str:
        """``broken``; ``odd`` for what is accepted with a remark, ``valid`` for what needs none."""
        if self.errors or self.silent:
            return "broken"
        return "odd" if self.notes else "valid"
