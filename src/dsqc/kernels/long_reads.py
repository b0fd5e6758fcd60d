"""Long reads: quality by error probability, what stands at their ends.

Error probabilities are whole numbers of 2^-34 (``ERROR_UNIT``), so that sums do not depend on the order of reads: a
read of 2^28 bases of the worst quality still fits 64 bits, and at Phred 60 the rounding is below 0.01 %.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.words import load_word

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

ERROR_UNIT = 1 << 34
"""One: the error probability of Phred 0."""
HIGHEST = 60
"""Phred 60 and more share a bin."""
END_BASES = 100
"""Positions of each end that have a row."""
_PAIR = np.uint64(0xFFFF)
_SECOND, _THIRD, _FOURTH = np.uint64(16), np.uint64(32), np.uint64(48)
OTHER = 4
"""Column of letters that are not A, C, G, T or U."""


def error_units(offset: int = 33) -> Ints:
    """int64[256]: the error probability 10^(-Phred/10) of each quality character, in units; at most one."""
    phred = np.maximum(np.arange(256, dtype=np.float64) - offset, 0)
    return np.rint(ERROR_UNIT * 10.0 ** (-phred / 10)).astype(np.int64)


def pair_units(units: Ints) -> Ints:
    """int64[65536]: the sum of the units of two quality characters, by both as one little-endian number."""
    return np.ascontiguousarray(units[:, None] + units[None, :]).reshape(-1)


def tenth_units() -> Ints:
    """int64[10 * HIGHEST + 1]: the error probability of Phred 0.0, 0.1, 0.2 … in units, descending."""
    return np.rint(ERROR_UNIT * 10.0 ** (-np.arange(10 * HIGHEST + 1) / 100)).astype(np.int64)


def letter_columns() -> Bytes:
    """uint8[256]: 0 to 3 for A, C, G, T (with U) in both cases, ``OTHER`` for anything else."""
    table = np.full(256, OTHER, dtype=np.uint8)
    for column, letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
        table[list(letters)] = column
    return table


@kernel
def _error_sum(data: Bytes, start: int, n: int, units: Ints, pairs: Ints) -> int:
    """Sum of the error probabilities of ``n`` quality characters, in units; two characters a look into a table."""
    one = 0
    two = 0
    whole = start + (n & ~7)
    for at in range(start, whole, 8):
        word = load_word(data, at)
        one += int(pairs[word & _PAIR]) + int(pairs[(word >> _SECOND) & _PAIR])
        two += int(pairs[(word >> _THIRD) & _PAIR]) + int(pairs[word >> _FOURTH])
    for at in range(whole, start + n):
        one += int(units[data[at]])
    return one + two


@kernel
def _tenths(total: int, n: int, tenths: Ints) -> int:
    """The mean quality of ``n`` bases whose errors add up to ``total``: tenths of Phred, cut to a whole number.

    The largest entry that the mean error does not pass; ``tenths`` descends from one.
    """
    low = 0
    high = tenths.shape[0]
    while high - low > 1:
        middle = (low + high) >> 1
        if total <= n * tenths[middle]:
            low = middle
        else:
            high = middle
    return low


@entry("u1[::1], i8[::1], i8[::1], i8, i8[::1], i8[::1], i8[::1], i8[::1], i8[:, ::1], i8[:, ::1], i8[:, ::1] -> i8")
def count_read_errors(
    data: Bytes,
    quality_start: Ints,
    length: Ints,
    last: int,
    units: Ints,
    pairs: Ints,
    tenths: Ints,
    edges: Ints,
    reads: Ints,
    bases: Ints,
    by_tenth: Ints,
) -> int:
    """Count the first ``last`` reads by length and by the Phred of their mean error probability. O(bases).

    Reads without bases or qualities count nowhere.

    Args:
        units: :func:`error_units`.
        pairs: :func:`pair_units`.
        tenths: :func:`tenth_units`.
        edges: the least length of each length bin, ascending from 0.
        reads, bases: int64[length bins, HIGHEST + 1]; reads of a length bin and a whole Phred, and their bases.
        by_tenth: int64[2, 10 * HIGHEST + 1]; reads, and their bases, by tenths of Phred.

    Returns:
        The sum of all error probabilities, in units.
    """
    everything = 0
    for read in range(last):
        n = length[read]
        if n == 0 or quality_start[read] < 0:
            continue
        total = _error_sum(data, quality_start[read], n, units, pairs)
        everything += total
        tenth = _tenths(total, n, tenths)
        row = 0
        while row + 1 < edges.shape[0] and edges[row + 1] <= n:
            row += 1
        reads[row, tenth // 10] += 1
        bases[row, tenth // 10] += n
        by_tenth[0, tenth] += 1
        by_tenth[1, tenth] += n
    return everything


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i8, u1[::1], i8[:, :, ::1], i8[:, :, ::1]")
def count_ends(
    data: Bytes,
    sequence_start: Ints,
    quality_start: Ints,
    length: Ints,
    last: int,
    letters: Bytes,
    bases: Ints,
    qualities: Ints,
) -> None:
    """Count bases and qualities at the first and the last positions of the first ``last`` reads. O(reads).

    Args:
        letters: :func:`letter_columns`.
        bases: int64[2, positions, 5]: first or last positions (position 0 is the outermost), letter.
        qualities: int64[2, positions, 2]: how many qualities, and the sum of their characters.
    """
    for read in range(last):
        n = length[read]
        start = sequence_start[read]
        quality = quality_start[read]
        for i in range(min(n, bases.shape[1])):
            bases[0, i, letters[data[start + i]]] += 1
            bases[1, i, letters[data[start + n - 1 - i]]] += 1
            if quality >= 0:
                qualities[0, i, 0] += 1
                qualities[0, i, 1] += np.int64(data[quality + i])
                qualities[1, i, 0] += 1
                qualities[1, i, 1] += np.int64(data[quality + n - 1 - i])
