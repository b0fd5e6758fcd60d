"""Where records lie and how: reads by reference, introns, and on which strand of a transcript."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.bam_record import REVERSE_FLAG, SECOND_FLAG, int32_at, tag_end

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

UNCOUNTED = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
"""Flags of records that are not counted: unmapped, secondary, failed, duplicate, supplementary."""
SURE = 20
"""Least mapping quality of a record that counts to its reference."""
SHORTEST_INTRON = 50
SKIPPED = 3  # N of a CIGAR

# counts
COUNTED, SPLICED, SENSE, ANTISENSE = range(4)
COUNTS = 4


@kernel
def _is_spliced(records: Bytes, at: int, operations: int) -> bool:
    for number in range(operations):
        word = int32_at(records, at + 4 * number)
        if word & 15 == SKIPPED and word >> 4 & 0xFFFFFFF >= SHORTEST_INTRON:
            return True
    return False


@kernel
def _transcript_strand(records: Bytes, at: int, end: int, reverse: bool) -> int:
    """1 where the transcript lies on the forward strand, -1 on the reverse, 0 where no tag says it.

    XS:A is of the reference (HISAT2, STAR, TopHat); ts:A of the read (minimap2).
    """
    while at >= 0 and at + 4 <= end:
        if records[at + 2] == 65 and records[at + 1] == 83 + 32 * (records[at] == 116):  # XS:A, ts:A
            sign = 1 if records[at + 3] == 43 else -1 if records[at + 3] == 45 else 0
            if records[at] == 88:
                return sign
            if records[at] == 116:
                return -sign if reverse else sign
        at = tag_end(records, at, end)
    return 0


@entry("u1[::1], i8[::1], i8[::1], i8[::1], i8[::1], i4[::1], u1[::1], i4[::1], i8[::1], i8[::1]")
def count_placements(
    records: Bytes,
    cigar_start: Ints,
    cigar_count: Ints,
    tags_start: Ints,
    record_end: Ints,
    flag: Numbers,
    mapping_quality: Bytes,
    reference: Numbers,
    by_reference: Ints,
    counts: Ints,
) -> None:
    """Count records. O(records + operations of their CIGARs + tags of those with an intron).

    Args:
        by_reference: int64[references]; reads of mapping quality SURE or more (or without one).
        counts: int64[COUNTS]: reads counted, with an intron, and of these on the strand of their transcript or
            against it, read 2 turned round.
    """
    for row in range(flag.shape[0]):
        if flag[row] & UNCOUNTED or reference[row] < 0 or reference[row] >= by_reference.shape[0]:
            continue
        counts[COUNTED] += 1
        if mapping_quality[row] >= SURE:
            by_reference[reference[row]] += 1
        start = cigar_start[row]
        end = record_end[row]
        if start < 0 or start + 4 * cigar_count[row] > end or not _is_spliced(records, start, cigar_count[row]):
            continue
        counts[SPLICED] += 1
        reverse = (flag[row] & REVERSE_FLAG) != 0
        strand = _transcript_strand(records, tags_start[row], end, reverse)
        same = (strand > 0) != reverse
        if strand != 0:
            if flag[row] & SECOND_FLAG and flag[row] & 1:
                same = not same
            counts[SENSE] += same
            counts[ANTISENSE] += not same
