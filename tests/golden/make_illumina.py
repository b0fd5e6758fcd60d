"""Makes ``fastqc/illumina.fastq.gz``: 10,000 reads with tiles, duplicates, adapters, enriched words and N.

``python tests/golden/make_illumina.py fastqc/illumina.fastq.gz``; then Debian's FastQC 0.11.9, with ``kmer ignore 0``
in its limits, makes ``illumina.fastqc-0.11.9.txt``. Ten reads in a row have one tile, length and quality string: FastQC
0.11.9 looks at every tenth read's tile, 0.12.1 at all of the first 10,000, and so both see the same means.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

READS = 10_000
TRUSEQ = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG"
NEXTERA = "CTGTCTCTTATACACATCTCCGAGCCCACGAGACTAAGGCGAATCTCGTATGCCGTCTTCTGCTTG"
SMALL_RNA = "TGGAATTCTCGGGTGCCAAGGAACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG"
MOTIF = "GATTACAGATCCA"


def main(path: Path) -> None:
    random = np.random.default_rng(20261122)
    genome = "".join(random.choice(list("ACGT"), size=12_000, p=[0.3, 0.2, 0.2, 0.3]))
    copied = [int(place) for place in random.integers(0, 11_800, size=150)]
    lines = []
    for block in range(READS // 10):
        size = int(random.choice([100, 100, 100, 110, 125]))
        tile = [1101, 1102, 1103, 2101, 2102, 2211][block * 6 // (READS // 10)]
        quality = qualities(random, size, tile)
        for number in range(10 * block, 10 * block + 10):
            sequence = read(random, genome, copied, size)
            name = f"@SIM:1:FCX:1:{tile}:{1_000 + number}:{2_000 + number * 7 % 9_999} 1:N:0:ATCACG"
            lines.append(f"{name}\n{sequence}\n+\n{quality}\n")
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write("".join(lines).encode())


def qualities(random: np.random.Generator, size: int, tile: int) -> str:
    """Four levels, falling towards the end; tile 2102 is bad from base 60 on."""
    bad = np.arange(size) / size * 0.3 + (0.5 if tile == 2102 else 0.0) * (np.arange(size) >= 60)
    return "".join(
        "#,:F"[0 if chance < share * 0.4 else 2 if chance < share else 3]
        for chance, share in zip(random.random(size), bad, strict=True)
    )


def read(random: np.random.Generator, genome: str, copied: list[int], size: int) -> str:
    """A read of the genome, of one of 150 places that were copied often, or of something technical."""
    kind = random.random()
    if kind < 0.012:
        return ("G" + TRUSEQ[1:] + "A" * size)[1 : size + 1]
    if kind < 0.02:
        return ("AAGCAGTGGTATCAACGCAGAGTACGGGG" + genome[:200])[:size]
    start = copied[int(random.integers(0, 150))] if kind < 0.3 else int(random.integers(0, 11_800))
    sequence = genome[start : start + size]
    if kind > 0.75:
        sequence = sequence[:20] + MOTIF + sequence[20 + len(MOTIF) :]
    if kind > 0.86:
        tail = NEXTERA if kind > 0.98 else SMALL_RNA if kind > 0.97 else TRUSEQ
        insert = int(random.integers(10, size))
        sequence = (sequence[:insert] + tail + "G" * size)[:size]
    if kind > 0.995:
        sequence = sequence[:4] + "N" + sequence[5:]
    return sequence


if __name__ == "__main__":
    main(Path(sys.argv[1]))
