"""The normalising rules: what they make of a value, and that they make it only once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.forms import Attribute, compose
from dsqc.rules.normalise import STEPS
from helpers.submissions import FIELD, PACKAGE

SAMPLE = compose(FIELD, PACKAGE).columns("sample")


@pytest.mark.parametrize(
    ("code", "attribute", "before", "after"),
    [
        ("T008", "tissue", "young\n leaf", "young leaf"),
        ("T012", "tissue", "Missing: Lab Stock", "missing: lab stock"),
        ("T012", "tissue", "missing", "missing"),
        ("T018", "sex", "FEMALE", "female"),
        ("T018", "sex", "F", "F"),
        ("T018", "tissue", "FEMALE", "FEMALE"),
        ("S014", "collection_date", "2016-07-10T11:43+09:00", "2016-07-10T02:43Z"),
        ("S014", "collection_date", "2016-01-01T03:00:05+0900", "2015-12-31T18:00:05Z"),
        ("S014", "collection_date", "2016-01-01T99:00+09:00", "2016-01-01T99:00+09:00"),
        ("S014", "collection_date", "2016-07-10T02:43Z", "2016-07-10T02:43Z"),
        ("S016", "geo_loc_name", "Korea:Seoul", "South Korea:Seoul"),
        ("S016", "geo_loc_name", "대한민국", "South Korea"),
        ("S016", "geo_loc_name", "North Korea", "North Korea"),
        ("S016", "tissue", "Korea", "Korea"),
        ("S017", "geo_loc_name", "japan : Kanagawa,Hakone", "Japan:Kanagawa, Hakone"),
        ("S017", "geo_loc_name", "missing: lab stock", "missing: lab stock"),
    ],
)
def test_steps(code: str, attribute: str, before: str, after: str) -> None:
    assert STEPS[f"DSQC-{code}"](SAMPLE[attribute], before) == after


@given(st.sampled_from(list(SAMPLE.values())), st.text(max_size=30))
def test_a_second_time_changes_nothing(attribute: Attribute, value: str) -> None:
    once = value
    for step in STEPS.values():
        once = step(attribute, once)
    twice = once
    for step in STEPS.values():
        twice = step(attribute, twice)
    assert twice == once


def test_unknown_columns_lose_nothing_but_white_space() -> None:
    for code, step in STEPS.items():
        assert step(None, "Korea : N/A") == "Korea : N/A", code
