"""Bases by position and reads by GC content."""

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels._zeros import zeros
from dsqc.kernels.content import BLOCK, count_bases, letter_table
from dsqc.metrics import positions


class ContentCollector:
    """Counts A, C, G and T by position (rows of ``dsqc.metrics.positions``), and reads by their GC percentage."""

    def __init__(self) -> None:
        self._letters = letter_table()
        self._lanes = np.zeros(4 * BLOCK + 64, dtype=np.uint8)
        self._scratch = np.zeros((2, 0), dtype=np.int64)
        self._table = zeros((4, positions.ROOM), np.int64)
        self._rows = 0  # those that hold something
        self._gc_reads = np.zeros(101, dtype=np.int64)

    def add(self, batch: ReadBatch, longest: int) -> None:
        """Count the reads of a checked batch; ``longest`` is its longest read's length."""
        self._grow(positions.row_count(longest))
        if len(batch) > self._scratch.shape[1]:
            self._scratch = np.zeros((2, len(batch)), dtype=np.int64)
        count_bases(
            batch.data,
            batch.sequence_start,
            batch.length,
            positions.NEAR,
            self._lanes,
            self._scratch,
            self._table,
            self._letters,
            self._gc_reads,
        )

    def merge(self, other: "ContentCollector") -> None:
        """Add everything that ``other`` counted."""
        table = other.table
        self._grow(table.shape[1])
        self._table[:, : table.shape[1]] += table
        self._gc_reads += other._gc_reads

    @property
    def table(self) -> NDArray[np.int64]:
        """int64[4, rows]: A, C, G and T (with U) by row of positions."""
        return self._table[:, : self._rows]

    @property
    def gc_reads(self) -> NDArray[np.int64]:
        """int64[101]: reads by 100 * (G + C) / length, rounded half up; empty reads are not counted."""
        return self._gc_reads

    def _grow(self, rows: int) -> None:
        self._rows = max(self._rows, rows)
        self._table = positions.grown(self._table, self._rows, axis=1)
