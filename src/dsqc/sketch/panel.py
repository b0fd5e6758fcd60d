"""The reference panel: sketches of genomes with their names, in one file."""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc import artefact
from dsqc.errors import UsageError
from dsqc.kernels.sketch import SIZE

SCHEMA_VERSION = "1.0"
HASH = "fmix64-2bit-31"
"""Names the hash of the words; a panel of another one compares with nothing."""
ENVIRONMENT_VARIABLE = "DSQC_PANEL"
NONE = "none"
"""In the place of a file: no panel."""
SHIPPED = ("sketches", "small.sketch")
"""The small panel in ``dsqc.schemas``; README.md beside it says what is in it."""
DIGITS = 12
_MAKE = "`dsqc sketch build GENOME... -o FILE` makes one."
_unpacked = ExitStack()
"""Holds the shipped panel where dsqc runs out of an archive."""


@dataclass(frozen=True, slots=True)
class Genome:
    """The sketch of one genome, or of a part of one.

    Attributes:
        name: scientific name of the organism, or of what the sequence is.
        taxonomy_id: in the NCBI Taxonomy.
        accession: of the sequence, where it has one.
        role: ``organism``; ``control`` (what laboratories add: phiX, lambda) or ``vector``.
        part: what of the genome it is (``mitochondrion``); empty for all of it.
        hosts: taxonomy ids in whose samples the organism may be most of what is read (of a virus or a phage).
        source: where the sequence was had.
        licence: of that source.
        words: distinct words of the sequence.
        scaled: one word of so many was kept, a power of two.
        hashes: uint64, ascending; of the words that were kept.
        recall: of a part that stands for the whole organism: the least and the most share of the words of its reads
            that this part holds (repeats are a few words that much of a genome consists of); None where it was not
            measured.
    """

    name: str
    taxonomy_id: int
    accession: str
    role: str
    part: str
    hosts: tuple[int, ...]
    source: str
    licence: str
    words: int
    scaled: int
    hashes: NDArray[np.uint64]
    recall: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """The name, with the part where it is one."""
        return f"{self.name} ({self.part})" if self.part else self.name

    def facts(self) -> dict[str, Any]:
        """Everything but the hashes, as plain data."""
        recall = {"recall": list(self.recall)} if self.recall else {}  # panels without it keep their digest
        return {
            "name": self.name,
            "taxonomy_id": self.taxonomy_id,
            "accession": self.accession,
            "role": self.role,
            "part": self.part,
            "hosts": list(self.hosts),
            "source": self.source,
            "licence": self.licence,
            "words": self.words,
            "scaled": self.scaled,
            "hash_count": len(self.hashes),
            **recall,
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its name and genomes. ``version`` is the name with the first digits of a digest of everything in it."""

    name: str
    genomes: tuple[Genome, ...]
    sha256: str

    @classmethod
    def of(cls, name: str, genomes: Sequence[Genome]) -> "Panel":
        """A panel of ``genomes``, in their order."""
        digest = hashlib.sha256(f"{HASH}\0{SIZE}\0{name}\0".encode())
        for genome in genomes:
            digest.update(json.dumps(genome.facts(), ensure_ascii=False, sort_keys=True).encode())
            digest.update(genome.hashes.astype("<u8").tobytes())
        return cls(name, tuple(genomes), digest.hexdigest())

    @property
    def version(self) -> str:
        """Name and digest: two results with the same were compared with the same genomes."""
        return f"{self.name}+{self.sha256[:DIGITS]}"


def write_panel(path: Path, panel: Panel) -> None:
    """Write a panel, whole or not at all; the same panel gives the same bytes.

    The file is one line of JSON (everything but the hashes), then the hashes of all genomes, little-endian.

    Raises:
        StorageFault: the place cannot be written.
    """
    head = {
        "schema_version": SCHEMA_VERSION,
        "hash": HASH,
        "size": SIZE,
        "name": panel.name,
        "sha256": panel.sha256,
        "genomes": [genome.facts() for genome in panel.genomes],
    }
    with artefact.atomic_file(path) as file:
        file.write(json.dumps(head, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        for genome in panel.genomes:
            file.write(genome.hashes.astype("<u8").tobytes())


def open_panel(path: Path | None = None) -> Panel:
    """The panel at ``path``; ``None``: the small one that dsqc ships. Each is read once.

    Raises:
        UsageError: there is none, or it is none that this dsqc reads, or it is damaged.
    """
    return _opened(path)


@cache
def _opened(path: Path | None) -> Panel:
    place = path or _unpacked.enter_context(as_file(files("dsqc.schemas").joinpath(*SHIPPED)))
    if not place.is_file():
        raise UsageError(f"There is no panel {place}.", hint=_MAKE)
    try:
        line, _, data = place.read_bytes().partition(b"\n")
        head = json.loads(line) if line.startswith(b"{") else {}
        if "genomes" not in head:
            raise UsageError(f"{place} is no panel of genomes.", hint=_MAKE)
        if (head.get("schema_version"), head.get("hash"), head.get("size")) != (SCHEMA_VERSION, HASH, SIZE):
            raise UsageError(f"{place} is a panel of another version or hash than {HASH}.", hint=_MAKE)
        panel = Panel.of(head["name"], _genomes(head["genomes"], data))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{place} is no panel of genomes, or a damaged one: {error}.", hint=_MAKE) from error
    if panel.sha256 != head["sha256"]:
        raise UsageError(f"{place} is damaged: its digest is not that of its content.", hint=_MAKE)
    return panel


def _genomes(facts: Sequence[dict[str, Any]], data: bytes) -> list[Genome]:
    """The genomes of a file.

    Raises:
        ValueError: it ends too early or too late.
    """
    hashes = np.frombuffer(data, dtype="<u8").astype(np.uint64)
    ends = np.cumsum([0, *(int(row["hash_count"]) for row in facts)])
    if ends[-1] != len(hashes):
        raise ValueError(f"{len(hashes):,} hashes where {int(ends[-1]):,} should be")
    return [
        Genome(
            **{name: value for name, value in row.items() if name not in ("hosts", "hash_count", "recall")},
            hosts=tuple(row["hosts"]),
            recall=(float(row["recall"][0]), float(row["recall"][1])) if "recall" in row else None,
            hashes=hashes[ends[number] : ends[number + 1]],
        )
        for number, row in enumerate(facts)
    ]


def choose_panel(path: Path | None = None, station: Path | None = None) -> Panel | None:
    """The panel that was asked for: by name, by the environment (``DSQC_PANEL``), by the station, or that of dsqc.

    Args:
        path: panel named in the call; ``none`` for no panel.
        station: panel of the station's configuration.

    Raises:
        UsageError: it cannot be read.
    """
    chosen = _chosen(path, station)
    return None if str(chosen) == NONE else open_panel(chosen)


def check_panel(path: Path | None = None, station: Path | None = None) -> None:
    """Whether there is a file where :func:`choose_panel` would look, without reading it.

    Raises:
        UsageError: there is none.
    """
    chosen = _chosen(path, station)
    if chosen is not None and str(chosen) != NONE and not chosen.is_file():
        raise UsageError(f"There is no panel {chosen}.", hint=_MAKE)


def _chosen(path: Path | None, station: Path | None) -> Path | None:
    named = os.environ.get(ENVIRONMENT_VARIABLE, "")
    return path or (Path(named) if named else None) or station
