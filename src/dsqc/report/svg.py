"""A small canvas for plots as inline SVG: scales, axes, lines, bands. Colours come from the page's style sheet."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from markupsafe import Markup

from dsqc.language import Text

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 52
"""Margins that hold tick labels and axis titles; units of the view box."""

Point = tuple[float, float]
Label = tuple[float, str]
"""A place on an axis, and what stands there."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values ``low .. high`` to the view box ``start .. end``, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where ``value`` lies in the view box."""
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 7) -> list[float]:
        """Round values to label, at most about ``most``."""
        return _log_ticks(self.low, self.high, most) if self.log else _linear_ticks(self.low, self.high, most)


def _linear_ticks(low: float, high: float, most: int) -> list[float]:
    if high <= low:
        return [low]
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(low: float, high: float, most: int) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{factor}e{power}") for power in powers for factor in factors]  # as exact as what is written
        kept = [value for value in found if low <= value <= high]
        if len(kept) <= most + 2:
            return kept
    return kept


def tick_label(value: float) -> str:
    """``1500`` as ``1.5k``; small fractions keep what tells them apart."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


@dataclass(slots=True)
class Canvas:
    """One plot under construction: a frame with two scales, filled part by part.

    Attributes:
        name: unique in the page; ids of title and description are made from it.
        x: horizontal scale.
        y: vertical scale.
    """

    name: str
    x: Scale
    y: Scale
    parts: list[str] = field(default_factory=list)

    @classmethod
    def frame(cls, name: str, x: tuple[float, float], y: tuple[float, float], *, log: bool = False) -> "Canvas":
        """A canvas over the value ranges ``x`` and ``y``; ``log`` makes the horizontal scale logarithmic."""
        return cls(
            name,
            Scale(x[0], x[1], LEFT, WIDTH - RIGHT, log),
            Scale(y[0], y[1], HEIGHT - BOTTOM, TOP),
        )

    def zone(self, low: float, high: float, style: str) -> None:
        """Colour the values ``low .. high`` of the vertical scale."""
        top, bottom = self.y(min(high, self.y.high)), self.y(max(low, self.y.low))
        if bottom > top:
            size = f'width="{WIDTH - LEFT - RIGHT}" height="{bottom - top:.1f}"'
            self.parts.append(f'<rect class="{style}" x="{LEFT}" y="{top:.1f}" {size}/>')

    def line(self, points: Sequence[Point], style: str) -> None:
        """A line through ``points``; a single one is a dot."""
        if len(points) == 1:
            x, y = points[0]
            self.parts.append(f'<circle class="{style} dot" cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3"/>')
        elif points:
            self.parts.append(f'<path class="{style}" d="M{self._path(points)}"/>')

    def band(self, lower: Sequence[Point], upper: Sequence[Point], style: str) -> None:
        """The area between two lines over the same positions."""
        if lower:
            back = list(reversed(upper))
            self.parts.append(f'<path class="{style}" d="M{self._path([*lower, *back])}Z"/>')

    def _path(self, points: Sequence[Point]) -> str:
        return "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)

    def steps(self, bins: Sequence[tuple[float, float, float]], style: str) -> None:
        """A histogram as one filled outline; each bin is (from, to, height)."""
        if not bins:
            return
        base = self.y(self.y.low)
        pieces = [f"M{self.x(bins[0][0]):.1f} {base:.1f}"]
        pieces += [f"V{self.y(height):.1f}H{self.x(high):.1f}" for _, high, height in bins]
        self.parts.append(f'<path class="{style}" d="{"".join(pieces)}V{base:.1f}Z"/>')

    def picture(self, address: str) -> None:
        """A picture of cells that fills the frame; ``address`` as :func:`dsqc.report.raster.png` gives it."""
        size = f'width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
        self.parts.append(
            f'<image x="{LEFT}" y="{TOP}" {size} preserveAspectRatio="none" class="cells" href="{address}"/>'
        )

    def axes(
        self,
        x_title: Text,
        y_title: Text,
        x_labels: Sequence[Label] | None = None,
        y_labels: Sequence[Label] | None = None,
        *,
        grid: bool = True,
    ) -> None:
        """Grid, ticks with labels, and the titles of both axes; ``x_labels`` and ``y_labels`` replace round values."""
        base, right = self.y(self.y.low), WIDTH - RIGHT
        levels = [(value, tick_label(value)) for value in self.y.ticks(6)] if y_labels is None else y_labels
        for value, label in levels:
            at = self.y(value)
            if grid:
                self.parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{right}"/>')
            self.parts.append(
                f'<text class="tick" x="{LEFT - 7}" y="{at + 4:.1f}" text-anchor="end">{escape(label)}</text>'
            )
        labels = [(value, tick_label(value)) for value in self.x.ticks()] if x_labels is None else x_labels
        for value, label in labels:
            at = self.x(value)
            self.parts.append(f'<path class="grid" d="M{at:.1f} {base:.1f}v5"/>')
            self.parts.append(
                f'<text class="tick" x="{at:.1f}" y="{base + 19:.1f}" text-anchor="middle">{escape(label)}</text>'
            )
        self.parts.append(f'<path class="axis" d="M{LEFT} {base:.1f}H{right}"/>')
        self.text((LEFT + right) / 2, HEIGHT - 10, x_title, "label")
        self.text(15, (TOP + base) / 2, y_title, "label", turn=True)

    def text(self, x: float, y: float, text: Text, style: str, *, turn: bool = False) -> None:
        """A centred text in both languages; ``turn`` sets it upright along the vertical axis."""
        rotate = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turn else ""
        for language, content in _languages(text):
            self.parts.append(
                f'<text class="{style}{language}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle"{rotate}>'
                f"{escape(content)}</text>"
            )

    def render(self, title: Text, description: Text) -> Markup:
        """The plot as one ``<svg>`` element that scales with its place."""
        head = (
            f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-labelledby="{self.name}-t {self.name}-d">'
            f'<title id="{self.name}-t">{escape(f"{title.en} · {title.ko}")}</title>'
            f'<desc id="{self.name}-d">{escape(f"{description.en} {description.ko}")}</desc>'
        )
        # Everything that came from data went through escape() or is a formatted number.
        return Markup(head + "".join(self.parts) + "</svg>")  # noqa: S704


def _languages(text: Text) -> Iterator[tuple[str, str]]:
    if text.en == text.ko:
        yield "", text.en
    else:
        yield " en", text.en
        yield " ko", text.ko
