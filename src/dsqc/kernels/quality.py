"""Quality characters by position, and mean quality by read.

Characters are counted as stored (Phred + offset): the offset is known only when the whole file has been seen, and is
taken off the finished tables. The tables have a column for each of the 256 values of a byte, so no character needs a
check here; the readers judge the alphabet.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry

LANE_READS = 65_535
"""Reads that a lane of two bytes holds."""


@entry("u1[::1], i8[::1], i8[::1], i8, i8, u2[::1], i8[:, ::1], i8[::1]")
def count_qualities(
    data: NDArray[np.uint8],
    quality_start: NDArray[np.int64],
    length: NDArray[np.int64],
    first: int,
    last: int,
    lanes: NDArray[np.uint16],
    far: NDArray[np.int64],
    mean_reads: NDArray[np.int64],
) -> None:
    """Add the reads ``first`` to ``last`` (exclusive); O(bases) time, no memory.

    Reads without qualities (``quality_start`` -1) and empty reads count nowhere.

    Args:
        data: the batch's buffer; every read's qualities lie inside.
        lanes: uint16[256 * near], flat: position * 256 + character; at most 65,535 reads between two folds.
        far: int64[rows, 256]; rows from ``near`` on are the grouped positions, enough for the longest read.
        mean_reads: int64[256], reads by the arithmetic mean of their characters, cut to a whole number as FastQC does.
    """
    near = lanes.shape[0] >> 8
    for read in range(first, last):
        n = length[read]
        start = quality_start[read]
        if start < 0 or n == 0:
            continue
        total = np.intp(0)
        for i in range(min(n, near)):
            quality = np.intp(data[start + i])
            total += quality
            lanes[(i << 8) + quality] += np.uint16(1)
        if n > near:
            row = near
            position = near
            width = (near + 1) // 100
            decade = 10 * (near + 1) - 1
            while position < n:
                end = min(position + width, n)
                for i in range(position, end):
                    quality = np.intp(data[start + i])
                    total += quality
                    far[row, quality] += 1
                row += 1
                position = end
                if position == decade:
                    width *= 10
                    decade = 10 * (decade + 1) - 1
        mean_reads[total // n] += 1


@entry("u2[::1], i8, i8[:, ::1]")
def fold_qualities(lanes: NDArray[np.uint16], positions: int, table: NDArray[np.int64]) -> None:
    """Move the first ``positions`` lanes into ``table`` (int64[at least positions, 256]) and set them to zero."""
    for i in range(positions):
        for quality in range(256):
            count = lanes[(i << 8) + quality]
            if count:
                table[i, quality] += np.int64(count)
                lanes[(i << 8) + quality] = np.uint16(0)
