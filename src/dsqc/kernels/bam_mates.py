"""Records of one read: the order of names, and whether mates are there and say the same of each other."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import kernel
from dsqc.kernels.bam_record import (
    BY_NAME,
    FIELDS,
    FIRST_FLAG,
    FIRSTS,
    FLAG,
    LAST_NAME,
    LONE,
    MATE_PLACE,
    MATE_REFERENCE,
    MATE_REVERSE_FLAG,
    MATE_UNMAPPED_FLAG,
    NAME_END,
    NAME_START,
    NAMES,
    NOT_PRIMARY,
    OUT_OF_LETTERS,
    OUT_OF_NATURAL,
    PAIRED,
    PAIRED_FLAG,
    PLACE,
    RECORD_START,
    REFERENCE,
    REVERSE_FLAG,
    SECOND_FLAG,
    SECONDS,
    UNMAPPED_FLAG,
    Bytes,
    Ints,
    Numbers,
    note,
)
from dsqc.kernels.bam_tags import hash_text

Words = NDArray[np.uint64]


@kernel
def _is_digit(letter: int) -> bool:
    return 48 <= letter <= 57


@kernel
def natural_order(one: Bytes, other: Bytes) -> int:
    """Below, above or 0 as ``one`` stands before, behind or beside ``other`` in ``samtools sort -n``: runs of digits by
    their number, leading zeros aside; both end in NUL."""
    at = 0
    to = 0
    while one[at] != 0 and other[to] != 0:
        if not (_is_digit(one[at]) and _is_digit(other[to])):
            if one[at] != other[to]:
                return int(np.int64(one[at]) - np.int64(other[to]))
            at += 1
            to += 1
            continue
        while one[at] == 48:
            at += 1
        while other[to] == 48:
            to += 1
        while _is_digit(one[at]) and one[at] == other[to]:
            at += 1
            to += 1
        difference = int(np.int64(one[at]) - np.int64(other[to]))
        while _is_digit(one[at]) and _is_digit(other[to]):
            at += 1
            to += 1
        if _is_digit(one[at]):
            return 1
        if _is_digit(other[to]):
            return -1
        if difference != 0:
            return difference
    return int(one[at] != 0) - int(other[to] != 0)


@kernel
def letter_order(one: Bytes, other: Bytes) -> int:
    """As :func:`natural_order`, byte by byte: the order of ``samtools sort -N`` and of Picard."""
    at = 0
    while one[at] != 0 and one[at] == other[at]:
        at += 1
    return int(np.int64(one[at]) - np.int64(other[at]))


@kernel
def check_names(
    data: Bytes, first: int, rows: int, columns: Ints, last: Bytes, counts: Ints, places: Ints, state: Ints
) -> None:
    """Compare every name with that of the record before.

    Args:
        last: 256; the name of the last record of the call before, where state[LAST_NAME] says that there was one.
    """
    for row in range(first, rows):
        at = columns[RECORD_START, row] - 4
        name = data[columns[NAME_START, row] : columns[NAME_END, row] + 1]
        before = last[: state[LAST_NAME]]
        if row > 0:
            before = data[columns[NAME_START, row - 1] : columns[NAME_END, row - 1] + 1]
        if before.shape[0] == 0 or name[name.shape[0] - 1] != 0 or before[before.shape[0] - 1] != 0:
            continue
        if natural_order(before, name) > 0:
            note(OUT_OF_NATURAL, row, at, counts, places)
        if letter_order(before, name) > 0:
            note(OUT_OF_LETTERS, row, at, counts, places)


@kernel
def keep_name(data: Bytes, rows: int, columns: Ints, last: Bytes, state: Ints) -> None:
    """Remember the last name of a call, which the next call compares with."""
    if rows == 0 or state[BY_NAME] == 0:
        return
    start = columns[NAME_START, rows - 1]
    size = columns[NAME_END, rows - 1] + 1 - start
    for index in range(size):
        last[index] = data[start + index]
    state[LAST_NAME] = size


@kernel
def _place_hash(name: np.uint64, reference: int, position: int, kind: int) -> np.uint64:
    value = name + np.uint64(kind) * np.uint64(0x9E3779B97F4A7C15)
    value ^= np.uint64((reference + 1) & 0xFFFFFFFF) << np.uint64(32) | np.uint64((position + 1) & 0xFFFFFFFF)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@kernel
def add_mates(data: Bytes, first: int, rows: int, columns: Ints, numbers: Numbers, sums: Words, state: Ints) -> None:
    """Count the primary records of pairs.

    With all mates present, every name cancels out of sums[NAMES]: first mates are added, second ones taken off. Where
    every mate is as its mate says, sums[FIELDS] is zero: what a record is, is added; what it says of its mate, is taken
    off. Either sum is zero by chance once in 2**64.
    """
    for row in range(first, rows):
        flag = int(numbers[FLAG, row])
        if flag & PAIRED_FLAG == 0 or flag & NOT_PRIMARY:
            continue
        state[PAIRED] += 1
        if numbers[REFERENCE, row] < 0:
            state[LONE] += 1
        which = flag & (FIRST_FLAG | SECOND_FLAG)
        start, end = columns[NAME_START, row], columns[NAME_END, row]
        name = hash_text(data, start, end, 1)
        if which == FIRST_FLAG:
            sums[NAMES] += name
            state[FIRSTS] += 1
        elif which == SECOND_FLAG:
            sums[NAMES] -= name
            state[SECONDS] += 1
        else:
            continue
        mine = which | flag & (UNMAPPED_FLAG | REVERSE_FLAG)
        its = which ^ (FIRST_FLAG | SECOND_FLAG)
        its |= (flag & MATE_UNMAPPED_FLAG) // MATE_UNMAPPED_FLAG * UNMAPPED_FLAG
        its |= (flag & MATE_REVERSE_FLAG) // MATE_REVERSE_FLAG * REVERSE_FLAG
        sums[FIELDS] += _place_hash(name, int(numbers[REFERENCE, row]), int(numbers[PLACE, row]), mine)
        sums[FIELDS] -= _place_hash(name, int(numbers[MATE_REFERENCE, row]), int(numbers[MATE_PLACE, row]), its)
