"""FASTQ text as unaligned BAM records, and back to the same text, byte for byte.

A record (SAM specification 4.2) holds name, bases and qualities; what stands behind the name goes into the tag CO
(free-text comment). What is the same in all records of a file is kept once, in ``form``. Text that this does not hold
is refused, never changed. About 1 GB/s; no memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_record import int32_at, uint16_at

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

# What is the same in all records (form); -1 (0 for the separator) as long as no record has shown it.
SEPARATOR = 0  # between name and comment: blank or tab
REPEATED = 1  # whether the third line repeats the first
RETURN = 2  # whether lines end with a carriage return and a line feed
TILDE = 3  # what ~ in a comment of a record stands for: 1 for itself, 2 for a tab, which tags do not hold; 0 not known
FORM = 4

# Where the kernels stand (state).
PLACE = 0  # the next byte to read
ROOM = 1  # the next byte to write
RECORDS = 2  # records done
STATE = 3

# Why they stopped.
NEED_MORE = 0  # at a record that the data does not hold whole
FULL = 1  # the room for results is full
NO_RECORD = 2  # at text that is no record of four lines
BAD_NAME = 3  # at a name that BAM does not hold
BAD_COMMENT = 4  # at a comment with other characters than printable ones of ASCII
BAD_BASES = 5  # at bases that BAM does not hold as they are: lower case, U, gaps
BAD_QUALITIES = 6  # at other characters than ! to ~, or another number of them than bases
OTHER_FORM = 7  # at a record that differs in form from those before

_FIXED = 36
_BIN = 4680  # of a record without place: reg2bin(-1, 0)
_UNMAPPED = 4
_LONGEST_NAME = 254
_LINE_FEED, _RETURN, _BLANK, _TAB, _AT, _PLUS, _TILDE = 10, 13, 32, 9, 64, 43, 126
_C, _O, _Z = 67, 79, 90


def code_table() -> Bytes:
    """uint8[256]: the code of each base letter that BAM holds (SAM specification 4.2.3); 255 for all else, and for
    ``=``, which speaks of a reference."""
    table = np.full(256, 255, np.uint8)
    for code, letter in enumerate(b"=ACMGRSVTWYHKDBN"):
        if code:
            table[letter] = code
    return table


def letter_table() -> Bytes:
    """uint8[16]: the letter of each code; 0 for that of ``=``."""
    return np.frombuffer(b"\0ACMGRSVTWYHKDBN", np.uint8).copy()


@kernel
def _line_end(text: Bytes, place: int, end: int) -> int:
    """Place of the next line feed; -1 where the data holds none."""
    while place < end:
        if text[place] == _LINE_FEED:
            return place
        place += 1
    return -1


@kernel
def _put32(out: Bytes, place: int, value: int) -> None:
    out[place] = value & 255
    out[place + 1] = (value >> 8) & 255
    out[place + 2] = (value >> 16) & 255
    out[place + 3] = (value >> 24) & 255


@kernel
def _settle(form: Ints, which: int, unknown: int, value: int) -> bool:
    """Whether ``value`` is that of all records before; of the first one it is kept."""
    if form[which] == unknown:
        form[which] = value
    return bool(form[which] == value)


@kernel
def _put_record(
    text: Bytes,
    name: int,
    name_end: int,
    head_end: int,
    bases: int,
    length: int,
    qualities: int,
    codes: Bytes,
    form: Ints,
    out: Bytes,
    room: int,
) -> int:
    """Write one record; the place behind it, or minus the reason why it cannot be one."""
    comment = head_end - name_end - 1
    size = _FIXED - 4 + name_end - name + 1 + ((length + 1) >> 1) + length
    if comment >= 0:
        size += 4 + comment
    _put32(out, room, size)
    _put32(out, room + 4, -1)
    _put32(out, room + 8, -1)
    out[room + 12] = name_end - name + 1
    out[room + 13] = 0
    out[room + 14] = _BIN & 255
    out[room + 15] = _BIN >> 8
    _put32(out, room + 16, _UNMAPPED << 16)
    _put32(out, room + 20, length)
    _put32(out, room + 24, -1)
    _put32(out, room + 28, -1)
    _put32(out, room + 32, 0)
    at = room + _FIXED
    for place in range(name, name_end):
        letter = text[place]
        if letter < 33 or letter > 126 or letter == _AT:
            return -BAD_NAME
        out[at] = letter
        at += 1
    out[at] = 0
    at += 1
    for place in range(0, length, 2):
        high = codes[text[bases + place]]
        low = codes[text[bases + place + 1]] if place + 1 < length else np.uint8(0)
        if high == 255 or low == 255:
            return -BAD_BASES
        out[at] = high << 4 | low
        at += 1
    for place in range(qualities, qualities + length):
        letter = text[place]
        if letter < 33 or letter > 126:
            return -BAD_QUALITIES
        out[at] = letter - 33
        at += 1
    if comment >= 0:
        out[at] = _C
        out[at + 1] = _O
        out[at + 2] = _Z
        at += 3
        for place in range(name_end + 1, head_end):
            letter = text[place]
            if (letter < 32 and letter != _TAB) or letter > 126:
                return -BAD_COMMENT
            if letter in (_TAB, _TILDE):
                if not _settle(form, TILDE, 0, 2 if letter == _TAB else 1):
                    return -BAD_COMMENT
                letter = np.uint8(_TILDE)
            out[at] = letter
            at += 1
        out[at] = 0
        at += 1
    return at


@entry("u1[::1], i8, u1[::1], i8[::1], u1[::1], i8[::1] -> i8")
def pack_records(text: Bytes, end: int, codes: Bytes, form: Ints, out: Bytes, state: Ints) -> int:
    """FASTQ text[state[PLACE]:end] to BAM records in ``out`` from state[ROOM] on, as far as both reach.

    Args:
        codes: :func:`code_table`.
        form: FORM numbers; filled by the first records, held against all others.
        state: STATE numbers; moved on by whole records.

    Returns:
        Why it stopped.
    """
    while True:
        start = state[PLACE]
        head_end = _line_end(text, start, end)
        if head_end < 0:
            return NEED_MORE
        bases = head_end + 1
        bases_end = _line_end(text, bases, end)
        if bases_end < 0:
            return NEED_MORE
        plus = bases_end + 1
        plus_end = _line_end(text, plus, end)
        if plus_end < 0:
            return NEED_MORE
        qualities = plus_end + 1
        following = _line_end(text, qualities, end)
        if following < 0:
            return NEED_MORE
        with_return = 1 if head_end > start and text[head_end - 1] == _RETURN else 0
        if not _settle(form, RETURN, -1, with_return):
            return OTHER_FORM
        if with_return:
            if bases_end == bases or plus_end == plus or following == qualities:
                return OTHER_FORM
            if text[bases_end - 1] != _RETURN or text[plus_end - 1] != _RETURN or text[following - 1] != _RETURN:
                return OTHER_FORM
        head_end -= with_return
        plus_end -= with_return
        length = bases_end - with_return - bases
        if head_end == start or text[start] != _AT or plus_end == plus or text[plus] != _PLUS:
            return NO_RECORD
        if following - with_return - qualities != length:
            return BAD_QUALITIES
        repeated = 0
        if plus_end - plus > 1:
            repeated = 1
            if plus_end - plus != head_end - start:
                return OTHER_FORM
            for place in range(1, head_end - start):
                if text[plus + place] != text[start + place]:
                    return OTHER_FORM
        if not _settle(form, REPEATED, -1, repeated):
            return OTHER_FORM
        name = start + 1
        name_end = name
        while name_end < head_end and text[name_end] != _BLANK and text[name_end] != _TAB:
            name_end += 1
        if name_end == name or name_end - name > _LONGEST_NAME:
            return BAD_NAME
        if name_end < head_end and not _settle(form, SEPARATOR, 0, int(np.int64(text[name_end]))):
            return OTHER_FORM
        if state[ROOM] + _FIXED + 8 + (head_end - start) + 2 * length > out.shape[0]:
            return FULL
        behind = _put_record(text, name, name_end, head_end, bases, length, qualities, codes, form, out, state[ROOM])
        if behind < 0:
            return -behind
        state[ROOM] = behind
        state[PLACE] = following + 1
        state[RECORDS] += 1


@kernel
def _put_line_end(out: Bytes, room: int, with_return: int) -> int:
    if with_return:
        out[room] = _RETURN
        room += 1
    out[room] = _LINE_FEED
    return room + 1


@kernel
def _copy(data: Bytes, start: int, end: int, out: Bytes, room: int) -> int:
    for place in range(start, end):
        out[room] = data[place]
        room += 1
    return room


@kernel
def _put_head(
    data: Bytes, name: int, name_end: int, comment: int, comment_end: int, form: Ints, out: Bytes, room: int
) -> int:
    """Name, and comment where there is one (``comment`` is not negative)."""
    room = _copy(data, name, name_end, out, room)
    if comment >= 0:
        out[room] = form[SEPARATOR]
        start = room + 1
        room = _copy(data, comment, comment_end, out, start)
        if form[TILDE] == 2:
            for place in range(start, room):
                if out[place] == _TILDE:
                    out[place] = _TAB
    return room


@entry("u1[::1], i8, u1[::1], i8[::1], u1[::1], i8[::1] -> i8")
def unpack_records(data: Bytes, end: int, letters: Bytes, form: Ints, out: Bytes, state: Ints) -> int:
    """BAM records data[state[PLACE]:end] to FASTQ text in ``out`` from state[ROOM] on: :func:`pack_records` undone.

    Args:
        letters: :func:`letter_table`.

    Returns:
        Why it stopped; NO_RECORD at anything that :func:`pack_records` does not write.
    """
    while True:
        start = state[PLACE]
        if start + 4 > end:
            return NEED_MORE
        size = int32_at(data, start)
        if size < 34 or size > 1 << 30:
            return NO_RECORD
        behind = start + 4 + size
        if behind > end:
            return NEED_MORE
        name = start + _FIXED
        name_end = name + np.int64(data[start + 12]) - 1
        length = int32_at(data, start + 20)
        flag = uint16_at(data, start + 18)
        if length < 0 or length > size or uint16_at(data, start + 16) or flag != _UNMAPPED or name_end <= name:
            return NO_RECORD
        packed = name_end + 1
        qualities = packed + ((length + 1) >> 1)
        tags = qualities + length
        if tags > behind or int32_at(data, start + 4) != -1:
            return NO_RECORD
        comment = -1
        if tags < behind:
            if behind - tags < 4 or data[behind - 1] != 0:
                return NO_RECORD
            if data[tags] != _C or data[tags + 1] != _O or data[tags + 2] != _Z:
                return NO_RECORD
            comment = tags + 3
        head = name_end - name + (behind - tags)
        if state[ROOM] + 2 * head + 2 * length + 16 > out.shape[0]:
            return FULL
        room = state[ROOM]
        out[room] = _AT
        room = _put_head(data, name, name_end, comment, behind - 1, form, out, room + 1)
        room = _put_line_end(out, room, form[RETURN])
        for place in range(length):
            code = data[packed + (place >> 1)]
            out[room] = letters[code & 15] if place & 1 else letters[code >> 4]
            room += 1
        room = _put_line_end(out, room, form[RETURN])
        out[room] = _PLUS
        room += 1
        if form[REPEATED] == 1:
            room = _put_head(data, name, name_end, comment, behind - 1, form, out, room)
        room = _put_line_end(out, room, form[RETURN])
        for place in range(qualities, tags):
            out[room] = (np.int64(data[place]) + 33) & 255
            room += 1
        state[ROOM] = _put_line_end(out, room, form[RETURN])
        state[PLACE] = behind
        state[RECORDS] += 1
