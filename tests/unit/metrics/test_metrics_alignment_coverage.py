"""Depth of coverage: what samtools depth says of every position, whole, in batches, cut and merged."""

import json
import subprocess
from collections import Counter
from itertools import pairwise
from statistics import median_low

import numpy as np
import pytest

from dsqc.metrics.alignment_coverage import CoverageCollector
from dsqc.metrics.alignment_depth import NOTHING_OPEN, DepthWindow
from dsqc.metrics.collector import Facts
from helpers.raw_alignments import batch_of, batches_of, odd_records, read_records, write_bam

HEADER = "@HD\tVN:1.6\n@SQ\tSN:a\tLN:1000\n@SQ\tSN:b\tLN:200000000\n@SQ\tSN:c\tLN:50\n"
NOTHING = np.zeros(0, np.int64)


def facts(names=()):
    return Facts(0, 0, NOTHING, NOTHING, None, aligned=True, header={"SQ": [{"SN": name} for name in names]})


def measure(path, size=1000):
    collector = CoverageCollector()
    for batch in batches_of(path, size):
        collector.add_records(batch)
    return collector


def samtools_depths(path):
    """Positions by depth from 1 on."""
    command = ["samtools", "depth", "-G", "0x800", str(path)]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return Counter(int(line.split("\t")[2]) for line in text.splitlines()) - Counter({0: 10**12})


def depths(collector):
    rows = {int(key): int(value) for _metric, _low, _high, key, value in collector.rows(facts())}
    rows.pop(0, None)
    return rows


def read(place, cigar, reference="a", flag=0):
    bases = sum(int(size) for size, kind in operations(cigar) if kind in "MIS=X")
    return f"r\t{flag}\t{reference}\t{place}\t60\t{cigar}\t*\t0\t0\t{'A' * bases}\t*"


def operations(cigar):
    size = ""
    for letter in cigar:
        if letter.isdigit():
            size += letter
        else:
            yield size, letter
            size = ""


@pytest.mark.parametrize("seed", range(6))
def test_samtools_depth_says_the_same(tmp_path, seed):
    usual = (0, 16, 0x63, 0x93, 0x400, 0x200, 0x100, 0x800, 4)
    path = write_bam(
        tmp_path / "odd.bam", odd_records((3, 50, 900)[seed % 3], seed, flags=usual, in_order=True), HEADER
    )
    assert depths(measure(path)) == samtools_depths(path)


def test_far_reaching_records(tmp_path):
    lines = [read(1, "1000M"), read(5, "10M2000000N20M", "b"), read(70000, "3=3X1D3M5I3S", "b")]
    lines += [read(70100, "100000M", "b"), read(1500000, "600000M", "b"), read(199999990, "10M", "b")]
    lines += [read(50, "1M", "c"), read(50, "1M", "c")]
    path = write_bam(tmp_path / "far.bam", lines, HEADER)
    assert depths(measure(path)) == samtools_depths(path)
    assert depths(measure(path, 1)) == samtools_depths(path)


def test_a_record_that_takes_up_too_much_ends_the_measurement(tmp_path):
    path = write_bam(tmp_path / "wide.bam", [read(5, "10M20000000N20M", "b"), read(9, "10M", "b")], HEADER)
    values = measure(path).values(facts())
    assert set(values.values()) == {None}


def test_values(tmp_path):
    lines = [read(1, "100M"), read(11, "50M"), read(21, "50M", flag=0x400), read(41, "60M")]
    path = write_bam(tmp_path / "few.bam", lines, "@HD\tVN:1.6\n@SQ\tSN:a\tLN:120\n")
    every = [sum(start <= place < end for start, end in ((0, 100), (10, 60), (40, 100))) for place in range(120)]
    values = measure(path).values(facts())
    middle = median_low(every)
    assert values["coverage_mean"] == sum(every) / 120
    assert values["coverage_median"] == middle
    assert values["coverage_mad"] == median_low(abs(depth - middle) for depth in every)
    assert values["coverage_1x_fraction"] == 100 / 120
    assert values["coverage_5x_fraction"] == 0
    assert values["autosome_coverage_mean"] is None
    table = measure(path).tables(facts())["coverage"]
    assert table == {
        "depth_from": [0, 1, 2, 3],
        "depth_to": [0, 1, 2, 3],
        "positions": [every.count(n) for n in range(4)],
    }


def test_records_out_of_order_have_no_coverage(tmp_path):
    for lines in ([read(100, "10M"), read(99, "10M")], [read(1, "10M", "b"), read(1, "10M", "a")]):
        collector = measure(write_bam(tmp_path / "mixed.bam", lines, HEADER))
        assert set(collector.values(facts()).values()) == {None}
        assert collector.tables(facts())["coverage"]["positions"] == []


def test_no_records():
    assert set(CoverageCollector().values(facts()).values()) == {None}


@pytest.mark.parametrize("seed", range(3))
def test_batches_and_cuts_change_nothing(tmp_path, seed):
    lines = odd_records(300, seed, flags=(0, 16), in_order=True)
    path = write_bam(tmp_path / "odd.bam", lines, HEADER)
    whole = measure(path)
    lengths, records = read_records(path)
    assert list(measure(path, 7).rows(facts())) == list(whole.rows(facts()))
    first_of_b = sum(line.split("\t")[2] == "a" for line in lines)
    for cuts in ((0, 150, 300), (0, 1, 2, 298, 300), (0, 0, 300, 300), (0, first_of_b, 300)):
        merged = CoverageCollector()
        for start, end in pairwise(cuts):
            part = merged.continuation()
            part.add_records(batch_of(records[start:end], lengths))
            merged.merge(part)
        assert list(merged.rows(facts())) == list(whole.rows(facts()))
        assert merged.values(facts()) == whole.values(facts())
        assert list(by_windows(cuts, records, lengths).rows(facts())) == list(whole.rows(facts()))


def by_windows(cuts, records, lengths):
    """Parts measured apart, each told of the window that all in front of it leave open together."""
    merged, window = CoverageCollector(), NOTHING_OPEN
    for start, end in pairwise(cuts):
        part, alone = CoverageCollector(), CoverageCollector()
        part.begin_in(DepthWindow.from_dict(json.loads(json.dumps(window.to_dict()))), list(lengths))
        for collector in (part, alone):
            collector.add_records(batch_of(records[start:end], lengths))
        window = window.join(alone.window())
        merged.merge(part)
    return merged


def test_windows_out_of_order_leave_no_coverage(tmp_path):
    lines = [read(100, "10M"), read(99, "10M"), read(98, "10M")]
    lengths, records = read_records(write_bam(tmp_path / "mixed.bam", lines, HEADER))
    for cuts in ((0, 1, 3), (0, 1, 2, 3), (0, 2, 3)):
        assert set(by_windows(cuts, records, lengths).values(facts()).values()) == {None}


def test_parts_that_know_nothing_of_each_other(tmp_path):
    lines = [read(1, "100M"), read(50, "10M"), read(300, "10M"), read(305, "10M"), read(7, "10M", "b")]
    path = write_bam(tmp_path / "cut.bam", lines, HEADER)
    whole = measure(path)
    lengths, records = read_records(path)
    for cut, apart in ((1, False), (2, True), (3, False), (4, True)):
        one, two = CoverageCollector(), CoverageCollector()
        one.add_records(batch_of(records[:cut], lengths))
        two.add_records(batch_of(records[cut:], lengths))
        one.merge(two)
        assert one.values(facts()) == (whole.values(facts()) if apart else dict.fromkeys(whole.values(facts())))


@pytest.mark.parametrize("prefix", ["", "chr"])
def test_autosomes(tmp_path, prefix):
    names = [f"{prefix}{number}" for number in range(1, 23)] + [f"{prefix}X", "alt"]
    header = "@HD\tVN:1.6\n" + "".join(f"@SQ\tSN:{name}\tLN:100\n" for name in names)
    lines = [read(1, "50M", f"{prefix}1") for _ in range(20)] + [read(51, "50M", f"{prefix}3")]
    path = write_bam(tmp_path / "human.bam", [*lines, read(1, "100M", f"{prefix}X")], header)
    values = measure(path).values(facts(names))
    assert values["autosome_coverage_mean"] == (20 * 50 + 50) / 2200
    assert values["autosome_coverage_15x_fraction"] == 50 / 2200
    assert values["autosome_coverage_mad"] == 0
    assert values["coverage_mean"] == (20 * 50 + 50 + 100) / 2400
    assert measure(path).values(facts([*names[:-1], "23"]))["autosome_coverage_mean"] is None
