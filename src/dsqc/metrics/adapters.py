"""Adapters in reads: where reads run through their insert into what was ligated to it."""

from collections.abc import Iterator
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels.adapters import NEAR, SIZE, TABLE_BITS, fill_table, find_adapters
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value
from dsqc.metrics.contaminants import adapters
from dsqc.metrics.positions import display_groups

WITH_ADAPTER = Metric(
    "frac_reads_adapter",
    Text("Reads with adapter", "어댑터가 있는 리드 비율"),
    "fraction",
    Text(
        "Reads that contain the 12 letters of at least one adapter (schemas/sequences/adapters.tsv, without runs of "
        "one letter) anywhere / reads. By chance one read in 1,200,000 / length has them.",
        "어댑터(schemas/sequences/adapters.tsv, 같은 염기 반복 제외) 가운데 하나라도 그 12염기가 있는 리드 / 전체 "
        "리드. 우연히 있을 확률은 리드 길이 / 1,200,000이다.",
    ),
    "dsqc; the adapters of FastQC 0.12.1, and of kits that it does not know",
)
COMMONEST = Metric(
    "commonest_adapter",
    Text("Most frequent adapter", "가장 많은 어댑터"),
    "text",
    Text(
        "The adapter that most reads contain, runs of one letter left out; null where none was found.",
        "가장 많은 리드에 있는 어댑터(같은 염기 반복 제외). 없으면 null.",
    ),
    "dsqc",
)


class AdapterCollector(Collector):
    """Counts reads by adapter and the position where it first occurs. Memory: 80 bytes a position."""

    METRICS = (WITH_ADAPTER, COMMONEST)

    def __init__(self) -> None:
        known = adapters()
        self._letters = np.array([list(item.sequence.encode()) for item in known], dtype=np.uint8)
        self._table = np.zeros(1 << TABLE_BITS, dtype=np.uint16)
        fill_table(self._table, self._letters)
        self._counted = sum(1 << number for number, item in enumerate(known) if item.is_adapter)
        self._first = np.zeros((len(known), 0), dtype=np.int64)
        self._with_adapter = 0

    def add(self, reads: Reads) -> None:
        """Measure one batch."""
        batch = reads.batch
        self._grow(_columns(reads.longest))
        self._with_adapter += int(
            find_adapters(
                batch.data,
                batch.sequence_start,
                batch.length,
                self._table,
                self._letters,
                self._counted,
                self._first,
            )
        )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` collected."""
        columns = other._first.shape[1]
        self._grow(columns)
        self._first[:, :columns] += other._first
        self._with_adapter += other._with_adapter

    def values(self, facts: Facts) -> dict[str, Value]:
        """The fraction of reads with an adapter, and which is the most frequent."""
        if not facts.read_count:
            return dict.fromkeys(metric.id for metric in self.METRICS)
        reads = [
            (total, -number, item.name)
            for number, (item, total) in enumerate(zip(adapters(), self._first.sum(axis=1).tolist(), strict=True))
            if item.is_adapter
        ]
        most, _, name = max(reads)
        return {
            "frac_reads_adapter": self._with_adapter / facts.read_count,
            "commonest_adapter": name if most else None,
        }

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Percent of reads that have shown an adapter up to a position, mean over the positions of a group.

        FastQC's groups: of the positions at which 12 letters fit into the longest read. No rows where none fit. From
        position 100,000 on a thousand positions share one count, which stands at the first of them.
        """
        longest = int(facts.lengths[-1]) if len(facts.lengths) else 0
        groups = display_groups(max(longest - SIZE + 1, 0)) if longest > SIZE else []
        table: Table = {
            "position_from": [low for low, _ in groups],
            "position_to": [high for _, high in groups],
        }
        percent = np.cumsum(self._first, axis=1) * 100.0 / max(facts.read_count, 1)
        means = np.array([_mean_between(percent, low - 1, high) for low, high in groups]).reshape(-1, len(percent))
        for item, column in zip(adapters(), means.T.tolist(), strict=True):
            table[item.name] = column
        return {"adapter_content": table}

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """``reads_by_first_adapter``: reads by adapter (the key) and the position where it first occurs."""
        for item, counts in zip(adapters(), self._first, strict=True):
            for column in np.flatnonzero(counts).tolist():
                start = column if column < NEAR else NEAR + 1000 * (column - NEAR)
                end = start if column < NEAR else start + 999
                yield "reads_by_first_adapter", start + 1, end + 1, item.name, float(counts[column])

    def _grow(self, columns: int) -> None:
        if columns > self._first.shape[1]:
            first = np.zeros((len(self._first), columns), dtype=np.int64)
            first[:, : self._first.shape[1]] = self._first
            self._first = first


def _columns(length: int) -> int:
    """Columns for reads of up to ``length`` bases."""
    return length if length <= NEAR else NEAR + (length - NEAR) // 1000 + 1


def _mean_between(percent: NDArray[np.float64], low: int, high: int) -> NDArray[np.float64]:
    """Mean of each row over positions from 0, ``low`` to ``high`` (exclusive), added one after the other as in FastQC.

    Columns from NEAR on stand for a thousand positions each.
    """
    total = np.zeros(len(percent))
    if low < NEAR:
        total = np.add.accumulate(percent[:, low : min(high, NEAR)], axis=1)[:, -1]
    if high > NEAR:
        edges = np.arange(NEAR, high + 1000, 1000)
        width = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
        total = total + percent[:, NEAR : NEAR + len(width)] @ np.maximum(width, 0)
    return total / (high - low)
