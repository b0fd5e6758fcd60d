"""Mates read in step: the length of their fragments, adapters and errors, by laying them over each other."""

from typing import Self

import numpy as np

from dsqc.formats.batch import ReadBatch
from dsqc.kernels.orientation import complement_table
from dsqc.kernels.overlap import (
    ADAPTERS,
    BASES,
    COUNTS,
    LEAST,
    LONGEST,
    MISMATCHES,
    MOST_DIFFERENT,
    OVERLAPPING,
    PAIRS,
    overlap_pairs,
)
from dsqc.language import Text
from dsqc.metrics.batch import check_batch
from dsqc.metrics.collector import Encoding, Metric, Table, Value

STEP = 8
"""Every eighth pair is looked at, by its number in the file: 0.8 µs a pair would cost more than all else of a pair."""

_HOW_EN = (
    f"Looked at is every {STEP}th pair of the file (the first, the {STEP + 1}th …) with reads of at most {LONGEST:,} "
    f"bases. Mates overlap where read 1 and the reverse complement of read 2 share {LEAST} bases or more with at most "
    f"{MOST_DIFFERENT} differences."
)
_HOW_KO = (
    f"파일의 {STEP}번째마다 한 쌍(1번째, {STEP + 1}번째 …), 리드가 {LONGEST:,}염기 이하인 쌍을 본다. 리드 1과 리드 2의 "
    f"역상보 서열이 {LEAST}염기 이상 겹치고 다른 염기가 {MOST_DIFFERENT}개 이하이면 겹친 것으로 본다."
)
_SOURCE = "fastp OverlapAnalysis (overlap_len_require 30, overlap_diff_limit 5)"


def _metric(name_id: str, name: Text, unit: str, definition: Text) -> Metric:
    text = Text(f"{definition.en} {_HOW_EN}", f"{definition.ko} {_HOW_KO}")
    return Metric(name_id, name, unit, text, _SOURCE, "pairs")


class PairMetrics:
    """Lays mates over each other; whole numbers, so that parts add up. Only for two files of mates read in step."""

    METRICS = (
        _metric(
            "overlap_pairs_examined", Text("Pairs examined", "살펴본 쌍"), "count",
            Text("Pairs whose mates were laid over each other.", "메이트를 서로 겹쳐 본 쌍의 수."),
        ),
        _metric(
            "frac_pairs_overlapping", Text("Overlapping pairs", "겹치는 쌍 비율"), "fraction",
            Text("Pairs whose mates overlap / pairs examined.", "메이트가 겹치는 쌍 / 살펴본 쌍."),
        ),
        _metric(
            "frac_pairs_adapter", Text("Pairs reading into the adapter", "어댑터까지 읽은 쌍 비율"), "fraction",
            Text(
                "Pairs whose fragment, by the overlap, is shorter than one of the reads / pairs examined.",
                "겹침으로 본 절편이 리드보다 짧은 쌍 / 살펴본 쌍.",
            ),
        ),
        _metric(
            "overlap_insert_median", Text("Fragment length (by overlap)", "절편 길이 (겹침 기준)"), "bp",
            Text(
                "Median fragment length of overlapping pairs; longer fragments do not overlap and are not in it.",
                "겹치는 쌍의 절편 길이 중앙값. 더 긴 절편은 겹치지 않아 들어가지 않는다.",
            ),
        ),
        _metric(
            "overlap_mismatch_fraction", Text("Mismatches in overlaps", "겹침 부분의 불일치 비율"), "fraction",
            Text(
                "Bases that differ between overlapping mates / bases compared.",
                "겹치는 메이트 사이에 다른 염기 / 비교한 염기.",
            ),
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._counts = np.zeros(COUNTS, dtype=np.int64)
        self._inserts = np.zeros(2 * LONGEST, dtype=np.int64)
        self._by_quality = np.zeros((256, 2), dtype=np.int64)
        self._turned = np.zeros(2 * LONGEST, dtype=np.uint8)
        self._complement = complement_table()

    def add(self, first: ReadBatch, second: ReadBatch) -> None:
        """Look at pairs: row i of one is the mate of row i of the other. Batches without mates are passed over.

        Raises:
            SystemFault: a read leaves its buffer.
        """
        if len(first) != len(second) or not len(first):
            return
        check_batch(first)
        check_batch(second)
        overlap_pairs(
            first.data,
            first.sequence_start,
            first.quality_start,
            first.length,
            second.data,
            second.sequence_start,
            second.quality_start,
            second.length,
            (1 - first.first_record) % STEP,
            STEP,
            self._complement,
            self._turned,
            self._inserts,
            self._counts,
            self._by_quality,
        )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        self._counts += other._counts
        self._inserts += other._inserts
        self._by_quality += other._by_quality

    def values(self) -> dict[str, Value]:
        """Metric id -> value; None where there is no ground for one."""
        counts = self._counts.tolist()
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        values["overlap_pairs_examined"] = counts[PAIRS]
        if counts[PAIRS]:
            values["frac_pairs_overlapping"] = counts[OVERLAPPING] / counts[PAIRS]
            values["frac_pairs_adapter"] = counts[ADAPTERS] / counts[PAIRS]
        if counts[OVERLAPPING]:
            values["overlap_insert_median"] = int(np.searchsorted(2 * np.cumsum(self._inserts), counts[OVERLAPPING]))
            values["overlap_mismatch_fraction"] = counts[MISMATCHES] / counts[BASES]
        return values

    def tables(self, encoding: Encoding | None = None) -> dict[str, Table]:
        """``insert_overlap``: pairs by fragment length; ``overlap_mismatches``: bases compared by the lower quality."""
        lengths = np.flatnonzero(self._inserts)
        characters = np.flatnonzero(self._by_quality[:, 0])
        return {
            "insert_overlap": {"length": lengths.tolist(), "pairs": self._inserts[lengths].tolist()},
            "overlap_mismatches": {
                "phred": (characters - (encoding.offset if encoding else 33)).tolist(),
                "bases": self._by_quality[characters, 0].tolist(),
                "mismatches": self._by_quality[characters, 1].tolist(),
            },
        }
