"""Poly-G of instruments with two dyes, and how finely qualities are told apart."""

from typing import Self

import numpy as np

from dsqc.kernels.two_colour import COUNTS, DARK, INNER, INSIDE, LAST_G, LONGEST, READS, TAIL, TAILS, count_poly_g
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Value

MOST_VALUES = 24
"""Different qualities that are listed; more are no binning."""

_OF_EN = f"Of reads of {TAIL} to {LONGEST:,} bases; null where there are none."
_OF_KO = f"{TAIL}~{LONGEST:,}염기 리드가 대상이며 없으면 null."
_TAIL_EN = f"A tail is {TAIL} bases or more at the end, of which one in eight, at most five, may not be G."
_TAIL_KO = f"꼬리는 리드 끝의 {TAIL}염기 이상으로, 여덟에 하나, 최대 다섯까지 G가 아닌 염기를 허용한다."


class TwoColourCollector(Collector):
    """Counts reads by their poly-G: at the end, all over, and inside."""

    METRICS = (
        Metric(
            "frac_reads_poly_g_tail",
            Text("Reads with a poly-G tail", "poly-G 꼬리 리드 비율"),
            "fraction",
            Text(
                f"Reads that end in a poly-G tail. {_TAIL_EN} {_OF_EN}",
                f"poly-G 꼬리로 끝나는 리드. {_TAIL_KO} {_OF_KO}",
            ),
            "fastp 0.23 (poly_g_min_len 10)",
        ),
        Metric(
            "frac_reads_no_signal",
            Text("Reads without signal", "신호 없는 리드 비율"),
            "fraction",
            Text(
                "Reads whose poly-G tail is nine tenths of the read or more: dark clusters, which instruments with two "
                f"dyes call G. {_TAIL_EN} {_OF_EN}",
                "poly-G 꼬리가 리드의 90% 이상인 리드: 두 색 형광 기기가 G로 읽는 어두운 클러스터. "
                f"{_TAIL_KO} {_OF_KO}",
            ),
            "dsqc",
        ),
        Metric(
            "frac_reads_poly_g_inner",
            Text("Reads with poly-G inside", "내부 poly-G 리드 비율"),
            "fraction",
            Text(
                f"Reads with {INNER} or more G in a row, of mean Phred 30 or more (offset 33), and other bases after: "
                f"signal that was lost and came back. {_OF_EN}",
                f"평균 Phred 30 이상(기준값 33)인 G가 {INNER}개 이상 이어지고 뒤에 다른 염기가 오는 리드: "
                f"사라졌다가 돌아온 신호. {_OF_KO}",
            ),
            "dsqc",
        ),
        Metric(
            "g_fraction_last_10",
            Text("G among the last 10 bases", "마지막 10염기의 G 비율"),
            "fraction",
            Text(f"G (upper case) / bases, over the last {TAIL} bases of reads. {_OF_EN}",
                 f"리드의 마지막 {TAIL}염기 중 G(대문자)의 비율. {_OF_KO}"),
            "dsqc",
        ),
        Metric(
            "quality_levels",
            Text("Distinct quality values", "품질 값의 가짓수"),
            "count",
            Text("How many different quality characters occur in the file; null without qualities.",
                 "파일에 나오는 서로 다른 품질 문자의 수. 품질이 없으면 null."),
            "dsqc",
        ),
        Metric(
            "quality_binning",
            Text("Quality binning", "품질 구간화"),
            "text",
            Text(
                "What the number of quality values tells: `one value` (qualities were lost or made up), "
                "`2 to 4 values` (RTA3 and later: NovaSeq, NextSeq 1000/2000), `5 to 8 values` (RTA2: HiSeq 3000/4000, "
                "HiSeq X, NextSeq 500), `9 to 24 values`, `not binned` (25 or more).",
                "품질 값의 가짓수가 말해 주는 것: `one value`(품질이 사라졌거나 지어낸 값), "
                "`2 to 4 values`(RTA3 이후: NovaSeq, NextSeq 1000/2000), `5 to 8 values`(RTA2: HiSeq 3000/4000/X, "
                "NextSeq 500), `9 to 24 values`, `not binned`(25가지 이상).",
            ),
            "Illumina, Understanding Illumina Quality Scores; RTA3 quality tables",
        ),
        Metric(
            "quality_values",
            Text("Quality values", "품질 값 목록"),
            "text",
            Text(
                f"The different Phred values of the file, ascending, where there are at most {MOST_VALUES} of them.",
                f"파일에 나오는 서로 다른 Phred 값(오름차순). {MOST_VALUES}가지 이하일 때만 적는다.",
            ),
            "dsqc",
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._counts = np.zeros(COUNTS, dtype=np.int64)

    def add(self, reads: Reads) -> None:
        """Count the poly-G of one batch."""
        batch = reads.batch
        count_poly_g(batch.data, batch.sequence_start, batch.quality_start, batch.length, self._counts)

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        self._counts += other._counts

    def values(self, facts: Facts) -> dict[str, Value]:
        """Fractions of reads, and the values that qualities take."""
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        counts = self._counts.tolist()
        if counts[READS]:
            values["frac_reads_poly_g_tail"] = counts[TAILS] / counts[READS]
            values["frac_reads_no_signal"] = counts[DARK] / counts[READS]
            values["frac_reads_poly_g_inner"] = counts[INSIDE] / counts[READS]
            values["g_fraction_last_10"] = counts[LAST_G] / (TAIL * counts[READS])
        levels = int(np.count_nonzero(facts.characters))
        if levels:
            values["quality_levels"] = levels
            values["quality_binning"] = binning(levels)
        if 0 < levels <= MOST_VALUES and facts.encoding is not None:
            seen = np.flatnonzero(facts.characters) - facts.encoding.offset
            values["quality_values"] = ", ".join(map(str, seen.tolist()))
        return values


def binning(levels: int) -> str:
    """What the number of different quality values tells about their binning."""
    for most, name in ((1, "one value"), (4, "2 to 4 values"), (8, "5 to 8 values"), (24, "9 to 24 values")):
        if levels <= most:
            return name
    return "not binned"
