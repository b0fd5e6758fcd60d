"""Depth by GC: windows counted slowly, whole, in batches, cut and merged."""

import random
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from dsqc.metrics.alignment_gc import GcBiasCollector
from dsqc.metrics.collector import Facts
from helpers.raw_alignments import batch_of, batches_of, read_records, write_bam

HEADER = "@HD\tVN:1.6\n@SQ\tSN:a\tLN:500000\n@SQ\tSN:b\tLN:100000\n"
NOTHING = np.zeros(0, np.int64)
FACTS = Facts(100, 3000, NOTHING, NOTHING, None, aligned=True)


def reads(number, seed):
    rng = random.Random(seed)
    rows = []
    for _ in range(number):
        length = rng.choice((0, 1, 30, 31, 64, 127, 128, 129, 250, 257, 400))
        flag = rng.choice((0, 0, 0, 16, 0x400, 0x800, 4))
        share = rng.choice((0.1, 0.3, 0.8))
        sequence = "".join(rng.choice("GC" if rng.random() < share else "ATN") for _ in range(length))
        rows.append((rng.choice("ab"), rng.randint(1, 90_000), flag, sequence))
    return sorted(rows)


def bam(path, rows):
    lines = [
        f"r\t{flag}\t{reference}\t{place}\t60\t{len(bases) or 10}M\t*\t0\t0\t{bases or '*'}\t*"
        for reference, place, flag, bases in rows
    ]
    return write_bam(path, lines, HEADER)


def measure(path, size=1000):
    collector = GcBiasCollector()
    for batch in batches_of(path, size):
        collector.add_records(batch)
    return collector


def slow_table(rows):
    windows = defaultdict(list)
    for reference, place, flag, bases in rows:
        if bases and not flag & 0xF04:
            windows[reference, (place - 1) // 20_000].append(bases)
    by_percent = defaultdict(list)
    for held in windows.values():
        text = "".join(held)
        gc = text.count("G") + text.count("C")
        by_percent[int(100 * gc / len(text) + 0.5)].append(len(held))
    return {percent: (len(held), sum(held), sorted(held)) for percent, held in sorted(by_percent.items())}


@pytest.mark.parametrize("seed", range(4))
def test_windows(tmp_path, seed):
    rows = reads((1, 20, 300, 2000)[seed], seed)
    collector = measure(bam(tmp_path / "reads.bam", rows))
    expected = slow_table(rows)
    table = collector.tables(FACTS)["gc_bias"]
    assert table["gc_percent"] == list(expected)
    assert table["windows"] == [windows for windows, _reads, _held in expected.values()]
    assert table["reads"] == [number for _windows, number, _held in expected.values()]
    middles = [held[(len(held) + 1) // 2 - 1] * 30 / 20_000 for _windows, _reads, held in expected.values()]
    assert table["median"] == pytest.approx(middles)


def test_dropout(tmp_path):
    rows = [("a", 20_000 * window + 1, 0, "AC" * 10 if window < 3 else "GC" * 10) for window in range(4)]
    rows += [("a", 5, 0, "AC" * 10)] * 4
    values = measure(bam(tmp_path / "reads.bam", sorted(rows))).values(FACTS)
    assert values == {"at_dropout": 0.0, "gc_dropout": pytest.approx(25 - 12.5)}


def test_order_is_needed(tmp_path):
    rows = [("a", 100, 0, "ACGT"), ("a", 99, 0, "ACGT")]
    collector = measure(bam(tmp_path / "reads.bam", rows))
    assert collector.values(FACTS) == {"at_dropout": None, "gc_dropout": None}
    assert collector.tables(FACTS)["gc_bias"]["windows"] == []
    assert GcBiasCollector().values(FACTS) == {"at_dropout": None, "gc_dropout": None}


def test_batches_and_cuts_change_nothing(tmp_path):
    """Parts know nothing of each other: a window that a cut goes through is put together."""
    path = bam(tmp_path / "reads.bam", reads(300, 9))
    whole = measure(path)
    lengths, records = read_records(path)
    assert measure(path, 7).tables(FACTS) == whole.tables(FACTS)
    for cuts in ((0, 150, 300), (0, 1, 299, 300), (0, 0, 300, 300), (0, 7, 8, 9, 150, 151, 300)):
        merged = GcBiasCollector()
        for start, end in pairwise(cuts):
            part = GcBiasCollector()
            part.add_records(batch_of(records[start:end], lengths))
            merged.merge(part)
        assert merged.tables(FACTS) == whole.tables(FACTS)
        assert merged.values(FACTS) == whole.values(FACTS)


@pytest.mark.parametrize(("place", "in_order"), [(20_001, True), (101, True), (100, True), (99, False)])
def test_a_part_that_begins_in_front_of_the_last_record_is_out_of_order(tmp_path, place, in_order):
    path = bam(tmp_path / "reads.bam", [("a", 100, 0, "ACGT"), ("a", place, 0, "GGGG")])
    lengths, records = read_records(path)
    one, two = GcBiasCollector(), GcBiasCollector()
    one.add_records(batch_of(records[:1], lengths))
    two.add_records(batch_of(records[1:], lengths))
    one.merge(two)
    expected = measure(path).tables(FACTS)["gc_bias"]["reads"]
    assert bool(expected) == in_order
    assert one.tables(FACTS)["gc_bias"]["reads"] == expected
