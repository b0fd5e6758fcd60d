"""Differences by cycle: against a slow walk over the reference, and samtools stats, which then has one too."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pysam
import pytest

from dsqc.kernels.alignment_cycles import (
    COMPARED,
    DELETIONS,
    INSERTIONS,
    MISMATCHES,
    NEAR,
    NO_CALLS,
    UNCOMPARED,
)
from dsqc.metrics import positions
from dsqc.metrics.alignment import AlignmentCollector
from dsqc.metrics.positions import row_count, row_limits
from helpers.raw_alignments import batch_of, batches_of, read_records, write_bam

LENGTH = 20_000
HEADER = f"@HD\tVN:1.6\n@SQ\tSN:a\tLN:{LENGTH}\n"
TURNED = str.maketrans("ACGTN", "CGTAC")


def make_reference(seed):
    rng = random.Random(seed)
    return "".join(rng.choices("ACGTN", (10, 10, 10, 10, 1), k=LENGTH))


def changed(letter, rng):
    return "N" if letter != "N" and rng.random() < 0.2 else letter.translate(TURNED)


def sequenced(reference, rng, longest, kinds):
    """A read along the reference: its line, with tags MD and NM as ``samtools calmd`` would make them."""
    place = start = rng.randrange(LENGTH // 2)
    cigar, bases, text, run, differences = [], [], "", 0, 0
    if rng.random() < 0.2:
        cigar.append((rng.randint(1, 9), "H"))
    if rng.random() < 0.3:
        cigar.append((rng.randint(1, 9), "S"))
        bases.append("G" * cigar[-1][0])
    for _ in range(rng.randint(1, 6)):
        kind = rng.choice(kinds)
        size = rng.randint(1, longest)
        stretch = reference[place : place + size]
        if kind in "M=X":
            share = {"X": 1.0, "M": rng.choice((0.0, 0.2)), "=": 0.0}[kind]
            letters = [changed(letter, rng) if rng.random() < share else letter for letter in stretch]
            for letter, wanted in zip(letters, stretch, strict=True):
                if letter == wanted:
                    run += 1
                else:
                    text, run, differences = f"{text}{run}{wanted}", 0, differences + 1
            bases += letters
        elif kind == "I":
            bases.append("T" * size)
            differences += size
        elif kind == "D":
            text, run, differences = f"{text}{run}^{stretch}", 0, differences + size
        if kind in "M=XDN":
            place += size
        cigar.append((size, kind))
    if rng.random() < 0.2:
        cigar.append((rng.randint(1, 9), "H"))
    sequence = "".join(bases)
    tags = [f"NM:i:{differences}", f"MD:Z:{text}{run}"]
    shown = rng.choice((tags, tags, tags[:1], tags[1:], []))
    flag = rng.choice((0, 16, 0x41, 0x91, 0x800, 0x810, 0x100, 4))
    operations = "".join(f"{size}{kind}" for size, kind in cigar)
    line = ["r", flag, "a", start + 1, 60, operations, "*", 0, 0, sequence or "*", "I" * len(sequence) or "*", *shown]
    return "\t".join(map(str, line)), start


def slow_events(record, reference):
    """(table, place in the record) of every base and indel that counts, a base at a time."""
    kinds = {kind for kind, _size in record.cigartuples}
    told = record.has_tag("MD") or (record.has_tag("NM") and record.get_tag("NM") == 0)
    compared = told or pysam.CMATCH not in kinds
    index, place = 0, record.reference_start
    for kind, size in record.cigartuples:
        if kind in (pysam.CMATCH, pysam.CEQUAL, pysam.CDIFF):
            for step in range(size):
                yield (COMPARED if compared else UNCOMPARED), index + step
                base, wanted = record.query_sequence[index + step], reference[place + step]
                if compared and base != wanted and (wanted != "N" or not record.has_tag("MD")):
                    yield (NO_CALLS if base == "N" else MISMATCHES), index + step
        elif kind == pysam.CINS:
            yield INSERTIONS, (index + size - 1 if record.is_reverse else index)
        elif kind == pysam.CDEL:
            yield DELETIONS, (index if record.is_reverse else index - 1)
        index += size if kind in (0, 1, 4, 7, 8) else 0
        place += size if kind in (0, 2, 3, 7, 8) else 0


def slow_counts(path, reference):
    """Counter of (table, cycle)."""
    counter = Counter()
    with pysam.AlignmentFile(path) as file:
        for record in file:
            if record.is_unmapped or record.is_secondary or not record.query_length:
                continue
            ends = record.cigartuples[0], record.cigartuples[-1]
            before, behind = (size if kind == pysam.CHARD_CLIP else 0 for kind, size in ends)
            last = before + record.query_length + behind - 1
            for table, index in slow_events(record, reference):
                if 0 <= index < record.query_length:
                    counter[table, last - before - index if record.is_reverse else before + index] += 1
    return counter


def measure(path, size=1000):
    collector = AlignmentCollector()
    for batch in batches_of(path, size):
        collector.add_records(batch)
    return collector


def counts(collector):
    found = collector.cycles.counts()
    return found, row_limits(found.shape[1])[0] - 1


def expected_counts(path, reference, shape, starts):
    expected = np.zeros(shape, np.int64)
    for (table, cycle), number in slow_counts(path, reference).items():
        expected[table, np.searchsorted(starts, cycle, side="right") - 1] += number
    return expected


CASES = [(1, 20, "MMMID"), (2, 20, "M=XIDN"), (3, 20, "==X"), (4, 900, "MMDI")]


@pytest.mark.parametrize(("seed", "longest", "kinds"), CASES)
def test_counts(tmp_path, seed, longest, kinds):
    reference = make_reference(seed)
    rng = random.Random(seed)
    lines = [line for line, _start in (sequenced(reference, rng, longest, kinds) for _ in range(400))]
    path = write_bam(tmp_path / "reads.bam", lines, HEADER)
    found, starts = counts(measure(path))
    assert found.tolist() == expected_counts(path, reference, found.shape, starts).tolist()
    assert found[COMPARED].sum() > 1000


def test_far_cycles(tmp_path):
    """Cycles from 100,000 on share rows."""
    assert NEAR == positions.NEAR
    reference = "A" * 300_000
    read = list(reference[:250_000])
    for place in (0, 99_998, 99_999, 100_500, 249_999):
        read[place] = "C"
    text = "0A99997A0A500A148499^AA999A0"
    cigar, sequence = "1500H249000M2D1000M700H", "".join(read)
    lines = [f"r\t{flag}\ta\t1\t60\t{cigar}\t*\t0\t0\t{sequence}\t*\tMD:Z:{text}" for flag in (0, 16)]
    path = write_bam(tmp_path / "far.bam", lines, HEADER)
    found, starts = counts(measure(path))
    assert found.tolist() == expected_counts(path, reference, found.shape, starts).tolist()
    assert found[MISMATCHES].sum() == 10


@pytest.mark.parametrize(
    ("cigar", "tags"),
    [
        ("10M", "MD:Z:99999999999999999999999999"),
        ("10M", "MD:Z:5A99A"),
        ("10M", "MD:Z:AAAAAAAAAAAAAAAAAAAAAA"),
        ("10M", "MD:Z:^^^A^"),
        ("10M", "MD:Z:!?~"),
        ("10M", "MD:i:7"),
        ("4S2M4S", "MD:Z:0A0A0A0A"),
    ],
)
def test_broken_md_counts_nothing_outside_the_read(tmp_path, cigar, tags):
    line = f"r\t0\ta\t1\t60\t{cigar}\t*\t0\t0\tCCCCCCCCCC\t*\t{tags}\tNM:i:3"
    found, _starts = counts(measure(write_bam(tmp_path / "one.bam", [line], HEADER)))
    assert found.shape[1] == 10
    assert found[MISMATCHES].max() <= 1
    assert found[MISMATCHES].sum() <= (found[UNCOMPARED] + found[COMPARED]).sum() <= 10


def test_batches_and_parts_change_nothing(tmp_path):
    reference = make_reference(6)
    rng = random.Random(6)
    lines = [sequenced(reference, rng, 300, "M=XIDN")[0] for _ in range(200)]
    path = write_bam(tmp_path / "reads.bam", lines, HEADER)
    whole = measure(path)
    lengths, records = read_records(path)
    assert measure(path, 3).cycles.counts().tolist() == whole.cycles.counts().tolist()
    merged = AlignmentCollector()
    for start, end in pairwise((0, 1, 100, 200)):
        part = merged.continuation()
        part.add_records(batch_of(records[start:end], lengths))
        merged.merge(part)
    assert merged.tables(None) == whole.tables(None)
    assert list(merged.rows(None)) == list(whole.rows(None))


def test_table_of_groups(tmp_path):
    lines = [f"r\t0\ta\t1\t60\t{size}M\t*\t0\t0\t{'A' * size}\t*\tNM:i:1\tMD:Z:{size - 1}C0" for size in (50, 200)]
    table = measure(write_bam(tmp_path / "two.bam", lines, HEADER)).tables(None)["mismatches_by_cycle"]
    assert sum(table["compared"]) == 250
    assert table["cycle_to"][-1] == 200
    assert [number for number in table["mismatches"] if number] == [1, 1]
    assert row_count(200) == 200
