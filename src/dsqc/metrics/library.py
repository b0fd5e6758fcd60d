"""How a library was made, by its reads alone: starts, bases that are missing, primers, ribosomal RNA."""

from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels import library as k
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Value
from dsqc.metrics.contaminants import rows_of

STEP, NEAR, FAR_STEP = 4, 100_000, 128
"""Every fourth of the first 100,000 reads is looked at, then every 128th: shares of reads need no more."""
MAIN_STARTS = 16
_IUPAC = {
    **{letter: letter for letter in "ACGT"},
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
_CODES = {"A": 0, "C": 1, "T": 2, "G": 3}
_COMPLEMENT = str.maketrans("ACGT", "TGCA")

_HOW_EN = (
    f"Looked at is every {STEP}th of the first {NEAR:,} reads of the file, then every {FAR_STEP}th, no further than "
    "its "
    f"first {k.LOOKED_AT} bases; null where there are none."
)
_HOW_KO = (
    f"파일의 처음 {NEAR:,}리드는 {STEP}번째마다, 그 뒤는 {FAR_STEP}번째마다 리드 하나의 처음 {k.LOOKED_AT}염기까지 "
    "본다. "
    "해당 리드가 없으면 null."
)


def _metric(metric_id: str, name: Text, definition: Text, unit: str = "fraction") -> Metric:
    text = Text(f"{definition.en} {_HOW_EN}", f"{definition.ko} {_HOW_KO}")
    return Metric(metric_id, name, unit, text, "dsqc")


class LibraryCollector(Collector):
    """Counts what every sixteenth read tells of its library. Memory: 512 KiB."""

    METRICS = (
        _metric(
            "library_reads_examined", Text("Reads looked at for the library", "라이브러리 추정에 쓴 리드"),
            Text("Reads that the kind of library is told by.", "라이브러리 종류를 추정하는 데 쓴 리드의 수."), "count",
        ),
        _metric(
            "frac_reads_main_starts", Text("Reads with a frequent start", "같은 시작 서열의 리드 비율"),
            Text(
                f"Reads whose first {k.START} bases are one of the {MAIN_STARTS} most frequent ones: near 1 where "
                "fragments begin at few primers.",
                f"처음 {k.START}염기가 가장 흔한 {MAIN_STARTS}가지 중 하나인 리드. 절편이 몇 개의 프라이머에서 "
                "시작하면 1에 가깝다.",
            ),
        ),
        _metric(
            "c_fraction_of_gc", Text("C among C and G", "C+G 중 C의 비율"),
            Text(
                "C / (C + G), tails of G left out: near 0.5, far from it where C was converted to T.",
                "리드 끝의 G를 뺀 C / (C + G). 0.5에 가깝고, C가 T로 전환되었으면 크게 벗어난다.",
            ),
        ),
        _metric(
            "frac_reads_c_poor", Text("Reads without C", "C가 거의 없는 리드 비율"),
            Text(
                f"Reads with at most one C in {k.POOR} C and G / reads with {k.TELLING} C and G or more.",
                f"C와 G {k.POOR}개 중 C가 하나 이하인 리드 / C와 G가 {k.TELLING}개 이상인 리드.",
            ),
        ),
        _metric(
            "frac_reads_g_poor", Text("Reads without G", "G가 거의 없는 리드 비율"),
            Text(
                f"Reads with at most one G in {k.POOR} C and G / reads with {k.TELLING} C and G or more.",
                f"C와 G {k.POOR}개 중 G가 하나 이하인 리드 / C와 G가 {k.TELLING}개 이상인 리드.",
            ),
        ),
        _metric(
            "frac_reads_poly_t_start", Text("Reads that begin with poly-T", "poly-T로 시작하는 리드 비율"),
            Text(
                f"Reads of which {k.RUN} or more of the first {k.OF} bases are T: what priming with oligo-dT leaves.",
                f"처음 {k.OF}염기 중 {k.RUN}개 이상이 T인 리드. 올리고 dT 프라이밍의 흔적이다.",
            ),
        ),
        _metric(
            "frac_reads_poly_a_start", Text("Reads that begin with poly-A", "poly-A로 시작하는 리드 비율"),
            Text(
                f"Reads of which {k.RUN} or more of the first {k.OF} bases are A.",
                f"처음 {k.OF}염기 중 {k.RUN}개 이상이 A인 리드.",
            ),
        ),
        _metric(
            "frac_reads_poly_t_behind_barcode",
            Text("Reads with poly-T behind a barcode", "바코드 뒤에 poly-T가 있는 리드 비율"),
            Text(
                f"Reads with {k.RUN} T or more in {k.OF} bases behind base {k.BARCODES[0]} or {k.BARCODES[1]} / reads "
                "long enough: read 1 of a single-cell library that was read further than its barcode.",
                f"{k.BARCODES[0]}번째 또는 {k.BARCODES[1]}번째 염기 뒤 {k.OF}염기 중 T가 {k.RUN}개 이상인 리드 / "
                "그만큼 긴 "
                "리드. 바코드보다 길게 읽은 단일세포 라이브러리의 리드 1이다.",
            ),
        ),
        _metric(
            "frac_reads_ribosomal", Text("Reads with a ribosomal word", "rRNA 표지 서열이 있는 리드 비율"),
            Text(
                "Reads that hold one of the words of `schemas/sequences/ribosomal.tsv` on either strand. Reads of 100 "
                "bases show one in about 6 % of ribosomal RNA.",
                "`schemas/sequences/ribosomal.tsv`의 서열이 어느 가닥이든 있는 리드. 100염기 리드라면 rRNA의 약 6 "
                "%에서 보인다.",
            ),
        ),
        _metric(
            "frac_reads_primer", Text("Reads that begin with a marker primer", "표지 유전자 프라이머로 시작하는 리드 "
            "비율"),
            Text(
                f"Reads with a primer of `schemas/sequences/primers.tsv` behind at most {k.FARTHEST} bases, with at "
                "most "
                f"{k.DIFFERENT} other letters.",
                f"`schemas/sequences/primers.tsv`의 프라이머가 {k.FARTHEST}염기 이내에서 시작하고 다른 글자가 "
                f"{k.DIFFERENT}개 "
                "이하인 리드.",
            ),
        ),
        _metric(
            "commonest_primer", Text("Most frequent marker primer", "가장 많은 표지 유전자 프라이머"),
            Text("Name and gene of the primer that most of these reads begin with.",
                 "그런 리드가 가장 많이 시작하는 프라이머의 이름과 유전자."), "text",
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._starts = np.zeros(4**k.START, dtype=np.int64)
        self._primed = np.zeros(len(_primer_names()), dtype=np.int64)
        self._counts = np.zeros(k.COUNTS, dtype=np.int64)

    def add(self, reads: Reads) -> None:
        """Look at the reads of one batch whose number asks for it."""
        batch = reads.batch
        near = min(len(batch), max(0, NEAR - batch.first_record + 1))
        motifs, places = _motifs()
        for first, end, step in ((0, near, STEP), (near, len(batch), FAR_STEP)):
            k.look_at_reads(
                batch.data,
                batch.sequence_start,
                batch.length,
                first + (1 - batch.first_record - first) % step,
                end,
                step,
                _allowed(),
                motifs,
                places,
                self._starts,
                self._primed,
                self._counts,
            )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` counted."""
        self._starts += other._starts
        self._primed += other._primed
        self._counts += other._counts

    def values(self, facts: Facts) -> dict[str, Value]:
        """Shares of the reads looked at."""
        values: dict[str, Value] = {metric.id: None for metric in self.METRICS}
        counts = self._counts.tolist()
        values["library_reads_examined"] = counts[k.READS]
        main = int(np.partition(self._starts, -MAIN_STARTS)[-MAIN_STARTS:].sum())
        shares = {
            "frac_reads_main_starts": (main, counts[k.STARTS]),
            "c_fraction_of_gc": (counts[k.C], counts[k.C] + counts[k.G]),
            "frac_reads_c_poor": (counts[k.C_POOR], counts[k.JUDGED]),
            "frac_reads_g_poor": (counts[k.G_POOR], counts[k.JUDGED]),
            "frac_reads_poly_t_start": (counts[k.T_START], counts[k.READS]),
            "frac_reads_poly_a_start": (counts[k.A_START], counts[k.READS]),
            "frac_reads_poly_t_behind_barcode": (counts[k.BEHIND_T], counts[k.BEHIND]),
            "frac_reads_ribosomal": (counts[k.RIBOSOMAL], counts[k.READS]),
            "frac_reads_primer": (counts[k.PRIMED], counts[k.READS]),
        }
        values |= {name: part / whole for name, (part, whole) in shares.items() if whole}
        if counts[k.PRIMED]:
            values["commonest_primer"] = _primer_names()[int(np.argmax(self._primed))]
        return values


@cache
def _primer_names() -> list[str]:
    return [f"{row['name']} ({row['gene']})" for row in rows_of("primers.tsv")]


@cache
def _allowed() -> NDArray[np.uint64]:
    """uint64[longest, 6]: the primers that allow a letter at a place; see ``look_at_reads``."""
    texts = [row["sequence"] for row in rows_of("primers.tsv")]
    allowed = np.zeros((max(map(len, texts)), 6), dtype=np.uint64)
    for number, text in enumerate(texts):
        bit = np.uint64(1 << number)
        allowed[:, k.NO_LETTER] |= bit
        allowed[len(text) :, :] |= bit
        for place, letter in enumerate(text):
            for name, code in _CODES.items():
                if name in _IUPAC[letter]:
                    allowed[place, code] |= bit
    return allowed


@cache
def _motifs() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Both strands of the ribosomal words, two bits a base, and the filter that finds them."""
    words = [row["word"] for row in rows_of("ribosomal.tsv")]
    both = words + [word[::-1].translate(_COMPLEMENT) for word in words]
    motifs = np.array([_packed(word) for word in both], dtype=np.uint32)
    places = np.zeros(1 << k.FILTER_BITS, dtype=np.uint8)
    k.fill_filter(motifs, places)
    return motifs, places


def _packed(word: str) -> int:
    value = 0
    for letter in word:
        value = value << 2 | _CODES[letter]
    return value
