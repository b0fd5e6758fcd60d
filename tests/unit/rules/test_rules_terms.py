"""Ontology terms against their snapshots, and terms that are written otherwise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.findings import Finding, Suggestion
from dsqc.forms import compose, load_fields
from dsqc.forms.ontology import ontology
from dsqc.language import Language
from dsqc.rules.terms import suggest_term
from helpers.checked import findings_of
from helpers.submissions import good_tables, put

ENERGY = ("bioenergy", "Plant_fungi")
COLUMNS = compose(*ENERGY).columns("sample")
TISSUE = compose("precision_medicine", "Human").columns("sample")["tissue"]


def found_in(attribute: str, value: str, form: tuple[str, str] = ENERGY) -> list[Finding]:
    tables = good_tables(*form)
    put(tables, "sample", **{attribute: value})
    return [item for item in findings_of(tables, *form) if item.location.attribute == attribute]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("soil [ENVO:00001998]", None),
        ("Soil [ENVO:00001998]", None),
        ("a soil that no list has [ENVO:09999999]", None),  # the snapshot is not whole: nobody can say
        ("soil [ENVO:09999999]", Suggestion("soil [ENVO:00001998]", 0.9)),
        ("soils [ENVO:00001998]", Suggestion("soil [ENVO:00001998]", 0.9)),
        ("oceanic biome [ENVO:00001998]", Suggestion("soil [ENVO:00001998]", 0.7)),
        ("sea water [ENVO:00001998]", Suggestion("soil [ENVO:00001998]", 0.6)),
        ("farm [ENVO:00000078]|soils [ENVO:00001998]", Suggestion("farm [ENVO:00000078]|soil [ENVO:00001998]", 0.9)),
    ],
)
def test_labels_belong_to_their_ids(value: str, expected: Suggestion | None) -> None:
    found = found_in("env_medium", value)
    assert [(item.code, item.suggestion) for item in found] == ([("DSQC-S030", expected)] if expected else [])


def test_obsolete_and_unknown_ids_of_whole_snapshots() -> None:
    form = ("precision_medicine", "Human")
    assert found_in("tissue", "UBERON:0002107", form) == []
    (obsolete,) = found_in("tissue", "UBERON:0000027", form)
    assert obsolete.suggestion == Suggestion("UBERON:0001466", 0.9)
    assert "is obsolete in UBERON v" in obsolete.message(Language.EN)
    (unknown,) = found_in("tissue", "UBERON:9999999", form)
    assert unknown.suggestion is None
    assert "16,358 terms of UBERON" in unknown.message(Language.EN)
    assert "용어 16,358개에 없습니다" in unknown.message(Language.KO)
    assert found_in("tissue", "BTO:0000759", form) == []  # no snapshot of that prefix


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ENVO:00001998", Suggestion("soil [ENVO:00001998]", 1.0)),
        ("soil (ENVO:00001998)", Suggestion("soil [ENVO:00001998]", 1.0)),
        ("soil ENVO_00001998", Suggestion("soil [ENVO:00001998]", 1.0)),
        ("http://purl.obolibrary.org/obo/ENVO_00001998", Suggestion("soil [ENVO:00001998]", 1.0)),
        ("sea water (ENVO:00001998)", Suggestion("soil [ENVO:00001998]", 0.6)),
        ("Soil", Suggestion("soil [ENVO:00001998]", 0.9)),
        ("토양", Suggestion("soil [ENVO:00001998]", 1.0)),
        ("farm; soil", Suggestion("farm [ENVO:00000078]|soil [ENVO:00001998]", 0.9)),
        ("agricultral field", Suggestion("agricultural field [ENVO:00000114]", 0.7)),
        ("my new moss [ENVO_09999999]", Suggestion("my new moss [ENVO:09999999]", 1.0)),
        ("ENVO:09999999", None),
        ("a flower pot", None),
        ("", None),
        ("x" * 400, None),
    ],
)
def test_terms_written_otherwise(value: str, expected: Suggestion | None) -> None:
    assert suggest_term(COLUMNS["env_broad_scale"], value) == expected


def test_ids_are_told_by_labels() -> None:
    assert suggest_term(TISSUE, "liver") == Suggestion("UBERON:0002107", 0.9)
    assert suggest_term(TISSUE, "UBERON_0002107") == Suggestion("UBERON:0002107", 1.0)


def test_the_form_of_an_environment_term_has_its_code_and_its_suggestion() -> None:
    (found,) = found_in("env_broad_scale", "marine biome (ENVO:00000447)")
    assert (found.code, found.suggestion) == ("DSQC-S029", Suggestion("marine biome [ENVO:00000447]", 1.0))


@given(st.text(alphabet="ENVOsoil :_0123456789[]()|;UBERON-", max_size=60))
@settings(deadline=None)
def test_whatever_is_suggested_fits_the_pattern(text: str) -> None:
    attribute = COLUMNS["env_broad_scale"]
    found = suggest_term(attribute, text)
    assert found is None or (attribute.pattern is not None and attribute.pattern.matches(found.value))


def test_examples_of_forms_are_terms_of_the_snapshots() -> None:
    for field in load_fields().values():
        for package in field.packages:
            for attribute in compose(field.id, package).columns("sample").values():
                if attribute.type in ("envo", "term") and attribute.pattern is not None:
                    label, _blank, term = attribute.example.rpartition(" [")
                    snapshot = ontology(term.partition(":")[0])
                    found = snapshot.term(term.rstrip("]")) if snapshot else None
                    # What a partial snapshot lacks may be a term.
                    lacks = found is None and (snapshot is None or not snapshot.snapshot.complete)
                    assert lacks or (found is not None and not found.is_obsolete), attribute.example
                    assert found is None or not label or found.label == label, attribute.example
