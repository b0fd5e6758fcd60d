"""Numbers that occur twice among very many: sorted out into partitions, then a small table for each.

A number is 42 bits of hash over 22 bits that do not count (an index), as :mod:`dsqc.kernels.names` makes them.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.names import INDEX_BITS

Ints = NDArray[np.int64]
Slots = NDArray[np.int32]
Words = NDArray[np.uint64]

PARTITIONS = 1024
_SHIFT = np.uint64(54)


@entry("u8[::1], u8[::1], i8[::1], u8[::1], u8[::1]")
def part(keys: Words, seconds: Words, bounds: Ints, out_keys: Words, out_seconds: Words) -> None:
    """Copy ``keys``, each with its second number, in the order of their highest ten bits, and otherwise as they stand.

    Args:
        bounds: PARTITIONS + 1; written: partition p is out[bounds[p] : bounds[p + 1]].
        out_keys, out_seconds: as long as ``keys``.
    """
    bounds[:] = 0
    for index in range(keys.shape[0]):
        bounds[int(keys[index] >> _SHIFT) + 1] += 1
    for number in range(PARTITIONS):
        bounds[number + 1] += bounds[number]
    for index in range(keys.shape[0]):
        number = int(keys[index] >> _SHIFT)
        place = bounds[number]
        bounds[number] = place + 1
        out_keys[place] = keys[index]
        out_seconds[place] = seconds[index]
    for number in range(PARTITIONS, 0, -1):
        bounds[number] = bounds[number - 1]
    bounds[0] = 0


@kernel
def _slot(key: np.uint64, mask: int) -> int:
    return int(key >> INDEX_BITS) & mask


@entry("u8[::1], i4[::1], i8[:, ::1] -> i8")
def find_repeats(keys: Words, table: Slots, rows: Ints) -> int:
    """Find the keys whose hash stands before.

    Args:
        keys: any number.
        table: a power of two of slots, at least twice as many as keys.
        rows: as many as keys x 2; written: row of the first key of that hash, row of the later one.

    Returns:
        How many were found.
    """
    table[:] = 0
    mask = table.shape[0] - 1
    found = 0
    for row in range(keys.shape[0]):
        key = keys[row]
        slot = _slot(key, mask)
        while True:
            other = table[slot]
            if other == 0:
                table[slot] = row + 1
                break
            if (keys[other - 1] ^ key) >> INDEX_BITS == 0:
                rows[found, 0] = other - 1
                rows[found, 1] = row
                found += 1
                break
            slot = (slot + 1) & mask
    return found
