"""What one value is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.columns.reading import DateOrder, Kind, read_value


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("12", Kind.NUMBER),
        ("-3.5e2", Kind.NUMBER),
        ("1,234,567", Kind.NUMBER),
        ("28 year", Kind.QUANTITY),
        ("10cm", Kind.QUANTITY),
        ("2-5 cm", Kind.QUANTITY),
        ("36.5 ℃", Kind.QUANTITY),
        ("16S rRNA", Kind.TEXT),
        ("5A", Kind.TEXT),
        ("2021-03-05", Kind.DATE),
        ("2021.3.5", Kind.DATE),
        ("2021년 3월 5일", Kind.DATE),
        ("05/03/2021", Kind.DATE),
        ("5-Mar-21", Kind.DATE),
        ("2021-13-05", Kind.TEXT),
        ("37.5 N 127 E", Kind.COORDINATE),
        ("N/A", Kind.MISSING),
        ("missing: lab stock", Kind.MISSING),
        ("?", Kind.MISSING),
        ("-", Kind.MISSING),
        ("없음", Kind.MISSING),
        ("leaf", Kind.TEXT),
        ("9" * 100, Kind.TEXT),
        ("", Kind.TEXT),
    ],
)
def test_kinds(value: str, kind: Kind) -> None:
    assert read_value(value).kind is kind


def test_numbers_and_units_are_read() -> None:
    assert read_value("1,250.5").number == 1250.5
    reading = read_value("28 yrs") if read_value("28 yrs").kind is Kind.QUANTITY else read_value("28 years")
    assert (reading.number, reading.unit) == (28.0, "year")


@pytest.mark.parametrize(
    ("value", "day", "order"),
    [
        ("2021-03", date(2021, 3, 1), DateOrder.YEAR),
        ("25/03/2021", date(2021, 3, 25), DateOrder.DAY),
        ("03/25/2021", date(2021, 3, 25), DateOrder.MONTH),
        ("03/05/21", date(2021, 3, 5), DateOrder.EITHER),
        ("05/03/99", date(1999, 5, 3), DateOrder.EITHER),
    ],
)
def test_days_and_their_order(value: str, day: date, order: DateOrder) -> None:
    reading = read_value(value)
    assert (reading.day, reading.order) == (day.toordinal(), order)


@given(st.text(max_size=70))
def test_any_text_is_something(value: str) -> None:
    assert read_value(value).kind in Kind


@given(st.dates())
def test_iso_dates_are_read_as_they_are(day: date) -> None:
    assert read_value(day.isoformat()).day == day.toordinal()
