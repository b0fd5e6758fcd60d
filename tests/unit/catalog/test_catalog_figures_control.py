"""Rules of control charts against a slow reading of the books: every point looks back for itself."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.catalog.figures.control_rules import (
    EWMA_WEIGHT,
    EWMA_WIDTH,
    NELSON,
    RULES,
    WESTERN_ELECTRIC,
    Limits,
    ewma,
    limits_of,
    moving_ranges,
    signals,
)

LIMITS = Limits(0.0, 1.0)
levels = st.sampled_from([-3.5, -2.5, -1.5, -0.5, 0.0, 0.4, 0.5, 1.5, 2.5, 3.5])
series = st.lists(levels, max_size=40)


def one_side(last: list[float], sigma: float, least: int) -> bool:
    """Whether enough of the last points lie beyond, on the side of the very last one."""
    above = [value > sigma for value in last]
    below = [value < -sigma for value in last]
    return (above[-1] and sum(above) >= least) or (below[-1] and sum(below) >= least)


def slowly(values: list[float]) -> set[tuple[int, str]]:
    """All rules, one point at a time."""
    found = set()
    for place in range(len(values)):
        back = values[: place + 1]

        def last(number: int, back: list[float] = back) -> list[float]:
            return back[-number:]

        checks = {
            "beyond_3_sigma": one_side(last(1), 3, 1),
            "2_of_3_beyond_2_sigma": one_side(last(3), 2, 2),
            "4_of_5_beyond_1_sigma": one_side(last(5), 1, 4),
            "8_on_one_side": one_side(last(8), 0, 8),
            "9_on_one_side": one_side(last(9), 0, 9),
        }
        six = last(6)
        steps = [after - before for before, after in pairwise(six)]
        up, down = all(step > 0 for step in steps), all(step < 0 for step in steps)
        checks["6_steadily_one_way"] = len(six) == 6 and (up or down)
        turns = last(14)
        steps = [after - before for before, after in pairwise(turns)]
        pairs = pairwise(steps)
        checks["14_alternating"] = len(turns) == 14 and all(first * second < 0 for first, second in pairs)
        near = last(15)
        checks["15_within_1_sigma"] = len(near) == 15 and all(abs(value) < 1 for value in near)
        wide = last(8)
        checks["8_beyond_1_sigma_both_sides"] = (
            len(wide) == 8
            and all(abs(value) > 1 for value in wide)
            and any(value > 1 for value in wide)
            and any(value < -1 for value in wide)
        )
        found |= {(place, name) for name, broken in checks.items() if broken}
    return found


@pytest.mark.parametrize("rules", ["western-electric", "nelson"])
@given(values=series)
def test_rules_find_what_a_slow_reading_finds(rules: str, values: list[float]) -> None:
    asked = {rule.id for rule in RULES[rules]}
    assert set(signals(values, LIMITS, RULES[rules])) == {item for item in slowly(values) if item[1] in asked}


@pytest.mark.parametrize("values", [[0.5, -0.5] * 7, [0.3] * 15, [1.5, -1.5] * 4, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])
def test_patterns_that_are_rare_by_chance_are_met_in_tests(values: list[float]) -> None:
    assert signals(values, LIMITS, NELSON)
    assert set(signals(values, LIMITS, NELSON)) <= slowly(values)


def test_limits_are_those_of_individuals_and_moving_ranges() -> None:
    """Montgomery's example 6.5 in small: mean, and mean moving range over 1.128."""
    values = [310.0, 288, 297, 298, 307, 303, 294, 297, 308, 306]
    ranges = [abs(values[place] - values[place - 1]) for place in range(1, len(values))]
    limits = limits_of(values)
    assert limits.centre == pytest.approx(sum(values) / 10)
    assert limits.sigma == pytest.approx(sum(ranges) / 9 / 1.128)
    assert moving_ranges(values) == ranges
    flat = limits_of([5.0] * 20)
    assert signals([5.0, 5.0, 5.1], flat, WESTERN_ELECTRIC)[0] == (2, "beyond_3_sigma")


def test_chance_alone_seldom_signals_and_a_small_shift_does() -> None:
    random = np.random.default_rng(1)
    calm = random.normal(0, 1, 20_000)
    false = sum(point.is_signal for point in ewma(calm, LIMITS)) / len(calm)
    # In-control average run length of about 500 points (Lucas and Saccucci 1990); signals come in clusters.
    assert 0.0005 < false < 0.008
    shifted = [point.is_signal for point in ewma(random.normal(1, 1, 60), LIMITS)]
    assert any(shifted[:40])
    weights = [EWMA_WEIGHT * (1 - EWMA_WEIGHT) ** place for place in range(30)]
    point = ewma(calm[:30], LIMITS)[-1]
    assert point.value == pytest.approx(float(np.dot(weights, calm[:30][::-1])))
    assert point.high == pytest.approx(EWMA_WIDTH * np.sqrt(np.square(weights).sum()))
