"""Qualities by position, and reads by mean quality; in characters until the offset is known."""

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels._zeros import zeros
from dsqc.kernels.quality import COLUMNS, FIRST, LANES, ROOM, WORD_READS, count_qualities, fold_words
from dsqc.metrics import positions


class QualityCollector:
    """Counts quality characters by position (rows of ``dsqc.metrics.positions``) and reads by mean character.

    Memory: 960 bytes a row, 100 MB for the positions up to 99,999.
    """

    def __init__(self) -> None:
        self._lanes = np.zeros(LANES, dtype=np.uint8)
        self._words = zeros(positions.NEAR * COLUMNS, np.uint16)
        self._pending = 0  # reads counted in the words
        self._room = np.zeros(ROOM, dtype=np.int64)
        self._scratch = np.zeros((3, 0), dtype=np.int64)
        self._table = zeros((positions.ROOM, COLUMNS), np.int64)
        self._rows = 0  # those that hold something
        self._mean_reads = np.zeros(256, dtype=np.int64)
        self._characters: NDArray[np.int64] | None = None  # summed up when it is asked for

    def add(self, batch: ReadBatch, longest: int) -> None:
        """Count the reads of a checked batch; ``longest`` is its longest read's length."""
        self._characters = None
        for first in range(0, len(batch), WORD_READS):
            self._add(batch if len(batch) <= WORD_READS else batch.part(first, first + WORD_READS), longest)

    def _add(self, batch: ReadBatch, longest: int) -> None:
        self._grow(positions.row_count(longest))
        if len(batch) > self._scratch.shape[1]:
            self._scratch = np.zeros((3, len(batch)), dtype=np.int64)
        if self._pending + len(batch) > WORD_READS:
            self._fold()
        self._pending += len(batch)
        count_qualities(
            batch.data,
            batch.quality_start,
            batch.length,
            positions.NEAR,
            self._lanes,
            self._words,
            self._room,
            self._scratch,
            self._table,
            self._mean_reads,
        )

    def merge(self, other: "QualityCollector") -> None:
        """Add everything that ``other`` counted."""
        self._characters = None
        table = other.table
        self._grow(len(table))
        self._table[: len(table)] += table
        self._mean_reads += other._mean_reads

    @property
    def table(self) -> NDArray[np.int64]:
        """int64[rows, COLUMNS]: quality characters, from FIRST on, by row of positions."""
        self._fold()
        return self._table[: self._rows]

    @property
    def mean_reads(self) -> NDArray[np.int64]:
        """int64[256]: reads by the arithmetic mean of their quality characters, cut to a whole number."""
        return self._mean_reads

    @property
    def characters(self) -> NDArray[np.int64]:
        """int64[256]: how often each quality character occurs in the file."""
        if self._characters is None:
            self._characters = np.zeros(256, dtype=np.int64)
            self._characters[FIRST : FIRST + COLUMNS] = self.table.sum(axis=0)
        return self._characters

    def _fold(self) -> None:
        if self._pending:
            fold_words(self._words[: self._rows * COLUMNS], self._table)
            self._pending = 0

    def _grow(self, rows: int) -> None:
        self._rows = max(self._rows, rows)
        self._table = positions.grown(self._table, self._rows, axis=0)
