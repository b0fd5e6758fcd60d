"""The page of control charts: a chart a platform and strategy, its moving ranges, and its signals."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from dsqc.language import Language, Text
from dsqc.report.figure_pages import Section, Table, metric_name, page, table, x_places
from dsqc.report.figures import Figure, LegendItem
from dsqc.report.svg import Canvas

MOST_POINTS = 1_000
"""Points that a chart draws, the newest ones; its signals are listed all the same."""
Data = Mapping[str, Any]

RULE_NAMES = {
    "beyond_3_sigma": Text("beyond 3 σ", "3 σ 밖"),
    "2_of_3_beyond_2_sigma": Text("2 of 3 beyond 2 σ", "3점 중 2점이 2 σ 밖"),
    "4_of_5_beyond_1_sigma": Text("4 of 5 beyond 1 σ", "5점 중 4점이 1 σ 밖"),
    "8_on_one_side": Text("8 on one side", "한쪽에 8점 연속"),
    "9_on_one_side": Text("9 on one side", "한쪽에 9점 연속"),
    "6_steadily_one_way": Text("6 rising or falling", "6점 연속 증가·감소"),
    "14_alternating": Text("14 alternating", "14점 연속 교대"),
    "15_within_1_sigma": Text("15 within 1 σ", "1 σ 안에 15점 연속"),
    "8_beyond_1_sigma_both_sides": Text("8 beyond 1 σ, both sides", "양쪽 1 σ 밖에 8점 연속"),
    "ewma_beyond_limits": Text("weighted mean beyond its limits", "가중 평균이 한계 밖"),
}


def rule_names(rules: Sequence[str]) -> Text:
    """What a point broke, in words."""
    names = [RULE_NAMES[rule] for rule in rules]
    return Text(", ".join(name.en for name in names), ", ".join(name.ko for name in names))


def control_page(document: Data, language: Language | None = None) -> str:
    """The page of ``dsqc catalog control``: a chart a platform and strategy, and its signals."""
    name = metric_name(document["metric"])
    title = Text(f"Control chart: {name.en}", f"관리도: {name.ko}")
    unit = Text("a point a submission (median of its runs)", "제출마다 한 점(런의 중앙값)")
    if document["unit"] == "run":
        unit = Text("a point a run", "런마다 한 점")
    subtitle = Text(f"{document['centre']} · {unit.en}", f"{document['centre']} · {unit.ko}")
    sections = [_chart_section(document, chart, number) for number, chart in enumerate(document["charts"])]
    if not sections:
        sections = [
            Section(Text("Nothing to plot", "표시할 자료 없음"), [Text("No runs have it.", "해당 런이 없습니다.")])
        ]
    return page(title, subtitle, sections, language)


def _chart_section(document: Data, chart: Data, number: int) -> Section:
    title = f"{chart['platform']} · {chart['strategy']}"
    notes: list[Text] = []
    if chart["limits"] is None:
        count = len(chart["points"])
        notes.append(Text(f"Points: {count}. Too few for limits.", f"점 {count}개. 한계를 정하기에 부족합니다."))
    elif not chart["signals"]:
        notes.append(Text("No signals.", "신호 없음."))
    figures = [_chart_plot(document, chart, number)]
    if chart["limits"] is not None and document["kind"] == "individuals":
        figures.append(_range_plot(chart, number))
    tables = [_signal_table(chart["signals"])] if chart["signals"] else []
    return Section(Text(title, title), notes, figures, tables)


def _shown(chart: Data) -> int:
    """The first point that is drawn."""
    return max(0, len(chart["points"]) - MOST_POINTS)


def _chart_plot(document: Data, chart: Data, number: int) -> Figure:
    first, limits = _shown(chart), chart["limits"]
    points = chart["points"][first:]
    is_ewma = document["kind"] == "ewma" and limits is not None
    values = [item["ewma"]["value"] if is_ewma else item["value"] for item in points]
    bands = [item["ewma"][end] for item in points for end in ("low", "high")] if is_ewma else []
    ends = bands or ([limits["low"], limits["high"]] if limits else [])
    canvas = Canvas.frame(f"chart-{number}", x_places(len(points)), _padded([*values, *ends]))
    canvas.axes(*_axes(document), x_labels=_day_labels(points))
    sides = x_places(len(points))
    if limits is not None:
        canvas.line([(sides[0], limits["centre"]), (sides[1], limits["centre"])], "middle")
        for end in ("low", "high"):
            flat = [(sides[0], limits[end]), (sides[1], limits[end])]
            line = [(float(place), item["ewma"][end]) for place, item in enumerate(points)] if is_ewma else flat
            canvas.line(line, "limit")
        if chart["baseline"] > first:
            at = chart["baseline"] - first - 0.5
            canvas.line([(at, canvas.y.low), (at, canvas.y.high)], "base-line")
    _dots(canvas, values, {signal["point"] - first for signal in chart["signals"]})
    title = Text("Weighted means", "가중 평균") if is_ewma else Text("Values", "값")
    count = len(chart["signals"])
    said = Text(f"Points: {len(points)}, signals: {count}.", f"점 {len(points)}개, 신호 {count}개.")
    legend = [LegendItem(Text("value", "값"), "--s0")]
    if limits is not None:
        legend += [
            LegendItem(Text("middle of the base line", "기준 구간 중심"), "--soft"),
            LegendItem(
                Text("limits (3 σ)", "관리 한계(3 σ)") if not is_ewma else Text("limits", "관리 한계"), "--bad", "dash"
            ),
        ]
    return Figure(title, canvas.render(title, said), legend)


def _axes(document: Data) -> tuple[Text, Text]:
    return Text("Registered", "등록일"), metric_name(document["metric"])


def _range_plot(chart: Data, number: int) -> Figure:
    first = _shown(chart)
    values = [item["value"] for item in chart["points"]]
    ranges = [abs(after - before) for before, after in pairwise(values)][max(0, first - 1) :]
    high = chart["moving_range"]["high"]
    canvas = Canvas.frame(f"range-{number}", x_places(len(ranges) + 1), _padded([0.0, high, *ranges], floor=0.0))
    canvas.axes(
        Text("Registered", "등록일"), Text("Moving range", "이동 범위"), x_labels=_day_labels(chart["points"][first:])
    )
    sides = x_places(len(ranges) + 1)
    for level, style in ((chart["moving_range"]["mean"], "middle"), (high, "limit")):
        canvas.line([(sides[0], level), (sides[1], level)], style)
    offset = 0 if first else 1  # the first point of all has no range
    _dots(canvas, ranges, {place for place, value in enumerate(ranges) if value > high}, offset=offset)
    title = Text("Moving ranges", "이동 범위")
    return Figure(title, canvas.render(title, Text("Steps between points.", "점 사이의 차이.")))


def _dots(canvas: Canvas, values: Sequence[float], marked: set[int], offset: int = 0) -> None:
    canvas.line([(float(place + offset), value) for place, value in enumerate(values)], "series")
    for place, value in enumerate(values):
        canvas.line([(float(place + offset), value)], "point")
        if place in marked:
            x, y = canvas.x(place + offset), canvas.y(value)
            canvas.parts.append(f'<circle class="signal" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')


def _padded(values: Sequence[float], floor: float | None = None) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    pad = 0.06 * (high - low) or max(abs(high), 1.0) * 0.05
    return (low - pad if floor is None else floor, high + pad)


def _day_labels(points: Sequence[Data]) -> list[tuple[float, str]]:
    step = max(1, len(points) // 5)
    last = 0.93 * (len(points) - 1)  # a label further right would not fit
    return [
        (float(place), item["at"][:10])
        for place, item in enumerate(points)
        if place % step == 0 and (place <= last or place == 0)
    ]


def _signal_table(signals: Sequence[Data]) -> Table:
    columns = [
        (Text("Registered", "등록일"), False),
        (Text("Accession", "등록번호"), False),
        (Text("Value", "값"), True),
        (Text("Signal", "신호"), False),
    ]
    rows = [(item["at"][:10], item["accession"], f"{item['value']:.4g}", rule_names(item["rules"])) for item in signals]
    return table(columns, rows, Text("Signals", "신호"))
