"""How often each of the first different sequences of a file occurs.

Most reads of most files are none of them. A read costs its 64-bit hash and one bit of a filter that fits the
processor's cache; only where the bit is set, the table is asked and the letters are compared.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.vectors import load_word, multiply_fold

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Slots = NDArray[np.int32]

KNOWN = 100_000
"""Different sequences that are kept (FastQC)."""
LETTERS = 50
"""Sequences count as the same when so many first letters are (FastQC 0.12)."""
SLOTS = 1 << 18
"""Size of the table of hashes; at most 38 % of it is used."""
FILTER_BITS = 21
"""The filter has 2 ** 21 bits (256 KiB): 5 % of the reads that are not known pass it by chance."""

# Entries of the state.
DISTINCT = 0  # sequences kept
READS = 1  # reads counted by this collector
AT_LIMIT = 2  # reads of the file up to the one that brought the last sequence kept, or all while there is room
BEFORE = 3  # reads of the file in front of this part
STATE = 4

_UPPER = np.uint64(0xDFDFDFDFDFDFDFDF)
_FIRST = np.uint64(0x9E3779B97F4A7C15)
_SECOND = np.uint64(0xD6E8FEB86659FD93)
_STEP = np.uint64(0xA0761D6478BD642F)


@kernel
def _word(text: Bytes, at: int) -> np.uint64:
    """Eight letters from ``at`` on in upper case, as one number."""
    return np.uint64(load_word(text, at)) & _UPPER


@kernel
def hash_letters(text: Bytes) -> np.uint64:
    """64-bit hash of all letters; upper and lower case count alike.

    Sixteen letters at a time become one product; the factors' keys depend on the place, so that no two stretches can
    cancel each other. The products do not wait for each other.
    """
    size = text.shape[0]
    total = np.uint64(size) * _FIRST
    key = _SECOND
    at = 0
    while at + 16 <= size:
        total += multiply_fold(_word(text, at) ^ key, _word(text, at + 8) ^ _FIRST)
        key += _STEP
        at += 16
    if size >= 16:
        total += multiply_fold(_word(text, size - 16) ^ key, _word(text, size - 8) ^ _FIRST)
    else:
        for index in range(size):
            total = (total ^ np.uint64(text[index] & np.uint8(0xDF))) * _SECOND
    return np.uint64(multiply_fold(total ^ _FIRST, _SECOND))


@kernel
def _same(text: Bytes, kept: Bytes) -> bool:
    different = np.uint8(0)
    for index in range(text.shape[0]):
        different |= (text[index] & np.uint8(0xDF)) ^ kept[index]
    return bool(different == 0)


@kernel
def _entry_of(text: Bytes, value: np.uint64, slots: Slots, hashes: Words, texts: Bytes, sizes: Bytes) -> int:
    """Number of a known sequence, or -1 - the free slot where it would stand."""
    place = int(np.int64(value & np.uint64(SLOTS - 1)))
    while slots[place] > 0:
        known = np.int64(slots[place]) - 1
        if hashes[known] == value and sizes[known] == text.shape[0] and _same(text, texts[known]):
            return int(known)
        place = (place + 1) & (SLOTS - 1)
    return -1 - place


@entry("u1[::1], i8[::1], i8[::1], u8[::1], i4[::1], u8[::1], u1[:, ::1], u1[::1], i8[::1], i8[::1]")
def count_sequences(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    bits: Words,
    slots: Slots,
    hashes: Words,
    texts: Bytes,
    sizes: Bytes,
    counts: Ints,
    state: Ints,
) -> None:
    """Count reads by their first LETTERS letters; sequences that are new are kept while there is room.

    Args:
        data: the batch's buffer; every read lies inside.
        bits: uint64[2 ** FILTER_BITS / 64], the filter.
        slots: int32[SLOTS], number + 1 of the sequence whose hash leads there, 0 for none.
        hashes, texts, sizes, counts: hash, letters (upper case), length and reads of each sequence kept, KNOWN rows.
        state: int64[STATE].
    """
    for row in range(length.shape[0]):
        size = min(length[row], LETTERS)
        text = data[sequence_start[row] : sequence_start[row] + size]
        value = hash_letters(text)
        bit = value >> np.uint64(64 - FILTER_BITS)
        mask = np.uint64(1) << (bit & np.uint64(63))
        room = state[DISTINCT] < KNOWN
        if room or bits[np.int64(bit >> np.uint64(6))] & mask:
            known = _entry_of(text, value, slots, hashes, texts, sizes)
            if known >= 0:
                counts[known] += 1
            elif room:
                known_now = state[DISTINCT]
                slots[-1 - known] = np.int32(known_now + 1)
                hashes[known_now] = value
                sizes[known_now] = np.uint8(size)
                for index in range(size):
                    texts[known_now, index] = text[index] & np.uint8(0xDF)
                counts[known_now] = 1
                bits[np.int64(bit >> np.uint64(6))] |= mask
                state[DISTINCT] += 1
            if room:
                state[AT_LIMIT] = state[BEFORE] + state[READS] + row + 1
    state[READS] += length.shape[0]


@entry("u1[:, ::1], u1[::1], i8[::1], i8, i8, u8[::1], i4[::1], u8[::1], u1[:, ::1], u1[::1], i8[::1], i8[::1]")
def add_known(
    other_texts: Bytes,
    other_sizes: Bytes,
    other_counts: Ints,
    first: int,
    last: int,
    bits: Words,
    slots: Slots,
    hashes: Words,
    texts: Bytes,
    sizes: Bytes,
    counts: Ints,
    state: Ints,
) -> None:
    """Add the sequences ``first`` to ``last`` (exclusive) of another table with their counts, as far as there is room.

    Args as of :func:`count_sequences`; of the state only DISTINCT changes.
    """
    for row in range(first, last):
        text = other_texts[row][: other_sizes[row]]
        value = hash_letters(text)
        known = _entry_of(text, value, slots, hashes, texts, sizes)
        if known >= 0:
            counts[known] += other_counts[row]
        elif state[DISTINCT] < KNOWN:
            known_now = state[DISTINCT]
            slots[-1 - known] = np.int32(known_now + 1)
            hashes[known_now] = value
            sizes[known_now] = other_sizes[row]
            for index in range(text.shape[0]):
                texts[known_now, index] = text[index]
            counts[known_now] = other_counts[row]
            bit = value >> np.uint64(64 - FILTER_BITS)
            bits[np.int64(bit >> np.uint64(6))] |= np.uint64(1) << (bit & np.uint64(63))
            state[DISTINCT] += 1


@entry("i8, i8, i8, f8 -> f8")
def chance_unseen(total: int, at_limit: int, level: int, least: float) -> float:
    """Chance that none of ``level`` reads out of ``total`` is among the first ``at_limit``; 0 below ``least``.

    The factors are multiplied one after the other, as FastQC does.
    """
    chance = 1.0
    for read in range(at_limit):
        chance *= np.float64(total - read - level) / np.float64(total - read)
        if chance < least:
            return 0.0
    return chance
