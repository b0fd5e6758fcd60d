"""Seeded FASTQ for benchmarks: Illumina 2×150-like reads with four quality levels, gzip level 6.

Usage: python benchmarks/make_reads.py OUT.fastq.gz --megabytes 600 [--seed 1]
"""

import argparse
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

READ_LENGTH = 150
BLOCK_READS = 20_000
GENOME_LENGTH = 5_000_000
NAME = b"@A01234:55:HGXXXDSX5:1:1101:10000:10000 1:N:0:ACGTACGT+TTGGCCAA\n"
"""Every name has this width, so that a block of records is one rectangular array."""
RECORD_BYTES = len(NAME) + READ_LENGTH + 3 + READ_LENGTH + 1


def records(rng: np.random.Generator, genome: NDArray[np.uint8], first: int, count: int) -> bytes:
    """``count`` FASTQ records, numbered from ``first``: reads overlap, qualities fall along the read."""
    block = np.empty((count, RECORD_BYTES), dtype=np.uint8)
    block[:, : len(NAME)] = np.frombuffer(NAME, dtype=np.uint8)
    number = np.arange(first, first + count)
    for place, width, value in (
        (23, 4, 1101 + number // 90_000 % 8000),
        (28, 5, 10_000 + number * 7919 % 22_000),
        (34, 5, 10_000 + number % 90_000),
    ):
        for digit in range(width):
            block[:, place + digit] = ord("0") + value // 10 ** (width - 1 - digit) % 10
    at = len(NAME)
    starts = rng.integers(0, len(genome) - READ_LENGTH, count)
    block[:, at : at + READ_LENGTH] = genome[starts[:, None] + np.arange(READ_LENGTH)]
    at += READ_LENGTH
    block[:, at : at + 3] = np.frombuffer(b"\n+\n", dtype=np.uint8)
    at += 3
    best = np.linspace(0.97, 0.88, READ_LENGTH)
    draw = rng.random((count, READ_LENGTH), dtype=np.float32)
    phred = np.where(draw < best, 37, np.where(draw < best + (1 - best) * 0.7, 23, 12))
    block[:, at : at + READ_LENGTH] = phred + 33
    block[:, -1] = ord("\n")
    return block.tobytes()


def make(path: Path, megabytes: float, seed: int = 1) -> int:
    """Write a gzip FASTQ of about ``megabytes`` (10^6 bytes of text); returns the number of reads.

    The file is complete or absent; an existing one is kept.
    """
    reads = max(1, round(megabytes * 1e6 / RECORD_BYTES))
    if path.exists():
        return reads
    rng = np.random.default_rng(seed)
    genome = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, GENOME_LENGTH)]
    temporary = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    with temporary.open("wb") as file:
        for first in range(0, reads, BLOCK_READS):
            file.write(packer.compress(records(rng, genome, first, min(BLOCK_READS, reads - first))))
        file.write(packer.flush())
    temporary.rename(path)
    return reads


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--megabytes", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"{make(args.out, args.megabytes, args.seed)} reads in {args.out}")
