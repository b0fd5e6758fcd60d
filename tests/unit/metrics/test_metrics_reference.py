"""Distributions against all values sorted: exact while they may be, within their bound beyond."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.metrics.reference import MOST_POINTS, Distribution, Reference

values = st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=60)


def exact(numbers: "list[float] | np.ndarray", value: float) -> float:
    """Mid-rank percentile by looking at every value."""
    array = np.asarray(numbers, dtype=float)
    return float(100 * ((array < value).sum() + (array == value).sum() / 2) / len(array))


@given(values, st.floats(-1e6, 1e6), st.randoms())
def test_few_values_are_kept_exactly_in_any_order(numbers: list[float], asked: float, random: object) -> None:
    shuffled = list(numbers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = Distribution.of((value, 1) for value in numbers)
    half = len(numbers) // 2
    merged = Distribution.of((v, 1) for v in shuffled[half:]).merged(Distribution.of((v, 1) for v in shuffled[:half]))

    assert found == Distribution.of((value, 1) for value in shuffled) == merged
    assert found.run_count == len(numbers)
    for value in [asked, *numbers]:
        assert found.percentile(value) == pytest.approx(exact(numbers, value))
    assert found.quantile(0.0) == min(numbers) + 0.0
    assert found.quantile(1.0) == max(numbers) + 0.0


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("shape", ["lognormal", "ties"])
def test_many_values_stay_within_the_bound(parts: int, shape: str) -> None:
    random = np.random.default_rng(7)
    numbers = random.lognormal(3, 2, 20_000) if shape == "lognormal" else np.round(random.beta(9, 2, 20_000), 3)
    pieces = [Distribution.of((float(v), 1) for v in piece) for piece in np.array_split(numbers, parts)]
    found = pieces[0]
    for piece in pieces[1:]:
        found = found.merged(piece)
    asked = [*random.choice(numbers, 400), 0.0, numbers.max(), numbers.max() + 1]

    assert found.run_count == len(numbers)
    assert len(found.points) <= MOST_POINTS + 1
    worst = max(abs(found.percentile(float(value)) - exact(numbers, value)) for value in asked)
    assert worst < 100 * 2 / (MOST_POINTS - 1) * parts
    assert worst > 0
    assert found == Distribution.of(found.points)


def test_a_reference_says_where_a_run_stands_and_comes_back_from_its_document() -> None:
    stratum = ("illumina", "wgs", "seed_crop")
    known = Distribution.of((number / 100, 1) for number in range(50, 100))
    reference = Reference(3, 30, {stratum: {"frac_bases_q30": known}})

    (found,) = reference.standings(stratum, {"frac_bases_q30": 0.52, "mean_phred": 30, "quality_encoding": "phred33"})
    assert (found.percentile, found.run_count) == (5.0, 50)
    assert reference.standings(("illumina", "rna-seq", "seed_crop"), {"frac_bases_q30": 0.5}) == []
    assert Reference.from_dict(reference.to_dict()) == reference
    assert Reference(4, 30, reference.strata).sha256 == reference.sha256
