"""Alignments on the reverse strand, turned back to how the instrument read them."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry

REVERSE = 0x10
"""SAM flag: the sequence is stored reverse complemented."""


def complement_table() -> NDArray[np.uint8]:
    """uint8[256]: the complement of every IUPAC letter, any other byte itself; U becomes A, case is kept."""
    table = np.arange(256, dtype=np.uint8)
    for one, other in ("AT", "CG", "RY", "KM", "BV", "DH"):
        for left, right in ((one, other), (other, one), (one.lower(), other.lower()), (other.lower(), one.lower())):
            table[ord(left)] = ord(right)
    table[ord("U")] = ord("A")
    table[ord("u")] = ord("a")
    return table


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i4[::1], u1[::1]")
def turn_reverse_reads(
    data: NDArray[np.uint8],
    sequence_start: NDArray[np.int64],
    quality_start: NDArray[np.int64],
    length: NDArray[np.int64],
    flag: NDArray[np.int32],
    complement: NDArray[np.uint8],
) -> None:
    """Reverse complement, in place, the reads whose flag says reverse, and reverse their qualities. O(bases)."""
    for read in range(length.shape[0]):
        if flag[read] & 0x10:
            n = length[read]
            low = sequence_start[read]
            high = low + n - 1
            while low < high:
                base = complement[data[low]]
                data[low] = complement[data[high]]
                data[high] = base
                low += 1
                high -= 1
            if low == high:
                data[low] = complement[data[low]]
            low = quality_start[read]
            high = low + n - 1
            while 0 <= low < high:
                quality = data[low]
                data[low] = data[high]
                data[high] = quality
                low += 1
                high -= 1
