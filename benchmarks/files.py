"""The files that the topics measure, by size; made when first asked for."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makers import Facts, make

DATA = Path(os.environ.get("DSQC_BENCH_DATA") or Path(__file__).parent / "data")
"""Where made files are kept."""

ILLUMINA_RECORD = 363
"""Bytes of text of an Illumina record, about: turns megabytes into reads."""


def _catalogue(
    illumina: int, nanopore: int, longest: int, alignments: int, linear: tuple[int, ...], *, samples: int
) -> dict[str, Any]:
    """File name without its size -> kind and arguments; ``linear`` in megabytes of text."""
    gzip = {"seed": 1, "container": "gzip"}
    files: dict[str, Any] = {
        "illumina_binned.fastq.gz": ("illumina_binned", {"reads": illumina} | gzip),
        "illumina_binned_bgzf.fastq.gz": ("illumina_binned", {"reads": illumina, "seed": 1, "container": "bgzf"}),
        "illumina_40.fastq.gz": ("illumina_40", {"reads": illumina} | gzip),
        "nanopore.fastq.gz": ("nanopore", {"bases": nanopore, "longest": 0} | gzip),
        "nanopore_longest.fastq.gz": ("nanopore", {"bases": nanopore // 4, "longest": longest} | gzip),
        "sorted.bam": ("bam", {"reads": alignments, "seed": 1}),
        "unaligned.bam": ("ubam", {"reads": alignments, "seed": 1}),
        "sorted.cram": ("cram", {"reads": alignments, "seed": 1}),
        "small.fastq.gz": ("illumina_binned", {"reads": 1000} | gzip),
        "form_5_percent.xlsx": ("submission", {"reads": samples, "faulty": 0.05, "seed": 1}),
        "form_28_percent.xlsx": ("submission", {"reads": samples, "faulty": 0.28, "seed": 2}),
    }
    for megabytes in linear:
        reads = megabytes * 1_000_000 // ILLUMINA_RECORD
        files[f"linear_{megabytes}mb.fastq.gz"] = ("illumina_binned", {"reads": reads, "seed": 2, "container": "gzip"})
    return files


CATALOGUE = {
    "toy": _catalogue(4_000, 400_000, 50_000, 4_000, (1, 2), samples=50),
    "medium": _catalogue(400_000, 50_000_000, 1_000_000, 400_000, (10, 100), samples=500),
    "full": _catalogue(4_100_000, 520_000_000, 2_000_000, 4_000_000, (10, 100, 1000, 4000), samples=2_000),
}
"""Size -> files. Toy shows that the scripts run; figures count at full size."""


@dataclass(frozen=True, slots=True)
class File:
    """A made file."""

    path: Path
    facts: Facts

    @property
    def reference(self) -> Path:
        """The FASTA beside a BAM or CRAM."""
        return self.path.with_suffix(".fasta")


def prepare(name: str, size: str, data: Path) -> File:
    """The file ``name`` of a size, made where it is not there yet; it stands in ``data/size``."""
    kind, arguments = CATALOGUE[size][name]
    path = data / size / name
    return File(path, make(kind, path, **arguments))
