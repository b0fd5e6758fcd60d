"""Qualities by tile of the flow cell, the tile taken from the read's name, on a sample of the reads."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

ALL_UP_TO = 10_000
"""Of the reads up to this number in the file all are looked at, of the others every tenth (FastQC)."""
MOST_TILES = 2_501
"""With more, the numbers are no tiles (FastQC)."""
HASHED = 8_192
"""Size of the table in which tiles are looked up."""

# Entries of the state.
FIELD = 0  # which field of the name holds the tile, from 0; -1 until a name has been seen
WITHOUT = 1  # 1: names have no tiles, nothing is counted
TILES = 2  # how many tiles have a row
LAST = 3  # row of the tile seen last
LONGEST = 4  # most qualities of a read looked at
STATE = 5

NO_NUMBER = -(1 << 62)


@kernel
def _field_of_tile(name: Bytes) -> int:
    """Which field between colons holds the tile: 4 of seven and more, 2 of five and six, -1 of fewer.

    Empty fields at the end do not count.
    """
    end = name.shape[0]
    while end > 0 and name[end - 1] == 58:
        end -= 1
    fields = 1
    for index in range(end):
        if name[index] == 58:
            fields += 1
    if fields >= 7:
        return 4
    return 2 if fields >= 5 else -1


@kernel
def tile_number(name: Bytes, field: int) -> int:
    """The whole number (32 bits, a sign is allowed) in a field between colons; NO_NUMBER where there is none."""
    end = name.shape[0]
    start = 0
    while field > 0 and start < end:
        if name[start] == 58:
            field -= 1
        start += 1
    sign = 1
    if start < end and (name[start] == 43 or name[start] == 45):
        sign = 44 - int(name[start])
        start += 1
    value = 0
    digits = 0
    while start < end and name[start] != 58:
        digit = int(name[start]) - 48
        if digit < 0 or digit > 9 or value > 0x7FFFFFFF:
            return NO_NUMBER
        value = value * 10 + digit
        digits += 1
        start += 1
    value *= sign
    if field > 0 or digits == 0 or value > 0x7FFFFFFF or value < -0x80000000:
        return NO_NUMBER
    return value


@kernel
def _row_of(tile: int, hashed: Ints, tiles: Ints, state: Ints) -> int:
    """Row of a tile; a new one where it has none; -1 where it would need one more than there are."""
    if state[TILES] > 0 and tiles[state[LAST]] == tile:
        return int(state[LAST])
    place = ((tile * 0x9E3779B1) >> 13) & (HASHED - 1)
    while hashed[place] > 0 and tiles[hashed[place] - 1] != tile:
        place = (place + 1) & (HASHED - 1)
    row = hashed[place] - 1
    if row < 0:
        if state[TILES] == tiles.shape[0]:
            return -1
        row = state[TILES]
        tiles[row] = tile
        hashed[place] = row + 1
        state[TILES] += 1
    state[LAST] = row
    return int(row)


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8, i8, i8[::1], i8[::1], i8[:, ::1], i8[:, ::1], i8[::1] -> i8")
def add_tiles(
    data: Bytes,
    name_start: Ints,
    name_end: Ints,
    quality_start: Ints,
    length: Ints,
    before: int,
    first: int,
    hashed: Ints,
    tiles: Ints,
    sums: Ints,
    lengths: Ints,
    state: Ints,
) -> int:
    """Add the qualities of the reads from row ``first`` on that are looked at.

    Args:
        data: the batch's buffer; every read lies inside.
        before: reads of the file in front of the batch's first one.
        hashed: int64[HASHED], row + 1 of a tile, 0 for none.
        tiles: int64[rows], the tile of each row.
        sums: int64[rows, most], sum of the quality characters by tile and position.
        lengths: int64[rows, most + 1], reads by tile and number of qualities.
        state: int64[STATE].

    Returns:
        The row at which a tile needs one more row, or a read more columns, than there are; the number of reads when
        all have been added.
    """
    row = first
    while row < length.shape[0] and state[WITHOUT] == 0:
        number = before + row + 1
        if number > ALL_UP_TO and number % 10 != 0:
            row += 10 - number % 10 if number >= ALL_UP_TO else 1
            continue
        size = length[row]
        if quality_start[row] < 0 or size == 0:
            row += 1
            continue
        name = data[name_start[row] : name_end[row]]
        if state[FIELD] < 0:
            state[FIELD] = _field_of_tile(name)
        tile = tile_number(name, state[FIELD]) if state[FIELD] >= 0 else NO_NUMBER
        if tile == NO_NUMBER:
            state[WITHOUT] = 1
            break
        place = -1
        if size <= sums.shape[1]:
            place = _row_of(tile, hashed, tiles, state)
        if place < 0:
            return row
        state[LONGEST] = max(state[LONGEST], size)
        qualities = data[quality_start[row] : quality_start[row] + size]
        into = sums[place]
        for index in range(size):
            into[index] += np.int64(qualities[index])
        lengths[place, size] += 1
        row += 1
    return int(length.shape[0])
