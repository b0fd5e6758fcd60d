"""Fingerprints do not depend on order, names, batches, compression, line ends or format; on nothing but the reads."""

import io
import random
from itertools import pairwise
from pathlib import Path

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import FindingLog
from dsqc.fingerprint import Fingerprint, Identity, total
from dsqc.formats import open_reads
from dsqc.stages.fingerprint import fingerprint
from helpers.reads import WRAPPERS, Read, bam, fastq, make_reads

COMPLEMENT = str.maketrans("ACGTNRY", "TGCANYR")


def identity(folder: Path, data: bytes, name: str = "reads.fastq") -> Identity:
    path = folder / name
    path.write_bytes(data)
    found = fingerprint(path, threads=1).files[0].identity
    assert found is not None
    return found


def test_order_names_line_ends_wrapping_and_compression_do_not_matter(tmp_path: Path) -> None:
    reads = make_reads(400)
    wanted = identity(tmp_path, fastq(reads))
    other = [read._replace(name=f"other{number}") for number, read in enumerate(reads)]
    random.Random(2).shuffle(other)
    assert identity(tmp_path, fastq(other, newline="\r\n")) == wanted
    assert identity(tmp_path, fastq([read._replace(bases=read.bases.lower()) for read in reads])) == wanted
    for wrap in WRAPPERS.values():
        assert identity(tmp_path, wrap([fastq(other)])) == wanted
    assert wanted.read_count == 400


def test_what_a_read_is_does_matter(tmp_path: Path) -> None:
    reads = make_reads(50, shortest=10)
    wanted = identity(tmp_path, fastq(reads))
    bases, qualities = reads[7].bases, str(reads[7].qualities)
    letter = "A" if bases[3] != "A" else "C"
    changed = [*reads[:7], reads[7]._replace(bases=bases[:3] + letter + bases[4:]), *reads[8:]]
    assert identity(tmp_path, fastq(changed)).sequences != wanted.sequences
    assert identity(tmp_path, fastq(changed)).reads != wanted.reads
    swapped = qualities[1:] + qualities[:1] if len(set(qualities)) > 1 else "#" * len(qualities)
    other = identity(tmp_path, fastq([*reads[:7], reads[7]._replace(qualities=swapped), *reads[8:]]))
    assert other.sequences == wanted.sequences
    assert other.reads != wanted.reads
    assert identity(tmp_path, fastq([*reads, reads[0]])).reads != wanted.reads
    # Qualities belong to their read: exchanged between two reads of one length they make two other reads.
    pair = [Read("a", "ACGT", "IIII"), Read("b", "TTTT", "####")]
    exchanged = [Read("a", "ACGT", "####"), Read("b", "TTTT", "IIII")]
    assert identity(tmp_path, fastq(pair)).reads != identity(tmp_path, fastq(exchanged)).reads


def test_letters_that_alignments_lack(tmp_path: Path) -> None:
    rna = identity(tmp_path, fastq([Read("a", "acguN.-R", "IIIIIIII")]))
    assert rna == identity(tmp_path, fastq([Read("a", "ACGTNNNR", "IIIIIIII")]))
    assert rna.sequences != identity(tmp_path, fastq([Read("a", "ACGTNNNA", "IIIIIIII")])).sequences


@pytest.mark.parametrize("suffix", ["bam", "cram", "sam"])
def test_alignments_of_the_reads_agree_with_the_reads(tmp_path: Path, suffix: str) -> None:
    reads = make_reads(120, shortest=5, longest=50)
    mode = {"bam": "wb", "cram": "wc", "sam": "w"}[suffix]
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr", "LN": 10_000}]})
    path = tmp_path / f"x.{suffix}"
    options = [b"no_ref=1"] if suffix == "cram" else None
    with pysam.AlignmentFile(path, mode, header=header, format_options=options) as file:
        for number, read in enumerate(reads):
            for flag in (16 if number % 2 else 0, 256, 2048 + 16):
                record = pysam.AlignedSegment(header)
                record.query_name = f"r{number}"
                record.flag = flag
                turned = flag & 16
                record.query_sequence = read.bases.translate(COMPLEMENT)[::-1] if turned else read.bases
                scores = pysam.qualitystring_to_array(str(read.qualities))
                record.query_qualities = scores[::-1] if turned else scores
                record.reference_id, record.reference_start, record.cigarstring = 0, number, f"{len(read.bases)}M"
                file.write(record)
    found = fingerprint(path, threads=1)
    assert found.files[0].identity == identity(tmp_path, fastq(reads))


def test_unaligned_reads_without_qualities(tmp_path: Path) -> None:
    reads = [Read(f"r{number}", read.bases, None) for number, read in enumerate(make_reads(20))]
    bam(tmp_path / "bare.bam", reads, [4] * 20)
    bare = fingerprint(tmp_path / "bare.bam", threads=1).files[0].identity
    assert bare is not None
    full = identity(tmp_path, fastq(make_reads(20)))
    assert bare.sequences == full.sequences
    assert bare.reads != full.reads


def test_the_offset_of_qualities_does_not_matter(tmp_path: Path) -> None:
    rng = random.Random(3)
    scores = [[rng.randint(2, 40) for _ in range(30)] for _ in range(60)]
    by_33, by_64 = (
        [
            Read(str(number), "ACGTA" * 6, "".join(chr(score + offset) for score in row))
            for number, row in enumerate(scores)
        ]
        for offset in (33, 64)
    )
    assert identity(tmp_path, fastq(by_33)) == identity(tmp_path, fastq(by_64))
    # Characters that either offset may have are decided as the metrics decide: 33.
    high = [read._replace(qualities="D" * 30) for read in by_33]
    path = tmp_path / "high.fastq"
    path.write_bytes(fastq(high))
    bam(tmp_path / "high.bam", high, [4] * 60)
    assert len(fingerprint(path, tmp_path / "high.bam", threads=1).same_reads) == 1


def collected(reads: list[Read], cuts: list[int]) -> list[Fingerprint]:
    """A fingerprint for each part of ``reads``."""
    places = sorted({0, len(reads), *(cut % (len(reads) + 1) for cut in cuts)})
    parts = []
    for start, end in pairwise(places):
        part = Fingerprint()
        with open_reads(io.BytesIO(fastq(reads[start:end])), FindingLog(), threads=1) as source:
            for batch in source.batches():
                part.add(batch)
        parts.append(part)
    return parts


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 100), max_size=4), st.randoms(use_true_random=False), st.booleans())
def test_parts_merge_in_any_order(cuts: list[int], rng: random.Random, high: bool) -> None:
    reads = make_reads(30, shortest=3)
    if high:
        reads = [read._replace(qualities="h" * len(read.bases)) for read in reads]
    (whole,) = collected(reads, [])
    parts = collected(reads, cuts)
    rng.shuffle(parts)
    together = total([part.identity(64 if high else 33) for part in parts])
    merged = parts[0]
    for part in parts[1:]:
        merged.merge(part)
    assert merged.identity(64 if high else 33) == whole.identity(64 if high else 33) == together
    assert merged.decided == whole.decided == (not high)


def test_nothing_and_its_shape() -> None:
    assert Fingerprint().result(None) == {"reads": "0" * 32, "sequences": "0" * 32, "read_count": 0}
    assert Identity(255, 16, 3).to_dict() == {"reads": "0" * 30 + "ff", "sequences": "0" * 30 + "10", "read_count": 3}
    assert Identity((1 << 128) - 1, 1, 1) + Identity(2, 3, 4) == Identity(1, 4, 5)
