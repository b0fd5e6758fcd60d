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


@dataclass(slots=True)
class AlignmentState(SpanState):
    """The same of alignments.

    Attributes:
        tally: mapped and unmapped records of each reference, the last row for none.
        sums: of what mates say.
        counts: of the records that pairs are judged by, as the reader orders them.
        name_faults: kind of disorder of names, how often, record and byte of the first.
    """

    tally: list[list[int]] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    name_faults: list[list[int]] = field(default_factory=list)
