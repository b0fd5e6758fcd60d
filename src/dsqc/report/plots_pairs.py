"""Plots of pairs and alignments: fragments, mapping quality, depth, differences, GC bias."""

import math
from collections.abc import Sequence
from itertools import accumulate

from dsqc.language import Text
from dsqc.report.figures import Figure, LegendItem, Line, Table, column, legend_of, line_plot, middles, numbered
from dsqc.report.svg import Canvas, Point

FRAGMENT = Text("fragment length (bases)", "절편 길이 (염기)")
MOST_POINTS = 300
"""Points of a line; more are finer than a screen shows."""
LOG_CYCLES = 1000
"""Reads longer than this get a logarithmic axis of cycles."""
COVERED = 0.005
"""Share of positions below which the depth plot ends."""


def _thinned(values: Sequence[float], counts: Sequence[float]) -> list[Point]:
    """Counts by value, neighbours added up where there are more than MOST_POINTS."""
    if not values:
        return []
    width = max(1, math.ceil((values[-1] - values[0] + 1) / MOST_POINTS))
    bins: dict[int, float] = {}
    for value, count in zip(values, counts, strict=True):
        place = int((value - values[0]) // width)
        bins[place] = bins.get(place, 0) + count
    return [(values[0] + place * width + (width - 1) / 2, bins.get(place, 0) / width) for place in range(max(bins) + 1)]


def insert_overlap(name: str, table: Table) -> Figure | None:
    """Overlapping pairs by the length of their fragment."""
    title = Text("Fragment length by overlap", "겹침으로 본 절편 길이")
    points = _thinned(column(table, "length"), column(table, "pairs"))
    lines = [Line(Text("pairs", "쌍"), points, "line s0", "--s0")]
    svg = line_plot(name, title, (FRAGMENT, Text("pairs of a length", "길이별 쌍의 수")), lines)
    return Figure(title, svg) if svg else None


def overlap_mismatches(name: str, table: Table) -> Figure | None:
    """How often overlapping mates differ, by the lower of both qualities, against what the quality says."""
    title = Text("Differences between overlapping mates", "겹치는 메이트 사이의 차이")
    rows = [
        (phred, 100 * mismatches / bases)
        for phred, bases, mismatches in zip(
            column(table, "phred"), column(table, "bases"), column(table, "mismatches"), strict=True
        )
        if bases >= 100
    ]
    if len(rows) < 2:
        return None
    said = [(phred, 100 * 10 ** (-phred / 10)) for phred, _ in rows]
    lines = [
        Line(Text("differences seen", "관찰된 차이"), rows, "line s0", "--s0"),
        Line(Text("error that the quality says", "품질이 말하는 오류"), said, "line s1", "--s1"),
    ]
    top = max(max(y for _, y in rows) * 1.06, 1.0)
    clipped = [Line(line.name, [(x, min(y, top)) for x, y in line.points], line.style, line.colour) for line in lines]
    axes = (Text("lower quality of both bases (Phred)", "두 염기 중 낮은 품질 (Phred)"), Text("bases (%)", "염기 (%)"))
    return Figure(title, line_plot(name, title, axes, clipped, top=top), legend_of(clipped))


def insert_size(name: str, table: Table) -> Figure | None:
    """Mapped pairs by their insert size and orientation."""
    title = Text("Insert size", "삽입 크기")
    sizes = column(table, "size")
    kinds = (
        ("inward", Text("inward", "안쪽")),
        ("outward", Text("outward", "바깥쪽")),
        ("other", Text("other", "그 밖")),
    )
    shown = [(key, text) for key, text in kinds if any(column(table, key))]
    lines = numbered([text for _, text in shown], [_thinned(sizes, column(table, key)) for key, _ in shown])
    axes = (Text("insert size (bases)", "삽입 크기 (염기)"), Text("pairs of a size", "크기별 쌍의 수"))
    svg = line_plot(name, title, axes, lines)
    return Figure(title, svg, legend_of(lines)) if svg else None


def mapping_quality(name: str, tables: Sequence[Table], files: Sequence[str]) -> Figure | None:
    """Share of records by mapping quality, an outline a file."""
    title = Text("Mapping quality", "매핑 품질")
    rows = []
    for table in tables:
        total = sum(column(table, "records"))
        rows.append([
            (quality - 0.5, quality + 0.5, 100 * records / total)
            for quality, records in zip(column(table, "mapping_quality"), column(table, "records"), strict=True)
            if total
        ])  # fmt: skip
    bars = [bar for row in rows for bar in row]
    if not bars:
        return None
    canvas = Canvas.frame(name, (-0.5, max(high for _, high, _ in bars)), (0, max(share for *_, share in bars) * 1.06))
    for number, row in enumerate(rows):
        canvas.steps(row, f"steps s{number % 6}")
    canvas.axes(Text("mapping quality", "매핑 품질"), Text("records (%)", "레코드 비율 (%)"))
    best = max(bars, key=lambda bar: bar[2])
    note = Text(f"Most frequent: {best[0] + 0.5:.0f}.", f"최빈값: {best[0] + 0.5:.0f}.")
    legend = (
        [LegendItem(file, f"--s{number % 6}", "box") for number, file in enumerate(files)] if len(files) > 1 else []
    )
    return Figure(title, canvas.render(title, note), legend)


def coverage(name: str, tables: Sequence[Table], files: Sequence[str]) -> Figure | None:
    """Share of reference positions that are covered at least so deep, a line a file."""
    title = Text("Depth of coverage", "커버리지 깊이")
    points = []
    for table in tables:
        positions = column(table, "positions")
        total = sum(positions)
        deeper = list(accumulate(reversed(positions)))[::-1]
        rows = [
            (low, 100 * left / total) for low, left in zip(column(table, "depth_from"), deeper, strict=True) if total
        ]
        points.append([row for row in rows if row[1] >= 100 * COVERED] or rows[:2])
    lines = numbered(files, points)
    axes = (Text("depth at least", "깊이 (이상)"), Text("positions (%)", "위치 비율 (%)"))
    svg = line_plot(name, title, axes, lines, top=100)
    return Figure(title, svg, legend_of(lines)) if svg else None


def mismatches(name: str, table: Table) -> Figure | None:
    """Differences from the reference by cycle, in per cent of the aligned bases there."""
    title = Text("Differences by cycle", "사이클별 차이")
    places = middles(table, "cycle")
    compared = column(table, "compared")
    aligned = [one + other for one, other in zip(compared, column(table, "uncompared"), strict=True)]
    kinds = (
        ("mismatches", Text("mismatches", "불일치"), compared),
        ("no_calls", Text("N", "N"), compared),
        ("insertions", Text("insertions", "삽입"), aligned),
        ("deletions", Text("deletions", "결실"), aligned),
    )
    shown = [(key, text, bases) for key, text, bases in kinds if any(column(table, key))]
    points = [
        [(x, 100 * count / of) for x, count, of in zip(places, column(table, key), bases, strict=True) if of]
        for key, _, bases in shown
    ]
    lines = numbered([text for _, text, _ in shown], points)
    axes = (Text("cycle", "사이클"), Text("of aligned bases (%)", "정렬된 염기 대비 (%)"))
    svg = line_plot(name, title, axes, lines, log=bool(places) and places[-1] > LOG_CYCLES)
    return Figure(title, svg, legend_of(lines)) if svg else None


def gc_bias(name: str, table: Table) -> Figure | None:
    """Depth of windows of the reference by their GC content: median, quartiles, 10th to 90th percentile."""
    title = Text("Depth by GC content", "GC 함량별 깊이")
    percents = column(table, "gc_percent")
    if len(percents) < 2:
        return None
    canvas = Canvas.frame(name, (percents[0], percents[-1]), (0, max(max(column(table, "p90")) * 1.06, 1e-9)))
    bounds = {
        key: list(zip(percents, column(table, key), strict=True)) for key in ("p10", "p25", "median", "p75", "p90")
    }
    canvas.band(bounds["p10"], bounds["p90"], "band outer")
    canvas.band(bounds["p25"], bounds["p75"], "band inner")
    canvas.line(bounds["median"], "line mean")
    canvas.axes(Text("GC content of the window (%)", "창의 GC 함량 (%)"), Text("depth", "깊이"))
    note = Text(
        f"{sum(column(table, 'windows')):,} windows of the reference that reads begin in.",
        f"리드가 시작하는 참조 서열 창 {sum(column(table, 'windows')):,}개.",
    )
    legend = [
        LegendItem(Text("median window", "창의 중앙값"), "--ink"),
        LegendItem(Text("quartiles", "사분위"), "--band", "box", 0.5),
        LegendItem(Text("10th to 90th percentile", "10~90 백분위"), "--band", "box", 0.2),
    ]
    return Figure(title, canvas.render(title, note), legend)
