"""Dates of forms, against the calendar of the standard library."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.days import add_years
from dsqc.findings import Suggestion
from dsqc.language import Language
from dsqc.rules.dates import ends, first_day, last_day, parse_day
from helpers.checked import columns_of, findings_of, samples
from helpers.submissions import good_tables, put

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


def test_another_date_of_the_column_tells_the_order_of_day_and_month() -> None:
    (alone,) = columns_of("collection_date", ["05/03/2021"])
    assert alone.code == "DSQC-S011"
    assert alone.expected.startswith("2021-03-05 or 2021-05-03 (")
    assert alone.suggestion == Suggestion("2021-03-05", 0.5)
    beside = columns_of("collection_date", ["05/03/2021", "25/03/2021"])
    assert [item.suggestion for item in beside] == [Suggestion("2021-03-05", 0.9), Suggestion("2021-03-25", 0.95)]
    other = columns_of("collection_date", ["05/03/2021", "03/25/2021"])
    assert other[0].suggestion == Suggestion("2021-05-03", 0.9)


def test_a_day_that_the_calendar_lacks_is_said_and_not_replaced() -> None:
    (found,) = columns_of("collection_date", ["2021.2.30"])
    assert found.suggestion is None
    assert found.expected.endswith("(2021-02 has 28 days)")
    assert "2021년 2월은 28일까지" in found.message(Language.KO)


def test_a_column_of_days_is_offered_a_day_without_its_time() -> None:
    tables = good_tables()
    put(tables, "run", run_date="2021-07-15 오전 2:30")
    (found,) = findings_of(tables)
    assert (found.code, found.suggestion) == ("DSQC-T019", Suggestion("2021-07-15", 0.9))


def test_runs_cannot_lie_in_the_future_and_ranges_of_projects_may() -> None:
    tables = good_tables()
    put(tables, "run", run_date="2027-01-01")
    put(tables, "project", research_period="2026-03/2029-02")
    found = findings_of(tables)
    assert [(item.code, item.object, item.location.attribute) for item in found] == [("DSQC-S012", "run", "run_date")]
    put(tables, "run", run_date="2026-01-01")
    put(tables, "project", research_period="2029-02/2026-03")
    found = findings_of(tables)
    assert [(item.code, item.object, item.expected) for item in found] == [("DSQC-S013", "project", "2026-03/2029-02")]


def test_nothing_is_collected_before_it_was_sown() -> None:
    (found,) = findings_of(samples({"sowing_date": "2021-05-03", "collection_date": "2021-04"}))
    assert (found.code, found.location.attribute) == ("DSQC-S033", "collection_date")
