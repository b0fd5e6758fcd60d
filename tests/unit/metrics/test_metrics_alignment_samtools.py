"""flagstat and the SN section: what samtools itself prints, on alignments of every odd kind."""

import subprocess
from itertools import pairwise

import pytest

from dsqc import artefact
from dsqc.metrics.alignment import AlignmentCollector
from dsqc.metrics.alignment_samtools import flagstat_text
from dsqc.metrics.reads import ReadMetrics
from helpers.raw_alignments import batch_of, batches_of, odd_records, read_records, write_bam

HEADER = "@HD\tVN:1.6\n@SQ\tSN:a\tLN:100000\n@SQ\tSN:b\tLN:100000\n"


def run_samtools(*arguments):
    return subprocess.run(["samtools", *map(str, arguments)], capture_output=True, check=True, text=True).stdout


def samtools_numbers(path):
    lines = run_samtools("stats", path).splitlines()
    rows = [line.split("\t")[1:3] for line in lines if line.startswith("SN\t")]
    return {key.removesuffix(":"): value for key, value in rows}


def measure(path, size=1000):
    collector = AlignmentCollector()
    for batch in batches_of(path, size):
        collector.add_records(batch)
    return collector


def numbers(collector, facts=None):
    table = collector.tables(facts)["samtools_sn"]
    return dict(zip(table["key"], table["value"], strict=True))


def flagstat(collector):
    table = collector.tables(None)["samtools_flagstat"]
    return flagstat_text(list(zip(table["passed"], table["failed"], table["category"], strict=True)))


@pytest.mark.parametrize("seed", range(12))
def test_samtools_prints_the_same(tmp_path, seed):
    lines = odd_records((1, 2, 7, 60, 400, 4000)[seed % 6], seed, in_order=seed % 3 == 0)
    path = write_bam(tmp_path / "odd.bam", lines, HEADER)
    found = measure(path)
    assert numbers(found) == samtools_numbers(path)
    assert flagstat(found) == run_samtools("flagstat", "-O", "tsv", path)


def test_plain_pairs_print_the_same(tmp_path):
    usual = (0x63, 0x93, 0x53, 0xA3, 0x49, 0x85, 0x41, 0x81, 0x463, 0x841, 0x263)
    path = write_bam(tmp_path / "pairs.bam", odd_records(3000, 99, flags=usual, in_order=True), HEADER)
    found = measure(path)
    assert numbers(found)["is sorted"] == "1"
    assert numbers(found) == samtools_numbers(path)
    assert flagstat(found) == run_samtools("flagstat", "-O", "tsv", path)


def test_no_records(tmp_path):
    path = write_bam(tmp_path / "none.bam", [], HEADER)
    assert numbers(AlignmentCollector()) == samtools_numbers(path)
    assert flagstat(AlignmentCollector()) == run_samtools("flagstat", "-O", "tsv", path)


@pytest.mark.parametrize("in_order", [True, False])
def test_batches_and_parts_change_nothing(tmp_path, in_order):
    path = write_bam(tmp_path / "odd.bam", odd_records(500, 5, in_order=in_order), HEADER)
    whole = measure(path)
    lengths, records = read_records(path)
    for size in (1, 33):
        assert measure(path, size).tables(None) == whole.tables(None)
    for cuts in ((0, 250, 500), (0, 1, 499, 500), (0, 0, 500)):
        merged = AlignmentCollector()
        for start, end in pairwise(cuts):
            part = merged.continuation()
            part.add_records(batch_of(records[start:end], lengths))
            merged.merge(part)
        assert merged.tables(None) == whole.tables(None)
        assert merged.values(None) == whole.values(None)
        assert list(merged.rows(None)) == list(whole.rows(None))


def test_every_value_is_documented(tmp_path):
    path = write_bam(tmp_path / "odd.bam", odd_records(50, 1), HEADER)
    documented = {metric.id for metric in AlignmentCollector.METRICS}
    assert documented <= set(measure(path).values(None))
    assert documented <= set(AlignmentCollector().values(None))


@pytest.mark.parametrize("ahead", [0, 1, 3, 100])
def test_records_inspected_batches_ahead_are_measured_the_same(tmp_path, ahead):
    path = write_bam(tmp_path / "odd.bam", odd_records(900, 5, in_order=True), HEADER)
    expected, found = ReadMetrics(aligned=True), ReadMetrics(aligned=True)
    for batch in batches_of(path, 70):
        expected.add(batch)
    inspect, waiting = found.inspector(), []
    for batch in batches_of(path, 70):
        inspect(batch)
        waiting.append(batch)
        if len(waiting) > ahead:
            found.add(waiting.pop(0))
    for batch in waiting:
        found.add(batch)
    assert expected.values()["record_count"] == 900
    assert artefact.to_json(found.values()) == artefact.to_json(expected.values())
    assert artefact.to_json(found.tables()) == artefact.to_json(expected.tables())
