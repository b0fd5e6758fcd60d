"""What the reader of one part of a file leaves behind for who puts the parts together."""

from dataclasses import dataclass, field

from dsqc.findings import Finding
from dsqc.kernels import fastq as k


@dataclass(slots=True)
class SpanState:
    """What was counted and found, beside the reads themselves.

    Attributes:
        totals: counts of the kernel.
        record_count: reads of the part.
        damaged: the grammar was left.
        noted: findings of its records, and the offset up to which the text carries each (None: all of it).
    """

    totals: list[int] = field(default_factory=lambda: [0] * k.COUNTS)
    record_count: int = 0
    damaged: bool = False
    noted: list[tuple[Finding, int | None]] = field(default_factory=list)
