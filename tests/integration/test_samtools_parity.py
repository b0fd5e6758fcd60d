"""flagstat, the SN section of stats, and depth: samtools run beside dsqc on whole alignment files.

The project's own test data, and the real data of the development machine where it stands beside the repository.
"""

import os
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import dsqc
from dsqc.report import samtools

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
REFERENCES = {
    "sarscov2_amplicon.cram": "MN908947.3.fasta",
    "hts-specs_0503_mapped.cram": "ce.fa",
    "hts-specs_0801_ctr.cram": "ce.fa",
    "hts-specs_1402_index_3ref.cram": "ce.fa",
}
OWN = sorted(path for path in (ROOT / "test-data").rglob("*") if path.suffix in {".bam", ".cram", ".sam"})
REAL = sorted(path for path in (SHARED / "alignments").glob("*") if path.suffix in {".bam", ".cram", ".sam"})
FILES = pytest.mark.parametrize("path", [*OWN, *REAL], ids=lambda path: path.name)


def reference_of(path):
    name = REFERENCES.get(path.name)
    return SHARED / "references" / name if name else None


@cache
def measure(path):
    (item,) = dsqc.qc(path, reference=reference_of(path)).files
    return item.data


def run_samtools(command, path, *options):
    reference = reference_of(path)
    chosen = ["--reference", str(reference)] if reference and command != "flagstat" else []
    environment = os.environ | {"REF_PATH": "/nonexistent"}
    line = ["samtools", command, *options, *chosen, str(path)]
    return subprocess.run(line, capture_output=True, check=True, text=True, env=environment).stdout


def test_there_is_a_bam_and_a_cram():
    assert {path.suffix for path in OWN} >= {".bam", ".cram"}


@FILES
def test_flagstat(path):
    assert samtools.render_flagstat(measure(path)) == run_samtools("flagstat", path)


@FILES
def test_summary_numbers_and_insert_sizes(path):
    ours, theirs = samtools.render(measure(path)), run_samtools("stats", path)
    for section in ("SN\t", "IS\t"):
        expected = [line for line in theirs.splitlines() if line.startswith(section)]
        assert [line for line in ours.splitlines() if line.startswith(section)] == expected


@FILES
def test_depth(path):
    table = measure(path)["tables"]["coverage"]
    text = run_samtools("depth", path, "-G", "0x800")
    theirs = Counter(int(line.rpartition("\t")[2]) for line in text.splitlines())
    del theirs[0]
    if not table["positions"]:
        header = run_samtools("view", path, "-H")
        assert "SO:coordinate" not in header or not theirs
        return
    ours = list(zip(table["depth_from"], table["depth_to"], table["positions"], strict=True))[1:]
    grouped = [sum(number for depth, number in theirs.items() if low <= depth <= high) for low, high, _ in ours]
    assert [number for _low, _high, number in ours] == grouped
    assert sum(grouped) == theirs.total()


@FILES
def test_cycles_add_up(path):
    table = measure(path)["tables"]["mismatches_by_cycle"]
    metrics = measure(path)["metrics"]
    assert sum(table["compared"]) + sum(table["uncompared"]) <= metrics["bases_mapped_cigar"]
    assert sum(table["insertions"]) == metrics["insertion_count"]
    assert sum(table["mismatches"]) <= sum(table["compared"])
