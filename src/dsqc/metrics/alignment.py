"""Alignment records: flags, pairs, inserts, mapping quality and differences, with the numbers of samtools."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dsqc.errors import SystemFault
from dsqc.formats.batch import AlignmentColumns, ReadBatch
from dsqc.kernels import alignment as k
from dsqc.metrics.alignment_cycles import Cycles
from dsqc.metrics.alignment_medians import lower_median, median_deviation
from dsqc.metrics.alignment_metrics import ALIGNMENT_METRICS
from dsqc.metrics.alignment_samtools import (
    BOTH_MAPPED,
    MAPPED,
    PRIMARY,
    Chosen,
    InsertSummary,
    flagstat_rows,
    having,
    insert_summary,
    summary_numbers,
)
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value

Counts = NDArray[np.int64]

NO_MAPPING_QUALITY = 255


class AlignmentCollector(Collector):
    """Counts records by their flag value, and what only some of them have: mates, tags, a CIGAR.

    Parts of a file add up exactly when they are merged in the order of the file (order only matters to "is sorted").
    """

    METRICS: ClassVar[tuple[Metric, ...]] = ALIGNMENT_METRICS

    def __init__(self) -> None:
        self._by_flag = np.zeros((3, k.FLAGS), np.int64)
        self._sums = np.zeros(k.SUMS, np.int64)
        self._inserts = np.zeros((3, k.LARGEST_INSERT + 1), np.int64)
        self._by_mapping_quality = np.zeros(256, np.int64)
        self._state = np.zeros(k.STATE, np.int64)
        self._state[k.FIRST_REFERENCE : k.LAST_POSITION + 1] = -1
        self.cycles = Cycles()
        self._tags = np.zeros((2, 0), np.int64)

    def add_records(self, records: ReadBatch) -> None:
        """Count the records of a batch of alignments, secondary and supplementary ones too."""
        if records.flag is None or not len(records):
            return
        fields = records.alignment
        if fields is None:
            self._by_flag[k.RECORDS] += np.bincount(records.flag & (k.FLAGS - 1), minlength=k.FLAGS)
            return
        self._check(records, fields)
        if len(records) > self._tags.shape[1]:
            self._tags = np.zeros((2, len(records)), np.int64)
        tags = self._tags[:, : len(records)]
        k.count_records(
            fields.records,
            fields.cigar_start,
            fields.cigar_count,
            fields.tags_start,
            fields.record_end,
            records.length,
            records.flag,
            fields.reference_id,
            fields.position,
            fields.mate_reference_id,
            fields.mate_position,
            fields.template_length,
            fields.mapping_quality,
            self._by_flag,
            self._sums,
            self._inserts,
            self._by_mapping_quality,
            self._state,
            tags[0],
            tags[1],
        )
        self.cycles.add(records, fields, tags, longest=int(self._state[k.LONGEST]))

    @staticmethod
    def _check(records: ReadBatch, fields: AlignmentColumns) -> None:
        """Prove that kernels, which check no bounds, may work on the fields.

        Raises:
            SystemFault: a record leaves the buffer.
        """
        size = len(fields.records)
        if k.record_outside(fields.record_start, fields.record_end, fields.tags_start, records.length, size) >= 0:
            raise SystemFault("A reader gave a batch whose alignment records lie outside its buffer.")

    def add(self, reads: Reads) -> None:
        """Nothing more: records are counted as stored."""

    def merge(self, other: "AlignmentCollector") -> None:
        """Add everything that ``other`` counted in the following part."""
        self._by_flag += other._by_flag
        self._sums += other._sums
        self._inserts += other._inserts
        self._by_mapping_quality += other._by_mapping_quality
        self.cycles.merge(other.cycles)
        one, two = self._state, other._state
        if two[k.LAST_POSITION] >= 0:
            if one[k.LAST_POSITION] < 0:
                one[k.FIRST_REFERENCE : k.LAST_POSITION + 1] = two[k.FIRST_REFERENCE : k.LAST_POSITION + 1]
            elif one[k.LAST_REFERENCE] == two[k.FIRST_REFERENCE] and two[k.FIRST_POSITION] < one[k.LAST_POSITION]:
                one[k.UNSORTED] = 1
            one[k.LAST_REFERENCE : k.LAST_POSITION + 1] = two[k.LAST_REFERENCE : k.LAST_POSITION + 1]
        for entry in (k.UNSORTED, k.LONGEST, k.LONGEST_FIRST, k.LONGEST_LAST):
            one[entry] = max(one[entry], two[entry])

    def values(self, facts: Facts) -> dict[str, Value]:
        """Metric id -> value; counts take records that passed and failed quality control together."""
        return self._flag_values() | self._base_values() | self._insert_values()

    def _flag_values(self) -> dict[str, Value]:
        primaries = self._count(PRIMARY)
        paired = self._count(PRIMARY & having(k.PAIRED))
        proper = self._count(PRIMARY & having(k.PAIRED, k.PROPER, without=k.UNMAPPED))
        duplicates = self._count(PRIMARY & having(k.DUPLICATE))
        return {
            "record_count": int(self._by_flag[k.RECORDS].sum()),
            "primary_count": primaries,
            "secondary_count": self._count(having(k.SECONDARY)),
            "supplementary_count": self._count(having(k.SUPPLEMENTARY, without=k.SECONDARY)),
            "mapped_count": self._count(MAPPED),
            "duplicate_count": self._count(having(k.DUPLICATE)),
            "qcfail_count": self._count(having(k.QCFAIL)),
            "frac_mapped": self._count(PRIMARY & MAPPED) / primaries if primaries else None,
            "paired_count": paired,
            "properly_paired_count": proper,
            "frac_properly_paired": proper / primaries if primaries else None,
            "both_mapped_count": self._count(PRIMARY & BOTH_MAPPED),
            "singleton_count": self._count(PRIMARY & having(k.PAIRED, k.MATE_UNMAPPED, without=k.UNMAPPED)),
            "mates_apart_count": int(self._sums[k.APART : k.APART + 2].sum()),
            "frac_duplicates": duplicates / primaries if primaries else None,
        }

    def _base_values(self) -> dict[str, Value]:
        known = self._by_mapping_quality[:NO_MAPPING_QUALITY]
        mapped = int(known.sum())
        cigar_bases, differences = int(self._sums[k.CIGAR_BASES]), int(self._sums[k.DIFFERENCES])
        compared, mismatches, insertions, deletions = self.cycles.totals()
        return {
            "mapping_quality_mean": int(known @ np.arange(NO_MAPPING_QUALITY)) / mapped if mapped else None,
            "mapping_quality_zero_count": int(known[0]),
            "bases_mapped": int(self._by_flag[k.BASES][PRIMARY & MAPPED].sum()),
            "bases_mapped_cigar": cigar_bases,
            "difference_count": differences,
            "error_rate": differences / cigar_bases if cigar_bases else None,
            "mismatch_fraction": mismatches / compared if compared else None,
            "insertion_count": insertions,
            "deletion_count": deletions,
        }

    def _insert_values(self) -> dict[str, Value]:
        inserts = insert_summary(self._inserts)
        by_size = inserts.pairs.sum(axis=0)
        any_pair = bool(by_size.any())
        median = lower_median(by_size) if any_pair else None
        inward, outward, other = (int(inserts.pairs[kind].sum()) for kind in (k.INWARD, k.OUTWARD, k.OTHER))
        return {
            "insert_size_mean": inserts.mean if any_pair else None,
            "insert_size_sd": inserts.deviation if any_pair else None,
            "insert_size_median": median,
            "insert_size_mad": None if median is None else median_deviation(by_size, median),
            "pairs_inward": inward,
            "pairs_outward": outward,
            "pairs_other": other,
        }

    def _count(self, chosen: Chosen) -> int:
        return int(self._by_flag[k.RECORDS][chosen].sum())

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Inserts and mapping quality, differences by cycle, and the lines of samtools as it prints them."""
        inserts = insert_summary(self._inserts)
        numbers = summary_numbers(self._by_flag, self._sums, self._state, inserts)
        flagstat = flagstat_rows(self._by_flag, self._sums)
        used = np.flatnonzero(self._by_mapping_quality)
        highest = int(used[-1]) if len(used) else -1
        return {
            "insert_size": _insert_table(inserts),
            "mapping_quality": {
                "mapping_quality": list(range(highest + 1)),
                "records": self._by_mapping_quality[: highest + 1].tolist(),
            },
            "mismatches_by_cycle": self.cycles.table(),
            "samtools_flagstat": {
                "passed": [row[0] for row in flagstat],
                "failed": [row[1] for row in flagstat],
                "category": [row[2] for row in flagstat],
            },
            "samtools_sn": {"key": [key for key, _value in numbers], "value": [value for _key, value in numbers]},
        }

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """Inserts of all sizes, mapping quality, and differences at full resolution."""
        pairs = self._inserts // 2
        for kind, name in ((k.INWARD, "inward"), (k.OUTWARD, "outward"), (k.OTHER, "other")):
            for size in np.flatnonzero(pairs[kind]).tolist():
                yield f"pairs_by_insert_size_{name}", None, None, str(size), float(pairs[kind, size])
        for quality in np.flatnonzero(self._by_mapping_quality).tolist():
            count = float(self._by_mapping_quality[quality])
            yield "records_by_mapping_quality", None, None, str(quality), count
        yield from self.cycles.rows()


def _insert_table(inserts: InsertSummary) -> Table:
    """The main part, as the IS section of samtools stats."""
    part = inserts.pairs[:, : inserts.main]
    return {
        "size": list(range(inserts.main)),
        "inward": part[k.INWARD].tolist(),
        "outward": part[k.OUTWARD].tolist(),
        "other": part[k.OTHER].tolist(),
    }
