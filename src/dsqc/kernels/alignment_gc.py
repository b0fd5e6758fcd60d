"""Records and their GC by window of the reference, for alignments that are sorted by coordinate."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.alignment_coverage import LEFT_OUT
from dsqc.kernels.vectors import LANES, and64, bits64, equal64, load64, ones, or64, splat64, until64

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

WINDOW = 20_000
"""Positions of a window, as samtools stats has them."""

# Entries of `state`: the open window, and what its records hold. Windows of a reference are numbered from 0. The first
# window is kept as it is once it is closed (FIRST_CLOSED): who measured the part of the file in front adds to it.
REFERENCE, NUMBER, RECORDS, GC, BASES, LAST_POSITION, UNSORTED, FIRST_REFERENCE, FIRST_NUMBER = range(9)
FIRST_POSITION, FIRST_CLOSED, FIRST_RECORDS, FIRST_GC, FIRST_BASES = range(9, 14)
STATE = 14

C, G = 2, 4
"""Codes of packed bases (SAM specification 4.2.3)."""


@kernel
def _count_pairs(data: Bytes, start: int, end: int) -> int:
    """C and G in the packed bases data[start:end], one byte at a time."""
    total = 0
    for index in range(start, end):
        pair = int(np.int64(data[index]))
        total += int(pair >> 4 in (C, G)) + int(pair & 15 in (C, G))
    return total


@kernel
def _count_gc(data: Bytes, start: int, end: int) -> int:
    """C and G in the packed bases data[start:end], behind which as many bytes follow at least: the qualities."""
    if end - start < LANES:
        return _count_pairs(data, start, end)
    total = 0
    for at in range(start, end, LANES):
        pairs = and64(load64(data, at), until64(end - at))
        high, low = and64(pairs, splat64(0xF0)), and64(pairs, splat64(0x0F))
        one = or64(equal64(high, splat64(C << 4)), equal64(high, splat64(G << 4)))
        two = or64(equal64(low, splat64(C)), equal64(low, splat64(G)))
        total += ones(bits64(one)) + ones(bits64(two))
    return total


@kernel
def _percent(gc: int, bases: int) -> int:
    """GC in percent, rounded half up."""
    return (200 * gc + bases) // (2 * bases) if bases > 0 else 0


@entry("u1[::1], i8[::1], i8[::1], i4[::1], i4[::1], i4[::1], i8[::1], u1[::1], i8[::1], i8[::1] -> i8")
def add_windows(
    data: Bytes,
    tags_start: Ints,
    length: Ints,
    flags: Numbers,
    reference: Numbers,
    position: Numbers,
    lengths: Ints,
    percents: Bytes,
    records: Ints,
    state: Ints,
) -> int:
    """Add the records of a batch to the windows they begin in; some 20 cycles and 20 more for every 128 bases.

    Args:
        data .. position: as in ``AlignmentColumns`` and ``ReadBatch``.
        lengths: of the reference sequences.
        percents, records: room for as many windows as the batch has records; receive those that are closed, but for the
            first: the GC percent of their records' bases, and the number of their records.
        state: STATE; REFERENCE, LAST_POSITION and FIRST_REFERENCE begin at -1.

    Returns:
        How many windows were closed and written to ``percents``.
    """
    closed = 0
    for row in range(flags.shape[0]):
        sequence = int(np.int64(reference[row]))
        start = int(np.int64(position[row]))
        if np.int64(flags[row]) & LEFT_OUT != 0 or not 0 <= sequence < lengths.shape[0]:
            continue
        first = tags_start[row] - length[row] - ((length[row] + 1) >> 1)
        if not 0 <= start < lengths[sequence] or length[row] <= 0 or first < 0 or tags_start[row] > data.shape[0]:
            continue
        if sequence < state[REFERENCE] or (sequence == state[REFERENCE] and start < state[LAST_POSITION]):
            state[UNSORTED] = 1
            return closed
        number = start // WINDOW
        if sequence != state[REFERENCE] or number != state[NUMBER]:
            if state[REFERENCE] < 0:
                state[FIRST_REFERENCE] = sequence
                state[FIRST_NUMBER] = number
                state[FIRST_POSITION] = start
            elif state[FIRST_CLOSED] == 0:
                state[FIRST_CLOSED] = 1
                state[FIRST_RECORDS] = state[RECORDS]
                state[FIRST_GC] = state[GC]
                state[FIRST_BASES] = state[BASES]
            else:
                percents[closed] = _percent(state[GC], state[BASES])
                records[closed] = state[RECORDS]
                closed += 1
            state[REFERENCE] = sequence
            state[NUMBER] = number
            state[RECORDS] = 0
            state[GC] = 0
            state[BASES] = 0
        state[RECORDS] += 1
        state[GC] += _count_gc(data, first, first + ((length[row] + 1) >> 1))
        state[BASES] += length[row]
        state[LAST_POSITION] = start
    return closed
