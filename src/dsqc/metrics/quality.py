"""Qualities by position, and reads by mean quality; in characters until the offset is known."""

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.quality import LANE_READS, count_qualities, fold_qualities
from dsqc.metrics.positions import NEAR, row_count


class QualityCollector:
    """Counts quality characters by position (rows of ``dsqc.metrics.positions``) and reads by mean character."""

    def __init__(self) -> None:
        self._lanes = np.zeros(NEAR * 256, dtype=np.uint16)
        self._pending = 0
        self._reached = 0  # positions that hold something in the lanes
        self._table = np.zeros((NEAR, 256), dtype=np.int64)
        self._mean_reads = np.zeros(256, dtype=np.int64)

    def add(self, batch: ReadBatch, longest: int) -> None:
        """Count the reads of a checked batch; ``longest`` is its longest read's length."""
        self._grow(row_count(longest))
        first = 0
        while first < len(batch):
            last = min(len(batch), first + LANE_READS - self._pending)
            count_qualities(
                batch.data, batch.quality_start, batch.length, first, last, self._lanes, self._table, self._mean_reads
            )
            self._reached = max(self._reached, min(longest, NEAR))
            self._pending += last - first
            if self._pending == LANE_READS:
                self._fold()
            first = last

    def merge(self, other: "QualityCollector") -> None:
        """Add everything that ``other`` counted."""
        table = other.table
        self._grow(len(table))
        self._table[: len(table)] += table
        self._mean_reads += other._mean_reads

    @property
    def table(self) -> NDArray[np.int64]:
        """int64[rows, 256]: quality characters by row of positions."""
        self._fold()
        return self._table

    @property
    def mean_reads(self) -> NDArray[np.int64]:
        """int64[256]: reads by the arithmetic mean of their quality characters, cut to a whole number."""
        return self._mean_reads

    @property
    def characters(self) -> NDArray[np.int64]:
        """int64[256]: how often each quality character occurs in the file."""
        return np.asarray(self.table.sum(axis=0), dtype=np.int64)

    def _fold(self) -> None:
        if self._pending:
            fold_qualities(self._lanes, self._reached, self._table)
            self._pending = self._reached = 0

    def _grow(self, rows: int) -> None:
        if rows > len(self._table):
            table = np.zeros((rows, 256), dtype=np.int64)
            table[: len(self._table)] = self._table
            self._table = table
