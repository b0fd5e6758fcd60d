"""Declared organisms of the project's public reads and of the sample batch: none disagrees, none holds human reads."""

import os
from pathlib import Path

import pytest

from dsqc.judge import Declared, organism_findings
from dsqc.limits import Limits
from dsqc.model import Run
from dsqc.sketch import open_panel
from dsqc.stages.sketch import sketch
from dsqc.taxonomy import open_taxonomy

DATA = Path(os.environ.get("DSQC_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
BATCH = Path(__file__).parents[2] / "test-data" / "batch"
HUMAN, THALIANA, FLY, COLI, SARS = "9606", "3702", "7227", "562", "2697049"
DECLARED = {
    "reads/human_*": HUMAN,
    "reads/10x_*": HUMAN,
    "reads/arabidopsis_*": THALIANA,
    "reads/drosophila_*": FLY,
    "reads/ecoli_*": COLI,
    "reads/sarscov2_*": SARS,
    "reads/rrbs_*": "10090",
    "reads/ont_*": HUMAN,
    "alignments/human_*.bam": HUMAN,
    "alignments/arabidopsis_*.bam": THALIANA,
    "alignments/drosophila_*.bam": FLY,
    "alignments/sarscov2_*.bam": SARS,
    "alignments/sarscov2_*.cram": SARS,
}
SAMPLES = {
    "rice-wgs": "4530",
    "sarscov2-amplicon": SARS,
    "tuberculosis-nanopore": "1773",
    "human-hifi": HUMAN,
    "hanwoo-rnaseq": "9913",
    "yeast-cram": "4932",
    "gut-16s": "408170",
    "seawater-metagenome": "1561972",
    "soil-metagenome": "410658",
    "hepg2-drug-response": HUMAN,
}
GIVEN = [(path, taxon) for pattern, taxon in DECLARED.items() for path in sorted(DATA.glob(pattern))]
GIVEN += [
    (path, taxon)
    for name, taxon in SAMPLES.items()
    for path in sorted((BATCH / name).iterdir())
    if path.name.endswith((".fastq.gz", ".bam", ".cram"))
]


def test_every_declared_organism_is_looked_at() -> None:
    assert {path.parent.name for path, _ in GIVEN} >= {"reads", "alignments", *SAMPLES}
    assert {path.name for path in BATCH.iterdir() if path.is_dir() and not path.name.startswith("_")} == set(SAMPLES)


@pytest.mark.parametrize(("path", "taxon"), GIVEN, ids=lambda value: getattr(value, "name", None))
def test_no_declared_organism_disagrees(path: Path, taxon: str) -> None:
    reference = DATA / "references" / "MN908947.3.fasta" if path.name.startswith("sarscov2") else None
    (told,) = sketch(path, panel=open_panel(), threads=1, reference=reference).files
    declared = Declared(Run("r", "r", "lib", ()), {}, {"library_strategy": "WGS"}, {"taxonomy_id": taxon}, 2, "open")
    measured = {"state": "measured", "metrics": told.metrics}
    assert list(organism_findings(declared, measured, open_taxonomy(), Limits())) == []


def test_reads_of_sars_cov_2_are_told_and_would_be_told_in_rice() -> None:
    (told,) = sketch(DATA / "reads" / "sarscov2_amplicon_pe_R1.fastq.gz", panel=open_panel()).files
    assert told.metrics["organism_taxonomy_id"] == SARS
    declared = Declared(Run("r", "r", "lib", ()), {}, {"library_strategy": "WGS"}, {"taxonomy_id": "4530"}, 2)
    measured = {"state": "measured", "metrics": told.metrics}
    assert [item.code for item in organism_findings(declared, measured, open_taxonomy(), Limits())] == ["DSQC-D025"]
