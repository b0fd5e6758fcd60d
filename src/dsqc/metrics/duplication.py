"""Duplicated and overrepresented sequences, as FastQC estimates them from the first 100,000 different ones."""

from typing import Any, Self

import numpy as np

from dsqc.kernels._zeros import zeros
from dsqc.kernels.duplication import (
    AT_LIMIT,
    BEFORE,
    DISTINCT,
    FILTER_BITS,
    KNOWN,
    LETTERS,
    READS,
    SLOTS,
    STATE,
    add_known,
    chance_unseen,
    count_sequences,
)
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value
from dsqc.metrics.contaminants import source_of
from dsqc.metrics.java import hash_map_places, string_hash

LEVELS = (*(str(level) for level in range(1, 10)), ">10", ">50", ">100", ">500", ">1k", ">5k", ">10k+")
"""Labels of FastQC's duplication levels; ``>10`` begins at 10."""
_FIRST_OF_LEVEL = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 51, 101, 501, 1001, 5001, 10001])
OVERREPRESENTED = 0.1
"""Percent of the reads above which a sequence is listed (FastQC)."""

DEDUPLICATED = Metric(
    "frac_reads_deduplicated",
    Text("Reads left without duplicates", "중복 제거 후 남는 비율"),
    "fraction",
    Text(
        "Different sequences / reads, estimated: the first 100,000 different sequences (first 50 bases) are counted "
        "over the whole file, and their numbers are corrected for sequences that came later (FastQC). Null without "
        "reads. Of files measured apart and merged (a run), the first sequences of each count.",
        "서로 다른 서열 수 / 리드 수의 추정치. 처음 나온 서로 다른 서열 100,000개(앞 50염기)를 파일 전체에서 세고, "
        "나중에 나온 서열만큼 보정한다(FastQC). 리드가 없으면 null. 따로 측정해 합친 파일(run)에서는 각 파일의 처음 "
        "서열을 센다.",
    ),
    "FastQC 0.12.1 Sequence Duplication Levels",
)
OVERREPRESENTED_COUNT = Metric(
    "overrepresented_count",
    Text("Overrepresented sequences", "과다 서열 수"),
    "count",
    Text(
        "Sequences (first 50 bases) that more than 0.1 % of the reads have, among the first 100,000 different ones "
        "(table overrepresented).",
        "처음 나온 서로 다른 서열 100,000개 가운데 리드의 0.1%를 넘는 서열(앞 50염기) 수(표 overrepresented).",
    ),
    "FastQC 0.12.1 Overrepresented sequences",
)
TECHNICAL = Metric(
    "frac_reads_technical",
    Text("Reads that are technical sequences", "기술 서열 리드 비율"),
    "fraction",
    Text(
        "Reads whose sequence is overrepresented and matches an adapter, primer or other technical sequence "
        "(schemas/sequences/contaminants.tsv; at least 21 bases with at most one mismatch) / reads.",
        "과다 서열이면서 어댑터·프라이머 등 기술 서열(schemas/sequences/contaminants.tsv, 불일치 한 개 이하로 21염기 "
        "이상)과 일치하는 리드 / 전체 리드.",
    ),
    "FastQC 0.12.1 Overrepresented sequences; dsqc's own list of sequences",
)


class DuplicationCollector(Collector):
    """Counts reads by their first 50 bases. Memory: 10 MB, whatever the file."""

    METRICS = (DEDUPLICATED, OVERREPRESENTED_COUNT, TECHNICAL)

    def __init__(self) -> None:
        self._bits = np.zeros((1 << FILTER_BITS) // 64, dtype=np.uint64)
        self._slots = np.zeros(SLOTS, dtype=np.int32)
        self._hashes = np.zeros(KNOWN, dtype=np.uint64)
        self._texts = zeros((KNOWN, LETTERS), np.uint8)
        self._sizes = np.zeros(KNOWN, dtype=np.uint8)
        self._counts = np.zeros(KNOWN, dtype=np.int64)
        self._state = np.zeros(STATE, dtype=np.int64)

    def add(self, reads: Reads) -> None:
        """Measure one batch."""
        batch = reads.batch
        tables = self._tables()
        count_sequences(batch.data, batch.sequence_start, batch.length, *tables, self._state)

    def merge(self, other: Self) -> None:
        """Add the part of the file that followed, or another file."""
        full = int(self._state[DISTINCT]) == KNOWN
        follows = int(other._state[BEFORE]) == int(self._state[BEFORE] + self._state[READS])
        number = int(other._state[DISTINCT])
        add_known(other._texts, other._sizes, other._counts, 0, number, *self._tables(), self._state)
        if not full:
            before = 0 if follows else int(self._state[AT_LIMIT] - other._state[BEFORE])
            self._state[AT_LIMIT] = before + other._state[AT_LIMIT]
        self._state[READS] += other._state[READS]

    def continuation(self) -> Self:
        """A collector that knows the same sequences, with counts of zero."""
        following = type(self)()
        for array, known in zip(following._tables()[:-1], self._tables()[:-1], strict=True):
            np.copyto(array, known)
        following._state[:] = self._state
        following._state[BEFORE] = self._state[BEFORE] + self._state[READS]
        following._state[READS] = 0
        return following

    @property
    def is_settled(self) -> bool:
        """Whether all sequences that count are known."""
        return int(self._state[DISTINCT]) == KNOWN

    def begin_behind(self, reads: int, longest: int) -> None:
        """The number of reads in front tells when the last sequence came."""
        self._state[BEFORE] = reads

    def values(self, facts: Facts) -> dict[str, Value]:
        """Fractions of the reads, and how many sequences are overrepresented."""
        table = self._overrepresented()
        reads = int(self._state[READS])
        technical = [int(count or 0) for count, source in zip(table["reads"], table["source"], strict=True) if source]
        levels = self._levels()
        return {
            "frac_reads_deduplicated": levels[0] if reads else None,
            "overrepresented_count": len(table["reads"]) if reads else None,
            "frac_reads_technical": sum(technical) / reads if reads else None,
        }

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Percent of reads by duplication level; the overrepresented sequences."""
        levels: Table = {"level": [], "percent": []}
        if self._state[READS]:
            levels = {"level": list(LEVELS), "percent": self._levels()[1]}
        return {"duplication_levels": levels, "overrepresented": self._overrepresented()}

    def _tables(self) -> tuple[Any, Any, Any, Any, Any, Any]:
        return self._bits, self._slots, self._hashes, self._texts, self._sizes, self._counts

    def _levels(self) -> tuple[float, list[float]]:
        """Fraction of reads left without duplicates; percent of reads by level. Additions are in FastQC's order."""
        counts = self._counts[: int(self._state[DISTINCT])]
        levels, numbers = (column.tolist() for column in np.unique(counts[counts > 0], return_counts=True))
        places = hash_map_places([level ^ level >> 32 for level in levels], len(levels))
        different = raw = 0.0
        percent = np.zeros(len(LEVELS))
        for _, level, number in sorted(zip(places, levels, numbers, strict=True)):
            corrected = self._corrected(level, number)
            different += corrected
            raw += corrected * level
            percent[int(np.searchsorted(_FIRST_OF_LEVEL, level, side="right")) - 1] += corrected * level
        if not raw:
            return 1.0, percent.tolist()
        return different / raw, (percent / raw * 100).tolist()

    def _corrected(self, level: int, number: int) -> float:
        """How many sequences occur ``level`` times, where ``number`` are known: those that came too late added.

        The chance that such a sequence is not among the reads before the table was full follows from drawing without
        replacement; chances that would add less than a hundredth of a sequence count as none.
        """
        total, at_limit = int(self._state[BEFORE] + self._state[READS]), int(self._state[AT_LIMIT])
        if at_limit == total or total - number < at_limit:
            return float(number)
        unseen = chance_unseen(total, at_limit, level, 1.0 - number / (number + 0.01))
        return number / (1.0 - unseen)

    def _overrepresented(self) -> Table:
        """The most frequent first; ties in the order of FastQC's table."""
        distinct, reads = int(self._state[DISTINCT]), int(self._state[READS])
        percent = self._counts[:distinct] / max(reads, 1) * 100
        rows = np.flatnonzero(percent > OVERREPRESENTED).tolist()
        texts = {row: self._text(row) for row in rows}
        places = hash_map_places([string_hash(texts[row]) for row in rows], distinct)
        order = sorted(zip(rows, places, strict=True), key=lambda item: (-self._counts[item[0]], item[1], item[0]))
        chosen = [row for row, _ in order]
        return {
            "sequence": [texts[row] for row in chosen],
            "reads": [int(self._counts[row]) for row in chosen],
            "percent": [float(percent[row]) for row in chosen],
            "source": [source_of(texts[row]) for row in chosen],
        }

    def _text(self, row: int) -> str:
        """A sequence's letters; marks below the letters (``.``, ``-``) lost a bit and get it back."""
        letters = self._texts[row, : self._sizes[row]]
        return bytes(np.where(letters < 32, letters | 0x20, letters).astype(np.uint8)).decode("latin-1")
