"""Places as people write them: names of countries, Korean provinces, addresses, slips of the keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import Suggestion
from dsqc.forms import pattern, vocabulary
from dsqc.forms.reference import reference_table
from dsqc.rules.locations import suggest_location
from dsqc.rules.romanise import romanise
from helpers.checked import columns_of

TERMS = vocabulary("insdc_country")
PROVINCES = [row for row in reference_table("geography/regions") if row["country"] == "South Korea"]


@pytest.mark.parametrize(
    ("text", "expected", "confidence"),
    [
        ("대한민국 서울특별시 강남구", "South Korea:Seoul, Gangnam-gu", 0.7),
        ("서울특별시 종로구", "South Korea:Seoul, Jongno-gu", 0.7),
        ("South Korea:전라북도", "South Korea:Jeollabuk-do", 1.0),
        ("한국 서울", "South Korea:Seoul", 0.9),
        ("제주도", "South Korea:Jeju-do", 0.9),
        ("S. Korea", "South Korea", 0.95),
        ("Korea, South", "South Korea", 0.95),
        ("Korea (the Republic of)", "South Korea", 0.95),
        ("Korea, Republic of: Seoul", "South Korea:Seoul", 0.95),
        ("KR", "South Korea", 0.95),
        ("Gangnam-gu, Seoul, South Korea", "South Korea:Seoul, Gangnam-gu", 0.9),
        ("South Korea Seoul", "South Korea:Seoul", 0.9),
        ("United States: California", "USA:California", 0.95),
        ("USA : Alaska : Fairbanks", "USA:Alaska, Fairbanks", 1.0),
        ("Untied States", "USA", 0.85),
        ("South Kora:Seoul", "South Korea:Seoul", 0.85),
        ("Burma", "Myanmar", 0.95),
        ("Türkiye:Ankara", "Turkiye:Ankara", 0.95),
        ("England", "United Kingdom:England", 0.9),
        ("no", "Norway", 0.5),
    ],
)
def test_suggestions(text: str, expected: str, confidence: float) -> None:
    assert suggest_location(text) == Suggestion(expected, confidence)


@pytest.mark.parametrize(
    "text", ["", "USSR", "Czechoslovakia", "Atlantis", "in vitro", "일본 도쿄", "South Korea", "x" * 300]
)
def test_no_suggestion(text: str) -> None:
    assert suggest_location(text) is None


def test_the_seventeen_provinces_in_every_spelling() -> None:
    assert len(PROVINCES) == 17
    for row in PROVINCES:
        for spelling in row["synonyms"].split(";"):
            assert suggest_location(f"대한민국 {spelling}") == Suggestion(f"South Korea:{row['term']}", 0.9)


@given(st.sampled_from([entry for entry in TERMS.entries if entry.status == "current" and entry.synonyms]), st.data())
@settings(deadline=None)
def test_every_other_name_of_a_country_leads_to_its_term(entry, data) -> None:
    synonym = data.draw(st.sampled_from(entry.synonyms))
    found = suggest_location(f"{synonym}: Region")
    assert found is not None
    assert found.value == f"{entry.term}:Region"


@given(st.text(max_size=60))
@settings(deadline=None)
def test_whatever_is_suggested_has_the_form(text: str) -> None:
    found = suggest_location(text)
    if found is not None:
        assert pattern("geo_loc_name").matches(found.value)
        assert found.value.partition(":")[0] in TERMS


def test_findings_on_places_carry_the_place_that_is_meant() -> None:
    found = columns_of("geo_loc_name", ["S. Korea", "South Korea:서울특별시", "South Korea:Seoul:Gangnam"])
    assert [(item.code, item.suggestion.value if item.suggestion else "") for item in found] == [
        ("DSQC-S015", "South Korea"),
        ("DSQC-T009", "South Korea:Seoul"),
        ("DSQC-T019", "South Korea:Seoul, Gangnam"),
    ]


def test_countries_of_the_past_are_named_so() -> None:
    (found,) = columns_of("geo_loc_name", ["USSR:Moscow"], abs_reference="ABSCH-1")
    assert (found.code, found.suggestion) == ("DSQC-S015", None)
    assert found.expected == "the country of today (USSR is historical)"


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("강남구", "Gangnam-gu"),
        ("종로구", "Jongno-gu"),
        ("신라", "Silla"),
        ("백령도", "Baengnyeong-do"),
        ("울릉군", "Ulleung-gun"),
        ("독립문", "Dongnimmun"),
        ("전주시", "Jeonju-si"),
        ("한라산", "Hallasan"),
        ("압구정동", "Apgujeong-dong"),
        ("월악산", "Woraksan"),
        ("구미", "Gumi"),
        ("A동 3", "A동 3".replace("동", "dong")),
    ],
)
def test_romanisation(hangul: str, latin: str) -> None:
    assert romanise(hangul) == latin
