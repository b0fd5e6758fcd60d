"""Bases of alignments at chosen sites of the reference, by which individuals are told apart."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, kernel
from dsqc.kernels.alignment_coverage import LEFT_OUT
from dsqc.kernels.bam_record import FIRST_FLAG, MATE_UNMAPPED_FLAG, PAIRED_FLAG, int32_at

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]

LEAST_MAPPING_QUALITY = 20
LEAST_BASE_QUALITY = 15
NO_QUALITY = 255
"""Of a record without qualities, and a mapping quality that is not known: taken as good."""
BASES = 4
"""Columns of ``counts``: A, C, G, T."""


@kernel
def _first_site(places: Ints, begin: int, end: int, position: int) -> int:
    """The first of places[begin:end], which ascend, that is not before ``position``."""
    low, high = begin, end
    while low < high:
        middle = (low + high) >> 1
        if places[middle] < position:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _count(data: Bytes, packed: int, qualities: int, index: int, site: int, counts: Ints) -> None:
    """Count base ``index`` of a record at ``site``, where its quality is good enough and it is one of the four."""
    quality = int(np.int64(data[qualities + index]))
    if quality < LEAST_BASE_QUALITY:
        return
    pair = int(np.int64(data[packed + (index >> 1)]))
    code = pair & 15 if index & 1 else pair >> 4
    if code == 1:
        counts[site, 0] += 1
    elif code == 2:
        counts[site, 1] += 1
    elif code == 4:
        counts[site, 2] += 1
    elif code == 8:
        counts[site, 3] += 1


@entry(
    "u1[::1], i8[::1], i8[::1], i8[::1], i8[::1], i4[::1], i4[::1], i4[::1], u1[::1], i4[::1], i4[::1], "
    "i8[::1], i8[::1], i8[:, ::1]"
)
def count_sites(
    data: Bytes,
    cigar_start: Ints,
    cigar_count: Ints,
    tags_start: Ints,
    length: Ints,
    flags: Numbers,
    reference: Numbers,
    position: Numbers,
    mapping_quality: Bytes,
    mate_reference: Numbers,
    mate_position: Numbers,
    bounds: Ints,
    places: Ints,
    counts: Ints,
) -> None:
    """Count the bases of a batch of records at the sites.

    Primary records that are neither duplicates nor failed quality control, of a mapping quality of 20 or more, with
    bases of a quality of 15 or more. Where mates overlap, the one that begins later counts: a fragment is one witness.

    Args:
        data .. mate_position: as in ``AlignmentColumns`` and ``ReadBatch``.
        bounds: the sites of reference ``r`` are ``places[bounds[r]:bounds[r + 1]]``.
        places: positions of the sites from 0, ascending on each reference.
        counts: by site and base; is added to.
    """
    size = data.shape[0]
    for row in range(flags.shape[0]):
        sequence = int(np.int64(reference[row]))
        flag = int(np.int64(flags[row]))
        if flag & LEFT_OUT != 0 or not 0 <= sequence < bounds.shape[0] - 1:
            continue
        if int(np.int64(mapping_quality[row])) < LEAST_MAPPING_QUALITY:
            continue
        place = int(np.int64(position[row]))
        last = bounds[sequence + 1]
        site = _first_site(places, bounds[sequence], last, place)
        if site >= last:
            continue
        qualities = tags_start[row] - length[row]
        packed = qualities - ((length[row] + 1) >> 1)
        cigar, operations = cigar_start[row], cigar_count[row]
        if packed < 0 or tags_start[row] > size or cigar < 0 or operations < 0 or cigar + 4 * operations > size:
            continue
        until = np.int64(1) << 40
        if flag & (PAIRED_FLAG | MATE_UNMAPPED_FLAG) == PAIRED_FLAG and np.int64(mate_reference[row]) == sequence:
            mate = int(np.int64(mate_position[row]))
            if mate > place or (mate == place and flag & FIRST_FLAG != 0):
                until = np.int64(mate)
        index = 0
        for number in range(operations):
            if site >= last or places[site] >= until:
                break
            word = int32_at(data, cigar + 4 * number) & 0xFFFFFFFF
            operation = word & 15
            step = word >> 4
            if operation in (0, 7, 8):
                while site < last and places[site] < place + step and places[site] < until:
                    base = index + places[site] - place
                    if 0 <= base < length[row]:
                        _count(data, packed, qualities, base, site, counts)
                    site += 1
                index += step
                place += step
            elif operation in (2, 3):
                place += step
                while site < last and places[site] < place:
                    site += 1
            elif operation in (1, 4):
                index += step
