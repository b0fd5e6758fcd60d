"""Declared organisms against what was found: which disagreement is a finding, and above all which is none."""

from typing import Any

import pytest

from dsqc.findings import Finding
from dsqc.judge import Declared, organism_findings
from dsqc.limits import Limits
from dsqc.model import Run
from dsqc.taxonomy import open_taxonomy

COLI, YEAST, HUMAN, MOUSE, RICE, SARS, PHIX, TB = 562, 4932, 9606, 10090, 4530, 2697049, 10847, 1773
NAMES = {COLI: "Escherichia coli", YEAST: "Saccharomyces cerevisiae", HUMAN: "Homo sapiens (mitochondrion)"}


def found(
    taxon: int | None, share: float = 0.9, low: float = 0.8, hosts: str | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "organism_main": NAMES.get(taxon or 0, "it"),
        "organism_taxonomy_id": str(taxon) if taxon else None,
        "organism_share": share if taxon else None,
        "organism_share_low": low if taxon else None,
        "organism_share_high": min(1.0, share + 0.05) if taxon else None,
        "organism_hosts": hosts,
    }


def findings(
    organism: str, taxon: int | str, metrics: dict[str, Any], state: str = "measured", host: str = "", **experiment: str
) -> list[Finding]:
    sample = {"organism": organism, "taxonomy_id": str(taxon), "host": host}
    declared = Declared(Run("r1", "r1", "lib", ()), {}, experiment, sample, 3)
    measured = {"state": state, "metrics": metrics}
    return list(organism_findings(declared, measured, open_taxonomy(), Limits()))


@pytest.mark.parametrize(
    ("organism", "taxon", "seen"),
    [
        ("Oryza sativa", RICE, found(COLI)),
        ("Oryza sativa", RICE, found(MOUSE)),
        ("Oryza sativa", "", found(COLI)),  # by its name alone
        ("Homo sapiens", HUMAN, found(YEAST)),
        ("Saccharomyces cerevisiae", YEAST, found(COLI)),
        ("Mycobacterium tuberculosis", TB, found(COLI)),
        ("Oryza sativa", RICE, found(SARS, hosts="40674")),
        ("Oryza sativa", RICE, found(PHIX, hosts="543")),
    ],
)
def test_reads_of_another_family_are_a_finding(organism: str, taxon: int | str, seen: dict[str, Any]) -> None:
    (item,) = findings(organism, taxon, seen, library_source="GENOMIC", library_strategy="WGS")
    assert (item.code, item.object_id, item.location.row) == ("DSQC-D025", "r1", 3)
    assert organism in item.expected
    assert "90 % (95 %: 80–95 %)" in item.value


@pytest.mark.parametrize(
    ("organism", "taxon", "seen"),
    [
        ("Escherichia coli", COLI, found(COLI)),
        ("Escherichia coli str. K-12 substr. MG1655", 511145, found(COLI)),  # a strain of it
        ("Enterobacteriaceae", 543, found(COLI)),  # an ancestor of it
        ("Salmonella enterica", 28901, found(COLI)),  # of its family: words do not part them surely
        ("Oryza sativa", RICE, found(COLI, low=0.49)),  # not surely most of the reads
        ("Oryza sativa", RICE, found(None)),
        ("Homo sapiens", HUMAN, found(SARS, hosts="40674")),  # a virus in its host
        ("Escherichia coli", COLI, found(PHIX, hosts="543")),
        ("Oryza sativa", RICE, found(SARS)),  # a virus of unknown hosts
        ("Severe acute respiratory syndrome coronavirus 2", SARS, found(HUMAN)),  # a host of a virus
        ("Mycobacterium tuberculosis", TB, found(HUMAN)),  # a host of a microbe
        ("soil metagenome", 410658, found(COLI)),
        ("human gut metagenome", 408170, found(COLI)),
        ("marsh metagenome of ours", "", found(COLI)),
        ("synthetic construct", 32630, found(COLI)),
        ("unidentified", 32644, found(COLI)),
        ("Oryza nova", 999_999_999, found(COLI)),  # not in the snapshot
        ("Oryza sativa", RICE, found(32630)),  # a vector
        ("Oryza sativa", RICE, found(999_999_999)),
        ("", "", found(COLI)),
    ],
)
def test_what_can_be_explained_otherwise_is_none(organism: str, taxon: int | str, seen: dict[str, Any]) -> None:
    assert findings(organism, taxon, seen, library_source="GENOMIC", library_strategy="WGS") == []


@pytest.mark.parametrize(
    "experiment", [{"library_source": "METAGENOMIC"}, {"library_source": "SYNTHETIC"}, {"library_strategy": "CLONE"}]
)
def test_libraries_that_hold_anything_do_not_disagree(experiment: dict[str, str]) -> None:
    assert findings("Oryza sativa", RICE, found(COLI), **experiment) == []


def test_a_run_that_is_not_whole_or_was_measured_before_says_nothing() -> None:
    assert findings("Oryza sativa", RICE, found(COLI), state="partial") == []
    assert findings("Oryza sativa", RICE, {"read_count": 3}) == []


HUMAN_READS = {"human_share": 0.12, "human_share_low": 0.1, "human_share_high": 0.14}


def test_human_reads_in_a_metagenome_of_a_human_are_an_error() -> None:
    for organism, taxon, host in (
        ("human gut metagenome", 408170, ""),
        ("gut metagenome", 749906, "Homo sapiens"),
    ):
        (item,) = findings(organism, taxon, HUMAN_READS, host=host)
        assert (item.code, item.severity.value, item.expected) == ("DSQC-D026", "error", "0.1 %")
        assert item.value == "12 % (95 %: 10–14 %)"


@pytest.mark.parametrize(
    ("organism", "taxon", "host", "metrics"),
    [
        ("human gut metagenome", 408170, "", {**HUMAN_READS, "human_share_low": 0.001}),
        ("human gut metagenome", 408170, "", {**HUMAN_READS, "human_share_low": None}),
        ("human gut metagenome", 408170, "", {}),
        ("soil metagenome", 410658, "", HUMAN_READS),
        ("gut metagenome", 749906, "Bos taurus", HUMAN_READS),
        ("Homo sapiens", HUMAN, "", HUMAN_READS),
    ],
)
def test_human_reads_elsewhere_are_none(organism: str, taxon: int, host: str, metrics: dict[str, Any]) -> None:
    assert findings(organism, taxon, metrics, host=host) == []


def open_findings(organism: str, taxon: int | str, host: str = "", level: str = "open", **limits: Any) -> list[Finding]:
    sample = {"organism": organism, "taxonomy_id": str(taxon), "host": host}
    declared = Declared(Run("r1", "r1", "lib", ()), {}, {}, sample, 3, access_level=level)
    measured = {"state": "measured", "metrics": found(None) | HUMAN_READS}
    return list(organism_findings(declared, measured, open_taxonomy(), Limits(**limits)))


@pytest.mark.parametrize(
    ("organism", "taxon", "host"),
    [
        ("Oryza sativa", RICE, ""),
        ("soil metagenome", 410658, ""),
        ("marsh of ours metagenome", "", ""),
        ("Severe acute respiratory syndrome coronavirus 2", SARS, "Homo sapiens"),
        ("Mycobacterium tuberculosis", TB, ""),
    ],
)
def test_human_reads_in_open_data_of_anything_else_close_the_gate(organism: str, taxon: int | str, host: str) -> None:
    (item,) = open_findings(organism, taxon, host)
    assert (item.code, item.severity.value, item.expected) == ("DSQC-H011", "error", "0.1 %")
    assert item.value == "12 % (95 %: 10–14 %)"
    (item,) = open_findings(organism, taxon, host, human_reads="review")
    assert (item.code, item.severity.value) == ("DSQC-H011", "warning")
    assert open_findings(organism, taxon, host, level="controlled") == []
    assert open_findings(organism, taxon, host, human_fraction=0.1) == []


@pytest.mark.parametrize(
    ("organism", "taxon", "host"),
    [
        ("Homo sapiens", HUMAN, ""),
        ("Macaca mulatta", 9544, ""),
        ("gut metagenome", 749906, "Macaca mulatta"),
        ("Oryza nova", 999_999_999, ""),
    ],
)
def test_what_shares_words_with_humans_passes_the_gate(organism: str, taxon: int, host: str) -> None:
    assert open_findings(organism, taxon, host) == []


def test_a_share_without_an_upper_end_says_so() -> None:
    sample = {"organism": "human gut metagenome", "taxonomy_id": "408170"}
    declared = Declared(Run("r1", "r1", "lib", ()), {}, {}, sample, 2)
    metrics = HUMAN_READS | {"human_share_high": None}
    (item,) = organism_findings(declared, {"state": "measured", "metrics": metrics}, open_taxonomy(), Limits())
    assert item.value == "12 % (97.5 %: >= 10 %)"


def test_the_limit_is_the_stations() -> None:
    sample = {"organism": "human gut metagenome", "taxonomy_id": "408170"}
    declared = Declared(Run("r1", "r1", "lib", ()), {}, {}, sample, 2)
    measured = {"state": "measured", "metrics": HUMAN_READS}
    assert list(organism_findings(declared, measured, open_taxonomy(), Limits(human_fraction=0.11))) == []
    with pytest.raises(ValueError, match="human_fraction"):
        Limits(human_fraction=-1)
