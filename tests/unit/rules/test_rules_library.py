"""The table of unusual libraries holds together, and says what it means."""

import pytest

from dsqc.forms import vocabulary
from dsqc.forms.vocabulary import read_table
from dsqc.model import Cell, Row
from dsqc.rules.library import _other_molecule, _unusual


def row(strategy: str, source: str, selection: str, title: str = "") -> Row:
    names = ("library_strategy", "library_source", "library_selection", "title")
    values = dict(zip(names, (strategy, source, selection, title), strict=True))
    return Row("experiment", 2, {name: Cell(text, text, 2, "A") for name, text in values.items() if text})


@pytest.mark.parametrize("entry", read_table("library_combinations"), ids=lambda entry: entry["name"])
def test_every_term_of_the_table_is_one_of_its_vocabulary(entry: dict[str, str]) -> None:
    terms = vocabulary(entry["attribute"])
    assert entry["library_strategy"] in vocabulary("library_strategy")
    assert entry["rule"] in ("only", "never")
    listed = {part.strip() for part in entry["terms"].split(";")}
    meant = {part.strip() for part in entry["expected"].split(";")}
    assert listed | meant <= set(terms)
    assert meant <= listed if entry["rule"] == "only" else not meant & listed


def test_molecules_are_told_for_terms_that_exist() -> None:
    for entry in read_table("library_molecules"):
        if entry["kind"] != "word":
            assert entry["term"] in vocabulary(f"library_{entry['kind']}")


@pytest.mark.parametrize(
    ("library", "code"),
    [
        (("RNA-Seq", "TRANSCRIPTOMIC", "cDNA"), ""),
        (("RNA-Seq", "GENOMIC", "RANDOM"), "DSQC-X004"),
        (("AMPLICON", "METAGENOMIC", "RANDOM"), "DSQC-X004"),
        (("AMPLICON", "METAGENOMIC", "PCR"), ""),
        (("ChIP-Seq", "GENOMIC", "RANDOM"), "DSQC-X004"),
        (("ChIP-Seq", "GENOMIC", "unspecified"), ""),
        (("WXS", "GENOMIC", "Hybrid Selection"), ""),
        (("miRNA-Seq", "GENOMIC", "size fractionation"), "DSQC-X010"),
        (("WGS", "GENOMIC", "RANDOM", "Stranded mRNA library of liver"), "DSQC-X010"),
        (("OTHER", "TRANSCRIPTOMIC", "RANDOM", "Whole-genome sequencing of S1"), "DSQC-X010"),
        (("AMPLICON", "METAGENOMIC", "PCR", "16S rRNA gene amplicons"), ""),
        (("AMPLICON", "VIRAL RNA", "RT-PCR", "Whole-genome amplicons of SARS-CoV-2"), ""),
        (("OTHER", "GENOMIC", "other", "Joint RNA-seq and ATAC-seq"), ""),
    ],
)
def test_what_is_unusual(library: tuple[str, ...], code: str) -> None:
    one = row(*library)
    found = _unusual(one) or _other_molecule(one)
    assert (found[0] if found else "") == code
