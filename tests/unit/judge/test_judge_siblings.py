"""A run unlike its siblings, and mates of different organisms; above all what is neither."""

import math
from typing import Any

import numpy as np
import pytest

from dsqc.judge import Declared, mate_findings, oddities, sibling_findings
from dsqc.judge.siblings import LEAST_SIBLINGS, _chance
from dsqc.model import DataFile, Run

ALIKE = {"platform": "ILLUMINA", "library_strategy": "WGS", "library_layout": "PAIRED"}


def group(count: int, rng: np.random.Generator, **changes: Any) -> tuple[list[Declared], dict[str, dict[str, Any]]]:
    """Runs that differ by chance, the first of them also by ``changes``."""
    every, measured = [], {}
    for number in range(count):
        key = f"r{number:03}"
        every.append(Declared(Run(key, key, key, (), number + 2), {}, ALIKE, {"organism": "Homo sapiens"}))
        values = {
            "gc_fraction": rng.normal(0.41, 0.005),
            "mean_phred": rng.normal(35, 0.5),
            "frac_duplicates": rng.beta(5, 50),
            "insert_size_median": rng.normal(350, 15),
            "read_count": int(rng.lognormal(17, 0.5)),
            "n_fraction": 0.0,
            "human_share": None,
        }
        measured[key] = {"state": "measured", "metrics": values | (changes if not number else {})}
    return every, measured


def test_the_odd_one_is_found_with_its_metrics() -> None:
    found = oddities(*group(24, np.random.default_rng(1), gc_fraction=0.58, insert_size_median=180.0))
    assert {(item.declared.run.key, item.metric) for item in found} == {
        ("r000", "gc_fraction"),
        ("r000", "insert_size_median"),
    }
    (item,) = sibling_findings(found)
    assert (item.code, item.object_id, item.location.row) == ("DSQC-D053", "r000", 2)
    assert "gc_fraction 0.58" in item.value
    assert item.parameters["siblings"] == "24"


def test_chance_alone_makes_hardly_any() -> None:
    """Of 400 submissions without an odd run at most one in fifty has a finding."""
    rng = np.random.default_rng(7)
    hit = sum(bool(oddities(*group(int(rng.integers(LEAST_SIBLINGS, 60)), rng))) for _ in range(400))
    assert hit <= 8


@pytest.mark.parametrize(
    "changes", [{"gc_fraction": 0.425}, {"n_fraction": 0.001}, {"mean_phred": 36.5}, {"read_count": 60_000_000}]
)
def test_what_does_not_matter_is_none(changes: dict[str, Any]) -> None:
    assert oddities(*group(30, np.random.default_rng(3), **changes)) == []


def test_few_siblings_and_other_kinds_say_nothing() -> None:
    odd = {"gc_fraction": 0.6}
    assert oddities(*group(LEAST_SIBLINGS - 1, np.random.default_rng(4), **odd)) == []
    every, measured = group(24, np.random.default_rng(4), **odd)
    first = every[0]
    for changed in (
        Declared(first.run, {}, {**ALIKE, "library_strategy": "RNA-Seq"}, first.sample),
        Declared(first.run, {}, ALIKE, {"organism": "Mus musculus"}),
        Declared(first.run, {}, {}, first.sample),
    ):
        assert oddities([changed, *every[1:]], measured) == []
    measured["r000"]["state"] = "partial"
    assert oddities(every, measured) == []


@pytest.mark.parametrize(
    ("t", "freedom", "expected"), [(2.228, 10, 0.05), (12.706, 1, 0.05), (3.182, 3, 0.05), (0, 5, 1)]
)
def test_the_tail_is_that_of_the_tables(t: float, freedom: float, expected: float) -> None:
    assert _chance(t, freedom) == pytest.approx(expected, abs=2e-4)
    assert _chance(2.0, 10_000) == pytest.approx(math.erfc(2 / math.sqrt(2)), abs=1e-4)


def mates(first: str, second: str, low: float = 0.8) -> list[str]:
    files = (DataFile("a_R1.fastq.gz", "r1", read_role="R1"), DataFile("a_R2.fastq.gz", "r1", read_role="R2"))
    metrics = {
        file.name: {"organism_main": taxon, "organism_taxonomy_id": taxon, "organism_share_low": low}
        for file, taxon in zip(files, (first, second), strict=True)
    }
    declared = Declared(Run("r1", "r1", "lib", files), {})
    return [item.code for item in mate_findings(declared, metrics)]


def test_mates_of_two_organisms() -> None:
    assert mates("4530", "10090") == ["DSQC-D054"]
    assert mates("4530", "4530") == []
    assert mates("4530", "10090", low=0.4) == []
    assert mates("4530", "") == []
