"""Illumina 2×150: pairs out of a genome, with what real runs have besides: duplicates, adapters read through at short
fragments, poly-G behind them and in dark clusters (two-colour chemistry), bases that could not be called."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from makers import qualities
from makers.genome import Genome, substitute
from makers.rows import Bytes, Rows

READ_LENGTH = 150
BLOCK = 20_000
"""Reads made at once; each block has its own random numbers, so that mates can be made apart."""
ADAPTERS = {
    1: b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCACACGTACGTATCTCGTATGCCGTCTTCTGCTTG",
    2: b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGTAGATCTCGGTGGTCGCCGTATCATT",
}
"""TruSeq's, as they are read through."""
DUPLICATES, DARK, UNCALLED = 0.04, 0.012, 0.002
"""Shares of the reads."""
READS_PER_TILE, READS_PER_ROW = 40_000, 280
TILES = [1000 * surface + 100 * swath + tile for surface in (1, 2) for swath in range(1, 7) for tile in range(1, 79)]
NAME = b"A01234:55:HGXXXDSX5:1:1101:00000:00000"
"""instrument:run:flow cell:lane:tile:x:y; x and y without leading zeros."""
LANE, TILE, X, Y = 20, 22, 27, 33
COMMENT = b" 1:N:0:ACGTACGT+TTGGCCAA"


def put_names(rows: Rows, column: int, numbers: NDArray[np.int64]) -> None:
    """Write the names of the reads ``numbers`` at ``column``: lanes, tiles and places ascend with the number."""
    rows.put(column, NAME)
    tile, place = numbers // READS_PER_TILE, numbers % READS_PER_TILE
    row, in_row = place // READS_PER_ROW, place % READS_PER_ROW
    rows.block[:, column + LANE] = ord("1") + tile // len(TILES)
    rows.number(column + TILE, 4, np.array(TILES)[tile % len(TILES)], padded=True)
    rows.number(column + X, 5, 1000 + in_row * 109 + numbers * 7919 % 97)
    rows.number(column + Y, 5, 1000 + row * 246)


@dataclass(frozen=True, slots=True)
class Mates:
    """One block of one mate file.

    Attributes:
        bases: uint8[n, 150], letters.
        phred: uint8[n, 150].
    """

    bases: Bytes
    phred: Bytes


class Illumina:
    """Makes the reads of one run.

    Args:
        reads: of each mate file.
        seed: of all random numbers.
        levels: ``binned`` (4) or ``forty``.
        genome: that they are out of; made up where none is given.
    """

    def __init__(self, reads: int, seed: int, levels: str, genome: Genome | None = None) -> None:
        self.reads = reads
        self._seed = seed
        self._levels = levels
        self.genome = genome or Genome.of(np.random.default_rng([seed, 0]), reads)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """First read and number of reads of each block."""
        for first in range(0, self.reads, BLOCK):
            yield first, min(BLOCK, self.reads - first)

    def mates(self, first: int, count: int, mate: int) -> Mates:
        """The reads ``first`` to ``first + count`` of R1 or R2; ``first`` starts a block."""
        start, insert = self._fragments(np.random.default_rng([self._seed, 1, first]), count, mate)
        rng = np.random.default_rng([self._seed, 1 + mate, first])
        draw = qualities.binned if self._levels == "binned" else qualities.forty
        phred = draw(rng, count, READ_LENGTH, 1.0 if mate == 1 else 1.5)
        bases = self.genome.pieces(start, READ_LENGTH)
        _read_through(bases, insert, ADAPTERS[mate])
        substitute(rng, bases, phred)
        if self._levels == "binned":
            _darken(rng, bases, phred)
        _uncall(rng, bases, phred)
        return Mates(bases, phred)

    def _fragments(
        self, rng: np.random.Generator, count: int, mate: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where a mate starts in ``Genome.both``, and how long its fragment is."""
        length = self.genome.length
        insert = np.clip(np.rint(rng.normal(340, 85, count)), 40, 900).astype(np.int64)
        left = rng.integers(0, length - 1000, count)
        copies = np.flatnonzero(rng.random(count) < DUPLICATES)
        copied = rng.integers(0, count, len(copies))
        reverse = rng.random(count) < 0.5
        for values in (insert, left, reverse):
            values[copies] = values[copied]
        from_left = reverse if mate == 2 else ~reverse
        start = np.where(from_left, left, 2 * length - (left + insert))
        return np.minimum(start, 2 * length - READ_LENGTH), insert

    def fastq(self, mate: int) -> Iterator[bytes]:
        """The text of R1 or R2, block by block."""
        for first, count in self.blocks():
            yield fastq_text(first, self.mates(first, count, mate), mate)


def fastq_text(first: int, mates: Mates, mate: int) -> bytes:
    """FASTQ of one block."""
    head = b"@" + NAME + COMMENT.replace(b" 1:", b" %d:" % mate) + b"\n"
    rows = Rows.of(head + bytes(READ_LENGTH) + b"\n+\n" + bytes(READ_LENGTH) + b"\n", len(mates.bases))
    put_names(rows, 1, np.arange(first, first + len(mates.bases)))
    at = len(head)
    rows.block[:, at : at + READ_LENGTH] = mates.bases
    at += READ_LENGTH + 3
    np.add(mates.phred, 33, out=rows.block[:, at : at + READ_LENGTH])
    return rows.tobytes()


def _read_through(bases: Bytes, insert: NDArray[np.int64], adapter: bytes) -> None:
    """Behind a fragment shorter than the read stands the adapter, then nothing, which two colours read as G."""
    behind = np.frombuffer(adapter + b"G" * READ_LENGTH, np.uint8)
    for row in np.flatnonzero(insert < READ_LENGTH):
        bases[row, insert[row] :] = behind[: READ_LENGTH - insert[row]]


def _darken(rng: np.random.Generator, bases: Bytes, phred: Bytes) -> None:
    """Some clusters go dark: G of the best quality to the end."""
    rows = np.flatnonzero(rng.random(len(bases)) < DARK)
    for row, start in zip(rows, rng.integers(0, READ_LENGTH, len(rows)), strict=True):
        bases[row, start:] = ord("G")
        phred[row, start:] = qualities.LEVELS[-1]


def _uncall(rng: np.random.Generator, bases: Bytes, phred: Bytes) -> None:
    """N of quality 2: single ones, and a bubble now and then that takes a cycle of many neighbours."""
    number = max(1, round(UNCALLED * len(bases)))
    rows, places = rng.integers(0, len(bases), number), rng.integers(0, READ_LENGTH, number)
    bases[rows, places], phred[rows, places] = ord("N"), 2
    start, cycle = int(rng.integers(0, len(bases))), int(rng.integers(0, READ_LENGTH))
    bubble = slice(start, start + len(bases) // 500)
    bases[bubble, cycle], phred[bubble, cycle] = ord("N"), 2
