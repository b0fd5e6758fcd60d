"""The share of reads that are of one organism, with an interval also where nothing of it is found.

:mod:`dsqc.sketch.composition` says what is in the reads; this says how much of one organism at most may be in them.

For each genome of the organism (a reference, its mitochondrion, its repeats) let K be the occurrences of its sketched
words in the reads, of W words looked at, N reads, one word of ``scaled`` kept::

    share = K x words of the genome / sketched words / W / q / r

q is the share of words without an error of sequencing (:func:`dsqc.sketch.composition.intact_words`) and r the recall:
the share of the words of the organism's reads that the genome holds. Both are known between bounds only. Words come in
reads, so K is a compound Poisson number: of variance K (1 + m), m sketched words a read. The interval of 95 per cent is
that of Garwood (1936, Biometrika 28:437; the exact one of Poisson's mean, as Clopper's and Pearson's is of a
proportion) over the effective number K / (1 + m), where the occurrences of the sketched words spread more also over
these (the choice of words: few of them stand for many), and then widened by the bounds of q and r. With K = 0 its upper
end is 3.69 (1 + m) words. The ends of several genomes add up, which is wider than need be.

Words that another organism of the panel has too count for nobody here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsqc.sketch.composition import FEWEST_WORDS, Intact, poisson_interval
from dsqc.sketch.panel import Genome, Panel
from dsqc.sketch.words import ReadSketch, are_among

MITOCHONDRION = "mitochondrion"
NONE_SEEN = 3.688879
"""The upper end of the interval of 95 per cent of Poisson's mean where nothing was seen: -ln 0.025."""
RECALL_WHOLE = (0.9, 1.0)
"""Of a reference as a whole: two people differ in one base of a thousand, 3 % of the words; a reference lacks some."""
RECALL_MITOCHONDRION = (0.82, 1.0)
"""Lineages differ from the reference in up to 100 of 16,569 bases, 18 % of the words."""


@dataclass(frozen=True, slots=True)
class TaxonShare:
    """How many of the reads are of one organism.

    Attributes:
        share: of the reads, 0 to 1; of those that the panel can see where ``high`` is None.
        low, high: ends of the interval of 95 per cent; ``high`` is None where the panel holds parts of the organism
            alone that do not stand for the rest (its mitochondrion): any number of reads may be of the rest.
        recall: share of the words of the organism's nuclear genome that the panel sees; 0 where none.
    """

    share: float
    low: float
    high: float | None
    recall: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """One genome in the reads: share of words, and the ends of its interval."""

    genome: Genome
    raw: float
    low: float
    high: float


def taxon_share(sketch: ReadSketch, panel: Panel, taxonomy_id: int, intact: Intact) -> TaxonShare | None:
    """The share of reads of an organism; None where the panel has nothing of it, or the reads are too few or too
    noisy to tell."""
    genomes = genomes_of(panel, taxonomy_id)
    if not genomes or sketch.words < FEWEST_WORDS:
        return None
    others = [item.hashes for item in panel.genomes if item.taxonomy_id != taxonomy_id]
    taken = np.concatenate([np.zeros(0, dtype=np.uint64), *others])
    seen: list[_Seen] = []
    for genome in genomes:  # the finest first: what it holds of a coarser one is known word by word
        if (one := _look(sketch, genome, taken)) is not None:
            seen.append(one)
        taken = np.concatenate([taken, genome.hashes])
    raw = sum(item.raw for item in seen)
    bounds = Intact(max(intact.estimate, raw), max(intact.low, raw), max(intact.high, raw))
    if bounds.estimate <= 0:
        return None  # So noisy that no word of the reads is without an error: whatever is in them, nothing is seen.
    whole = any(_middle(item.genome) for item in seen if item.genome.part != MITOCHONDRION)
    share = low = high = 0.0
    for item in seen:
        least, most = recall_of(item.genome) or (1.0, 1.0)
        share += item.raw / bounds.estimate / (least * most) ** 0.5
        low += item.low / bounds.high / most
        high += item.high / bounds.low / least if bounds.low > 0 else 1.0
    recall = max((_middle(genome) for genome in genomes if genome.part != MITOCHONDRION), default=0.0)
    return TaxonShare(min(share, 1.0), min(low, 1.0), min(high, 1.0) if whole else None, recall)


def genomes_of(panel: Panel, taxonomy_id: int) -> list[Genome]:
    """What of an organism counts, the finest sketch first: its mitochondrion, and of genomes that stand for all the
    rest (a reference, its repeats) the one that sees most; where there is none, its parts."""
    own = [item for item in panel.genomes if item.taxonomy_id == taxonomy_id]
    best = max((item for item in own if item.part != MITOCHONDRION), key=_middle, default=None)
    stands_for_all = best is not None and _middle(best) > 0
    kept = [item for item in own if item.part == MITOCHONDRION or not stands_for_all or item is best]
    return sorted(kept, key=lambda item: item.scaled)


def _middle(genome: Genome) -> float:
    recall = recall_of(genome)
    return (recall[0] * recall[1]) ** 0.5 if recall else 0.0


def recall_of(genome: Genome) -> tuple[float, float] | None:
    """The recall of a genome of a panel: what was measured, or what holds of a whole one or a mitochondrion."""
    if genome.recall is not None:
        return genome.recall
    if genome.part == MITOCHONDRION:
        return RECALL_MITOCHONDRION
    return None if genome.part else RECALL_WHOLE


def _look(sketch: ReadSketch, genome: Genome, taken: NDArray[np.uint64]) -> _Seen | None:
    """One genome in the reads, without the words that are ``taken``; None where its sketch has no word left."""
    scaled = max(genome.scaled, sketch.scaled)
    hashes = genome.hashes[: np.searchsorted(genome.hashes, np.uint64((1 << 64) // scaled - 1), side="right")]
    own = hashes[~are_among(hashes, taken)]
    if not len(own):
        return None
    place = np.minimum(np.searchsorted(sketch.hashes, own), max(len(sketch.hashes) - 1, 0))
    occurrences = np.zeros(len(own), dtype=np.int64)
    if len(sketch.hashes):
        occurrences = np.where(sketch.hashes[place] == own, sketch.counts[place], 0)
    each = genome.words / len(hashes) / sketch.words  # share of the words that one occurrence stands for
    number = float(occurrences.sum())
    words_a_read = sketch.words / max(sketch.reads, 1) / scaled
    if not number:
        return _Seen(genome, 0.0, 0.0, NONE_SEEN * (1 + words_a_read) * each)
    mean = number / len(own)
    # At least the spread of Poisson's numbers; more where words repeat, or a few of many carry what was seen.
    spread = max(float(occurrences.var()), mean) / len(own) / mean**2
    low, high = poisson_interval(1 / (spread + words_a_read / number))
    return _Seen(genome, number * each, number * each * low, number * each * high)
