"""What basecallers write beside a read: channel, start time, run; in FASTQ headers and in tags of BAM records.

FASTQ headers hold either ``ch=12 start_time=2023-11-23T10:23:09Z runid=...`` (Guppy, MinKNOW) or SAM tags between tabs,
``ch:i:12  st:Z:2023-11-23T10:23:09.015+00:00  RG:Z:...`` (Dorado).
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_record import value_size

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

NOTHING = -1
# Rows of `found`.
CHANNEL, SECONDS, RUN_START, RUN_END, PASSES, MODIFIED = range(6)
FIELDS = 6

CH_EQUALS = b"ch="
CH_TAG = b"ch:i:"
START_EQUALS = b"start_time="
START_TAG = b"st:Z:"
RUN_EQUALS = b"runid="
RUN_TAG = b"RG:Z:"
MODIFIED_TAG = b"MM:Z:"
KEYS = (CH_EQUALS, CH_TAG, START_EQUALS, START_TAG, RUN_EQUALS, RUN_TAG, MODIFIED_TAG)
LONGEST_KEY = 12


def key_table() -> Bytes:
    """uint8[keys, 12]: the keys of headers, filled up with zeros."""
    table = np.zeros((len(KEYS), LONGEST_KEY), dtype=np.uint8)
    for row, key in enumerate(KEYS):
        table[row, : len(key)] = list(key)
    return table


@kernel
def _number(data: Bytes, start: int, digits: int) -> int:
    """The number of ``digits`` digits at ``start``, or -1."""
    value = 0
    for i in range(start, start + digits):
        digit = int(data[i]) - 48
        if digit < 0 or digit > 9:
            return -1
        value = 10 * value + digit
    return value


@kernel
def _day(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar (Hinnant, days_from_civil)."""
    if month <= 2:
        year -= 1
        month += 12
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month - 3) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@kernel
def _zone(data: Bytes, start: int, end: int) -> int:
    """Seconds that a zone (``+09:00``, ``-0500``) is ahead of UTC; 0 for ``Z`` or none."""
    if end - start < 5 or (data[start] != 43 and data[start] != 45):
        return 0
    hours = _number(data, start + 1, 2)
    at = start + 4 if data[start + 3] == 58 else start + 3
    minutes = _number(data, at, 2) if at + 2 <= end else 0
    if hours < 0 or minutes < 0:
        return 0
    ahead = 3600 * hours + 60 * minutes
    return ahead if data[start] == 43 else -ahead


@kernel
def parse_time(data: Bytes, start: int, end: int) -> int:
    """Whole seconds since 1970 (UTC) of an ISO 8601 time ``2023-11-23T10:23:09.015+00:00``, or -1."""
    if end - start < 19 or data[start + 4] != 45 or data[start + 7] != 45:
        return NOTHING
    if data[start + 13] != 58 or data[start + 16] != 58:
        return NOTHING
    year = _number(data, start, 4)
    month = _number(data, start + 5, 2)
    day = _number(data, start + 8, 2)
    hour = _number(data, start + 11, 2)
    minute = _number(data, start + 14, 2)
    second = _number(data, start + 17, 2)
    if year < 1970 or month < 1 or month > 12 or day < 1 or day > 31 or hour < 0 or minute < 0 or second < 0:
        return NOTHING
    if hour > 23 or minute > 59 or second > 60:
        return NOTHING
    at = start + 19
    if at < end and data[at] == 46:
        at += 1
        while at < end and 48 <= data[at] <= 57:
            at += 1
    return _day(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - _zone(data, at, end)


@kernel
def _channel(data: Bytes, start: int, end: int) -> int:
    return _number(data, start, end - start) if 0 < end - start <= 9 else NOTHING


@kernel
def _note(data: Bytes, key: int, start: int, end: int, read: int, found: Ints) -> None:
    """Keep the value ``data[start:end]`` of ``KEYS[key]``."""
    if key < 2:
        found[CHANNEL, read] = _channel(data, start, end)
    elif key < 4:
        found[SECONDS, read] = parse_time(data, start, end)
    elif key < 6:
        found[RUN_START, read] = start
        found[RUN_END, read] = end
    else:
        found[MODIFIED, read] = 1


@entry("u1[::1], i8[::1], i8[::1], i8, u1[:, ::1], i8[:, ::1] -> i8")
def header_fields(data: Bytes, name_start: Ints, name_end: Ints, last: int, keys: Bytes, found: Ints) -> int:
    """Read the fields of the first ``last`` name lines. O(bytes of the names).

    Args:
        keys: :func:`key_table`.
        found: int64[FIELDS, at least last]; what a name line does not hold is set to -1.

    Returns:
        How many reads have a channel or a start time.
    """
    number = 0
    for read in range(last):
        found[:, read] = NOTHING
        end = name_end[read]
        at = name_start[read]
        while at < end:
            if data[at] != 32 and data[at] != 9:
                at += 1
                continue
            at += 1
            stop = at
            while stop < end and data[stop] != 32 and data[stop] != 9:
                stop += 1
            for key in range(keys.shape[0]):
                if at == stop or keys[key, 0] != data[at]:
                    continue
                i = 0
                while i < LONGEST_KEY and keys[key, i] != 0 and at + i < stop and keys[key, i] == data[at + i]:
                    i += 1
                if i == LONGEST_KEY or keys[key, i] == 0:
                    _note(data, key, at + i, stop, read, found)
                    break
            at = stop
        number += (found[CHANNEL, read] >= 0) | (found[SECONDS, read] >= 0)
    return number


@kernel
def _same(data: Bytes, one: int, one_end: int, other: int, other_end: int) -> bool:
    """Whether data[one:one_end] and data[other:other_end] are the same text."""
    if one_end - one != other_end - other:
        return False
    different = False
    for i in range(one_end - one):
        different |= data[one + i] != data[other + i]
    return not different


@entry("u1[::1], i8[:, ::1], i8[::1], i8, i8[:, ::1], i8[:, ::1], i8[::1]")
def count_activity(
    data: Bytes, found: Ints, length: Ints, first_minute: int, channels: Ints, minutes: Ints, runs: Ints
) -> None:
    """Count reads and bases by channel and by minute, and reads by run. O(reads + bytes of the runs' names).

    Args:
        data, found, length: the names or records, what they say, the bases of each read.
        first_minute: minutes since 1970 that the first column of ``minutes`` stands for.
        channels, minutes: int64[2, columns]; reads, and their bases. What lies outside is not counted.
        runs: receives, at each read whose run is not that of the read before, how many reads in a row have it; 0 at
            all others.
    """
    current = NOTHING
    for read in range(length.shape[0]):
        runs[read] = 0
        channel = found[CHANNEL, read]
        if 0 <= channel < channels.shape[1]:
            channels[0, channel] += 1
            channels[1, channel] += length[read]
        column = found[SECONDS, read] // 60 - first_minute
        if found[SECONDS, read] >= 0 and 0 <= column < minutes.shape[1]:
            minutes[0, column] += 1
            minutes[1, column] += length[read]
        start, end = found[RUN_START, read], found[RUN_END, read]
        if start < 0:
            continue
        if current < 0 or not _same(data, found[RUN_START, current], found[RUN_END, current], start, end):
            current = read
        runs[current] += 1


@kernel
def _whole(data: Bytes, kind: int, at: int) -> int:
    """A whole number of a tag, little endian; -1 where it is none, is negative, or does not fit 31 bits."""
    if kind in (65, 102):
        return NOTHING
    value = 0
    size = value_size(kind)
    for i in range(size):
        value |= int(data[at + i]) << (8 * i)
    return value if size and value < 1 << (8 * size - 1) else NOTHING


@kernel
def _tag_end(data: Bytes, kind: int, at: int, end: int) -> int:
    """Where the value at ``at`` of a tag of type ``kind`` ends, or -1 where it leaves the record."""
    size = value_size(kind)
    if kind in (90, 72):  # Z H
        while at < end and data[at] != 0:
            at += 1
        return at + 1 if at < end else NOTHING
    if kind == 66 and at + 5 <= end:  # B
        size = 5 + value_size(int(data[at])) * _count(data, at + 1)
    stop = at + size
    return stop if size > 0 and stop <= end else NOTHING


@kernel
def _count(data: Bytes, at: int) -> int:
    return int(data[at]) | int(data[at + 1]) << 8 | int(data[at + 2]) << 16 | int(data[at + 3]) << 24


@entry("u1[::1], i8[::1], i8[::1], i4[::1], i8, i8[:, ::1] -> i8")
def tag_fields(
    records: Bytes, tags_start: Ints, record_end: Ints, flag: NDArray[np.int32], left_out: int, found: Ints
) -> int:
    """As :func:`header_fields`, from the tags ``ch`` ``st`` ``RG`` ``np`` ``MM`` of BAM records. O(bytes of the tags).

    Args:
        records: BAM records; the tags of a record end at its end.
        left_out: records with any of these flags are passed over.
        found: int64[FIELDS, at least as many as records].
    """
    number = 0
    for read in range(tags_start.shape[0]):
        found[:, read] = NOTHING
        at = tags_start[read]
        end = record_end[read]
        if flag[read] & left_out:
            continue
        while at + 4 <= end:
            one = records[at]
            other = records[at + 1]
            kind = int(records[at + 2])
            stop = _tag_end(records, kind, at + 3, end)
            if stop < 0:
                break
            if one == 99 and other == 104:  # ch
                found[CHANNEL, read] = _whole(records, kind, at + 3)
            elif one == 115 and other == 116 and kind == 90:  # st
                found[SECONDS, read] = parse_time(records, at + 3, stop - 1)
            elif one == 82 and other == 71 and kind == 90:  # RG
                found[RUN_START, read] = at + 3
                found[RUN_END, read] = stop - 1
            elif one == 110 and other == 112:  # np
                found[PASSES, read] = _whole(records, kind, at + 3)
            elif one == 77 and other == 77:  # MM
                found[MODIFIED, read] = 1
            at = stop
        number += (found[CHANNEL, read] >= 0) | (found[SECONDS, read] >= 0)
    return number
