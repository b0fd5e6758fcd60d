"""Bases by position and reads by GC content."""

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.content import LANE_READS, count_bases, fold_bases, letter_table
from dsqc.metrics.positions import NEAR, row_count


class ContentCollector:
    """Counts A, C, G and T by position (rows of ``dsqc.metrics.positions``), and reads by their GC percentage."""

    def __init__(self) -> None:
        self._letters = letter_table()
        self._lanes = np.zeros((4, NEAR), dtype=np.uint8)
        self._pending = 0
        self._reached = 0  # positions that hold something in the lanes
        self._table = np.zeros((4, NEAR), dtype=np.int64)
        self._gc_reads = np.zeros(101, dtype=np.int64)

    def add(self, batch: ReadBatch, longest: int) -> None:
        """Count the reads of a checked batch; ``longest`` is its longest read's length."""
        self._grow(row_count(longest))
        first = 0
        while first < len(batch):
            last = min(len(batch), first + LANE_READS - self._pending)
            count_bases(
                batch.data,
                batch.sequence_start,
                batch.length,
                first,
                last,
                self._lanes,
                self._table,
                self._letters,
                self._gc_reads,
            )
            self._reached = max(self._reached, min(longest, NEAR))
            self._pending += last - first
            if self._pending == LANE_READS:
                self._fold()
            first = last

    def merge(self, other: "ContentCollector") -> None:
        """Add everything that ``other`` counted."""
        table = other.table
        self._grow(table.shape[1])
        self._table[:, : table.shape[1]] += table
        self._gc_reads += other._gc_reads

    @property
    def table(self) -> NDArray[np.int64]:
        """int64[4, rows]: A, C, G and T (with U) by row of positions."""
        self._fold()
        return self._table

    @property
    def gc_reads(self) -> NDArray[np.int64]:
        """int64[101]: reads by 100 * (G + C) / length, rounded half up; empty reads are not counted."""
        return self._gc_reads

    def _fold(self) -> None:
        if self._pending:
            fold_bases(self._lanes, self._reached, self._table)
            self._pending = self._reached = 0

    def _grow(self, rows: int) -> None:
        if rows > self._table.shape[1]:
            table = np.zeros((4, rows), dtype=np.int64)
            table[:, : self._table.shape[1]] = self._table
            self._table = table
