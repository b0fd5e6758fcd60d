"""Plot of the organisms in the reads: a bar each, with the interval of its share."""

from html import escape

from dsqc.language import Text
from dsqc.report.figures import Figure, LegendItem, Table, column
from dsqc.report.svg import LEFT, Canvas

MOST_BARS = 8
TITLE = Text("Organisms in the reads", "리드의 생물종")
REST = Text("not explained by the panel", "패널로 설명되지 않음")


def organisms(name: str, table: Table) -> Figure | None:
    """Shares of the genomes found, most first, and of what none of them explains."""
    if "share" not in table:
        return None
    shares = column(table, "share")
    rows = list(zip(column(table, "organism"), shares, column(table, "low"), column(table, "high"), strict=True))[
        :MOST_BARS
    ]
    rest = max(0.0, 1 - sum(shares))
    canvas = Canvas.frame(name, (0, 100), (0, len(rows) + 0.75))
    canvas.axes(Text("share of reads (%)", "리드 비율 (%)"), Text("", ""), y_labels=())
    for number, (label, share, low, high) in enumerate(rows):
        place = len(rows) - number
        _bar(canvas, place, 100 * share, "steps s0")
        canvas.line([(100 * low, place + 0.3), (100 * high, place + 0.3)], "line mean")
        _name(canvas, place, f"{label} {100 * share:.3g} % ({100 * low:.3g}–{100 * high:.3g} %)")
    _bar(canvas, 0, 100 * rest, "steps s5")
    for language, text in (("en", REST.en), ("ko", REST.ko)):
        _name(canvas, 0, f"{text} {100 * rest:.3g} %", language)
    first = f"{rows[0][0]} {100 * rows[0][1]:.3g} %" if rows else ""
    note = Text(
        f"{first or 'Nothing of the panel was found'}; not explained {100 * rest:.3g} %.",
        f"{first or '패널의 유전체가 발견되지 않음'}; 설명되지 않음 {100 * rest:.3g} %.",
    )
    legend = [LegendItem(Text("share", "비율"), "--s0", "box"), LegendItem(Text("95 % interval", "95 % 구간"), "--ink")]
    return Figure(TITLE, canvas.render(TITLE, note), legend if rows else ())


def _bar(canvas: Canvas, place: float, value: float, style: str) -> None:
    lower, upper = [(0.0, place + 0.12), (value, place + 0.12)], [(0.0, place + 0.48), (value, place + 0.48)]
    canvas.band(lower, upper, style)


def _name(canvas: Canvas, place: float, text: str, language: str = "") -> None:
    at = canvas.y(place + 0.56)
    canvas.parts.append(f'<text class="tick {language}" x="{LEFT + 3}" y="{at:.1f}">{escape(text)}</text>')
