"""FastQC's two text files out of what dsqc measured, so that MultiQC and other readers take dsqc's results today.

Modules, shape, number format and the pass/warn/fail limits follow FastQC 0.12.1 and its help pages ("Analysis
Modules"); values agree to the printed digits (``tests/integration/test_fastqc_parity.py``). What differs, and why:

* of alignments only primary records count, FastQC counts secondary and supplementary ones as further reads;
* bases that are not A, C, G, T or U are all shown as N, and U counts as T: FastQC knows neither U nor other letters;
* GC contents of reads of different lengths are added in another order, so the last digits may differ;
* overrepresented sequences are named after those rows of ``schemas/sequences/contaminants.tsv`` that FastQC has too.

The module "Kmer Content" is left out, as FastQC leaves it out by default (``limits.txt``).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from dsqc.metrics.contaminants import adapters, source_of
from dsqc.report.fastqc_shape import java_double, label, length_groups, short_bases
from dsqc.version import __version__

PERCENTILE_READS = 100
"""FastQC gives percentiles only for positions that more than this many reads reach."""

USUAL_ENCODING = "Sanger / Illumina 1.9"
"""What FastQC says of a file that has no qualities."""

Row = tuple[str, ...]
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Module:
    """One module of ``fastqc_data.txt``.

    Attributes:
        name: FastQC's name.
        status: ``pass``, ``warn`` or ``fail``.
        headings: names of the columns; lines before the rows start with ``#``.
        rows: what was found; without any, there are no headings either.
        totals: a line above the headings: what, and its value.
    """

    name: str
    status: str
    headings: Row
    rows: tuple[Row, ...]
    totals: Row = ()


def render_data(data: Data) -> str:
    """``fastqc_data.txt`` of one data file.

    Args:
        data: content of a ``<stem>.dsqc.json``.
    """
    lines = ["##FastQC\t0.12.1", f"##Measured by\tdsqc {__version__}, written in the shape of FastQC 0.12.1"]
    for module in modules(data):
        lines.append(f">>{module.name}\t{module.status}")
        for heading in (module.totals, module.headings):
            if heading and module.rows:
                lines.append("#" + "\t".join(heading))
        lines.extend("\t".join(row) for row in module.rows)
        lines.append(">>END_MODULE")
    return "\n".join(lines) + "\n"


def render_summary(data: Data) -> str:
    """``summary.txt`` of one data file: status, module, file name."""
    name = data["file"]["name"]
    return "".join(f"{module.status.upper()}\t{module.name}\t{name}\n" for module in modules(data))


def modules(data: Data) -> list[Module]:
    """The modules that ``data`` has numbers for; a file without any read has only its basic statistics."""
    tables: Data = data.get("tables") or {}
    builders: list[tuple[str, str, Callable[[Data], Module]]] = [
        ("quality_by_position", "mean", _per_base_quality),
        ("quality_by_tile", "deviation", _per_tile_quality),
        ("read_quality", "reads", _per_sequence_quality),
        ("base_content", "a", _per_base_content),
        ("gc_model", "reads", _per_sequence_gc),
        ("base_content", "n", _per_base_n),
        ("read_length", "reads", _sequence_lengths),
        ("duplication_levels", "percent", _duplication),
        ("duplication_levels", "percent", _overrepresented),
        ("duplication_levels", "percent", _adapters),
    ]
    found = [_basic_statistics(data)]
    for table, column, build in builders:
        values = (tables.get(table) or {}).get(column) or []
        if any(value is not None for value in values):
            found.append(build(data))
    return found


def _basic_statistics(data: Data) -> Module:
    metrics: Data = data.get("metrics") or {}
    shortest, longest = metrics.get("length_min") or 0, metrics.get("length_max") or 0
    rows = (
        ("Filename", str(data["file"]["name"])),
        ("File type", "Conventional base calls"),
        ("Encoding", metrics.get("quality_encoding") or USUAL_ENCODING),
        ("Total Sequences", str(metrics.get("read_count") or 0)),
        ("Total Bases", short_bases(metrics.get("base_count") or 0)),
        ("Sequences flagged as poor quality", "0"),
        ("Sequence length", str(longest) if shortest == longest else f"{shortest}-{longest}"),
        # Cut, not rounded; a whole percentage may stand a rounding below itself.
        ("%GC", str(int(100 * (metrics.get("gc_fraction") or 0.0) + 1e-9))),
    )
    return Module("Basic Statistics", "pass", ("Measure", "Value"), rows)


def _per_base_quality(data: Data) -> Module:
    """Fail: a lower quartile below 5 or a median below 20; warn: below 10 or below 25."""
    table = data["tables"]["quality_by_position"]
    headings = ("Base", "Mean", "Median", "Lower Quartile", "Upper Quartile", "10th Percentile", "90th Percentile")
    rows: list[Row] = []
    status = "pass"
    for index, position in enumerate(_labels(table)):
        enough = (table["reads"][index] or 0) > PERCENTILE_READS
        values = [_number(table["mean"][index])]
        for column in ("median", "q1", "q3", "p10", "p90"):
            values.append(_number(table[column][index]) if enough else math.nan)
        rows.append((position, *(java_double(value) for value in values)))
        median, lower = values[1], values[2]
        status = _worse(status, lower < 5 or median < 20, lower < 10 or median < 25)
    return Module("Per base sequence quality", status, headings, tuple(rows))


def _per_tile_quality(data: Data) -> Module:
    """Fail: a tile's mean is more than 10 off the mean over tiles; warn: more than 5."""
    table = data["tables"]["quality_by_tile"]
    width = table["tile"].count(table["tile"][0])  # every tile has all groups of positions
    labels = _labels({name: table[name][:width] for name in ("position_from", "position_to")})
    columns = (map(str, table["tile"]), cycle(labels), map(java_double, table["deviation"]))
    rows = tuple(zip(*columns, strict=False))
    largest = max(abs(deviation) for deviation in table["deviation"])
    status = _worse("pass", largest > 10, largest > 5)
    return Module("Per tile sequence quality", status, ("Tile", "Base", "Mean"), rows)


def _per_sequence_quality(data: Data) -> Module:
    """Fail: the most frequent quality of reads is 20 or below; warn: 27 or below."""
    table = data["tables"]["read_quality"]
    counts = dict(zip(table["mean_phred"], table["reads"], strict=True))
    seen = [phred for phred, reads in counts.items() if reads]
    headings = ("Quality", "Count")
    if not seen:
        return Module("Per sequence quality scores", "pass", headings, ())
    rows = tuple((str(q), java_double(float(counts.get(q, 0)))) for q in range(min(seen), max(seen) + 1))
    mode = max(seen, key=lambda phred: (counts[phred], -phred))
    return Module("Per sequence quality scores", _worse("pass", mode <= 20, mode <= 27), headings, rows)


def _per_base_content(data: Data) -> Module:
    """Percentages of the called bases. Fail: A and T, or G and C, differ by more than 20; warn: by more than 10."""
    table = data["tables"]["base_content"]
    rows: list[Row] = []
    status = "pass"
    for index, position in enumerate(_labels(table)):
        counts = {base: _count(table, base, index) for base in "gatc"}
        called = sum(counts.values())
        percent = {base: count / called * 100 if called else math.nan for base, count in counts.items()}
        rows.append((position, *(java_double(percent[base]) for base in "gatc")))
        gap = max(abs(percent["a"] - percent["t"]), abs(percent["g"] - percent["c"]))
        status = _worse(status, gap > 20, gap > 10)
    return Module("Per base sequence content", status, ("Base", "G", "A", "T", "C"), tuple(rows))


def _per_sequence_gc(data: Data) -> Module:
    """Fail: reads off a normal curve around the peak are more than 30 % of all; warn: more than 15 %."""
    table = data["tables"]["gc_model"]
    rows = tuple(
        (str(percent), java_double(reads)) for percent, reads in zip(table["gc_percent"], table["reads"], strict=True)
    )
    deviation = 100 * _number((data.get("metrics") or {}).get("gc_deviation"))
    status = _worse("pass", deviation > 30, deviation > 15)
    return Module("Per sequence GC content", status, ("GC Content", "Count"), rows)


def _per_base_n(data: Data) -> Module:
    """Fail: more than 20 % N at a position; warn: more than 5 %."""
    table = data["tables"]["base_content"]
    rows: list[Row] = []
    status = "pass"
    for index, position in enumerate(_labels(table)):
        percent = 100 * (_count(table, "n", index) / table["bases"][index]) if table["bases"][index] else math.nan
        rows.append((position, java_double(percent)))
        status = _worse(status, percent > 20, percent > 5)
    return Module("Per base N content", status, ("Base", "N-Count"), tuple(rows))


def _sequence_lengths(data: Data) -> Module:
    """Fail: a read of length 0; warn: reads differ in length."""
    table = data["tables"]["read_length"]
    columns = (table["length_from"], table["length_to"], table["reads"])
    rows = [(low, high, int(reads)) for low, high, reads in zip(*columns, strict=True) if reads]
    shortest, longest = int(data["metrics"]["length_min"]), int(data["metrics"]["length_max"])
    status = _worse("pass", shortest == 0, shortest != longest)
    text = tuple((name, java_double(float(reads))) for name, reads in length_groups(rows, shortest, longest))
    return Module("Sequence Length Distribution", status, ("Length", "Count"), text)


def _duplication(data: Data) -> Module:
    """Fail: fewer than 50 % of the reads would be left without duplicates; warn: fewer than 70 %."""
    table = data["tables"]["duplication_levels"]
    left = _number(data["metrics"]["frac_reads_deduplicated"]) * 100
    rows = tuple((level, java_double(value)) for level, value in zip(table["level"], table["percent"], strict=True))
    totals = ("Total Deduplicated Percentage", java_double(left))
    headings = ("Duplication Level", "Percentage of total")
    return Module("Sequence Duplication Levels", _worse("pass", left < 50, left < 70), headings, rows, totals)


def _overrepresented(data: Data) -> Module:
    """Fail: a sequence that more than 1 % of the reads have; warn: more than 0.1 %."""
    table = data["tables"]["overrepresented"]
    columns = (table["sequence"], table["reads"], table["percent"])
    rows = tuple(
        (sequence, str(reads), java_double(percent), source_of(sequence, as_fastqc=True) or "No Hit")
        for sequence, reads, percent in zip(*columns, strict=True)
    )
    status = _worse("pass", bool(rows) and table["percent"][0] > 1, bool(rows))
    headings = ("Sequence", "Count", "Percentage", "Possible Source")
    return Module("Overrepresented sequences", status, headings, rows)


def _adapters(data: Data) -> Module:
    """Fail: more than 10 % of the reads have an adapter; warn: more than 5 %, or no read is longer than one."""
    table = data["tables"]["adapter_content"]
    names = [item.name for item in adapters() if item.in_fastqc]
    rows = tuple(
        (position, *(java_double(table[name][index]) for name in names))
        for index, position in enumerate(_labels(table))
    )
    most = max((table[name][-1] for name in names), default=0.0) if rows else 0.0
    status = _worse("pass", most > 10, most > 5 or not rows)
    return Module("Adapter Content", status, ("Position", *names), rows)


def _worse(status: str, fail: bool, warn: bool) -> str:
    return "fail" if fail or status == "fail" else "warn" if warn or status == "warn" else "pass"


def _labels(table: Data) -> list[str]:
    return [label(low, high) for low, high in zip(table["position_from"], table["position_to"], strict=True)]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _count(table: Mapping[str, Sequence[float]], column: str, index: int) -> int:
    """Bases out of their share: exact, a share has 53 bits."""
    return round(table[column][index] * table["bases"][index])
