"""Fixtures of the rules on experiments."""

from rules.edits import AMPLICON, Cases, both, cell, chain, nothing, paired, row, second, second_library

CASES: Cases = {
    "X001": (second_library("KAS00000001"), second_library("S9")),
    "X002": (
        chain,
        both(
            chain,
            second("experiment", library_id="LIB-1"),
            second("run", library_id="lib-1"),
        ),
    ),
    "X003": (
        cell("experiment", platform="ILLUMINA", instrument_model="Illumina NovaSeq 6000"),
        cell("experiment", platform="PACBIO_SMRT", instrument_model="Illumina NovaSeq 6000"),
    ),
    "X004": (nothing, cell("experiment", library_selection="PolyA")),
    "X005": (paired("R1", "R2"), both(paired("R1", "R2"), cell("experiment", insert_size=""))),
    "X006": (cell("experiment", insert_size="9999999"), cell("experiment", insert_size="10000000")),
    "X007": (
        cell("experiment", platform="OXFORD_NANOPORE", instrument_model="PromethION"),
        both(paired("R1", "R2"), cell("experiment", platform="OXFORD_NANOPORE", instrument_model="PromethION")),
    ),
    "X008": (
        both(AMPLICON, cell("experiment", target_gene="ITS", target_subfragment="ITS1", pcr_primers="missing")),
        both(AMPLICON, cell("experiment", target_subfragment="ITS1", pcr_primers="missing")),
    ),
    "X009": (nothing, cell("experiment", instrument_model="unspecified")),
    "X010": (nothing, cell("experiment", title="mRNA sequencing of S1", library_strategy="OTHER")),
    "X011": (nothing, cell("experiment", title="")),
    "X012": (chain, row("experiment", library_id="lib-2")),
    "X013": (chain, row("sample", sample_name="S2", tissue="root")),
}
