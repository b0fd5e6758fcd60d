"""Medians of whole numbers that are known by their counts."""

import numpy as np
from numpy.typing import NDArray


def lower_median(counts: NDArray[np.int64]) -> int:
    """The smallest value that at least half of all do not exceed.

    Args:
        counts: int64; entry n: how many have the value n; not all 0.
    """
    half = (int(counts.sum()) + 1) // 2
    return int(np.searchsorted(np.cumsum(counts), half))


def median_deviation(counts: NDArray[np.int64], middle: int) -> int:
    """The median of the distances from ``middle`` (``counts`` as for :func:`lower_median`), not scaled."""
    distances = np.zeros(len(counts), np.int64)
    distances[: len(counts) - middle] += counts[middle:]
    distances[1 : middle + 1] += counts[:middle][::-1]
    return lower_median(distances)
