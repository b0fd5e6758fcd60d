"""Records and their GC by window of the reference, for alignments that are sorted by coordinate."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.alignment_coverage import LEFT_OUT

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

WINDOW = 20_000
"""Positions of a window, as samtools stats has them."""

# Entries of `state`: the open window, and what its records hold. Windows of a reference are numbered from 0.
REFERENCE, NUMBER, RECORDS, GC, CALLED, LAST_POSITION, UNSORTED, FIRST_REFERENCE, FIRST_NUMBER = range(9)
STATE = 9

CALLED_UNIT = 1 << 32
"""In sums over :func:`base_table`, GC is the low half and all of A, C, G and T the high half."""


def base_table() -> Ints:
    """int64[256]: what two packed bases (SAM specification 4.2.3) add: C and G, and A, C, G and T."""
    gc, called = np.zeros(16, np.int64), np.zeros(16, np.int64)
    gc[[2, 4]] = 1
    called[[1, 2, 4, 8]] = 1
    one = gc + called * CALLED_UNIT
    return (one[:, None] + one[None, :]).reshape(256)


@kernel
def _sum_bases(data: Bytes, start: int, end: int, table: Ints) -> int:
    total = 0
    part = data[start:end]
    for pair in part:
        total += table[pair]
    return total


@kernel
def _percent(gc: int, called: int) -> int:
    """GC in percent, rounded half up; 0 without bases."""
    return (200 * gc + called) // (2 * called) if called > 0 else 0


@entry(
    "u1[::1], i8[::1], i8[::1], i8[::1], i4[::1], i4[::1], i4[::1], i8[::1], i8[::1], u1[::1], i8[::1], i8[::1] -> i8"
)
def add_windows(
    data: Bytes,
    record_start: Ints,
    tags_start: Ints,
    length: Ints,
    flags: Numbers,
    reference: Numbers,
    position: Numbers,
    lengths: Ints,
    table: Ints,
    percents: Bytes,
    records: Ints,
    state: Ints,
) -> int:
    """Add the records of a batch to the windows they begin in; half a cycle a base.

    Args:
        data .. position: as in ``AlignmentColumns`` and ``ReadBatch``.
        lengths: of the reference sequences.
        table: :func:`base_table`.
        percents, records: room for as many windows as the batch has records; receive those that are closed: the GC
            percent of their records' bases, and the number of their records.
        state: STATE; REFERENCE, LAST_POSITION and FIRST_REFERENCE begin at -1.

    Returns:
        How many windows were closed.
    """
    closed = 0
    for row in range(flags.shape[0]):
        sequence = int(np.int64(reference[row]))
        start = int(np.int64(position[row]))
        if np.int64(flags[row]) & LEFT_OUT != 0 or not 0 <= sequence < lengths.shape[0]:
            continue
        first = tags_start[row] - length[row] - ((length[row] + 1) >> 1)
        if not 0 <= start < lengths[sequence] or length[row] == 0 or first < record_start[row]:
            continue
        if sequence < state[REFERENCE] or (sequence == state[REFERENCE] and start < state[LAST_POSITION]):
            state[UNSORTED] = 1
            return closed
        number = start // WINDOW
        if sequence != state[REFERENCE] or number != state[NUMBER]:
            if state[REFERENCE] >= 0:
                percents[closed] = _percent(state[GC], state[CALLED])
                records[closed] = state[RECORDS]
                closed += 1
            else:
                state[FIRST_REFERENCE] = sequence
                state[FIRST_NUMBER] = number
            state[REFERENCE] = sequence
            state[NUMBER] = number
            state[RECORDS] = 0
            state[GC] = 0
            state[CALLED] = 0
        total = _sum_bases(data, first, first + ((length[row] + 1) >> 1), table)
        state[RECORDS] += 1
        state[GC] += total & (CALLED_UNIT - 1)
        state[CALLED] += total >> 32
        state[LAST_POSITION] = start
    return closed
