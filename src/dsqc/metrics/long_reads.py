"""Long reads: quality by error probability against length, and what stands at both ends of reads."""

import math
from collections.abc import Iterator
from typing import Self

import numpy as np

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.long_reads import (
    END_BASES,
    ERROR_UNIT,
    HIGHEST,
    OTHER,
    count_ends,
    count_read_errors,
    error_units,
    letter_columns,
    pair_units,
    tenth_units,
)
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value

LONG = 1000
"""A read of more bases than this is long."""
FIRST_READS = 1000
"""Reads at the beginning of a file that are measured whatever their length."""
RELEVANT = 10
"""Per cent of the bases that long reads must hold for the metrics of long reads to be given."""
LIMITS = (7, 10, 15, 20)
"""Qualities above which reads and bases are counted."""
EDGES = np.array([0, *(round(10 ** (step / 10)) for step in range(20, 81))], dtype=np.int64)
"""Least length of each length bin: ten a power of ten from 100 on."""

_MEAN_EN = "The quality of a read is the Phred score of the mean error probability of its bases (as NanoPlot has it)."
_MEAN_KO = "리드의 품질은 염기 오류 확률 평균의 Phred 점수다(NanoPlot과 같음)."
_WHEN_EN = f"Given where reads of more than {LONG:,} bases hold a tenth of the bases or more; else null."
_WHEN_KO = f"{LONG:,}염기보다 긴 리드가 전체 염기의 10분의 1 이상일 때만 있고 아니면 null."


def _limit_metrics() -> Iterator[Metric]:
    for limit in LIMITS:
        yield Metric(
            f"frac_reads_error_q{limit}",
            Text(f"Long reads ≥ Q{limit} (by error)", f"Q{limit} 이상 긴 리드 비율 (오류 기준)"),
            "fraction",
            Text(
                f"Reads of quality {limit} or more / reads with qualities. {_MEAN_EN} {_WHEN_EN}",
                f"품질 {limit} 이상인 리드 / 품질이 있는 리드. {_MEAN_KO} {_WHEN_KO}",
            ),
            f"NanoPlot (reads >Q{limit})",
            "long_reads",
        )
    for limit in LIMITS:
        yield Metric(
            f"frac_bases_error_q{limit}",
            Text(f"Bases in long reads ≥ Q{limit}", f"Q{limit} 이상 긴 리드의 염기 비율"),
            "fraction",
            Text(
                f"Bases of reads of quality {limit} or more / bases with qualities. {_MEAN_EN} {_WHEN_EN}",
                f"품질 {limit} 이상인 리드의 염기 / 품질이 있는 염기. {_MEAN_KO} {_WHEN_KO}",
            ),
            f"NanoPlot (Mb in reads >Q{limit})",
            "long_reads",
        )


class LongReadCollector(Collector):
    """Counts long reads by length and quality, and bases and qualities at their ends, in about 0.1 MB.

    The first thousand reads of a file are always measured. Of a file without long reads the others are not, so that
    short reads cost nothing; where the first long read comes later, measuring goes on from there.
    """

    METRICS = (
        Metric(
            "length_median",
            Text("Median read length", "리드 길이 중앙값"),
            "bp",
            Text(
                f"The least length that half of the reads do not pass; exact. {_WHEN_EN}",
                f"리드의 절반이 넘지 않는 가장 짧은 길이. 정확한 값. {_WHEN_KO}",
            ),
            "NanoPlot (median read length)",
            "long_reads",
        ),
        Metric(
            "length_n90",
            Text("Read N90", "리드 N90"),
            "bp",
            Text(
                "The largest length such that reads of this length or longer hold at least nine tenths of all bases; "
                f"exact. {_WHEN_EN}",
                f"이 길이 이상의 리드가 전체 염기의 90% 이상을 차지하는 가장 큰 길이. 정확한 값. {_WHEN_KO}",
            ),
            "seqkit stats N90",
            "long_reads",
        ),
        Metric(
            "mean_phred_by_error",
            Text("Quality by mean error", "평균 오류 기준 품질"),
            "phred",
            Text(
                "Phred score of the mean error probability of all bases with a quality; error probabilities are summed "
                f"as whole numbers of 2^-34. {_WHEN_EN}",
                f"품질이 있는 모든 염기의 오류 확률 평균의 Phred 점수. 오류 확률은 2^-34의 정수배로 더한다. {_WHEN_KO}",
            ),
            "dsqc",
            "long_reads",
        ),
        Metric(
            "read_phred_by_error_median",
            Text("Median read quality (by error)", "리드 품질 중앙값 (오류 기준)"),
            "phred",
            Text(
                f"The quality that half of the reads do not pass, cut to a tenth, at most 60. {_MEAN_EN} {_WHEN_EN}",
                f"리드의 절반이 넘지 않는 품질, 소수 첫째 자리까지, 최대 60. {_MEAN_KO} {_WHEN_KO}",
            ),
            "NanoPlot (median read quality)",
            "long_reads",
        ),
        *_limit_metrics(),
    )

    def __init__(self) -> None:
        self._long = False
        self._errors = 0  # in units; Python's own, it outgrows 64 bits
        self._reads = np.zeros((len(EDGES), HIGHEST + 1), dtype=np.int64)
        self._bases = np.zeros((len(EDGES), HIGHEST + 1), dtype=np.int64)
        self._tenths = np.zeros((2, 10 * HIGHEST + 1), dtype=np.int64)
        self._ends = np.zeros((2, END_BASES, OTHER + 1), dtype=np.int64)
        self._end_qualities = np.zeros((2, END_BASES, 2), dtype=np.int64)
        self._units, self._tenth_units, self._letters = error_units(), tenth_units(), letter_columns()
        self._pair_units = pair_units(self._units)

    def add(self, reads: Reads) -> None:
        """Measure what is long, and the file's first thousand reads."""
        batch = reads.batch
        if self._long:
            self._measure(batch)
        else:
            first = min(len(batch), max(FIRST_READS + 1 - batch.first_record, 0))
            if reads.longest > LONG:
                self._long = True
                start = int(np.argmax(batch.length > LONG))
                self._measure(batch.part(0, min(first, start)))
                self._measure(batch.part(start, len(batch)))
            elif first:
                self._measure(batch.part(0, first))

    def _measure(self, batch: ReadBatch) -> None:
        number = len(batch)
        self._errors += count_read_errors(
            batch.data,
            batch.quality_start,
            batch.length,
            number,
            self._units,
            self._pair_units,
            self._tenth_units,
            EDGES,
            self._reads,
            self._bases,
            self._tenths,
        )
        count_ends(
            batch.data,
            batch.sequence_start,
            batch.quality_start,
            batch.length,
            number,
            self._letters,
            self._ends,
            self._end_qualities,
        )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        self._long = self._long or other._long
        self._errors += other._errors
        self._reads += other._reads
        self._bases += other._bases
        self._tenths += other._tenths
        self._ends += other._ends
        self._end_qualities += other._end_qualities

    def continuation(self) -> Self:
        """An empty collector that knows whether the file began with long reads."""
        following = type(self)()
        following._long = self._long
        return following

    def begin_behind(self, reads: int, longest: int) -> None:
        """Behind a long read all are measured."""
        self._long = self._long or longest > LONG

    def values(self, facts: Facts) -> dict[str, Value]:
        """Lengths are those of all reads, qualities those of the reads that were measured."""
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        if not _relevant(facts):
            return values
        values["length_median"] = int(facts.lengths[np.searchsorted(2 * np.cumsum(facts.reads), facts.read_count)])
        bases = np.cumsum((facts.lengths * facts.reads)[::-1])
        values["length_n90"] = int(facts.lengths[::-1][np.searchsorted(10 * bases, 9 * bases[-1])])
        reads, held = self._tenths
        read_count, base_count = int(reads.sum()), int(held.sum())
        if read_count:
            values["mean_phred_by_error"] = 10 * math.log10(base_count * ERROR_UNIT / self._errors)
            values["read_phred_by_error_median"] = int(np.searchsorted(2 * np.cumsum(reads), read_count)) / 10
            for limit in LIMITS:
                values[f"frac_reads_error_q{limit}"] = int(reads[10 * limit :].sum()) / read_count
                values[f"frac_bases_error_q{limit}"] = int(held[10 * limit :].sum()) / base_count
        return values

    def tables(self, facts: Facts) -> dict[str, Table]:
        """``length_quality`` (combinations that occur) and ``end_quality``; none for files of short reads."""
        if not _relevant(facts):
            return {}
        rows, phred = np.nonzero(self._reads)
        last = len(EDGES) - 1
        return {
            "length_quality": {
                "length_from": EDGES[rows].tolist(),
                "length_to": [int(EDGES[row + 1]) - 1 if row < last else None for row in rows.tolist()],
                "phred": phred.tolist(),
                "reads": self._reads[rows, phred].tolist(),
                "bases": self._bases[rows, phred].tolist(),
            },
            "end_quality": self._end_table(facts.encoding.offset if facts.encoding else 33),
        }

    def _end_table(self, offset: int) -> Table:
        table: dict[str, list[str | int | float | None]] = {
            name: [] for name in ("end", "position", "reads", "mean_phred", "a", "c", "g", "t", "n")
        }
        for side, name in enumerate(("first", "last")):
            for position in range(END_BASES):
                bases = self._ends[side, position].tolist()
                number, total = self._end_qualities[side, position].tolist()
                if not sum(bases):
                    continue
                table["end"].append(name)
                table["position"].append(position + 1)
                table["reads"].append(sum(bases))
                table["mean_phred"].append(total / number - offset if number else None)
                for letter, count in zip("acgtn", bases, strict=True):
                    table[letter].append(count / sum(bases))
        return table  # type: ignore[return-value]  # each column is of one kind

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """Reads by tenths of the quality by error, and by length and whole quality."""
        if _relevant(facts):
            for tenth in np.flatnonzero(self._tenths[0]).tolist():
                yield "reads_by_error_phred", None, None, f"{tenth / 10:.1f}", float(self._tenths[0, tenth])
            for row, phred in zip(*(index.tolist() for index in np.nonzero(self._reads)), strict=True):
                yield (
                    "reads_by_length_and_error_phred",
                    None,
                    None,
                    f"{EDGES[row]}/{phred}",
                    float(self._reads[row, phred]),
                )


def _relevant(facts: Facts) -> bool:
    """Whether reads of more than LONG bases hold a tenth of all bases or more."""
    long = facts.lengths > LONG
    held = int((facts.lengths[long] * facts.reads[long]).sum())
    return held > 0 and 100 * held >= RELEVANT * facts.base_count
