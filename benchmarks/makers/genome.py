"""A made-up genome, and reads taken out of it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from makers.rows import Bytes

LETTERS = np.frombuffer(b"ACGT", np.uint8)
SHARES = (0.3, 0.25, 0.2, 0.15, 0.1)
"""Of the chromosomes."""
BASES_PER_READ = 15
"""Genome length by the number of reads: few reads start at the same place by chance."""
LINE = 60

COMPLEMENT = np.zeros(256, np.uint8)
COMPLEMENT[list(b"ACGTN")] = list(b"TGCAN")


@dataclass(frozen=True, slots=True)
class Genome:
    """Chromosomes one behind the other.

    Attributes:
        both: uint8; the forward strand, then its reverse complement.
        length: of one strand.
        starts: int64; where each chromosome starts, and the length behind the last.
    """

    both: Bytes
    length: int
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, rng: np.random.Generator, reads: int) -> "Genome":
        """Bases with a GC content that drifts between 35 and 50 % along the genome."""
        length = max(200_000, BASES_PER_READ * reads)
        window = 2_000
        gc = rng.uniform(0.35, 0.50, -(-length // window)).astype(np.float32)
        draw = rng.integers(0, 65536, length, np.uint16)
        is_gc = draw < np.repeat((gc * 65536).astype(np.uint16), window)[:length]
        forward = np.where(is_gc, np.where(draw & 1, np.uint8(ord("G")), np.uint8(ord("C"))), 0).astype(np.uint8)
        forward += np.where(is_gc, 0, np.where(draw & 1, np.uint8(ord("A")), np.uint8(ord("T")))).astype(np.uint8)
        edges = np.rint(np.cumsum((0.0, *SHARES)) * length).astype(np.int64)
        edges[-1] = length
        return cls(np.concatenate([forward, COMPLEMENT[forward[::-1]]]), length, edges)

    @property
    def forward(self) -> Bytes:
        """The forward strand."""
        return self.both[: self.length]

    @property
    def names(self) -> list[str]:
        """Names of the chromosomes."""
        return [f"chr{number + 1}" for number in range(len(self.starts) - 1)]

    def pieces(self, starts: NDArray[np.int64], length: int) -> Bytes:
        """uint8[n, length]: what stands at ``starts`` of :attr:`both`."""
        windows = np.lib.stride_tricks.sliding_window_view(self.both, length)
        return windows[starts]

    def write_fasta(self, path: Path) -> list[str]:
        """Write the chromosomes; returns the MD5 of each, as @SQ M5 wants it."""
        digests = []
        with path.open("wb") as file:
            for name, low, high in zip(self.names, self.starts[:-1], self.starts[1:], strict=True):
                bases = self.forward[low:high]
                digests.append(hashlib.md5(bases.tobytes(), usedforsecurity=False).hexdigest())
                file.write(f">{name}\n".encode())
                whole = len(bases) // LINE * LINE
                lines = np.full((whole // LINE, LINE + 1), 10, np.uint8)
                lines[:, :LINE] = bases[:whole].reshape(-1, LINE)
                file.write(lines.tobytes())
                if whole < len(bases):
                    file.write(bases[whole:].tobytes() + b"\n")
        return digests


def substitute(rng: np.random.Generator, bases: Bytes, phred: Bytes) -> None:
    """Replace bases in place, each with the probability that its quality states (10 ^ -Q/10)."""
    limit = np.minimum(65535, 65536 * 10 ** (-np.arange(94) / 10)).astype(np.uint16)
    wrong = np.flatnonzero(rng.integers(0, 65536, bases.size, np.uint16) < limit[phred].ravel())
    bases.reshape(-1)[wrong] = LETTERS[rng.integers(0, 4, len(wrong))]
