"""Cutting FASTQ text into reads: the four-line grammar, wrapped records, alphabets.

One pass over the text, 64 bytes at a time; a record with nothing odd in it is looked at once. No memory of its own.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.scan import find_byte, find_either, plain_end, quality_end

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

# What split_records says about where it stopped (state[STATUS]).
NEED_MORE = 0  # at a record that the text does not hold whole
FULL = 1  # the columns are full
BLANK = 2  # at an empty line where a record should begin
BROKEN = 3  # at a fault of the grammar: state[REASON], state[PLACE], state[PLACE_LINE]

# Faults of the grammar (state[REASON]).
NO_AT = 1
NO_PLUS = 2
CUT = 3
NUL_IN_NAME = 4
CARRIAGE_RETURNS = 5
TOO_LONG = 6
BLANK_INSIDE = 7

# Faults of a read that do not stop the reading: rows of `counts` and `places`.
EMPTY, UNEQUAL, BAD_BASE, BAD_QUALITY, LONG_NAME, WRAPPED = range(6)
FAULTS = 6
PLACES = 20  # places kept of each

# counts[FAULTS:]
CRLF_LINES, LOWER_BASES, AMBIGUOUS_BASES, BASES = FAULTS, FAULTS + 1, FAULTS + 2, FAULTS + 3
COUNTS = FAULTS + 4

# Columns of a read in `columns`.
NAME_START, NAME_END, SEQUENCE_START, QUALITY_START, LENGTH = range(5)
COLUMNS = 5

# state
POSITION, LINE, ROWS, STATUS, REASON, PLACE, PLACE_LINE = range(7)
FOUND = 7  # from here on: room for what _search finds
STATE = FOUND + 7

LONGEST_NAME = 256

ALLOWED, AMBIGUOUS, LOWER = 1, 2, 4


def base_table() -> Bytes:
    """256 entries: bit ALLOWED for IUPAC letters, ``.`` and ``-`` (case ignored), AMBIGUOUS for all but A C G T U,
    LOWER for lower case. Rule DSQC-D004 (ENA readtools: ACGTURYSWKMBDHVN.-)."""
    table = np.zeros(256, np.uint8)
    for letter in b"ACGTURYSWKMBDHVN.-":
        kind = ALLOWED if letter in b"ACGTU" else ALLOWED | AMBIGUOUS
        table[letter] = kind
        if letter >= 65:
            table[letter + 32] = kind | LOWER
    return table


@kernel
def _note(fault: int, row: int, place: int, detail: int, other: int, counts: Ints, places: Ints) -> None:
    """Count a fault of a read and keep its place while there is room."""
    kept = counts[fault]
    if kept < places.shape[1]:
        places[fault, kept, 0] = row
        places[fault, kept, 1] = place
        places[fault, kept, 2] = detail
        places[fault, kept, 3] = other
    counts[fault] += 1


@kernel
def _check_bases(data: Bytes, start: int, end: int, row: int, table: Bytes, counts: Ints, places: Ints) -> None:
    """Count kinds of bases of one read; note its first letter that is none."""
    counts[BASES] += end - start
    if plain_end(data, start, end) == end:
        return
    bad = -1
    lower = 0
    ambiguous = 0
    for index in range(start, end):
        kind = table[data[index]]
        if kind == 0 and bad < 0:
            bad = index
        ambiguous += (kind != ALLOWED) & (kind != ALLOWED | LOWER)
        lower += (kind & LOWER) != 0
    counts[LOWER_BASES] += lower
    counts[AMBIGUOUS_BASES] += ambiguous
    if bad >= 0:
        _note(BAD_BASE, row, bad, data[bad], 0, counts, places)


@kernel
def _line_end(data: Bytes, start: int, newline: int) -> int:
    """Where the line that begins at ``start`` ends without its carriage return."""
    if newline > start and data[newline - 1] == 13:
        return newline - 1
    return newline


@kernel
def _name_length(data: Bytes, start: int, end: int) -> int:
    """Length of a read's name: up to the first blank."""
    for index in range(start, end):
        if data[index] == 32 or data[index] == 9:
            return index - start
    return end - start


@kernel
def _broken(state: Ints, reason: int, place: int, line: int) -> None:
    state[STATUS] = BROKEN
    state[REASON] = reason
    state[PLACE] = place
    state[PLACE_LINE] = line


@kernel
def _is_sequence_line(data: Bytes, start: int, end: int, table: Bytes) -> bool:
    for index in range(start, end):
        if table[data[index]] == 0:
            return False
    return end > start


@kernel
def _join(data: Bytes, start: int, end: int) -> int:
    """Join the lines of data[start:end] in place; the length without line ends."""
    target = start
    for index in range(start, end):
        letter = data[index]
        if letter == 10 or (letter == 13 and index + 1 < end and data[index + 1] == 10):
            continue
        data[target] = letter
        target += 1
    return target - start


@kernel
def _wrapped(data: Bytes, start: int, end: int, final: bool, table: Bytes, found: Ints, state: Ints) -> int:
    """Follow, and join in place, a record whose sequence (from ``start``) or quality spans several lines.

    Lines of sequence go on to the line that begins with ``+``; lines of quality until they are as many as the bases.
    ``found``, and what is returned, as in :func:`_search`.
    """
    position = start
    bases = 0
    lines = 1
    with_return = 0
    newline = find_byte(data, position, end, 10)
    while newline >= 0 and (lines == 1 or data[position] != 43):
        stop = _line_end(data, position, newline)
        if not _is_sequence_line(data, position, stop, table) and (lines > 1 or stop == position):
            _broken(state, NO_PLUS, position, state[LINE] + 1 + lines)
            return -1
        bases += stop - position
        with_return += newline - stop
        lines += 1
        position = newline + 1
        newline = find_byte(data, position, end, 10)
    if newline < 0:
        return 0
    plus = position
    with_return += newline - _line_end(data, position, newline)
    lines += 1
    quality = newline + 1
    if quality >= end:
        return 0
    position = quality
    qualities = 0
    while qualities < bases and not (final and position >= end):
        newline = find_byte(data, position, end, 10)
        if newline < 0:
            return 0
        stop = _line_end(data, position, newline)
        qualities += stop - position
        with_return += newline - stop
        lines += 1
        position = newline + 1
    found[0] = _join(data, start, plus)
    found[1] = quality
    found[2] = _join(data, quality, position)
    found[3] = position
    found[4] = lines
    found[5] = with_return
    found[6] = 1
    return 1


@kernel
def _plain_record(data: Bytes, sequence: int, end: int, found: Ints) -> bool:
    """Whether four lines follow each other with nothing odd inside: bases A, C, G, T, as many qualities, LF.

    One look at every byte; ``found`` then receives the number of bases and the start of the qualities.
    """
    newline = plain_end(data, sequence, end)
    length = newline - sequence
    if length == 0 or newline + 3 + length >= end or data[newline] != 10 or data[newline + 1] != 43:
        return False
    plus_newline = newline + 2
    if data[plus_newline] != 10:  # the name again
        plus_newline = find_byte(data, plus_newline, end, 10)
        if plus_newline < 0 or data[plus_newline - 1] == 13:
            return False
    after = plus_newline + 1 + length
    if after >= end or data[after] != 10 or quality_end(data, plus_newline + 1, after) < after:
        return False
    found[0] = length
    found[1] = plus_newline + 1
    return True


@kernel
def _search(data: Bytes, sequence: int, end: int, final: bool, table: Bytes, found: Ints, state: Ints) -> int:
    """Find the parts of a record by its line ends.

    ``found`` receives: bases, start of the qualities, qualities, end of the record, its lines, those that end in CR LF
    (the name line not counted), whether it is wrapped. A wrapped record is joined in place.

    Returns:
        1 when the record is whole, 0 when the text does not hold it, -1 when the grammar is broken (``state`` says
        where).
    """
    newline = find_byte(data, sequence, end, 10)
    plus = newline + 1
    if newline < 0 or plus >= end:
        return 0
    if data[plus] != 43:
        return _wrapped(data, sequence, end, final, table, found, state)
    plus_newline = find_byte(data, plus, end, 10)
    quality = plus_newline + 1
    if plus_newline < 0 or quality >= end:
        return 0
    last = find_byte(data, quality, end, 10)
    if last < 0:
        return 0
    stop = _line_end(data, sequence, newline)
    quality_stop = _line_end(data, quality, last)
    after = last + 1
    bases = stop - sequence
    qualities = quality_stop - quality
    if 0 < qualities < bases:
        if after >= end and not final:
            return 0
        if after < end and data[after] != 64 and data[after] != 10 and data[after] != 13:
            return _wrapped(data, sequence, end, final, table, found, state)
    found[0] = bases
    found[1] = quality
    found[2] = qualities
    found[3] = after
    found[4] = 4
    found[5] = newline - stop + last - quality_stop + plus_newline - _line_end(data, plus, plus_newline)
    found[6] = 0
    return 1


@kernel
def _check_read(
    data: Bytes, row: int, record: int, name_stop: int, table: Bytes, columns: Ints, counts: Ints, places: Ints
) -> None:
    """Alphabets and lengths of the read in ``row``, whose record begins at ``record``."""
    sequence = columns[SEQUENCE_START, row]
    quality = columns[QUALITY_START, row]
    length = columns[LENGTH, row]
    if name_stop - record > LONGEST_NAME:
        size = _name_length(data, record + 1, name_stop)
        if size > LONGEST_NAME:
            _note(LONG_NAME, row, record, size, 0, counts, places)
    _check_bases(data, sequence, sequence + length, row, table, counts, places)
    bad = quality_end(data, quality, quality + length)
    if bad < quality + length:
        _note(BAD_QUALITY, row, bad, data[bad], 0, counts, places)


@kernel
def _name_line(data: Bytes, position: int, end: int, final: bool, state: Ints) -> int:
    """Where the name line that begins at ``position`` ends; -1 where it does not, and ``state`` may say why."""
    first = data[position]
    if first != 64:
        if first == 13 and position + 1 >= end and not final:
            return -1
        if first == 10 or (first == 13 and position + 1 < end and data[position + 1] == 10):
            state[STATUS] = BLANK
        else:
            _broken(state, NO_AT, position, state[LINE] + 1)
        return -1
    newline = find_either(data, position, end, 10, 0)
    if newline >= 0 and data[newline] == 0:
        _broken(state, NUL_IN_NAME, newline, state[LINE] + 1)
        return -1
    return newline


@entry("u1[::1], i8, b1, u1[::1], i8[:, ::1], i8[::1], i8[:, :, ::1], i8[::1]")
def split_records(
    data: Bytes, end: int, final: bool, table: Bytes, columns: Ints, counts: Ints, places: Ints, state: Ints
) -> None:
    """Cut data[state[POSITION]:end] into reads until the text, or the room for reads, ends.

    Args:
        data: FASTQ text; wrapped records are joined in place. ``end`` is at most its length.
        final: nothing follows the text, and it ends with a line end.
        table: :func:`base_table`.
        columns: COLUMNS x rows; receives the reads, state[ROWS] of them; where bases and qualities differ in number,
            as many as there are of both.
        counts: COUNTS; set to zero and filled.
        places: FAULTS x PLACES x 4; row, byte and two details of the first faults of each kind.
        state: STATE; POSITION and LINE (lines before it) go on from call to call.
    """
    counts[:] = 0
    state[STATUS] = NEED_MORE
    found = state[FOUND:]
    position = state[POSITION]
    row = 0
    while position < end:
        if row == columns.shape[1]:
            state[STATUS] = FULL
            break
        name_newline = _name_line(data, position, end, final, state)
        if name_newline < 0:
            break
        sequence = name_newline + 1
        name_stop = _line_end(data, position, name_newline)
        columns[NAME_START, row] = position + 1
        columns[NAME_END, row] = name_stop
        columns[SEQUENCE_START, row] = sequence
        if name_stop - position <= LONGEST_NAME and _plain_record(data, sequence, end, found):
            columns[QUALITY_START, row] = found[1]
            columns[LENGTH, row] = found[0]
            counts[BASES] += found[0]
            counts[CRLF_LINES] += name_newline - name_stop
            state[LINE] += 4
            position = found[1] + found[0] + 1
            row += 1
            continue
        if _search(data, sequence, end, final, table, found, state) <= 0:
            break
        columns[QUALITY_START, row] = found[1]
        columns[LENGTH, row] = min(found[0], found[2])
        counts[CRLF_LINES] += name_newline - name_stop + found[5]
        if found[6]:
            _note(WRAPPED, row, position, 0, 0, counts, places)
        if found[0] == 0:
            _note(EMPTY, row, position, 0, 0, counts, places)
        if found[0] != found[2]:
            _note(UNEQUAL, row, position, found[0], found[2], counts, places)
        _check_read(data, row, position, name_stop, table, columns, counts, places)
        state[LINE] += found[4]
        position = found[3]
        row += 1
    state[POSITION] = position
    state[ROWS] = row
