"""How a metric lies over the runs of a batch, and which runs stand apart from runs of their kind.

A run stands apart where it lies three times the width of the middle half beyond that half (Tukey's outer fences),
and further than a difference that means nothing whatever the width. Kinds of few runs have no outliers.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dsqc.language import Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report.batch_runs import LOGARITHMIC, METRIC_IDS, RunRow, metric_name
from dsqc.report.render import quantity
from dsqc.report.svg import Scale, tick_label

LEAST_RUNS = 12
"""Runs of a kind without which nothing is told of what stands apart."""
FENCE = 3.0
FLOORS = {"fraction": 0.02, "phred": 2.0, "log": 0.15}
"""Differences that mean nothing, by unit; ``log``: of decimal logarithms, a factor of 1.4."""
SMALL_FLOORS = {"n_fraction": 0.002, "human_share": 0.005}
MOST_KINDS = 4
"""Kinds that a figure has a line of, the commonest."""
BINS = 90
MOST_DOTS = 40
LINE_HEIGHT, LEFT, RIGHT, TOP, AXIS, WIDTH = 40, 142, 24, 6, 26, 580


@dataclass(frozen=True, slots=True)
class Spread:
    """One metric over the runs of one kind."""

    kind: str
    number: int
    low: float
    q1: float
    median: float
    q3: float
    high: float
    values: tuple[float, ...]
    outliers: tuple[tuple[float, int], ...]
    """Value and place of the run in the rows, the furthest first."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A run that stands apart: ``values`` are (metric, value, median of its kind), the furthest first."""

    row: int
    score: float
    values: tuple[tuple[str, float, float], ...]


def spreads(rows: Sequence[RunRow]) -> dict[str, list[Spread]]:
    """By metric, kinds with the most runs first; metrics that no run has are left out."""
    found: dict[str, list[Spread]] = {}
    for place, name in enumerate(METRIC_IDS):
        by_kind: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for number, row in enumerate(rows):
            value = row.values[place]
            if value is not None and math.isfinite(value):
                by_kind[row.kind].append((float(value), number))
        kinds = [_spread(name, kind, pairs) for kind, pairs in by_kind.items()]
        if kinds:
            found[name] = sorted(kinds, key=lambda item: (-item.number, item.kind))
    return found


def _spread(name: str, kind: str, pairs: list[tuple[float, int]]) -> Spread:
    pairs.sort()
    values = tuple(value for value, _row in pairs)
    q1, median, q3 = (_quantile(values, share) for share in (0.25, 0.5, 0.75))
    scored = [(_score(name, value, q1, q3), value, row) for value, row in pairs] if len(pairs) >= LEAST_RUNS else []
    apart = sorted((item for item in scored if item[0] > FENCE), key=lambda item: (-item[0], item[2]))
    low, high = _quantile(values, 0.05), _quantile(values, 0.95)
    return Spread(kind, len(pairs), low, q1, median, q3, high, values, tuple((item[1], item[2]) for item in apart))


def _quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between sorted values (type 7 of Hyndman and Fan 1996)."""
    place = share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (place - below) * (values[above] - values[below])


def _score(name: str, value: float, q1: float, q3: float) -> float:
    """How far beyond the middle half, in widths of it; a width is never less than what means nothing."""
    floor = SMALL_FLOORS.get(name) or FLOORS.get(METRICS[name].unit, 0.0)
    if name in LOGARITHMIC:
        floor = FLOORS["log"]
        value, q1, q3 = (math.log10(max(item, 1e-9)) for item in (value, q1, q3))
    beyond = max(q1 - value, value - q3)
    width = max(q3 - q1, floor / FENCE)
    return beyond / width if width else 0.0


def runs_apart(rows: Sequence[RunRow], found: Mapping[str, Sequence[Spread]]) -> list[Apart]:
    """Runs that stand apart in any metric, the furthest first."""
    told: dict[int, list[tuple[float, str, float, float]]] = defaultdict(list)
    for name, kinds in found.items():
        for kind in kinds:
            for value, row in kind.outliers:
                told[row].append((_score(name, value, kind.q1, kind.q3), name, value, kind.median))
    apart = []
    for row, items in told.items():
        items.sort(key=lambda item: (-item[0], item[1]))
        apart.append(Apart(row, items[0][0], tuple((name, value, median) for _, name, value, median in items)))
    return sorted(apart, key=lambda item: (-len(item.values), -item.score, rows[item.row].submission, item.row))


def figure(name: str, kinds: Sequence[Spread], rows: Sequence[RunRow], address: str) -> Markup:
    """The strip and box of one metric, a line a kind of runs.

    Args:
        name: id of the metric.
        kinds: its spreads.
        rows: the runs that ``kinds`` were made from.
        address: id for the picture's title, unique in the page.
    """
    shown = kinds[:MOST_KINDS]
    log = name in LOGARITHMIC
    scale = _scale(shown, log=log)
    bottom = TOP + LINE_HEIGHT * len(shown)
    parts = [_axis(scale, name, bottom)]
    for place, kind in enumerate(shown):
        parts.append(_line(name, kind, rows, scale, TOP + LINE_HEIGHT * place))
    metric = metric_name(name)
    # Markup of our own around escaped words.
    title = Markup('<title id="{}">{}</title>').format(address, _description(metric, name, shown))
    head = Markup('<svg class="strip" viewBox="0 0 {} {}" role="img" aria-labelledby="{}">').format(
        WIDTH, bottom + AXIS, address
    )
    return head + title + Markup("").join(parts) + Markup("</svg>")


def _description(metric: Text, name: str, kinds: Sequence[Spread]) -> str:
    unit = METRICS[name].unit
    told = "; ".join(
        f"{kind.kind or '–'}: n {kind.number:,}, {quantity(kind.q1, unit)} / {quantity(kind.median, unit)} / "
        f"{quantity(kind.q3, unit)}"
        for kind in kinds
    )
    return f"{metric.en} · {metric.ko}. {told}"


def _scale(kinds: Sequence[Spread], *, log: bool) -> Scale:
    low, high = min(kind.values[0] for kind in kinds), max(kind.values[-1] for kind in kinds)
    if log:
        positive = [value for kind in kinds for value in kind.values if value > 0]
        low = min(positive, default=1.0)
        high = max(high, low)
        factor = 1.1 if high > 1.5 * low else 2.0
        return Scale(low / factor, high * factor, LEFT, WIDTH - RIGHT, log=True)
    margin = 0.03 * (high - low) or abs(high) * 0.05 or 0.01
    return Scale(max(low - margin, 0.0) if low >= 0 else low - margin, high + margin, LEFT, WIDTH - RIGHT)


def _axis(scale: Scale, name: str, bottom: float) -> Markup:
    percent = METRICS[name].unit == "fraction"
    parts = [Markup('<path class="axis" d="M{} {}H{}"/>').format(LEFT, bottom + 0.5, WIDTH - RIGHT)]
    for value in scale.ticks(6):
        text = f"{round(100 * value, 6):g} %" if percent else tick_label(value)
        place = round(scale(value), 1)
        parts.append(Markup('<path class="grid" d="M{} {}V{}"/>').format(place, TOP, bottom))
        parts.append(Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(place, bottom + 18, text))
    return Markup("").join(parts)


def _line(name: str, kind: Spread, rows: Sequence[RunRow], scale: Scale, top: float) -> Markup:
    """The strip (how many runs lie where), the box of the middle half with whiskers at 5 and 95 %, the outliers."""
    middle = top + LINE_HEIGHT * 0.62
    label = kind.kind or "–"
    parts = [
        Markup('<text class="label" x="0" y="{}">{}</text>').format(middle - 3, label[:18]),
        Markup('<text x="0" y="{}">n {}</text>').format(middle + 11, f"{kind.number:,}"),
        _strip(kind, scale, top + LINE_HEIGHT * 0.42),
    ]
    low, q1, median, q3, high = (
        round(scale(value), 1) for value in (kind.low, kind.q1, kind.median, kind.q3, kind.high)
    )
    parts.append(Markup('<path class="whisker" d="M{} {}H{}"/>').format(low, middle, high))
    parts.append(
        Markup('<rect class="box" x="{}" y="{}" width="{}" height="10"/>').format(
            q1, middle - 5, round(max(q3 - q1, 1.5), 1)
        )
    )
    parts.append(Markup('<path class="middle" d="M{} {}V{}"/>').format(median, middle - 7, middle + 7))
    unit = METRICS[name].unit
    for value, row in kind.outliers[:MOST_DOTS]:
        run = rows[row]
        told = f"{run.submission} / {run.key}: {quantity(value, unit)}"
        parts.append(
            Markup('<circle class="apart" cx="{}" cy="{}" r="3" data-run="{}"><title>{}</title></circle>').format(
                round(scale(value), 1), middle, row, told
            )
        )
    return Markup("").join(parts)


def _strip(kind: Spread, scale: Scale, base: float) -> Markup:
    width = (WIDTH - RIGHT - LEFT) / BINS
    counts = Counter(min(BINS - 1, max(0, int((scale(value) - LEFT) / width))) for value in kind.values)
    most = max(counts.values())
    path = "".join(
        f"M{LEFT + place * width:.1f} {base:.1f}v{-max(1.0, 14 * math.sqrt(count / most)):.1f}h{width:.1f}V{base:.1f}z"
        for place, count in sorted(counts.items())
    )
    return Markup('<path class="many" d="{}"/>').format(path)
