"""Alignments as records of BAM (SAM specification 4.2): coordinate-sorted pairs with mismatches, indels, clips,
duplicates and unmapped mates, and unaligned reads. CRAM is made of the sorted BAM by htslib."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from makers import qualities
from makers.genome import LETTERS, Genome
from makers.illumina import BLOCK, NAME, READ_LENGTH, Illumina, put_names
from makers.pack import packed
from makers.rows import Bytes, Rows

Integers = NDArray[np.int64]

PLAIN, CLIP_LEFT, CLIP_RIGHT, DELETION, INSERTION, NO_CIGAR = range(6)
SHAPES = (0.93, 0.02, 0.03, 0.01, 0.01)
CLIPPED, BEFORE_GAP, GAP = 30, 70, 2
MISMATCHES = (0.88, 0.09, 0.025, 0.005)
"""Share of the plain reads with 0, 1, 2, 3 of them."""
DUPLICATES, LOST_MATES, LOST_PAIRS = 0.05, 0.007, 0.005
MATCH, INSERT, DELETE, CLIP = 0, 1, 2, 4
CIGARS = {
    PLAIN: [(READ_LENGTH, MATCH)],
    CLIP_LEFT: [(CLIPPED, CLIP), (READ_LENGTH - CLIPPED, MATCH)],
    CLIP_RIGHT: [(READ_LENGTH - CLIPPED, MATCH), (CLIPPED, CLIP)],
    DELETION: [(BEFORE_GAP, MATCH), (GAP, DELETE), (READ_LENGTH - BEFORE_GAP, MATCH)],
    INSERTION: [(BEFORE_GAP, MATCH), (GAP, INSERT), (READ_LENGTH - BEFORE_GAP - GAP, MATCH)],
    NO_CIGAR: [],
}
SPANS = np.array([READ_LENGTH, READ_LENGTH - CLIPPED, READ_LENGTH - CLIPPED, READ_LENGTH + GAP, READ_LENGTH - GAP, 1])
"""Bases of the reference by shape."""

GROUP = "HGXXXDSX5.1"
PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED, REVERSE, MATE_REVERSE, FIRST, SECOND, DUPLICATE = (
    1, 2, 4, 8, 16, 32, 64, 128, 1024,
)  # fmt: skip

NAME_AT = 36
CIGAR_AT = NAME_AT + len(NAME) + 1
SEQUENCE_AT = CIGAR_AT + 12
QUALITY_AT = SEQUENCE_AT + (READ_LENGTH + 1) // 2
TAGS_AT = QUALITY_AT + READ_LENGTH
MD_WIDTH = 16
"""Bytes of the longest MD text made: 3 mismatches between 4 numbers."""
TAGS = b"NMC\0" + b"MDZ" + bytes(MD_WIDTH) + b"\0" + b"ASC\0" + b"XSC\0" + b"RGZ" + GROUP.encode() + b"\0"
NM_AT, MD_AT = TAGS_AT, TAGS_AT + 4
AS_AT = MD_AT + 3 + MD_WIDTH + 1
XS_AT, RG_AT = AS_AT + 4, AS_AT + 8

_NIBBLES = np.zeros(256, np.uint8)
_NIBBLES[list(b"ACGTN")] = (1, 2, 4, 8, 15)


@dataclass(frozen=True, slots=True)
class Placed:
    """All records of a file in the order of the file; int64[n] unless said.

    ``pair`` numbers the template, ``base`` is the unclipped start in the genome (-1: nowhere), ``contig`` and
    ``position`` are what stands in the record, ``mate_position`` and ``template`` likewise.
    """

    pair: Integers
    shape: Integers
    flag: Integers
    contig: Integers
    base: Integers
    position: Integers
    mate_position: Integers
    template: Integers
    quality: Integers

    def ordered(self, order: Integers) -> "Placed":
        """The records in another order."""
        return Placed(*(getattr(self, name)[order] for name in self.__slots__))


def place(rng: np.random.Generator, genome: Genome, records: int) -> Placed:
    """Draw the templates, and sort their records by coordinate."""
    pairs = records // 2
    contig = rng.choice(len(genome.starts) - 1, pairs, p=np.diff(genome.starts) / genome.length)
    insert = np.clip(np.rint(rng.normal(340, 60, pairs)), 190, 800).astype(np.int64)
    room = np.diff(genome.starts)[contig] - 1000
    left = genome.starts[contig] + 100 + (rng.random(pairs) * room).astype(np.int64)
    first_is_left = rng.random(pairs) < 0.5
    duplicate = rng.random(pairs) < DUPLICATES
    duplicate[0] = False
    for values in (contig, insert, left, first_is_left):
        values[duplicate] = values[np.flatnonzero(duplicate) - 1]
    quality = np.where(rng.random(pairs) < 0.9, 60, rng.integers(0, 60, pairs))
    lost_mate, lost_pair = rng.random(pairs) < LOST_MATES, rng.random(pairs) < LOST_PAIRS
    shape = rng.choice(len(SHAPES), (2, pairs), p=SHAPES)
    shape[1, lost_mate] = NO_CIGAR
    shape[:, lost_pair] = NO_CIGAR
    base = np.stack([left, left + insert - READ_LENGTH])
    position = base + np.where(shape == CLIP_LEFT, CLIPPED, 0) - genome.starts[contig]
    position[1, lost_mate] = position[0, lost_mate]
    span = (position + SPANS[shape]).max(axis=0) - position.min(axis=0)
    template = np.where(lost_mate | lost_pair, 0, np.stack([span, -span]))
    position[:, lost_pair] = -1
    contig[lost_pair] = -1
    flag = _flags(first_is_left, duplicate, lost_mate, lost_pair)
    number = np.arange(pairs)
    both = Placed(
        pair=np.concatenate([number, number]),
        shape=shape.ravel(),
        flag=flag.ravel(),
        contig=np.concatenate([contig, contig]),
        base=base.ravel(),
        position=position.ravel(),
        mate_position=position[::-1].ravel(),
        template=template.ravel(),
        quality=np.where(shape == NO_CIGAR, 0, quality).ravel(),
    )
    last = np.where(both.contig < 0, len(genome.starts), both.contig)
    return both.ordered(np.argsort(last * genome.length + both.position, kind="stable"))


def _flags(
    first_is_left: NDArray[np.bool_],
    duplicate: NDArray[np.bool_],
    lost_mate: NDArray[np.bool_],
    lost_pair: NDArray[np.bool_],
) -> Integers:
    """int64[2, pairs]: flags of the left and of the right read."""
    whole = ~(lost_mate | lost_pair)
    left = PAIRED + np.where(first_is_left, FIRST, SECOND)
    right = PAIRED + np.where(first_is_left, SECOND, FIRST)
    left, right = left + np.where(whole, PROPER + MATE_REVERSE, 0), right + np.where(whole, PROPER + REVERSE, 0)
    left += np.where(whole & duplicate, DUPLICATE, 0)
    right += np.where(whole & duplicate, DUPLICATE, 0)
    left += np.where(lost_pair, UNMAPPED, 0) + np.where(lost_mate | lost_pair, MATE_UNMAPPED, 0)
    right += np.where(lost_mate | lost_pair, UNMAPPED, 0) + np.where(lost_pair, MATE_UNMAPPED, 0)
    return np.stack([left, right])


def sorted_records(seed: int, genome: Genome, records: int) -> Iterator[bytes]:
    """The records of a coordinate-sorted BAM, block by block."""
    placed = place(np.random.default_rng([seed, 1]), genome, records)
    for first in range(0, len(placed.pair), BLOCK):
        rng = np.random.default_rng([seed, 2, first])
        part = placed.ordered(np.arange(first, min(first + BLOCK, len(placed.pair))))
        yield _block(rng, genome, part)


def _block(rng: np.random.Generator, genome: Genome, part: Placed) -> bytes:
    count = len(part.pair)
    phred = qualities.binned(rng, count, READ_LENGTH)
    turned = (part.flag & REVERSE) != 0
    phred[turned] = phred[turned, ::-1]
    bases = _bases(rng, genome, part)
    mismatches, places = _mismatches(rng, part)
    rows = _rows(part, phred)
    _put_cigars(rows, part)
    deleted = genome.pieces(np.maximum(part.base, 0) + BEFORE_GAP, GAP)
    _put_tags(rows, part, bases, deleted, (mismatches, places))
    for slot in range(places.shape[1]):
        chosen = np.flatnonzero(mismatches > slot)
        at = places[chosen, slot]
        bases[chosen, at] = LETTERS[(np.searchsorted(LETTERS, bases[chosen, at]) + 1 + slot) % 4]
        rows.block[chosen, QUALITY_AT + at] = qualities.LEVELS[1]
    _put_sequence(rows, bases)
    return _finished(rows)


def _bases(rng: np.random.Generator, genome: Genome, part: Placed) -> Bytes:
    """What the reads show, on the forward strand, before mismatches."""
    bases = genome.pieces(np.maximum(part.base, 0), READ_LENGTH)
    gapped = genome.pieces(np.maximum(part.base, 0), READ_LENGTH + GAP)
    rows = part.shape == DELETION
    bases[rows, BEFORE_GAP:] = gapped[rows, BEFORE_GAP + GAP :]
    rows = np.flatnonzero(part.shape == INSERTION)
    bases[rows, BEFORE_GAP + GAP :] = bases[rows, BEFORE_GAP:-GAP].copy()
    bases[rows, BEFORE_GAP : BEFORE_GAP + GAP] = LETTERS[rng.integers(0, 4, (len(rows), GAP))]
    for shape, clip in ((CLIP_LEFT, slice(0, CLIPPED)), (CLIP_RIGHT, slice(-CLIPPED, None))):
        rows = np.flatnonzero(part.shape == shape)
        bases[rows, clip] = LETTERS[rng.integers(0, 4, (len(rows), CLIPPED))]
    rows = np.flatnonzero(part.shape == NO_CIGAR)
    bases[rows] = LETTERS[rng.integers(0, 4, (len(rows), READ_LENGTH))]
    return bases


def _mismatches(rng: np.random.Generator, part: Placed) -> tuple[Integers, Integers]:
    """How many mismatches each read has, and int64[n, 3]: where, ascending and apart."""
    count = rng.choice(len(MISMATCHES), len(part.pair), p=MISMATCHES)
    count[part.shape != PLAIN] = 0
    most = len(MISMATCHES) - 1
    drawn = rng.integers(0, READ_LENGTH - most, (len(count), most))
    drawn[np.arange(most)[None, :] >= count[:, None]] = READ_LENGTH  # not used: behind those that are
    return count, np.minimum(np.sort(drawn, axis=1) + np.arange(most), READ_LENGTH - 1)


def _rows(part: Placed, phred: Bytes) -> Rows:
    rows = Rows.of(bytes(TAGS_AT) + TAGS, len(part.pair))
    unmapped = part.shape == NO_CIGAR
    end = part.position + SPANS[part.shape]
    rows.little_endian(4, part.contig, 4)
    rows.little_endian(8, part.position, 4)
    rows.little_endian(13, part.quality, 1)
    rows.little_endian(14, _bin(part.position, end), 2)
    rows.little_endian(16, np.array([len(CIGARS[shape]) for shape in range(6)])[part.shape], 2)
    rows.little_endian(18, part.flag, 2)
    rows.little_endian(20, np.full(len(unmapped), READ_LENGTH), 4)
    rows.little_endian(24, part.contig, 4)
    rows.little_endian(28, part.mate_position, 4)
    rows.little_endian(32, part.template, 4)
    put_names(rows, NAME_AT, part.pair)
    rows.block[:, QUALITY_AT : QUALITY_AT + READ_LENGTH] = phred
    return rows


def _put_cigars(rows: Rows, part: Placed) -> None:
    for shape, operations in CIGARS.items():
        chosen = part.shape == shape
        words = np.array([length << 4 | code for length, code in operations], "<u4").view(np.uint8)
        rows.block[chosen, CIGAR_AT : CIGAR_AT + len(words)] = words
        rows.keep[chosen, CIGAR_AT + len(words) : SEQUENCE_AT] = False


def _put_tags(rows: Rows, part: Placed, bases: Bytes, deleted: Bytes, mutated: tuple[Integers, Integers]) -> None:
    """NM, MD, AS, XS of mapped reads; RG of all. ``bases`` are those of the reference where a read has mismatches."""
    shape, (mismatches, places) = part.shape, mutated
    gap = np.where((shape == DELETION) | (shape == INSERTION), GAP, 0)
    rows.little_endian(NM_AT + 3, mismatches + gap, 1)
    rows.little_endian(AS_AT + 3, READ_LENGTH - 5 * mismatches - 4 * gap, 1)
    rows.little_endian(XS_AT + 3, part.pair % 40, 1)
    rows.number(MD_AT + 3, 3, SPANS[shape])
    rows.keep[:, MD_AT + 6 : MD_AT + 3 + MD_WIDTH] = False
    for row in np.flatnonzero(mismatches).tolist():
        _put_md(rows, row, _md_of_mismatches(bases[row], places[row, : mismatches[row]].tolist()))
    for row in np.flatnonzero(shape == DELETION).tolist():
        text = b"%d^%s%d" % (BEFORE_GAP, deleted[row].tobytes(), READ_LENGTH - BEFORE_GAP)
        _put_md(rows, row, text)
    rows.keep[shape == NO_CIGAR, NM_AT:RG_AT] = False


def _md_of_mismatches(reference: Bytes, places: Sequence[int]) -> bytes:
    text, last = b"", -1
    for at in places:
        text += b"%d%c" % (at - last - 1, reference[at])
        last = at
    return text + b"%d" % (READ_LENGTH - last - 1)


def _put_md(rows: Rows, row: int, text: bytes) -> None:
    at = MD_AT + 3
    rows.block[row, at : at + len(text)] = np.frombuffer(text, np.uint8)
    rows.keep[row, at : at + MD_WIDTH] = np.arange(MD_WIDTH) < len(text)


def _put_sequence(rows: Rows, bases: Bytes) -> None:
    codes = _NIBBLES[bases]
    rows.block[:, SEQUENCE_AT:QUALITY_AT] = codes[:, 0::2] << 4 | codes[:, 1::2]


def _finished(rows: Rows) -> bytes:
    """Set the lengths that are known now, and give the bytes."""
    rows.little_endian(12, rows.keep[:, NAME_AT:CIGAR_AT].sum(axis=1), 1)
    rows.little_endian(0, rows.keep.sum(axis=1) - 4, 4)
    return rows.tobytes()


def _bin(start: Integers, end: Integers) -> Integers:
    """The smallest bin of the binning index that holds start to end (SAM specification 5.3)."""
    last = end - 1
    bins = np.zeros(len(start), np.int64)
    for shift, offset in ((26, 1), (23, 9), (20, 73), (17, 585), (14, 4681)):
        bins = np.where(start >> shift == last >> shift, offset + (start >> shift), bins)
    return np.where(start < 0, 4680, bins)


def unaligned_records(made: Illumina) -> Iterator[bytes]:
    """The pairs of ``made`` as records without a place, R1 and R2 in turn."""
    for first, count in made.blocks():
        mates = [made.mates(first, count, mate) for mate in (1, 2)]
        phred = np.stack([mate.phred for mate in mates], axis=1).reshape(2 * count, READ_LENGTH)
        bases = np.stack([mate.bases for mate in mates], axis=1).reshape(2 * count, READ_LENGTH)
        nowhere = np.full(2 * count, -1)
        nothing = np.zeros(2 * count, np.int64)
        part = Placed(
            pair=np.repeat(np.arange(first, first + count), 2),
            shape=nothing + NO_CIGAR,
            flag=np.tile([PAIRED + UNMAPPED + MATE_UNMAPPED + which for which in (FIRST, SECOND)], count),
            contig=nowhere,
            base=nowhere,
            position=nowhere,
            mate_position=nowhere,
            template=nothing,
            quality=nothing,
        )
        rows = _rows(part, phred)
        _put_cigars(rows, part)
        rows.keep[:, NM_AT:RG_AT] = False
        _put_sequence(rows, bases)
        yield _finished(rows)


def header(genome: Genome | None = None, digests: Sequence[str] = ()) -> bytes:
    """The BAM header block; with a genome that of a sorted file."""
    lines = [f"@HD\tVN:1.6\tSO:{'coordinate' if genome else 'unsorted'}"]
    contigs: list[tuple[str, int]] = []
    if genome:
        contigs = list(zip(genome.names, np.diff(genome.starts).tolist(), strict=True))
        lines += [f"@SQ\tSN:{name}\tLN:{n}\tM5:{m5}" for (name, n), m5 in zip(contigs, digests, strict=True)]
    lines.append(f"@RG\tID:{GROUP}\tSM:bench\tLB:bench-1\tPL:ILLUMINA\tPU:{GROUP}.ACGTACGT")
    if genome:
        lines.append("@PG\tID:bwa\tPN:bwa\tVN:0.7.17-r1188\tCL:bwa mem -t 8 reference.fasta R1.fastq.gz R2.fastq.gz")
        lines.append("@PG\tID:samtools\tPN:samtools\tPP:bwa\tVN:1.16\tCL:samtools sort -o sorted.bam")
    text = ("\n".join(lines) + "\n").encode()
    block = b"BAM\1" + len(text).to_bytes(4, "little") + text + len(contigs).to_bytes(4, "little")
    for name, length in contigs:
        block += (len(name) + 1).to_bytes(4, "little") + name.encode() + b"\0" + length.to_bytes(4, "little")
    return block


def write_sorted(path: Path, reads: int, seed: int, reference: Path) -> int:
    """Write a coordinate-sorted BAM, its index and its reference; returns the number of records."""
    genome = Genome.of(np.random.default_rng([seed, 0]), reads)
    digests = genome.write_fasta(reference)
    pysam.faidx(str(reference))
    with packed(path, "bgzf") as write:
        write(header(genome, digests))
        for block in sorted_records(seed, genome, reads):
            write(block)
    pysam.index(str(path))
    return reads // 2 * 2


def write_unaligned(path: Path, reads: int, seed: int) -> int:
    """Write an unaligned BAM of pairs; returns the number of records."""
    with packed(path, "bgzf") as write:
        write(header())
        for block in unaligned_records(Illumina(reads // 2, seed, "binned")):
            write(block)
    return reads // 2 * 2


def write_cram(path: Path, reads: int, seed: int) -> int:
    """Write a CRAM 3.0 with its reference beside it (``.fasta``), out of the sorted BAM of the same size and seed.

    htslib writes the reference's absolute path into the header, so its first bytes depend on the directory.
    """
    bam, reference = path.with_suffix(".from.bam"), path.with_suffix(".fasta")
    records = write_sorted(bam, reads, seed, reference)
    options = ["--output-fmt-option", "version=3.0", "--no-PG", "-T", str(reference), "-o", str(path)]
    pysam.view("-C", *options, str(bam), catch_stdout=False)
    pysam.index(str(path))
    for made in (bam, bam.with_name(bam.name + ".bai")):
        made.unlink()
    return records
