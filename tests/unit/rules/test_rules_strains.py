"""Names of strains and culture collections."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import Suggestion
from dsqc.forms import pattern, vocabulary
from dsqc.rules.strains import suggest_collection
from helpers.checked import columns_of, findings_of
from helpers.submissions import good_tables, put

ENERGY = ("bioenergy", "Plant_fungi")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("KCTC 2441", None),
        ("serovarum-1", "DSQC-S021"),
        ("sp", "DSQC-S021"),
        ("sp-12", None),
        ("YES", "DSQC-S021"),
        ("subsp. indica", "DSQC-S021"),
        ("Oryza sativa", "DSQC-S021"),
        ("Oryza sativa strain Nipponbare", "DSQC-S021"),
        ("Oryza sativaX", None),
    ],
)
def test_strains(value: str, expected: str | None) -> None:
    tables = good_tables(*ENERGY)
    put(tables, "sample", strain=value, organism="Oryza sativa", taxonomy_id="4530")
    found = findings_of(tables, *ENERGY)
    assert [item.code for item in found] == ([expected] if expected else [])


def test_what_follows_the_name_of_the_organism_is_suggested() -> None:
    tables = good_tables(*ENERGY)
    put(tables, "sample", strain="Oryza sativa strain Nipponbare", organism="Oryza sativa", taxonomy_id="4530")
    (found,) = findings_of(tables, *ENERGY)
    assert found.suggestion == Suggestion("Nipponbare", 0.7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("KCTC 6910", Suggestion("KCTC:6910", 0.95)),
        ("KCTC-6910", Suggestion("KCTC:6910", 0.95)),
        ("KCTC6910T", Suggestion("KCTC:6910T", 0.95)),
        ("kctc no. 6910", Suggestion("KCTC:6910", 0.95)),
        ("NRRL B-512", Suggestion("NRRL:B-512", 0.95)),
        ("DSMZ 20030", Suggestion("DSM:20030", 0.95)),
        ("KXXX 6910", Suggestion("KXXX:6910", 0.7)),
        ("isolate 12", None),
        ("6910", None),
        ("", None),
        ("K" * 100 + "1", None),
    ],
)
def test_numbers_of_collections(value: str, expected: Suggestion | None) -> None:
    assert suggest_collection(value) == expected


@given(st.sampled_from(vocabulary("culture_collections").terms), st.integers(1, 99999), st.sampled_from(" -_:"))
@settings(deadline=None)
def test_every_collection_is_told_from_its_number(code: str, number: int, joint: str) -> None:
    found = suggest_collection(f"{code}{joint}{number}")
    assert found == Suggestion(f"{code}:{number}", 0.95)
    assert pattern("culture_collection").matches(found.value)


def test_institutions() -> None:
    found = columns_of("culture_collection", ["KCTC:6910", "kctc:6910", "KCTD:6910", "CIAT:Bean: 12345"])
    assert [(item.code, item.suggestion) for item in found] == [
        ("DSQC-S024", Suggestion("KCTC:6910", 0.95)),
        ("DSQC-S024", None),
    ]
    assert found[1].expected.startswith("KCTC ")
