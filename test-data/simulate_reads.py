"""Simulated reads for the sample batch: seeded, so that the same seed gives the same reads.

The genomes are random sequences with the organism's GC content; names, read lengths, quality profiles and errors
follow the instruments that they imitate. Nobody's data is in them.
"""

import gzip
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
COMPLEMENT = bytes.maketrans(b"ACGTN", b"TGCAN")
ADAPTERS = (b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")
"""Illumina TruSeq adapters, as they follow a fragment that is shorter than the read."""


@dataclass(frozen=True, slots=True)
class Read:
    """One read: the whole name line without ``@``, letters, and Phred scores."""

    name: str
    sequence: bytes
    phred: NDArray[np.uint8]

    def fastq(self) -> bytes:
        """Four lines, offset 33."""
        return b"@%s\n%s\n+\n%s\n" % (self.name.encode(), self.sequence, (self.phred + 33).astype(np.uint8).tobytes())


def genome(rng: np.random.Generator, length: int, gc: float) -> bytes:
    """A random sequence of ``length`` bases with a share ``gc`` of G and C."""
    at = (1 - gc) / 2
    return BASES[rng.choice(4, size=length, p=[at, gc / 2, gc / 2, at])].tobytes()


def reverse_complement(sequence: bytes) -> bytes:
    """The other strand, read from its own end."""
    return sequence.translate(COMPLEMENT)[::-1]


def with_errors(rng: np.random.Generator, sequence: bytes, phred: NDArray[np.uint8]) -> bytes:
    """Substitute bases with the probability that their quality states; a base of Phred 2 becomes N."""
    letters = np.frombuffer(sequence, dtype=np.uint8).copy()
    wrong = rng.random(len(letters)) < 10.0 ** (-phred.astype(float) / 10)
    letters[wrong] = BASES[rng.integers(0, 4, int(wrong.sum()))]
    letters[phred <= 2] = ord("N")
    return letters.tobytes()


def binned_qualities(
    rng: np.random.Generator, length: int, start: float = 0.97, end: float = 0.88
) -> NDArray[np.uint8]:
    """NovaSeq: four levels (2, 12, 23, 37); the share of 37 falls from ``start`` to ``end`` along the read."""
    best = np.linspace(start, end, length)
    draw = rng.random(length)
    phred = np.where(draw < best, 37, np.where(draw < best + (1 - best) * 0.7, 23, 12)).astype(np.uint8)
    phred[rng.random(length) < 0.0005] = 2
    return phred


def graded_qualities(rng: np.random.Generator, length: int, start: float = 38, end: float = 30) -> NDArray[np.uint8]:
    """HiSeq and MiSeq: about forty levels; the mean falls from ``start`` to ``end`` along the read."""
    centre = np.linspace(start, end, length) + rng.normal(0, 1.5)
    return np.clip(np.rint(centre + rng.normal(0, 3, length)), 3, 41).astype(np.uint8)


def illumina_pairs(  # one argument a property of the library
    rng: np.random.Generator,
    source: bytes,
    pairs: int,
    length: int,
    insert: tuple[float, float],
    machine: str,
    index: str,
    qualities: Callable[[np.random.Generator, int], NDArray[np.uint8]],
    windows: Sequence[tuple[int, int]] = (),
) -> Iterator[tuple[Read, Read]]:
    """Pairs with Casava 1.8 names.

    Args:
        rng: the seeded generator.
        source: the sequence that fragments come from.
        pairs: how many.
        length: bases of each read.
        insert: mean and standard deviation of the fragment length.
        machine: ``instrument:run:flowcell``.
        index: the index reads as the name line shows them.
        qualities: gives the Phred scores of one read.
        windows: (start, end) of amplicons; random fragments where empty.
    """
    for number in range(pairs):
        if windows:
            start, end = windows[int(rng.integers(len(windows)))]
        else:
            size = max(length // 2, int(rng.normal(*insert)))
            start = int(rng.integers(0, len(source) - size))
            end = start + size
        fragment = source[start:end]
        if rng.random() < 0.5:
            fragment = reverse_complement(fragment)
        tile, x, y = 1101 + number // 400, 1000 + int(rng.integers(30000)), 1000 + number * 7
        place = f"{machine}:1:{tile}:{x}:{y}"
        mates = []
        for mate, strand in enumerate((fragment, reverse_complement(fragment)), start=1):
            letters = (strand + ADAPTERS[mate - 1] + b"G" * length)[:length]
            phred = qualities(rng, length)
            mates.append(Read(f"{place} {mate}:N:0:{index}", with_errors(rng, letters, phred), phred))
        yield mates[0], mates[1]


def nanopore_reads(
    rng: np.random.Generator, source: bytes, reads: int, mean_length: int, phred: float
) -> Iterator[Read]:
    """Long reads with MinKNOW names; lengths are log-normal, the mean quality differs from read to read."""
    run_id = rng.bytes(20).hex()
    for number in range(reads):
        length = int(np.clip(rng.lognormal(np.log(mean_length), 0.5), 200, len(source) - 1))
        start = int(rng.integers(0, len(source) - length))
        strand = source[start : start + length]
        strand = reverse_complement(strand) if rng.random() < 0.5 else strand
        centre = rng.normal(phred, 1.5)
        scores = np.clip(np.rint(rng.normal(centre, 5, length)), 3, 50).astype(np.uint8)
        name = (
            f"{uuid.UUID(bytes=rng.bytes(16), version=4)} runid={run_id} read={number + 1} "
            f"ch={int(rng.integers(1, 513))} start_time=2025-04-17T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:"
            f"{number % 60:02d}Z flow_cell_id=FAW12345 protocol_group_id=KB01 sample_id=KB01 barcode=barcode01"
        )
        yield Read(name, with_errors(rng, strand, scores), scores)


def hifi_reads(rng: np.random.Generator, source: bytes, reads: int, mean_length: int) -> Iterator[Read]:
    """PacBio HiFi reads: ``movie/zmw/ccs`` names, mostly Phred 40 to 93."""
    for _ in range(reads):
        length = int(np.clip(rng.normal(mean_length, mean_length / 6), 500, len(source) - 1))
        start = int(rng.integers(0, len(source) - length))
        scores = np.where(rng.random(length) < 0.9, 93, rng.integers(20, 60, length)).astype(np.uint8)
        zmw = int(rng.integers(1, 180_000_000))
        name = f"m84093_250311_021507_s2/{zmw}/ccs"
        yield Read(name, with_errors(rng, source[start : start + length], scores), scores)


def write_gzip(path: Path, reads: Iterable[Read]) -> None:
    """One gzip member, without a time stamp."""
    text = b"".join(read.fastq() for read in reads)
    path.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))


def write_bgzf(path: Path, reads: Iterable[Read]) -> None:
    """BGZF, as `bgzip` and current sequencers' software write it."""
    with pysam.BGZFile(str(path), "w") as file:
        for read in reads:
            file.write(read.fastq())


def write_unaligned_bam(path: Path, reads: Iterable[Read], sample: str, platform: str) -> None:
    """An unaligned BAM with one read group."""
    header = {
        "HD": {"VN": "1.6", "SO": "unknown"},
        "RG": [{"ID": "rg1", "SM": sample, "PL": platform, "LB": f"{sample}_WGS_1"}],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in reads:
            record = pysam.AlignedSegment(file.header)
            record.query_name = read.name.split()[0]
            record.flag = 4
            record.query_sequence = read.sequence.decode()
            record.query_qualities = read.phred.tolist()
            record.set_tag("RG", "rg1")
            file.write(record)


def write_cram(path: Path, reference: bytes, reads: int, length: int, rng: np.random.Generator, sample: str) -> None:
    """A coordinate-sorted CRAM that carries its reference, so that it decodes without any other file."""
    fasta = path.with_suffix(".fa")
    fasta.write_bytes(b">chr1\n" + b"\n".join(reference[at : at + 60] for at in range(0, len(reference), 60)) + b"\n")
    pysam.faidx(str(fasta))
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": "chr1", "LN": len(reference)}],
        "RG": [{"ID": "rg1", "SM": sample, "PL": "ILLUMINA", "LB": f"{sample}_WGS_1"}],
    }
    options = [b"embed_ref=1", b"version=3.0"]
    with pysam.AlignmentFile(
        str(path), "wc", header=header, reference_filename=str(fasta), format_options=options
    ) as file:
        for number, start in enumerate(sorted(rng.integers(0, len(reference) - length, reads).tolist())):
            phred = graded_qualities(rng, length)
            record = pysam.AlignedSegment(file.header)
            record.query_name = f"A00412:88:HGJK7DSX3:2:{1101 + number // 500}:{1000 + number % 997}:{1000 + number}"
            record.flag = 16 if rng.random() < 0.5 else 0
            record.reference_id = 0
            record.reference_start = start
            record.mapping_quality = 60
            record.cigarstring = f"{length}M"
            record.query_sequence = with_errors(rng, reference[start : start + length], phred).decode()
            record.query_qualities = phred.tolist()
            record.set_tag("RG", "rg1")
            file.write(record)
    fasta.unlink()
    fasta.with_suffix(".fa.fai").unlink()
