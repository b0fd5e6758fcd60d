"""Finished tables out of the collectors' counts: what the JSON, the plots and FastQC's text show."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels.quality import FIRST
from dsqc.metrics.collector import Table
from dsqc.metrics.length import bases_up_to
from dsqc.metrics.positions import NEAR, group_rows, row_limits

PERCENTILES = {"p10": 10, "q1": 25, "median": 50, "q3": 75, "p90": 90}
ROWS_AT_ONCE = 4096
"""Rows worked on together: running counts of all rows of long reads would take as much memory as their table."""
ENOUGH_READS = 100
"""Percentiles of a group of positions rest on those that more reads than this reach (FastQC), if there is any."""


def row_statistics(table: NDArray[np.int64], offset: int) -> dict[str, NDArray[np.float64]]:
    """Count, mean and percentiles of Phred in each row of an int64[rows, COLUMNS] table of quality characters.

    A percentile is the first quality at which the running count reaches ``count * percent // 100`` (FastQC 0.12.1,
    ``QualityCount.getPercentile``), at least one. Rows without a quality hold NaN.
    """
    found = {name: np.full(len(table), np.nan) for name in ("count", "mean", *PERCENTILES)}
    for first in range(0, len(table), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        for name, column in _part_statistics(table[part], offset).items():
            found[name][part] = column
    return found


def _part_statistics(table: NDArray[np.int64], offset: int) -> dict[str, NDArray[np.float64]]:
    phred = np.arange(FIRST, FIRST + table.shape[1]) - offset
    count = table.sum(axis=1)
    running = table.cumsum(axis=1)
    some = count > 0
    found = {"count": count.astype(np.float64), "mean": np.full(len(table), np.nan)}
    found["mean"][some] = (table[some] @ phred) / count[some]
    for name, percent in PERCENTILES.items():
        least = np.maximum(count * percent // 100, 1)
        column = phred[np.argmax(running >= least[:, None], axis=1)].astype(np.float64)
        found[name] = np.where(some, column, np.nan)
    return found


def quality_by_position(table: NDArray[np.int64], offset: int, reads_at_least: NDArray[np.int64]) -> Table:
    """Qualities by group of positions.

    Groups and their values follow FastQC 0.12.1: a group's mean is the mean of its positions' means, its percentiles
    the means of the percentiles of those positions that more than 100 reads reach (of all, where there is none).
    From position 100,000 on a row of ``dsqc.metrics.positions`` stands for its positions.

    Args:
        table: int64[rows, COLUMNS], quality characters from FIRST on by row.
        offset: 33 or 64.
        reads_at_least: int64, reads by the least length: entry n counts reads of n bases or more (for far groups).
    """
    longest = len(reads_at_least) - 1
    statistics = row_statistics(table, offset)
    starts, ends = row_limits(len(table))
    width = np.minimum(ends, longest) - starts + 1
    result: dict[str, list[float | None]] = {name: [] for name in ("mean", "p10", "q1", "median", "q3", "p90")}
    groups = [group for group in group_rows(longest) if group[0] <= longest]
    for _low, _high, rows in groups:
        count = statistics["count"][rows]
        enough = count > ENOUGH_READS * width[rows]
        chosen = enough if enough.any() else count > 0
        result["mean"].append(_mean(statistics["mean"][rows], width[rows], count > 0))
        for name in PERCENTILES:
            result[name].append(_mean(statistics[name][rows], width[rows], chosen))
    reads = [
        int(statistics["count"][rows.start]) if low <= NEAR else int(reads_at_least[low]) for low, _high, rows in groups
    ]
    limits: Table = {
        "position_from": [low for low, _, _ in groups],
        "position_to": [high for _, high, _ in groups],
        "reads": reads,
    }
    return limits | result


def base_content(table: NDArray[np.int64], lengths: NDArray[np.int64], reads: NDArray[np.int64]) -> Table:
    """All bases of a group of positions, and the fractions of A, C, G, T (with U) and other letters (``n``).

    Args:
        table: int64[4, rows], A C G T by row.
        lengths, reads: int64, the lengths seen, ascending, and how many reads have each.
    """
    longest = int(lengths[-1]) if len(lengths) else 0
    groups = group_rows(longest)
    bases = bases_between([(low, high) for low, high, _ in groups], lengths, reads)
    counts = [[int(table[base, rows].sum()) for base in range(4)] for _, _, rows in groups]
    columns: Table = {
        "position_from": [low for low, _, _ in groups],
        "position_to": [high for _, high, _ in groups],
        "bases": bases,
    }
    for base, name in enumerate("acgt"):
        columns[name] = [count[base] / total for count, total in zip(counts, bases, strict=True)]
    columns["n"] = [(total - sum(count)) / total for count, total in zip(counts, bases, strict=True)]
    return columns


def bases_between(limits: Sequence[tuple[int, int]], lengths: NDArray[np.int64], reads: NDArray[np.int64]) -> list[int]:
    """Bases of all reads at positions ``low`` to ``high`` of each limit."""
    before = bases_up_to(np.array([low - 1 for low, _ in limits], dtype=np.int64), lengths, reads)
    until = bases_up_to(np.array([high for _, high in limits], dtype=np.int64), lengths, reads)
    return [int(number) for number in until - before]


def _mean(values: NDArray[np.float64], width: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float | None:
    """Mean over positions; a running sum adds one after the other as FastQC does, so that the last digit agrees."""
    weight = int(width[chosen].sum())
    return float(np.cumsum(values[chosen] * width[chosen])[-1]) / weight if weight else None
