"""Fixtures of the rules on runs."""

from rules.edits import Cases, both, cell, chain, fastq_files, no_second, nothing, paired, row, second

CASES: Cases = {
    "R001": (chain, both(chain, second("run", library_id="lib-9"), no_second("experiment", "sample"))),
    "R002": (chain, row("run", run_alias="run-2")),
    "R003": (cell("file", file_name="S1.fq.gz"), cell("file", file_name="S1.bam")),
    "R004": (paired("R1", "R2"), paired("R1")),
    "R005": (
        both(cell("run", file_type="bam"), cell("file", file_name="S1.bam")),
        both(
            cell("run", file_type="bam"),
            cell("file", file_name="S1.bam"),
            row("file", file_name="S2.bam", md5="2" * 32),
        ),
    ),
    "R006": (fastq_files(10), fastq_files(11)),
    "R007": (paired("R1", "R2"), paired("R1", "R1")),
    "R008": (
        both(
            cell("run", file_type="fast5"),
            cell("file", file_name="S1.fast5"),
            cell("experiment", platform="OXFORD_NANOPORE", instrument_model="PromethION"),
        ),
        both(cell("run", file_type="fast5"), cell("file", file_name="S1.fast5")),
    ),
    "R009": (nothing, both(cell("run", file_type="srf"), cell("file", file_name="S1.srf"))),
    "R010": (nothing, cell("file", file_name="S1.fasta.gz")),
    "R011": (nothing, cell("file", file_name="S1.contigs.fasta")),
    "R012": (chain, row("run")),
}
