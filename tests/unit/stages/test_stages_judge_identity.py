"""The judge over whole results: individuals among runs, and what an older rule set says of the same."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from dsqc.artefact import read_json, write_json
from dsqc.metrics.identity import TABLE, sites
from dsqc.model import Submission
from dsqc.rule_data import find
from dsqc.stages.judge import judge
from helpers.evidence import sheet_of, write_evidence
from helpers.qc_data import qc_file

RELEASED = "2026.11"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two samples of subjects P1 and P2, whose alignments are of one person."""
    rng = np.random.default_rng(3)
    share = rng.binomial(2, sites().frequency) / 2
    runs = {}
    for key in ("run-1", "run-2"):
        data = qc_file(f"{key}.bam")
        depth = rng.poisson(12, len(share))
        alternative = rng.binomial(depth, np.clip(share, 0.005, 0.995))
        rows = np.flatnonzero(depth)
        data["tables"][TABLE] = {
            "site": rows.tolist(),
            "reference": (depth - alternative)[rows].tolist(),
            "alternative": alternative[rows].tolist(),
            "other": [0] * len(rows),
        }
        runs[key] = [data]
    folder = write_evidence(tmp_path / "cohort", runs)
    write_json(folder / "submission.json", _described(read_json(folder / "submission.json")))
    return folder


def _described(submission: dict[str, Any]) -> dict[str, Any]:
    """The submission with a sample and an experiment for each run."""
    experiment = {"platform": "ILLUMINA", "library_strategy": "WGS", "library_layout": "PAIRED"}
    made = {
        "sample": [{"sample_name": f"S{n}", "subject_id": f"P{n}"} for n in (1, 2)],
        "experiment": [{"library_id": f"L{n}", "sample_name": f"S{n}", **experiment} for n in (1, 2)],
        "run": [{"run_alias": f"run-{n}", "library_id": f"L{n}"} for n in (1, 2)],
    }
    kept = [sheet for sheet in submission["sheets"] if sheet["name"] not in made]
    added = Submission({name: sheet_of(name, rows) for name, rows in made.items()}).to_dict()["sheets"]
    return {**submission, "sheets": [*kept, *added]}


def test_one_person_under_two_subjects_goes_to_a_curator(results: Path) -> None:
    result = judge(results)
    document = result.document
    schema = json.loads(files("dsqc.schemas").joinpath("reports/verdict.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert document["verdict"] == "review"
    assert [row["code"] for row in document["reasons"]] == ["DSQC-D050"]
    assert document["reasons"][0]["value"] == "run-1 / run-2"
    (pair,) = document["identity"]["pairs"]
    assert (pair["relation"], pair["declared"]) == ("same", "different")
    assert pair["probability"] == 1.0
    assert judge(results).document == document


def test_an_older_rule_set_says_nothing_of_it(results: Path) -> None:
    validation = read_json(results / "validate.json")
    write_json(results / "validate.json", {**validation, "rule_set_version": find(RELEASED).name})
    document = judge(results).document
    assert document["reasons"] == []
    assert document["verdict"] == "pass"
