"""Genomes made in code, reads of them with errors, and the files that hold both."""

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
LETTERS = np.frombuffer(b"ACGT", dtype=np.uint8)
LENGTH = 150
_COMPLEMENT = np.zeros(256, dtype=np.uint8)
_COMPLEMENT[LETTERS] = LETTERS[::-1]


def genome(seed: int, size: int) -> Bytes:
    """Letters of a random genome."""
    return LETTERS[np.random.default_rng(seed).integers(0, 4, size)]


def reads_of(letters: Bytes, number: int, seed: int, *, errors: float = 0.0) -> Bytes:
    """uint8[number, LENGTH]: reads from anywhere in the genome, of both strands, a share of bases read wrong."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, len(letters) - LENGTH, number)
    reads = letters[start[:, None] + np.arange(LENGTH)]
    turned = rng.random(number) < 0.5
    reads[turned] = _COMPLEMENT[reads[turned]][:, ::-1]
    wrong = rng.random(reads.shape) < errors
    reads[wrong] = LETTERS[(np.searchsorted(LETTERS, reads[wrong]) + rng.integers(1, 4, int(wrong.sum()))) % 4]
    return reads


def mixture(parts: list[tuple[Bytes, int]], seed: int, *, errors: float = 0.0) -> Bytes:
    """Reads of several genomes, so many of each, shuffled."""
    made = [reads_of(letters, number, seed + place, errors=errors) for place, (letters, number) in enumerate(parts)]
    return np.concatenate(made)[np.random.default_rng(seed).permutation(sum(number for _, number in parts))]


def fasta(path: Path, letters: Bytes, title: str = "g1 Testia prima, complete genome") -> Path:
    """A FASTA file of one sequence."""
    path.write_text(f">{title}\n{letters.tobytes().decode()}\n")
    return path


def fastq_gz(path: Path, reads: Bytes, phred: int = 30) -> Path:
    """A gzip FASTQ whose bases all have one quality."""
    quality = bytes([33 + phred]) * reads.shape[1]
    rows = (b"@A0:1:F:1:1101:%d:1 1:N:0:A\n%b\n+\n%b\n" % (n, row.tobytes(), quality) for n, row in enumerate(reads))
    path.write_bytes(gzip.compress(b"".join(rows), 1))
    return path
