"""The project's own simulated reads: dsqc's numbers against those that FastQC 0.11.9 (Debian 12) printed for them.

``simulated.fastq.gz``: 400 reads of 30 to 151 bases with N, normal GC contents and falling qualities, drawn once by a
seeded generator. ``illumina.fastq.gz``: 10,000 reads with tiles, duplicates, adapters and enriched words, by
``make_illumina.py``. The texts are FastQC's ``fastqc_data.txt``, unchanged (of the second with k-mers switched on).

What FastQC 0.12.1, which dsqc follows, prints otherwise than 0.11.9: total bases; of duplication only the share of
the reads; poly-A and poly-G instead of SOLiD's adapter; sequences of 51 to 75 bases are cut to 50 before they are
counted; tiles are those of all of the first 10,000 reads; labels of one group of lengths.
"""

from pathlib import Path

import pytest

import dsqc
from dsqc.report.fastqc import render_data
from helpers.fastqc_text import differences, read_modules

GOLDEN = Path(__file__).parent / "fastqc"
SAME_ADAPTERS = 5
"""Columns of the adapter table that both versions have: the position and four adapters."""
OTHERWISE = {"Per tile sequence quality", "Overrepresented sequences"}
"""Of the simulated reads: their tiles are not sampled alike, and some are 51 to 75 bases long."""
MIXED_LENGTHS = {"Per sequence GC content": 1e-9}
"""GC contents of reads of different lengths are added in another order than FastQC does."""


def ours(name):
    """What dsqc measured, and its text without what 0.11.9 has not."""
    (item,) = dsqc.qc(GOLDEN / f"{name}.fastq.gz").files
    modules = read_modules(render_data(item.data))
    modules["Basic Statistics"] = [row for row in modules["Basic Statistics"] if row[0] != "Total Bases"]
    modules["Adapter Content"] = [row[:SAME_ADAPTERS] for row in modules["Adapter Content"]]
    return item.data, modules


def theirs(name):
    """FastQC 0.11.9's text without what 0.12.1 has not."""
    modules = read_modules((GOLDEN / f"{name}.fastqc-0.11.9.txt").read_text(encoding="utf-8"))
    levels = modules["Sequence Duplication Levels"]
    modules["Sequence Duplication Levels"] = [[row[0], row[2]] if len(row) == 3 else row for row in levels]
    modules["Adapter Content"] = [row[:SAME_ADAPTERS] for row in modules["Adapter Content"]]
    return modules


def test_fastqc_says_the_same_of_simulated_reads():
    _, modules = ours("simulated")
    expected = theirs("simulated")
    assert len(expected["Per base sequence quality"]) == 40
    assert set(differences(modules, expected, MIXED_LENGTHS)) == OTHERWISE


def test_fastqc_says_the_same_of_tiles_duplicates_adapters_and_words():
    data, modules = ours("illumina")
    expected = theirs("illumina")
    words = expected.pop("Kmer Content")[2:]
    assert differences(modules, expected) == {}

    table = data["tables"]["kmer_content"]
    assert data["metrics"]["enriched_kmer_count"] == len(words) == 20
    for number, (word, count, chance, enrichment, position) in enumerate(words):
        assert table["sequence"][number] == word
        assert 5 * table["count"][number] == int(count)
        # FastQC takes the chance of less off 1, whose last digit is 1e-16, and multiplies by 16,384 words.
        assert table["p_value"][number] == pytest.approx(float(chance), rel=1e-5, abs=1e-11)
        assert table["obs_exp_max"][number] == pytest.approx(float(enrichment), rel=1e-6)
        low, high = table["position_from"][number], table["position_to"][number]
        assert position == (str(low) if low == high else f"{low}-{high}")


def test_the_comparison_notices_a_difference():
    _, modules = ours("simulated")
    expected = theirs("simulated")
    expected["Per base sequence quality"][3][1] += "1"
    expected["Per base N content"][2][1] = "0.5"
    expected["Per sequence quality scores"].pop()
    expected["Sequence Length Distribution"][0] = ["fail"]
    expected["Per sequence GC content"][50][1] = "1.00001"
    del expected["Adapter Content"]
    assert len(set(differences(modules, expected, MIXED_LENGTHS)) - OTHERWISE) == 6
