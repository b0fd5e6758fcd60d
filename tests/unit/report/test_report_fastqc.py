"""FastQC's shape: groups, number format, limits of the modules; expected rows are FastQC 0.12.1's own."""

import itertools
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.metrics.positions import display_groups
from dsqc.report import fastqc
from dsqc.report.fastqc_shape import java_double, length_groups, short_bases
from helpers.qc_data import empty_file, qc_file


def labels(longest: int) -> list[str]:
    return [str(low) if low == high else f"{low}-{high}" for low, high in display_groups(longest)]


@pytest.mark.parametrize(
    ("longest", "rows", "some"),
    [
        (46, 46, ["1", "9", "46"]),
        (75, 75, ["75"]),
        (100, 55, ["9", "10-11", "98-99", "100"]),
        (150, 38, ["9", "10-14", "145-149", "150"]),
        (2486, 59, ["9", "10-49", "50-99", "2450-2486"]),
        (51094, 61, ["9", "10-999", "1000-1999", "51000-51094"]),
    ],
)
def test_positions_are_grouped_as_fastqc_groups_them(longest: int, rows: int, some: list[str]) -> None:
    found = labels(longest)
    assert len(found) == rows
    assert [label for label in found if label in some] == some


@given(st.integers(min_value=1, max_value=2_000_000))
def test_groups_cover_every_position_once(longest: int) -> None:
    limits = display_groups(longest)
    assert limits[0][0] == 1
    assert limits[-1][1] == longest
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(limits))
    assert longest <= 75 or len(limits) <= 75


@pytest.mark.parametrize(
    ("lengths", "first", "last", "rows"),
    [
        ([51], "51", "51", 1),
        ([55, 75], "55", "75", 21),
        ([30, 100], "30-31", "100-101", 36),
        ([30, 150], "30-34", "150-151", 25),
        ([3982, 9236], "3800-3999", "9200-9237", 28),
        ([4776, 51094], "4000-4999", "51000-51095", 48),
    ],
)
def test_lengths_are_grouped_as_fastqc_groups_them(lengths: list[int], first: str, last: str, rows: int) -> None:
    found = length_groups([(length, length, 7) for length in lengths], lengths[0], lengths[-1])
    assert (found[0][0], found[-1][0], len(found)) == (first, last, rows)
    assert sum(reads for _, reads in found) == 7 * len(lengths)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (39.0, "39.0"),
        (37.90360272638754, "37.90360272638754"),
        (0.0, "0.0"),
        (0.001, "0.001"),
        (0.0009999, "9.999E-4"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (12345678.0, "1.2345678E7"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-2.5e-5, "-2.5E-5"),
    ],
)
def test_numbers_are_printed_as_java_prints_them(value: float, text: str) -> None:
    assert java_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_printed_numbers_read_back(value: float) -> None:
    assert float(java_double(value)) == value


@pytest.mark.parametrize(
    ("bases", "text"),
    [
        (92, "92 bp"),
        (1900, "1.9 kbp"),
        (40_000, "40 kbp"),
        (178_199, "178.1 kbp"),
        (1_049_999, "1 Mbp"),
        (3 * 10**9, "3 Gbp"),
    ],
)
def test_bases_are_cut_not_rounded(bases: int, text: str) -> None:
    assert short_bases(bases) == text


def parsed(text: str) -> dict[str, tuple[str, list[list[str]]]]:
    """Status and rows of every module, read as MultiQC reads them."""
    found = {}
    for match in re.finditer(r">>([^\t\n]+)\t(pass|warn|fail)\n(?:#[^\n]*\n)*(.*?)>>END_MODULE", text, re.DOTALL):
        found[match[1]] = (match[2], [line.split("\t") for line in match[3].splitlines()])
    return found


def test_file_of_good_reads() -> None:
    data = qc_file(length=100)
    text = fastqc.render_data(data)
    assert text.startswith("##FastQC\t0.12.1\n")
    assert "dsqc" in text.splitlines()[1]
    modules = parsed(text)
    assert list(modules) == [
        "Basic Statistics",
        "Per base sequence quality",
        "Per sequence quality scores",
        "Per base sequence content",
        "Per sequence GC content",
        "Per base N content",
        "Sequence Length Distribution",
        "Sequence Duplication Levels",
        "Overrepresented sequences",
        "Adapter Content",
    ]
    basic = dict(modules["Basic Statistics"][1])
    assert basic["Filename"] == "leaf_R1.fastq.gz"
    assert basic["Total Sequences"] == "20000"
    assert basic["Total Bases"] == "2 Mbp"
    assert basic["Sequence length"] == "100"
    assert basic["%GC"] == "42"
    assert [row[0] for row in modules["Per base sequence quality"][1]] == labels(100)
    assert modules["Sequence Length Distribution"] == ("pass", [["100", "20000.0"]])
    assert len(modules["Per sequence GC content"][1]) == 101
    content = modules["Per base sequence content"][1]
    assert all(math.isclose(sum(float(value) for value in row[1:]), 100, abs_tol=1e-9) for row in content)


def test_summary_names_the_modules_of_the_data() -> None:
    data = qc_file()
    rows = [line.split("\t") for line in fastqc.render_summary(data).splitlines()]
    modules = parsed(fastqc.render_data(data))
    assert [(row[1], row[0].lower()) for row in rows] == [(name, status) for name, (status, _) in modules.items()]
    assert {row[2] for row in rows} == {"leaf_R1.fastq.gz"}


def test_percentiles_of_few_reads_are_not_given() -> None:
    rows = parsed(fastqc.render_data(qc_file(reads=100)))["Per base sequence quality"][1]
    assert {value for row in rows for value in row[2:]} == {"NaN"}
    rows = parsed(fastqc.render_data(qc_file(reads=101)))["Per base sequence quality"][1]
    assert all(float(value) > 0 for row in rows for value in row[1:])


def test_nothing_measured_leaves_the_basic_statistics() -> None:
    modules = parsed(fastqc.render_data(empty_file()))
    assert list(modules) == ["Basic Statistics"]
    assert dict(modules["Basic Statistics"][1])["Total Sequences"] == "0"


def test_a_name_as_it_stands_on_disk_is_kept() -> None:
    assert "Filename\t잎_1.fastq.gz\n" in fastqc.render_data(qc_file("잎_1.fastq.gz", reads=200))


def status_of(module: str, data: dict[str, Any]) -> str:
    return parsed(fastqc.render_data(data))[module][0]


@pytest.mark.parametrize(
    ("median", "q1", "status"),
    [(25.0, 10.0, "pass"), (24.9, 10.0, "warn"), (25.0, 9.9, "warn"), (19.9, 10.0, "fail"), (25.0, 4.9, "fail")],
)
def test_limits_of_base_quality(median: float, q1: float, status: str) -> None:
    data = qc_file()
    table = data["tables"]["quality_by_position"]
    rows = len(table["mean"])
    table["median"] = [30.0] * (rows - 1) + [median]
    table["q1"] = [20.0] * (rows - 1) + [q1]
    groups = parsed(fastqc.render_data(data))["Per base sequence quality"][1]
    assert float(groups[-1][2]) == median
    assert status_of("Per base sequence quality", data) == status


@pytest.mark.parametrize(("mode", "status"), [(28, "pass"), (27, "warn"), (21, "warn"), (20, "fail")])
def test_limits_of_read_quality(mode: int, status: str) -> None:
    data = qc_file()
    data["tables"]["read_quality"] = {"mean_phred": [10, mode], "reads": [5, 6]}
    assert status_of("Per sequence quality scores", data) == status


@pytest.mark.parametrize(("gap", "status"), [(0.099, "pass"), (0.101, "warn"), (0.201, "fail")])
@pytest.mark.parametrize("pair", ["at", "gc"])
def test_limits_of_base_content(gap: float, status: str, pair: str) -> None:
    data = qc_file(length=50)
    table = data["tables"]["base_content"]
    for base in "acgt":
        table[base] = [0.25] * 50
    table["n"] = [0.0] * 50
    table[pair[0]][10] += gap / 2
    table[pair[1]][10] -= gap / 2
    assert status_of("Per base sequence content", data) == status


@pytest.mark.parametrize(("share", "status"), [(0.05, "pass"), (0.051, "warn"), (0.21, "fail")])
def test_limits_of_n_content(share: float, status: str) -> None:
    data = qc_file(length=50)
    data["tables"]["base_content"]["n"] = [0.0] * 49 + [share]
    assert status_of("Per base N content", data) == status


@pytest.mark.parametrize(
    ("starts", "reads", "status"), [([100], [5], "pass"), ([99, 100], [5, 5], "warn"), ([0, 100], [1, 5], "fail")]
)
def test_limits_of_lengths(starts: list[int], reads: list[int], status: str) -> None:
    data = qc_file()
    data["tables"]["read_length"] = {"length_from": starts, "length_to": starts, "reads": reads}
    data["metrics"] |= {"length_min": starts[0], "length_max": starts[-1]}
    assert status_of("Sequence Length Distribution", data) == status


@pytest.mark.parametrize(("deviation", "status"), [(0.15, "pass"), (0.16, "warn"), (0.31, "fail"), (None, "pass")])
def test_limits_of_gc_content(deviation: float | None, status: str) -> None:
    data = qc_file()
    data["metrics"]["gc_deviation"] = deviation
    assert status_of("Per sequence GC content", data) == status


@pytest.mark.parametrize(("deviation", "status"), [(5.0, "pass"), (-5.1, "warn"), (-10.1, "fail")])
def test_limits_of_tiles(deviation: float, status: str) -> None:
    data = qc_file()
    data["tables"]["quality_by_tile"] = {
        "tile": [1101, 1102],
        "position_from": [10, 10],
        "position_to": [14, 14],
        "deviation": [0.5, deviation],
    }
    assert parsed(fastqc.render_data(data))["Per tile sequence quality"] == (
        status,
        [["1101", "10-14", "0.5"], ["1102", "10-14", str(deviation)]],
    )


@pytest.mark.parametrize(("left", "status"), [(0.7, "pass"), (0.69, "warn"), (0.5, "warn"), (0.49, "fail")])
def test_limits_of_duplication(left: float, status: str) -> None:
    data = qc_file()
    data["metrics"]["frac_reads_deduplicated"] = left
    text = fastqc.render_data(data)
    assert f">>Sequence Duplication Levels\t{status}\n#Total Deduplicated Percentage\t{left * 100!r}\n" in text
    assert "\n>10k+\t0.0\n>>END_MODULE" in text


@pytest.mark.parametrize(("percent", "status"), [(0.11, "warn"), (1.0, "warn"), (1.1, "fail")])
def test_limits_of_overrepresented_sequences(percent: float, status: str) -> None:
    data = qc_file()
    sequences = ["GGAATTCTCGGGTGCCAAGGAACTCCAGTCAC", "ACGT"]
    data["tables"]["overrepresented"] = {
        "sequence": sequences,
        "reads": [9, 8],
        "percent": [percent, 0.1],
        "source": ["", ""],
    }
    name = "RNA PCR Primer, Index 1 (100% over 32bp)"
    assert parsed(fastqc.render_data(data))["Overrepresented sequences"] == (
        status,
        [[sequences[0], "9", str(percent), name], ["ACGT", "8", "0.1", "No Hit"]],
    )


def test_without_overrepresented_sequences_there_are_no_headings() -> None:
    assert ">>Overrepresented sequences\tpass\n>>END_MODULE\n" in fastqc.render_data(qc_file())


@pytest.mark.parametrize(("percent", "status"), [(5.0, "pass"), (5.1, "warn"), (10.1, "fail")])
def test_limits_of_adapters(percent: float, status: str) -> None:
    data = qc_file()
    table = data["tables"]["adapter_content"]
    table["PolyG"][-1] = percent
    table["BGI/MGI Adapter, Read 1"][-1] = 99.0
    rows = parsed(fastqc.render_data(data))["Adapter Content"]
    assert rows[0] == status
    assert len(rows[1][0]) == 7


def test_reads_too_short_for_adapters_are_a_warning() -> None:
    data = qc_file()
    data["tables"]["adapter_content"] = {name: [] for name in data["tables"]["adapter_content"]}
    assert ">>Adapter Content\twarn\n>>END_MODULE\n" in fastqc.render_data(data)
