"""Which row of a table holds a position of a read, and how positions are grouped for people.

Positions count from 1. The first 99,999 have a row each. From 100,000 on a row holds 1,000 positions, from 1,000,000 on
10,000, and so forth: 900 rows a power of ten, so that tables stay bounded whatever the length of reads, and tables of
files with reads of any length add up row by row. FastQC's groups for reads of 100,000 bases and more (2,000, 5,000,
10,000 … positions, starting at multiples of themselves) are whole numbers of rows.
"""

import numpy as np
from numpy.typing import NDArray

NEAR = 99_999
"""Positions that have a row of their own."""
ROWS_A_DECADE = 900
ROOM = NEAR + 2 * ROWS_A_DECADE
"""Rows of reads up to 10 Mb."""
UNGROUPED = 75
"""Reads up to this length are shown a position a row (FastQC)."""
MOST_GROUPS = 75
"""Longer ones in fewer groups than this (FastQC)."""


def row_count(longest: int) -> int:
    """Rows that reads of up to ``longest`` bases need."""
    if longest <= NEAR:
        return max(longest, 0)
    rows, first, width = NEAR, NEAR + 1, (NEAR + 1) // 100
    while longest >= 10 * first:
        rows += ROWS_A_DECADE
        first *= 10
        width *= 10
    return rows + (longest - first) // width + 1


def grown(table: NDArray[np.int64], rows: int, *, axis: int) -> NDArray[np.int64]:
    """``table`` with room for at least ``rows`` rows of positions along ``axis``; zeros where it grows.

    Collectors begin with ROOM rows, which cost nothing before they are used: growing is for reads beyond 10 Mb.
    """
    have = table.shape[axis]
    if rows <= have:
        return table
    shape = list(table.shape)
    shape[axis] = rows + ROWS_A_DECADE
    larger = np.zeros(shape, dtype=np.int64)
    larger[tuple(slice(size) for size in table.shape)] = table
    return larger


def row_limits(rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last position of each of the first ``rows`` rows, int64."""
    starts = [np.arange(1, min(rows, NEAR) + 1, dtype=np.int64)]
    ends = [starts[0]]
    made, first, width = NEAR, NEAR + 1, (NEAR + 1) // 100
    while made < rows:
        number = min(rows - made, ROWS_A_DECADE)
        decade = first + width * np.arange(number, dtype=np.int64)
        starts.append(decade)
        ends.append(decade + width - 1)
        made, first, width = made + number, 10 * first, 10 * width
    return np.concatenate(starts), np.concatenate(ends)


def coarse_rows(rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Groups of the first ``rows`` rows for output at high resolution: single positions up to 999, then 90 groups a
    power of ten, of 100, 1,000, 10,000 … positions.

    Returns:
        int64 arrays: the row at which each group begins, its first and its last position.
    """
    starts, ends = row_limits(rows)
    width = np.where(starts < 1000, 1, 10 ** np.maximum(np.floor(np.log10(starts + 0.5)).astype(np.int64) - 1, 0))
    begins = np.flatnonzero(starts % width == 0)
    stops = np.append(begins[1:], len(starts)) - 1 if len(begins) else begins
    return begins.astype(np.int64), starts[begins], ends[stops]


def display_groups(longest: int) -> list[tuple[int, int]]:
    """First and last position of the groups that tables show for reads of up to ``longest`` bases.

    FastQC's linear groups (``BaseGroup`` of FastQC 0.12.1): a position a group up to 75 bases; else nine single
    positions, then groups of 2, 5 or 10 times a power of ten, the smallest that leaves fewer than 75 groups; widths
    above 10 start at their own multiples (10-49, 50-99 …).
    """
    if longest <= UNGROUPED:
        return [(position, position) for position in range(1, longest + 1)]
    interval = _interval(longest)
    groups = [(position, position) for position in range(1, 10)]
    start = 10
    while start <= longest:
        end = interval - 1 if start == 10 and interval > 10 else start + interval - 1
        groups.append((start, min(end, longest)))
        start = end + 1
    return groups


def _interval(longest: int) -> int:
    multiplier = 1
    while True:
        for base in (2, 5, 10):
            interval = base * multiplier
            if 9 + -(-(longest - 9) // interval) < MOST_GROUPS:
                return interval
        multiplier *= 10


def group_rows(longest: int) -> list[tuple[int, int, slice]]:
    """The display groups with the rows each takes: (first position, last position, rows)."""
    starts, ends = row_limits(row_count(longest))
    groups = display_groups(longest)
    lows = np.searchsorted(ends, [low for low, _ in groups], side="left")
    highs = np.searchsorted(starts, [high for _, high in groups], side="right")
    return [
        (low, high, slice(int(one), int(other))) for (low, high), one, other in zip(groups, lows, highs, strict=True)
    ]
