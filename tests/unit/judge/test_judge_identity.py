"""Whose runs are whose: relations of simulated people, and what the forms say against it."""

import importlib.util
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from dsqc.findings import Finding
from dsqc.judge import Declared, Pair, Person, compare, counts_of, identity_document, identity_findings
from dsqc.judge.identity import LEAST_SITES
from dsqc.metrics.identity import TABLE, sites
from dsqc.model import Run

SIMULATION = Path(__file__).parents[3] / "benchmarks" / "identity.py"


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("identity_benchmark", SIMULATION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_relation_and_no_disturbance_is_called_wrongly(simulation: ModuleType) -> None:
    calls = simulation.table(2, seed=2)
    for disturbance, truth, depth, called in calls:
        assert called["different" if truth == "same" else "same"] == 0, (disturbance, truth, depth)
    deep: dict[str, Counter[str]] = {}
    for _disturbance, truth, depth, called in calls:
        if depth >= 10:
            deep[truth] = deep.get(truth, Counter()) + called
    assert deep["same"]["same"] == deep["same"].total()
    assert deep["unrelated"]["different"] == deep["unrelated"].total()
    assert deep["siblings"]["different"] >= 0.9 * deep["siblings"].total()


class Study:
    """Runs of a submission: whose reads they hold, and what the forms say."""

    def __init__(self, simulation: ModuleType, seed: int = 5, depth: float = 15) -> None:
        self._simulation = simulation
        self._rng = np.random.default_rng(seed)
        self._depth = depth
        self._genotypes: dict[str, np.ndarray] = {}
        self.people: list[Person] = []

    def add(self, run: str, truth: str, sample: str, *, row: int = 2, **attributes: str) -> None:
        if truth not in self._genotypes:
            self._genotypes[truth] = self._simulation.person(self._rng, sites().frequency)
        counts = self._simulation.reads(self._rng, self._genotypes[truth], self._depth)
        declared = Declared(Run(run, run, run, ()), {}, {}, {"sample_name": sample, **attributes}, row)
        self.people.append(Person(declared, counts))

    def pairs(self) -> list[Pair]:
        return compare(self.people)

    def findings(self) -> dict[str, Finding]:
        found = list(identity_findings(self.pairs()))
        assert len({item.code for item in found}) == len(found)
        return {item.code.removeprefix("DSQC-"): item for item in found}


def test_two_names_of_one_individual(simulation: ModuleType) -> None:
    study = Study(simulation)
    study.add("r1", "ann", "S1", subject_id="P1")
    study.add("r2", "ann", "S2", subject_id="P2", row=7)
    study.add("r3", "bob", "S3", subject_id="P3")
    found = study.findings()
    assert set(found) == {"D050"}
    item = found["D050"]
    assert (item.object_id, item.location.row, item.value) == ("r2", 7, "r1 / r2")
    assert item.expected == "S1 (subject_id) / S2 (subject_id)"
    assert "P1" not in str(item.to_dict())
    assert "LOD" in item.parameters["odds"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({}, {}),  # One donor gives many samples: nobody says that these are two.
        ({"subject_id": "P1"}, {"subject_id": "p1"}),
        ({"subject_id": "P1"}, {"donor_id": "D1"}),
        ({"subject_id": "not collected"}, {"subject_id": "not provided"}),
        ({"sex": "male"}, {"sex": "not collected"}),
    ],
)
def test_samples_of_one_donor_are_no_finding(
    simulation: ModuleType, one: Mapping[str, str], two: Mapping[str, str]
) -> None:
    study = Study(simulation)
    study.add("r1", "ann", "tumour", **one)
    study.add("r2", "ann", "blood", **two)
    assert study.findings() == {}


def test_a_man_and_a_woman_are_two(simulation: ModuleType) -> None:
    study = Study(simulation)
    study.add("r1", "ann", "S1", sex="female")
    study.add("r2", "ann", "S2", sex="male")
    assert set(study.findings()) == {"D050"}


@pytest.mark.parametrize("attributes", [{}, {"subject_id": "P1"}])
def test_two_individuals_under_one_name(simulation: ModuleType, attributes: dict[str, str]) -> None:
    study = Study(simulation)
    study.add("r1", "ann", "S1", **attributes)
    study.add("r2", "bob", "S1" if not attributes else "S2", **attributes)
    study.add("r3", "ann", "S1", **attributes)
    assert set(study.findings()) == {"D051"}


def test_exchanged_samples_are_told_once(simulation: ModuleType) -> None:
    study = Study(simulation)
    for run, truth, sample in (
        ("dna1", "ann", "S1"),
        ("rna1", "bob", "S1"),
        ("dna2", "bob", "S2"),
        ("rna2", "ann", "S2"),
    ):
        study.add(run, truth, sample, subject_id=f"P{sample}")
    study.add("dna3", "eve", "S3", subject_id="P3")
    found = study.findings()
    assert set(found) == {"D052"}
    assert found["D052"].expected == "S1 (subject_id) / S2 (subject_id)"


def test_one_run_in_the_wrong_place_is_no_exchange(simulation: ModuleType) -> None:
    study = Study(simulation)
    for run, truth, sample in (
        ("dna1", "ann", "S1"),
        ("rna1", "bob", "S1"),
        ("dna2", "bob", "S2"),
        ("rna2", "bob", "S2"),
    ):
        study.add(run, truth, sample)
    assert set(study.findings()) == {"D051"}


def test_few_sites_say_nothing(simulation: ModuleType) -> None:
    study = Study(simulation)
    study.add("r1", "ann", "S1", subject_id="P1")
    study.add("r2", "ann", "S2", subject_id="P2")
    for person in study.people:
        person.counts[LEAST_SITES - 1 :] = 0
    assert [pair.relation for pair in study.pairs()] == ["unknown"]
    assert study.findings() == {}


def test_files_of_a_run_are_one() -> None:
    table = {"site": [3, 9], "reference": [4, 0], "alternative": [0, 2], "other": [0, 1]}
    found = counts_of([{TABLE: table}, {}, {TABLE: table}])
    assert found is not None
    assert found[3].tolist() == [8, 0]
    assert found[9].tolist() == [0, 4]
    assert counts_of([{}]) is None


def test_the_document_names_what_the_forms_do_not_say(simulation: ModuleType) -> None:
    study = Study(simulation)
    study.add("r1", "ann", "tumour")
    study.add("r2", "ann", "blood")
    study.add("r3", "bob", "other")
    document = identity_document(study.people, study.pairs())
    assert document is not None
    assert (document["pair_count"], document["same_count"], document["different_count"]) == (3, 1, 2)
    (pair,) = document["pairs"]
    assert (pair["runs"], pair["relation"], pair["declared"]) == (["r1", "r2"], "same", "unknown")
    assert identity_document([], []) is None
