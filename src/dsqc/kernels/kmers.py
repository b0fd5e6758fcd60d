"""Words of seven letters by position, on every fiftieth read."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SIZE = 7
WORDS = 4**SIZE
EVERY = 50
"""One read of so many is looked at (FastQC)."""
LONGEST = 500
"""Letters of a read that are looked at (FastQC)."""
POSITIONS = LONGEST - SIZE + 1
WAITING = 8_192
"""Reads whose words wait to be counted together."""


def code_table() -> NDArray[np.uint8]:
    """uint8[256]: 0 to 3 for A, C, G, T of either case, 4 for any other byte."""
    table = np.full(256, 4, dtype=np.uint8)
    for code, letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
        table[[ord(letter) for letter in letters]] = code
    return table


@kernel
def _fold(pending: NDArray[np.uint16], used: Ints, counts: NDArray[np.int32]) -> None:
    for position in range(counts.shape[0]):
        row = counts[position]
        words = pending[position]
        for place in range(used[position]):
            row[words[place]] += np.int32(1)
        used[position] = 0


@entry("u2[:, ::1], i8[::1], i4[:, ::1]")
def fold_words(pending: NDArray[np.uint16], used: Ints, counts: NDArray[np.int32]) -> None:
    """Move the words that wait into ``counts``; arguments as of :func:`count_words`."""
    _fold(pending, used, counts)


@entry("u1[::1], i8[::1], i8[::1], i8, u1[::1], u2[:, ::1], i8[::1], i4[:, ::1], u2[::1], i8 -> i8")
def count_words(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    before: int,
    codes: Bytes,
    pending: NDArray[np.uint16],
    used: Ints,
    counts: NDArray[np.int32],
    reach: NDArray[np.uint16],
    waiting: int,
) -> int:
    """Count the words of the reads that are looked at; words with other letters than A, C, G and T count nowhere.

    Words wait by position until WAITING reads have been looked at, and are then counted a position at a time: one row
    of counters fits the processor's cache, all of them together do not.

    Args:
        data: the batch's buffer; every read lies inside.
        before: reads of the file in front of the batch's first one.
        codes: see :func:`code_table`.
        pending: uint16[POSITIONS, WAITING], the words that wait.
        used: int64[POSITIONS], how many wait at each position.
        counts: int32[positions, WORDS]; enough positions for the longest read, POSITIONS at most.
        reach: uint16[WORDS]; the number of positions of the read that brought a word first.
        waiting: reads looked at whose words wait.

    Returns:
        Reads looked at whose words wait.
    """
    row = EVERY - 1 - before % EVERY
    while row < length.shape[0]:
        size = min(length[row], LONGEST)
        text = data[sequence_start[row] : sequence_start[row] + size]
        word = 0
        whole = 0
        for index in range(size):
            code = int(codes[text[index]])
            whole = 0 if code == 4 else whole + 1
            word = (word << 2 | code & 3) & (WORDS - 1)
            if whole >= SIZE:
                position = index - SIZE + 1
                pending[position, used[position]] = np.uint16(word)
                used[position] += 1
                if reach[word] == 0:
                    reach[word] = np.uint16(size - SIZE + 1)
        waiting += 1
        if waiting == WAITING:
            _fold(pending, used, counts)
            waiting = 0
        row += EVERY
    return waiting
