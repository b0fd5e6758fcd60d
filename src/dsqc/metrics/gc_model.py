"""GC content of reads as FastQC shows it: its model of what contents a read of some length can have, and its grade.

A read of 150 bases can have 151 GC contents, which fall on 101 whole percentages: on some one, on others two of them.
FastQC evens that out: a read counts for every percentage that its content, give or take half a base, touches, divided
by how many contents touch that percentage. So that there are few lengths, it looks at whole hundreds of bases of reads
longer than 100, at whole thousands of those longer than 1,000.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels.gc_model import CLASSES, ROWS, SHORT, STEP_LONG, STEP_SHORT, add_gc
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value

PERCENTAGES = 101
DEVIATION = Metric(
    "gc_deviation",
    Text("Deviation from a normal GC distribution", "GC 정규분포 이탈"),
    "fraction",
    Text(
        "Sum over all whole percentages of |reads - reads of the normal curve around the peak| / reads (table "
        "gc_model). FastQC warns above 0.15 and fails above 0.30.",
        "모든 정수 백분율에서 |리드 수 - 봉우리를 중심으로 한 정규곡선의 리드 수|의 합 / 리드 수(표 gc_model). "
        "FastQC는 0.15를 넘으면 경고, 0.30을 넘으면 실패로 본다.",
    ),
    "FastQC 0.12.1 Per sequence GC content",
)
PEAK = Metric(
    "gc_peak",
    Text("Peak of GC content", "GC 함량 봉우리"),
    "percent",
    Text(
        "Centre of the normal curve: the middle of the percentages next to the mode that hold more than nine tenths of "
        "its reads; the mode itself where they reach 0 or 100.",
        "정규곡선의 중심: 최빈 백분율 리드 수의 90%를 넘는 이웃 백분율들의 가운데. 0이나 100에 닿으면 최빈값 자체.",
    ),
    "FastQC 0.12.1 Per sequence GC content",
)


class GcModelCollector(Collector):
    """Counts reads by looked-at length and GC content; whole numbers until the table. Memory: 1 MB and more."""

    METRICS = (DEVIATION, PEAK)

    def __init__(self) -> None:
        self._short = np.zeros((ROWS, SHORT + 1), dtype=np.int64)
        self._long = np.zeros((0, CLASSES), dtype=np.int64)

    def add(self, reads: Reads) -> None:
        """Measure one batch."""
        batch = reads.batch
        self._grow(reads.longest // STEP_LONG + 1)
        add_gc(batch.data, batch.sequence_start, batch.length, self._short, self._long)

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` collected."""
        self._short += other._short
        self._grow(len(other._long))
        self._long[: len(other._long)] += other._long

    def values(self, facts: Facts) -> dict[str, Value]:
        """Deviation from the normal curve and its centre."""
        reads = self._reads()
        if not reads.any():
            return {"gc_deviation": None, "gc_peak": None}
        centre, expected = normal_curve(reads.tolist())
        deviation = math.fsum(abs(a - b) for a, b in zip(reads.tolist(), expected, strict=True)) if expected else None
        share = None if deviation is None else deviation / math.fsum(reads)
        return {"gc_deviation": share, "gc_peak": centre}

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Reads by whole percentage, evened out, and as many on the normal curve."""
        reads = self._reads().tolist()
        if not any(reads):
            return {"gc_model": {"gc_percent": [], "reads": [], "normal": []}}
        _, expected = normal_curve(reads)
        table: Table = {"gc_percent": list(range(PERCENTAGES)), "reads": reads, "normal": expected}
        return {"gc_model": table if expected else {**table, "normal": [0.0] * PERCENTAGES}}

    def _reads(self) -> NDArray[np.float64]:
        """float64[101]; where all reads have one looked-at length, rounded as FastQC's additions, one a read, are."""
        found = np.zeros(PERCENTAGES)
        lengths = list(self._by_length())
        for length, low, high, counts in lengths:
            change = np.bincount(low, counts, PERCENTAGES + 1) - np.bincount(high + 1, counts, PERCENTAGES + 1)
            reads = np.cumsum(change)[:PERCENTAGES].astype(np.int64).tolist()
            for percent, claimed in enumerate(claims(length)):
                if not reads[percent]:
                    continue
                if len(lengths) == 1:
                    found[percent] = repeated_sum(1.0 / claimed, reads[percent])
                else:
                    found[percent] += reads[percent] / claimed
        return found

    def _by_length(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Looked-at lengths with the percentages from and to that contents touch, and reads of each content."""
        short = [*range(1, STEP_SHORT + 1), *range(2 * STEP_SHORT, SHORT + 1, STEP_SHORT)]
        for length, counts in zip(short, self._short, strict=True):
            if counts.any():
                yield length, *touched(np.arange(length + 1, dtype=np.int64), length), counts[: length + 1]
        classes = np.arange(CLASSES, dtype=np.int64)
        for row in np.flatnonzero(self._long.any(axis=1)).tolist():
            yield row * STEP_LONG, classes // 2, (classes + 1) // 2, self._long[row]

    def _grow(self, rows: int) -> None:
        if rows > len(self._long):
            grown = np.zeros((rows, CLASSES), dtype=np.int64)
            grown[: len(self._long)] = self._long
            self._long = grown


def touched(contents: NDArray[np.int64], length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last whole percentage that ``contents`` (bases), give or take half a base, touch; rounded half up."""
    low = (np.maximum(200 * contents - 100, 0) + length) // (2 * length)
    high = (np.minimum(200 * contents + 100, 200 * length) + length) // (2 * length)
    return low, high


@cache
def claims(length: int) -> tuple[int, ...]:
    """How many of the contents 0 to ``length`` touch each whole percentage."""
    percent = np.arange(PERCENTAGES, dtype=np.int64)
    first = np.maximum(-((length + 100 - 2 * length * percent) // 200), 0)
    last = np.minimum(-(-(length * (2 * percent + 1) + 100) // 200) - 1, length)
    return tuple((last - first + 1).tolist())


def normal_curve(reads: Sequence[float]) -> tuple[float, list[float]]:
    """Centre of the normal curve that FastQC draws, and the reads on it at 0, 1, ... 100 %.

    Its width is the standard deviation around the centre; reads that are all at one percentage, or less than one, have
    no curve (empty).
    """
    total = math.fsum(reads)
    mode = max(range(PERCENTAGES), key=lambda percent: (reads[percent], -percent))
    near = reads[mode] - reads[mode] / 10
    high = mode
    while high + 1 < PERCENTAGES and reads[high + 1] > near:
        high += 1
    low = mode
    while low > 0 and reads[low - 1] > near:
        low -= 1
    centre = float(mode) if high == PERCENTAGES - 1 or low == 0 else (low + high) / 2
    squares = sum((percent - centre) ** 2 * number for percent, number in enumerate(reads))
    if total < 1 or not squares:
        return centre, []
    if total == 1:  # infinitely wide
        return centre, [0.0] * PERCENTAGES
    spread = squares / (total - 1)
    scale = total / math.sqrt(2 * math.pi * spread)
    return centre, [scale * math.exp(-((percent - centre) ** 2) / (2 * spread)) for percent in range(PERCENTAGES)]


def repeated_sum(value: float, times: int) -> float:
    """``value`` added ``times`` times to 0, rounded after every addition; O(logarithm of times).

    Between two powers of two the rounded steps are all of one size, once the first has been made (a tie goes to the
    even neighbour, and from an even one always the same way).
    """
    total = 0.0
    while times > 0:
        start = total
        total += value
        times -= 1
        limit = 2.0 ** math.frexp(total)[1]
        step = (total + value) - total
        if total == start or times == 0:
            return total
        steps = min(times, max(int((limit - total) / step) - 2, 0)) if step > 0 else times
        if steps and ((total + step) + value) - (total + step) == step:
            total += steps * step
            times -= steps
    return total
