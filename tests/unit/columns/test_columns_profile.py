"""The diagnosis as data."""

import json
from importlib.resources import files

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.columns.profile import BINS, TOP_VALUES, profile_tables
from dsqc.rules.columns import COLUMN_CODES
from helpers.columns import diagnosed


def validator() -> jsonschema_rs.Draft202012Validator:
    schema = json.loads(files("dsqc.schemas").joinpath("reports/profile.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def document(**columns: list[str]) -> dict[str, object]:
    return {
        "schema_version": "1.0",
        "dsqc_version": "0",
        "form": None,
        "rule_set_version": "0+0",
        "vocabularies": {},
        "submission_alias": "",
        "sheets": profile_tables([diagnosed(**columns)], COLUMN_CODES),
    }


def first(values: list[str]) -> dict[str, object]:
    (sheet,) = profile_tables([diagnosed(thing=values)], COLUMN_CODES)
    found: dict[str, object] = sheet["columns"][0]
    return found


def test_numbers_have_their_spread_and_a_histogram() -> None:
    numbers = first([f"{n} cm" for n in range(1, 101)])["numbers"]
    assert isinstance(numbers, dict)
    assert [numbers[name] for name in ("unit", "count", "min", "q1", "median", "q3", "max")] == [
        *("cm", 100, 1.0, 25.75, 50.5, 75.25, 100.0)
    ]
    assert len(numbers["bins"]) == BINS
    assert sum(item["count"] for item in numbers["bins"]) == 100


def test_dates_have_their_first_and_last_day() -> None:
    dates = first(["2021-03-05", "2021.3.1", "2022-01-31"])["dates"]
    assert isinstance(dates, dict)
    assert (dates["first"], dates["last"], dates["count"]) == ("2021-03-01", "2022-01-31", 3)


def test_the_commonest_values_come_first() -> None:
    top = first(["b"] * 3 + ["a"] * 3 + ["c"] * 5 + [f"x{n}" for n in range(30)])["top"]
    assert isinstance(top, list)
    assert [(item["value"], item["count"]) for item in top[:3]] == [("c", 5), ("a", 3), ("b", 3)]
    assert len(top) == TOP_VALUES


def test_remarks_name_their_rows_and_their_rule() -> None:
    remarks = first(["male"] * 10 + ["Male", "M"])["remarks"]
    assert isinstance(remarks, list)
    (remark,) = remarks
    assert (remark["kind"], remark["code"], remark["rows"], remark["count"]) == ("spelling", "DSQC-T030", "12-13", 2)
    assert {item["value"]: item["suggestion"] for item in remark["values"]} == {"Male": "male", "M": "male"}


@pytest.mark.parametrize("huge", ["1e308", "-1e308", "9" * 60, "1e-320"])
def test_extreme_numbers_stay_json(huge: str) -> None:
    validator().validate(json.loads(json.dumps(document(a=[huge, "1", "-1e308"]), allow_nan=False)))


@given(
    st.lists(st.one_of(st.sampled_from(["", "1e400", "2021-02-30", "10 cm", "3"]), st.text(max_size=9)), max_size=30)
)
@settings(max_examples=60, deadline=None)
def test_any_column_fits_the_schema(values: list[str]) -> None:
    validator().validate(json.loads(json.dumps(document(a=values, b=values), allow_nan=False)))
