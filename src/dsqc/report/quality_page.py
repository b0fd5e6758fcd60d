"""The page of the attainment of quality goals: the goals, their diagnosis by period, and what was improved."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsqc.language import Language, Text
from dsqc.report.figure_pages import Cell, Section, Table, metric_name, page, percent, table, x_places
from dsqc.report.figures import Figure, LegendItem
from dsqc.report.svg import Canvas

MOST_PLOTS = 12
"""Goals whose attainment is drawn, those first that fewest runs reach; tables hold all of them."""
Data = Mapping[str, Any]

STATES = {
    "attained": (Text("attained", "달성"), "good"),
    "below_target": (Text("below target, may be chance", "목표 미만(우연 범위)"), "fair"),
    "missed": (Text("missed", "미달"), "bad"),
    "no_runs": (Text("no runs", "런 없음"), "none"),
}


def quality_page(document: Data, language: Language | None = None) -> str:
    """The page of ``dsqc catalog quality``: goals, their diagnosis by period, and what was improved."""
    goals, rows = document["goals"], document["rows"]
    title = Text("Attainment of quality goals", "품질 목표 달성 현황")
    subtitle = Text(f"{goals['id']} {goals['version']}", f"{goals['id']} {goals['version']}")
    drawn = sorted((row for row in rows if _is_drawn(row)), key=lambda row: row["overall"]["share"])[:MOST_PLOTS]
    diagnosis = Section(
        Text("Diagnosis", "진단"),
        [
            Text(
                "Whiskers are 95 % intervals (Wilson). A goal is missed where its target lies above the interval.",
                "막대는 95 % 신뢰구간(Wilson)이며, 목표가 구간보다 높으면 미달로 봅니다.",
            ),
            Text(
                f"Drawn: at most {MOST_PLOTS} goals that not every run reaches, the worst first.",
                f"모든 런이 도달하지는 못한 목표만, 낮은 순으로 {MOST_PLOTS}개까지 그립니다.",
            ),
        ],
        [_attained_plot(row, number) for number, row in enumerate(drawn)],
        [_diagnosis_table(document)],
    )
    sections = [
        Section(Text("Goals", "목표"), tables=[_goal_table(rows)]),
        diagnosis,
        Section(
            Text("Improvement", "개선"),
            [
                Text(
                    "Returned for quality: a missed goal was a reason. Mended: it came back and was registered.",
                    "품질 사유 반려: 품질 목표 미달이 사유에 있음. 개선됨: 고쳐서 다시 제출되어 등록됨.",
                )
            ],
            tables=[_improvement_table(document["improvement"])],
        ),
    ]
    return page(title, subtitle, sections, language)


def _is_drawn(row: Data) -> bool:
    return bool(row["overall"]["reached"] < row["overall"]["runs"])


def _bound(row: Data) -> str:
    return str(row["bound"]).replace(">=", "≥").replace("<=", "≤")


def _goal_table(rows: Sequence[Data]) -> Table:
    seen = {row["goal"]: row for row in rows}
    columns = [
        (Text("Goal", "목표"), False),
        (Text("Metric", "지표"), False),
        (Text("Bound", "기준"), True),
        (Text("Runs that should reach it", "도달해야 할 런 비율"), True),
        (Text("Since", "도입 버전"), True),
    ]
    return table(
        columns,
        [
            (row["goal"], metric_name(row["metric"]), _bound(row), percent(row["target"]), row["since"] or "–")
            for row in seen.values()
        ],
    )


def _group(row: Data) -> str:
    return " · ".join(value or "–" for value in row["group"].values())


def _row_title(row: Data) -> Text:
    name, group = metric_name(row["metric"]), _group(row)
    tail = f" · {group}" if group else ""
    return Text(f"{name.en}: {_bound(row)}{tail}", f"{name.ko}: {_bound(row)}{tail}")


def _attained_plot(row: Data, number: int) -> Figure:
    """Share of runs that reach a goal, a period each, with its interval and the target."""
    periods = row["periods"]
    lows = [item["low"] for item in periods if item["low"] is not None]
    floor = min([*lows, row["target"], 0.9])
    canvas = Canvas.frame(f"attained-{number}", x_places(len(periods)), (max(0.0, floor - 0.05), 1.0))
    step = max(1, len(periods) // 6)
    labels = [(float(place), item["period"]) for place, item in enumerate(periods) if place % step == 0]
    levels = [(value, f"{100 * value:.0f} %") for value in canvas.y.ticks(6)]
    canvas.axes(Text("Registered in", "등록 시기"), Text("Runs that reach it", "도달한 런"), labels, levels)
    ends = x_places(len(periods))
    canvas.line([(ends[0], row["target"]), (ends[1], row["target"])], "target")
    points = []
    for place, item in enumerate(periods):
        if item["share"] is not None:
            canvas.line([(place, item["low"]), (place, item["high"])], "whisker")
            points.append((float(place), item["share"]))
    canvas.line(points, "series")
    for point in points:
        canvas.line([point], "point")
    title = _row_title(row)
    whole = row["overall"]
    said = Text(
        f"{whole['reached']:,} of {whole['runs']:,} runs reach it; target {percent(row['target'])}.",
        f"런 {whole['runs']:,}개 중 {whole['reached']:,}개 도달, 목표 {percent(row['target'])}.",
    )
    legend = [
        LegendItem(Text("share with interval", "비율과 신뢰구간"), "--s0"),
        LegendItem(Text("target", "목표"), "--good", "dash"),
    ]
    return Figure(title, canvas.render(title, said), legend)


def _diagnosis_table(document: Data) -> Table:
    columns = [
        (Text("Goal", "목표"), False),
        *((_group_name(name), False) for name in document["groups"]),
        (Text("Runs", "런"), True),
        (Text("Not measured", "측정 안 됨"), True),
        (Text("Reached", "도달"), True),
        (Text("95 % interval", "95 % 구간"), True),
        (Text("Target", "목표 비율"), True),
        (Text("Trend a period", "기간별 추세"), True),
        (Text("State", "상태"), False),
    ]
    return table(columns, [_diagnosis_row(row) for row in document["rows"]])


GROUP_NAMES = {
    "centre": Text("Centre", "센터"),
    "field": Text("Research field", "연구 분야"),
    "platform": Text("Platform", "플랫폼"),
    "strategy": Text("Strategy", "전략"),
}


def _group_name(name: str) -> Text:
    return GROUP_NAMES[name]


def _diagnosis_row(row: Data) -> tuple[Cell | Text | str, ...]:
    whole, text, style = row["overall"], *STATES[row["overall"]["state"]]
    interval = "–" if whole["low"] is None else f"{100 * whole['low']:.1f}–{100 * whole['high']:.1f} %"
    return (
        row["goal"],
        *(value or "–" for value in row["group"].values()),
        f"{whole['runs']:,}",
        f"{whole['not_measured']:,}",
        percent(whole["share"]),
        interval,
        percent(row["target"]),
        _trend(row["trend"]),
        Cell(text, style),
    )


def _trend(found: Data | None) -> Text | str:
    if found is None:
        return "–"
    if found["p_value"] >= 0.05:
        return Text("none seen", "뚜렷하지 않음")
    points = f"{100 * found['change']:+.2f}"
    return Text(f"{points} points (p {found['p_value']:.2g})", f"{points} %p (p {found['p_value']:.2g})")


def _improvement_table(rows: Sequence[Data]) -> Table:
    columns = [
        (Text("Period", "기간"), False),
        (Text("Returned", "반려"), True),
        (Text("for quality", "품질 사유 반려"), True),
        (Text("Mended", "개선됨"), True),
        (Text("Days until mended (median)", "개선까지 일수(중앙값)"), True),
        (Text("Approved by a curator", "큐레이터 승인"), True),
    ]
    names = ("returned", "for_quality", "mended")
    return table(
        columns,
        [
            (
                row["period"],
                *(f"{row[name]:,}" for name in names),
                "–" if row["median_days"] is None else f"{row['median_days']:,.1f}",
                f"{row['approved']:,}",
            )
            for row in rows
        ],
    )
