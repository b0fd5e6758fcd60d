"""Scales, ticks and plots: what is drawn, where, and nothing where nothing was measured."""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from dsqc.language import Text
from dsqc.report import plots
from dsqc.report.svg import HEIGHT, WIDTH, Canvas, Scale, tick_label
from helpers.qc_data import empty_file, qc_file

SVG = "{http://www.w3.org/2000/svg}"

DRAWERS: list[tuple[str, Callable[[dict[str, Any]], Markup]]] = [
    ("quality", lambda tables: plots.quality_by_position("p", tables["quality_by_position"])),
    ("bases", lambda tables: plots.base_content("p", tables["base_content"])),
    ("gc", lambda tables: plots.gc_content("p", [tables])),
    ("reads", lambda tables: plots.read_quality("p", [tables["read_quality"]])),
    ("length", lambda tables: plots.read_length("p", [tables["read_length"]])),
]


def parse(svg: Markup) -> ET.Element:
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def coordinates(svg: Markup) -> list[tuple[float, float]]:
    """Every point that a line or a band passes through."""
    paths = [path for path in parse(svg).iter(f"{SVG}path") if re.search("line|band", path.get("class", ""))]
    return [(float(x), float(y)) for path in paths for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d", ""))]


@pytest.mark.parametrize(("_name", "draw"), DRAWERS)
@pytest.mark.parametrize(
    "data",
    [
        qc_file(),
        qc_file(reads=900, length=8000, spread=0.8, quality=15.0),
        qc_file(reads=1, length=1),
        qc_file(length=2),
    ],
    ids=["short", "long", "one-base", "two-bases"],
)
def test_every_plot_is_whole(_name: str, draw: Callable[[dict[str, Any]], Markup], data: dict[str, Any]) -> None:
    svg = draw(data["tables"])
    root = parse(svg)
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert root.get("role") == "img"
    named = (root.get("aria-labelledby") or "").split()
    assert [item.get("id") for item in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if item is not None] == named
    labels = [item.text for item in root.iter(f"{SVG}text") if "label" in item.get("class", "")]
    assert len(labels) == 4  # two axes in two languages
    assert len([item for item in root.iter(f"{SVG}text") if item.get("class") == "tick"]) >= 4
    assert "nan" not in svg.lower()
    assert "inf" not in svg.replace("info", "")
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in coordinates(svg))


@pytest.mark.parametrize(("_name", "draw"), DRAWERS)
def test_nothing_measured_draws_nothing(_name: str, draw: Callable[[dict[str, Any]], Markup]) -> None:
    tables = empty_file()["tables"]
    assert draw(tables) == ""
    assert draw({name: {} for name in tables}) == ""


def test_holes_in_a_table_are_left_out() -> None:
    table = qc_file(length=50)["tables"]["quality_by_position"]
    for column in ("mean", "p10", "q1", "median", "q3", "p90"):
        table[column][10:20] = [None] * 10
    assert len(coordinates(plots.quality_by_position("p", table))) == 40 + 40 + 2 * 80


def test_long_reads_get_a_logarithmic_axis_and_short_ones_do_not() -> None:
    def ticks(length: int, spread: float) -> list[str]:
        table = qc_file(reads=500, length=length, spread=spread)["tables"]["quality_by_position"]
        root = parse(plots.quality_by_position("p", table))
        return [item.text or "" for item in root.iter(f"{SVG}text") if item.get("text-anchor") == "middle"]

    assert "1k" in ticks(5000, 0.5)
    assert "100" in ticks(5000, 0.5)
    assert "1k" not in ticks(150, 0.0)


def test_files_share_one_distribution() -> None:
    tables = [qc_file(seed=seed)["tables"] for seed in (1, 2)]
    root = parse(plots.gc_content("p", tables))
    styles = [path.get("class") for path in root.iter(f"{SVG}path") if "steps" in path.get("class", "")]
    assert styles == ["steps s0", "steps s1"]


def test_the_bar_of_a_single_length_stands_over_it() -> None:
    svg = plots.read_length("p", [{"length_from": [150], "length_to": [150], "reads": [9]}])
    (path,) = [path for path in parse(svg).iter(f"{SVG}path") if "steps" in path.get("class", "")]
    highest = min(float(y) for y in re.findall(r"V([\d.]+)", path.get("d", "")))
    assert highest < HEIGHT / 4
    assert "Most frequent: 150" in svg


def test_texts_of_data_are_escaped() -> None:
    canvas = Canvas.frame("p", (0, 1), (0, 1))
    canvas.text(1, 1, Text("<b>", "&"), "label")
    svg = canvas.render(Text("<script>", "<script>"), Text('"', '"'))
    assert "<script>" not in svg
    assert [item.text for item in parse(svg).iter(f"{SVG}text")] == ["<b>", "&"]


@given(
    st.floats(min_value=1e-3, max_value=1e9),
    st.floats(min_value=1e-3, max_value=1e9),
    st.booleans(),
)
def test_ticks_lie_within_the_scale(low: float, span: float, log: bool) -> None:
    scale = Scale(low, low + span, 0, 500, log)
    found = scale.ticks()
    assert len(found) <= 60
    assert found == sorted(found)
    assert all(-2 <= scale(value) <= 502 for value in found)


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 1000)), min_size=1, max_size=40, unique_by=lambda x: x[0])
)
def test_a_length_histogram_keeps_all_reads(rows: list[tuple[int, int]]) -> None:
    ordered = sorted(rows)
    table = {
        "length_from": [length for length, _ in ordered],
        "length_to": [length for length, _ in ordered],
        "reads": [reads for _, reads in ordered],
    }
    svg = plots.read_length("p", [table])
    assert "steps s0" in svg
    edges = plots._length_edges(ordered[0][0] - 0.5, ordered[-1][0] + 0.5, log=False)
    assert math.isclose(sum(height for _, _, height in plots._rebin(plots._length_rows(table), edges)), 100)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.25, "0.25"), (150, "150"), (1500, "1.5k"), (2_000_000, "2M"), (3e9, "3G")]
)
def test_tick_labels(value: float, text: str) -> None:
    assert tick_label(value) == text


def test_a_scale_of_one_value_puts_it_in_the_middle() -> None:
    assert Scale(5, 5, 0, 100)(5) == 50
