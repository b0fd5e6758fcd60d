"""The tags of a BAM record (SAM specification 4.2.4, SAM tags): whole, each once, of their type, true of their record.

About 1 byte a cycle; no memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_record import (
    BAD_MODIFICATIONS,
    BAD_TAG_TYPE,
    BAD_TAGS,
    CIGAR_COUNT,
    CIGAR_START,
    FLAG,
    GROUP,
    KEYS,
    KEYS_TWICE,
    LENGTH,
    NOT_PRIMARY,
    RECORD_END,
    RECORD_START,
    REVERSE_FLAG,
    SEQUENCE_START,
    TAG_TWICE,
    TAGS_START,
    UNKNOWN_GROUP,
    Bytes,
    Ints,
    Numbers,
    int32_at,
    note,
    tag_end,
    uint16_at,
)
from dsqc.kernels.vectors import load_word

Keys = NDArray[np.uint16]
Words = NDArray[np.uint64]

MOST_KEYS = 128
"""Tags of a record that are compared with each other."""
NM, MD, RG, MM, ML, MN = (ord(name[0]) | ord(name[1]) << 8 for name in ("NM", "MD", "RG", "MM", "ML", "MN"))
_MULTIPLIER = 0x9E3779B97F4A7C15
_OTHER_MULTIPLIER = 0xFF51AFD7ED558CCD


@kernel
def hash_text(data: Bytes, start: int, end: int, seed: int) -> np.uint64:
    """64-bit hash of data[start:end], eight bytes at a time: multiply, fold, and the finaliser of MurmurHash3."""
    value = np.uint64(seed) ^ (np.uint64(end - start) * np.uint64(_MULTIPLIER))
    at = start
    while at + 8 <= end:
        value = (value ^ load_word(data, at)) * np.uint64(_MULTIPLIER)
        value ^= value >> np.uint64(32)
        at += 8
    word = np.uint64(0)
    if end - start >= 8:
        word = load_word(data, end - 8)
        at = end
    while at < end:
        word = word << np.uint64(8) | np.uint64(data[at])
        at += 1
    value = (value ^ word) * np.uint64(_OTHER_MULTIPLIER)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


@entry("u1[::1], i8[::1], u8[::1]")
def hash_names(text: Bytes, ends: Ints, hashes: Words) -> None:
    """Hashes of names as :func:`check_tags` looks them up.

    Args:
        text: the names, one after the other.
        ends: of each name.
        hashes: as many; receives the hashes, which the caller sorts.
    """
    start = 0
    for row in range(ends.shape[0]):
        hashes[row] = hash_text(text, start, ends[row], 0)
        start = ends[row]


@kernel
def _is_known(groups: Words, value: np.uint64, state: Ints) -> bool:
    """Whether a hash is among the sorted ``groups``; the last one found is looked at first."""
    last = state[GROUP]
    if last < groups.shape[0] and groups[last] == value:
        return True
    low = 0
    high = groups.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if groups[middle] < value:
            low = middle + 1
        else:
            high = middle
    state[GROUP] = low
    return bool(low < groups.shape[0] and groups[low] == value)


@kernel
def _holds_twice(keys: Keys, number: int) -> bool:
    for one in range(number):
        for other in range(one):
            if keys[one] == keys[other]:
                return True
    return False


@kernel
def check_tags(
    data: Bytes,
    first: int,
    rows: int,
    columns: Ints,
    numbers: Numbers,
    groups: Words,
    keys: Keys,
    counts: Ints,
    places: Ints,
    state: Ints,
) -> None:
    """Check the tags of all records.

    Args:
        groups: sorted hashes of the read groups' names.
        keys: MOST_KEYS; the names of the last record's tags. Records mostly have the same tags in the same order, so
            that the search for one that stands twice is rarely made.
    """
    for row in range(first, rows):
        at = columns[RECORD_START, row] - 4
        place = columns[TAGS_START, row]
        end = columns[RECORD_END, row]
        number = 0
        changed = False
        modified = 0
        likelihoods = 0
        stated_length = -1
        while place < end:
            following = tag_end(data, place, end)
            if following < 0:
                break
            key = uint16_at(data, place)
            kind = int(np.int64(data[place + 2]))
            if number < MOST_KEYS:
                changed |= keys[number] != key
                keys[number] = key
                number += 1
            if key == NM:
                if kind in (65, 90, 72, 66, 102):
                    note(BAD_TAG_TYPE, row, at, counts, places)
            elif key in (MD, RG):
                if kind != 90:
                    note(BAD_TAG_TYPE, row, at, counts, places)
                elif key == RG and not _is_known(groups, hash_text(data, place + 3, following - 1, 0), state):
                    note(UNKNOWN_GROUP, row, at, counts, places)
            elif key == MM and kind == 90:
                modified = place + 3
            elif key == ML:
                likelihoods = place + 2
            elif key == MN and kind in (105, 73) and following - place == 7:
                stated_length = int32_at(data, place + 3)
            place = following
        if place < end:
            note(BAD_TAGS, row, at, counts, places)
            state[KEYS] = -1  # the keys are not those of a record that was compared
            continue
        if changed or number != state[KEYS]:
            state[KEYS] = number
            state[KEYS_TWICE] = _holds_twice(keys, number)
        if state[KEYS_TWICE]:
            note(TAG_TWICE, row, at, counts, places)
        if modified > 0:
            countable = stated_length in (-1, columns[LENGTH, row])
            if not _modifications_hold(data, row, modified, likelihoods, countable, columns, numbers):
                note(BAD_MODIFICATIONS, row, at, counts, places)


@kernel
def _is_whole_read(data: Bytes, row: int, columns: Ints, numbers: Numbers) -> bool:
    """Whether a record shows all bases of its read: it is primary and not clipped hard."""
    if numbers[FLAG, row] & NOT_PRIMARY or columns[LENGTH, row] == 0:
        return False
    first = columns[CIGAR_START, row]
    operations = columns[CIGAR_COUNT, row]
    if operations == 0:
        return True
    return bool(data[first] & 15 != 5 and data[first + 4 * (operations - 1)] & 15 != 5)


@kernel
def _bases_like(data: Bytes, row: int, letter: int, columns: Ints, numbers: Numbers) -> int:
    """How many bases of the read, as sequenced, are ``letter``; all are N."""
    if letter == 78:
        return int(columns[LENGTH, row])
    if letter == 85:
        letter = 84
    if numbers[FLAG, row] & REVERSE_FLAG:  # A T, C G
        letter = 149 - letter if letter in (65, 84) else 138 - letter
    start = columns[SEQUENCE_START, row]
    found = 0
    for base in data[start : start + columns[LENGTH, row]]:
        found += base == np.uint8(letter)
    return found


@kernel
def _modifications_hold(
    data: Bytes, row: int, start: int, likelihoods: int, countable: bool, columns: Ints, numbers: Numbers
) -> bool:
    """Whether MM is well formed, points at bases that are there, and lists as many as ML (SAM tags, 1.7).

    Args:
        start: of the value of MM, which ends in NUL.
        likelihoods: of the type of ML; 0 where there is none.
        countable: MN, the length that MM speaks of, is not there or is that of the sequence.
    """
    countable = countable and _is_whole_read(data, row, columns, numbers)
    at = start
    listed = 0
    while data[at] != 0:
        base = int(np.int64(data[at]))
        if base not in (65, 67, 71, 84, 85, 78) or data[at + 1] not in (43, 45):
            return False
        at += 2
        codes = 0
        if 48 <= data[at] <= 57:  # a number of ChEBI
            codes = 1
            while 48 <= data[at] <= 57:
                at += 1
        else:
            while 65 <= data[at] <= 90 or 97 <= data[at] <= 122:
                codes += 1
                at += 1
        if codes == 0:
            return False
        at += data[at] in (46, 63)
        positions = 0
        reach = 0
        while data[at] == 44:
            at += 1
            if data[at] < 48 or data[at] > 57:
                return False
            skipped = 0
            while 48 <= data[at] <= 57:
                skipped = min(10 * skipped + int(np.int64(data[at])) - 48, 1 << 40)
                at += 1
            reach += skipped + 1
            positions += 1
        if data[at] != 59:
            return False
        at += 1
        listed += codes * positions
        if countable and reach > _bases_like(data, row, base, columns, numbers):
            return False
    if likelihoods == 0:
        return True
    return data[likelihoods] == 66 and data[likelihoods + 1] == 67 and int32_at(data, likelihoods + 2) == listed
