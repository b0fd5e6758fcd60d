"""The reads of a file as dsqc's own readers see them: a second way to the same answer, which knows no recipes."""

from dataclasses import dataclass
from pathlib import Path

from dsqc.findings import FindingLog
from dsqc.fingerprint import Fingerprint
from dsqc.formats import open_reads
from dsqc.metrics.batch import check_batch, sequenced_reads

OFFSET = 33
"""Of the qualities, in both files: CRAM keeps the characters, whatever their offset."""


@dataclass(frozen=True, slots=True)
class Identified:
    """What a file holds.

    Attributes:
        fingerprint: of its reads; None where they cannot be read to the end.
        record_count: records, those of alignments all counted; None likewise.
        sha256: of the stored bytes.
    """

    fingerprint: dict[str, str | int] | None
    record_count: int | None
    sha256: str


def identify(path: Path, name: str, reference: Path | None, threads: int) -> Identified:
    """Read ``path`` whole.

    Raises:
        SystemFault: it cannot be read.
    """
    sums = Fingerprint()
    with open_reads(path, FindingLog(), name=name, threads=threads, reference=reference) as source:
        for batch in source.batches():
            reads = sequenced_reads(batch)
            check_batch(reads)
            sums.add(reads)
        if source.damaged or source.unproven:
            return Identified(None, None, source.integrity.sha256)
        return Identified(sums.result(OFFSET), source.record_count, source.integrity.sha256)
