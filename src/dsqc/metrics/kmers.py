"""Words of seven bases that stand at some positions far more often than over whole reads."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._zeros import zeros
from dsqc.kernels.kmers import EVERY, LONGEST, POSITIONS, SIZE, WAITING, WORDS, code_table, count_words, fold_words
from dsqc.language import Text
from dsqc.metrics.collector import Collector, Facts, Metric, Reads, Table, Value
from dsqc.metrics.java import hashtable_places, string_hash
from dsqc.metrics.positions import display_groups

MOST_ENRICHED = 20
ENRICHED = 5
"""Least ratio of found to expected (FastQC)."""
FEW = 32
"""Successes up to which chances are first worked out roughly, all words at once."""
TOGETHER = 2048
"""Words whose enrichment is worked out at once: memory holds their tables by position group several times over."""
LEAST_SURE = 0.01
"""Most chance, times the number of words, that an enrichment is none (FastQC)."""

ENRICHED_COUNT = Metric(
    "enriched_kmer_count",
    Text("Enriched k-mers", "위치 편향 k-mer 수"),
    "count",
    Text(
        "Words of 7 bases (20 at most) that some group of positions has more than 5 times as often as the whole reads, "
        "with a chance below 0.01 for any of all words (binomial), in the first 500 bases of every fiftieth read "
        "(table kmer_content). FastQC has this module switched off.",
        "어떤 위치 그룹에서 리드 전체 평균의 5배 넘게 나오고(이항분포, 전체 단어 보정 확률 0.01 미만) 50번째마다 뽑은 "
        "리드의 앞 500염기에서 센 7염기 단어 수(최대 20, 표 kmer_content). FastQC에서는 기본으로 꺼져 있다.",
    ),
    "FastQC 0.12.1 Kmer Content",
)


@dataclass(frozen=True, slots=True)
class _Word:
    """An enriched word: how often it was found, its greatest enrichment and where, and how sure that is."""

    text: str
    count: int
    chance: float
    enrichment: float
    group: tuple[int, int]


class KmerCollector(Collector):
    """Counts words by position on every fiftieth read. Memory: 80 KiB a position, 494 of them at most."""

    METRICS = (ENRICHED_COUNT,)

    def __init__(self) -> None:
        self._codes = code_table()
        self._pending = zeros((POSITIONS, WAITING), np.uint16)
        self._used = np.zeros(POSITIONS, dtype=np.int64)
        self._waiting = 0
        self._counts = np.zeros((0, WORDS), dtype=np.int32)
        self._reach = np.zeros(WORDS, dtype=np.uint16)
        self._longest = 0
        self._found: list[_Word] | None = None

    def add(self, reads: Reads) -> None:
        """Measure one batch."""
        self._found = None
        batch = reads.batch
        looked_at = batch.length[EVERY - 1 - (batch.first_record - 1) % EVERY :: EVERY]
        longest = min(int(looked_at.max(initial=0)), LONGEST)
        self._longest = max(self._longest, longest)
        self._grow(longest - SIZE + 1)
        self._waiting = int(
            count_words(
                batch.data,
                batch.sequence_start,
                batch.length,
                batch.first_record - 1,
                self._codes,
                self._pending,
                self._used,
                self._counts,
                self._reach,
                self._waiting,
            )
        )

    def merge(self, other: Self) -> None:
        """Add everything that ``other`` collected."""
        self._found = None
        self._fold()
        other._fold()
        rows = len(other._counts)
        self._grow(rows)
        self._counts[:rows] += other._counts
        np.copyto(self._reach, other._reach, where=self._reach == 0)
        self._longest = max(self._longest, other._longest)

    def values(self, facts: Facts) -> dict[str, Value]:
        """Number of enriched words; None where no read was looked at."""
        return {"enriched_kmer_count": len(self._words()) if self._longest else None}

    def tables(self, facts: Facts) -> dict[str, Table]:
        """The enriched words, the most enriched first. Counts are those of the reads looked at."""
        words = self._words()
        return {
            "kmer_content": {
                "sequence": [word.text for word in words],
                "count": [word.count for word in words],
                "p_value": [word.chance for word in words],
                "obs_exp_max": [word.enrichment for word in words],
                "position_from": [word.group[0] for word in words],
                "position_to": [word.group[1] for word in words],
            }
        }

    def _words(self) -> list[_Word]:
        if self._found is None:
            self._found = self._enriched()
        return self._found

    def _enriched(self) -> list[_Word]:
        """FastQC's test; its numbers have 24 bits (Java's ``float``) until the chance is worked out.

        The positions of a word end where those of the read end that brought it first, or where it last occurs.
        """
        self._fold()
        positions = self._longest - SIZE + 1
        groups = display_groups(max(positions, 0))
        totals = self._counts.sum(axis=1, dtype=np.int64)
        words = np.flatnonzero(self._counts.any(axis=0))
        found: list[_Word] = []
        for start in range(0, len(words), TOGETHER):
            found += self._enriched_of(words[start : start + TOGETHER], groups, totals)
        places = hashtable_places([string_hash(word.text) for word in found], len(words), WORDS)
        order = sorted(zip(found, places, strict=True), key=lambda item: (-item[0].enrichment, -item[1]))
        return [word for word, _ in order[:MOST_ENRICHED]]

    def _enriched_of(
        self, words: NDArray[np.int64], groups: list[tuple[int, int]], totals: NDArray[np.int64]
    ) -> list[_Word]:
        """Those of ``words`` that are enriched."""
        counts = self._counts[:, words]
        last = len(counts) - np.argmax(counts[::-1] > 0, axis=0)
        reach = np.maximum(self._reach[words].astype(np.int64), last)
        count = counts.sum(axis=0, dtype=np.int64)
        share = count.astype(np.float32) / np.float32(totals.sum())
        until = np.concatenate([[0], np.cumsum(totals)])
        before, ends = np.array([(low - 1, high) for low, high in groups], dtype=np.int64).T[:, :, np.newaxis]
        hits = np.add.reduceat(counts, before[:, 0], axis=0, dtype=np.int64)
        trials = until[np.minimum(ends, np.maximum(reach, before))] - until[before]
        predicted = share * trials.astype(np.float32)
        enrichment = np.divide(
            hits.astype(np.float32), predicted, out=np.zeros_like(predicted), where=predicted > 0
        ).astype(np.float32)
        best = self._chances(hits, trials, enrichment, share).min(axis=0)
        return [
            _Word(
                _letters(int(words[column])),
                int(count[column]),
                float(best[column]),
                float(enrichment[:, column].max()),
                groups[int(np.argmax(enrichment[:, column]))],
            )
            for column in np.flatnonzero(best < LEAST_SURE).tolist()
        ]

    @staticmethod
    def _chances(
        hits: NDArray[np.int64],
        trials: NDArray[np.int64],
        enrichment: NDArray[np.float32],
        share: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Chance times number of words, for what is enriched enough; 1 elsewhere."""
        chances = np.ones(hits.shape, dtype=np.float32)
        groups, columns = np.nonzero(enrichment > ENRICHED)
        hopeless = _surely_likely(hits[groups, columns], trials[groups, columns], share[columns].astype(np.float64))
        for group, column in zip(groups[~hopeless].tolist(), columns[~hopeless].tolist(), strict=True):
            chance = chance_of_more(int(hits[group, column]), int(trials[group, column]), float(share[column]))
            chances[group, column] = np.float32((1.0 - (1.0 - chance)) * WORDS)
        return chances

    def _fold(self) -> None:
        if self._waiting:
            fold_words(self._pending, self._used, self._counts)
            self._waiting = 0

    def _grow(self, rows: int) -> None:
        if rows > len(self._counts):
            counts = np.zeros((rows, WORDS), dtype=np.int32)
            counts[: len(self._counts)] = self._counts
            self._counts = counts


def _surely_likely(hits: NDArray[np.int64], trials: NDArray[np.int64], share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the chance of just one success more than ``hits`` is already too high for a word to count as enriched."""
    few = (hits < FEW) & (share < 1)
    logarithm = (trials - hits - 1) * np.log1p(-np.where(few, share, 0.0))
    for drawn in range(min(int(hits.max(initial=0)) + 1, FEW)):
        rows = np.flatnonzero(drawn <= hits)
        logarithm[rows] += np.log(np.maximum(trials[rows] - drawn, 1) / (drawn + 1) * share[rows])
    return few & (trials > hits) & (logarithm > math.log(2 * LEAST_SURE / WORDS))


def chance_of_more(hits: int, trials: int, share: float) -> float:
    """Chance of more than ``hits`` successes out of ``trials`` (binomial); for hits above the expected number."""
    first = hits + 1
    if first > trials:
        return 0.0
    if share >= 1:
        return 1.0
    logarithm = (
        math.lgamma(trials + 1)
        - math.lgamma(first + 1)
        - math.lgamma(trials - first + 1)
        + first * math.log(share)
        + (trials - first) * math.log1p(-share)
    )
    term = total = 1.0
    odds = share / (1 - share)
    for successes in range(first, trials):
        term *= (trials - successes) / (successes + 1) * odds
        total += term
        if term < 1e-17 * total:
            break
    return math.exp(logarithm) * total


def _letters(word: int) -> str:
    return "".join("ACGT"[word >> shift & 3] for shift in range(2 * (SIZE - 1), -1, -2))
