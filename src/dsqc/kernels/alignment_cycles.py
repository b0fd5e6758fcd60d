"""Differences between reads and reference by cycle: mismatches, N, insertions, deletions.

A cycle is the place of a base in its read as the instrument gave it, from 0, hard-clipped bases included. Rows of
tables group far cycles as ``dsqc.metrics.positions`` does.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.alignment import NO_TAG, REVERSE, SECONDARY, UNMAPPED
from dsqc.kernels.bam_record import int32_at

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

NEAR = 99_999
"""Cycles that have a row of their own (as positions in ``dsqc.metrics.positions``)."""

# Rows of `by_cycle`; the first two are also the rows of `near`. Bases in M, = and X, by whether it is known where the
# record has mismatches.
UNCOMPARED, COMPARED, MISMATCHES, NO_CALLS, INSERTIONS, DELETIONS = range(6)
TABLES = 6


@kernel
def _row_of(cycle: int) -> tuple[int, int]:
    """The row of a cycle, and the first cycle behind that row."""
    place = cycle + 1
    if place <= NEAR:
        return cycle, cycle + 1
    rows, first, width = NEAR, NEAR + 1, (NEAR + 1) // 100
    while place >= 10 * first:
        rows += 900
        first *= 10
        width *= 10
    step = (place - first) // width
    return rows + step, first + (step + 1) * width - 1


@kernel
def _add_span(start: int, end: int, table: int, near: Ints, by_cycle: Ints) -> None:
    """Add the cycles start to end (exclusive); ``near`` takes their limits, to be summed up at the end."""
    if start < NEAR:
        near[table, start] += 1
        near[table, min(end, NEAR)] -= 1
        start = NEAR
    while start < end:
        row, behind = _row_of(start)
        taken = min(end, behind) - start
        by_cycle[table, row] += taken
        start += taken


@kernel
def _add_one(cycle: int, table: int, by_cycle: Ints) -> None:
    row, _behind = _row_of(cycle)
    by_cycle[table, row] += 1


@kernel
def _look_ahead(data: Bytes, cigar: int, operations: int) -> tuple[int, int, int, bool]:
    """Bases that a CIGAR consumes, hard-clipped ones before and behind, and whether it has an M."""
    consumed = 0
    before = 0
    behind = 0
    unsure = False
    for index in range(operations):
        word = int32_at(data, cigar + 4 * index) & 0xFFFFFFFF
        operation = word & 15
        if operation == 5:
            if consumed:
                behind += word >> 4
            else:
                before += word >> 4
        elif operation in (0, 1, 4, 7, 8):
            consumed += word >> 4
            unsure = unsure or operation == 0
    return consumed, before, behind, unsure


@kernel
def _count_base(data: Bytes, packed: int, index: int, cycle: int, by_cycle: Ints) -> None:
    """Count base ``index`` of a record, which differs from the reference; two bases a byte from data[packed] on."""
    pair = int(np.int64(data[packed + (index >> 1)]))
    code = pair & 15 if index & 1 else pair >> 4
    if code == 15:  # N
        _add_one(cycle, NO_CALLS, by_cycle)
    elif code != 0:  # =
        _add_one(cycle, MISMATCHES, by_cycle)


@kernel
def _count_by_cigar(
    data: Bytes,
    cigar: int,
    operations: int,
    packed: int,
    bases: int,
    origin: int,
    step: int,
    table: int,
    by_cigar: bool,
    near: Ints,
    by_cycle: Ints,
) -> None:
    """Count spans (in ``table``) and indels of one record, and the bases of X where they tell the mismatches.

    The base ``index`` of the record has the cycle origin + step * index; step is 1 or, on the reverse strand, -1.
    """
    index = 0
    for number in range(operations):
        word = int32_at(data, cigar + 4 * number) & 0xFFFFFFFF
        operation = word & 15
        size = word >> 4
        if operation in (0, 7, 8):
            start = origin + step * index if step > 0 else origin - index - size + 1
            _add_span(start, start + size, table, near, by_cycle)
            if operation == 8 and by_cigar:
                for place in range(index, index + size):
                    _count_base(data, packed, place, origin + step * place, by_cycle)
            index += size
        elif operation == 1:
            if size:
                _add_one(origin + step * index if step > 0 else origin - index - size + 1, INSERTIONS, by_cycle)
            index += size
        elif operation == 2:
            before = index - 1 if step > 0 else index  # the base that was sequenced before the deleted ones
            if size and 0 <= before < bases:
                _add_one(origin + step * before, DELETIONS, by_cycle)
        elif operation == 4:
            index += size


@kernel
def _count_by_text(
    data: Bytes,
    text: int,
    end: int,
    cigar: int,
    operations: int,
    packed: int,
    origin: int,
    step: int,
    by_cycle: Ints,
) -> None:
    """Count the mismatches that MD tells; its numbers and letters go along the bases of M, = and X."""
    at = text
    aligned = 0  # bases of M, = and X before the text's place
    number = 0  # operation of the CIGAR that holds the place,
    index = 0  # its first base in the record,
    passed = 0  # and the aligned bases before it
    run = 0
    while at < end and data[at] != 0 and run < 1 << 32:
        letter = int(np.int64(data[at]))
        at += 1
        if 48 <= letter <= 57:
            run = 10 * run + letter - 48
            continue
        aligned += run
        run = 0
        if letter == 94:  # ^: deleted bases follow
            while at < end and data[at] > 57:
                at += 1
            continue
        while number < operations:
            word = int32_at(data, cigar + 4 * number) & 0xFFFFFFFF
            operation = word & 15
            size = word >> 4
            if operation in (0, 7, 8):
                if aligned < passed + size:
                    break
                passed += size
                index += size
            elif operation in (1, 4):
                index += size
            number += 1
        if number == operations:
            return
        place = index + aligned - passed
        if letter in (65, 67, 71, 84):  # A C G T
            _count_base(data, packed, place, origin + step * place, by_cycle)
        aligned += 1


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i4[::1], i8[::1], i8[::1], i8[:, ::1], i8[:, ::1]")
def count_cycles(
    data: Bytes,
    cigar_start: Ints,
    cigar_count: Ints,
    tags_start: Ints,
    record_end: Ints,
    length: Ints,
    flags: Numbers,
    differences: Ints,
    difference_text: Ints,
    near: Ints,
    by_cycle: Ints,
) -> None:
    """Count the differences of a batch; a record of one operation without a difference costs a few cycles.

    Mapped records count that are not secondary and have bases, and whose CIGAR consumes as many. Mismatches are known
    from MD; without it from NM where that is 0, or from a CIGAR without M.

    Args:
        data .. flags: as in ``AlignmentColumns`` and ``ReadBatch``.
        differences, difference_text: as given by ``dsqc.kernels.alignment.count_records``.
        near: 2 x (NEAR + 1); changes of UNCOMPARED and COMPARED from cycle to cycle.
        by_cycle: TABLES x rows, enough for the longest read with its hard-clipped bases.
    """
    for row in range(length.shape[0]):
        flag = np.int64(flags[row])
        bases = length[row]
        operations = cigar_count[row]
        cigar = cigar_start[row]
        if flag & (UNMAPPED | SECONDARY) != 0 or bases == 0 or cigar + 4 * operations > record_end[row]:
            continue
        text = difference_text[row]
        same = differences[row] == 0
        before = 0
        behind = 0
        step = 1 if flag & REVERSE == 0 else -1
        packed = tags_start[row] - bases - ((bases + 1) >> 1)
        word = int32_at(data, cigar) & 0xFFFFFFFF if operations == 1 else 0
        if word == bases << 4 and bases <= NEAR:  # one M
            table = COMPARED if text != NO_TAG or same else UNCOMPARED
            near[table, 0] += 1
            near[table, bases] -= 1
        else:
            consumed, before, behind, unsure = _look_ahead(data, cigar, operations)
            if consumed != bases:
                continue
            table = COMPARED if text != NO_TAG or same or not unsure else UNCOMPARED
            by_cigar = text == NO_TAG and not unsure
            origin = before if step > 0 else behind + bases - 1
            _count_by_cigar(data, cigar, operations, packed, bases, origin, step, table, by_cigar, near, by_cycle)
        if text != NO_TAG and not same:
            end = record_end[row]
            origin = before if step > 0 else behind + bases - 1
            _count_by_text(data, text, end, cigar, operations, packed, origin, step, by_cycle)
