"""Formats: containers, FASTQ, BAM, CRAM and SAM; bytes to batches of arrays, with proof of integrity; no metrics.

Imports kernels and the core; metrics and stages import it. Example::

    with open_reads(Path("reads.fastq.gz"), log) as source:
        for batch in source.batches(): ...

Nothing is loaded before it is asked for: a file's bytes are read and hashed while that goes on
(:func:`dsqc.formats.stored.begin`).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "Integrity": "container",
    "NameCheck": "names_unique",
    "PairReader": "pairing",
    "ReadBatch": "batch",
    "ReadSource": "source",
    "name_findings": "first_look",
    "open_reads": "reads",
    "sniff": "reads",
    "standard_input": "reads",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
