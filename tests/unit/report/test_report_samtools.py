"""Texts in samtools' shape: what samtools itself prints, and what MultiQC makes of them."""

import json
import subprocess
import sys

import pytest

from dsqc.metrics.alignment import AlignmentCollector
from dsqc.report import samtools
from helpers.raw_alignments import batches_of, odd_records, write_bam

HEADER = "@HD\tVN:1.6\n@SQ\tSN:a\tLN:100000\n@SQ\tSN:b\tLN:100000\n"
FLAGS = (0x63, 0x93, 0x53, 0xA3, 0x49, 0x85, 0x463, 0x841, 0x263, 0x141)


def run_samtools(*arguments):
    return subprocess.run(["samtools", *map(str, arguments)], capture_output=True, check=True, text=True).stdout


@pytest.fixture
def path(tmp_path):
    return write_bam(tmp_path / "odd.bam", odd_records(900, 4, flags=FLAGS, in_order=True), HEADER)


@pytest.fixture
def data(path):
    collector = AlignmentCollector()
    for batch in batches_of(path):
        collector.add_records(batch)
    return {"tables": collector.tables(None)}


def test_sections_are_those_of_samtools(path, data):
    theirs = run_samtools("stats", path).splitlines()
    ours = samtools.render(data).splitlines()
    for section in ("SN", "IS"):
        expected = [line for line in theirs if line.startswith(f"{section}\t")]
        assert [line for line in ours if line.startswith(f"{section}\t")] == expected
        assert len(expected) > 30


def test_flagstat_is_that_of_samtools(path, data):
    assert samtools.render_flagstat(data) == run_samtools("flagstat", path)


def test_no_alignments():
    assert samtools.render({"tables": {}}) == samtools.render_flagstat({"tables": {}}) == ""


READ_BY_MULTIQC = """
import json, sys, multiqc
multiqc.parse_logs(sys.argv[1], quiet=True)
print(json.dumps(multiqc.get_general_stats_data()["one"]))
"""


def test_multiqc_reads_both(data, tmp_path):
    (tmp_path / "one.stats.txt").write_text(samtools.render(data), encoding="utf-8")
    (tmp_path / "one.flagstat.txt").write_text(samtools.render_flagstat(data), encoding="utf-8")
    command = [sys.executable, "-c", READ_BY_MULTIQC, str(tmp_path)]
    shown = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    numbers = dict(zip(data["tables"]["samtools_sn"]["key"], data["tables"]["samtools_sn"]["value"], strict=True))
    assert shown["Samtools: stats.raw_total_sequences"] == float(numbers["raw total sequences"])
    assert shown["Samtools: stats.error_rate"] == float(numbers["error rate"])
    assert shown["Samtools: stats.insert_size_average"] == float(numbers["insert size average"])
    total = data["tables"]["samtools_flagstat"]
    assert shown["Samtools: flagstat.flagstat_total"] == int(total["passed"][0]) + int(total["failed"][0])
