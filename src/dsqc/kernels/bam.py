"""Walking BAM records (SAM specification 4.2): fields to columns, bases and qualities unpacked behind the records.

One pass over the records; no memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_mates import add_mates, check_names, keep_name
from dsqc.kernels.bam_record import (
    BAD_NAME,
    BAD_SIZE,
    BY_NAME,
    CIGAR_COUNT,
    CIGAR_START,
    FLAG,
    LENGTH,
    NAME_END,
    NAME_START,
    POSITION,
    QUALITY_START,
    RECORD_END,
    RECORD_START,
    REFERENCE,
    ROOM,
    ROWS,
    SEQUENCE_START,
    STATUS,
    TAGS_START,
    TEMPLATE_LENGTH,
    Bytes,
    Ints,
    Numbers,
    check_cigars,
    check_flags,
    check_places,
    find_cigar,
    int32_at,
    note,
    uint16_at,
)
from dsqc.kernels.bam_tags import Keys, check_tags
from dsqc.kernels.vectors import LANES, add64, bits64, equal64, letters64, load64, splat64, store64

Pairs = NDArray[np.uint16]
Words = NDArray[np.uint64]

# What split_alignments says about where it stopped (state[STATUS]).
NEED_MORE = 0  # at a record that the data does not hold whole
FULL = 1  # the columns or the room for reads are full
BROKEN = 2  # at a record whose sizes contradict each other: what follows cannot be found

FIXED = 32  # bytes of fixed fields behind the block size
SMALLEST = FIXED + 1
SPARE = LANES + 2  # bytes behind a read's room that are written, too
LETTERS = b"=ACMGRSVTWYHKDBN"
TOGETHER = 256
"""Records that are checked together, while they and their reads are in the processor's second cache."""


def pair_table() -> Pairs:
    """uint16[256]: the two letters of a byte of packed bases, as they stand in memory (SAM specification 4.2.3)."""
    letters = [[LETTERS[value >> 4], LETTERS[value & 15]] for value in range(256)]
    return np.array(letters, np.uint8).view(np.uint16).reshape(256)


@kernel
def _unpack(data: Bytes, packed: int, bases: int, room: int) -> bool:
    """Letters of ``bases`` packed bases to data[room:], 64 at a time; false where one is not A, C, G, T or N."""
    known = True
    for done in range(0, bases, LANES):
        letters = letters64(data, packed + (done >> 1))
        store64(data, room + done, letters)
        others = bits64(equal64(letters, splat64(np.uint8(0))))
        left = bases - done
        if left < LANES:
            others &= (np.uint64(1) << np.uint64(left)) - np.uint64(1)
        known &= others == 0
    return known


@kernel
def _unpack_by_table(packed: Bytes, pairs: Pairs, out: Pairs) -> None:
    for index in range(packed.shape[0]):
        out[index] = pairs[packed[index]]


@kernel
def _to_characters(data: Bytes, quality: int, bases: int, room: int) -> None:
    for done in range(0, bases, LANES):
        store64(data, room + done, add64(load64(data, quality + done), splat64(np.uint8(33))))


@kernel
def _name_holds(data: Bytes, start: int, end: int) -> bool:
    """Whether data[start:end] ends in a NUL and holds no other."""
    found = 0
    for letter in data[start:end]:
        found += letter == 0
    return found == 1 and data[end - 1] == 0


@kernel
def _lay_out(data: Bytes, body: int, end: int, row: int, columns: Ints, numbers: Numbers) -> bool:
    """Columns and fields of the record data[body:end]; false where its sizes contradict each other."""
    name_size = np.int64(data[body + 8])
    bases = int32_at(data, body + 16)
    cigar = body + FIXED + name_size
    operations = uint16_at(data, body + 12)
    packed = cigar + 4 * operations
    tags = packed + ((bases + 1) >> 1) + bases
    if name_size == 0 or bases < 0 or tags > end:
        return False
    columns[RECORD_START, row] = body
    columns[RECORD_END, row] = end
    columns[NAME_START, row] = body + FIXED
    columns[NAME_END, row] = cigar - 1
    columns[LENGTH, row] = bases
    columns[CIGAR_START, row] = cigar
    columns[CIGAR_COUNT, row] = operations
    columns[TAGS_START, row] = tags
    numbers[FLAG, row] = uint16_at(data, body + 14)
    numbers[REFERENCE, row] = int32_at(data, body)
    numbers[REFERENCE + 1, row] = int32_at(data, body + 4)
    for field in range(3):
        numbers[TEMPLATE_LENGTH - 2 + field, row] = int32_at(data, body + 20 + 4 * field)
    return True


@entry(
    "u1[::1], u2[::1], i8, u2[::1], i8[::1], i8[::1], u8[::1], i8[:, ::1], i4[:, ::1], u1[::1], "
    "u1[::1], u2[::1], u8[::1], i8[:, ::1], i8[::1], i8[:, :, ::1], i8[::1]"
)
def split_alignments(
    data: Bytes,
    wide: Pairs,
    end: int,
    pairs: Pairs,
    references: Ints,
    ends: Ints,
    groups: Words,
    columns: Ints,
    numbers: Numbers,
    mapping: Bytes,
    last_name: Bytes,
    keys: Keys,
    sums: Words,
    tally: Ints,
    counts: Ints,
    places: Ints,
    state: Ints,
) -> None:
    """Take records from data[state[POSITION]:end] until the data, or the room for reads, ends.

    Args:
        data: of an even length; BAM records, uncompressed, up to ``end``; from state[ROOM] (even, not before ``end``)
            on room for bases and qualities (Phred+33). What a record needs there is less than 1.5 times its size, and
            SPARE.
        wide: ``data`` as uint16.
        pairs: :func:`pair_table`.
        references: lengths of the reference sequences.
        ends: as many; where alignments to them must end (no limit on a circular one).
        groups: sorted hashes of the read groups' names (:func:`dsqc.kernels.bam_tags.hash_names`).
        columns: COLUMNS x rows; receives the records, state[ROWS] of them; QUALITY_START is -1 where there are none.
        numbers: NUMBERS x rows; receives their fields.
        mapping: of length rows; receives their mapping qualities.
        last_name: 256; kept from call to call. Names are compared where state[BY_NAME] is 1.
        keys: MOST_KEYS; kept from call to call.
        sums: SUMS; added to: see :func:`dsqc.kernels.bam_mates.add_mates`.
        tally: (references + 1) x 2; mapped and unmapped records of each, the last row for none; added to.
        counts: FAULTS; set to zero and filled.
        places: FAULTS x PLACES x 2; row and byte of the first faults of each kind.
        state: STATE; POSITION and the LAST_ ones go on from call to call, PAIRED and other counts are added to.
    """
    counts[:] = 0
    state[STATUS] = NEED_MORE
    at = state[POSITION]
    row = 0
    checked = 0
    room = state[ROOM]
    while at + 4 <= end:
        if row - checked == TOGETHER:
            _check(
                data, checked, row, references, ends, groups, columns, numbers, keys, sums, tally, counts, places, state
            )
            if state[BY_NAME]:
                check_names(data, checked, row, columns, last_name, counts, places, state)
            checked = row
        if row == columns.shape[1]:
            state[STATUS] = FULL
            break
        size = int32_at(data, at)
        body = at + 4
        if size >= SMALLEST and body + size > end:
            break
        if size < SMALLEST or not _lay_out(data, body, body + size, row, columns, numbers):
            note(BAD_SIZE, row, at, counts, places)
            state[STATUS] = BROKEN
            break
        if room + 2 * columns[LENGTH, row] + SPARE > data.shape[0]:
            state[STATUS] = FULL
            break
        room = _unpack_read(data, wide, pairs, row, room, columns)
        mapping[row] = data[body + 9]
        find_cigar(data, columns, row)
        at = body + size
        row += 1
    _check(data, checked, row, references, ends, groups, columns, numbers, keys, sums, tally, counts, places, state)
    if state[BY_NAME]:
        check_names(data, checked, row, columns, last_name, counts, places, state)
    keep_name(data, row, columns, last_name, state)
    state[POSITION] = at
    state[ROWS] = row


@kernel
def _check(
    data: Bytes,
    first: int,
    rows: int,
    references: Ints,
    ends: Ints,
    groups: Words,
    columns: Ints,
    numbers: Numbers,
    keys: Keys,
    sums: Words,
    tally: Ints,
    counts: Ints,
    places: Ints,
    state: Ints,
) -> None:
    """All checks of the records from ``first`` up to ``rows`` but that of the order of names."""
    _check_text(data, first, rows, columns, counts, places)
    check_flags(first, rows, columns, numbers, counts, places, state)
    check_places(first, rows, columns, numbers, references, tally, counts, places, state)
    check_cigars(data, first, rows, columns, numbers, ends, counts, places)
    check_tags(data, first, rows, columns, numbers, groups, keys, counts, places, state)
    add_mates(data, first, rows, columns, numbers, sums, state)


@kernel
def _unpack_read(data: Bytes, wide: Pairs, pairs: Pairs, row: int, room: int, columns: Ints) -> int:
    """Bases and qualities of a record to data[room:]; where the next may begin."""
    bases = columns[LENGTH, row]
    packed = columns[CIGAR_START, row] + 4 * columns[CIGAR_COUNT, row]
    half = (bases + 1) >> 1
    columns[SEQUENCE_START, row] = room
    if not _unpack(data, packed, bases, room):
        _unpack_by_table(data[packed : packed + half], pairs, wide[room >> 1 : (room >> 1) + half])
    room += 2 * half
    quality = packed + half
    if bases > 0 and data[quality] == 255:
        columns[QUALITY_START, row] = -1
        return room
    columns[QUALITY_START, row] = room
    _to_characters(data, quality, bases, room)
    return int(room + 2 * half)


@kernel
def _check_text(data: Bytes, first: int, rows: int, columns: Ints, counts: Ints, places: Ints) -> None:
    """Whether names end in their only NUL."""
    for row in range(first, rows):
        if not _name_holds(data, columns[NAME_START, row], columns[NAME_END, row] + 1):
            note(BAD_NAME, row, columns[RECORD_START, row] - 4, counts, places)
