"""What pages of figures share: sections with notes, plots and tables; one file each, for the screen and for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsqc.language import Language, Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report.figures import Figure
from dsqc.report.render import render

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; with ``style`` (``good``, ``fair``, ``bad``, ``none``) it is a mark."""

    text: Text | str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: columns with whether they hold numbers, and rows."""

    columns: tuple[tuple[Text | str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: Text | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page."""

    title: Text
    notes: Sequence[Text] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = field(default=())


def page(title: Text, subtitle: Text | None, sections: Sequence[Section], language: Language | None) -> str:
    """Fill the page of figures.

    Args:
        language: language that the page opens in; ``None`` for the browser's.
    """
    content = {"title": title, "subtitle": subtitle, "sections": sections}
    return render("figures.html", language, page=content)


def metric_name(metric: str) -> Text:
    """Name of a metric; its id where the catalogue does not know it."""
    known = METRICS.get(metric)
    return known.name if known else Text(metric, metric)


def table(
    columns: Sequence[tuple[Text, bool]], rows: Sequence[Sequence[Cell | Text | str]], title: Text | None = None
) -> Table:
    """A table of plain texts and marks."""
    cells = tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows)
    return Table(tuple(columns), cells, title)


def percent(share: float | None) -> str:
    """A share in percent with one decimal; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"


def x_places(number: int) -> tuple[float, float]:
    """The horizontal range of ``number`` places, 0, 1, 2 …, with room at both ends."""
    return (-0.5, max(number - 0.5, 0.5))
