"""Formats: containers, FASTQ, BAM, CRAM and SAM; bytes to batches of arrays, with proof of integrity; no metrics.

Imports kernels and the core; metrics and stages import it. Example::

    with open_reads(Path("reads.fastq.gz"), log) as source:
        for batch in source.batches(): ...
"""

from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import Integrity
from dsqc.formats.first_look import name_findings
from dsqc.formats.names_unique import NameCheck
from dsqc.formats.pairing import PairReader
from dsqc.formats.reads import open_reads, sniff, standard_input
from dsqc.formats.source import ReadSource

__all__ = [
    "Integrity",
    "NameCheck",
    "PairReader",
    "ReadBatch",
    "ReadSource",
    "name_findings",
    "open_reads",
    "sniff",
    "standard_input",
]
