"""Words of single reads among those of a set, and records copied without those that go."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry
from dsqc.kernels.sketch import CHUNK, SIZE, hash_any, limit_of

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


@entry("u1[::1], i8[::1], i8[::1], u1[::1], i8, u8[::1], i8[::1], i8, u8[::1], i8[::1], i8[::1]")
def count_known_words(
    data: Bytes,
    sequence_start: Ints,
    length: Ints,
    codes: Bytes,
    scale: int,
    known: Words,
    index: Ints,
    shift: int,
    found: Words,
    words: Ints,
    hits: Ints,
) -> None:
    """How many words of each read are in a set.

    Args:
        data: the batch's buffer; every read lies inside.
        codes: see :func:`dsqc.kernels.sketch.letter_codes`.
        scale: binary logarithm of the scale that the set is kept at; hashes above its limit are in no set.
        known: the set: hashes, ascending.
        index: where the hashes with each value of their upper bits begin in ``known``; one row more than values.
        shift: bits behind the upper ones.
        found: CHUNK words, to work in.
        words: one number, to which that of the words looked at is added.
        hits: a row a read, written to.
    """
    limit = limit_of(scale)
    for row in range(length.shape[0]):
        number = 0
        start = sequence_start[row]
        end = start + length[row]
        while end - start >= SIZE:
            stop = min(start + CHUNK + SIZE - 1, end)
            kept = hash_any(data, start, stop, limit, codes, found, words, 0)
            for place in range(kept):
                value = found[place]
                bucket = np.int64(value >> np.uint64(shift))
                for candidate in range(index[bucket], index[bucket + 1]):
                    if known[candidate] == value:
                        number += 1
                        break
            start = stop - SIZE + 1
        hits[row] = number


@entry("u1[::1], i8[::1], i8[::1], u1[::1] -> i8")
def gather(data: Bytes, start: Ints, end: Ints, out: Bytes) -> int:
    """Copy the spans data[start:end], one behind the other, to ``out``, which has room; returns the bytes written."""
    size = 0
    for row in range(start.shape[0]):
        for place in range(start[row], end[row]):
            out[size] = data[place]
            size += 1
    return size


@entry("u1[::1], i8[::1], i8[::1], i8[::1] -> i8")
def record_ends(data: Bytes, quality_start: Ints, length: Ints, end: Ints) -> int:
    """Where FASTQ records end, their line end included; the number of records that do not end so."""
    wrong = 0
    for row in range(length.shape[0]):
        place = quality_start[row] + length[row]
        if place < data.shape[0] and data[place] == 13:
            place += 1
        if place >= data.shape[0] or data[place] != 10:
            wrong += 1
        end[row] = place + 1
    return wrong
