"""Reads by the number of G and C in as many of their first bases as FastQC looks at."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.vectors import LANES, and64, bits64, equal64, load64, ones, splat64

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SHORT = 1_000
"""Looked-at lengths up to this are counted base by base."""
STEP_SHORT = 100
STEP_LONG = 1_000
CLASSES = 201
ROWS = 109
"""Looked-at lengths up to SHORT."""


@kernel
def looked_at(length: int) -> int:
    """Bases that FastQC looks at: all up to 100, then whole hundreds, from 1,001 on whole thousands."""
    if length > SHORT:
        return length // STEP_LONG * STEP_LONG
    return length // STEP_SHORT * STEP_SHORT if length > STEP_SHORT else length


@kernel
def _gc_of_64(bases: Bytes, at: int) -> np.uint64:
    """A bit for each of the 64 bases from ``at`` on: whether it is G or C, of either case."""
    same = and64(load64(bases, at), splat64(np.uint8(0xDB)))  # C is 67, G is 71
    return np.uint64(bits64(equal64(same, splat64(np.uint8(67)))))


@kernel
def count_gc(bases: Bytes) -> int:
    """Number of G and C of either case."""
    size = bases.shape[0]
    number = 0
    at = 0
    while at + LANES <= size:
        number += ones(_gc_of_64(bases, at))
        at += LANES
    if at < size and size >= LANES:
        number += ones(_gc_of_64(bases, size - LANES) >> np.uint64(LANES - size + at))
        at = size
    while at < size:
        number += int((bases[at] & np.uint8(0xDB)) == np.uint8(67))
        at += 1
    return int(number)


@entry("u1[::1], i8[::1], i8[::1], i8[:, ::1], i8[:, ::1]")
def add_gc(data: Bytes, sequence_start: Ints, length: Ints, short: Ints, long: Ints) -> None:
    """Count reads by bases looked at and G and C among them; empty reads nowhere. O(bases).

    Args:
        data: the batch's buffer; every read lies inside.
        short: int64[ROWS, SHORT + 1]: row n - 1 for n <= 100 bases looked at, row 98 + n / 100 for whole hundreds;
            column: number of G and C.
        long: int64[thousands, CLASSES]; row: thousands of bases looked at; column: the sum of the two whole
            percentages between which the content lies, half a base less and half a base more, rounded half up.
    """
    for row in range(length.shape[0]):
        size = looked_at(length[row])
        if size == 0:
            continue
        number = count_gc(data[sequence_start[row] : sequence_start[row] + size])
        if size <= STEP_SHORT:
            short[size - 1, number] += 1
        elif size <= SHORT:
            short[98 + size // STEP_SHORT, number] += 1
        else:
            # 100 (n - 0.5) / size, rounded half up, and the same for n + 0.5, both inside 0 to size.
            low = (max(200 * number - 100, 0) + size) // (2 * size)
            high = (min(200 * number + 100, 200 * size) + size) // (2 * size)
            long[size // STEP_LONG, low + high] += 1
