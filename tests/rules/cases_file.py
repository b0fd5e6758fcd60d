"""Fixtures of the rules on the file sheet."""

from rules.edits import Cases, cell, fastq_files, nothing, row

CASES: Cases = {
    "F001": (cell("file", file_name="S1_R1.fastq.gz"), cell("file", file_name="시료 1.fastq.gz")),
    "F002": (fastq_files(2), row("file", file_name="s1.FASTQ.gz", md5="2" * 32)),
    "F005": (nothing, cell("file", md5="d41d8")),
    "F012": (fastq_files(2), row("file", file_name="S1_2.fastq.gz")),
    "F014": (nothing, cell("file", file_name="../S1.fastq.gz")),
    "F015": (cell("file", size_bytes="99000000000"), cell("file", size_bytes="120000000000")),
}
