"""Depth of coverage of alignments that are sorted by coordinate."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import AlignmentColumns, ReadBatch
from dsqc.kernels import alignment_coverage as k
from dsqc.language import Text
from dsqc.metrics.alignment_depth import NOTHING_OPEN, DepthWindow, begin_of, ordered
from dsqc.metrics.alignment_medians import lower_median, median_deviation
from dsqc.metrics.collector import Collector, Facts, Metric, MetricRow, Reads, Table, Value
from dsqc.metrics.positions import display_groups

Counts = NDArray[np.int64]

DEPTHS = 1 << 16
"""Depths that are told apart; deeper positions count as the last."""
OWN_HISTOGRAMS = 64
"""The longest references have a histogram each, so that the autosomes can be told; the others share one."""
WINDOW = 1 << 12
"""Positions of the window to begin with, few enough to stay in the processor's first cache; it doubles where a record
reaches farther (an intron, a long read)."""
WIDEST_WINDOW = 1 << 24
"""A record that takes up more of the reference ends the measurement of depth: no read or intron does."""
FRACTIONS = (1, 5, 10, 15, 20, 30)
AUTOSOMES = range(1, 23)

_COUNTS_EN = (
    "Bases in M, = and X of mapped primary records that are neither duplicates nor failed quality control; every "
    "record counts, overlapping mates twice, no threshold on qualities (as samtools depth without supplementary "
    "records)."
)
_COUNTS_KO = (
    "매핑된 일차 레코드 중 중복도 품질 검사 탈락도 아닌 것의 M, =, X 염기를 센다. 메이트가 겹치면 두 번 세고 "
    "품질 기준은 없다(보조 레코드를 뺀 samtools depth와 같다)."
)
_NULL_EN = "Null where no such record is there, or records are not sorted by coordinate."
_NULL_KO = "해당 레코드가 없거나 좌표 순으로 정렬되지 않았으면 null."
_GA4GH_EN = (
    "Only where the references 1 to 22 (or chr1 to chr22) are there and no 23. The GA4GH metric of similar name also "
    "asks for base and mapping qualities of 20, counts overlapping mates once and leaves out gaps of the reference."
)
_GA4GH_KO = (
    "참조 서열 1~22(또는 chr1~chr22)가 모두 있고 23이 없을 때만 계산한다. 이름이 비슷한 GA4GH 지표는 "
    "염기·매핑 품질 20 이상을 요구하고, 겹친 메이트를 한 번만 세며, 참조 서열의 빈 구간을 뺀다."
)

_metric = partial(Metric, applies_to="alignments")


def _fraction(depth: int) -> Metric:
    return _metric(
        f"coverage_{depth}x_fraction",
        Text(f"Positions covered {depth}x", f"{depth}배 이상 덮인 위치 비율"),
        "fraction",
        Text(
            f"Reference positions of depth {depth} or more / all positions of the @SQ lines. {_COUNTS_EN} {_NULL_EN}",
            f"깊이가 {depth} 이상인 참조 위치 / @SQ 줄의 모든 위치. {_COUNTS_KO} {_NULL_KO}",
        ),
        "samtools depth -aa",
    )


class CoverageCollector(Collector):
    """Counts reference positions by depth; a window along the reference is all it holds (see the kernel).

    A part of a file that another part goes before is measured by :meth:`continuation`, which takes the open window
    over, so that reads across the cut count as in one piece, or is told of that window (:meth:`begin_in`). Parts that
    were measured without knowing of each other add up where no read of the first reaches the second's first record;
    else there is no coverage.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = (
        _metric(
            "coverage_mean",
            Text("Mean depth", "평균 깊이"),
            "x",
            Text(
                f"Counted bases / all positions of the @SQ lines. {_COUNTS_EN} {_NULL_EN}",
                f"센 염기 / @SQ 줄의 모든 위치. {_COUNTS_KO} {_NULL_KO}",
            ),
            "samtools depth -aa",
        ),
        _metric(
            "coverage_median",
            Text("Median depth", "깊이 중앙값"),
            "x",
            Text(
                f"The smallest depth that at least half of all positions do not exceed. {_COUNTS_EN} {_NULL_EN}",
                f"모든 위치의 절반 이상이 넘지 않는 가장 작은 깊이. {_COUNTS_KO} {_NULL_KO}",
            ),
            "samtools depth -aa",
        ),
        _metric(
            "coverage_mad",
            Text("Median absolute deviation of depth", "깊이의 중앙값 절대편차"),
            "x",
            Text(
                f"Median of the distances of all positions' depths from coverage_median, not scaled. {_NULL_EN}",
                f"모든 위치의 깊이와 coverage_median의 거리의 중앙값. 배율을 곱하지 않는다. {_NULL_KO}",
            ),
            "samtools depth -aa",
        ),
        *(_fraction(depth) for depth in FRACTIONS),
        _metric(
            "autosome_coverage_mean",
            Text("Mean depth of autosomes", "상염색체 평균 깊이"),
            "x",
            Text(f"As coverage_mean. {_GA4GH_EN}", f"coverage_mean과 같다. {_GA4GH_KO}"),
            "dsqc; compare GA4GH mean_autosome_coverage",
        ),
        _metric(
            "autosome_coverage_mad",
            Text("Median absolute deviation of depth of autosomes", "상염색체 깊이의 중앙값 절대편차"),
            "x",
            Text(f"As coverage_mad. {_GA4GH_EN}", f"coverage_mad와 같다. {_GA4GH_KO}"),
            "dsqc; compare GA4GH mad_autosome_coverage",
        ),
        _metric(
            "autosome_coverage_15x_fraction",
            Text("Autosomal positions covered 15x", "15배 이상 덮인 상염색체 위치 비율"),
            "fraction",
            Text(f"As coverage_15x_fraction. {_GA4GH_EN}", f"coverage_15x_fraction과 같다. {_GA4GH_KO}"),
            "dsqc; compare GA4GH pct_autosomes_15x",
        ),
    )

    def __init__(self) -> None:
        self._changes = np.zeros(WINDOW, np.int32)
        self._marks = np.zeros(WINDOW // 64, np.uint64)
        self._state = np.zeros(k.STATE, np.int64)
        self._state[[k.REFERENCE, k.LAST_POSITION, k.FIRST_REFERENCE, k.FIRST_POSITION]] = -1
        self._lengths = np.zeros(0, np.int64)
        self._histogram_of = np.zeros(0, np.int64)
        self._histograms = np.zeros((0, DEPTHS), np.int64)
        self._covered = np.zeros(0, np.int64)
        self._follows = False
        self._begun_row: list[int] = []

    def add_records(self, records: ReadBatch) -> None:
        """Add the depth of a batch; nothing is done any more once records were not sorted."""
        fields, flags = records.alignment, records.flag
        if fields is None or flags is None or self._state[k.UNSORTED]:
            return
        self._prepare(fields.reference_lengths)
        row = 0
        while row < len(records):
            row = self._add_from(row, fields, flags)
            if row < len(records) and not self._widen():
                self._state[k.UNSORTED] = 1
                return

    def _add_from(self, row: int, fields: AlignmentColumns, flags: NDArray[np.int32]) -> int:
        return int(
            k.add_depth(
                row,
                fields.records,
                fields.cigar_start,
                fields.cigar_count,
                flags,
                fields.reference_id,
                fields.position,
                self._lengths,
                self._histogram_of,
                self._changes,
                self._marks,
                self._histograms,
                self._covered,
                self._state,
            )
        )

    def _prepare(self, lengths: Counts) -> None:
        """Choose the histogram of each reference, once they are known."""
        if len(self._lengths) or not len(lengths):
            return
        self._lengths = lengths.copy()
        self._histogram_of = np.zeros(len(lengths), np.int64)
        longest = np.argsort(-lengths, kind="stable")[:OWN_HISTOGRAMS]
        self._histogram_of[longest] = np.arange(1, len(longest) + 1)
        self._histograms = np.zeros((len(longest) + 1, DEPTHS), np.int64)
        self._covered = np.zeros(len(longest) + 1, np.int64)

    def _widen(self) -> bool:
        """Double the window until the next record fits; false where it would be too wide."""
        needed, size = int(self._state[k.NEEDED]), len(self._changes)
        if needed > WIDEST_WINDOW:
            return False
        held = np.arange(self._state[k.BEGIN], self._state[k.END])
        kept = self._changes[held & (size - 1)]
        while size < needed:
            size *= 2
        self._changes = np.zeros(size, np.int32)
        self._changes[held & (size - 1)] = kept
        self._marks = np.zeros(size // 64, np.uint64)
        at = held[kept != 0] & (size - 1)
        np.bitwise_or.at(self._marks, at >> 6, np.uint64(1) << (at & 63).astype(np.uint64))
        return True

    def add(self, reads: Reads) -> None:
        """Nothing more: depth is told by records as stored."""

    def continuation(self) -> Self:
        """An empty collector for the part that follows, which goes on with this one's window."""
        following = type(self)()
        following._take_window(self)
        following._lengths, following._histogram_of = self._lengths, self._histogram_of
        following._histograms = np.zeros(self._histograms.shape, np.int64)
        following._covered = np.zeros(self._covered.shape, np.int64)
        following._follows = True
        if self._state[k.REFERENCE] >= 0:
            following._begun_row = [int(self._histogram_of[self._state[k.REFERENCE]])]
        return following

    def begin_behind(self, reads: int, longest: int) -> None:
        """The window of what was seen says nothing of a part that begins later: see :meth:`begin_in`."""
        self._changes[:] = 0
        self._marks[:] = 0
        self._state = type(self)()._state
        self._follows, self._begun_row = False, []

    def window(self) -> DepthWindow:
        """What is open now, for who measures what follows (:meth:`begin_in`)."""
        state = self._state
        if state[k.UNSORTED]:
            return DepthWindow(unsorted=True)
        if state[k.REFERENCE] < 0:
            return NOTHING_OPEN
        held = np.arange(state[k.BEGIN], state[k.END])
        kept = self._changes[held & (len(self._changes) - 1)]
        used = np.flatnonzero(kept)
        changes = dict(zip(held[used].tolist(), kept[used].tolist(), strict=True))
        begin = int(state[k.BEGIN])
        changes[begin] = changes.get(begin, 0) + int(state[k.DEPTH])
        return DepthWindow(
            first=(int(state[k.FIRST_REFERENCE]), int(state[k.FIRST_POSITION])),
            last=(int(state[k.REFERENCE]), int(state[k.LAST_POSITION])),
            changes=ordered(changes),
        )

    def begin_in(self, window: DepthWindow, lengths: Sequence[int]) -> None:
        """Go on where the part in front of this one ended, before the first record is added.

        Args:
            window: left open by all that stands in front.
            lengths: of the references.
        """
        self._prepare(np.array(lengths, np.int64))
        self._state[k.UNSORTED] = window.unsorted
        if window.unsorted or window.last[0] < 0:
            return
        begin = begin_of(window.last[1])
        end = max((position + 1 for position, _change in window.changes), default=begin)
        size = len(self._changes)
        while size < end - begin + 64:
            size *= 2
        self._changes, self._marks = np.zeros(size, np.int32), np.zeros(size // 64, np.uint64)
        for position, change in window.changes:
            at = position & (size - 1)
            self._changes[at] = change
            self._marks[at >> 6] |= np.uint64(1) << np.uint64(at & 63)
        self._state[[k.REFERENCE, k.LAST_POSITION, k.BEGIN, k.END]] = *window.last, begin, end
        self._state[[k.FIRST_REFERENCE, k.FIRST_POSITION]] = window.first
        self._follows = True
        self._begun_row = [int(self._histogram_of[window.last[0]])]

    def _take_window(self, other: Self) -> None:
        self._changes = other._changes.copy()
        self._marks = other._marks.copy()
        first = self._state[[k.FIRST_REFERENCE, k.FIRST_POSITION]]
        self._state = other._state.copy()
        if first[0] >= 0:
            self._state[[k.FIRST_REFERENCE, k.FIRST_POSITION]] = first

    def merge(self, other: Self) -> None:
        """Add the following part."""
        theirs = other._state
        if theirs[k.UNSORTED]:
            self._state[k.UNSORTED] = 1
        if self._state[k.UNSORTED] or theirs[k.REFERENCE] < 0:
            return
        self._prepare(other._lengths)
        if not other._follows and self._state[k.REFERENCE] >= 0:
            reached = (self._state[k.REFERENCE], self._state[k.END])
            if reached > (theirs[k.FIRST_REFERENCE], theirs[k.FIRST_POSITION]):
                self._state[k.UNSORTED] = 1
                return
            self._settle(self._histograms)
        for row in {*np.flatnonzero(other._covered).tolist(), *other._begun_row}:  # the only ones that hold anything
            self._histograms[row] += other._histograms[row]
        self._covered += other._covered
        self._take_window(other)

    def _settle(self, histograms: Counts) -> None:
        row = int(self._histogram_of[self._state[k.REFERENCE]])
        k.settle_all(row, self._changes, self._marks, histograms, self._state)

    def _depths(self, chosen: list[int] | None = None) -> Counts | None:
        """Positions by depth of all references, or of chosen ones; None where depth is not known."""
        if self._state[k.UNSORTED] or self._state[k.REFERENCE] < 0 or not self._lengths.sum():
            return None
        rows = np.unique(self._histogram_of[chosen]) if chosen is not None else np.flatnonzero(self._covered)
        depths = np.zeros(DEPTHS, np.int64)
        for row in rows:
            depths += self._histograms[row]
        if self._histogram_of[self._state[k.REFERENCE]] in rows:
            rest = type(self)()
            rest._take_window(self)
            open_part = np.zeros((1, DEPTHS), np.int64)
            k.settle_all(0, rest._changes, rest._marks, open_part, rest._state)
            depths += open_part[0]
        length = int(self._lengths.sum() if chosen is None else self._lengths[chosen].sum())
        depths[0] = 0
        depths[0] = length - int(depths.sum())
        return depths

    def values(self, facts: Facts) -> dict[str, Value]:
        """Metric id -> value."""
        values: dict[str, Value] = dict.fromkeys(metric.id for metric in self.METRICS)
        depths = self._depths()
        if depths is not None:
            total = int(depths.sum())
            median = lower_median(depths)
            values["coverage_mean"] = int(self._covered.sum()) / total
            values["coverage_median"] = median
            values["coverage_mad"] = median_deviation(depths, median)
            for depth in FRACTIONS:
                values[f"coverage_{depth}x_fraction"] = int(depths[depth:].sum()) / total
        autosomes = self._autosomes(facts)
        depths = self._depths(autosomes) if autosomes else None
        if depths is not None:
            total = int(depths.sum())
            covered = int(self._covered[self._histogram_of[autosomes]].sum())
            values["autosome_coverage_mean"] = covered / total
            values["autosome_coverage_mad"] = median_deviation(depths, lower_median(depths))
            values["autosome_coverage_15x_fraction"] = int(depths[15:].sum()) / total
        return values

    def _autosomes(self, facts: Facts) -> list[int]:
        """Rows of the human autosomes in the @SQ list; empty where they cannot be told."""
        names = [str(line.get("SN", "")).removeprefix("chr") for line in facts.header.get("SQ", ())]
        wanted = [str(number) for number in AUTOSOMES]
        if len(names) != len(self._lengths) or "23" in names or not set(wanted) <= set(names):
            return []
        rows = [names.index(name) for name in wanted]
        return rows if all(self._histogram_of[row] for row in rows) else []

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Positions by group of depths; empty where depth is not known."""
        depths = self._depths()
        groups: list[tuple[int, int]] = []
        if depths is not None:
            groups = [(0, 0), *display_groups(int(np.flatnonzero(depths)[-1]))]
        return {
            "coverage": {
                "depth_from": [low for low, _high in groups],
                "depth_to": [high for _low, high in groups],
                "positions": [] if depths is None else [int(depths[low : high + 1].sum()) for low, high in groups],
            }
        }

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """Positions by depth."""
        depths = self._depths()
        if depths is not None:
            for depth in np.flatnonzero(depths).tolist():
                yield "positions_by_depth", None, None, str(depth), float(depths[depth])
