"""What a read tells of how its library was made: how it begins, which bases it lacks, primers, ribosomal words.

Reads are looked at by their number in the file, every so many, and no further than LOOKED_AT bases.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint32]
Masks = NDArray[np.uint64]

LOOKED_AT = 300
"""Bases of a read that are looked at, from its start."""
START = 8
"""First bases by which starts are told apart."""
WORD = 16
"""Bases of a ribosomal word."""
FILTER_BITS = 12
FARTHEST = 8
"""Bases before a primer (spacers, phasing) that are passed over."""
DIFFERENT = 2
"""Letters of a primer that may differ (fixed by the kernel's three masks)."""
BEYOND, NO_LETTER = 4, 5
"""Columns of a place of the primers beside those of A, C, T and G: behind the read's end, and all primers."""
RUN, OF = 10, 12
"""A run of one letter: so many of so many bases."""
TELLING = 12
"""Least C and G of a read whose lack of one of them means something."""
POOR = 8
"""A read lacks C where at most one in so many of its C and G is a C."""
BARCODES = (26, 28)
"""Bases of cell barcode and molecular identifier behind which the transcript's poly-A is read as T."""

# counts
READS, C, G, JUDGED, C_POOR, G_POOR, T_START, A_START, BEHIND, BEHIND_T, RIBOSOMAL, STARTS, PRIMED = range(13)
COUNTS = 13
_LOW = np.uint64(0xFFFFFFFF)


@kernel
def _holds_run(data: Bytes, at: int, letter: int) -> bool:
    number = 0
    for i in range(OF):
        number += data[at + i] == letter
    return bool(number >= RUN)


@kernel
def filter_place(word: int) -> int:
    """Place in the filter of a word of WORD bases, two bits each."""
    return int(np.int64((np.uint64(word) * np.uint64(0x9E3779B1) & _LOW) >> np.uint64(32 - FILTER_BITS)))


@kernel
def _is_ribosomal(data: Bytes, start: int, n: int, motifs: Words, places: Bytes) -> bool:
    word = 0
    held = 0
    for i in range(n):
        letter = int(np.int64(data[start + i]))
        if letter in (65, 67, 71, 84):
            word = (word << 2 | letter >> 1 & 3) & 0xFFFFFFFF
            held += 1
        else:
            held = 0
        if held >= WORD and places[filter_place(word)]:
            for number in range(motifs.shape[0]):
                if int(np.int64(motifs[number])) == word:
                    return True
    return False


@kernel
def _primers_at(data: Bytes, start: int, n: int, allowed: Masks) -> int:
    """Bits of the primers that stand at data[start], of a read with ``n`` bases from there on.

    All primers at once: a bit each, in three masks of those with one, two and three letters that differ.
    """
    one = np.uint64(0)
    two = np.uint64(0)
    three = np.uint64(0)
    everyone = allowed[0, NO_LETTER]
    for i in range(allowed.shape[0]):
        letter = int(np.int64(data[start + i])) >> 1 & 3 if i < n else BEYOND
        fails = everyone & ~allowed[i, letter]
        three |= two & fails
        two |= one & fails
        one |= fails
        if three == everyone:
            return 0
    return int(np.int64(everyone & ~three))


@kernel
def _primer(data: Bytes, start: int, n: int, allowed: Masks) -> int:
    """Number of the first primer that stands behind at most FARTHEST bases of a read; -1 for none."""
    for before in range(min(FARTHEST + 1, n)):
        found = _primers_at(data, start + before, n - before, allowed)
        if found:
            number = 0
            while found >> number & 1 == 0:
                number += 1
            return number
    return -1


@kernel
def _start_word(data: Bytes, start: int) -> int:
    """The first START bases, two bits each; -1 where one of them is not known."""
    word = 0
    for i in range(START):
        letter = int(np.int64(data[start + i]))
        if letter not in (65, 67, 71, 84):
            return -1
        word = word << 2 | letter >> 1 & 3
    return word


@kernel
def _composition(data: Bytes, start: int, n: int, counts: Ints) -> None:
    """C and G of a read, and whether it lacks one of them; a tail of G, which may be no signal, is left out."""
    end = n
    while end > 0 and data[start + end - 1] == 71:
        end -= 1
    c = 0
    g = 0
    for i in range(end):
        c += data[start + i] == 67
        g += data[start + i] == 71
    counts[C] += c
    counts[G] += g
    if c + g >= TELLING:
        counts[JUDGED] += 1
        counts[C_POOR] += POOR * c <= c + g
        counts[G_POOR] += POOR * g <= c + g


@entry("u1[::1], i8[::1], i8[::1], i8, i8, i8, u8[:, ::1], u4[::1], u1[::1], i8[::1], i8[::1], i8[::1]")
def look_at_reads(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    first: int,
    end: int,
    step: int,
    allowed: Masks,
    motifs: Words,
    places: Bytes,
    starts: Ints,
    primed: Ints,
    counts: Ints,
) -> None:
    """Count what every ``step``-th read tells, of the rows from ``first`` up to ``end``. O(bases looked at).

    Args:
        allowed: uint64[longest primer, 6]; at each place a bit for each primer that allows A, C, T, G, the end of the
            read, anything (columns 0 to 5).
        motifs: words of WORD bases, two bits each (A 0, C 1, T 2, G 3).
        places: uint8[2 ** FILTER_BITS]; not 0 where a motif has its :func:`filter_place`.
        starts: int64[4 ** START]; reads by their first START bases.
        primed: int64[number]; reads by primer.
        counts: int64[COUNTS].
    """
    for row in range(first, end, step):
        start = sequence_start[row]
        n = min(length[row], LOOKED_AT)
        counts[READS] += 1
        _composition(data, start, n, counts)
        if n >= START:
            word = _start_word(data, start)
            if word >= 0:
                counts[STARTS] += 1
                starts[word] += 1
        if n >= OF:
            counts[T_START] += _holds_run(data, start, 84)
            counts[A_START] += _holds_run(data, start, 65)
        if n >= BARCODES[1] + OF:
            counts[BEHIND] += 1
            counts[BEHIND_T] += _holds_run(data, start + BARCODES[0], 84) or _holds_run(data, start + BARCODES[1], 84)
        if n >= WORD:
            counts[RIBOSOMAL] += _is_ribosomal(data, start, n, motifs, places)
        number = _primer(data, start, n, allowed)
        if number >= 0:
            primed[number] += 1
            counts[PRIMED] += 1


@entry("u4[::1], u1[::1]")
def fill_filter(motifs: Words, places: Bytes) -> None:
    """Mark the places of ``motifs`` in ``places`` (uint8[2 ** FILTER_BITS])."""
    for number in range(motifs.shape[0]):
        places[filter_place(int(np.int64(motifs[number])))] = 1
