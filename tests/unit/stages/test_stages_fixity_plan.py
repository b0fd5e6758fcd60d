"""What a plan chooses and promises: against plain counting, and over simulated nights."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.catalog.events import timestamp
from dsqc.catalog.fixity import KnownCopy
from dsqc.stages._fixity_plan import (
    ALL,
    SAMPLE,
    WITHIN,
    Plan,
    chance_to_find,
    choose,
    due_before,
    promise,
    sample_size,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def copies(sizes: list[int], verified: list[str] | None = None) -> list[KnownCopy]:
    verified = verified or [""] * len(sizes)
    return [
        KnownCopy(number, number, f"{number:064x}", "public", "public", f"k{number}", "", size, "", {}, at)
        for number, (size, at) in enumerate(zip(sizes, verified, strict=True), start=1)
    ]


@given(st.integers(1, 60), st.data())
def test_the_chance_is_that_of_counting_all_samples(population, data):
    lost, sample = (data.draw(st.integers(0, population)) for _ in range(2))
    missed = Fraction(comb(population - lost, sample), comb(population, sample))
    assert chance_to_find(population, lost, sample) == pytest.approx(float(1 - missed), abs=1e-12)


@given(st.integers(1, 10**7), st.integers(1, 1000), st.floats(0.01, 0.999))
def test_the_sample_is_the_smallest_that_is_enough(population, lost, probability):
    lost = min(lost, population)
    size = sample_size(population, lost, probability)
    assert chance_to_find(population, lost, size) >= probability
    assert size == 0 or chance_to_find(population, lost, size - 1) < probability


def test_a_known_sample_size():
    # ln(0.05)/ln(1 - 0.01) = 298.07: the usual 299 draws for a loss of one in a hundred, fewer without return.
    assert sample_size(1_000_000, 10_000, 0.95) == 299
    assert sample_size(1, 1, 0.95) == 1


def test_a_sample_is_drawn_without_return():
    chosen = choose(Plan(SAMPLE, find=3, probability=0.9), copies([1] * 50), START)
    assert len({copy.id for copy in chosen}) == len(chosen) == sample_size(50, 3, 0.9)


def test_all_is_all():
    assert choose(Plan(ALL), copies([1, 2, 3]), START) == copies([1, 2, 3])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.integers(1, 12))
def test_nightly_runs_read_every_copy_in_time(sizes, days):
    """Copies that are all fresh at first: no night leaves one unread for longer than the promise."""
    plan = Plan(WITHIN, days=days)
    verified = [timestamp(START)] * len(sizes)
    for night in range(1, 3 * days + 1):
        moment = START + timedelta(days=night)
        known = sorted(copies(sizes, verified), key=lambda copy: (copy.verified_at, copy.id))
        for copy in choose(plan, known, moment):
            verified[copy.id - 1] = timestamp(moment)
        assert min(verified) >= timestamp(moment - timedelta(days=days))
        left = [copy for copy in copies(sizes, verified) if copy.verified_at < due_before(plan, moment)]
        assert promise(plan, left, total_bytes=sum(sizes), read_bytes=0, stopped=False)["kept"]


def test_the_work_is_spread_over_the_nights():
    verified = [timestamp(START + timedelta(seconds=number)) for number in range(30)]
    chosen = choose(Plan(WITHIN, days=10), copies([100] * 30, verified), START + timedelta(days=1))
    assert [copy.id for copy in chosen] == [1, 2, 3]


def test_a_budget_that_is_too_small_breaks_the_promise_though_nothing_is_overdue_yet():
    plan = Plan(WITHIN, days=10, budget_bytes=50)
    said = promise(plan, [], total_bytes=1000, read_bytes=50, stopped=True)
    assert (said["kept"], said["needed_bytes_a_run"]) == (False, 100)
    assert promise(plan, [], total_bytes=1000, read_bytes=100, stopped=True)["kept"]
