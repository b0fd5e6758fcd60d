"""Plots of long reads: length against quality, both ends, a nanopore's channels and hours."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from dsqc.language import Text
from dsqc.report.figures import Figure, LegendItem, Line, Table, column, legend_of, line_plot, scale_legend
from dsqc.report.raster import AMOUNT, amounts, png
from dsqc.report.svg import Canvas

FROM_END = Text("bases from the end of the read", "리드 끝에서의 거리 (염기)")
MOST_ON_MINION = 512


def length_quality(name: str, table: Table) -> Figure | None:
    """Bases by the length of their read and its quality by mean error."""
    lows, phred, bases = column(table, "length_from"), column(table, "phred"), column(table, "bases")
    if not bases:
        return None
    edges = sorted(set(lows))
    steps = [max(low, 50) for low in edges]
    # Length bins are equally wide on the logarithmic axis, but for the first; bins without reads keep their room.
    first, last = _bin(min(steps)), _bin(max(steps))
    highest = min(max(max(phred) + 1, 20), 61)
    cells = np.zeros((highest, last - first + 1))
    for low, quality, number in zip(lows, phred, bases, strict=True):
        cells[min(quality, highest - 1), _bin(max(low, 50)) - first] += number
    canvas = Canvas.frame(name, (10 ** (first / 10), 10 ** ((last + 1) / 10)), (0, highest), log=True)
    canvas.picture(png(amounts(cells[::-1]), AMOUNT))
    canvas.axes(
        Text("read length (bases)", "리드 길이 (염기)"),
        Text("read quality (mean error, Phred)", "리드 품질 (평균 오류, Phred)"),
        grid=False,
    )
    place = bases.index(max(bases))
    title = Text("Length and quality of reads", "리드 길이와 품질")
    note = Text(
        f"Most bases lie in reads from {lows[place]:,} bases on of quality {phred[place]}.",
        f"염기가 가장 많은 곳: {lows[place]:,}염기 이상, 품질 {phred[place]}.",
    )
    legend = scale_legend(AMOUNT, Text("few bases", "염기 적음"), "", Text("most bases", "염기 가장 많음"))
    return Figure(title, canvas.render(title, note), legend)


def _bin(length: float) -> int:
    return round(10 * math.log10(length) - 0.02)


def end_quality(name: str, table: Table) -> Figure | None:
    """Mean quality at the first and at the last bases of reads."""
    title = Text("Quality at both ends", "양 끝의 품질")
    lines = _ends(table, "mean_phred", lambda value: value)
    svg = line_plot(name, title, (FROM_END, Text("mean quality (Phred)", "평균 품질 (Phred)")), lines)
    return Figure(title, svg, legend_of(lines)) if svg else None


def _ends(table: Table, key: str, convert: Callable[[float], float]) -> list[Line]:
    lines = []
    for number, (end, text) in enumerate(
        (("first", Text("first bases", "첫 염기")), ("last", Text("last bases", "마지막 염기")))
    ):
        points = [
            (position, convert(value))
            for side, position, value in zip(
                column(table, "end"), column(table, "position"), column(table, key), strict=True
            )
            if side == end and value is not None
        ]
        lines.append(Line(text, points, f"line s{number}", f"--s{number}"))
    return lines


def end_content(name: str, table: Table, end: str) -> Figure | None:
    """Share of A, C, G and T at the ``first`` or ``last`` bases of reads."""
    first = end == "first"
    title = (
        Text("Bases at the beginning", "첫머리의 염기 조성") if first else Text("Bases at the end", "끝의 염기 조성")
    )
    number = 0 if first else 1
    lines = [
        Line(base.upper(), _ends(table, base, lambda share: 100 * share)[number].points, f"line base-{base}",
             f"--base-{base}")
        for base in "acgtn"
    ]  # fmt: skip
    svg = line_plot(f"{name}-{end}", title, (FROM_END, Text("bases (%)", "염기 비율 (%)")), lines)
    legend = [LegendItem(line.name, line.colour) for line in lines]
    return Figure(title, svg, legend) if svg else None


def hours(name: str, tables: Sequence[Table], files: Sequence[str]) -> Figure | None:
    """Bases by the hour in which their read started, an outline a file."""
    title = Text("Bases by hour", "시간별 염기 수")
    rows = [list(zip(column(table, "hour"), column(table, "bases"), strict=True)) for table in tables]
    highest = max((bases for row in rows for _, bases in row), default=0)
    if not highest:
        return None
    last = max(hour for row in rows for hour, _ in row)
    canvas = Canvas.frame(name, (0, last + 1), (0, highest * 1.06))
    for number, row in enumerate(rows):
        canvas.steps([(hour, hour + 1, bases) for hour, bases in row], f"steps s{number % 6}")
    canvas.axes(
        Text("hours since the first read", "첫 리드부터 지난 시간"), Text("bases in the hour", "그 시간의 염기 수")
    )
    note = Text(
        f"{last + 1} hours; most in one: {highest:,} bases.", f"{last + 1}시간. 가장 많은 시간: {highest:,}염기."
    )
    legend = (
        [LegendItem(file, f"--s{number % 6}", "box") for number, file in enumerate(files)] if len(files) > 1 else []
    )
    return Figure(title, canvas.render(title, note), legend)


def channels(name: str, table: Table) -> Figure | None:
    """Bases by channel, in rows of consecutive channels."""
    numbers, bases = column(table, "channel"), column(table, "bases")
    if not numbers:
        return None
    columns, rows = (32, 16) if max(numbers) <= MOST_ON_MINION else (120, 25)
    rows = max(rows, -(-max(numbers) // columns))
    cells = np.zeros((rows, columns))
    for number, value in zip(numbers, bases, strict=True):
        cells[max(number - 1, 0) // columns, max(number - 1, 0) % columns] += value
    title = Text("Bases by channel", "채널별 염기 수")
    canvas = Canvas.frame(name, (1, columns + 1), (0, rows * columns))
    canvas.picture(png(amounts(cells[::-1]), AMOUNT))
    canvas.axes(
        Text(f"channel, {columns} a row", f"채널, 한 줄에 {columns}개"),
        Text("channels before the row", "줄 앞의 채널 수"),
        grid=False,
    )
    note = Text(
        f"{len(numbers):,} channels gave reads; the best gave {max(bases):,} bases.",
        f"채널 {len(numbers):,}개가 리드를 냈고, 가장 많은 채널은 {max(bases):,}염기를 냈다.",
    )
    legend = scale_legend(AMOUNT, Text("few bases", "염기 적음"), "", Text("most bases", "염기 가장 많음"))
    return Figure(title, canvas.render(title, note), legend)
