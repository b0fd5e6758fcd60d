"""Depth of alignments that are sorted by coordinate, in memory that does not grow with the reference.

A window slides along the reference. It holds by how much the depth changes at each position, and a bit for every
position that has a change; what lies before the current record is settled, a step of the bits at a time, so that time
goes by records and by 64 positions, not by position.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.alignment import DUPLICATE, QCFAIL, SECONDARY, SUPPLEMENTARY, UNMAPPED
from dsqc.kernels.bam_record import int32_at
from dsqc.kernels.vectors import lowest

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
Words = NDArray[np.uint64]

LEFT_OUT = UNMAPPED | SECONDARY | SUPPLEMENTARY | DUPLICATE | QCFAIL

# Entries of `state`. The window begins at BEGIN, a multiple of 64, where the depth is DEPTH; changes stand before END.
REFERENCE, BEGIN, END, DEPTH, LAST_POSITION, FIRST_REFERENCE, FIRST_POSITION, UNSORTED, NEEDED = range(9)
STATE = 9


@kernel
def _settle(until: int, row: int, changes: Numbers, marks: Words, histograms: Ints, state: Ints) -> None:
    """Count the positions from BEGIN to ``until``, a multiple of 64; the window begins there afterwards."""
    begin = state[BEGIN]
    depth = state[DEPTH]
    since = begin
    end = min(until, (state[END] + 63) & ~63)
    last = changes.shape[0] - 1
    deepest = histograms.shape[1] - 1
    while begin < end:
        word = (begin & last) >> 6
        bits = marks[word]
        marks[word] = np.uint64(0)
        while bits != np.uint64(0):
            place = begin + lowest(bits)
            bits &= bits - np.uint64(1)
            histograms[row, min(depth, deepest)] += place - since
            since = place
            depth += changes[place & last]
            changes[place & last] = 0
        begin += 64
    histograms[row, min(depth, deepest)] += begin - since
    state[BEGIN] = max(until, begin)
    state[DEPTH] = depth


@entry("i8, i4[::1], u8[::1], i8[:, ::1], i8[::1]")
def settle_all(row: int, changes: Numbers, marks: Words, histograms: Ints, state: Ints) -> None:
    """Count what is left in the window: no record follows on its reference."""
    _settle((state[END] + 63) & ~63, row, changes, marks, histograms, state)


@kernel
def _change(place: int, step: int, changes: Numbers, marks: Words) -> None:
    at = place & (changes.shape[0] - 1)
    changes[at] += np.int32(step)
    marks[at >> 6] |= np.uint64(1) << np.uint64(at & 63)


@kernel
def _span(data: Bytes, cigar: int, operations: int) -> int:
    """Reference positions that a CIGAR takes up."""
    span = 0
    for index in range(operations):
        word = int32_at(data, cigar + 4 * index) & 0xFFFFFFFF
        if word & 15 in (0, 2, 3, 7, 8):
            span += word >> 4
    return span


@kernel
def _cover_stretch(start: int, end: int, length: int, changes: Numbers, marks: Words, state: Ints) -> int:
    """Add the positions start to end (exclusive) as far as they lie inside the reference; returns their number."""
    stop = min(end, length)
    if start >= stop:
        return 0
    _change(start, 1, changes, marks)
    _change(stop, -1, changes, marks)
    state[END] = max(state[END], stop + 1)
    return stop - start


@kernel
def _cover(
    data: Bytes, cigar: int, operations: int, position: int, length: int, changes: Numbers, marks: Words, state: Ints
) -> int:
    """Add the bases of M, = and X that lie inside the reference; returns their number."""
    start = position  # of the stretch that is not added yet
    end = position
    covered = 0
    for index in range(operations + 1):
        word = 3 if index == operations else int32_at(data, cigar + 4 * index) & 0xFFFFFFFF
        operation = word & 15
        if operation in (0, 7, 8):
            end += word >> 4
        elif operation in (2, 3):
            covered += _cover_stretch(start, end, length, changes, marks, state)
            end += word >> 4
            start = end
    return covered


@kernel
def _begin_reference(
    reference: int, start: int, histogram_of: Ints, changes: Numbers, marks: Words, histograms: Ints, state: Ints
) -> bool:
    """Settle the last reference and move the window to the first record of another; false where it comes too late."""
    if reference < state[REFERENCE]:
        return False
    if state[REFERENCE] >= 0:
        _settle((state[END] + 63) & ~63, histogram_of[state[REFERENCE]], changes, marks, histograms, state)
    else:
        state[FIRST_REFERENCE] = reference
        state[FIRST_POSITION] = start
    state[REFERENCE] = reference
    state[BEGIN] = start & ~63
    state[END] = state[BEGIN]
    return True


@entry(
    "i8, u1[::1], i8[::1], i8[::1], i4[::1], i4[::1], i4[::1], i8[::1], i8[::1], "
    "i4[::1], u8[::1], i8[:, ::1], i8[::1], i8[::1] -> i8"
)
def add_depth(
    first: int,
    data: Bytes,
    cigar_start: Ints,
    cigar_count: Ints,
    flags: Numbers,
    reference: Numbers,
    position: Numbers,
    lengths: Ints,
    histogram_of: Ints,
    changes: Numbers,
    marks: Words,
    histograms: Ints,
    covered: Ints,
    state: Ints,
) -> int:
    """Add the records from row ``first`` on, about 40 cycles a record.

    Args:
        data .. position: as in ``AlignmentColumns`` and ``ReadBatch``.
        lengths: of the reference sequences.
        histogram_of: of length references; row of ``histograms`` for each.
        changes: the window, a power of two of at least 64 positions, with a bit each in ``marks``.
        histograms: rows x depths; positions of each depth from 1 on, the last entry for all deeper ones.
        covered: a number a row of ``histograms``; receives the aligned bases.
        state: STATE; REFERENCE and LAST_POSITION begin at -1.

    Returns:
        The number of rows; or the row of a record that needs a window of state[NEEDED] positions.
    """
    rows: int = flags.shape[0]
    for row in range(first, rows):
        sequence = int(np.int64(reference[row]))
        start = int(np.int64(position[row]))
        if np.int64(flags[row]) & LEFT_OUT != 0 or not 0 <= sequence < lengths.shape[0]:
            continue
        operations = cigar_count[row]
        cigar = cigar_start[row]
        if not 0 <= start < lengths[sequence] or cigar < 0 or cigar + 4 * operations > data.shape[0]:
            continue
        if sequence == state[REFERENCE]:
            in_order = start >= state[LAST_POSITION]
            if start >= state[BEGIN] + 64:
                _settle(start & ~63, histogram_of[sequence], changes, marks, histograms, state)
        else:
            in_order = _begin_reference(sequence, start, histogram_of, changes, marks, histograms, state)
        if not in_order:
            state[UNSORTED] = 1
            return rows
        word = int32_at(data, cigar) & 0xFFFFFFFF if operations == 1 else 1
        alone = word & 15 == 0  # one M, as most short reads have
        span = word >> 4 if alone else _span(data, cigar, operations)
        needed = min(start + span, lengths[sequence]) + 64 - state[BEGIN]
        if needed > changes.shape[0]:
            state[NEEDED] = needed
            return row
        state[LAST_POSITION] = start
        length = lengths[sequence]
        if alone:
            taken = _cover_stretch(start, start + span, length, changes, marks, state)
        else:
            taken = _cover(data, cigar, operations, start, length, changes, marks, state)
        covered[histogram_of[sequence]] += taken
    return rows
