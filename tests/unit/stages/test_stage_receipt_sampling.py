"""How many runs of a receipt are measured again: a false one is caught with the stated probability, exactly."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.errors import SystemFault
from dsqc.stages._receipt_sampling import choose_runs, false_runs, runs_to_measure, station_secret

SHARES = st.floats(0.01, 1)
CHANCES = st.floats(0.01, 1)


def counted(population: int, lies: int, number: int) -> float:
    """Share of all choices of ``number`` runs that hold one of ``lies``, by counting them."""
    choices = list(combinations(range(population), number))
    return sum(any(run < lies for run in choice) for choice in choices) / len(choices)


@given(population=st.integers(1, 9), share=SHARES, probability=CHANCES)
def test_a_false_receipt_is_caught_with_the_stated_probability(
    population: int, share: float, probability: float
) -> None:
    """The last run is drawn or not: over all fractions, the two numbers catch with ``probability`` together."""
    lies = false_runs(population, share)
    few, many = (runs_to_measure(population, share, probability, fraction) for fraction in (1 - 2**-53, 0.0))
    assert many - few in (0, 1)
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if runs_to_measure(population, share, probability, middle) == many:
            low = middle
        else:
            high = middle

    caught = low * counted(population, lies, many) + (1 - low) * counted(population, lies, few)

    assert caught == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize(
    ("population", "share", "probability", "numbers"),
    [
        (1, 0.1, 1.0, {1}),
        (1, 0.1, 0.3, {0, 1}),
        (20, 0.1, 0.95, {15, 16}),
        (2000, 0.1, 0.95, {28, 29}),
        (100, 1.0, 0.95, {0, 1}),
    ],
)
def test_numbers_that_can_be_looked_up(population: int, share: float, probability: float, numbers: set[int]) -> None:
    found = {runs_to_measure(population, share, probability, step / 1000) for step in range(1000)}

    assert numbers <= found
    assert max(found) == max(numbers)


def test_nobody_foresees_the_choice_and_a_killed_run_chooses_the_same() -> None:
    keys = [f"run-{number}" for number in range(200)]

    def chosen(secret: bytes, receipt: str) -> list[str]:
        return choose_runs(keys, secret, receipt, share=0.05, probability=0.9)

    first = chosen(b"s" * 32, "a" * 64)
    assert first == chosen(b"s" * 32, "a" * 64)
    assert [key for key in keys if key in first] == first
    assert len({tuple(chosen(bytes([number]) * 32, "a" * 64)) for number in range(20)}) == 20
    assert len({tuple(chosen(b"s" * 32, str(number))) for number in range(20)}) == 20


def test_over_many_secrets_every_run_is_chosen_as_often_as_any_other() -> None:
    keys = [f"run-{number}" for number in range(10)]
    times = dict.fromkeys(keys, 0)
    for number in range(2000):
        for key in choose_runs(keys, number.to_bytes(32), "0" * 64, share=0.1, probability=0.5):
            times[key] += 1

    # 1,000 each; five standard deviations of a binomial number.
    assert all(abs(count - 1000) < 5 * (2000 * 0.25) ** 0.5 for count in times.values())


def test_the_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "receipts.secret"

    assert station_secret(path) == station_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert station_secret(tmp_path / "other") != station_secret(path)
    path.write_bytes(b"short\n")
    with pytest.raises(SystemFault, match="no secret"):
        station_secret(path)
