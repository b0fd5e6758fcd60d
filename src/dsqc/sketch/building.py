"""Sketches of genomes out of FASTA and GenBank files, and the panel that they make."""

import csv
import gzip
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dsqc.errors import UsageError
from dsqc.kernels import sketch as k
from dsqc.sketch.panel import Genome, Panel

ROLES = ("organism", "control", "vector")
FINEST, COARSEST = 16, 65_536
"""Scales that genomes are kept at."""
MOST_HASHES = 32_768
"""Hashes kept of a genome, about: the finest scale at which no more are left."""
CHUNK = 4_194_304
"""Letters that are hashed at once, and distinct words that are kept while a genome is read."""
COLUMNS = ("path", "name", "taxonomy_id", "accession", "role", "part", "hosts", "source", "licence", "recall")
"""Columns of a list of genomes; ``path`` alone must be filled where the file tells the rest."""
_TAXON = re.compile(r"taxon:(\d+)")


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a genome, in a list or in the file itself; empty where nothing is."""

    name: str = ""
    taxonomy_id: int = 0
    accession: str = ""
    role: str = "organism"
    part: str = ""
    hosts: tuple[int, ...] = ()
    source: str = ""
    licence: str = ""
    recall: tuple[float, float] | None = None


def read_list(path: Path) -> list[tuple[Path, Told]]:
    """The genomes of a list: TSV with the columns COLUMNS, paths relative to it.

    Raises:
        UsageError: it cannot be read, or a row of it is wrong; the row is named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    unknown = sorted({str(name) for row in rows for name in row} - set(COLUMNS))
    if unknown or not rows or "path" not in rows[0]:
        what = f"has columns that mean nothing: {', '.join(unknown)}" if unknown else "lists no genome"
        raise UsageError(f"{path} {what}.", hint=f"Its columns are: {', '.join(COLUMNS)}.")
    return [(path.parent / row["path"], _told(path, number, row)) for number, row in enumerate(rows, 1)]


def _told(path: Path, number: int, row: Mapping[str, str]) -> Told:
    given = {name: (row.get(name) or "").strip() for name in COLUMNS}
    ids = [given["taxonomy_id"] or "0", *given["hosts"].replace(",", " ").split()]
    wrong = [text for text in ids if not (text.isascii() and text.isdigit())]
    if wrong:
        raise UsageError(f"{path}, genome {number}: {wrong[0]!r} is no taxonomy id.")
    role = given["role"] or "organism"
    if role not in ROLES:
        raise UsageError(f"{path}, genome {number}: the role is {role!r}.", hint=f"One of: {', '.join(ROLES)}.")
    return Told(
        given["name"],
        int(ids[0]),
        given["accession"],
        role,
        given["part"],
        tuple(map(int, ids[1:])),
        given["source"],
        given["licence"],
        _recall(path, number, given["recall"]),
    )


def _recall(path: Path, number: int, text: str) -> tuple[float, float] | None:
    """``0.03-0.09``."""
    if not text:
        return None
    low, _, high = text.partition("-")
    try:
        bounds = float(low), float(high or low)
    except ValueError:
        bounds = (0.0, 0.0)
    if not 0 < bounds[0] <= bounds[1] <= 1:
        raise UsageError(f"{path}, genome {number}: {text!r} is no recall.", hint="Write two shares: 0.03-0.09.")
    return bounds


def build_panel(
    name: str, genomes: Sequence[tuple[Path, Told]], base: Panel | None = None, every: int | None = None
) -> Panel:
    """The panel of ``genomes``, behind those of ``base``.

    Args:
        every: one word of so many is kept of each genome, a power of two; None for as many as a sketch needs.

    Raises:
        UsageError: ``every`` is no power of two, a file is no FASTA or GenBank, a genome has no name or taxonomy id,
            two have the same name.
    """
    made = list(base.genomes) if base else []
    made += [sketch_genome(path, told, every) for path, told in genomes]
    seen: set[str] = set()
    for genome in made:
        if genome.label in seen:
            raise UsageError(f"Two genomes of the panel are called {genome.label}.", hint="Give one another name.")
        seen.add(genome.label)
    return Panel.of(name, made)


def sketch_genome(path: Path, told: Told | None = None, every: int | None = None) -> Genome:
    """The sketch of all sequences of one file together.

    Args:
        path: FASTA or GenBank, plain or gzip.
        told: what is known of it; what is not, the file is asked for.
        every: one word of so many is kept, a power of two; None for the finest scale at which MOST_HASHES are enough.
            Memory grows with what is kept: 8 bytes a word, three times as much for a moment.

    Raises:
        UsageError: it is neither, or holds no word, or name or taxonomy id are not known.
    """
    told = told or Told()
    if every is not None and (every < 1 or every > COARSEST or every & (every - 1)):
        raise UsageError(f"One word of {every} cannot be kept.", hint=f"Give a power of two up to {COARSEST}.")
    words = _DistinctWords(every)
    first: Told | None = None
    for own, letters in _sequences(path):
        first = first or own
        words.add(letters)
    if first is None or not words.hashed:
        raise UsageError(f"{path} holds no sequence of {k.SIZE} bases.", hint="Name a FASTA or GenBank file.")
    known = replace(
        told,
        name=told.name or first.name,
        taxonomy_id=told.taxonomy_id or first.taxonomy_id,
        accession=told.accession or first.accession,
    )
    if not known.name or not known.taxonomy_id:
        missing = "name" if not known.name else "taxonomy id"
        raise UsageError(
            f"{path} does not tell the {missing} of its organism.",
            hint="Give --name and --taxonomy-id, or a --list with them.",
        )
    scaled, hashes = words.sketch()
    facts = {name: getattr(known, name) for name in COLUMNS if name != "path"}
    return Genome(**facts, words=words.distinct, scaled=scaled, hashes=hashes)


class _DistinctWords:
    """The distinct words of a genome in bounded memory: all of them, or the lowest hashes where they are many.

    Args:
        every: keep one word of so many, however many these are.
    """

    def __init__(self, every: int | None = None) -> None:
        self.hashed = 0
        self._every = every
        self._scale = every.bit_length() - 1 if every else 0
        self._hashes = np.zeros(0, dtype=np.uint64)
        self._new: list[NDArray[np.uint64]] = []
        self._waiting = 0
        self._codes = k.letter_codes()

    def add(self, letters: NDArray[np.uint8]) -> None:
        """Add the words of one sequence."""
        words = np.zeros(1, dtype=np.int64)
        found = np.empty(min(len(letters), CHUNK + k.SIZE), dtype=np.uint64)
        for start in range(0, max(len(letters) - k.SIZE + 1, 0), CHUNK):
            part = np.ascontiguousarray(letters[start : start + CHUNK + k.SIZE - 1])
            number = int(k.hash_sequence(part, self._scale, self._codes, found, words))
            self._new.append(found[:number].copy())
            self._waiting += number
            if self._waiting > CHUNK:
                self._settle()
        self.hashed += int(words[0])

    def _settle(self) -> None:
        """Take over what waits; the scale doubles until it fits."""
        if self._waiting:
            together = np.concatenate([self._hashes, *self._new])
            together.sort()  # numpy's unique() goes by a hash table of its own, fifteen times slower on hashes
            self._hashes = together[np.concatenate([[True], together[1:] != together[:-1]])]
        self._new, self._waiting = [], 0
        while self._every is None and len(self._hashes) > CHUNK:
            self._scale += 1
            self._hashes = _lowest(self._hashes, 1 << self._scale).copy()

    @property
    def distinct(self) -> int:
        """Distinct words: counted up to CHUNK of them, estimated from the hashes kept beyond (within 0.2 %)."""
        self._settle()
        return len(self._hashes) << self._scale

    def sketch(self) -> tuple[int, NDArray[np.uint64]]:
        """The finest scale at which MOST_HASHES are enough, and the hashes."""
        self._settle()
        if self._every is not None:
            return self._every, self._hashes
        scaled = max(FINEST, 1 << self._scale)
        while len(_lowest(self._hashes, scaled)) > MOST_HASHES and scaled < COARSEST:
            scaled *= 2
        return scaled, _lowest(self._hashes, scaled).copy()


def _lowest(hashes: NDArray[np.uint64], scaled: int) -> NDArray[np.uint64]:
    """Of ascending hashes those kept at a scale."""
    return hashes[: np.searchsorted(hashes, np.uint64((1 << 64) // scaled - 1), side="right")]


def _sequences(path: Path) -> Iterator[tuple[Told, NDArray[np.uint8]]]:
    """What the file says of each of its sequences, and their letters.

    Raises:
        UsageError: the file cannot be read, or is neither FASTA nor GenBank.
    """
    from Bio import SeqIO
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    try:
        with _opened(path) as file:
            start = file.read(1)
            file.seek(0)
            if start == ">":
                for title, text in SimpleFastaParser(file):  # type: ignore[no-untyped-call]
                    yield _of_title(title), np.frombuffer(text.encode("ascii"), dtype=np.uint8)
            elif start == "L":
                for record in SeqIO.parse(file, "genbank"):  # type: ignore[no-untyped-call]
                    yield _of_record(record), np.frombuffer(bytes(record.seq), dtype=np.uint8)
            else:
                raise UsageError(f"{path} is neither FASTA nor GenBank.")
    except (OSError, ValueError, EOFError) as error:  # a UnicodeError is a ValueError
        raise UsageError(f"{path} cannot be read: {error}.") from error


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8")


def _of_title(title: str) -> Told:
    """A FASTA title: the accession, and what stands behind it up to a comma as the name."""
    first, _, rest = title.partition(" ")
    parts = [part for part in first.split("|") if part]
    accession = parts[parts.index("ref") + 1] if "ref" in parts[:-1] else first
    return Told(name=rest.partition(",")[0].strip(), accession=accession)


def _of_record(record: Any) -> Told:
    """A GenBank record: organism, taxon and accession."""
    notes = [note for feature in record.features[:1] for note in feature.qualifiers.get("db_xref", ())]
    taxon = next((int(found[1]) for note in notes if (found := _TAXON.fullmatch(note))), 0)
    return Told(name=str(record.annotations.get("organism", "")), taxonomy_id=taxon, accession=str(record.id))
