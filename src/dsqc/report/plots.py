"""The plots of a run page: tables of a ``<stem>.dsqc.json`` in, inline SVG out; nothing where nothing was measured."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from dsqc.language import Text
from dsqc.report.figures import SERIES, Line, Table
from dsqc.report.gc import gc_distribution
from dsqc.report.plots_modules import gc_model
from dsqc.report.svg import Canvas, Point

LOG_POSITIONS = 1000
"""Reads longer than this get a logarithmic position axis, so that their first bases stay visible."""
LOG_LENGTHS = 20
"""A length distribution whose longest read is this many times its shortest gets a logarithmic axis."""
MOST_BINS = 80
"""Bins of a length histogram; more are finer than a screen shows."""
Bin = tuple[float, float, float]

READS_SHARE = Text("reads (%)", "리드 비율 (%)")
POSITION = Text("position in read (bases)", "리드 내 위치 (염기)")


def quality_by_position(name: str, table: Table) -> Markup:
    """Mean quality over positions within its quartiles and its 10th to 90th percentile.

    Args:
        name: unique in the page.
        table: ``quality_by_position``; empty for a file of which nothing was measured.
    """
    centres = _centres(table)
    mean = _points(centres, table, "mean")
    if not mean:
        return Markup("")
    bounds = [value for column in ("p90", "mean") for _, value in _points(centres, table, column)]
    canvas = _position_canvas(name, table, max(42, math.ceil(max(bounds)) + 2))
    for low, high, style in ((0, 20, "bad"), (20, 28, "fair"), (28, math.inf, "good")):
        canvas.zone(low, high, f"zone {style}")
    for lower, upper, style in (("p10", "p90", "outer"), ("q1", "q3", "inner")):
        both = [index for index, _ in enumerate(centres) if _has(table, lower, index) and _has(table, upper, index)]
        canvas.band(
            [(centres[index], table[lower][index]) for index in both],
            [(centres[index], table[upper][index]) for index in both],
            f"band {style}",
        )
    canvas.line(_points(centres, table, "median"), "line median")
    canvas.line(mean, "line mean")
    canvas.axes(POSITION, Text("quality (Phred)", "품질 (Phred)"))
    worst = min(value for _, value in mean)
    return canvas.render(
        Text("Quality by position", "위치별 품질"),
        Text(
            f"Mean quality over {len(mean)} positions, lowest {worst:.1f}.",
            f"위치 {len(mean)}곳의 평균 품질, 최저 {worst:.1f}.",
        ),
    )


def base_content(name: str, table: Table) -> Markup:
    """Share of A, C, G, T and N over positions; arguments as in :func:`quality_by_position`."""
    centres = _centres(table)
    lines = {base: _points(centres, table, base, 100.0) for base in "acgtn"}
    if not any(lines.values()):
        return Markup("")
    top = max(value for points in lines.values() for _, value in points)
    canvas = _position_canvas(name, table, 100 if top > 60 else max(40, math.ceil(top) + 2))
    for base, points in lines.items():
        canvas.line(points, f"line base-{base}")
    canvas.axes(POSITION, Text("bases (%)", "염기 비율 (%)"))
    ends = ", ".join(f"{base.upper()} {points[-1][1]:.0f} %" for base, points in lines.items() if points)
    return canvas.render(
        Text("Base content by position", "위치별 염기 조성"),
        Text(f"At the last position: {ends}.", f"마지막 위치: {ends}."),
    )


def gc_content(name: str, tables: Sequence[Table]) -> Markup:
    """Distribution of the GC content of reads, one outline a file.

    Args:
        name: unique in the page.
        tables: all tables of each file, in the order of the files; read lengths even out the GC content.
    """
    bins = []
    for table in tables:
        counts = gc_distribution(table)
        total = sum(counts)
        bins.append([(percent - 0.5, percent + 0.5, 100 * count / total) for percent, count in enumerate(counts)])
    models = [gc_model(table.get("gc_model") or {}) for table in tables] if len(tables) == 1 else []
    return _histogram(
        name,
        bins,
        Text("GC content of reads", "리드 GC 함량"),
        Text("GC content (%)", "GC 함량 (%)"),
        x_range=(-0.5, 100.5),
        lines=[model for model in models if model],
    )


def read_quality(name: str, tables: Sequence[Table]) -> Markup:
    """Distribution of the mean quality of reads, one outline a file.

    Args:
        name: unique in the page.
        tables: ``read_quality`` of each file, in the order of the files.
    """
    bins = [[(phred - 0.5, phred + 0.5, share) for phred, share in _shares(table, "mean_phred")] for table in tables]
    longest = max((high for rows in bins for _, high, share in rows if share > 0), default=42.0)
    return _histogram(
        name,
        bins,
        Text("Quality of reads", "리드 품질"),
        Text("mean quality of the read (Phred)", "리드 평균 품질 (Phred)"),
        x_range=(-0.5, max(42.5, longest)),
    )


def read_length(name: str, tables: Sequence[Table]) -> Markup:
    """Distribution of read lengths, one outline a file; arguments as in :func:`read_quality`."""
    rows = [_length_rows(table) for table in tables]
    known = [row for file_rows in rows for row in file_rows]
    if not known:
        return Markup("")
    shortest, longest = min(low for low, _, _ in known), max(high for _, high, _ in known)
    log = longest >= LOG_LENGTHS * max(shortest, 1)
    if shortest == longest:
        shortest, longest = max(shortest - 5, 0), longest + 5
    edges = _length_edges(max(shortest, 1) - 0.5 if log else shortest - 0.5, longest + 0.5, log=log)
    return _histogram(
        name,
        [_rebin(file_rows, edges) for file_rows in rows],
        Text("Read length", "리드 길이"),
        Text("read length (bases)", "리드 길이 (염기)"),
        x_range=(edges[0], edges[-1]),
        log=log,
    )


def _histogram(
    name: str,
    bins: Sequence[Sequence[Bin]],
    title: Text,
    x_title: Text,
    *,
    x_range: tuple[float, float],
    log: bool = False,
    lines: Sequence[Line] = (),
) -> Markup:
    heights = [height for rows in bins for _, _, height in rows]
    if not any(heights):
        return Markup("")
    highest = max([*heights, *(height for line in lines for _, height in line.points)])
    canvas = Canvas.frame(name, x_range, (0, highest * 1.06), log=log)
    for number, rows in enumerate(bins):
        canvas.steps(rows, f"steps s{number % SERIES}")
    for line in lines:
        canvas.line(line.points, line.style)
    canvas.axes(x_title, READS_SHARE)
    modes = [max(rows, key=lambda row: row[2]) for rows in bins if rows]
    peaks = ", ".join(f"{(low + high) / 2:.0f}" for low, high, _ in modes)
    return canvas.render(title, Text(f"Most frequent: {peaks}.", f"최빈값: {peaks}."))


def _centres(table: Table) -> list[float]:
    """The middle of each row; the geometric one where the axis will be logarithmic."""
    rows = list(zip(table.get("position_from") or (), table.get("position_to") or (), strict=True))
    if rows and rows[-1][1] > LOG_POSITIONS:
        return [math.sqrt(low * high) for low, high in rows]
    return [(low + high) / 2 for low, high in rows]


def _position_canvas(name: str, table: Table, top: float) -> Canvas:
    longest = max(table["position_to"])
    return Canvas.frame(name, (1, max(longest, 2)), (0, top), log=longest > LOG_POSITIONS)


def _has(table: Table, column: str, index: int) -> bool:
    values = table.get(column) or ()
    return index < len(values) and values[index] is not None


def _points(centres: Sequence[float], table: Table, column: str, factor: float = 1.0) -> list[Point]:
    """The rows of ``column`` that hold a value."""
    return [
        (centre, table[column][index] * factor) for index, centre in enumerate(centres) if _has(table, column, index)
    ]


def _shares(table: Table, column: str) -> list[tuple[float, float]]:
    """Value and percentage of reads, of every row."""
    reads = [count or 0 for count in table.get("reads") or ()]
    total = sum(reads)
    if not total:
        return []
    return [(value, 100 * count / total) for value, count in zip(table[column], reads, strict=True)]


def _length_rows(table: Table) -> list[Bin]:
    """Length from, length to, percentage of reads; rows without reads left out."""
    reads = [count or 0 for count in table.get("reads") or ()]
    total = sum(reads)
    return [
        (low, high, 100 * count / total)
        for low, high, count in zip(table.get("length_from") or (), table.get("length_to") or (), reads, strict=True)
        if count
    ]


def _length_edges(shortest: float, past: float, *, log: bool) -> list[float]:
    """Edges of the bins: a base each where that fits, else whole bases in even or in equally growing steps."""
    if log:
        steps = math.log(past / shortest) / MOST_BINS
        raw = [shortest * math.exp(index * steps) for index in range(MOST_BINS + 1)]
        return sorted({math.floor(value) + 0.5 for value in raw})
    width = max(1, math.ceil((past - shortest) / MOST_BINS))
    count = math.ceil((past - shortest) / width)
    return [shortest + index * width for index in range(count + 1)]


def _rebin(rows: Sequence[Bin], edges: Sequence[float]) -> list[Bin]:
    """Rows put into the bins of ``edges``; a row wider than a bin is spread evenly over those it covers."""
    heights = [0.0] * (len(edges) - 1)
    for low, high, share in rows:
        first, past = low - 0.5, high + 0.5
        for index in range(len(heights)):
            overlap = min(past, edges[index + 1]) - max(first, edges[index])
            if overlap > 0:
                heights[index] += share * overlap / (past - first)
    return [(edges[index], edges[index + 1], height) for index, height in enumerate(heights)]
