"""What is measured: topics, each some files, the programs that contend, and the limit they are compared with."""

from dataclasses import dataclass

Contender = tuple[str, int]
"""A tool of ``peers.TOOLS`` and its threads."""

QC_FASTQ: tuple[Contender, ...] = (
    ("dsqc", 2),
    ("dsqc", 1),
    ("falco", 2),
    ("seqkit", 2),
    ("sequali", 2),
    ("fastp", 2),
    ("fastqc", 1),
)
QC_BAM: tuple[Contender, ...] = (
    ("dsqc", 2),
    ("dsqc", 1),
    ("falco", 2),
    ("quickcheck", 1),
    ("flagstat", 2),
    ("stats", 2),
    ("sequali", 2),
    ("fastqc", 1),
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One question.

    Attributes:
        title: for tables and plots.
        files: names in ``files.CATALOGUE``; a name that ends with ``*`` stands for all that begin so.
        contenders: who is measured.
        limit: whom each is compared with, run beside it.
    """

    title: str
    files: tuple[str, ...]
    contenders: tuple[Contender, ...]
    limit: Contender | None = None


COPIERS: tuple[Contender, ...] = (("dsqc", 0), ("boto3", 0), ("aws", 0), ("rclone", 0), ("rclone_hashed", 0))
"""Programs of ``transfers.py``, with as many threads as each takes by itself."""
TOPICS = {
    "qc_fastq_binned": Topic(
        "Illumina 2×150, 4 quality levels, gzip", ("illumina_binned.fastq.gz",), QC_FASTQ, ("igzip", 1)
    ),
    "qc_fastq_bgzf": Topic(
        "the same, BGZF", ("illumina_binned_bgzf.fastq.gz",), (("dsqc", 2), ("dsqc", 1), ("falco", 2)), ("igzip", 1)
    ),
    "qc_fastq_40": Topic("Illumina 2×150, 40 quality levels, gzip", ("illumina_40.fastq.gz",), QC_FASTQ, ("igzip", 1)),
    "qc_nanopore": Topic(
        "nanopore-like, gzip",
        ("nanopore.fastq.gz",),
        tuple(item for item in QC_FASTQ if item[0] != "fastp"),  # made for short reads
        ("igzip", 1),
    ),
    "qc_bam": Topic("coordinate-sorted BAM", ("sorted.bam",), QC_BAM, ("view_c", 1)),
    "qc_ubam": Topic("unaligned BAM", ("unaligned.bam",), QC_BAM, ("view_c", 1)),
    "qc_cram": Topic("CRAM 3.0", ("sorted.cram",), (("dsqc", 2), ("dsqc", 1), ("flagstat", 2)), ("stats", 2)),
    "small_file": Topic("1,000 reads", ("small.fastq.gz",), (("dsqc", 2), ("sequali", 2), ("fastp", 2), ("fastqc", 1))),
    "validate": Topic("forms of 2,000 samples × 60 attributes", ("form_*",), (("validate", 1),)),
    "startup": Topic("dsqc --help", (), (("dsqc", 1),)),
    "threads": Topic("one thread against two", ("illumina_binned.fastq.gz",), (("dsqc", 1),), ("dsqc", 2)),
    "memory": Topic("a read of 2 Mb", ("nanopore_longest.fastq.gz",), (("dsqc", 2), ("dsqc", 1)), ("igzip", 1)),
    "linearity": Topic("cost by size", ("linear_*",), (("dsqc", 2),), ("igzip", 1)),
    "kernels": Topic(
        "kernels in memory", ("illumina_binned.fastq.gz", "nanopore.fastq.gz", "sorted.bam"), (("dsqc", 1),)
    ),
    "send_large": Topic("a submission of 1 GB in one file, to a store", (), COPIERS),
    "send_small": Topic("a submission of 2,000 small files, to a store", (), COPIERS),
    "receive_large": Topic("a submission of 1 GB in one file, from a store", (), COPIERS),
    "receive_small": Topic("a submission of 2,000 small files, from a store", (), COPIERS),
}
TRANSFERS = ("send_large", "send_small", "receive_large", "receive_small")
"""Topics that need a store; ``transfers.py`` knows who contends."""
