"""Agreement between curators against a slow reference: counts by hand, the error by numeric derivatives."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.catalog.curation.agreement import BlindCase, agreement, figures

THREE = ("approve", "return", "reject")
pairs = st.lists(st.tuples(st.sampled_from(THREE), st.sampled_from(THREE)), min_size=1, max_size=60)


def kappa_of(cells: dict[tuple[str, str], float]) -> float:
    """Cohen's kappa of shares, as its definition says it."""
    together = sum(cells[a, a] for a in THREE)
    chance = 0.0
    for a in THREE:
        chance += sum(cells[a, b] for b in THREE) * sum(cells[b, a] for b in THREE)
    return (together - chance) / (1 - chance)


def error_of(cells: dict[tuple[str, str], float], number: int) -> float:
    """The delta method with derivatives taken numerically, over the covariance of a multinomial."""
    step, slopes = 1e-6, {}
    for place, share in cells.items():
        moved = [{**cells, place: share + sign * step} for sign in (1, -1)]
        slopes[place] = (kappa_of(moved[0]) - kappa_of(moved[1])) / (2 * step)
    variance = 0.0
    for one, other in itertools.product(cells, repeat=2):
        covariance = (cells[one] if one == other else 0.0) - cells[one] * cells[other]
        variance += slopes[one] * slopes[other] * covariance
    return math.sqrt(max(0.0, variance) / number)


@given(pairs)
def test_kappa_and_its_interval_are_those_of_the_slow_reference(given: list[tuple[str, str]]) -> None:
    found = agreement(given, THREE)
    cells = {place: given.count(place) / len(given) for place in itertools.product(THREE, repeat=2)}

    assert found.percent == pytest.approx(100 * sum(a == b for a, b in given) / len(given))
    if len({name for pair in given for name in pair}) == 1:
        assert found.kappa is None
        return
    expected, error = kappa_of(cells), error_of(cells, len(given))
    assert found.kappa == pytest.approx(expected)
    if len(given) < 10:
        assert (found.low, found.high) == (None, None)
        return
    assert found.low == pytest.approx(max(-1.0, expected - 1.959964 * error), abs=1e-4)
    assert found.high == pytest.approx(min(1.0, expected + 1.959964 * error), abs=1e-4)


@given(pairs)
def test_who_is_called_first_changes_nothing(given: list[tuple[str, str]]) -> None:
    found, turned = agreement(given, THREE), agreement([(b, a) for a, b in given], THREE)

    assert found.to_dict() == turned.to_dict()


def test_a_published_table_gives_the_published_figures() -> None:
    """Two raters and 100 patients (Fleiss, Levin & Paik 2003, table 18.1): kappa 0.68, standard error 0.087."""
    table = {(0, 0): 75, (0, 1): 1, (0, 2): 4, (1, 0): 5, (1, 1): 4, (1, 2): 1, (2, 2): 10}
    found = agreement([pair for pair, number in table.items() for _ in range(number)], (0, 1, 2))

    assert found.kappa is not None
    assert found.high is not None
    assert found.kappa == pytest.approx(0.68, abs=0.005)
    assert (found.high - found.kappa) / 1.96 == pytest.approx(0.087, abs=0.001)


def test_pairs_of_curators_and_reasons_are_told_apart() -> None:
    wrong, unclear = frozenset({"wrong_value"}), frozenset({"unclear"})
    cases = [
        BlindCase(("Lee", "Kim"), ("return", "return"), (wrong, wrong | unclear), ""),
        BlindCase(("Kim", "Lee"), ("approve", "return"), (frozenset(), wrong), ""),
        BlindCase(("Lee", "Park"), ("reject", "reject"), (unclear, unclear), ""),
    ]
    found = figures(cases)

    assert [(item["curators"], item["cases"], item["percent"]) for item in found["pairs"]] == [
        (["Kim", "Lee"], 2, 50.0),
        (["Lee", "Park"], 1, 100.0),
    ]
    assert found["table"]["approve"]["return"] == 1
    assert [(item["code"], item["both"], item["one"]) for item in found["reasons"]] == [
        ("unclear", 1, 1),
        ("wrong_value", 1, 1),
    ]
    assert figures([])["overall"] == {
        "cases": 0,
        "percent": None,
        "kappa": None,
        "low": None,
        "high": None,
        "few": True,
    }
