"""Single values against attributes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsqc.forms import Attribute, FaultKind, Missing, Requirement, compose, pattern, value_fault
from dsqc.language import Text


def attribute(**more: object) -> Attribute:
    fixed = {"name": "a", "label": Text("a", "가"), "description": Text("A.", "가."), "type": "string"}
    return Attribute(**(fixed | {"requirement": Requirement.OPTIONAL} | more))  # type: ignore[arg-type]


DEPTH = attribute(type="quantity", units=("m", "cm"), minimum=0, maximum=100, missing=Missing.ALLOWED)
AGE = attribute(type="quantity", units=("year", "month"), literals=("90 or over",))
SEX = attribute(type="enum", vocabulary="sex")


@pytest.mark.parametrize(
    ("item", "value", "kind", "suggestion"),
    [
        (DEPTH, "10 m", None, ""),
        (DEPTH, "5-10 cm", None, ""),
        (DEPTH, "1e1 m", None, ""),
        (DEPTH, "", None, ""),
        (DEPTH, "not collected", None, ""),
        (DEPTH, "Not Collected", FaultKind.LETTER_CASE, "not collected"),
        (DEPTH, "10", FaultKind.UNIT, ""),
        (DEPTH, "10m", FaultKind.UNIT, "10 m"),
        (DEPTH, "10 meters", FaultKind.UNIT, "10 m"),
        (DEPTH, "5-10 centimeter", FaultKind.UNIT, "5-10 cm"),
        (DEPTH, "10 h", FaultKind.UNIT, ""),
        (DEPTH, "deep", FaultKind.PATTERN, ""),
        (DEPTH, "101 m", FaultKind.RANGE, ""),
        (DEPTH, "50-500 m", FaultKind.RANGE, ""),
        (DEPTH, "-1 m", FaultKind.RANGE, ""),
        (attribute(type="quantity", units=("d", "h")), "2 days", FaultKind.UNIT, "2 d"),
        (attribute(type="quantity", units=("degree Celsius",)), "-80°C", FaultKind.UNIT, "-80 degree Celsius"),
        (AGE, "90 or over", None, ""),
        (AGE, "28 years", FaultKind.UNIT, "28 year"),
        (AGE, "missing", FaultKind.MISSING, ""),
        (SEX, "female", None, ""),
        (SEX, "not applicable", None, ""),
        (SEX, "Female", FaultKind.LETTER_CASE, "female"),
        (SEX, "암컷", FaultKind.VOCABULARY, "female"),
        (SEX, "both", FaultKind.VOCABULARY, ""),
        (attribute(type="integer", minimum=1), "12", None, ""),
        (attribute(type="integer", minimum=1), "1.0", FaultKind.INTEGER, ""),
        (attribute(type="integer", minimum=1), "１２", FaultKind.INTEGER, ""),
        (attribute(type="integer", minimum=1), "0", FaultKind.RANGE, ""),
        (attribute(type="number"), "1.5e3", None, ""),
        (attribute(type="number"), "1,5", FaultKind.NUMBER, ""),
        (attribute(type="number"), "nan", FaultKind.NUMBER, ""),
        (attribute(type="date", pattern=pattern("date_full")), "2024-02-29", None, ""),
        (attribute(type="date", pattern=pattern("date_full")), "2023-02-29", FaultKind.DATE, ""),
        (attribute(type="date", pattern=pattern("date_full")), "2023-2-9", FaultKind.PATTERN, ""),
        (
            attribute(multivalued=True, separator=";", pattern=pattern("publication")),
            "27148491; 10.1/x",
            FaultKind.PATTERN,
            "",
        ),
        (attribute(multivalued=True, separator=";", pattern=pattern("publication")), "27148491; 10.1038/x", None, ""),
    ],
)
def test_value_fault(item: Attribute, value: str, kind: FaultKind | None, suggestion: str) -> None:
    found = value_fault(item, value)

    assert (found.kind if found else None) is kind
    assert (found.suggestion if found else "") == suggestion


@pytest.mark.parametrize(
    ("value", "kind", "suggestion"),
    [
        ("South Korea", None, ""),
        ("South Korea:Jeju-do, Seogwipo", None, ""),
        ("Pacific Ocean", None, ""),
        ("missing: endangered species", None, ""),
        ("missing", FaultKind.MISSING, ""),
        ("Korea", FaultKind.COUNTRY, "South Korea"),
        ("대한민국", FaultKind.COUNTRY, "South Korea"),
        ("south korea:Jeju-do", FaultKind.LETTER_CASE, "South Korea"),
        ("Atlantis", FaultKind.COUNTRY, ""),
        ("South Korea: Jeju-do", FaultKind.PATTERN, ""),
    ],
)
def test_places(value: str, kind: FaultKind | None, suggestion: str) -> None:
    item = compose("seed_crop", "Plant_fungi").sheets["sample"].attributes["geo_loc_name"]
    found = value_fault(item, value)

    assert (found.kind if found else None) is kind
    assert (found.suggestion if found else "") == suggestion


@given(st.text(max_size=30))
def test_any_text_is_judged_without_a_fault_of_ours(value: str) -> None:
    for item in (DEPTH, AGE, SEX, attribute(type="date", pattern=pattern("date_full")), attribute(type="number")):
        found = value_fault(item, value)
        assert found is None or found.kind in FaultKind


@given(st.floats(min_value=0, max_value=100, allow_subnormal=False), st.sampled_from(["m", "cm"]))
def test_quantities_in_range_are_allowed(number: float, unit: str) -> None:
    assert value_fault(DEPTH, f"{number:.6f} {unit}") is None
