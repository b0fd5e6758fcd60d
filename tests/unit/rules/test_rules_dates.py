"""Dates of forms, against the calendar of the standard library."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.rules.dates import ends, first_day, last_day, parse_day, suggest_date
from dsqc.rules.project import add_years

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2998, 12, 31))


@given(DAYS)
def test_a_month_ends_the_day_before_the_next_begins(day: date) -> None:
    text = f"{day:%Y-%m}"
    first, last = first_day(text), last_day(text)
    assert first == day.replace(day=1)
    assert last is not None
    assert (last + timedelta(days=1)).day == 1
    assert first <= day <= last


@given(DAYS)
def test_a_day_is_itself(day: date) -> None:
    assert parse_day(day.isoformat()) == first_day(day.isoformat()) == last_day(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016", ("2016", "2016")),
        ("2007-10/2008-02", ("2007-10", "2008-02")),
        ("2016-01-01 / 2016-02-01", None),
        ("1-Apr-15", None),
    ],
)
def test_ends(text: str, expected: tuple[str, str] | None) -> None:
    assert ends(text) == expected


@pytest.mark.parametrize("text", ["2021-02-29", "2021-13-01", "21-01-01", "missing", ""])
def test_no_day(text: str) -> None:
    assert parse_day(text) is None


def test_three_years_after_a_leap_day() -> None:
    assert add_years(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021/05/03", "2021-05-03"),
        ("2021. 5. 3.", "2021-05-03"),
        ("20210503", "2021-05-03"),
        ("2021/02/30", ""),
        ("44256", ""),
    ],
)
def test_plain_dates_are_suggested_in_iso_form(text: str, expected: str) -> None:
    found = suggest_date(text)
    assert (found.value if found else "") == expected
