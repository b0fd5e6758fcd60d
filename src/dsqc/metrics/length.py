"""Reads by length: exact, however long reads are."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.length import count_lengths

DENSE = 4096
"""Lengths below this are counted in an array, the others in a dictionary."""
MOST_ROWS = 500
"""Rows of the length table; ten times FastQC's 50, so that its groups are whole numbers of ours."""


class LengthCollector:
    """Counts reads by length. Memory: 32 KiB and an entry for each different length from 4,096 on."""

    def __init__(self) -> None:
        self._dense = np.zeros(DENSE, dtype=np.int64)
        self._sparse: Counter[int] = Counter()
        self._counts: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None  # sorted when they are asked for

    def add(self, batch: ReadBatch) -> None:
        """Count the reads of a checked batch."""
        self._counts = None
        if count_lengths(batch.length, self._dense):
            lengths, counts = np.unique(batch.length[batch.length >= DENSE], return_counts=True)
            for length, count in zip(lengths.tolist(), counts.tolist(), strict=True):
                self._sparse[length] += count

    def merge(self, other: "LengthCollector") -> None:
        """Add everything that ``other`` counted."""
        self._counts = None
        self._dense += other._dense
        self._sparse.update(other._sparse)

    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The lengths seen, ascending, and how many reads have each; int64."""
        if self._counts is None:
            dense = np.flatnonzero(self._dense)
            sparse = sorted(self._sparse.items())
            lengths = np.concatenate([dense, np.array([length for length, _ in sparse], dtype=np.int64)])
            reads = np.concatenate([self._dense[dense], np.array([count for _, count in sparse], dtype=np.int64)])
            self._counts = lengths.astype(np.int64), reads
        return self._counts


def bases_up_to(position: NDArray[np.int64], lengths: NDArray[np.int64], reads: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bases that stand at positions 1 to ``position`` of all reads, for each of the given positions; exact."""
    whole = np.concatenate([[0], np.cumsum(lengths * reads)])
    number = np.concatenate([[0], np.cumsum(reads)])
    ended = np.searchsorted(lengths, position, side="right")
    return np.asarray(whole[ended] + position * (number[-1] - number[ended]), dtype=np.int64)


def n50(lengths: NDArray[np.int64], reads: NDArray[np.int64]) -> int | None:
    """The length such that reads of this length or longer hold at least half of all bases; None without bases."""
    bases = np.cumsum((lengths * reads)[::-1])
    if not len(bases) or not bases[-1]:
        return None
    return int(lengths[::-1][np.searchsorted(2 * bases, bases[-1], side="left")])


def length_table(lengths: NDArray[np.int64], reads: NDArray[np.int64]) -> dict[str, list[int]]:
    """Reads by length: a row a length where there are at most 500 of them, else equal widths of 1, 2 or 5 times 10^n.

    Rows without reads are left out.
    """
    width = _width(int(lengths[-1] - lengths[0]), len(lengths)) if len(lengths) else 1
    table: Counter[int] = Counter()
    for length, count in zip(lengths.tolist(), reads.tolist(), strict=True):
        table[length - length % width] += count
    starts = sorted(table)
    return {
        "length_from": starts,
        "length_to": [start + width - 1 for start in starts],
        "reads": [table[start] for start in starts],
    }


def _width(span: int, different: int) -> int:
    if different <= MOST_ROWS:
        return 1
    multiplier = 1
    while True:
        for base in (1, 2, 5):
            if span // (base * multiplier) <= MOST_ROWS:
                return base * multiplier
        multiplier *= 10
