"""Alignment records by their flags: the numbers of ``samtools flagstat``."""

import numpy as np

from dsqc.formats.batch import ReadBatch
from dsqc.metrics.batch import NOT_PRIMARY, SECONDARY, SUPPLEMENTARY
from dsqc.metrics.collector import Collector, Facts, Reads, Value

FLAGS = 1 << 12
"""SAM defines twelve flag bits."""
UNMAPPED, QCFAIL, DUPLICATE = 0x4, 0x200, 0x400


class AlignmentCollector(Collector):
    """Counts records by their flag value; every number of flagstat follows from that."""

    def __init__(self) -> None:
        self._records = np.zeros(FLAGS, dtype=np.int64)

    def add_records(self, records: ReadBatch) -> None:
        """Count the records of a batch of alignments, secondary and supplementary ones too."""
        if records.flag is not None and len(records):
            self._records += np.bincount(records.flag & (FLAGS - 1), minlength=FLAGS)

    def add(self, reads: Reads) -> None:
        """Nothing more: records are counted as stored."""

    def merge(self, other: "AlignmentCollector") -> None:
        """Add everything that ``other`` counted."""
        self._records += other._records

    def values(self, facts: Facts) -> dict[str, Value]:
        """Metric id -> value; as ``samtools flagstat``, records that passed and failed quality control together."""
        flags = np.arange(FLAGS)
        primary = (flags & NOT_PRIMARY) == 0
        mapped = (flags & UNMAPPED) == 0
        primaries = self._sum(primary)
        return {
            "record_count": int(self._records.sum()),
            "primary_count": primaries,
            "secondary_count": self._sum((flags & SECONDARY) != 0),
            "supplementary_count": self._sum((flags & NOT_PRIMARY) == SUPPLEMENTARY),
            "mapped_count": self._sum(mapped),
            "duplicate_count": self._sum((flags & DUPLICATE) != 0),
            "qcfail_count": self._sum((flags & QCFAIL) != 0),
            "frac_mapped": self._sum(primary & mapped) / primaries if primaries else None,
        }

    def _sum(self, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
        return int(self._records[chosen].sum())
