"""Coordinates: whatever way a place is written, it is read as the same place; and the country that it lies in."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import CERTAIN, Suggestion
from dsqc.forms import pattern
from dsqc.language import Language
from dsqc.rules.coordinates import read_coordinate
from helpers.checked import columns_of, findings_of, samples

Notation = Callable[[float, float], str]
LATITUDES = st.integers(-900000, 900000).map(lambda number: number / 10000)
LONGITUDES = st.integers(-1800000, 1800000).map(lambda number: number / 10000)


def letters(latitude: float, longitude: float) -> tuple[str, str]:
    return "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"


def parts(angle: float) -> tuple[int, int, float]:
    """Whole degrees and minutes, and seconds to a hundredth."""
    seconds = round(abs(angle) * 3600, 2)
    return int(seconds // 3600), int(seconds % 3600 // 60), round(seconds % 60, 2)


def with_marks(latitude: float, longitude: float, *, marks: str = "°'\"") -> str:
    north, east = letters(latitude, longitude)
    (a, b, c), (d, e, f) = parts(latitude), parts(longitude)
    one, two, three = marks
    return f"{a}{one}{b}{two}{c:.2f}{three}{north} {d}{one}{e}{two}{f:.2f}{three}{east}"


def in_korean(latitude: float, longitude: float) -> str:
    (a, b, c), (d, e, f) = parts(latitude), parts(longitude)
    north, east = "남위" if latitude < 0 else "북위", "서경" if longitude < 0 else "동경"
    return f"{north} {a}도 {b}분 {c:.2f}초, {east} {d}도 {e}분 {f:.2f}초"


def letters_first(latitude: float, longitude: float) -> str:
    north, east = letters(latitude, longitude)
    return f"{north}{abs(latitude):.4f} {east}{abs(longitude):.4f}"


def longitude_first(latitude: float, longitude: float) -> str:
    north, east = letters(latitude, longitude)
    return f"{abs(longitude):.4f}{east}, {abs(latitude):.4f}{north}"


def decimal_comma(latitude: float, longitude: float) -> str:
    north, east = letters(latitude, longitude)
    return f"{abs(latitude):.4f} {north} {abs(longitude):.4f} {east}".replace(".", ",")


NOTATIONS: tuple[Notation, ...] = (
    with_marks,
    lambda latitude, longitude: with_marks(latitude, longitude, marks="°′″"),
    lambda latitude, longitude: with_marks(latitude, longitude, marks="º’”"),
    lambda latitude, longitude: with_marks(latitude, longitude, marks="   "),
    lambda latitude, longitude: with_marks(latitude, longitude, marks="::'").replace("'", ""),
    in_korean,
    letters_first,
    longitude_first,
    decimal_comma,
    lambda latitude, longitude: f"{latitude:+.4f}{longitude:+.4f}/"[0] + f"{abs(latitude):07.4f}{longitude:+09.4f}/",
    lambda latitude, longitude: f"lat: {latitude:.4f}, lon: {longitude:.4f}",
    lambda latitude, longitude: f"위도 {latitude:.4f} 경도 {longitude:.4f}",
)


@given(LATITUDES, LONGITUDES, st.sampled_from(NOTATIONS))
@settings(deadline=None)
def test_every_notation_means_its_place(latitude: float, longitude: float, write: Notation) -> None:
    found = read_coordinate(write(latitude, longitude))
    assert found is not None
    assert found.confidence == 1.0
    assert found.latitude == pytest.approx(latitude, abs=2e-5)
    assert found.longitude == pytest.approx(longitude, abs=2e-5)
    assert pattern("lat_lon").matches(found.text)


@given(LATITUDES, LONGITUDES)
@settings(deadline=None)
def test_bare_pairs_are_read_in_the_usual_order_and_never_certain_where_both_are_possible(
    latitude: float, longitude: float
) -> None:
    found = read_coordinate(f"{latitude:.4f}, {longitude:.4f}")
    assert found is not None
    assert (found.latitude, found.longitude) == pytest.approx((latitude, longitude))
    assert (found.confidence >= CERTAIN) == (abs(longitude) > 90)


@given(st.text(alphabet="0123456789.,°'\"NSEWnsew북위동경도분초+-/ ", max_size=40))
@settings(deadline=None)
def test_whatever_is_read_has_the_form_and_lies_on_the_earth(text: str) -> None:
    found = read_coordinate(text)
    if found is not None:
        assert pattern("lat_lon").matches(found.text)
        assert abs(found.latitude) <= 90
        assert abs(found.longitude) <= 180


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("37.5665,126.9780", "", Suggestion("37.5665 N 126.9780 E", 0.95)),
        ("126.978, 37.5665", "", Suggestion("37.5665 N 126.978 E", 0.95)),
        ("52.5, 13.4", "", Suggestion("52.5 N 13.4 E", 0.6)),
        ("52.5, 13.4", "Germany", Suggestion("52.5 N 13.4 E", 0.95)),
        ("13.4, 52.5", "Germany", Suggestion("52.5 N 13.4 E", 0.95)),
        ("37.5665N, 126.9780", "", Suggestion("37.5665 N 126.9780 E", 0.9)),
        ("126.97 N 37.56 E", "", Suggestion("37.56 N 126.97 E", 0.85)),
        ("-33.4 N 70.6 W", "", Suggestion("33.4 S 70.6 W", 0.85)),
        ("+3733.99+12658.68/", "", Suggestion("37.56650 N 126.97800 E", 1.0)),
        ("북위 37도 33분", "", None),
        ("37.566512345678 N 126.978 E", "", Suggestion("37.56651235 N 126.978 E", 1.0)),
        ("37°61'N 127°E", "", None),
        ("91 N 126.978 E", "", None),
        ("Seoul", "", None),
        ("1 2 3", "", None),
        ("9" * 300, "", None),
    ],
)
def test_suggestions(text: str, country: str, expected: Suggestion | None) -> None:
    found = read_coordinate(text, country)
    assert (found.suggestion if found else None) == expected


def test_the_country_of_the_row_decides_between_two_orders() -> None:
    (found,) = columns_of("lat_lon", ["13.4, 52.5"], geo_loc_name="Germany:Berlin", abs_reference="ABSCH-1")
    assert (found.code, found.suggestion) == ("DSQC-S018", Suggestion("52.5 N 13.4 E", 0.95))


def test_a_longitude_called_latitude_is_no_coordinate_and_looks_swapped() -> None:
    found = columns_of("lat_lon", ["126.97 N 37.56 E"])
    assert [item.code for item in found] == ["DSQC-S018", "DSQC-S020"]
    assert {item.suggestion for item in found} == {Suggestion("37.56 N 126.97 E", 0.85)}


def test_a_wrong_letter_is_offered_the_one_that_leads_into_the_country() -> None:
    (found,) = columns_of("lat_lon", ["37.5665 S 126.9780 E"])
    assert (found.code, found.suggestion) == ("DSQC-S019", Suggestion("37.5665 N 126.9780 E", 0.7))
    assert "at sea" in found.message(Language.EN)
    assert "바다" in found.message(Language.KO)


def test_missing_terms_and_unknown_countries_are_not_judged() -> None:
    assert "DSQC-S018" not in {item.code for item in columns_of("lat_lon", ["missing: lab stock", ""])}
    tables = samples({"geo_loc_name": "Atlantis", "lat_lon": "0 N 0 E", "abs_reference": "ABSCH-1"})
    assert [item.code for item in findings_of(tables)] == ["DSQC-S015"]
