"""Reads by what their names have in common: instrument, run, flow cell, lane."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.words import load_word

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

MOST = 64
"""Different beginnings that are told apart."""
LONGEST = 96
"""Longest beginning."""


@kernel
def _begins(data: Bytes, start: int, end: int, prefixes: Bytes, row: int, n: int) -> bool:
    """Whether the name data[start:end] begins with ``prefixes[row, :n]``."""
    if end - start < n:
        return False
    prefix = prefixes[row]
    if n < 8:
        same = True
        for i in range(n):
            same &= data[start + i] == prefix[i]
        return same
    for i in range(0, n - 7, 8):
        if load_word(data, start + i) != load_word(prefix, i):
            return False
    # The last word overlaps the one before.
    return bool(load_word(data, start + n - 8) == load_word(prefix, n - 8))


@kernel
def _second_word(data: Bytes, start: int, end: int) -> int:
    """Where the second word of a name begins; its end where it has none."""
    for at in range(start, end):
        if data[at] == 32:
            return at + 1
    return end


@kernel
def _row_of(data: Bytes, start: int, end: int, prefixes: Bytes, lengths: Ints, known: int) -> int:
    """The beginning that a name has; the empty one, where there is one, for names that have no other."""
    empty = known
    for row in range(known):
        if lengths[row] == 0:
            empty = row
        elif _begins(data, start, end, prefixes, row, lengths[row]):
            return row
    return empty


@entry("u1[::1], i8[::1], i8[::1], i8, b1, u1[:, ::1], i8[::1], i8, i8[::1], i8 -> i8")
def count_prefixes(
    data: Bytes,
    name_start: Ints,
    name_end: Ints,
    first: int,
    second_word: bool,
    prefixes: Bytes,
    lengths: Ints,
    known: int,
    counts: Ints,
    last: int,
) -> int:
    """Count the reads from ``first`` on by the beginning of their names, until one begins with none that is known.

    Args:
        second_word: what is looked at is the second word of a name: archives put a name of their own before it.
        prefixes: uint8[MOST, LONGEST], the beginnings; ``lengths`` says how long each is.
        known: how many there are; with MOST of them all other reads are counted in ``counts[MOST]``.
        counts: int64[MOST + 1].
        last: the beginning that is tried first.

    Returns:
        The read at which it stopped; the number of reads when all are counted.
    """
    for read in range(first, name_start.shape[0]):
        start = name_start[read]
        end = name_end[read]
        if second_word:
            start = _second_word(data, start, end)
        if last >= known or lengths[last] == 0 or not _begins(data, start, end, prefixes, last, lengths[last]):
            last = _row_of(data, start, end, prefixes, lengths, known)
            if last == known and known < MOST:
                return read
        counts[last] += 1
    return len(name_start)
