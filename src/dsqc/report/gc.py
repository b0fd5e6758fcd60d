"""The distribution of GC content over reads without the comb that read lengths cut into whole percentages.

A read of 150 bases can have 151 GC contents, which fall on 101 whole percentages: on some one, on others two of them.
Counts a percentage therefore jump up and down between neighbours although the reads do not.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMOOTH_LENGTH = 2000
"""From this length on a percentage holds at least twenty contents, and the comb is gone."""
MOST_LENGTHS = 60
"""Different lengths that are told apart; more are thinned out evenly over the reads."""


def gc_distribution(tables: Mapping[str, Any]) -> list[float]:
    """Reads at 0, 1, ... 100 % GC, evened out for the lengths of the reads; they add up to the reads counted.

    FastQC 0.12.1 does so read by read, letting a read count for every percentage that its content, give or take half
    a base, touches, and dividing by how many contents touch that percentage. From counts by percentage the same is
    had by sharing them among the contents that round to it, length by length.

    Args:
        tables: ``tables`` of a ``<stem>.dsqc.json``; ``gc_content`` and ``read_length`` are used.
    """
    table = tables.get("gc_content") or {}
    counts = np.zeros(101)
    for percent, reads in zip(table.get("gc_percent") or (), table.get("reads") or (), strict=True):
        counts[int(percent)] += reads or 0
    total = counts.sum()
    if not total:
        return []
    even = np.zeros(101)
    for length, share in _lengths(tables.get("read_length") or {}):
        even += share * (_spread(length) @ counts if length < SMOOTH_LENGTH else counts)
    found: list[float] = (even * (total / even.sum())).tolist() if even.sum() else counts.tolist()
    return found


def _lengths(table: Mapping[str, Any]) -> list[tuple[int, float]]:
    """Lengths with their share of the reads; the middle of each row of the table."""
    rows = [
        ((low + high) // 2, reads)
        for low, high, reads in zip(
            table.get("length_from") or (), table.get("length_to") or (), table.get("reads") or (), strict=True
        )
        if reads and high > 0
    ]
    step = -(-len(rows) // MOST_LENGTHS) or 1
    groups: Sequence[Sequence[tuple[int, int]]] = [rows[start : start + step] for start in range(0, len(rows), step)]
    total = sum(reads for _, reads in rows)
    # One length stands for its neighbours: the one that most reads of the group have.
    return [(max(group, key=lambda row: row[1])[0], sum(reads for _, reads in group) / total) for group in groups]


@cache
def _spread(length: int) -> NDArray[np.float64]:
    """float64[101, 101]: column p holds where reads counted at p % go, for reads of ``length`` bases."""
    contents = np.arange(length + 1)
    counted_at = (200 * contents + length) // (2 * length)  # rounded half up, as the collector does
    low = np.maximum(contents - 0.5, 0) * 100 / length
    high = np.minimum(contents + 0.5, length) * 100 / length
    first, last = np.floor(low + 0.5).astype(int), np.floor(high + 0.5).astype(int)
    touches = np.zeros((length + 1, 101))
    for content in range(length + 1):
        touches[content, first[content] : last[content] + 1] = 1
    weights = touches / touches.sum(axis=0)
    spread = np.zeros((101, 101))
    share = 1 / np.bincount(counted_at, minlength=101).clip(min=1)
    for content, percent in enumerate(counted_at.tolist()):
        spread[:, percent] += weights[content] * share[percent]
    return spread
