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
from dsqc.kernels.vectors import codes32

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
BLOCK = 32
"""Words that are hashed at once, as many as a machine word has letters; ``found`` has as many rows more."""
DISTINCT, SCALE, LOOKED_AT, READS = range(4)
"""Places of the state: words kept, binary logarithm of the scale, words hashed, reads looked at."""

_CONSTANT = np.uint64(0x243F6A8885A308D3)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_1, _2, _4, _8, _16, _32, _33, _63 = (np.uint64(number) for number in (1, 2, 4, 8, 16, 32, 33, 63))
_PAIRS, _NIBBLES = np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES, _HALVES = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_COMPLEMENT = np.uint64(0xAAAAAAAAAAAAAAAA >> 2)
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
def _reversed_letters(letters: np.uint64) -> np.uint64:
    """32 letters of two bits each, the last one lowest where the first one was."""
    letters = ((letters >> _2) & _PAIRS) | ((letters & _PAIRS) << _2)
    letters = ((letters >> _4) & _NIBBLES) | ((letters & _NIBBLES) << _4)
    letters = ((letters >> _8) & _BYTES) | ((letters & _BYTES) << _8)
    letters = ((letters >> _16) & _HALVES) | ((letters & _HALVES) << _16)
    return (letters >> _32) | (letters << _32)


@kernel
def _hash_block(here: np.uint64, behind: np.uint64, count: np.int64, found: Words) -> None:
    """Write the hashes of the words that begin in ``here`` to ``found`` from ``count`` on, BLOCK of them.

    Letters stand in two bits, the first one lowest; ``behind`` are the 32 that follow. Each word is cut out of both by
    itself, not rolled on from the one before, so that the processor works out several at once.
    """
    turned_here = _reversed_letters(here)
    turned_behind = _reversed_letters(behind)
    row = np.uint64(count)
    for number in range(np.uint64(BLOCK)):
        shift = number << _1
        rest = _63 - shift
        backward = (((here >> shift) | ((behind << _1) << rest)) & _MASK) ^ _COMPLEMENT
        forward = ((turned_here << shift) | ((turned_behind >> _1) >> rest)) >> _2
        found[row + number] = _mix(min(forward, backward))


@kernel
def _hash_plain(data: Bytes, start: int, stop: int, limit: np.uint64, found: Words) -> np.int64:
    """Hashes up to ``limit`` of the words in data[start:stop], all of whose letters are A, C, G, T; how many."""
    count = np.int64(0)
    index = start
    while index + 64 <= data.shape[0] and index + SIZE <= stop:
        _hash_block(codes32(data, index), codes32(data, index + 32), count, found)
        kept = np.uint64(count)  # Numbers without a sign need no look at their sign: a quarter of the time.
        for row in range(kept, kept + np.uint64(min(BLOCK, stop - index - SIZE + 1))):
            mixed = found[row]
            found[kept] = mixed
            kept += np.uint64(mixed <= limit)
        count = np.int64(kept)
        index += BLOCK
    forward = np.uint64(0)
    backward = np.uint64(0)
    for place in range(index, min(index + SIZE - 1, stop)):
        code = np.uint64(data[place] >> 1 & 3)
        forward = (forward << _2) | code
        backward = (backward >> _2) | ((code ^ _2) << _TOP)
    for place in range(index + SIZE - 1, stop):
        code = np.uint64(data[place] >> 1 & 3)
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


@kernel
def _put_all(found: Words, keys: Words, counts: Ints, state: Ints, spare_keys: Words, spare_counts: Ints) -> None:
    """Put what was found to the table. Many at once: the processor fetches their rows side by side."""
    for index in range(found.shape[0]):
        _put(found[index], 1, keys, counts, state)
    if state[DISTINCT] > MOST:
        _coarsen(keys, counts, state, spare_keys, spare_counts)


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
        found: CHUNK + BLOCK words, to work in.
        spare_keys, spare_counts: MOST + CHUNK rows, to work in.

    Returns:
        Distinct words in the table.
    """
    row = every - 1 - before % every
    held = np.int64(0)
    while row < length.shape[0]:
        state[READS] += 1
        start = sequence_start[row]
        end = start + length[row]
        plain = plain_end(data, start, end) == end
        while end - start >= SIZE:
            stop = min(start + CHUNK + SIZE - 1, end)
            words = stop - start - SIZE + 1
            if held + words > CHUNK:
                _put_all(found[:held], keys, counts, state, spare_keys, spare_counts)
                held = np.int64(0)
            limit = limit_of(state[SCALE])
            if plain:
                held += _hash_plain(data, start, stop, limit, found[held:])
                state[LOOKED_AT] += words
            else:
                held += np.int64(hash_any(data, start, stop, limit, codes, found[held:], state, LOOKED_AT))
            start = stop - SIZE + 1
        row += every
    _put_all(found[:held], keys, counts, state, spare_keys, spare_counts)
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
