"""Searches in text, 64 bytes at a time: where a byte, a letter that is no base, a character that is no quality stands.

The last bytes of the array are looked at one by one: nothing outside is read.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import kernel
from dsqc.kernels.vectors import above64, bits64, equal64, load64, lowest, or64, splat64, subtract64

Bytes = NDArray[np.uint8]


@kernel
def find_byte(data: Bytes, start: int, end: int, wanted: int) -> int:
    """Index of the first ``wanted`` in data[start:end], or -1."""
    index = start
    safe = min(end, data.shape[0] - 63)
    letter = splat64(wanted)
    while index < safe:
        found = bits64(equal64(load64(data, index), letter))
        if found:
            index += lowest(found)
            return index if index < end else -1
        index += 64
    while index < end:
        if data[index] == wanted:
            return index
        index += 1
    return -1


@kernel
def find_either(data: Bytes, start: int, end: int, one: int, other: int) -> int:
    """Index of the first ``one`` or ``other`` in data[start:end], or -1."""
    index = start
    safe = min(end, data.shape[0] - 63)
    first = splat64(one)
    second = splat64(other)
    while index < safe:
        letters = load64(data, index)
        found = bits64(or64(equal64(letters, first), equal64(letters, second)))
        if found:
            index += lowest(found)
            return index if index < end else -1
        index += 64
    while index < end:
        if data[index] == one or data[index] == other:
            return index
        index += 1
    return -1


@kernel
def plain_end(data: Bytes, start: int, end: int) -> int:
    """Index of the first byte of data[start:end] that is none of A, C, G, T, or ``end``."""
    index = start
    safe = min(end, data.shape[0] - 63)
    a = splat64(65)
    c = splat64(67)
    g = splat64(71)
    t = splat64(84)
    while index < safe:
        letters = load64(data, index)
        plain = or64(or64(equal64(letters, a), equal64(letters, c)), or64(equal64(letters, g), equal64(letters, t)))
        other = ~bits64(plain)
        if other:
            place: int = index + lowest(other)
            return min(place, end)
        index += 64
    while index < end:
        letter = data[index]
        if letter not in (65, 67, 71, 84):
            return index
        index += 1
    return end


@kernel
def quality_end(data: Bytes, start: int, end: int) -> int:
    """Index of the first byte of data[start:end] outside ``!`` to ``~``, or ``end``."""
    index = start
    safe = min(end, data.shape[0] - 63)
    lowest_quality = splat64(33)
    span = splat64(93)
    while index < safe:
        other = bits64(above64(subtract64(load64(data, index), lowest_quality), span))
        if other:
            place: int = index + lowest(other)
            return min(place, end)
        index += 64
    while index < end:
        if data[index] < 33 or data[index] > 126:
            return index
        index += 1
    return end
