"""Spellings of dates: whatever way a date is written, it is read as the same date, or as one of several."""

from calendar import month_abbr, month_name, monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import CERTAIN, Suggestion
from dsqc.forms import pattern
from dsqc.rules.date_spellings import DateColumn, calendar_fault, date_candidates, day_first, suggest_date

TODAY = DateColumn(date(2026, 9, 1))
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))
PAST = st.dates(min_value=date(1927, 1, 1), max_value=date(2026, 9, 1))
KST = timezone(timedelta(hours=9))

EXACT: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}. {day.month}. {day.day}.",
    lambda day: f"{day.year}/{day:%m/%d}",
    lambda day: f"{day.year} {day.month} {day.day}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day.year}년 {day.month}월 {day.day}일",
    lambda day: f"{day.year}년{day.month}월{day.day}일({'월화수목금토일'[day.weekday()]})",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"서기 {day.year}년 {day.month}월 {day.day}일",
    lambda day: f"단기 {day.year + 2333}년 {day.month}월 {day.day}일",
    lambda day: f"{day.day:02d}-{month_abbr[day.month]}-{day.year}",
    lambda day: f"{month_name[day.month]} {day.day}, {day.year}",
    lambda day: f"{day.day} {month_name[day.month]} {day.year}",
    lambda day: f"{day.year}-{month_abbr[day.month].upper()}-{day.day:02d}",
    lambda day: f"{day.isoformat()} 00:00:00",
    lambda day: day.isoformat().translate(str.maketrans("0123456789-", "０１２３４５６７８９－")),
)
DOUBTFUL: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%d/%m}/{day.year}",
    lambda day: f"{day.month}/{day.day}/{day.year}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.isoformat()}경",
)
SHORT: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%y.%m.%d}",
    lambda day: f"{day:%y}.{day.month}.{day.day}",
    lambda day: f"{day:%y}년 {day.month}월 {day.day}일",
    lambda day: f"{day:%y%m%d}",
    lambda day: f"{day.day:02d}-{month_abbr[day.month]}-{day:%y}",
    lambda day: f"{day.month}/{day.day}/{day:%y}",
)


@given(DAYS, st.sampled_from(EXACT))
@settings(deadline=None)
def test_every_full_spelling_means_its_date(day: date, spell: Callable[[date], str]) -> None:
    assert suggest_date(spell(day), TODAY) == Suggestion(day.isoformat(), 1.0)


@given(DAYS, st.sampled_from(DOUBTFUL))
@settings(deadline=None)
def test_doubtful_spellings_mean_the_date_among_others(day: date, spell: Callable[[date], str]) -> None:
    found = date_candidates(spell(day), TODAY)
    assert day.isoformat() in [item.value for item in found]
    assert len(found) == 1 or found[0].confidence < CERTAIN


@given(PAST, st.sampled_from(SHORT))
@settings(deadline=None)
def test_two_digit_years_are_never_certain(day: date, spell: Callable[[date], str]) -> None:
    found = date_candidates(spell(day), TODAY)
    assert day.isoformat() in [item.value for item in found]
    assert all(item.confidence < CERTAIN for item in found)


@given(st.integers(0, 99), st.integers(1, 12))
@settings(deadline=None)
def test_two_digit_years_do_not_lie_beyond_today(year: int, month: int) -> None:
    found = suggest_date(f"{year:02d}년 {month}월", TODAY)
    assert found is not None
    assert int(found.value[:4]) <= 2026
    assert int(found.value[:4]) % 100 == year


@given(PAST.filter(lambda day: day > date(1954, 10, 3)))
@settings(deadline=None)
def test_serial_numbers_of_both_calendars(day: date) -> None:
    for epoch in (date(1899, 12, 30), date(1904, 1, 1)):
        serial = (day - epoch).days
        if 20000 <= serial < 60000:
            assert day.isoformat() in [item.value for item in date_candidates(str(serial), TODAY)]


@given(DAYS, DAYS, st.sampled_from(["~", " ~ ", "–", " - ", " to ", "부터 ", " / "]), st.sampled_from(EXACT[:3]))
@settings(deadline=None)
def test_ranges(one: date, two: date, sign: str, spell: Callable[[date], str]) -> None:
    text = f"{spell(one)}{sign}{spell(two)}" + ("까지" if "부터" in sign else "")
    assert suggest_date(text, TODAY) == Suggestion(f"{one.isoformat()}/{two.isoformat()}", 1.0)


@given(DAYS, st.times())
@settings(deadline=None)
def test_moments_of_korea_in_utc(day: date, clock: time) -> None:
    local = datetime.combine(day, clock, KST)
    expected = local.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    half = f"{'오후' if local.hour >= 12 else '오전'} {local.hour % 12 or 12}:{local:%M}"
    assert suggest_date(f"{local:%Y-%m-%dT%H:%M}+09:00", TODAY) == Suggestion(expected, 1.0)
    assert suggest_date(f"{local:%Y-%m-%d %H:%M} KST", TODAY) == Suggestion(expected, 1.0)
    unsaid = suggest_date(f"{local:%Y. %m. %d.} {half}", TODAY)
    assert unsaid is not None
    assert unsaid.value == expected
    assert unsaid.confidence < CERTAIN


@given(st.text(alphabet="0123456789년월일./-~: 오전후봄부터까지경단기MarAPWT'년도", max_size=30))
@settings(deadline=None)
def test_whatever_is_read_is_a_date_of_the_calendar(text: str) -> None:
    for item in date_candidates(text, TODAY):
        assert 0 < item.confidence <= 1
        assert pattern("date_or_range").matches(item.value)
        for end in item.value.split("/"):
            if len(end) >= 10:
                date.fromisoformat(end[:10])


@pytest.mark.parametrize(
    ("text", "expected", "confidence"),
    [
        ("2021년도", "2021", 1.0),
        ("2021년 3월", "2021-03", 1.0),
        ("2021.3", "2021-03", 1.0),
        ("2021.1", "2021-01", 0.6),
        ("Mar-21", "2021-03", 0.6),
        ("약 2021년", "2021", 0.8),
        ("2021년 봄", "2021-03/2021-05", 0.4),
        ("winter 2021", "2021-12/2022-02", 0.4),
        ("2021년 상반기", "2021-01/2021-06", 1.0),
        ("2021 Q4", "2021-10/2021-12", 1.0),
        ("2020년 2월 하순", "2020-02-21/2020-02-29", 0.7),
        ("2021-W10", "2021-03-08/2021-03-14", 1.0),
        ("2020-366", "2020-12-31", 0.9),
        ("1990년대", "1990/1999", 0.9),
        ("2021.3.5~7", "2021-03-05/2021-03-07", 0.9),
        ("2021.12.30~1.2", "2021-12-30/2022-01-02", 0.8),
        ("2021년 3월 ~ 5월", "2021-03/2021-05", 0.9),
        ("2021-2022", "2021/2022", 1.0),
        ("2021년 3월 5일 14시", "2021-03-05T05:00Z", 0.7),
        ("2021-03-05 14:30:05 UTC", "2021-03-05T14:30:05Z", 1.0),
    ],
)
def test_spellings(text: str, expected: str, confidence: float) -> None:
    assert suggest_date(text, TODAY) == Suggestion(expected, confidence)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "봄",
        "3월 5일",
        "2021-02-30",
        "2021-13-01",
        "20210230",
        "2021-366",
        "2021-W54",
        "2021-03-05T25:00Z",
        "12",
        "S1",
        "9" * 200,
    ],
)
def test_no_date(text: str) -> None:
    assert date_candidates(text, TODAY) == ()


@given(DAYS)
@settings(deadline=None)
def test_the_calendar_says_how_long_a_month_is(day: date) -> None:
    last = monthrange(day.year, day.month)[1]
    assert calendar_fault(day.isoformat()) is None
    assert calendar_fault(f"{day.year}.{day.month}.{last + 1}") == (
        f"{day:%Y-%m} has {last} days",
        f"{day.year}년 {day.month}월은 {last}일까지",
    )


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["25/03/2021", "5/3/2021"], True),
        (["5/3/2021", "3/25/2021"], False),
        (["25/03/2021", "3/25/2021"], None),
        (["5/3/2021", "2021-03-25", ""], None),
        (["99/99/2021"], None),
    ],
)
def test_the_order_that_a_column_tells(column: list[str], expected: bool | None) -> None:
    assert day_first(column) is expected
