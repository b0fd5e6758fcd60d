"""Two streams of BAM records side by side: what differs, and putting back what CRAM does not keep.

CRAM keeps what a record means, not always how it was written: the bin, the mapping quality of an unmapped record and
the order of tags may come back otherwise. Differences in fixed fields are noted as bits to flip, orders of tags as a
permutation for each list of tags; :func:`restore_records` applies both. No memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_record import int32_at, tag_end, uint16_at
from dsqc.kernels.bam_tags import hash_text

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

FIXED = 32  # bytes of fixed fields behind the block size
MOST_TAGS = 255

# What differs (counts): in how many records.
REFERENCE, POSITION, MAPPING_QUALITY, BIN, FLAG, MATE, TEMPLATE_LENGTH, TAG_ORDER = range(8)
NAME, CIGAR, SEQUENCE, QUALITIES, TAGS = range(8, 13)
FIELDS = 13
REPAIRABLE = TAG_ORDER + 1
"""Fields below this one can be put back; a difference in another one cannot."""

# Where the kernels stand (state).
FIRST = 0  # place in the first stream
SECOND = 1  # place in the second
RECORDS = 2  # records compared
FLIPS = 3  # rows of bits to flip that are filled
KEY_FIRST = 4  # hashes of the lists of tags at NEW_ORDER, as signed numbers
KEY_SECOND = 5
PLACE = 6  # restore_records: the next byte to read
ROOM = 7  # and to write
STATE = 8

# Why they stopped.
NEED_MORE = 0  # a stream does not hold the next record whole
FULL = 1  # the rows of bits, or the room for results, are full
BROKEN = 2  # at a record whose sizes contradict each other
NEW_ORDER = 3  # at two records with lists of tags that were not seen together before; nothing of them is counted yet


@kernel
def _behind(data: Bytes, place: int, end: int) -> int:
    """Place behind the record at ``place``; -1 where the data does not hold it whole, -2 where it is none."""
    if place + 4 > end:
        return -1
    size = int32_at(data, place)
    if size < FIXED + 1 or size > 1 << 30:
        return -2
    if place + 4 + size > end:
        return -1
    if _tags_of(data, place) > place + 4 + size:
        return -2
    return place + 4 + size


@kernel
def _tags_of(data: Bytes, place: int) -> int:
    """Where the tags of the record at ``place`` begin; far outside where its sizes are none."""
    length = int32_at(data, place + 20)
    if length < 0:
        return 1 << 62
    names = np.int64(data[place + 12])
    return int(place + 4 + FIXED + names + 4 * uint16_at(data, place + 16) + ((length + 1) >> 1) + length)


@kernel
def _is_equal(first: Bytes, place: int, second: Bytes, other: int, length: int) -> bool:
    differ = False
    for index in range(length):
        differ |= first[place + index] != second[other + index]
    return not differ


@kernel
def list_key(data: Bytes, place: int, end: int) -> np.uint64:
    """Hash of names and types of the tags in data[place:end], in their order; 0 where they cannot be told."""
    key = np.uint64(14695981039346656037)
    while place < end:
        following = tag_end(data, place, end)
        if following < 0:
            return np.uint64(0)
        key = (key ^ hash_text(data, place, place + 3, 0)) * np.uint64(1099511628211)
        place = following
    return key


@kernel
def _is_known(known: Words, one: np.uint64, other: np.uint64) -> bool:
    """Whether the pair stands in the table, which is searched from its hash on to the first empty row."""
    rows = known.shape[0]
    row = np.int64((one ^ (other >> np.uint64(7))) % np.uint64(rows))
    for _ in range(rows):
        if known[row, 0] == one and known[row, 1] == other:
            return True
        if known[row, 0] == 0 and known[row, 1] == 0:
            return False
        row += 1
        if row == rows:
            row = np.int64(0)
    return False


@kernel
def _count_fixed(first: Bytes, place: int, second: Bytes, other: int, counts: Ints) -> bool:
    """Count differences of the fixed fields that have no part in sizes; whether there is one."""
    before = 0
    for field in range(REPAIRABLE):
        before += counts[field]
    counts[REFERENCE] += not _is_equal(first, place + 4, second, other + 4, 4)
    counts[POSITION] += not _is_equal(first, place + 8, second, other + 8, 4)
    counts[MAPPING_QUALITY] += first[place + 13] != second[other + 13]
    counts[BIN] += not _is_equal(first, place + 14, second, other + 14, 2)
    counts[FLAG] += not _is_equal(first, place + 18, second, other + 18, 2)
    counts[MATE] += not _is_equal(first, place + 24, second, other + 24, 8)
    counts[TEMPLATE_LENGTH] += not _is_equal(first, place + 32, second, other + 32, 4)
    after = 0
    for field in range(REPAIRABLE):
        after += counts[field]
    return bool(after > before)


@kernel
def _count_variable(first: Bytes, place: int, second: Bytes, other: int, counts: Ints) -> bool:
    """Count differences of name, CIGAR, bases and qualities; false where the sizes differ already."""
    names, operations = int(np.int64(first[place + 12])), uint16_at(first, place + 16)
    bases = int32_at(first, place + 20)
    same = names == np.int64(second[other + 12])
    counts[NAME] += not same or not _is_equal(first, place + 4 + FIXED, second, other + 4 + FIXED, names)
    if operations != uint16_at(second, other + 16):
        counts[CIGAR] += 1
        same = False
    if bases != int32_at(second, other + 20):
        counts[SEQUENCE] += 1
        same = False
    if not same:
        return False
    one, two = place + 4 + FIXED + names, other + 4 + FIXED + names
    counts[CIGAR] += not _is_equal(first, one, second, two, 4 * operations)
    one += 4 * operations
    two += 4 * operations
    counts[SEQUENCE] += not _is_equal(first, one, second, two, (bases + 1) >> 1)
    one += (bases + 1) >> 1
    two += (bases + 1) >> 1
    counts[QUALITIES] += not _is_equal(first, one, second, two, bases)
    return True


@entry("u1[::1], i8, u1[::1], i8, u8[:, ::1], i8[::1], i8[::1], u1[:, ::1], i8[::1] -> i8")
def compare_records(
    first: Bytes,
    first_end: int,
    second: Bytes,
    second_end: int,
    known: Words,
    counts: Ints,
    flip_records: Ints,
    flips: Bytes,
    state: Ints,
) -> int:
    """Compare records from state[FIRST] and state[SECOND] on, as far as both streams hold them whole.

    Args:
        first, second: what came back, and what should have; readable 8 bytes behind their ends.
        known: pairs of list keys whose orders are known.
        counts: FIELDS; added to.
        flip_records: receives numbers of records, from 0, whose fixed fields differ.
        flips: as many rows of FIXED bytes: receives the bits to flip.
        state: STATE numbers.

    Returns:
        Why it stopped.
    """
    while True:
        place, other = state[FIRST], state[SECOND]
        behind, other_behind = _behind(first, place, first_end), _behind(second, other, second_end)
        if behind == -2 or other_behind == -2:
            return BROKEN
        if behind < 0 or other_behind < 0:
            return NEED_MORE
        if behind - place != other_behind - other or not _is_equal(first, place, second, other, behind - place):
            tags, other_tags = _tags_of(first, place), _tags_of(second, other)
            differ = behind - tags != other_behind - other_tags
            if differ or not _is_equal(first, tags, second, other_tags, behind - tags):
                key, other_key = list_key(first, tags, behind), list_key(second, other_tags, other_behind)
                if key in (other_key, np.uint64(0)) or other_key == 0:
                    counts[TAGS] += 1
                elif _is_known(known, key, other_key):
                    counts[TAG_ORDER] += 1
                else:
                    state[KEY_FIRST] = np.int64(key)
                    state[KEY_SECOND] = np.int64(other_key)
                    return NEW_ORDER
            if _count_variable(first, place, second, other, counts):
                row = state[FLIPS]
                if _count_fixed(first, place, second, other, counts):
                    flip_records[row] = state[RECORDS]
                    for index in range(FIXED):
                        flips[row, index] = first[place + 4 + index] ^ second[other + 4 + index]
                    state[FLIPS] += 1
        state[FIRST], state[SECOND] = behind, other_behind
        state[RECORDS] += 1
        if state[FLIPS] == flip_records.shape[0]:
            return FULL


@kernel
def _order_of(keys: Words, key: np.uint64) -> int:
    """Row of ``key`` among the sorted ``keys``; -1 where it is not there."""
    low, high = 0, keys.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low if low < keys.shape[0] and keys[low] == key else -1


@kernel
def _put_tags(data: Bytes, place: int, end: int, order: Ints, starts: Ints, out: Bytes, room: int) -> None:
    """Copy tags in the order given: ``order[k]`` is the number of the tag that comes k-th, -1 behind the last."""
    number = 0
    while place < end and number < MOST_TAGS:
        starts[number] = place
        place = tag_end(data, place, end)
        number += 1
    starts[number] = end
    if order[number] >= 0 or (number and order[number - 1] < 0):  # another list with the same hash
        return
    for index in range(number):
        for at in range(starts[order[index]], starts[order[index] + 1]):
            out[room] = data[at]
            room += 1


@entry("u1[::1], i8, u8[::1], i8[:, ::1], i8[::1], u1[:, ::1], i8, i8[::1], u1[::1], i8[::1] -> i8")
def restore_records(
    data: Bytes,
    end: int,
    keys: Words,
    orders: Ints,
    flip_records: Ints,
    flips: Bytes,
    flip_count: int,
    starts: Ints,
    out: Bytes,
    state: Ints,
) -> int:
    """Records data[state[PLACE]:end] as they were written, to ``out`` from state[ROOM] on.

    Args:
        data: what came out of the CRAM; readable 8 bytes behind its end.
        keys: sorted list keys whose tags stood in another order.
        orders: for each key the numbers of the tags in the order wanted: a permutation, -1 behind it.
        flip_records, flips, flip_count: bits to flip in fixed fields, by record from 0; state[FLIPS] is the next row.
        starts: MOST_TAGS + 1 numbers, for its own use.

    Returns:
        Why it stopped; FULL also where the rows of bits are used up.
    """
    while True:
        place = state[PLACE]
        behind = _behind(data, place, end)
        if behind == -2:
            return BROKEN
        if behind < 0:
            return NEED_MORE
        room = state[ROOM]
        if room + behind - place > out.shape[0] or state[FLIPS] >= flip_count:
            return FULL
        for index in range(behind - place):
            out[room + index] = data[place + index]
        if keys.shape[0]:
            tags = _tags_of(data, place)
            key = list_key(data, tags, behind)
            row = _order_of(keys, key) if key else -1
            if row >= 0:
                _put_tags(data, tags, behind, orders[row], starts, out, room + tags - place)
        row = state[FLIPS]
        if flip_records[row] == state[RECORDS]:
            for index in range(FIXED):
                out[room + 4 + index] ^= flips[row, index]
            state[FLIPS] += 1
        state[PLACE] = behind
        state[ROOM] = room + behind - place
        state[RECORDS] += 1
