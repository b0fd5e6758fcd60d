"""Poly-G: what instruments with two dyes write where they see no signal.

Those instruments (NextSeq, NovaSeq, MiniSeq, iSeq) call G where a cluster stays dark, so reads that run out of their
fragment, or out of light, end in G of good quality.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.words import count_bits, load_word

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

TAIL = 10
"""Least bases of a poly-G tail, and how many last bases are looked at for G (fastp's ``poly_g_min_len``)."""
INNER = 20
"""Least run of G inside a read."""
LONGEST = 1000
"""Longer reads are not of such an instrument."""
GOOD = 30 + 33
"""Quality character of Phred 30, offset 33, which all instruments with two dyes write."""
G = 71
_STEP = INNER - 7
_EIGHT_G = np.uint64(0x4747474747474747)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH_BITS = np.uint64(0x8080808080808080)

# counts
READS, TAILS, DARK, INSIDE, LAST_G = range(5)
COUNTS = 5


@kernel
def _tail(data: Bytes, start: int, n: int) -> int:
    """Bases of the read's poly-G tail; 0 where it has none.

    fastp 0.23 ``PolyX::trimPolyG``: from the end on, one other base is allowed in eight, at most five.
    """
    others = 0
    tail = 0
    last = start + n - 1
    for i in range(n):
        if data[last - i] == G:
            tail = i + 1
        else:
            others += 1
        if others > 5 or (i >= TAIL - 1 and others > (i + 1) >> 3):
            return tail if i >= TAIL else 0
    return tail if n >= TAIL else 0


@kernel
def _may_hold_run(data: Bytes, start: int, n: int) -> bool:
    """Whether eight G stand at a place of every _STEP: a run of INNER or more covers one."""
    found = False
    for at in range(start, start + n - 7, _STEP):
        found |= load_word(data, at) == _EIGHT_G
    return found


@kernel
def _inner(data: Bytes, start: int, n: int, quality: int) -> bool:
    """Whether INNER or more G in a row, of mean Phred 30 or more, stand before the read's end."""
    run = 0
    total = 0
    for i in range(n):
        if data[start + i] == G:
            run += 1
            total += int(data[quality + i])
        else:
            if run >= INNER and total >= GOOD * run:
                return True
            run = 0
            total = 0
    return False


@kernel
def _count_g(data: Bytes, at: int) -> int:
    """How many of the eight letters from ``at`` on are G."""
    other = load_word(data, at) ^ _EIGHT_G
    return 8 - count_bits((((other & _LOW_BITS) + _LOW_BITS) | other) & _HIGH_BITS)


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i8[::1]")
def count_poly_g(data: Bytes, sequence_start: Ints, quality_start: Ints, length: Ints, counts: Ints) -> None:
    """Count reads of TAIL to LONGEST bases by their poly-G. O(reads), mostly.

    Args:
        counts: int64[COUNTS]: reads looked at, with a tail, dark (the tail is nine tenths of the read or more), with
            G inside, and G among their last TAIL bases.
    """
    for read in range(length.shape[0]):
        n = length[read]
        if n < TAIL or n > LONGEST:
            continue
        start = sequence_start[read]
        counts[READS] += 1
        end = start + n
        last_g = _count_g(data, end - 8) + int(data[end - 9] == G) + int(data[end - 10] == G)
        counts[LAST_G] += last_g
        if last_g >= TAIL - 1:
            tail = _tail(data, start, n)
            counts[TAILS] += tail > 0
            counts[DARK] += 10 * tail >= 9 * n
        quality = quality_start[read]
        if quality >= 0 and _may_hold_run(data, start, n) and _inner(data, start, n, quality):
            counts[INSIDE] += 1
