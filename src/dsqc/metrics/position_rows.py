"""What is counted by position, as rows of ``metrics.parquet``."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels.quality import FIRST
from dsqc.metrics.collector import MetricRow
from dsqc.metrics.positions import coarse_rows
from dsqc.metrics.tables import bases_between, row_statistics

Ints = NDArray[np.int64]


def quality_rows(table: Ints, offset: int) -> Iterator[MetricRow]:
    """Mean Phred, and bases by Phred, of every group of positions (see ``coarse_rows``) that holds a quality.

    Args:
        table: int64[rows, COLUMNS], quality characters from FIRST on by row.
        offset: 33 or 64.
    """
    if not len(table):
        return
    begins, starts, ends = coarse_rows(len(table))
    groups = np.add.reduceat(table, begins, axis=0)
    means = row_statistics(groups, offset)["mean"].tolist()
    for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        seen = np.flatnonzero(groups[row]).tolist()
        if seen:
            yield "mean_phred_by_position", start, end, "", means[row]
        for column in seen:
            yield "bases_by_phred", start, end, str(FIRST + column - offset), float(groups[row, column])


def content_rows(table: Ints, lengths: Ints, reads: Ints) -> Iterator[MetricRow]:
    """A, C, G, T (with U) and other letters of every group of positions (see ``coarse_rows``) that holds a base.

    Args:
        table: int64[4, rows], A C G T by row.
        lengths, reads: the lengths seen, ascending, and how many reads have each.
    """
    if not table.shape[1]:
        return
    begins, starts, ends = coarse_rows(table.shape[1])
    groups = np.add.reduceat(table, begins, axis=1)
    limits = list(zip(starts.tolist(), ends.tolist(), strict=True))
    for row, ((start, end), total) in enumerate(zip(limits, bases_between(limits, lengths, reads), strict=True)):
        if total:
            counts = groups[:, row].tolist()
            for base, count in zip("ACGTN", [*counts, total - sum(counts)], strict=True):
                yield "bases_by_letter", start, end, base, float(count)
