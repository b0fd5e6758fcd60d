"""Rates and time windows."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.pacing import Pacer, Stopped, TokenBucket, Window, parse_size

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "size"), [("50M", 50_000_000), ("50MiB", 52_428_800), ("1.5G/s", 1_500_000_000), ("7", 7), ("2k", 2000)]
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-5M", "fast", "5X", "1e6", "0.1"])
def test_what_is_no_size_is_refused_with_the_right_form(text):
    with pytest.raises(ValueError, match="50M"):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "22-6", "25:00-06:00", "08:00-08:00", "08:60-09:00", "23:00-24:30"])
def test_what_is_no_window_is_refused_with_the_right_form(text):
    with pytest.raises(ValueError, match="22:00-06:00"):
        Window.parse(text)


@given(st.integers(0, 1439), st.integers(1, 1440), st.integers(0, 86_399))
def test_a_window_opens_when_it_says(begin, end, second):
    if begin == end:
        return
    window = Window(begin, end)
    now = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=second)
    wait = window.seconds_until(now)
    assert (wait == 0) == window.holds(now)
    assert 0 <= wait <= 86_400
    assert window.holds(now + timedelta(seconds=wait))
    if wait > 1:
        assert not window.holds(now + timedelta(seconds=wait - 1))


class Clock:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stop = Event()
        self.stop.wait = self.wait  # type: ignore[method-assign]

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return False

    def date(self) -> datetime:
        return NOON + timedelta(seconds=self.now)


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=50))
def test_a_bucket_never_gives_more_than_its_rate(sizes):
    clock = Clock()
    bucket = TokenBucket(1000, clock.stop, lambda: clock.now)
    for size in sizes:
        bucket.take(size)
    assert clock.now == pytest.approx(sum(sizes) / 1000)


def test_a_pause_is_not_made_up_for():
    clock = Clock()
    bucket = TokenBucket(1000, clock.stop, lambda: clock.now)
    clock.now = 1000.0
    bucket.take(10_000)
    assert clock.now >= 1009.5


def test_waiting_for_a_window_is_told_once_and_ends_when_it_opens():
    clock = Clock()
    pacer = Pacer(0, [Window.parse("11:00-11:30"), Window.parse("22:00-06:00")], clock.stop, clock.date)
    assert not pacer.is_open
    told: list[float] = []
    pacer.wait_until_open(told.append)
    assert told == [36_000.0]
    assert clock.date() == datetime(2026, 1, 5, 22, tzinfo=UTC)


def test_who_waits_can_be_stopped():
    stop = Event()
    pacer = Pacer(1, [Window(0, 1)], stop, lambda: NOON)
    stop.set()
    with pytest.raises(Stopped):
        pacer.take(1)
    with pytest.raises(Stopped):
        pacer.wait_until_open()
