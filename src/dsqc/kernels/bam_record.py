"""One BAM record (SAM specification 4.2): numbers out of bytes, flags, CIGAR, place. No memory of its own."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import kernel
from dsqc.kernels.vectors import load_word, lowest

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

# Faults of a record: rows of `counts` and `places`.
BAD_SIZE, BAD_NAME, BAD_REFERENCE, BAD_POSITION, BAD_CIGAR, BAD_TAGS, NO_SEQUENCE, OUT_OF_ORDER = range(8)
BEYOND_END, NO_PLACE, BAD_FLAGS, TAG_TWICE, BAD_TAG_TYPE, UNKNOWN_GROUP, BAD_MODIFICATIONS, BAD_CLIPS = range(8, 16)
OUT_OF_NATURAL, OUT_OF_LETTERS = 16, 17
FAULTS = 18
PLACES = 20

# Columns of a record in `columns`; the first five as in dsqc.kernels.fastq.
NAME_START, NAME_END, SEQUENCE_START, QUALITY_START, LENGTH = range(5)
RECORD_START, RECORD_END, CIGAR_START, CIGAR_COUNT, TAGS_START = range(5, 10)
COLUMNS = 10

# Fields of a record in `numbers`.
FLAG, REFERENCE, PLACE, MATE_REFERENCE, MATE_PLACE, TEMPLATE_LENGTH = range(6)
NUMBERS = 6

# state
POSITION, ROWS, STATUS, LAST_REFERENCE, LAST_POSITION, PAIRED, MAPPED, ROOM = range(8)
FIRSTS, SECONDS, LONE, BY_NAME, LAST_NAME, KEYS, KEYS_TWICE, GROUP = range(8, 16)
STATE = 16

# The sums of hashes in `sums`.
NAMES, FIELDS = 0, 1  # of the names of mates, of what mates say of each other
SUMS = 2

PAIRED_FLAG, UNMAPPED_FLAG, MATE_UNMAPPED_FLAG, REVERSE_FLAG, MATE_REVERSE_FLAG = 0x1, 0x4, 0x8, 0x10, 0x20
FIRST_FLAG, SECOND_FLAG, NOT_PRIMARY = 0x40, 0x80, 0x900
OF_PAIRS = 0x2 | 0x8 | 0x20 | 0x40 | 0x80  # say nothing without PAIRED_FLAG
UNDEFINED = 0xF000
_ONES, _HIGHS = 0x0101010101010101, 0x8080808080808080


@kernel
def int32_at(data: Bytes, at: int) -> int:
    """The signed little-endian number in data[at:at + 4]."""
    place = np.uint64(at)
    value = np.int64(data[place]) | np.int64(data[place + np.uint64(1)]) << 8
    value |= np.int64(data[place + np.uint64(2)]) << 16 | np.int64(data[place + np.uint64(3)]) << 24
    return int(value - ((value & 0x80000000) << 1))


@kernel
def uint16_at(data: Bytes, at: int) -> int:
    """The little-endian number in data[at:at + 2]."""
    place = np.uint64(at)
    return int(np.int64(data[place]) | np.int64(data[place + np.uint64(1)]) << 8)


@kernel
def note(fault: int, row: int, place: int, counts: Ints, places: Ints) -> None:
    """Count a fault of a record and keep its place while there is room."""
    kept = counts[fault]
    if kept < places.shape[1]:
        places[fault, kept, 0] = row
        places[fault, kept, 1] = place
    counts[fault] += 1


@kernel
def value_size(kind: int) -> int:
    """Bytes of one value of a tag of type ``kind`` (SAM specification 4.2.4); 0 for one that has no fixed size."""
    if kind in (65, 99, 67):  # A c C
        return 1
    if kind in (115, 83):  # s S
        return 2
    if kind in (105, 73, 102):  # i I f
        return 4
    return 0


@kernel
def tag_end(data: Bytes, at: int, end: int) -> int:
    """Where the tag that begins at data[at] ends; -1 where it does not fit before ``end`` (SAM specification 4.2.4)."""
    if at + 4 > end:
        return -1
    kind = int(np.int64(data[at + 2]))
    at += 3
    if kind in (90, 72):  # Z H: to a NUL, which is searched for eight bytes at a time
        while at < end:
            word = load_word(data, at)
            zeros = (word - np.uint64(_ONES)) & ~word & np.uint64(_HIGHS)
            if zeros != 0:
                at += lowest(zeros) >> 3
                break
            at += 8
        at += 1
    elif kind == 66:  # B: array
        if at + 5 > end:
            return -1
        size = value_size(int(np.int64(data[at])))
        number = int32_at(data, at + 1)
        if size == 0 or data[at] == 65 or number < 0:
            return -1
        at += 5 + size * number
    else:
        size = value_size(kind)
        if size == 0:
            return -1
        at += size
    return at if at <= end else -1


@kernel
def find_cigar(data: Bytes, columns: Ints, row: int) -> None:
    """Where the CIGAR stands. One of more than 65,535 operations is in the tag CG:B:I, behind ``<bases>S<n>N`` in its
    place (SAM specification 4.2.2)."""
    start = columns[CIGAR_START, row]
    bases = columns[LENGTH, row]
    if columns[CIGAR_COUNT, row] != 2 or int32_at(data, start) != bases << 4 | 4:
        return
    if int32_at(data, start + 4) & 15 != 3:
        return
    at = columns[TAGS_START, row]
    end = columns[RECORD_END, row]
    while 0 <= at < end:
        following = tag_end(data, at, end)
        if following > 0 and data[at] == 67 and data[at + 1] == 71 and data[at + 2] == 66 and data[at + 3] == 73:
            columns[CIGAR_START, row] = at + 8
            columns[CIGAR_COUNT, row] = int32_at(data, at + 4)
        at = following


@kernel
def check_cigars(
    data: Bytes, first: int, rows: int, columns: Ints, numbers: Numbers, ends: Ints, counts: Ints, places: Ints
) -> None:
    """Operations, clips, bases consumed (M I S = X); whether alignments (M D N = X) end inside their references."""
    for row in range(first, rows):
        at = columns[RECORD_START, row] - 4
        start = columns[CIGAR_START, row]
        operations = columns[CIGAR_COUNT, row]
        bases = columns[LENGTH, row]
        consumed = 0
        span = 0
        clipped_inside = False
        unknown = False
        begun = False  # an operation that is no clip was seen
        last = -1
        only = int32_at(data, start) & 0xFFFFFFFF if operations == 1 else 15
        if only & 15 == 0:  # nothing but M, as most records have it
            consumed = span = only >> 4
            operations = 0
        for number in range(operations):
            word = int32_at(data, start + 4 * number) & 0xFFFFFFFF
            operation = word & 15
            size = word >> 4
            unknown |= operation > 8
            if operation in (0, 7, 8):
                consumed += size
                span += size
            elif operation in (1, 4):
                consumed += size
            elif operation in (2, 3):
                span += size
            if operation == 5:
                clipped_inside |= 0 < number < operations - 1
            elif operation == 4:
                clipped_inside |= begun and last == 4
            clipped_inside |= begun and last == 4 and operation not in (4, 5)
            begun |= operation not in (4, 5)
            last = operation
        if unknown or (columns[CIGAR_COUNT, row] > 0 and bases not in (0, consumed)):
            note(BAD_CIGAR, row, at, counts, places)
        elif clipped_inside:
            note(BAD_CLIPS, row, at, counts, places)
        reference = np.int64(numbers[REFERENCE, row])
        if numbers[FLAG, row] & UNMAPPED_FLAG == 0 and 0 <= reference < ends.shape[0]:
            position = np.int64(numbers[PLACE, row])
            if position < ends[reference] < position + span:
                note(BEYOND_END, row, at, counts, places)


@kernel
def check_flags(
    first: int, rows: int, columns: Ints, numbers: Numbers, counts: Ints, places: Ints, state: Ints
) -> None:
    """Flags that contradict each other, mapped records without a place (SAM specification 1.4.2), reads of no bases."""
    for row in range(first, rows):
        at = columns[RECORD_START, row] - 4
        flag = int(numbers[FLAG, row])
        if flag & PAIRED_FLAG == 0:
            bad = flag & OF_PAIRS != 0
        else:
            bad = flag & (FIRST_FLAG | SECOND_FLAG) in (0, FIRST_FLAG | SECOND_FLAG)
        bad |= flag & UNDEFINED != 0
        bad |= flag & UNMAPPED_FLAG != 0 and flag & NOT_PRIMARY != 0
        if bad:
            note(BAD_FLAGS, row, at, counts, places)
        if flag & UNMAPPED_FLAG == 0 and (numbers[REFERENCE, row] < 0 or numbers[PLACE, row] < 0):
            note(NO_PLACE, row, at, counts, places)
        if columns[LENGTH, row] == 0 and flag & NOT_PRIMARY == 0:
            note(NO_SEQUENCE, row, at, counts, places)
        if flag & UNMAPPED_FLAG == 0:
            state[MAPPED] += 1


@kernel
def check_places(
    first: int,
    rows: int,
    columns: Ints,
    numbers: Numbers,
    references: Ints,
    tally: Ints,
    counts: Ints,
    places: Ints,
    state: Ints,
) -> None:
    """References, positions and the order of coordinates; counts records for their references."""
    for row in range(first, rows):
        at = columns[RECORD_START, row] - 4
        reference = np.int64(numbers[REFERENCE, row])
        position = np.int64(numbers[PLACE, row])
        mate_reference = np.int64(numbers[MATE_REFERENCE, row])
        mate_position = np.int64(numbers[MATE_PLACE, row])
        known = references.shape[0]
        if not (-1 <= reference < known) or not (-1 <= mate_reference < known):
            note(BAD_REFERENCE, row, at, counts, places)
            continue
        too_far = reference >= 0 and position >= references[reference]
        mate_too_far = mate_reference >= 0 and mate_position >= references[mate_reference]
        if position < -1 or mate_position < -1 or too_far or mate_too_far:
            note(BAD_POSITION, row, at, counts, places)
        order = reference if reference >= 0 else known
        tally[order, 1 if numbers[FLAG, row] & UNMAPPED_FLAG else 0] += 1
        if order < state[LAST_REFERENCE] or (
            order == state[LAST_REFERENCE] and order < known and position < state[LAST_POSITION]
        ):
            note(OUT_OF_ORDER, row, at, counts, places)
        state[LAST_REFERENCE] = order
        state[LAST_POSITION] = position
