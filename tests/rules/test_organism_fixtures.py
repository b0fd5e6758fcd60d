"""The rules on organisms, each with a submission that passes and one that fails: reads, qc and judge in a row."""

from pathlib import Path
from typing import Any

import pytest

from dsqc.artefact import read_json, sha256_of, write_json, write_json_lines
from dsqc.findings import FindingLog
from dsqc.model import Cell, Heading, Row, Sheet, Submission
from dsqc.sketch import write_panel
from dsqc.sketch.building import Told, build_panel
from dsqc.stages.judge import judge
from dsqc.stages.qc import qc_run
from helpers.genomes import Bytes, fasta, fastq_gz, genome, mixture

GENOMES = {
    "Escherichia coli": (562, genome(31, 300_000)),
    "Saccharomyces cerevisiae": (4932, genome(32, 300_000)),
    "Homo sapiens": (9606, genome(33, 300_000)),
}
UNKNOWN = genome(34, 1_000_000)
CASES: dict[str, tuple[tuple[dict[str, str], dict[str, int]], tuple[dict[str, str], dict[str, int]]]] = {
    "D025": (
        ({"organism": "Escherichia coli", "taxonomy_id": "562"}, {"Escherichia coli": 3_000}),
        ({"organism": "Escherichia coli", "taxonomy_id": "562"}, {"Saccharomyces cerevisiae": 3_000}),
    ),
    "D026": (
        ({"organism": "human gut metagenome", "taxonomy_id": "408170"}, {"Escherichia coli": 2_000}),
        ({"organism": "human gut metagenome", "taxonomy_id": "408170"}, {"Homo sapiens": 400}),
    ),
    "H011": (
        ({"organism": "soil metagenome", "taxonomy_id": "410658"}, {"Escherichia coli": 2_000}),
        ({"organism": "soil metagenome", "taxonomy_id": "410658"}, {"Homo sapiens": 400}),
    ),
}


def sheet(name: str, values: dict[str, str]) -> Sheet:
    headings = tuple(Heading(key, key, chr(65 + number)) for number, key in enumerate(values))
    cells = {head.attribute: Cell(values[head.attribute], values[head.attribute], 2, head.column) for head in headings}
    return Sheet(name, f"{name}.tsv", headings, (Row(name, 2, cells),))


def submit(work: Path, sample: dict[str, str], reads: Bytes) -> Path:
    """Validated results of a submission with one file of ``reads``; its inbox stands beside them."""
    rows = {
        "submission": {"access_level": "open"},
        "sample": {"sample_name": "S1", **sample},
        "experiment": {"library_id": "LIB", "sample_name": "S1", "platform": "ILLUMINA", "library_strategy": "WGS"},
        "run": {"run_alias": "RUN_1", "library_id": "LIB"},
        "file": {"file_name": "S1.fastq.gz", "run_alias": "RUN_1"},
    }
    results, inbox = work / "results", work / "inbox"
    inbox.mkdir(parents=True)
    fastq_gz(inbox / "S1.fastq.gz", reads)
    submission = Submission({name: sheet(name, values) for name, values in rows.items()})
    write_json(results / "submission.json", submission.to_dict())
    write_json_lines(results / "validate.findings.jsonl", [])
    validation = {"form": None, "submission_alias": "s", "inputs": {}, "finding_counts": FindingLog().counts()}
    write_json(results / "validate.json", validation | {"groups": [], "findings_file": "validate.findings.jsonl"})
    return results


def codes_of(work: Path, sample: dict[str, str], counts: dict[str, int]) -> list[dict[str, Any]]:
    parts = [(GENOMES[name][1], number) for name, number in counts.items()]
    results = submit(work, sample, mixture([*parts, (UNKNOWN, 4_000 - sum(counts.values()))], 3, errors=0.001))
    told = [(fasta(work / f"{taxon}.fa", letters), Told(name, taxon)) for name, (taxon, letters) in GENOMES.items()]
    panel = build_panel("test", told)
    write_panel(work / "panel.sketch", panel)
    (key,) = [run.key for run in Submission.from_dict(read_json(results / "submission.json")).runs()]
    qc_run(results / "submission.json", key, work / "inbox", results / "runs" / key, panel=work / "panel.sketch")
    before = sha256_of(results / "runs" / key / "qc.json")
    document = judge(results).document
    assert document["versions"]["panel"] == panel.version
    assert sha256_of(results / "runs" / key / "qc.json") == before
    return [row for row in document["reasons"] if row["code"] in ("DSQC-D025", "DSQC-D026", "DSQC-H011")]


@pytest.mark.parametrize("code", CASES)
def test_pass(code: str, tmp_path: Path) -> None:
    assert codes_of(tmp_path, *CASES[code][0]) == []


@pytest.mark.parametrize("code", CASES)
def test_fail_yields_exactly_its_code(code: str, tmp_path: Path) -> None:
    (row,) = codes_of(tmp_path, *CASES[code][1])
    assert row["code"] == f"DSQC-{code}"
    assert (row["location"]["sheet"], row["location"]["row"]) == ("sample", 2)
    assert "(95 %: " in row["message"]
