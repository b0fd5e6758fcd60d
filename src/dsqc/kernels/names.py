"""Names of reads: where they end, which mate they state, whether two are mates, and their hashes.

A name ends at the first blank; what follows is its comment. The stem of a name is the name without its mate's mark:
``/1``, ``.2``, ``_1``, ``_R2``, ``.f`` ... at its end. The mate may also stand in the comment: ``1:N:0:ACGT`` (Casava
1.8), ``/1``, or a first word that ends so (``HWI:1:2:3/1``, as ENA writes it).
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.fingerprint import finish, step, word_of
from dsqc.kernels.vectors import bits64, equal64, load64, load_word, lowest, or64, splat64

Bytes = NDArray[np.uint8]
Flags = NDArray[np.int32]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

# Relation of two names.
STRANGERS = 0  # no mates
MATES = 1
SAME_MATE = 2  # the same read's name, and both say that they are the same mate
SWAPPED = 3  # mates, the second before the first

PLACES = 20  # pairs kept that are not MATES

COMMENTS = 10  # a code is COMMENTS * mark + mate of the comment
SLASH_MARKS = 2  # marks 1 and 2: /1 and /2, which are never part of a read's own name

# The first digits of the fractions of the roots of 11 and 17, as in SHA-512: numbers without a secret.
_NAME_A, _NAME_B = np.uint64(0x510E527FADE682D1), np.uint64(0x1F83D9ABFB41BD6B)

NOT_PRIMARY = 0x900
MATE_FLAGS = 0xC0

# State of :func:`note_names`.
STORED = 0  # names stored in this run
HAS_LAST = 1  # there is a name before
LAST_MARK = 2  # its mark
LAST_MATE = 3  # the mate that its comment states
LAST_PAIRED = 4  # it stands with its mate
PAIRS = 5  # reads that stand directly behind their mate
STATE = 6

# What :func:`note_names` remembers the first places of.
LONE = 0  # a read whose mate does not stand beside it
TURNED = 1  # a read whose second mate stands in front of it
TWINS = 2  # a read with the name of the read in front of it; mates where a file is interleaved, else a repeat
REPEATS = 3  # a read with the name of the read in front of it that cannot be its mate
KINDS = 4

INDEX_BITS = np.uint64(22)
INDEX_MASK = (1 << 22) - 1
_INDEX = np.uint64(INDEX_MASK)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio


@kernel
def _blank(data: Bytes, start: int, end: int) -> int:
    """The first blank or tab in data[start:end]; ``end`` where there is none."""
    while start + 64 <= data.shape[0] and start < end:
        lanes = load64(data, start)
        place = lowest(bits64(or64(equal64(lanes, splat64(32)), equal64(lanes, splat64(9)))))
        if place < 64:
            return int(min(start + place, end))
        start += 64
    while start < end and data[start] != 32 and data[start] != 9:
        start += 1
    return min(start, end)


@kernel
def _separator(letter: int) -> int:
    """1 to 3 for ``/ . _``, else 0."""
    return 1 if letter == 47 else 2 if letter == 46 else 3 if letter == 95 else 0


@kernel
def _mark(data: Bytes, start: int, stop: int) -> int:
    """Mark of the mate at the end of a name: 0 for none, else 1 + 2 * style + (0 for the first mate, 1 for the second).

    Styles: ``/1 .1 _1`` (0 to 2), ``/R1 .R1 _R1``, ``/F .F _F`` with R, ``/f .f _f`` with r.
    """
    if stop - start < 3:
        return 0
    last = int(data[stop - 1])
    before = _separator(data[stop - 2])
    if before > 0:
        if 49 <= last <= 50:
            return 2 * before - 1 + last - 49
        if last in (70, 82):
            return 11 + 2 * before + (1 if last == 82 else 0)
        if last in (102, 114):
            return 17 + 2 * before + (1 if last == 114 else 0)
    elif data[stop - 2] == 82 and 49 <= last <= 50 and stop - start > 3:
        before = _separator(data[stop - 3])
        if before > 0:
            return 5 + 2 * before + last - 49
    return 0


@kernel
def _mark_length(mark: int) -> int:
    return 0 if mark == 0 else 3 if 7 <= mark <= 12 else 2


@kernel
def _comment_mate(data: Bytes, stop: int, end: int) -> int:
    """The mate that a comment states, 1 to 9; 0 where it states none. ``stop`` is the blank in front of it."""
    if stop + 2 >= end:
        return 0
    if 49 <= data[stop + 1] <= 57 and data[stop + 2] == 58:
        return int(data[stop + 1]) - 48
    word_end = _blank(data, stop + 1, end)
    if word_end - stop > 2 and data[word_end - 2] == 47 and 49 <= data[word_end - 1] <= 50:
        return int(data[word_end - 1]) - 48
    return 0


@kernel
def _order(first: int, second: int) -> int:
    if first == second:
        return SAME_MATE
    return MATES if first < second else SWAPPED


@kernel
def relate(first: int, second: int) -> int:
    """Relation of two names of one stem, by their codes."""
    one, two = first // COMMENTS, second // COMMENTS
    if one != two:
        if one > 0 and two > 0 and (one - 1) // 2 == (two - 1) // 2:
            return _order(one, two)
        return STRANGERS
    if 1 <= one <= SLASH_MARKS:
        return SAME_MATE
    one, two = first % COMMENTS, second % COMMENTS
    if one > 0 and two > 0:
        return _order(one, two)
    return MATES


@entry("i8[:, ::1]")
def relations(table: Ints) -> None:
    """Write the relation of the codes row and column to every place of ``table``."""
    for first in range(table.shape[0]):
        for second in range(table.shape[1]):
            table[first, second] = relate(first, second)


@kernel
def _same(first: Bytes, first_start: int, second: Bytes, second_start: int, size: int) -> bool:
    """Whether ``size`` bytes are the same in both."""
    done = 0
    while done + 8 <= size:
        if load_word(first, first_start + done) != load_word(second, second_start + done):
            return False
        done += 8
    rest = size - done
    return bool(word_of(first, first_start + done, rest) == word_of(second, second_start + done, rest))


@kernel
def _equal_until_blank(first: Bytes, first_start: int, second: Bytes, second_start: int) -> int:
    """Length of two names that are equal up to their first blank; 0 where that cannot be seen in their 64 bytes."""
    if first_start + 64 > first.shape[0] or second_start + 64 > second.shape[0]:
        return 0
    lanes = load64(first, first_start)
    size = lowest(bits64(or64(equal64(lanes, splat64(32)), equal64(lanes, splat64(9)))))
    return size if size < lowest(~bits64(equal64(lanes, load64(second, second_start)))) else 0


@kernel
def relation(first: Bytes, first_start: int, first_end: int, second: Bytes, second_start: int, second_end: int) -> int:
    """Relation of two name lines."""
    size = _equal_until_blank(first, first_start, second, second_start)
    if 0 < size < min(first_end - first_start, second_end - second_start):
        one = _mark(first, first_start, first_start + size)
        two = one
        first_stop = first_start + size
        second_stop = second_start + size
    else:
        first_stop = _blank(first, first_start, first_end)
        second_stop = _blank(second, second_start, second_end)
        size = first_stop - first_start
        if size != second_stop - second_start or size == 0:
            return STRANGERS
        one = _mark(first, first_start, first_stop)
        two = _mark(second, second_start, second_stop)
        length = _mark_length(one)
        if length != _mark_length(two) or not _same(first, first_start, second, second_start, size - length):
            return STRANGERS
    code = COMMENTS * one + _comment_mate(first, first_stop, first_end)
    return relate(code, COMMENTS * two + _comment_mate(second, second_stop, second_end))


@entry("u1[::1], i8[::1], i8[::1], u1[::1], i8[::1], i8[::1], i8[::1], i8[:, ::1] -> i8")
def compare_mates(
    first: Bytes,
    first_start: Ints,
    first_end: Ints,
    second: Bytes,
    second_start: Ints,
    second_end: Ints,
    counts: Ints,
    places: Ints,
) -> int:
    """Compare the names of reads at the same place.

    Args:
        first, first_start, first_end: buffer and name lines of the first mates; ``second`` likewise, as many.
        counts: 4 relations; added to.
        places: PLACES x 2; row and relation of the first pairs that are not MATES.

    Returns:
        Pairs that are not MATES in this call.
    """
    found = 0
    for row in range(first_start.shape[0]):
        kind = relation(first, first_start[row], first_end[row], second, second_start[row], second_end[row])
        counts[kind] += 1
        if kind != MATES:
            if found < places.shape[0]:
                places[found, 0] = row
                places[found, 1] = kind
            found += 1
    return found


@kernel
def _hash(data: Bytes, start: int, length: int) -> tuple[np.uint64, np.uint64]:
    """128-bit hash of data[start : start + length]."""
    a, b = _NAME_A, _NAME_B
    done = 0
    while done + 16 <= length:
        a, b = step(a, b, load_word(data, start + done), load_word(data, start + done + 8))
        done += 16
    rest = length - done
    a, b = step(a, b, word_of(data, start + done, rest), word_of(data, start + done + 8, rest - 8))
    return finish(a, b, length)


@entry("u1[::1], i8[::1], i8[::1], u8[::1], u8[::1], i8[::1]")
def hash_names(data: Bytes, start: Ints, end: Ints, first: Words, second: Words, codes: Ints) -> None:
    """Hashes of the stems of name lines (both words), and their codes; all of the same length."""
    for row in range(start.shape[0]):
        stop = _blank(data, start[row], end[row])
        mark = _mark(data, start[row], stop)
        first[row], second[row] = _hash(data, start[row], stop - start[row] - _mark_length(mark))
        codes[row] = COMMENTS * mark + _comment_mate(data, stop, end[row])


@entry("u1[::1], i8[::1], i8[::1], u1[::1] -> i8")
def gather_names(data: Bytes, start: Ints, end: Ints, out: Bytes) -> int:
    """Write the names (without comments), a line each, to ``out``, which has room; returns the bytes written."""
    size = 0
    for row in range(start.shape[0]):
        stop = _blank(data, start[row], end[row])
        for index in range(start[row], stop):
            out[size] = data[index]
            size += 1
        out[size] = 10
        size += 1
    return size


@kernel
def _note(places: Ints, counts: Ints, kind: int, row: int, record: int) -> None:
    if counts[kind] < places.shape[1]:
        places[kind, counts[kind], 0] = row
        places[kind, counts[kind], 1] = record
    counts[kind] += 1


@kernel
def _beside(code: int, row: int, record: int, state: Ints, counts: Ints, places: Ints) -> bool:
    """Judge a read whose stem is that of the read in front of it; whether its name is to be stored."""
    kind = relate(COMMENTS * state[LAST_MARK] + state[LAST_MATE], code)
    same_name = state[LAST_MARK] == code // COMMENTS
    paired = state[LAST_PAIRED] != 0
    stated = state[LAST_MATE] > 0 and code % COMMENTS > 0
    state[LAST_PAIRED] = 0
    if not paired and kind in (MATES, SWAPPED):
        state[PAIRS] += 1
        state[LAST_PAIRED] = 1
        if kind == SWAPPED:
            _note(places, counts, TURNED, row, record)
        elif same_name and not stated:
            _note(places, counts, TWINS, row, record)
        return not same_name
    if same_name:
        state[LAST_PAIRED] = 1
        if not (stated and kind == MATES):  # a third mate, as index reads are, is none of the two
            _note(places, counts, REPEATS, row, record)
        return False
    if not paired:
        _note(places, counts, LONE, row - 1, record - 1)
    return True


@entry("u1[::1], i8[::1], i8[::1], i4[::1], i8, i8, u8[::1], u8[::1], i8[::1], u8[::1], i8[::1], i8[:, :, ::1]")
def note_names(
    data: Bytes,
    start: Ints,
    end: Ints,
    flags: Flags,
    first_record: int,
    run_record: int,
    keys: Words,
    seconds: Words,
    state: Ints,
    last: Words,
    counts: Ints,
    places: Ints,
) -> None:
    """Store the hashes of names, and judge names beside each other.

    Args:
        data, start, end: buffer and name lines.
        flags: SAM flags, then only primary records count, and the two mates of a pair are two names; empty for FASTQ.
        first_record, run_record: record of the first row, and that which the index 0 of this run stands for.
        keys, seconds: room for the names of this run: 42 bits of hash over 22 bits of index, and 64 more bits of hash.
        state: STATE numbers, see above; ``last``: 2 words, the hash of the last stem.
        counts: KINDS numbers; added to.
        places: KINDS x PLACES x 2; row and record of the first of each kind; the row is -1 for one before this call.
    """
    aligned = flags.shape[0] > 0
    for row in range(start.shape[0]):
        mate = 0
        if aligned:
            if flags[row] & NOT_PRIMARY:
                continue
            mate = flags[row] & MATE_FLAGS
        stop = _blank(data, start[row], end[row])
        mark = _mark(data, start[row], stop)
        one, two = _hash(data, start[row], stop - start[row] - _mark_length(mark))
        record = first_record + row
        stored = True
        if not aligned:
            if state[HAS_LAST] and last[0] == one and last[1] == two:
                if row > 0:
                    state[LAST_MATE] = _comment_mate(data, _blank(data, start[row - 1], end[row - 1]), end[row - 1])
                code = COMMENTS * mark + _comment_mate(data, stop, end[row])
                stored = _beside(code, row, record, state, counts, places)
            else:
                if state[HAS_LAST] and not state[LAST_PAIRED]:
                    _note(places, counts, LONE, row - 1, record - 1)
                state[LAST_PAIRED] = 0
            state[HAS_LAST] = 1
            state[LAST_MARK] = mark
            last[0] = one
            last[1] = two
        if stored:
            # Spread over the whole word: only the highest 42 bits of the first are compared at first. The sum stays as
            # even as the hash: partitions are taken of its highest bits.
            one ^= np.uint64(256 * mark + mate) * _SPREAD
            at = state[STORED]
            keys[at] = (one & ~_INDEX) | np.uint64(record - run_record)
            seconds[at] = two
            state[STORED] = at + 1
    if not aligned and start.shape[0] > 0:
        row = start.shape[0] - 1
        state[LAST_MATE] = _comment_mate(data, _blank(data, start[row], end[row]), end[row])


@entry("u1[::1], i8[::1], i8[::1], i8[::1], u1[::1], i8[::1], i8[::1], i8[::1] -> b1")
def same_reads(
    first: Bytes,
    first_sequence: Ints,
    first_quality: Ints,
    first_length: Ints,
    second: Bytes,
    second_sequence: Ints,
    second_quality: Ints,
    second_length: Ints,
) -> bool:
    """Whether reads at the same place have the same bases and qualities, all of them."""
    for row in range(first_length.shape[0]):
        size = first_length[row]
        if size != second_length[row]:
            return False
        if not _same(first, first_sequence[row], second, second_sequence[row], size):
            return False
        if not _same(first, first_quality[row], second, second_quality[row], size):
            return False
    return True
