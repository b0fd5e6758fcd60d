"""Lengths of reads, and whether the reads of a batch lie inside its buffer."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry


@entry("i8[::1], i8[::1] -> i8")
def count_lengths(length: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Add reads to ``counts`` (int64, by length) where they fit; return how many are longer. O(reads)."""
    longer = 0
    for read in range(length.shape[0]):
        n = length[read]
        if n < counts.shape[0]:
            counts[n] += 1
        else:
            longer += 1
    return longer


@entry("i8, i8[::1], i8[::1], i8[::1] -> i8")
def longest_inside(
    size: int,
    sequence_start: NDArray[np.int64],
    quality_start: NDArray[np.int64],
    length: NDArray[np.int64],
) -> int:
    """The longest read's length, or -1 where a read does not lie inside a buffer of ``size`` bytes. O(reads).

    A quality start of -1 says that the read has no qualities.
    """
    longest = 0
    for read in range(length.shape[0]):
        n = length[read]
        sequence = sequence_start[read]
        quality = quality_start[read]
        if n < 0 or sequence < 0 or sequence + n > size or quality < -1 or quality + n > size:
            return -1
        longest = max(longest, n)
    return longest
