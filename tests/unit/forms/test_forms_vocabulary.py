"""Vocabularies and patterns, and that the tables hold together."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from dsqc.accessions import AccessionType, is_accession
from dsqc.errors import SystemFault
from dsqc.forms import MatchKind, is_missing_term, load_fields, missing_terms, pattern, rejected_missing, vocabulary
from dsqc.forms.vocabulary import patterns, read_table

TABLES = Path(str(files("dsqc.schemas"))) / "vocabularies"
SHARED_NAMES = sorted({row["vocabulary"] for table in ("core", "field", "mims") for row in read_table(table)})
ACCESSION_OBJECTS = {
    "project": AccessionType.PROJECT,
    "sample": AccessionType.SAMPLE,
    "experiment": AccessionType.EXPERIMENT,
    "run": AccessionType.RUN,
    "analysis": AccessionType.ANALYSIS,
    "submission": AccessionType.SUBMISSION,
}


def test_lookup_tells_how_a_term_was_found() -> None:
    strategies = vocabulary("library_strategy")

    exact, other_case = strategies.lookup("RNA-Seq"), strategies.lookup("rna-seq")
    assert exact is not None
    assert exact.kind is MatchKind.EXACT
    assert other_case is not None
    assert (other_case.kind, other_case.term.term) == (MatchKind.LETTER_CASE, "RNA-Seq")
    synonym = strategies.lookup("exome")
    assert synonym is not None
    assert (synonym.kind, synonym.term.term) == (MatchKind.SYNONYM, "WXS")
    assert strategies.lookup("telepathy") is None
    assert "RNA-Seq" in strategies
    assert "rna-seq" not in strategies
    assert len(strategies) == len(list(strategies)) == 41


def test_historical_countries_are_no_terms_but_lead_to_one() -> None:
    countries = vocabulary("insdc_country")

    assert "Korea" not in countries
    assert len(countries) == 282
    for old, new in (("Korea", "South Korea"), ("Republic of Korea", "South Korea"), ("Burma", "Myanmar")):
        match = countries.lookup(old)
        assert match is not None
        assert match.term.term == new


def test_instrument_models_belong_to_platforms() -> None:
    models = vocabulary("instrument_model")

    assert "Illumina NovaSeq 6000" in models.under("ILLUMINA")
    assert "MinION" in models.under("OXFORD_NANOPORE")
    assert "MinION" not in models.under("ILLUMINA")
    assert {entry.parent for entry in models.entries} <= set(vocabulary("platform"))


def test_the_registry_is_the_vocabulary_of_form_id() -> None:
    assert vocabulary("research_fields").terms == tuple(load_fields())


def test_unknown_names_are_our_fault() -> None:
    with pytest.raises(SystemFault, match="nonsense"):
        vocabulary("nonsense")
    with pytest.raises(SystemFault, match="nonsense"):
        pattern("nonsense")


def test_missing_terms() -> None:
    assert len(missing_terms()) == 13
    assert len(missing_terms(reporting_only=True)) == 8
    assert set(missing_terms(reporting_only=True)) < set(missing_terms())
    assert is_missing_term("NOT COLLECTED")
    assert not is_missing_term("not yet")


@pytest.mark.parametrize("value", ["NA", "n/a", "N.A.", "-", ".", "null", "none", "#N/A", "없음", "미상", "해당 없음"])
def test_other_spellings_of_nothing_are_refused(value: str) -> None:
    assert rejected_missing(value)
    assert not is_missing_term(value)


@pytest.mark.parametrize("value", ["missing", "Nashville", "nano", "0", "-5", "없음표"])
def test_real_values_are_not_taken_for_nothing(value: str) -> None:
    assert rejected_missing(value) is None


@pytest.mark.parametrize("item", patterns(), ids=lambda item: item.name)
def test_patterns_match_their_good_examples_and_no_bad_one(item) -> None:  # type: ignore[no-untyped-def]
    compiled = re.compile(item.regex, re.ASCII)
    anchored = item.regex.startswith("^")

    for value in item.good:
        assert item.matches(value) if anchored else compiled.search(value), value
    for value in item.bad:
        assert not (item.matches(value) if anchored else compiled.search(value)), value


def test_every_pattern_has_an_example_and_digits_are_ascii() -> None:
    assert all(item.good for item in patterns())
    assert not pattern("taxid").matches("４５３０")


def test_accession_patterns_agree_with_the_core() -> None:
    for row in read_table("accession_patterns"):
        kind = ACCESSION_OBJECTS.get(row["object"])
        assert re.fullmatch(row["pattern"], row["example"]), row
        if kind is not None:
            assert is_accession(row["example"], kind), row


def test_project_and_sample_patterns_take_the_accessions_of_the_table() -> None:
    for row in read_table("accession_patterns"):
        name = {"project": "bioproject_any", "sample": "biosample_any"}.get(row["object"])
        if name and not row["example"].startswith(("ERS", "SRS", "DRS")):
            assert pattern(name).matches(row["example"]), row


@pytest.mark.parametrize("table", sorted(path.stem for path in TABLES.glob("*.tsv")))
def test_tables_are_clean(table: str) -> None:
    rows = read_table(table)
    keys = [(row.get("vocabulary", ""), row.get("parent") or row.get("into", ""), row_key(row)) for row in rows]

    assert rows
    assert len(set(keys)) == len(keys)
    for row in rows:
        assert None not in row
        assert all(value is not None and value == value.strip() for value in row.values()), row


@pytest.mark.parametrize("name", SHARED_NAMES)
def test_synonyms_are_no_terms_and_mean_one_term(name: str) -> None:
    terms = vocabulary(name)
    synonyms = [synonym.casefold() for entry in terms.entries for synonym in entry.synonyms]

    assert len(set(synonyms)) == len(synonyms)
    assert not {synonym for synonym in synonyms if synonym in set(terms)}


def row_key(row: dict[str, str]) -> str:
    return row.get("term") or row.get("name") or row.get("regex") or row["pattern"]
