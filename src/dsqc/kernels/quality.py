"""Quality characters by position, and mean quality by read.

Characters are counted as stored (Phred + offset): the offset is known only when the whole file has been seen, and is
taken off the finished tables. The tables have a column for each character from 32 to 127; bytes beyond, which no
encoding has and for which the readers blame the file, count in the first and the last of them.

Reads are counted block by block of positions, so that the counters of a block stay in the processor's cache. Few
different characters (binned qualities) are compared 64 positions at once and added to counters of one byte a position;
many go one by one to counters of two bytes, small enough that those of all positions stay in the last cache.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.vectors import (
    above64,
    and64,
    bits64,
    equal64,
    load64,
    lowest,
    splat64,
    store64,
    subtract64,
    sum64,
    until64,
)

BLOCK = 1024
"""Positions compared together."""
WORD_BLOCK = 256
"""Positions counted together one by one: the counters in use fit the first cache."""
FIRST = 32
"""Character of the first column."""
COLUMNS = 96
"""Columns of a table of characters."""
LEVELS = 8
"""Most different characters that are compared as vectors."""
SAMPLE = 32
"""Reads of a batch that tell which characters it has."""
FEW_READS = 32
"""Fewer reads than this at a block of positions are counted one character at a time."""
BYTE_READS = 255
"""Reads that a lane of one byte holds."""
WORD_READS = 65_535
"""Reads that a lane of two bytes holds."""

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint16]
Ints = NDArray[np.int64]

# Layout of `room`, the caller's int64 scratch.
SEEN = 0
SUMS = SEEN + 256
ROOM = SUMS + LEVELS * BLOCK
# Layout of `lanes`, the caller's uint8 scratch.
TAIL = LEVELS * BLOCK
LEVEL = TAIL + 64
LANES = LEVEL + 64


@kernel
def _column(character: int) -> int:
    return min(max(character, FIRST), FIRST + COLUMNS - 1) - FIRST


@kernel
def _find_levels(data: Bytes, quality_start: Ints, going: Ints, reads: int, room: Ints, lanes: Bytes) -> int:
    """Write the different characters of some reads to lanes[LEVEL:]; how many, or 0 where they are too many."""
    for character in range(256):
        room[SEEN + character] = 0
    step = max(1, reads // SAMPLE)
    for index in range(0, reads, step):
        read = going[0, index]
        start = quality_start[read]
        for at in range(start, start + min(going[1, index], BLOCK)):
            room[SEEN + data[at]] = 1
    levels = 0
    for character in range(256):
        if room[SEEN + character]:
            if levels == LEVELS:
                return 0
            lanes[LEVEL + levels] = character
            levels += 1
    return levels


@kernel
def _load(data: Bytes, at: int, count: int, lanes: Bytes) -> None:
    """Copy the last bytes of the buffer to where a whole vector can be read."""
    for place in range(count):
        lanes[TAIL + place] = data[at + place]


@kernel
def _compare_run(data: Bytes, start: int, count: int, levels: int, lanes: Bytes, table: Ints, first: int) -> int:
    """Add data[start : start + count], at most BLOCK characters, to ``lanes`` by level; return their sum.

    A character that is no level goes straight to the table.
    """
    total = 0
    for offset in range(0, count, 64):
        if start + offset + 64 <= data.shape[0]:
            characters = load64(data, start + offset)
        else:
            _load(data, start + offset, count - offset, lanes)
            characters = load64(lanes, TAIL)
        inside = until64(count - offset)
        characters = and64(characters, inside)
        total += sum64(characters)
        known = np.uint64(0)  # a word: LLVM takes a vector that goes round a loop apart, lane by lane
        for level in range(levels):
            same = equal64(characters, splat64(lanes[LEVEL + level]))
            lane = level * BLOCK + offset
            store64(lanes, lane, subtract64(load64(lanes, lane), same))
            known |= bits64(same)
        other = ~known & bits64(inside)
        while other:
            place = offset + lowest(other)
            table[first + place, _column(data[start + place])] += 1
            other &= other - np.uint64(1)
    return total


@kernel
def _fold_levels(lanes: Bytes, levels: int, positions: int, room: Ints) -> None:
    """Move the lanes of one byte into the sums of the block, and set them to zero."""
    for level in range(levels):
        counters = lanes[level * BLOCK : level * BLOCK + positions]
        sums = room[SUMS + level * BLOCK : SUMS + level * BLOCK + positions]
        for i in range(positions):
            sums[i] += np.int64(counters[i])
            counters[i] = np.uint8(0)


@kernel
def _settle_levels(lanes: Bytes, levels: int, positions: int, room: Ints, table: Ints, first: int) -> None:
    """Move the sums of the block into the table, and set them to zero."""
    for level in range(levels):
        column = _column(lanes[LEVEL + level])
        for i in range(positions):
            table[first + i, column] += room[SUMS + level * BLOCK + i]
            room[SUMS + level * BLOCK + i] = 0


@kernel
def _sum_run(data: Bytes, start: int, count: int, lanes: Bytes) -> int:
    """The sum of data[start : start + count]; its complement where a character has no column of its own."""
    total = 0
    bad = np.uint64(0)
    least = splat64(FIRST)
    span = splat64(COLUMNS - 1)
    for offset in range(0, count, 64):
        if start + offset + 64 <= data.shape[0]:
            characters = load64(data, start + offset)
        else:
            _load(data, start + offset, count - offset, lanes)
            characters = load64(lanes, TAIL)
        inside = until64(count - offset)
        total += sum64(and64(characters, inside))
        bad |= bits64(and64(above64(subtract64(characters, least), span), inside))
    return ~total if bad else total


@kernel
def _count_run(data: Bytes, start: int, count: int, lanes: Bytes, words: Words, table: Ints, first: int) -> int:
    """Add data[start : start + count], at most BLOCK characters, to ``words``; return their sum."""
    total = _sum_run(data, start, count, lanes)
    if total < 0:
        for i in range(count):
            table[first + i, _column(data[start + i])] += 1
        return ~total
    # Unsigned indices: numba looks at the sign of others, which costs as much as counting does.
    at = np.uint64(start)
    cell = np.uint64(first * COLUMNS) - np.uint64(FIRST)
    for i in range(np.uint64(count)):
        words[cell + np.uint64(data[at + i])] += np.uint16(1)
        cell += np.uint64(COLUMNS)
    return total


@entry("u2[::1], i8[:, ::1]")
def fold_words(words: Words, table: Ints) -> None:
    """Move the counters of two bytes, a row after the other, into the table, and set them to zero."""
    for row in range(words.shape[0] // COLUMNS):
        counters = words[row * COLUMNS : (row + 1) * COLUMNS]
        sums = table[row]
        for column in range(COLUMNS):
            sums[column] += np.int64(counters[column])
            counters[column] = np.uint16(0)


@kernel
def _count_far(data: Bytes, start: int, n: int, near: int, table: Ints) -> int:
    """Add the characters of one read from position ``near`` on to the grouped rows; return their sum."""
    total = 0
    row = near
    position = near
    width = (near + 1) // 100
    decade = 10 * (near + 1) - 1
    while position < n:
        end = min(position + width, n)
        for at in range(start + position, start + end):
            total += int(data[at])
            table[row, _column(data[at])] += 1
        row += 1
        position = end
        if position == decade:
            width *= 10
            decade = 10 * (decade + 1) - 1
    return total


@entry("u1[::1], i8[::1], i8[::1], i8, u1[::1], u2[::1], i8[::1], i8[:, ::1], i8[:, ::1], i8[::1]")
def count_qualities(
    data: Bytes,
    quality_start: Ints,
    length: Ints,
    near: int,
    lanes: Bytes,
    words: Words,
    room: Ints,
    scratch: Ints,
    table: Ints,
    mean_reads: Ints,
) -> None:
    """Add all reads of a batch; O(bases) time, no memory of its own.

    Reads without qualities (``quality_start`` -1) and empty reads count nowhere.

    Args:
        data: the batch's buffer; every read's qualities lie inside.
        near: positions that have a row of their own.
        lanes, room: uint8[LANES], int64[ROOM]; zeros at the first call, kept between.
        words: uint16[near rows * COLUMNS]; at most WORD_READS reads between two calls of :func:`fold_words`.
        scratch: int64[3, at least reads]; its content does not matter.
        table: int64[rows, COLUMNS]; rows from ``near`` on are the grouped positions, enough for the longest read.
        mean_reads: int64[256], reads by the arithmetic mean of their characters, cut to a whole number as FastQC does.
    """
    reads = 0
    for read in range(length.shape[0]):
        scratch[2, read] = 0
        if length[read] > 0 and quality_start[read] >= 0:
            scratch[0, reads] = read
            scratch[1, reads] = length[read]
            reads += 1
    levels = _find_levels(data, quality_start, scratch, reads, room, lanes)
    first = 0
    while reads > 0 and first < near:
        compare = levels if reads >= FEW_READS else 0
        block = min(BLOCK if compare else WORD_BLOCK, near - first)
        reads = _count_block(data, quality_start, block, first, reads, compare, lanes, words, room, scratch, table)
        first += block
    for index in range(reads):
        read = scratch[0, index]
        scratch[2, read] += _count_far(data, quality_start[read], length[read], near, table)
    for read in range(length.shape[0]):
        if length[read] > 0 and quality_start[read] >= 0:
            mean_reads[scratch[2, read] // length[read]] += 1


@kernel
def _count_block(
    data: Bytes,
    quality_start: Ints,
    block: int,
    first: int,
    reads: int,
    levels: int,
    lanes: Bytes,
    words: Words,
    room: Ints,
    scratch: Ints,
    table: Ints,
) -> int:
    """Add the characters of ``reads`` reads at ``block`` positions from ``first`` on; how many reads go on behind them.

    ``scratch``: the reads that reach the block, their lengths, and sums by read.
    """
    pending = 0
    reached = 0
    left = 0
    for index in range(reads):
        read = scratch[0, index]
        rest = scratch[1, index] - first
        count = min(rest, block)
        start = quality_start[read] + first
        reached = max(reached, count)
        if levels:
            scratch[2, read] += _compare_run(data, start, count, levels, lanes, table, first)
        else:
            scratch[2, read] += _count_run(data, start, count, lanes, words, table, first)
        if rest > block:
            scratch[0, left] = read
            scratch[1, left] = rest + first
            left += 1
        pending += 1
        if levels and pending == BYTE_READS:
            _fold_levels(lanes, levels, reached, room)
            pending = 0
    if levels:
        _fold_levels(lanes, levels, reached, room)
        _settle_levels(lanes, levels, reached, room, table, first)
    return left
