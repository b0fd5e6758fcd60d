"""Numbers of alignment records: by flag, insert sizes, mapping quality, and where the tags NM and MD stand.

One pass over the fields that :class:`dsqc.formats.batch.AlignmentColumns` gives; CIGAR and tags are followed only
where they count. No memory of its own. What counts where is samtools' choice (``samtools stats`` and ``flagstat``
1.16.1), found out by experiment and held by tests.
"""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_record import int32_at, tag_end, uint16_at
from dsqc.kernels.vectors import LANES, and64, load64, sum64, until64

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Ints2 = NDArray[np.int64]
Numbers = NDArray[np.int32]

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED, REVERSE, MATE_REVERSE, FIRST, LAST = (1 << bit for bit in range(8))
SECONDARY, QCFAIL, DUPLICATE, SUPPLEMENTARY = (1 << bit for bit in range(8, 12))
FLAGS = 1 << 12
"""SAM defines twelve flag bits."""

# Rows of `by_flag`.
RECORDS, WITH_BASES, BASES = range(3)

# Entries of `sums`. APART: paired and mapped primary records whose mate lies on another reference, by QCFAIL;
# APART_SURE: those of mapping quality 5 or more; APART_WITH_BASES: those with bases.
QUALITY, CIGAR_BASES, DIFFERENCES, MQ0, APART, APART_SURE, APART_WITH_BASES = 0, 1, 2, 3, 4, 6, 8
SUMS = 9

# Entries of `state`. The longest read counts its hard-clipped bases.
FIRST_REFERENCE, FIRST_POSITION, LAST_REFERENCE, LAST_POSITION, UNSORTED = range(5)
LONGEST, LONGEST_FIRST, LONGEST_LAST = range(5, 8)
STATE = 8

INWARD, OUTWARD, OTHER = range(3)
LARGEST_INSERT = 8000
"""Larger inserts count as this (``samtools stats -i``)."""

NO_TAG = -(1 << 40)


@entry("i8[::1], i8[::1], i8[::1], i8[::1], i8 -> i8")
def record_outside(record_start: Ints, record_end: Ints, tags_start: Ints, length: Ints, size: int) -> int:
    """The first row whose fields, bases, qualities or tags leave a buffer of ``size`` bytes; -1 where none does."""
    for row in range(length.shape[0]):
        start = record_start[row]
        tags = tags_start[row]
        end = record_end[row]
        bases = length[row]
        if start < 0 or bases < 0 or tags - bases - ((bases + 1) >> 1) < start or tags > end or end > size:
            return row
    return -1


@kernel
def _number_of_tag(data: Bytes, at: int) -> int:
    """Value of the tag at data[at] where its type is a whole number, else 0 (as htslib's bam_aux2i)."""
    kind = int(data[at + 2])
    if kind == 67:  # C
        return int(data[at + 3])
    if kind == 99:  # c
        value = int(data[at + 3])
        return value - ((value & 0x80) << 1)
    if kind == 83:  # S
        return uint16_at(data, at + 3)
    if kind == 115:  # s
        value = uint16_at(data, at + 3)
        return value - ((value & 0x8000) << 1)
    if kind == 105:  # i
        return int32_at(data, at + 3)
    if kind == 73:  # I
        return int32_at(data, at + 3) & 0xFFFFFFFF
    return 0


@kernel
def _find_tags(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Value of NM and place of the text of MD; NO_TAG where a tag is missing or the tags are broken."""
    differences = NO_TAG
    text = NO_TAG
    while at >= 0 and at + 4 <= end:
        tag = uint16_at(data, at)
        if tag == 0x444D and data[at + 2] == 90:  # MD:Z
            text = at + 3
            if differences != NO_TAG:
                break
        if tag == 0x4D4E and data[at + 2] == 67:  # NM:C, as bwa and others write it
            differences = int(np.int64(data[at + 3]))
            at += 4
        else:
            following = tag_end(data, at, end)
            if tag == 0x4D4E and following > 0:  # NM
                differences = _number_of_tag(data, at)
            at = following
        if NO_TAG not in (text, differences):
            break
    return differences, text


@kernel
def _count_insert(flag: int, after: int, size: int, same_reference: bool, inserts: Ints2) -> None:
    """Count the insert of a record whose mate is mapped ``after`` positions behind it, by the orientation that
    samtools stats gives it."""
    size = min(abs(size), inserts.shape[1] - 1)
    if size == 0 and not same_reference:
        return
    forward = flag & REVERSE == 0
    if forward == (flag & MATE_REVERSE == 0):
        inserts[OTHER, size] += 1
        return
    first = flag & FIRST != 0
    leading = after >= 0 if first else after <= 0
    inserts[INWARD if leading == (first == forward) else OUTWARD, size] += 1


@kernel
def _sum_bytes(data: Bytes, start: int, end: int) -> int:
    """Sum of data[start:end]; reads nothing outside."""
    total = 0
    if end - start < LANES:
        for index in range(start, end):
            total += int(np.int64(data[index]))
        return total
    while start + LANES <= end:
        total += sum64(load64(data, start))
        start += LANES
    last = load64(data, end - LANES)
    before = and64(last, until64(LANES - (end - start)))
    return int(total + sum64(last) - sum64(before))


@kernel
def _follow_cigar(data: Bytes, start: int, number: int) -> tuple[int, int]:
    """Bases in M, I, = and X of a CIGAR, and its hard-clipped bases."""
    bases = 0
    clipped = 0
    for index in range(number):
        word = int32_at(data, start + 4 * index) & 0xFFFFFFFF
        operation = word & 15
        if operation in (0, 1, 7, 8):
            bases += word >> 4
        elif operation == 5:
            clipped += word >> 4
    return bases, clipped


@kernel
def _note_order(reference: int, position: int, state: Ints) -> None:
    """Positions must not fall within a reference; its neighbours may stand in any order (samtools stats, is sorted)."""
    if state[LAST_POSITION] < 0:
        state[FIRST_REFERENCE] = reference
        state[FIRST_POSITION] = position
    elif state[LAST_REFERENCE] == reference and position < state[LAST_POSITION]:
        state[UNSORTED] = 1
    state[LAST_REFERENCE] = reference
    state[LAST_POSITION] = max(position, 0)


@kernel
def _count_apart(flag: int, apart: bool, mapping_quality: int, bases: int, sums: Ints) -> None:
    """Count a primary record of two mapped mates on different references (flagstat, and pairs of samtools stats)."""
    wanted = flag & (PAIRED | UNMAPPED | MATE_UNMAPPED | SECONDARY | SUPPLEMENTARY) == PAIRED
    if not wanted or not apart:
        return
    failed = int(flag & QCFAIL != 0)
    sums[APART + failed] += 1
    sums[APART_SURE + failed] += int(mapping_quality >= 5)
    sums[APART_WITH_BASES] += int(bases > 0)


@kernel
def _order(flag: int) -> int:
    """0 for the first fragment of a template (and of those that are not paired), 1 for the last, 2 for neither."""
    if flag & PAIRED == 0:
        return 0
    which = flag & (FIRST | LAST)
    if which == FIRST:
        return 0
    return 1 if which == LAST else 2


@kernel
def _note_length(order: int, length: int, state: Ints) -> None:
    state[LONGEST] = max(state[LONGEST], length)
    if order < 2:
        state[LONGEST_FIRST + order] = max(state[LONGEST_FIRST + order], length)


@entry(
    "u1[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i4[::1], i4[::1], i4[::1], i4[::1], i4[::1], i4[::1], "
    "u1[::1], i8[:, ::1], i8[::1], i8[:, ::1], i8[::1], i8[::1], i8[::1], i8[::1]"
)
def count_records(
    data: Bytes,
    cigar_start: Ints,
    cigar_count: Ints,
    tags_start: Ints,
    record_end: Ints,
    length: Ints,
    flags: Numbers,
    reference: Numbers,
    position: Numbers,
    mate_reference: Numbers,
    mate_position: Numbers,
    template_length: Numbers,
    mapping_quality: Bytes,
    by_flag: Ints2,
    sums: Ints,
    inserts: Ints2,
    by_mapping_quality: Ints,
    state: Ints,
    differences: Ints,
    difference_text: Ints,
) -> None:
    """Count the records of a batch, about 60 cycles a record and the bytes of its qualities and tags.

    Args:
        data .. mapping_quality: as in ``AlignmentColumns`` and ``ReadBatch``; proven by :func:`record_outside`.
        by_flag: 3 x FLAGS; RECORDS, those WITH_BASES and their BASES by flag value.
        sums: SUMS.
        inserts: 3 x (largest insert + 1); records by orientation and size, both mates of a pair.
        by_mapping_quality: 256; mapped primary records.
        state: STATE, begun with positions of -1; goes on from call to call.
        differences, difference_text: of length n; receive NM and where the text of MD begins, or NO_TAG. Only records
            that are mapped, not secondary, and have bases are asked.
    """
    for row in range(length.shape[0]):
        flag = int(np.int64(flags[row])) & (FLAGS - 1)
        bases = length[row]
        by_flag[RECORDS, flag] += 1
        differences[row] = NO_TAG
        difference_text[row] = NO_TAG
        apart = reference[row] != mate_reference[row]
        _count_apart(flag, apart, int(np.int64(mapping_quality[row])), bases, sums)
        mapped = flag & UNMAPPED == 0
        primary = flag & (SECONDARY | SUPPLEMENTARY) == 0
        if primary and mapped:
            by_mapping_quality[mapping_quality[row]] += 1
        if bases == 0:
            continue
        by_flag[WITH_BASES, flag] += 1
        by_flag[BASES, flag] += bases
        if flag & SECONDARY != 0:
            continue
        operations = cigar_count[row]
        if cigar_start[row] + 4 * operations > record_end[row]:
            operations = 0
        taken, clipped = _follow_cigar(data, cigar_start[row], operations)
        order = _order(flag)
        _note_length(order, bases + clipped, state)
        if primary and order < 2:
            sums[QUALITY] += _sum_bytes(data, tags_start[row] - bases, tags_start[row])
        if not mapped:
            continue
        sums[CIGAR_BASES] += taken
        if primary:
            sums[MQ0] += int(mapping_quality[row] == 0)
            if flag & (PAIRED | MATE_UNMAPPED) == PAIRED:
                after = int(np.int64(mate_position[row])) - int(np.int64(position[row]))
                _count_insert(flag, after, int(np.int64(template_length[row])), not apart, inserts)
        number, text = _find_tags(data, tags_start[row], record_end[row])
        differences[row] = number
        difference_text[row] = text
        if number != NO_TAG:
            sums[DIFFERENCES] += number
        _note_order(int(np.int64(reference[row])), int(np.int64(position[row])), state)
