"""FastQC's two text files out of what dsqc measured, so that MultiQC and other readers take dsqc's results today.

Shape, grouping of positions, number format and the pass/warn/fail limits follow FastQC 0.12.1 and its help pages
("Analysis Modules"). Only modules that dsqc measures are written. What differs, and why:

* of alignments only primary records count, FastQC counts secondary and supplementary ones as further reads;
* GC content is that of whole reads, evened out from counts by percentage (``dsqc.report.gc``); FastQC looks at the
  first 100 (or whole hundreds of) bases of longer reads;
* bases that are not A, C, G or T are all shown as N.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsqc.report.fastqc_shape import Group, java_double, length_groups, position_groups, short_bases
from dsqc.report.gc import gc_distribution
from dsqc.version import __version__

PERCENTILE_READS = 100
"""FastQC gives percentiles only for positions that more than this many reads reach."""

USUAL_ENCODING = "Sanger / Illumina 1.9"
"""What FastQC says of a file that has no qualities."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """One module of ``fastqc_data.txt``; ``status`` is ``pass``, ``warn`` or ``fail``."""

    name: str
    status: str
    headings: Row
    rows: tuple[Row, ...]


def render_data(data: Mapping[str, Any]) -> str:
    """``fastqc_data.txt`` of one data file.

    Args:
        data: content of a ``<stem>.dsqc.json``.
    """
    lines = ["##FastQC\t0.12.1", f"##Measured by\tdsqc {__version__}, written in the shape of FastQC 0.12.1"]
    for module in modules(data):
        lines.append(f">>{module.name}\t{module.status}")
        lines.append("#" + "\t".join(module.headings))
        lines.extend("\t".join(row) for row in module.rows)
        lines.append(">>END_MODULE")
    return "\n".join(lines) + "\n"


def render_summary(data: Mapping[str, Any]) -> str:
    """``summary.txt`` of one data file: status, module, file name."""
    name = data["file"]["name"]
    return "".join(f"{module.status.upper()}\t{module.name}\t{name}\n" for module in modules(data))


def modules(data: Mapping[str, Any]) -> list[Module]:
    """The modules that ``data`` has numbers for; a file without any read has only its basic statistics."""
    tables: Mapping[str, Any] = data.get("tables") or {}
    builders: list[tuple[str, str, Callable[[Mapping[str, Any]], Module]]] = [
        ("quality_by_position", "mean", _per_base_quality),
        ("read_quality", "reads", _per_sequence_quality),
        ("base_content", "a", _per_base_content),
        ("gc_content", "reads", _per_sequence_gc),
        ("base_content", "n", _per_base_n),
        ("read_length", "reads", _sequence_lengths),
    ]
    found = [_basic_statistics(data)]
    for table, column, build in builders:
        values = (tables.get(table) or {}).get(column) or []
        if any(value is not None for value in values):
            found.append(build(tables))
    return found


def _basic_statistics(data: Mapping[str, Any]) -> Module:
    metrics: Mapping[str, Any] = data.get("metrics") or {}
    shortest, longest = metrics.get("length_min") or 0, metrics.get("length_max") or 0
    rows = (
        ("Filename", str(data["file"]["name"])),
        ("File type", "Conventional base calls"),
        ("Encoding", metrics.get("quality_encoding") or USUAL_ENCODING),
        ("Total Sequences", str(metrics.get("read_count") or 0)),
        ("Total Bases", short_bases(metrics.get("base_count") or 0)),
        ("Sequences flagged as poor quality", "0"),
        ("Sequence length", str(longest) if shortest == longest else f"{shortest}-{longest}"),
        ("%GC", str(int(100 * (metrics.get("gc_fraction") or 0.0)))),
    )
    return Module("Basic Statistics", "pass", ("Measure", "Value"), rows)


def _per_base_quality(tables: Mapping[str, Any]) -> Module:
    """Fail: a lower quartile below 5 or a median below 20; warn: below 10 or below 25."""
    table = tables["quality_by_position"]
    headings = ("Base", "Mean", "Median", "Lower Quartile", "Upper Quartile", "10th Percentile", "90th Percentile")
    reads = table["reads"]
    rows: list[Row] = []
    status = "pass"
    for group in position_groups(table["position_from"], table["position_to"]):
        values = [_mean_of(table["mean"], group)]
        for column in ("median", "q1", "q3", "p10", "p90"):
            values.append(_mean_of(table[column], group, lambda index: (reads[index] or 0) > PERCENTILE_READS))
        rows.append((group.label, *(java_double(value) for value in values)))
        median, lower = values[1], values[2]
        status = _worse(status, lower < 5 or median < 20, lower < 10 or median < 25)
    return Module("Per base sequence quality", status, headings, tuple(rows))


def _per_sequence_quality(tables: Mapping[str, Any]) -> Module:
    """Fail: the most frequent quality of reads is below 20; warn: below 27."""
    table = tables["read_quality"]
    counts: dict[int, int] = {}
    for phred, reads in zip(table["mean_phred"], table["reads"], strict=True):
        counts[int(phred)] = counts.get(int(phred), 0) + int(reads)
    seen = [phred for phred, reads in counts.items() if reads]
    if not seen:
        return Module("Per sequence quality scores", "pass", ("Quality", "Count"), ())
    rows = tuple((str(q), java_double(float(counts.get(q, 0)))) for q in range(min(seen), max(seen) + 1))
    mode = max(seen, key=lambda phred: (counts[phred], -phred))
    return Module("Per sequence quality scores", _worse("pass", mode < 20, mode < 27), ("Quality", "Count"), rows)


def _per_base_content(tables: Mapping[str, Any]) -> Module:
    """Percentages of the called bases. Fail: A and T, or G and C, differ by more than 20; warn: by more than 10."""
    table = tables["base_content"]
    weights = _reads_at(tables)
    rows: list[Row] = []
    status = "pass"
    for group in position_groups(table["position_from"], table["position_to"]):
        sums = {base: _weighted_sum(table[base], group, weights) for base in "gatc"}
        called = sum(sums.values())
        percent = {base: 100 * value / called if called else math.nan for base, value in sums.items()}
        rows.append((group.label, *(java_double(percent[base]) for base in "gatc")))
        gap = max(abs(percent["a"] - percent["t"]), abs(percent["g"] - percent["c"]))
        status = _worse(status, gap > 20, gap > 10)
    return Module("Per base sequence content", status, ("Base", "G", "A", "T", "C"), tuple(rows))


def _per_sequence_gc(tables: Mapping[str, Any]) -> Module:
    """Fail: reads off a normal curve around the mode are more than 30 % of all; warn: more than 15 %."""
    counts = gc_distribution(tables) or [0.0] * 101
    rows = tuple((str(percent), java_double(reads)) for percent, reads in enumerate(counts))
    deviation = gc_deviation(counts)
    status = _worse("pass", deviation > 30, deviation > 15)
    return Module("Per sequence GC content", status, ("GC Content", "Count"), rows)


def _per_base_n(tables: Mapping[str, Any]) -> Module:
    """Fail: more than 20 % N at a position; warn: more than 5 %."""
    table = tables["base_content"]
    weights = _reads_at(tables)
    rows: list[Row] = []
    status = "pass"
    for group in position_groups(table["position_from"], table["position_to"]):
        total = sum(weights[index] if weights else 1.0 for index in group.indices)
        percent = 100 * _weighted_sum(table["n"], group, weights) / total if total else 0.0
        rows.append((group.label, java_double(percent)))
        status = _worse(status, percent > 20, percent > 5)
    return Module("Per base N content", status, ("Base", "N-Count"), tuple(rows))


def _sequence_lengths(tables: Mapping[str, Any]) -> Module:
    """Fail: a read of length 0; warn: reads differ in length."""
    table = tables["read_length"]
    rows = [
        (low, high, int(reads))
        for low, high, reads in zip(table["length_from"], table["length_to"], table["reads"], strict=True)
        if reads
    ]
    several = len(rows) > 1 or any(low != high for low, high, _ in rows)
    status = _worse("pass", any(low == 0 for low, _, _ in rows), several)
    text = tuple((label, java_double(float(reads))) for label, reads in length_groups(rows))
    return Module("Sequence Length Distribution", status, ("Length", "Count"), text)


def gc_deviation(counts: Sequence[float]) -> float:
    """Percentage of reads that lie off the normal curve FastQC draws around the modal GC content.

    The centre is the mean of the neighbouring percentages that hold more than nine tenths of the mode's reads; where
    they reach the edge (0 or 100 %), it is the mode itself. The width is the standard deviation around the centre.

    Args:
        counts: reads at 0, 1, ... 100 % GC.
    """
    total = sum(counts)
    if not total:
        return 0.0
    mode = max(range(len(counts)), key=lambda percent: counts[percent])
    near = counts[mode] * 0.9
    high = mode
    while high + 1 < len(counts) and counts[high + 1] > near:
        high += 1
    low = mode
    while low - 1 >= 0 and counts[low - 1] > near:
        low -= 1
    at_edge = high == len(counts) - 1 or low == 0
    centre = float(mode) if at_edge else (low + high) / 2
    spread = sum((percent - centre) ** 2 * reads for percent, reads in enumerate(counts)) / max(total - 1, 1)
    if not spread:
        return 0.0
    scale = total / math.sqrt(2 * math.pi * spread)
    expected = [scale * math.exp(-((percent - centre) ** 2) / (2 * spread)) for percent in range(len(counts))]
    return 100 * sum(abs(seen - model) for seen, model in zip(counts, expected, strict=True)) / total


def _worse(status: str, fail: bool, warn: bool) -> str:
    return "fail" if fail or status == "fail" else "warn" if warn or status == "warn" else "pass"


def _mean_of(values: Sequence[float | None], group: Group, keep: Callable[[int], bool] = lambda _: True) -> float:
    """Mean over the positions of ``group``, each position once; NaN where there is nothing."""
    total = weight = 0.0
    for index, width in zip(group.indices, group.widths, strict=True):
        value = values[index]
        if value is not None and keep(index):
            total += value * width
            weight += width
    return total / weight if weight else math.nan


def _weighted_sum(values: Sequence[float | None], group: Group, weights: Sequence[float]) -> float:
    return sum((values[index] or 0.0) * (weights[index] if weights else 1.0) for index in group.indices)


def _reads_at(tables: Mapping[str, Any]) -> list[float]:
    """Reads that reach each row of ``base_content``; empty (equal weights) where the two tables differ in rows."""
    quality = tables.get("quality_by_position") or {}
    reads = quality.get("reads") or []
    if quality.get("position_from") != tables["base_content"]["position_from"]:
        return []
    return [float(value or 0) for value in reads]
