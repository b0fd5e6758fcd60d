"""Alignments on the reverse strand, turned back to how the instrument read them."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.vectors import bits64, complement64, equal64, load64, or64, reverse64, splat64, store64

Bytes = NDArray[np.uint8]
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)

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


@kernel
def _common(data: Bytes, at: int) -> bool:
    """Whether the 64 letters at ``at`` are all A, C, G, T or N."""
    lanes = load64(data, at)
    purines = or64(equal64(lanes, splat64(65)), equal64(lanes, splat64(71)))
    pyrimidines = or64(equal64(lanes, splat64(67)), equal64(lanes, splat64(84)))
    known = or64(or64(purines, pyrimidines), equal64(lanes, splat64(78)))
    return bool(bits64(known) == _ALL)


@kernel
def _turn_bases(data: Bytes, low: int, high: int, complement: Bytes) -> None:
    """Reverse complement data[low:high]: 64 from either end at once, as long as they are common letters."""
    while high - low >= 128 and _common(data, low) and _common(data, high - 64):
        front = load64(data, low)
        store64(data, low, reverse64(complement64(load64(data, high - 64))))
        store64(data, high - 64, reverse64(complement64(front)))
        low += 64
        high -= 64
    high -= 1
    while low < high:
        base = complement[data[low]]
        data[low] = complement[data[high]]
        data[high] = base
        low += 1
        high -= 1
    if low == high:
        data[low] = complement[data[low]]


@kernel
def _turn(data: Bytes, low: int, high: int) -> None:
    """Reverse data[low:high]."""
    while high - low >= 128:
        front = load64(data, low)
        store64(data, low, reverse64(load64(data, high - 64)))
        store64(data, high - 64, reverse64(front))
        low += 64
        high -= 64
    high -= 1
    while low < high:
        byte = data[low]
        data[low] = data[high]
        data[high] = byte
        low += 1
        high -= 1


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i4[::1], u1[::1]")
def turn_reverse_reads(
    data: Bytes,
    sequence_start: NDArray[np.int64],
    quality_start: NDArray[np.int64],
    length: NDArray[np.int64],
    flag: NDArray[np.int32],
    complement: Bytes,
) -> None:
    """Reverse complement, in place, the reads whose flag says reverse, and reverse their qualities. O(bases)."""
    for read in range(length.shape[0]):
        if flag[read] & 0x10:
            start = sequence_start[read]
            _turn_bases(data, start, start + length[read], complement)
            start = quality_start[read]
            if start >= 0:
                _turn(data, start, start + length[read])
