"""Words of 31 letters as hashes, and the table that keeps the lowest of them (FracMinHash).

A word is two bits a letter (A 0, C 1, T 2, G 3: bits 1 and 2 of the letter), the complement of a letter is its code
with the upper bit turned. Of a word and its reverse complement the smaller counts. Its hash is the finaliser of
MurmurHash3 (``fmix64``) over the word and a constant: one word, one hash, nothing collides. A word with another letter
than A, C, G, T and U counts nowhere.

Measured on two shared cores beside the same reads: MurmurHash3 x64 128 over the letters, as sourmash has it, takes four
times as long: it would leave every 28th read where this looks at every seventh.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.scan import plain_end

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

SIZE = 31
"""Letters of a word."""
EVERY = 7
"""One read of so many is looked at; odd, so that both mates of interleaved pairs are."""
FINEST = 4
"""Binary logarithm of the scale that a table begins with: one word of 16 is kept."""
MOST = 131_072
"""Distinct words that a table keeps; with more of them the scale doubles."""
SLOTS = 4 * MOST
"""Rows of the table; a power of two."""
CHUNK = 8_192
"""Words that are hashed before those kept go to the table."""
DISTINCT, SCALE, LOOKED_AT, READS = range(4)
"""Places of the state: words kept, binary logarithm of the scale, words hashed, reads looked at."""

_CONSTANT = np.uint64(0x243F6A8885A308D3)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_1, _2, _3, _33 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(33)
_TOP = np.uint64(2 * SIZE - 2)
_MASK = np.uint64((1 << 2 * SIZE) - 1)


def letter_codes() -> Bytes:
    """uint8[256]: 0 to 3 for A, C, T (and U), G of either case; 4 for any other byte."""
    table = np.full(256, 4, dtype=np.uint8)
    for letter in b"ACGTUacgtu":
        table[letter] = letter >> 1 & 3
    return table


@kernel
def _mix(word: np.uint64) -> np.uint64:
    word ^= _CONSTANT
    word ^= word >> _33
    word *= _FIRST
    word ^= word >> _33
    word *= _SECOND
    return word ^ (word >> _33)


@kernel
def _hash_plain(data: Bytes, start: int, stop: int, limit: np.uint64, found: Words) -> int:
    """Hashes up to ``limit`` of the words in data[start:stop], all of whose letters are A, C, G, T; how many."""
    forward = np.uint64(0)
    backward = np.uint64(0)
    for index in range(start, min(start + SIZE - 1, stop)):
        code = np.uint64(data[index] >> 1 & 3)
        forward = (forward << _2) | code
        backward = (backward >> _2) | ((code ^ _2) << _TOP)
    count = 0
    for index in range(start + SIZE - 1, stop):
        code = np.uint64(data[index] >> 1 & 3)
        forward = ((forward << _2) | code) & _MASK
        backward = (backward >> _2) | ((code ^ _2) << _TOP)
        mixed = _mix(min(forward, backward))
        if mixed <= limit:
            found[count] = mixed
            count += 1
    return count


@kernel
def hash_any(
    data: Bytes, start: int, stop: int, limit: np.uint64, codes: Bytes, found: Words, state: Ints, words: int
) -> int:
    """As :func:`_hash_plain`, for letters of any kind; the number of words is added to ``state[words]``."""
    forward = np.uint64(0)
    backward = np.uint64(0)
    whole = 0
    count = 0
    for index in range(start, stop):
        letter = codes[data[index]]
        whole = 0 if letter == 4 else whole + 1
        code = np.uint64(letter & 3)
        forward = ((forward << _2) | code) & _MASK
        backward = (backward >> _2) | ((code ^ _2) << _TOP)
        if whole >= SIZE:
            state[words] += 1
            mixed = _mix(min(forward, backward))
            if mixed <= limit:
                found[count] = mixed
                count += 1
    return count


@kernel
def limit_of(scale: int) -> np.uint64:
    """The highest hash that is kept at a scale (binary logarithm)."""
    return np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(scale)


@kernel
def _put(value: np.uint64, number: int, keys: Words, counts: Ints, state: Ints) -> None:
    slot = np.int64(value & np.uint64(SLOTS - 1))
    while counts[slot] != 0:
        if keys[slot] == value:
            counts[slot] += number
            return
        slot = (slot + 1) & (SLOTS - 1)
    keys[slot] = value
    counts[slot] = number
    state[DISTINCT] += 1


@kernel
def _coarsen(keys: Words, counts: Ints, state: Ints, spare_keys: Words, spare_counts: Ints) -> None:
    """Double the scale until MOST words are left."""
    while state[DISTINCT] > MOST:
        state[SCALE] += 1
        limit = limit_of(state[SCALE])
        kept = 0
        for slot in range(SLOTS):
            if counts[slot] != 0 and keys[slot] <= limit:
                spare_keys[kept] = keys[slot]
                spare_counts[kept] = counts[slot]
                kept += 1
            counts[slot] = 0
        state[DISTINCT] = 0
        for row in range(kept):
            _put(spare_keys[row], spare_counts[row], keys, counts, state)


@entry("u1[::1], i8[::1], i8[::1], i8, i8, u1[::1], u8[::1], i8[::1], i8[::1], u8[::1], u8[::1], i8[::1] -> i8")
def add_reads(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    before: int,
    every: int,
    codes: Bytes,
    keys: Words,
    counts: Ints,
    state: Ints,
    found: Words,
    spare_keys: Words,
    spare_counts: Ints,
) -> int:
    """Add the words of every so many reads to the table. O(bases looked at).

    Args:
        data: the batch's buffer; every read lies inside.
        before: reads of the file in front of the batch's first one.
        every: one read of so many is looked at: the one at the end of each group.
        codes: see :func:`letter_codes`.
        keys, counts: SLOTS rows; hash and how often, 0 for a row that is free.
        state: see READS; added to.
        found: CHUNK words, to work in.
        spare_keys, spare_counts: MOST + CHUNK rows, to work in.

    Returns:
        Distinct words in the table.
    """
    row = every - 1 - before % every
    while row < length.shape[0]:
        state[READS] += 1
        start = sequence_start[row]
        end = start + length[row]
        plain = plain_end(data, start, end) == end
        while end - start >= SIZE:
            stop = min(start + CHUNK + SIZE - 1, end)
            limit = limit_of(state[SCALE])
            if plain:
                number = _hash_plain(data, start, stop, limit, found)
                state[LOOKED_AT] += stop - start - SIZE + 1
            else:
                number = hash_any(data, start, stop, limit, codes, found, state, LOOKED_AT)
            for index in range(number):
                _put(found[index], 1, keys, counts, state)
            if state[DISTINCT] > MOST:
                _coarsen(keys, counts, state, spare_keys, spare_counts)
            start = stop - SIZE + 1
        row += every
    distinct: int = state[DISTINCT]
    return distinct


@entry("u8[::1], i8[::1], i8, u8[::1], i8[::1], i8[::1], u8[::1], i8[::1] -> i8")
def add_words(
    hashes: Words,
    numbers: Ints,
    scale: int,
    keys: Words,
    counts: Ints,
    state: Ints,
    spare_keys: Words,
    spare_counts: Ints,
) -> int:
    """Add the words of another table, kept at ``scale``; the coarser of both scales holds. As :func:`add_reads`."""
    if scale > state[SCALE]:
        state[SCALE] = scale
        limit = limit_of(scale)
        kept = 0
        for slot in range(SLOTS):
            if counts[slot] != 0 and keys[slot] <= limit:
                spare_keys[kept] = keys[slot]
                spare_counts[kept] = counts[slot]
                kept += 1
            counts[slot] = 0
        state[DISTINCT] = 0
        for row in range(kept):
            _put(spare_keys[row], spare_counts[row], keys, counts, state)
    for row in range(hashes.shape[0]):
        if hashes[row] <= limit_of(state[SCALE]):
            _put(hashes[row], numbers[row], keys, counts, state)
            if state[DISTINCT] > MOST:
                _coarsen(keys, counts, state, spare_keys, spare_counts)
    distinct: int = state[DISTINCT]
    return distinct


@entry("u1[::1], i8, u1[::1], u8[::1], i8[::1] -> i8")
def hash_sequence(data: Bytes, scale: int, codes: Bytes, found: Words, words: Ints) -> int:
    """Hashes of all words of ``data`` that are kept at ``scale``, in their order, repeated ones repeated.

    Args:
        found: as many rows as ``data`` has letters.
        words: one number, to which that of the words hashed is added.

    Returns:
        Hashes written to ``found``.
    """
    return hash_any(data, 0, data.shape[0], limit_of(scale), codes, found, words, 0)
