"""Sums of hashes over the reads of a file, and what they say in the end.

A read is its bases and its qualities. Bases count in upper case, U as T (alignments cannot hold U), ``.`` and ``-`` as
N, other letters as they are; qualities count as scores, the offset of their characters taken off. A read without
qualities, or without bases, is marked as such. Each read gives a hash of 128 bits (``dsqc.kernels.fingerprint``), and
the fingerprint is the sum of the hashes modulo 2**128: it depends on which reads there are and how often each, and on
nothing else, and sums of parts of a file, of two mate files or of a whole run add up to that of all together.

Two different sets of reads have the same fingerprint with a chance of about one in 2**128. That holds for what happens
by itself; the hash is not cryptographic, so a set can be made to have a given fingerprint by who wants to.
"""

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.kernels import fingerprint as k

_MODULUS = 1 << 128


@dataclass(frozen=True, slots=True)
class Identity:
    """A finished fingerprint; the sum of two is that of their reads together.

    Attributes:
        reads: sum over bases and qualities.
        sequences: sum over bases alone.
        read_count: number of reads.
    """

    reads: int = 0
    sequences: int = 0
    read_count: int = 0

    def __add__(self, other: "Identity") -> "Identity":
        return Identity(
            (self.reads + other.reads) % _MODULUS,
            (self.sequences + other.sequences) % _MODULUS,
            self.read_count + other.read_count,
        )

    def to_dict(self) -> dict[str, str | int]:
        """The shape in ``<stem>.dsqc.json``: each sum as 32 hexadecimal digits."""
        return {
            "reads": f"{self.reads:032x}",
            "sequences": f"{self.sequences:032x}",
            "read_count": self.read_count,
        }


class Fingerprint:
    """Adds up the reads of one data file, batch by batch; parts merge in any order.

    The offset of the qualities is known only at the end. Until a character below ``;`` proves it to be 33, the sum is
    kept for 33 and for 64.
    """

    def __init__(self) -> None:
        self._sums = np.zeros((k.SUMS, 2), np.uint64)
        self._characters = np.zeros(256, np.int64)
        self._decided = False
        self._read_count = 0

    def add(self, batch: ReadBatch) -> None:
        """Add reads as the instrument gave them: of alignments the primary records, reverse ones turned back.

        The batch must be proven to lie inside its buffer (``dsqc.metrics.batch.check_batch``).
        """
        self._read_count += len(batch)
        self._decided = k.add_reads(
            batch.data,
            np.ascontiguousarray(batch.sequence_start),
            np.ascontiguousarray(batch.quality_start),
            np.ascontiguousarray(batch.length),
            self._decided,
            self._characters,
            self._sums,
        )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` added."""
        rows = [_number(mine) + _number(others) for mine, others in zip(self._sums, other._sums, strict=True)]
        self._sums[:] = [_words(row % _MODULUS) for row in rows]
        self._characters += other._characters
        self._decided = self._decided or other._decided
        self._read_count += other._read_count

    @property
    def decided(self) -> bool:
        """Whether a quality was seen that only the offset 33 has."""
        return self._decided

    @property
    def characters(self) -> NDArray[np.int64]:
        """int64[256]: occurrences of each quality character, as long as ``decided`` was false: what the choice between
        the offsets rests on."""
        return self._characters

    def identity(self, offset: int | None) -> Identity:
        """What the reads added so far amount to.

        Args:
            offset: of the qualities, 33 or 64; None where there are none.
        """
        row = k.READS_64 if offset == 64 and not self._decided else k.READS_33
        return Identity(_number(self._sums[row]), _number(self._sums[k.SEQUENCES]), self._read_count)

    def result(self, offset: int | None) -> dict[str, str | int]:
        """As :meth:`identity`, as plain data: ``{"reads": 32 digits, "sequences": 32 digits, "read_count": n}``."""
        return self.identity(offset).to_dict()


def total(parts: list[Identity]) -> Identity:
    """The fingerprint of all reads of ``parts`` together."""
    return reduce(add, parts, Identity())


def _number(words: NDArray[np.uint64]) -> int:
    low, high = (int(word) for word in words)
    return (high << 64) | low


def _words(number: int) -> tuple[int, int]:
    return number & ((1 << 64) - 1), number >> 64
