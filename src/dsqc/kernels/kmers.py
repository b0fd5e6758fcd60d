"""Words of seven letters by position, on every fiftieth read."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SIZE = 7
WORDS = 4**SIZE
EVERY = 50
"""One read of so many is looked at (FastQC)."""
LONGEST = 500
"""Letters of a read that are looked at (FastQC)."""


def code_table() -> NDArray[np.uint8]:
    """uint8[256]: 0 to 3 for A, C, G, T of either case, 4 for any other byte."""
    table = np.full(256, 4, dtype=np.uint8)
    for code, letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
        table[[ord(letter) for letter in letters]] = code
    return table


@entry("u1[::1], i8[::1], i8[::1], i8, u1[::1], i4[:, ::1], i4[::1] -> i8")
def count_words(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    before: int,
    codes: Bytes,
    counts: NDArray[np.int32],
    reach: NDArray[np.int32],
) -> int:
    """Count the words of the reads that are looked at; words with other letters than A, C, G and T count nowhere.

    Args:
        data: the batch's buffer; every read lies inside.
        before: reads of the file in front of the batch's first one.
        codes: see :func:`code_table`.
        counts: int32[positions, WORDS]; enough positions for the longest read, LONGEST - SIZE + 1 at most.
        reach: int32[WORDS]; the number of positions of the read that brought a word first.

    Returns:
        Length of the longest read looked at, LONGEST at most.
    """
    longest = 0
    row = EVERY - 1 - before % EVERY
    while row < length.shape[0]:
        size = min(length[row], LONGEST)
        longest = max(longest, size)
        text = data[sequence_start[row] : sequence_start[row] + size]
        word = 0
        whole = 0
        for index in range(size):
            code = np.int64(codes[text[index]])
            whole = 0 if code == 4 else whole + 1
            word = (word << 2 | code & 3) & (WORDS - 1)
            if whole >= SIZE:
                counts[index - SIZE + 1, word] += np.int32(1)
                if reach[word] == 0:
                    reach[word] = np.int32(size - SIZE + 1)
        row += EVERY
    return longest
