"""Mates laid over each other: where read 1 and the reverse complement of read 2 show the same bases."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.words import count_bits

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

LEAST = 30
"""Least overlap (fastp's ``overlap_len_require``)."""
MOST_DIFFERENT = 5
"""Most bases that differ in it (fastp's ``overlap_diff_limit``); never more than a fifth of LEAST, fastp's 20 %."""
LONGEST = 1000
"""Pairs with a longer read are not looked at."""

# counts
PAIRS, OVERLAPPING, ADAPTERS, BASES, MISMATCHES = range(5)
COUNTS = 5

_EVERY_OTHER_BIT = np.uint64(0x5555555555555555)
_NEWEST = np.uint64(2 * (LEAST - 1))
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@kernel
def _differences(one: np.uint64, other: np.uint64) -> int:
    """How many of the 32 two-bit letters of two words differ."""
    bits = one ^ other
    return count_bits((bits | (bits >> _ONE)) & _EVERY_OTHER_BIT)


@kernel
def _push(word: np.uint64, letter: np.uint8) -> np.uint64:
    """A window of LEAST letters moved on by one; A, C, T, G are told apart by two bits, N looks like G."""
    return np.uint64((word >> _TWO) | (((np.uint64(letter) >> _ONE) & _THREE) << _NEWEST))


@kernel
def _window(data: Bytes, start: int) -> np.uint64:
    """The first LEAST letters from ``start``."""
    word = np.uint64(0)
    for i in range(start, start + LEAST):
        word = _push(word, data[i])
    return word


@kernel
def _agree(one: Bytes, first: int, other: Bytes, second: int, n: int) -> bool:
    """Whether at most MOST_DIFFERENT of ``n`` letters differ."""
    different = 0
    for i in range(n):
        different += int(one[first + i] != other[second + i])
        if different > MOST_DIFFERENT:
            return False
    return True


@kernel
def _slide(fixed: Bytes, fixed_start: int, fixed_n: int, data: Bytes, start: int, n: int, shift: int) -> int:
    """The least offset >= ``shift`` at which data[start + offset:] agrees with ``fixed`` over LEAST or more; or -1."""
    if n - shift < LEAST or fixed_n < LEAST:
        return -1
    wanted = _window(fixed, fixed_start)
    word = _window(data, start + shift)
    offset = shift
    while True:
        if _differences(word, wanted) <= MOST_DIFFERENT and _agree(
            data, start + offset, fixed, fixed_start, min(n - offset, fixed_n)
        ):
            return offset
        offset += 1
        if n - offset < LEAST:
            return -1
        word = _push(word, data[start + offset + LEAST - 1])


@kernel
def fragment_length(one: Bytes, first: int, n: int, turned: Bytes, m: int) -> int:
    """The length of the fragment that a read and its mate, ``turned[:m]``, show both ends of; -1 without an overlap.

    Fragments that are as long as the mate are tried first, then longer and longer ones, then shorter ones, as in
    fastp's ``OverlapAnalysis::analyze``.
    """
    offset = _slide(turned, 0, m, one, first, n, 0)
    if offset >= 0:
        return offset + m
    shift = _slide(one, first, n, turned, 0, m, 1)
    return m - shift if shift >= 0 else -1


@kernel
def _compare(
    one: Bytes, first: int, quality: int, turned: Bytes, mate_quality: int, low: int, high: int, skip: int, by: Ints
) -> int:
    """Count bases ``low`` to ``high`` of the read against the turned mate, by the lower quality; how many differ."""
    different = 0
    for i in range(low, high):
        j = i + skip
        unequal = int(one[first + i] != turned[j])
        different += unequal
        if quality >= 0 and mate_quality >= 0:
            lower = min(one[quality + i], turned[mate_quality + j])
            by[lower, 0] += 1
            by[lower, 1] += unequal
    return different


@entry(
    "u1[::1], i8[::1], i8[::1], i8[::1], u1[::1], i8[::1], i8[::1], i8[::1], i8, i8, u1[::1], u1[::1], i8[::1], "
    "i8[::1], i8[:, ::1]"
)
def overlap_pairs(
    one: Bytes,
    sequence_one: Ints,
    quality_one: Ints,
    length_one: Ints,
    two: Bytes,
    sequence_two: Ints,
    quality_two: Ints,
    length_two: Ints,
    start: int,
    step: int,
    complement: Bytes,
    turned: Bytes,
    inserts: Ints,
    counts: Ints,
    by_quality: Ints,
) -> None:
    """Lay the pairs ``start``, ``start + step`` … over each other. O(bases of those pairs).

    Args:
        complement: uint8[256], the complement of a letter.
        turned: uint8[2 * LONGEST]; room for the mate turned round, and its qualities.
        inserts: int64[2 * LONGEST]; pairs by the length of their fragment.
        counts: int64[COUNTS]; pairs looked at, that overlap, whose fragment is shorter than a read (adapter was read),
            bases compared, bases that differ.
        by_quality: int64[256, 2]; bases compared, and those that differ, by the lower of the two quality characters.
    """
    for pair in range(start, length_one.shape[0], step):
        n = length_one[pair]
        m = length_two[pair]
        if n > LONGEST or m > LONGEST or n == 0 or m == 0:
            continue
        counts[PAIRS] += 1
        last = sequence_two[pair] + m - 1
        for i in range(m):
            turned[i] = complement[two[last - i]]
        first = sequence_one[pair]
        insert = fragment_length(one, first, n, turned, m)
        if insert < 0:
            continue
        quality = quality_two[pair]
        if quality >= 0:
            for i in range(m):
                turned[LONGEST + i] = two[quality + m - 1 - i]
        counts[OVERLAPPING] += 1
        counts[ADAPTERS] += (insert < n) | (insert < m)
        inserts[insert] += 1
        low = max(insert - m, 0)
        high = min(n, insert)
        counts[BASES] += high - low
        counts[MISMATCHES] += _compare(
            one, first, quality_one[pair], turned, LONGEST if quality >= 0 else -1, low, high, m - insert, by_quality
        )
