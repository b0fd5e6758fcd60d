"""Names of reads: whether two are mates, and sums of hashes by which sets of names are compared.

One pass over the names, about 1 byte a cycle; no memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

# Relation of two names.
STRANGERS = 0  # no mates
MATES = 1
SAME_MATE = 2  # the same read's name, and both say that they are the same mate
SWAPPED = 3  # mates, the second before the first

PLACES = 20  # pairs kept that are not MATES

# Rows of the sums of hashes: the name as it stands, and without its mate's mark.
WHOLE, STEM = 0, 2
SUMS = 4


@kernel
def _id_end(data: Bytes, start: int, end: int) -> int:
    """Where the name ends and its comment begins: at the first blank."""
    for index in range(start, end):
        if data[index] == 32 or data[index] == 9:
            return index
    return end


@kernel
def _is_separator(letter: int) -> bool:
    return letter in (47, 46, 95)  # / . _


@kernel
def _comment_mate(data: Bytes, id_end: int, end: int) -> int:
    """The mate that a Casava 1.8 comment (``1:N:0:ACGT``) states; 0 where there is none."""
    if id_end + 2 < end and 49 <= data[id_end + 1] <= 57 and data[id_end + 2] == 58:
        return int(data[id_end + 1]) - 48
    return 0


@kernel
def _order(first: int, second: int) -> int:
    if first == second:
        return SAME_MATE
    return MATES if first < second else SWAPPED


@kernel
def relation(first: Bytes, first_start: int, first_end: int, second: Bytes, second_start: int, second_end: int) -> int:
    """Relation of two names: equal up to the first blank (with the mates of Casava comments in order), or equal but
    for a last 1 and 2 behind ``/``, ``.`` or ``_``."""
    first_stop = _id_end(first, first_start, first_end)
    second_stop = _id_end(second, second_start, second_end)
    size = first_stop - first_start
    if size != second_stop - second_start or size == 0:
        return STRANGERS
    for index in range(size - 1):
        if first[first_start + index] != second[second_start + index]:
            return STRANGERS
    one = int(first[first_stop - 1])
    two = int(second[second_stop - 1])
    marked = size > 2 and _is_separator(first[first_stop - 2])
    if one != two:
        if marked and 49 <= one <= 50 and 49 <= two <= 50:
            return _order(one, two)
        return STRANGERS
    if marked and first[first_stop - 2] == 47 and 49 <= one <= 50:
        return SAME_MATE
    one = _comment_mate(first, first_stop, first_end)
    two = _comment_mate(second, second_stop, second_end)
    if one > 0 and two > 0:
        return _order(one, two)
    return MATES


@entry("u1[::1], i8[::1], i8[::1], u1[::1], i8[::1], i8[::1], i8[::1], i8[:, ::1] -> i8")
def compare_mates(
    first: Bytes,
    first_start: Ints,
    first_end: Ints,
    second: Bytes,
    second_start: Ints,
    second_end: Ints,
    counts: Ints,
    places: Ints,
) -> int:
    """Compare the names of reads at the same place.

    Args:
        first, first_start, first_end: buffer and names of the first mates; ``second`` likewise, as many.
        counts: 4 relations; added to.
        places: PLACES x 2; row and relation of the first pairs that are not MATES.

    Returns:
        Pairs that are not MATES in this call.
    """
    found = 0
    for row in range(first_start.shape[0]):
        kind = relation(first, first_start[row], first_end[row], second, second_start[row], second_end[row])
        counts[kind] += 1
        if kind != MATES:
            if found < places.shape[0]:
                places[found, 0] = row
                places[found, 1] = kind
            found += 1
    return found


@kernel
def _mixed(value: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3: every bit of the input reaches every bit of the output."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    value ^= value >> np.uint64(33)
    return value


@kernel
def hash_bytes(data: Bytes, start: int, end: int, seed: np.uint64) -> np.uint64:
    """64-bit hash of data[start:end]: FNV-1a, mixed."""
    value = np.uint64(0xCBF29CE484222325) ^ seed
    for index in range(start, end):
        value = (value ^ np.uint64(data[index])) * np.uint64(0x100000001B3)
    return _mixed(value)


@entry("u1[::1], i8[::1], i8[::1], u8[::1]")
def sum_names(data: Bytes, start: Ints, end: Ints, sums: Words) -> None:
    """Add two 64-bit hashes of every name, and of every name without mate's mark, to ``sums`` (modulo 2**64).

    Two lists hold the same names, in whatever order, when their sums are equal (but for one chance in 2**128).
    """
    for row in range(start.shape[0]):
        stop = _id_end(data, start[row], end[row])
        stem = stop
        if stop - start[row] > 2 and 49 <= data[stop - 1] <= 50 and _is_separator(data[stop - 2]):
            stem = stop - 2
        for seed in range(2):
            sums[WHOLE + seed] += hash_bytes(data, start[row], stop, np.uint64(seed))
            sums[STEM + seed] += hash_bytes(data, start[row], stem, np.uint64(seed))


@entry("u1[::1], i8[::1], i8[::1], i8[::1], u1[::1], i8[::1], i8[::1], i8[::1] -> b1")
def same_reads(
    first: Bytes,
    first_sequence: Ints,
    first_quality: Ints,
    first_length: Ints,
    second: Bytes,
    second_sequence: Ints,
    second_quality: Ints,
    second_length: Ints,
) -> bool:
    """Whether reads at the same place have the same bases and qualities, all of them."""
    for row in range(first_length.shape[0]):
        if first_length[row] != second_length[row]:
            return False
        for index in range(first_length[row]):
            if first[first_sequence[row] + index] != second[second_sequence[row] + index]:
                return False
            if first[first_quality[row] + index] != second[second_quality[row] + index]:
                return False
    return True
