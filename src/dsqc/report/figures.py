"""What the plots of a run page share: a figure with its legend, several lines or a histogram in one frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from dsqc.language import Text
from dsqc.report.raster import Colour, hex_colour
from dsqc.report.svg import Canvas, Point

Table = Mapping[str, Any]
SERIES = 6
"""Colours of lines or files that share a plot; the seventh starts over."""


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One entry of a legend: ``colour`` is a custom property of the style sheet or ``#rrggbb``."""

    text: Text | str
    colour: str
    style: str = ""
    opacity: float = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """One plot with its caption.

    Attributes:
        title: its caption.
        svg: the plot; empty where there is nothing to show.
        legend: its legend.
        file: which file it shows, where a page has several.
        status: FastQC's grade of what it shows (``pass``, ``warn``, ``fail``), where there is one.
    """

    title: Text
    svg: Markup
    legend: Sequence[LegendItem] = field(default=())
    file: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot."""

    name: Text | str
    points: Sequence[Point]
    style: str
    colour: str


def numbered(names: Sequence[Text | str], points: Sequence[Sequence[Point]]) -> list[Line]:
    """Lines in the colours of the series, and from the second on with dashes of their own."""
    return [
        Line(name, line, f"line s{number % SERIES}", f"--s{number % SERIES}")
        for number, (name, line) in enumerate(zip(names, points, strict=True))
    ]


def line_plot(
    name: str,
    title: Text,
    titles: tuple[Text, Text],
    lines: Sequence[Line],
    *,
    log: bool = False,
    bottom: float = 0.0,
    top: float | None = None,
    note: Text | None = None,
) -> Markup:
    """Lines in one frame.

    Args:
        name: unique in the page.
        title: for readers of the page who do not see it.
        titles: of the horizontal and the vertical axis.
        lines: what is drawn; those without points are left out.
        log: the horizontal axis is logarithmic.
        bottom, top: of the vertical axis; ``None`` leaves a little room above the highest point.
        note: what the plot says, in a sentence.
    """
    points = [point for line in lines for point in line.points]
    if not points:
        return Markup("")
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    highest = max(y for _, y in points)
    canvas = Canvas.frame(
        name,
        (max(low, 0.5) if log else low, high if high > low else low + 1),
        (bottom, top if top is not None else bottom + max(highest - bottom, 1e-9) * 1.06),
        log=log,
    )
    for line in lines:
        canvas.line(line.points, line.style)
    canvas.axes(*titles)
    return canvas.render(title, note or Text(f"Highest value {highest:.3g}.", f"최댓값 {highest:.3g}."))


def legend_of(lines: Sequence[Line]) -> list[LegendItem]:
    """The legend of the lines that have points; none for a single one."""
    drawn = [line for line in lines if line.points]
    return [LegendItem(line.name, line.colour, _legend_style(line)) for line in drawn] if len(drawn) > 1 else []


def _legend_style(line: Line) -> str:
    number = line.style.rpartition(" s")[2]
    return f"l{number}" if number.isdigit() else ""


def scale_legend(colours: Sequence[Colour], low: Text | str, middle: Text | str, high: Text | str) -> list[LegendItem]:
    """The legend of a heat map: its lowest, middle and highest colour."""
    places = ((0, low), (len(colours) // 2, middle), (len(colours) - 1, high))
    return [LegendItem(text, hex_colour(colours[place]), "box") for place, text in places if text]


def column(table: Table, name: str) -> list[Any]:
    """A column of a table; empty where there is none."""
    return list(table.get(name) or ())


def middles(table: Table, kind: str = "position") -> list[float]:
    """The middle of each row's range of positions (``position_from``, ``position_to``)."""
    return [
        (low + high) / 2 for low, high in zip(column(table, f"{kind}_from"), column(table, f"{kind}_to"), strict=True)
    ]
