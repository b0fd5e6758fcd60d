"""The sketch of reads: the lowest hashes of their words of 31 letters, and how often each occurs."""

import threading
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels import sketch as k
from dsqc.kernels._zeros import zeros


@dataclass(frozen=True, slots=True)
class ReadSketch:
    """What was kept of the reads that were looked at.

    Attributes:
        hashes: uint64, ascending; of the words whose hash is among the lowest 1 / ``scaled`` of all hashes.
        counts: int64; how often each word occurs.
        scaled: one word of so many is kept, a power of two.
        words: words that were hashed, repeated ones repeated.
        reads: reads that were looked at.
    """

    hashes: NDArray[np.uint64]
    counts: NDArray[np.int64]
    scaled: int
    words: int
    reads: int


def are_among(hashes: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of ``hashes`` (ascending, none twice) stand among ``others``, in any order.

    As ``numpy.isin``, which makes a table of ``others`` first: with those of a whole panel, ten times as slow.
    """
    found = np.zeros(len(hashes), dtype=np.bool_)
    place = np.searchsorted(hashes, others)
    inside = place < len(hashes)
    place, others = place[inside], others[inside]
    found[place[hashes[place] == others]] = True
    return found


_local = threading.local()


def _room() -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]]:
    """What kernels work in, once a thread: hashes found, and the words that a table keeps while it is made anew."""
    made: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64]] | None = getattr(_local, "room", None)
    if made is None:
        most = k.MOST + k.CHUNK
        made = (np.empty(k.CHUNK + k.BLOCK, np.uint64), np.empty(most, np.uint64), np.empty(most, np.int64))
        _local.room = made
    return made


class WordCounter:
    """Counts the words of reads, batch by batch, in bounded memory: 131,072 words at most, 8 MiB.

    The scale is the finest at which so many words hold everything, so what is kept depends on the reads alone, not on
    batches, threads or the order of merging.
    """

    def __init__(self, every: int = k.EVERY) -> None:
        self._every = every
        self._codes = k.letter_codes()
        self._state = np.zeros(4, dtype=np.int64)
        self._state[k.SCALE] = k.FINEST
        self._table: tuple[NDArray[np.uint64], NDArray[np.int64]] | None = None

    def _arrays(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The table, made when the first read comes."""
        if self._table is None:
            self._table = zeros(k.SLOTS, np.uint64), zeros(k.SLOTS, np.int64)
        return self._table

    def add(
        self,
        data: NDArray[np.uint8],
        sequence_start: NDArray[np.int64],
        length: NDArray[np.int64],
        before: int,
    ) -> None:
        """Add a batch of reads, proven to lie inside ``data``; ``before`` reads of the file stand in front of it."""
        if not len(length):
            return
        keys, counts = self._arrays()
        found, spare_keys, spare_counts = _room()
        starts, lengths = np.ascontiguousarray(sequence_start), np.ascontiguousarray(length)
        k.add_reads(
            data,
            starts,
            lengths,
            before,
            self._every,
            self._codes,
            keys,
            counts,
            self._state,
            found,
            spare_keys,
            spare_counts,
        )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        found = other.sketch()
        scale = int(other._state[k.SCALE])
        if len(found.hashes) or scale > self._state[k.SCALE]:
            keys, counts = self._arrays()
            _, spare_keys, spare_counts = _room()
            k.add_words(found.hashes, found.counts, scale, keys, counts, self._state, spare_keys, spare_counts)
        self._state[k.LOOKED_AT] += found.words
        self._state[k.READS] += found.reads

    def sketch(self) -> ReadSketch:
        """What was counted so far."""
        hashes, numbers = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
        if self._table is not None:
            keys, counts = self._table
            used = np.flatnonzero(counts)
            order = used[np.argsort(keys[used], kind="stable")]
            hashes, numbers = keys[order], counts[order]
        return ReadSketch(
            hashes,
            numbers,
            1 << int(self._state[k.SCALE]),
            int(self._state[k.LOOKED_AT]),
            int(self._state[k.READS]),
        )
