"""Bases by position, and GC content by read.

Reads are counted block by block of positions: 64 positions are compared at once and added to counters of one byte a
position, which go to the table before they can overflow. A block of all reads of a batch stays in the processor's
cache, however long reads are. Rows beyond ``near`` are groups of positions (see ``dsqc.metrics.positions``).
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.vectors import (
    and64,
    bits64,
    equal64,
    load64,
    ones,
    or64,
    splat64,
    store64,
    subtract64,
    until64,
)

BLOCK = 1024
"""Positions counted together."""
LANE_READS = 255
"""Reads that a lane of one byte holds."""

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


def letter_table() -> NDArray[np.uint64]:
    """uint64[256]: what a letter adds to four counters of 16 bits in one number (A lowest, then C, G, T with U).

    Four comparisons and branches a base cost ten times as much on far positions, whose rows are too short for vectors.
    """
    table = np.zeros(256, dtype=np.uint64)
    for field, letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
        table[[ord(letter) for letter in letters]] = 1 << (16 * field)
    return table


@kernel
def count_run(data: Bytes, start: int, count: int, lanes: Bytes, tail: Bytes) -> int:
    """Add data[start : start + count], at most BLOCK letters, to ``lanes`` (4 * BLOCK); return how many are G or C."""
    upper = splat64(0xDF)
    even = splat64(0xFE)
    a = splat64(65)
    c = splat64(67)
    g = splat64(71)
    t = splat64(84)
    gc = 0
    offset = 0
    while offset < count:
        at = start + offset
        if at + 64 <= data.shape[0]:
            letters = load64(data, at)
        else:
            for place in range(count - offset):
                tail[place] = data[at + place]
            letters = load64(tail, 0)
        letters = and64(letters, upper)
        if count - offset < 64:
            letters = and64(letters, until64(count - offset))
        is_c = equal64(letters, c)
        is_g = equal64(letters, g)
        store64(lanes, offset, subtract64(load64(lanes, offset), equal64(letters, a)))
        store64(lanes, BLOCK + offset, subtract64(load64(lanes, BLOCK + offset), is_c))
        store64(lanes, 2 * BLOCK + offset, subtract64(load64(lanes, 2 * BLOCK + offset), is_g))
        is_t = equal64(and64(letters, even), t)  # T is 84, U is 85
        store64(lanes, 3 * BLOCK + offset, subtract64(load64(lanes, 3 * BLOCK + offset), is_t))
        gc += ones(bits64(or64(is_c, is_g)))
        offset += 64
    return gc


@kernel
def fold_bases(lanes: Bytes, positions: int, first: int, table: Ints) -> None:
    """Move the first ``positions`` lanes of each base into table[:, first:] and set them to zero."""
    for base in range(4):
        counters = lanes[base * BLOCK : base * BLOCK + positions]
        row = table[base, first : first + positions]
        for i in range(positions):
            row[i] += np.int64(counters[i])
            counters[i] = np.uint8(0)


@kernel
def _count_far(data: Bytes, start: int, n: int, near: int, letters: NDArray[np.uint64], table: Ints) -> int:
    """Add the bases of one read from position ``near`` on to the grouped rows; return how many are G or C."""
    row = near
    position = near
    width = (near + 1) // 100
    decade = 10 * (near + 1) - 1
    gc = np.uint64(0)
    mask = np.uint64(0xFFFF)
    while position < n:
        end = min(position + width, n)
        while position < end:
            stop = min(position + 65_535, end)
            packed = np.uint64(0)
            for base in data[start + position : start + stop]:
                packed += letters[base]
            table[0, row] += np.int64(packed & mask)
            table[1, row] += np.int64((packed >> np.uint64(16)) & mask)
            table[2, row] += np.int64((packed >> np.uint64(32)) & mask)
            table[3, row] += np.int64(packed >> np.uint64(48))
            gc += ((packed >> np.uint64(16)) & mask) + ((packed >> np.uint64(32)) & mask)
            position = stop
        row += 1
        if position == decade:
            width *= 10
            decade = 10 * (decade + 1) - 1
    return int(gc)


@entry("u1[::1], i8[::1], i8[::1], i8, u1[::1], i8[:, ::1], i8[:, ::1], u8[::1], i8[::1]")
def count_bases(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    near: int,
    lanes: Bytes,
    scratch: Ints,
    table: Ints,
    letters: NDArray[np.uint64],
    gc_reads: Ints,
) -> None:
    """Add all reads of a batch; O(bases) time, no memory of its own.

    Upper and lower case count alike, U counts as T, all other letters nowhere.

    Args:
        data: the batch's buffer; every read lies inside.
        near: positions that have a row of their own.
        lanes: uint8[4 * BLOCK + 64], zeros; zeros again afterwards but for the last 64.
        scratch: int64[2, at least reads]; its content does not matter.
        table: int64[4, rows], A C G T by row; rows from ``near`` on are the grouped positions, enough for the longest.
        letters: uint64[256], see :func:`letter_table`.
        gc_reads: int64[101], reads by GC content: 100 * (G + C) / length, rounded half up; empty reads nowhere.
    """
    tail = lanes[4 * BLOCK :]
    going = scratch[0]
    gc = scratch[1]
    reads = 0
    for read in range(length.shape[0]):
        gc[read] = 0
        if length[read] > 0:
            going[reads] = read
            reads += 1
    first = 0
    while reads > 0 and first < near:
        block = min(BLOCK, near - first)
        pending = 0
        reached = 0
        left = 0
        for index in range(reads):
            read = going[index]
            count = min(length[read] - first, block)
            gc[read] += count_run(data, sequence_start[read] + first, count, lanes, tail)
            reached = max(reached, count)
            if length[read] > first + block:
                going[left] = read
                left += 1
            pending += 1
            if pending == LANE_READS:
                fold_bases(lanes, reached, first, table)
                pending = 0
        fold_bases(lanes, reached, first, table)
        reads = left
        first += block
    for read in going[:reads]:
        gc[read] += _count_far(data, sequence_start[read], length[read], near, letters, table)
    for read in range(length.shape[0]):
        n = length[read]
        if n > 0:
            gc_reads[(200 * gc[read] + n) // (2 * n)] += 1
