"""Rules on runs: their library and the files they are made of."""

import re
from collections import Counter
from collections.abc import Iterator

from dsqc.findings import Finding, Suggestion
from dsqc.forms import vocabulary
from dsqc.model import Row
from dsqc.rules.checking import Check, repeated, rule
from dsqc.rules.experiment import PAIRED
from dsqc.rules.table import present

MOST_FASTQ_FILES = 10
"""ENA: at most ten FASTQ files in a run."""
ALIGNED = frozenset({"bam", "cram"})
PLATFORMS = {
    "fast5": ("OXFORD_NANOPORE",),
    "OxfordNanopore_native": ("OXFORD_NANOPORE",),
    "PacBio_HDF5": ("PACBIO_SMRT",),
    "sff": ("LS454", "ION_TORRENT"),
    "454_native": ("LS454",),
    "CompleteGenomics_native": ("COMPLETE_GENOMICS",),
}
"""File types that only some platforms write (DDBJ DRA_R0030)."""
SUFFIXES = {
    ".fastq": "fastq",
    ".fq": "fastq",
    ".bam": "bam",
    ".cram": "cram",
    ".sff": "sff",
    ".fast5": "fast5",
    ".fasta": "fasta",
    ".fa": "fasta",
    ".fna": "fasta",
}
ASSEMBLY_SUFFIXES = (".gb", ".gbk", ".gbff", ".embl", ".agp", ".gff", ".gff3", ".gtf")
"""Formats of assemblies and annotations; no reads stand in them."""
_ASSEMBLY_NAME = re.compile(
    r"(?:^|[^a-z])(?:contigs?|scaffolds?|assembl(?:y|ies|ed)|unitigs?|pseudomolecules?|genome)(?:[^a-z]|$)"
)
READ_FORMATS = "fastq; bam; cram"
TAKEN = frozenset({"kbds", "dsqc"})
"""Who takes a file type (``parent`` in the vocabulary); a type that nobody takes is deprecated."""
COMPRESSED = (".gz", ".bz2", ".bgz", ".zst", ".xz", ".zip")


def file_type(name: str) -> str:
    """The file type that a name tells (``fastq`` for ``a_R1.fq.gz``); empty where it tells none."""
    folded = name.casefold()
    for suffix in COMPRESSED:
        folded = folded.removesuffix(suffix)
    return next((kind for suffix, kind in SUFFIXES.items() if folded.endswith(suffix)), "")


def is_assembly_name(name: str) -> bool:
    """Whether a name tells assembled sequence: an annotation's extension, or FASTA that calls itself an assembly."""
    folded = name.casefold()
    for suffix in COMPRESSED:
        folded = folded.removesuffix(suffix)
    return folded.endswith(ASSEMBLY_SUFFIXES) or (
        file_type(name) == "fasta" and _ASSEMBLY_NAME.search(folded) is not None
    )


@rule("DSQC-R001")
def unknown_library(check: Check) -> Iterator[Finding]:
    """The library is not in the experiment sheet."""
    if not check.has_sheet("experiment"):
        return
    known = check.values("experiment", "library_id")
    for row in check.rows("run"):
        name = row.get("library_id")
        if name and name not in known:
            yield check.finding("DSQC-R001", row, "library_id", **present(check, "experiment", "library_id", name))


@rule("DSQC-R012")
def repeated_alias(check: Check) -> Iterator[Finding]:
    """Run aliases used twice, letter case ignored."""
    return repeated(check, "DSQC-R012", "run", "run_alias")


@rule("DSQC-R002")
def without_file(check: Check) -> Iterator[Finding]:
    """Runs that no file belongs to."""
    if not check.rows("file"):
        return
    used = check.index("file", "run_alias")
    for row in check.rows("run"):
        if row.get("run_alias") and row.get("run_alias").casefold() not in used:
            yield check.finding("DSQC-R002", row, "run_alias", expected="file.run_alias")


@rule("DSQC-R003", "DSQC-R004", "DSQC-R005", "DSQC-R006", "DSQC-R007", "DSQC-R010", "DSQC-R011")
def files_of_run(check: Check) -> Iterator[Finding]:
    """Type, number and roles of a run's files."""
    terms = vocabulary("run_file_type")
    for row in check.rows("run"):
        files = check.ties.rows(row, "file")
        declared = row.get("file_type") if row.get("file_type") in terms else ""  # else T017 has said so
        told = {kind for file in files if (kind := file_type(file.get("file_name")))}
        assembled = next((file.get("file_name") for file in files if is_assembly_name(file.get("file_name"))), "")
        if assembled:
            yield check.finding("DSQC-R011", row, "file_type", value=assembled, expected=READ_FORMATS)
        elif declared == "fasta" or "fasta" in told:
            yield check.finding("DSQC-R010", row, "file_type", value=_fasta(files) or declared, expected=READ_FORMATS)
        elif declared and told - {declared.removeprefix("generic_")}:
            types = ", ".join(sorted({declared, *told}))
            meant = Suggestion(next(iter(told)), 0.8) if len(told) == 1 else None
            yield check.finding("DSQC-R003", row, "file_type", value=types, expected="1", suggestion=meant)
        elif declared in ALIGNED and len(files) > 1:
            yield check.finding("DSQC-R005", row, "file_type", value=str(len(files)), expected="1")
        elif declared == "fastq":
            yield from _fastq_files(check, row, files)


def _fasta(files: tuple[Row, ...]) -> str:
    return next((file.get("file_name") for file in files if file_type(file.get("file_name")) == "fasta"), "")


def _fastq_files(check: Check, row: Row, files: tuple[Row, ...]) -> Iterator[Finding]:
    if len(files) > MOST_FASTQ_FILES:
        yield check.finding("DSQC-R006", row, "file_type", value=str(len(files)), expected=f"≤ {MOST_FASTQ_FILES}")
        return
    layouts = {tied.get("library_layout") for tied in check.ties.rows(row, "experiment")}
    if layouts != {PAIRED} or not files:
        return
    if len(files) == 1:
        yield check.finding("DSQC-R004", row, "run_alias", value="1", expected="R1, R2")
        return
    roles = Counter(file.get("read_role") for file in files)
    if all(role in vocabulary("read_role") for role in roles) and roles["R1"] != roles["R2"]:
        listed = ", ".join(f"{role} × {count}" for role, count in sorted(roles.items()))
        yield check.finding("DSQC-R007", row, "run_alias", value=listed, expected="R1 × n, R2 × n")


@rule("DSQC-R009")
def deprecated_type(check: Check) -> Iterator[Finding]:
    """File types that archives take no longer; FASTA has a rule of its own."""
    taken = {entry.term: entry.parent in TAKEN for entry in vocabulary("run_file_type").entries}
    for row in check.rows("run"):
        if not taken.get(row.get("file_type"), True) and row.get("file_type") != "fasta":
            yield check.finding("DSQC-R009", row, "file_type", expected=READ_FORMATS)


@rule("DSQC-R008")
def platform(check: Check) -> Iterator[Finding]:
    """File types that the platform of the run's experiment does not write."""
    for row in check.rows("run"):
        allowed = PLATFORMS.get(row.get("file_type"))
        if allowed is None:
            continue
        platforms = {tied.get("platform") for tied in check.ties.rows(row, "experiment")} - {""}
        if platforms and not platforms & set(allowed):
            expected = f"platform {', '.join(allowed)}"
            yield check.finding("DSQC-R008", row, "file_type", expected=expected)
