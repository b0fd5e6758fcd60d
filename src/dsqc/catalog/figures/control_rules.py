"""Control charts: limits out of a base line, and rules that tell a changed process from chance.

Individuals and moving range: Montgomery, Introduction to Statistical Quality Control (7th ed. 2013), 6.4; the standard
deviation is the mean moving range over d2 = 1.128 (two values). EWMA: Roberts (1959), Technometrics 1:239, with the
exact limits of Lucas and Saccucci (1990), Technometrics 32:1. Western Electric rules: Statistical Quality Control
Handbook (1956), pp. 25-28. Nelson rules: Nelson (1984), J. Quality Technology 16:237.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

D2 = 1.128
"""Mean range of two values of a standard normal distribution."""
EWMA_WEIGHT, EWMA_WIDTH = 0.2, 2.962
"""Weight of the newest value and half the width of the limits in standard deviations: 500 points on average until a
false alarm (Lucas and Saccucci 1990, table 3)."""
MOVING_RANGE_FACTOR = 3.267
"""D4 of two values: the upper limit of the moving range over its mean."""

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Limits:
    """Middle and standard deviation of a base line, in the metric's unit."""

    centre: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over the last points: ``least`` of ``window`` successive ones. Its id is written in results."""

    id: str
    window: int
    least: int


WESTERN_ELECTRIC = (
    Rule("beyond_3_sigma", 1, 1),
    Rule("2_of_3_beyond_2_sigma", 3, 2),
    Rule("4_of_5_beyond_1_sigma", 5, 4),
    Rule("8_on_one_side", 8, 8),
)
NELSON = (
    Rule("beyond_3_sigma", 1, 1),
    Rule("9_on_one_side", 9, 9),
    Rule("6_steadily_one_way", 6, 6),
    Rule("14_alternating", 14, 14),
    Rule("2_of_3_beyond_2_sigma", 3, 2),
    Rule("4_of_5_beyond_1_sigma", 5, 4),
    Rule("15_within_1_sigma", 15, 15),
    Rule("8_beyond_1_sigma_both_sides", 8, 8),
)
RULES = {"western-electric": WESTERN_ELECTRIC, "nelson": NELSON}


def limits_of(baseline: Sequence[float]) -> Limits:
    """Limits out of a base line of at least two values.

    A base line that does not vary has a standard deviation of 0: everything else is a signal then.
    """
    values = np.asarray(baseline, dtype=np.float64)
    return Limits(float(values.mean()), float(np.abs(np.diff(values)).mean()) / D2)


def signals(values: Sequence[float], limits: Limits, rules: Sequence[Rule]) -> list[tuple[int, str]]:
    """Points at which a rule is broken, by their place, and the rule; in their order.

    A point is named where the pattern is complete and the point itself is part of it.
    """
    array = np.asarray(values, dtype=np.float64)
    found = [
        (int(place), number, rule.id)
        for number, rule in enumerate(rules)
        for place in np.flatnonzero(_broken(array, limits, rule))
    ]
    return [(place, rule) for place, _, rule in sorted(found)]


def _broken(values: Values, limits: Limits, rule: Rule) -> Flags:
    away = values - limits.centre
    if rule.id == "6_steadily_one_way":
        steps = np.diff(values)
        return _pad(_either(steps > 0, steps < 0, 5, 5), len(values))
    if rule.id == "14_alternating":
        steps = np.sign(np.diff(values))
        turns = steps[1:] * steps[:-1] < 0
        return _pad(_runs(turns, 12, 12), len(values))
    if rule.id == "15_within_1_sigma":
        return _runs(np.abs(away) < limits.sigma, rule.window, rule.least)
    if rule.id == "8_beyond_1_sigma_both_sides":
        return _both_sides(away, limits.sigma, rule)
    sigmas = {"beyond_3_sigma": 3, "2_of_3_beyond_2_sigma": 2, "4_of_5_beyond_1_sigma": 1}.get(rule.id, 0)
    bound = sigmas * limits.sigma
    return _either(away > bound, away < -bound, rule.window, rule.least)


def _both_sides(away: Values, sigma: float, rule: Rule) -> Flags:
    outside = _runs(np.abs(away) > sigma, rule.window, rule.least)
    above = _runs(away > sigma, rule.window, rule.window)
    below = _runs(away < -sigma, rule.window, rule.window)
    return outside & ~above & ~below


def _either(first: Flags, second: Flags, window: int, least: int) -> Flags:
    return _runs(first, window, least) | _runs(second, window, least)


def _runs(flags: Flags, window: int, least: int) -> Flags:
    """Where a flag stands and at least ``least`` of the last ``window`` flags with it."""
    if len(flags) == 0:
        return flags
    sums = np.concatenate([[0], np.cumsum(flags)])
    ends = np.arange(1, len(flags) + 1)
    counts = sums[ends] - sums[np.maximum(ends - window, 0)]
    return np.asarray(flags & (counts >= least), dtype=np.bool_)


def _pad(flags: Flags, length: int) -> Flags:
    """Flags of differences as flags of the points at which they end."""
    return np.concatenate([np.zeros(length - len(flags), dtype=np.bool_), flags])


def moving_ranges(values: Sequence[float]) -> list[float]:
    """How far each value is from the one before; one fewer than there are values."""
    return [float(step) for step in np.abs(np.diff(np.asarray(values, dtype=np.float64)))]


@dataclass(frozen=True, slots=True)
class EwmaPoint:
    """A weighted mean and its limits."""

    value: float
    low: float
    high: float

    @property
    def is_signal(self) -> bool:
        """Whether it lies beyond its limits."""
        return not self.low <= self.value <= self.high


def ewma(values: Sequence[float], limits: Limits) -> list[EwmaPoint]:
    """Exponentially weighted moving averages, which see small lasting shifts that single points hide."""
    found: list[EwmaPoint] = []
    mean = limits.centre
    for number, value in enumerate(values, start=1):
        mean += EWMA_WEIGHT * (value - mean)
        spread = EWMA_WEIGHT / (2 - EWMA_WEIGHT) * (1 - (1 - EWMA_WEIGHT) ** (2 * number))
        half = EWMA_WIDTH * limits.sigma * math.sqrt(spread)
        found.append(EwmaPoint(mean, limits.centre - half, limits.centre + half))
    return found
