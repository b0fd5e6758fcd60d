"""Mismatches and indels of alignments by cycle."""

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import AlignmentColumns, ReadBatch
from dsqc.kernels import alignment_cycles as k
from dsqc.metrics.collector import MetricRow, Table
from dsqc.metrics.positions import group_rows, grown, row_count, row_limits

Counts = NDArray[np.int64]

_NAMES = ("uncompared", "compared", "mismatches", "no_calls", "insertions", "deletions")


class Cycles:
    """Counts differences between reads and reference by cycle, the place of a base in its read as sequenced."""

    def __init__(self) -> None:
        self._near = np.zeros((2, k.NEAR + 1), np.int64)
        self._far = np.zeros((k.TABLES, 0), np.int64)
        self._longest = 0

    def add(
        self,
        records: ReadBatch,
        fields: AlignmentColumns,
        tags: Counts,
        longest: int,
    ) -> None:
        """Count the records of a batch, none longer than ``longest``, hard-clipped bases included.

        Args:
            tags: int64[2, n]; NM and the places of MD, from ``dsqc.kernels.alignment.count_records``.
        """
        if records.flag is None:
            return
        self._grow(longest)
        k.count_cycles(
            fields.records,
            fields.cigar_start,
            fields.cigar_count,
            fields.tags_start,
            fields.record_end,
            records.length,
            records.flag,
            tags[0],
            tags[1],
            self._near,
            self._far,
        )

    def _grow(self, longest: int) -> None:
        self._longest = max(self._longest, longest)
        self._far = grown(self._far, row_count(self._longest), axis=1)

    def merge(self, other: "Cycles") -> None:
        """Add everything that ``other`` counted."""
        self._grow(other._longest)
        self._near += other._near
        rows = row_count(other._longest)
        self._far[:, :rows] += other._far[:, :rows]

    def counts(self) -> Counts:
        """int64[TABLES, rows]: what was counted, by row of cycles (``dsqc.metrics.positions``)."""
        counts = self._far[:, : row_count(self._longest)].copy()
        near = min(k.NEAR, counts.shape[1])
        counts[:2, :near] += np.cumsum(self._near[:, :near], axis=1)
        return counts

    def totals(self) -> tuple[int, int, int, int]:
        """Bases compared, and how many mismatches, insertions and deletions there are in all."""
        totals = self.counts().sum(axis=1)
        compared, mismatches = int(totals[k.COMPARED]), int(totals[k.MISMATCHES])
        return compared, mismatches, int(totals[k.INSERTIONS]), int(totals[k.DELETIONS])

    def table(self) -> Table:
        """Counts by cycle, grouped as FastQC groups positions; cycles count from 1."""
        counts = self.counts()
        groups = group_rows(self._longest)
        table: Table = {
            "cycle_from": [low for low, _high, _rows in groups],
            "cycle_to": [high for _low, high, _rows in groups],
        }
        for number, name in enumerate(_NAMES):
            table[name] = [int(counts[number, chosen].sum()) for _low, _high, chosen in groups]
        return table

    def rows(self) -> list[MetricRow]:
        """The counts at full resolution."""
        counts = self.counts()
        starts, ends = row_limits(counts.shape[1])
        return [
            ("differences_by_cycle", int(starts[row]), int(ends[row]), name, float(counts[number, row]))
            for number, name in enumerate(_NAMES)
            for row in np.flatnonzero(counts[number])
        ]
