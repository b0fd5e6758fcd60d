"""Kernels of alignment records against slow walks over the same bytes; broken records lead nowhere."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.kernels import alignment as k
from dsqc.kernels import alignment_coverage as depth
from dsqc.kernels.alignment_gc import STATE as GC_STATE
from dsqc.kernels.alignment_gc import add_windows
from dsqc.metrics.alignment import AlignmentCollector
from dsqc.metrics.alignment_coverage import CoverageCollector
from dsqc.metrics.alignment_gc import GcBiasCollector
from helpers.raw_alignments import batch_of, odd_records, read_records, write_bam

HEADER = "@HD\tVN:1.6\n@SQ\tSN:a\tLN:100000\n@SQ\tSN:b\tLN:100000\n"


def bam_of(path: Path, lines):
    return read_records(write_bam(path / "few.bam", lines, HEADER))


def count(records, lengths):
    batch = batch_of(records, lengths)
    fields = batch.alignment
    by_flag, sums = np.zeros((3, k.FLAGS), np.int64), np.zeros(k.SUMS, np.int64)
    inserts, qualities = np.zeros((3, k.LARGEST_INSERT + 1), np.int64), np.zeros(256, np.int64)
    state = np.zeros(k.STATE, np.int64)
    state[:4] = -1
    tags = np.zeros((2, len(batch)), np.int64)
    k.count_records(
        fields.records,
        fields.cigar_start,
        fields.cigar_count,
        fields.tags_start,
        fields.record_end,
        batch.length,
        batch.flag,
        fields.reference_id,
        fields.position,
        fields.mate_reference_id,
        fields.mate_position,
        fields.template_length,
        fields.mapping_quality,
        by_flag,
        sums,
        inserts,
        qualities,
        state,
        tags[0],
        tags[1],
    )
    return by_flag, sums, inserts, qualities, state, tags, fields.records.tobytes()


def line(flag=0, cigar="4M", bases="ACGT", qualities="IIII", tags=()):
    return "\t".join(map(str, ("r", flag, "a", 1, 60, cigar, "*", 0, 0, bases, qualities, *tags)))


@pytest.mark.parametrize("bases", [1, 63, 64, 65, 127, 128, 129, 300])
def test_qualities_are_summed(tmp_path, bases):
    scores = [(7 * index) % 94 for index in range(bases)]
    text = "".join(chr(33 + score) for score in scores)
    lengths, records = bam_of(tmp_path, [line(0, f"{bases}M", "A" * bases, text)] * 2)
    _by_flag, sums, *_rest = count(records, lengths)
    assert sums[k.QUALITY] == 2 * sum(scores)


@pytest.mark.parametrize(
    ("tags", "differences", "text"),
    [
        (("NM:i:3", "MD:Z:1A2"), 3, b"1A2"),
        (("MD:Z:1A2", "NM:i:200"), 200, b"1A2"),
        (("XA:Z:NM", "XB:B:i,1,2", "MD:Z:4", "XC:A:c", "NM:i:70000"), 70000, b"4"),
        (("NM:i:-3",), -3, None),
        (("NM:i:-300", "MD:A:x"), -300, None),
        (("NM:i:40000",), 40000, None),
        (("NM:f:3", "MD:Z:4"), 0, b"4"),
        (("MD:Z:",), None, b""),
        (("XN:i:1", "MM:Z:5"), None, None),
        ((), None, None),
    ],
)
def test_tags_are_found(tmp_path, tags, differences, text):
    lengths, records = bam_of(tmp_path, [line(tags=tags), line(4, tags=tags), line(0x100, tags=tags)])
    *_counts, found, data = count(records, lengths)
    assert found[0].tolist() == [k.NO_TAG if differences is None else differences, k.NO_TAG, k.NO_TAG]
    if text is None:
        assert found[1, 0] == k.NO_TAG
    else:
        assert data[found[1, 0] :].partition(b"\0")[0] == text


def test_counts_by_flag_and_cigar(tmp_path):
    lines = odd_records(400, 8)
    lengths, records = bam_of(tmp_path, lines)
    by_flag, sums, *_rest = count(records, lengths)
    rows = [text.split("\t") for text in lines]
    assert by_flag[k.RECORDS].sum() == 400
    for flag in range(0, k.FLAGS, 7):
        chosen = [row for row in rows if int(row[1]) == flag]
        lengths_of = [len(row[9]) if row[9] != "*" else 0 for row in chosen]
        assert by_flag[k.RECORDS, flag] == len(chosen)
        assert by_flag[k.WITH_BASES, flag] == sum(length > 0 for length in lengths_of)
        assert by_flag[k.BASES, flag] == sum(lengths_of)
    wanted = [row[5] for row in rows if row[9] != "*" and not int(row[1]) & (k.SECONDARY | k.UNMAPPED)]
    assert sums[k.CIGAR_BASES] == sum(int(size) for cigar in wanted for size in re.findall(r"(\d+)[MI=X]", cigar))


def test_a_record_outside_its_buffer_is_a_fault_of_the_reader(tmp_path):
    lengths, records = bam_of(tmp_path, [line()] * 3)
    for column, row, value in (("record_end", 2, 10_000), ("tags_start", 1, 0), ("record_start", 0, -1)):
        batch = batch_of(records, lengths)
        getattr(batch.alignment, column)[row] = value
        fields = batch.alignment
        arguments = (fields.record_start, fields.record_end, fields.tags_start, batch.length, len(fields.records))
        assert k.record_outside(*arguments) == row
        with pytest.raises(SystemFault):
            AlignmentCollector().add_records(batch)


CIGARS = st.lists(st.tuples(st.integers(0, 90), st.sampled_from("MDN=XIS")), max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), CIGARS)), st.integers(64, 500))
def test_depth(reads, length):
    cigars = []
    expected = np.zeros(length, np.int64)
    reads = sorted(((start, cigar) for start, cigar in reads if start < length), key=lambda read: read[0])
    for start, cigar in reads:
        place = start
        for size, kind in cigar:
            if kind in "M=X":
                expected[place : place + size] += 1
            place += size if kind in "MDN=X" else 0
        cigars.append(np.array([size << 4 | "MIDNSHP=X".index(kind) for size, kind in cigar], "<u4"))
    ends = np.cumsum([0, *(4 * len(cigar) for cigar in cigars)])
    data = np.frombuffer(b"".join(cigar.tobytes() for cigar in cigars) or b"\0", np.uint8)
    state = np.zeros(depth.STATE, np.int64)
    state[[depth.REFERENCE, depth.LAST_POSITION]] = -1
    changes, marks = np.zeros(1024, np.int32), np.zeros(16, np.uint64)
    histograms, covered = np.zeros((1, 5), np.int64), np.zeros(1, np.int64)
    number = len(reads)
    done = depth.add_depth(
        0,
        data,
        ends[:-1].copy(),
        np.array([len(cigar) for cigar in cigars], np.int64),
        np.zeros(number, np.int32),
        np.zeros(number, np.int32),
        np.array([start for start, _cigar in reads], np.int32),
        np.array([length], np.int64),
        np.zeros(1, np.int64),
        changes,
        marks,
        histograms,
        covered,
        state,
    )
    depth.settle_all(0, changes, marks, histograms, state)
    assert done == number
    assert covered[0] == expected.sum()
    deep = np.bincount(np.minimum(expected, 4), minlength=5)
    assert histograms[0, 1:].tolist() == deep[1:].tolist()
    assert not changes.any()
    assert not marks.any()


@settings(deadline=None)
@given(st.lists(st.text("ACGTN", min_size=1, max_size=300), min_size=1, max_size=5))
def test_gc_of_packed_bases(reads):
    codes = [["=ACMGRSVTWYHKDBN".index(letter) for letter in read] for read in reads]
    packed = [bytes(one << 4 | two for one, two in zip(code[::2], [*code[1::2], 0], strict=False)) for code in codes]
    parts = [pairs + bytes([0x24]) * len(read) for pairs, read in zip(packed, reads, strict=True)]
    number = len(reads)
    state = np.zeros(GC_STATE, np.int64)
    state[[0, 5, 7]] = -1
    closed = add_windows(
        np.frombuffer(b"".join(parts), np.uint8),
        np.cumsum([len(part) for part in parts]),
        np.array([len(read) for read in reads], np.int64),
        np.zeros(number, np.int32),
        np.zeros(number, np.int32),
        np.arange(number, dtype=np.int32),
        np.array([20_000], np.int64),
        np.zeros(number, np.uint8),
        np.zeros(number, np.int64),
        state,
    )
    assert closed == 0
    text = "".join(reads)
    assert state[2:5].tolist() == [number, text.count("G") + text.count("C"), len(text)]


def test_broken_records_lead_nowhere(tmp_path):
    lengths, records = bam_of(tmp_path, odd_records(300, 3, in_order=True))
    rng = random.Random(1)
    for _round in range(40):
        broken = []
        for record in rng.sample(records, 40):
            data = bytearray(record)
            for _ in range(rng.randint(0, 4)):
                at = rng.choice((*range(8), *range(20, 32), *range(32, len(data))))
                data[at] = rng.choice((0, 255, rng.randrange(256)))
            broken.append(bytes(data))
        batch = batch_of(broken, lengths)
        collectors = AlignmentCollector(), CoverageCollector(), GcBiasCollector()
        for collector in collectors:
            collector.add_records(batch)
        assert collectors[0].values(None)["record_count"] == 40
