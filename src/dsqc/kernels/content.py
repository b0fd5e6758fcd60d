"""Bases by position, and GC content by read.

Positions up to ``lanes.shape[1]`` (999) are counted in lanes of one byte a position, which the compiler turns into
vector instructions; the caller folds them into 64-bit counters before a lane can overflow. Positions beyond go
straight to the table's grouped rows (see ``dsqc.metrics.positions``).
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry

LANE_READS = 255
"""Reads that a lane of one byte holds."""


def letter_table() -> NDArray[np.uint64]:
    """uint64[256]: what a letter adds to four counters of 16 bits in one number (A lowest, then C, G, T with U).

    Four comparisons and branches a base cost ten times as much on long reads, whose rows are too short for vectors.
    """
    table = np.zeros(256, dtype=np.uint64)
    for field, letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
        table[[ord(letter) for letter in letters]] = 1 << (16 * field)
    return table


@entry("u1[::1], i8[::1], i8[::1], i8, i8, u1[:, ::1], i8[:, ::1], u8[::1], i8[::1]")
def count_bases(
    data: NDArray[np.uint8],
    sequence_start: NDArray[np.int64],
    length: NDArray[np.int64],
    first: int,
    last: int,
    lanes: NDArray[np.uint8],
    far: NDArray[np.int64],
    letters: NDArray[np.uint64],
    gc_reads: NDArray[np.int64],
) -> None:
    """Add the reads ``first`` to ``last`` (exclusive); O(bases) time, no memory.

    Upper and lower case count alike, U counts as T, all other letters nowhere.

    Args:
        data: the batch's buffer; every read lies inside.
        lanes: uint8[4, near], A C G T by position; at most 255 reads between two folds.
        far: int64[4, rows]; rows from ``near`` on are the grouped positions, enough for the longest read.
        letters: uint64[256], see :func:`letter_table`.
        gc_reads: int64[101], reads by GC content: 100 * (G + C) / length, rounded half up; empty reads nowhere.
    """
    near = lanes.shape[1]
    lane_a = lanes[0]
    lane_c = lanes[1]
    lane_g = lanes[2]
    lane_t = lanes[3]
    for read in range(first, last):
        n = length[read]
        start = sequence_start[read]
        bases = data[start : start + n]
        for i in range(min(n, near)):
            base = bases[i] & np.uint8(0xDF)  # upper case
            lane_a[i] += np.uint8(base == np.uint8(65))
            lane_c[i] += np.uint8(base == np.uint8(67))
            lane_g[i] += np.uint8(base == np.uint8(71))
            lane_t[i] += np.uint8((base & np.uint8(0xFE)) == np.uint8(84))  # T is 84, U is 85
        gc = np.int32(0)
        for i in range(n):
            gc = np.int32(gc + np.int32((bases[i] & np.uint8(0xDB)) == np.uint8(67)))  # C is 67, G is 71, any case
        if n > 0:
            gc_reads[(200 * gc + n) // (2 * n)] += 1
        if n > near:
            row = near
            position = near
            width = (near + 1) // 100
            decade = 10 * (near + 1) - 1
            while position < n:
                end = min(position + width, n)
                while position < end:
                    stop = min(position + 65_535, end)
                    packed = np.uint64(0)
                    for base in bases[position:stop]:
                        packed += letters[base]
                    far[0, row] += np.int64(packed & np.uint64(0xFFFF))
                    far[1, row] += np.int64((packed >> np.uint64(16)) & np.uint64(0xFFFF))
                    far[2, row] += np.int64((packed >> np.uint64(32)) & np.uint64(0xFFFF))
                    far[3, row] += np.int64(packed >> np.uint64(48))
                    position = stop
                row += 1
                if position == decade:
                    width *= 10
                    decade = 10 * (decade + 1) - 1


@entry("u1[:, ::1], i8, i8[:, ::1]")
def fold_bases(lanes: NDArray[np.uint8], positions: int, table: NDArray[np.int64]) -> None:
    """Move the first ``positions`` lanes into ``table`` (int64[4, at least positions]) and set them to zero."""
    for base in range(lanes.shape[0]):
        for i in range(positions):
            table[base, i] += np.int64(lanes[base, i])
            lanes[base, i] = np.uint8(0)
