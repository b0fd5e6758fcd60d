"""What organisms are in reads: genomes of a panel against the sketch of the reads, the best first.

A genome's words that the reads hold belong to it as long as no genome before it took them (``gather`` of sourmash): the
genome that explains most of what is left takes its words, then the next. The share of a genome is an estimate of the
share of reads that come from it::

    share = words of the genome x mean occurrence of its sketched words / words looked at / q

q is the share of words without an error of sequencing. It follows from the qualities: at least (1 - mean error) ** 31
(errors spread evenly), at most the mean of (1 - error) ** 31 (errors all together); their geometric mean is taken. The
interval of 95 per cent covers the choice of words (spread of their occurrences), the choice of reads (their number, as
Poisson's) and q between these bounds, with errors half as many or half as many again as the qualities say.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels.sketch import SIZE
from dsqc.language import Text
from dsqc.sketch.panel import Genome, Panel
from dsqc.sketch.words import ReadSketch, are_among

FEWEST_WORDS = 10_000
"""Words looked at, below which nothing is said."""
FEWEST_MATCHES = 3
"""Sketched words of a genome, below which it is not named."""
SAME = 0.5
"""Least ratio of found to expected containment of an organism as a whole; below it, a relative or a part of it."""
ENOUGH_DEPTH = 3.0
"""Mean occurrence of a genome's words from which containment tells that it is there as a whole."""
ENOUGH_MATCHES = 10
"""Words found from which it tells that a genome is not there as a whole."""
Z = 1.959964
WHOLE, PART, SHALLOW = "whole", "part", "shallow"
EXTENTS = {
    WHOLE: Text("whole genome", "유전체 전체"),
    PART: Text("a part, or a relative", "일부 또는 근연종"),
    SHALLOW: Text("few reads", "리드 적음"),
}
"""What people read for an extent."""


@dataclass(frozen=True, slots=True)
class Share:
    """One genome that was found in reads.

    Attributes:
        genome: of the panel.
        share: of the reads, 0 to 1; with ``low`` and ``high``, the interval of 95 per cent.
        matches: its sketched words that the reads hold, those that an earlier genome took among them.
        sketched: its sketched words at the scale that both have.
        breadth: containment over the containment that reads spread over the whole genome would give.
        extent: ``whole``: the reads lie all over the genome; ``part``: they hold less of it than so many reads would
            (a relative of it, a part, amplicons, RNA); ``shallow``: too few to tell.
    """

    genome: Genome
    share: float
    low: float
    high: float
    matches: int
    sketched: int
    breadth: float
    extent: str

    @property
    def containment(self) -> float:
        """Share of the genome's sketched words that the reads hold."""
        return self.matches / self.sketched


@dataclass(frozen=True, slots=True)
class Composition:
    """Everything that was found, most first.

    Attributes:
        shares: genomes found.
        enough: whether the reads hold words enough to tell anything.
    """

    shares: tuple[Share, ...]
    enough: bool

    @property
    def explained(self) -> float:
        """Share of reads that the genomes found explain."""
        return min(1.0, sum(item.share for item in self.shares))


@dataclass(frozen=True, slots=True)
class Intact:
    """Share of words without an error: estimate, and between which bounds it lies."""

    estimate: float
    low: float
    high: float


def intact_words(errors: NDArray[np.float64], bases: NDArray[np.int64]) -> Intact:
    """Share of words of 31 letters without an error of sequencing.

    Args:
        errors: chances of an error, of each quality.
        bases: how many bases have it; none at all where reads have no qualities: then up to 2 % of errors are allowed.
    """
    total = int(bases.sum())
    if not total:
        return Intact(1.0, (1 - 0.02) ** SIZE, 1.0)
    share = bases / total
    mean = float(share @ errors)
    even = (1 - mean) ** SIZE
    together = float(share @ (1 - errors) ** SIZE)
    low = max(1 - 1.5 * mean, 0.0) ** SIZE
    high = max(float(share @ (1 - errors / 2) ** SIZE), even)
    return Intact(math.sqrt(even * together), low, high)


@dataclass(slots=True)
class _Candidate:
    """A genome while words are given out."""

    order: int
    genome: Genome
    scaled: int
    hashes: NDArray[np.uint64]
    places: NDArray[np.int64]
    found: NDArray[np.bool_]
    left: NDArray[np.bool_]

    def words(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Occurrences of its words that are left, zeros among them."""
        return self.occurrences(counts)[self.left]

    def leave_to(self, best: "_Candidate", counts: NDArray[np.int64]) -> bool:
        """Leave the words of ``best`` to it; whether enough is left to be named.

        Of a coarser sketch than this one's not every word is known. Where the two have words in common, or this genome
        is not there as a whole, it is looked at as coarsely, so that no words of ``best`` are taken for its own.
        """
        shared = are_among(self.hashes, best.hashes)
        if best.scaled > self.scaled and (shared.any() or self.is_part(counts)):
            number = int(np.searchsorted(self.hashes, _highest(best.scaled), side="right"))
            self.hashes, self.places = self.hashes[:number], self.places[:number]
            self.found, self.left, shared = self.found[:number], self.left[:number], shared[:number]
            self.scaled = best.scaled
        self.left &= ~shared
        return int((self.found & self.left).sum()) >= FEWEST_MATCHES

    def occurrences(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Occurrences of all its words, whoever takes them."""
        return np.where(self.found, counts[self.places], 0)

    def breadth(self, counts: NDArray[np.int64]) -> float:
        """Containment over the containment that as many reads all over the genome would give, 1 at most."""
        expected = -math.expm1(-float(self.occurrences(counts).mean()))
        return min(float(self.found.mean()) / expected, 1.0)

    def is_part(self, counts: NDArray[np.int64]) -> bool:
        """Whether the reads surely do not lie all over the genome."""
        return int(self.found.sum()) >= ENOUGH_MATCHES and self.breadth(counts) < SAME

    def total(self, counts: NDArray[np.int64]) -> float:
        """Occurrences of all words of the genome that are left, kept in the sketch or not; an estimate."""
        return float(self.words(counts).sum()) / len(self.hashes) * self.genome.words


def compose(sketch: ReadSketch, panel: Panel, intact: Intact) -> Composition:
    """What of ``panel`` is in the reads."""
    if sketch.words < FEWEST_WORDS:
        return Composition((), enough=False)
    found = [
        item for order, genome in enumerate(panel.genomes) if (item := _candidate(order, genome, sketch)) is not None
    ]
    chosen: list[tuple[_Candidate, NDArray[np.int64], float]] = []
    while found:
        best = max(found, key=lambda item: (item.total(sketch.counts), -item.order))
        found.remove(best)
        words = best.words(sketch.counts)
        chosen.append((best, words, best.total(sketch.counts)))
        found = [item for item in found if item.leave_to(best, sketch.counts)]
    raw = sum(total for *_, total in chosen) / sketch.words
    bounds = Intact(max(intact.estimate, raw), max(intact.low, raw), max(intact.high, raw))
    return Composition(tuple(_share(item, words, total, sketch, bounds) for item, words, total in chosen), enough=True)


def _candidate(order: int, genome: Genome, sketch: ReadSketch) -> _Candidate | None:
    """A genome of which the reads hold some words, at the scale of the coarser of both sketches."""
    scaled = max(genome.scaled, sketch.scaled)
    hashes = genome.hashes[: np.searchsorted(genome.hashes, _highest(scaled), side="right")]
    if len(hashes) < FEWEST_MATCHES or not len(sketch.hashes):
        return None
    places = np.minimum(np.searchsorted(sketch.hashes, hashes), len(sketch.hashes) - 1)
    found = sketch.hashes[places] == hashes
    if int(found.sum()) < FEWEST_MATCHES:
        return None
    return _Candidate(order, genome, scaled, hashes, places, found, np.ones(len(hashes), dtype=np.bool_))


def _highest(scaled: int) -> np.uint64:
    """The highest hash that is kept at a scale."""
    return np.uint64((1 << 64) // scaled - 1)


def _share(item: _Candidate, words: NDArray[np.int64], total: float, sketch: ReadSketch, intact: Intact) -> Share:
    mean, number = float(words.mean()), len(words)
    spread = float(words.var(ddof=1)) / number / mean**2 if number > 1 else 1.0
    reads = max(total / (sketch.words / max(sketch.reads, 1)), 1e-9)
    effective = 1 / (spread * (1 - 1 / item.scaled) + 1 / reads)
    raw = total / sketch.words
    low, high = poisson_interval(effective)
    extent = WHOLE if float(item.occurrences(sketch.counts).mean()) >= ENOUGH_DEPTH else SHALLOW
    return Share(
        item.genome,
        min(raw / intact.estimate, 1.0),
        min(raw * low / intact.high, 1.0),
        min(raw * high / intact.low, 1.0),
        int(item.found.sum()),
        len(item.hashes),
        item.breadth(sketch.counts),
        PART if item.is_part(sketch.counts) else extent,
    )


def poisson_interval(number: float) -> tuple[float, float]:
    """The interval of 95 per cent of Poisson's mean over the number seen, which need not be whole (Garwood's, by the
    approximation of Wilson and Hilferty; within 1 % of it from 1 on)."""
    low = max(1 - 1 / (9 * number) - Z / (3 * math.sqrt(number)), 0.0) ** 3
    more = number + 1
    high = more * (1 - 1 / (9 * more) + Z / (3 * math.sqrt(more))) ** 3 / number
    return low, high
