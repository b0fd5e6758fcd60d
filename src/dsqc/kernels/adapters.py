"""Where in a read an adapter first occurs.

An adapter's 12 letters, wherever they begin, hold whole the eight letters at one place that is a multiple of five. So
only those are looked at: eight letters to one number, its product with a constant to a place of a small table that says
which adapters could be there. Rarely one could; then its letters are compared.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.vectors import load_word

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SIZE = 12
"""Letters of an adapter that are looked for (FastQC)."""
STEP = 5
PROBE = 8
TABLE_BITS = 15
NEAR = 100_000
"""Positions that have a column of their own; then one column a thousand."""

_LETTER_BITS = np.uint64(0x0606060606060606)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@kernel
def probe_place(text: Bytes, at: int) -> int:
    """Place in the table of the eight letters from ``at`` on: two bits of each, which tell A, C, G and T apart."""
    return int(np.int64((load_word(text, at) & _LETTER_BITS) * _FACTOR >> np.uint64(64 - TABLE_BITS)))


@kernel
def column_of(position: int) -> int:
    """Column of a position, from 0."""
    return position if position < NEAR else NEAR + (position - NEAR) // 1000


@kernel
def _stands_at(text: Bytes, at: int, adapter: Bytes) -> bool:
    if at < 0 or at + SIZE > text.shape[0]:
        return False
    different = np.uint8(0)
    for index in range(SIZE):
        different |= text[at + index] & np.uint8(0xDF) ^ adapter[index]
    return bool(different == 0)


@kernel
def _found_behind(text: Bytes, at: int, could: int, adapters: Bytes, first: Ints) -> int:
    """Which of the adapters of the bits ``could`` stand around the probe at ``at``; counted where they begin."""
    found = 0
    for number in range(adapters.shape[0]):
        if could >> number & 1:
            for start in range(at - STEP + 1, at + 1):
                if _stands_at(text, start, adapters[number]):
                    first[number, column_of(start)] += 1
                    found |= 1 << number
                    break
    return found


@entry("u2[::1], u1[:, ::1]")
def fill_table(table: NDArray[np.uint16], adapters: Bytes) -> None:
    """Enter adapters (uint8[number, SIZE], upper case, at most 16) into ``table`` (uint16[2 ** TABLE_BITS])."""
    for number in range(adapters.shape[0]):
        for at in range(STEP):
            table[probe_place(adapters[number], at)] |= np.uint16(1 << number)


@entry("u1[::1], i8[::1], i8[::1], u2[::1], u1[:, ::1], i8, i8[:, ::1] -> i8")
def find_adapters(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    table: NDArray[np.uint16],
    adapters: Bytes,
    counted: int,
    first: Ints,
) -> int:
    """Count reads by adapter and the position of its first occurrence; O(bases / STEP).

    Args:
        data: the batch's buffer; every read lies inside.
        table, adapters: see :func:`fill_table`.
        counted: a bit an adapter: those of which a read has to have one to be counted in the result.
        first: int64[adapters, columns]; enough columns for the longest read.

    Returns:
        Reads with at least one of the adapters ``counted``.
    """
    reads = 0
    for row in range(length.shape[0]):
        text = data[sequence_start[row] : sequence_start[row] + length[row]]
        end = length[row] - PROBE
        found = 0
        at = 0
        while at <= end:
            could = int(table[probe_place(text, at)]) & ~found
            if could:
                found |= _found_behind(text, at, could, adapters, first)
            at += STEP
        if found & counted:
            reads += 1
    return reads
