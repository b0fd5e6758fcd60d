"""Snapshots: what is listed is there, unchanged, and whole as it says."""

import pytest

from dsqc.errors import SystemFault
from dsqc.forms.ontology import korean_names, ontology
from dsqc.forms.reference import digest, reference_bytes, reference_table, snapshots


@pytest.mark.parametrize("name", snapshots())
def test_a_snapshot_is_what_the_list_says(name: str) -> None:
    snapshot = snapshots()[name]
    lines = reference_bytes(snapshot.path).decode("utf-8").splitlines()

    assert snapshot.name == name
    assert digest(snapshot.path) == snapshot.sha256
    assert len(lines) - 1 == snapshot.entries
    assert len(set(lines)) == len(lines)
    assert snapshot.version
    assert snapshot.source
    assert snapshot.licence


def test_terms_are_found_by_id_and_by_label() -> None:
    envo = ontology("ENVO")
    assert envo is not None
    soil = envo.labelled(" Soil ")
    assert soil is not None
    assert (soil.id, soil.label, soil.is_obsolete) == ("ENVO:00001998", "soil", False)
    assert envo.term("ENVO:00001998") == soil
    assert envo.term("ENVO:99999999") is None
    assert not envo.snapshot.complete


def test_obsolete_terms_keep_what_replaces_them_and_lose_their_label() -> None:
    uberon = ontology("UBERON")
    assert uberon is not None
    old = uberon.term("UBERON:0000027")
    assert old is not None
    assert (old.is_obsolete, old.replaced_by) == (True, "UBERON:0001466")
    assert all(not uberon.term(term).is_obsolete for term in list(uberon.labels.values())[:500])


def test_no_snapshot_of_a_prefix() -> None:
    assert ontology("FOODON") is None
    assert ontology("COUNTRIES") is None


def test_korean_names_are_of_current_terms() -> None:
    envo = ontology("ENVO")
    assert envo is not None
    assert all(envo.term(term) for term in korean_names().values())


def test_what_does_not_travel_is_our_fault() -> None:
    with pytest.raises(SystemFault):
        reference_table("geography/atlantis")
