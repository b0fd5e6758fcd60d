"""Walking BAM records (SAM specification 4.2): fields checked, bases and qualities unpacked into a flat buffer.

One pass over the records, about 1 to 2 bytes a cycle; no memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import kernel
from dsqc.kernels.names import hash_bytes

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Flags = NDArray[np.int32]
Words = NDArray[np.uint64]

# What split_alignments says about where it stopped (state[STATUS]).
NEED_MORE = 0  # at a record that the data does not hold whole
FULL = 1  # the columns or the buffer for reads are full
BROKEN = 2  # at a record whose sizes contradict each other: what follows cannot be found

# Faults of a record: rows of `counts` and `places`.
BAD_SIZE, BAD_NAME, BAD_REFERENCE, BAD_POSITION, BAD_CIGAR, BAD_TAGS, NO_SEQUENCE, OUT_OF_ORDER = range(8)
FAULTS = 8
PLACES = 20

# Columns of a read in `columns`; as in dsqc.kernels.fastq.
NAME_START, NAME_END, SEQUENCE_START, QUALITY_START, LENGTH = range(5)
COLUMNS = 5

# state
POSITION, ROWS, STATUS, LAST_REFERENCE, LAST_POSITION, PAIRED, MAPPED, WRITTEN = range(8)
STATE = 8

FIXED = 32  # bytes of fixed fields behind the block size
SMALLEST = FIXED + 1
LETTERS = b"=ACMGRSVTWYHKDBN"

PAIRED_FLAG, UNMAPPED_FLAG, FIRST_FLAG, SECOND_FLAG, NOT_PRIMARY = 0x1, 0x4, 0x40, 0x80, 0x900


def letter_table() -> Bytes:
    """The 16 letters of packed bases (SAM specification 4.2.3)."""
    return np.frombuffer(LETTERS, np.uint8).copy()


@kernel
def _int32(data: Bytes, at: int) -> int:
    value = np.uint32(data[at]) | np.uint32(data[at + 1]) << 8 | np.uint32(data[at + 2]) << 16
    value |= np.uint32(data[at + 3]) << 24
    return int(np.int32(np.uint32(value)))


@kernel
def _uint16(data: Bytes, at: int) -> int:
    return int(data[at]) | int(data[at + 1]) << 8


@kernel
def _note(fault: int, row: int, place: int, counts: Ints, places: Ints) -> None:
    """Count a fault of a record and keep its place while there is room."""
    kept = counts[fault]
    if kept < places.shape[1]:
        places[fault, kept, 0] = row
        places[fault, kept, 1] = place
    counts[fault] += 1


@kernel
def _tag_size(kind: int) -> int:
    if kind in (65, 99, 67):  # A c C
        return 1
    if kind in (115, 83):  # s S
        return 2
    if kind in (105, 73, 102):  # i I f
        return 4
    return 0


@kernel
def _tags_hold(data: Bytes, start: int, end: int) -> bool:
    """Whether the tags of a record fill data[start:end] exactly (SAM specification 4.2.4)."""
    at = start
    while at < end:
        if at + 3 > end:
            return False
        kind = int(data[at + 2])
        at += 3
        if kind in (90, 72):  # Z H: to a NUL
            while at < end and data[at] != 0:
                at += 1
            at += 1
        elif kind == 66:  # B: array
            if at + 5 > end:
                return False
            size = _tag_size(int(data[at]))
            number = _int32(data, at + 1)
            if size == 0 or data[at] == 65 or number < 0:
                return False
            at += 5 + size * number
        else:
            size = _tag_size(kind)
            if size == 0:
                return False
            at += size
    return at == end


@kernel
def _cigar_holds(data: Bytes, start: int, operations: int, bases: int) -> bool:
    """Whether the CIGAR consumes as many bases as the record has (M I S = X), and knows its operations."""
    consumed = 0
    for number in range(operations):
        word = _int32(data, start + 4 * number) & 0xFFFFFFFF
        operation = word & 15
        if operation > 8:
            return False
        if operation in (0, 1, 4, 7, 8):
            consumed += word >> 4
    return operations == 0 or bases in (0, consumed)


@kernel
def _unpack(data: Bytes, packed: int, bases: int, letters: Bytes, out: Bytes, target: int) -> None:
    for index in range(bases >> 1):
        pair = data[packed + index]
        out[target + 2 * index] = letters[pair >> 4]
        out[target + 2 * index + 1] = letters[pair & 15]
    if bases & 1:
        out[target + bases - 1] = letters[data[packed + (bases >> 1)] >> 4]


@kernel
def _check_place(
    data: Bytes, body: int, row: int, references: Ints, state: Ints, counts: Ints, places: Ints, at: int
) -> None:
    """References, positions and the order of coordinates of one record."""
    reference = _int32(data, body)
    position = _int32(data, body + 4)
    mate_reference = _int32(data, body + 20)
    mate_position = _int32(data, body + 24)
    known = references.shape[0]
    if not (-1 <= reference < known) or not (-1 <= mate_reference < known):
        _note(BAD_REFERENCE, row, at, counts, places)
        return
    too_far = reference >= 0 and position >= references[reference]
    mate_too_far = mate_reference >= 0 and mate_position >= references[mate_reference]
    if position < -1 or mate_position < -1 or too_far or mate_too_far:
        _note(BAD_POSITION, row, at, counts, places)
    order = reference if reference >= 0 else known
    if order < state[LAST_REFERENCE] or (
        order == state[LAST_REFERENCE] and order < known and position < state[LAST_POSITION]
    ):
        _note(OUT_OF_ORDER, row, at, counts, places)
    state[LAST_REFERENCE] = order
    state[LAST_POSITION] = position


@kernel
def split_alignments(
    data: Bytes,
    end: int,
    letters: Bytes,
    references: Ints,
    out: Bytes,
    columns: Ints,
    flags: Flags,
    mates: Words,
    counts: Ints,
    places: Ints,
    state: Ints,
) -> None:
    """Take records from data[state[POSITION]:end] until the data, or the room for reads, ends.

    Args:
        data: BAM records, uncompressed.
        letters: :func:`letter_table`.
        references: lengths of the reference sequences.
        out: receives names, bases and qualities (Phred+33); what a record needs is less than twice its size.
        columns: COLUMNS x rows; receives the reads, state[ROWS] of them; QUALITY_START is -1 where there are none.
        flags: of length rows; receives the SAM flags.
        mates: 2; hashes of the names of primary paired records, first mates added and second ones taken off.
        counts: FAULTS; set to zero and filled.
        places: FAULTS x PLACES x 2; row and byte of the first faults of each kind.
        state: STATE; POSITION and the LAST_ ones go on from call to call, PAIRED and MAPPED are added to.
    """
    counts[:] = 0
    state[STATUS] = NEED_MORE
    at = state[POSITION]
    row = 0
    written = 0
    while at + 4 <= end:
        if row == columns.shape[1]:
            state[STATUS] = FULL
            break
        size = _int32(data, at)
        if size < SMALLEST:
            _note(BAD_SIZE, row, at, counts, places)
            state[STATUS] = BROKEN
            break
        if at + 4 + size > end:
            break
        if written + 2 * size > out.shape[0]:
            state[STATUS] = FULL
            break
        body = at + 4
        name_size = int(data[body + 8])
        operations = _uint16(data, body + 12)
        flag = _uint16(data, body + 14)
        bases = _int32(data, body + 16)
        cigar = body + FIXED + name_size
        packed = cigar + 4 * operations
        quality = packed + ((bases + 1) >> 1)
        tags = quality + bases
        if name_size == 0 or bases < 0 or tags > body + size:
            _note(BAD_SIZE, row, at, counts, places)
            state[STATUS] = BROKEN
            break
        name_end = body + FIXED + name_size - 1
        name = written
        for index in range(body + FIXED, name_end):
            out[written] = data[index]
            written += 1
            if data[index] == 0:
                _note(BAD_NAME, row, at, counts, places)
        if data[name_end] != 0:
            _note(BAD_NAME, row, at, counts, places)
        columns[NAME_START, row] = name
        columns[NAME_END, row] = written
        columns[SEQUENCE_START, row] = written
        _unpack(data, packed, bases, letters, out, written)
        written += bases
        columns[QUALITY_START, row] = written
        columns[LENGTH, row] = bases
        if bases > 0 and data[quality] == 255:
            columns[QUALITY_START, row] = -1
        else:
            for index in range(bases):
                out[written + index] = data[quality + index] + 33
            written += bases
        flags[row] = flag
        _check_place(data, body, row, references, state, counts, places, at)
        if not _cigar_holds(data, cigar, operations, bases):
            _note(BAD_CIGAR, row, at, counts, places)
        if not _tags_hold(data, tags, body + size):
            _note(BAD_TAGS, row, at, counts, places)
        if flag & NOT_PRIMARY == 0:
            if bases == 0:
                _note(NO_SEQUENCE, row, at, counts, places)
            add_mate(out, name, columns[NAME_END, row], flag, mates, state)
        if flag & UNMAPPED_FLAG == 0:
            state[MAPPED] += 1
        at = body + size
        row += 1
    state[POSITION] = at
    state[ROWS] = row
    state[WRITTEN] = written


@kernel
def add_mate(data: Bytes, start: int, end: int, flag: int, mates: Words, state: Ints) -> None:
    """Count a primary record of a pair: with all mates present, every name cancels out of ``mates``."""
    if flag & PAIRED_FLAG == 0:
        return
    state[PAIRED] += 1
    which = flag & (FIRST_FLAG | SECOND_FLAG)
    for seed in range(2):
        value = hash_bytes(data, start, end, np.uint64(seed))
        if which == FIRST_FLAG:
            mates[seed] += value
        elif which == SECOND_FLAG:
            mates[seed] -= value


@kernel
def count_flags(
    data: Bytes,
    name_start: Ints,
    name_end: Ints,
    length: Ints,
    flags: Flags,
    mates: Words,
    counts: Ints,
    places: Ints,
    state: Ints,
) -> None:
    """What :func:`split_alignments` does with flags, for records that another reader has taken apart."""
    counts[:] = 0
    for row in range(flags.shape[0]):
        flag = int(flags[row])
        if flag & NOT_PRIMARY == 0:
            if length[row] == 0:
                _note(NO_SEQUENCE, row, 0, counts, places)
            add_mate(data, name_start[row], name_end[row], flag, mates, state)
        if flag & UNMAPPED_FLAG == 0:
            state[MAPPED] += 1
