"""Single reads of one organism, by the words of a panel: what shares cannot tell, and ``dsqc scrub`` removes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels import scrub as k
from dsqc.kernels.sketch import CHUNK, SIZE, letter_codes
from dsqc.sketch.panel import Genome, Panel
from dsqc.sketch.presence import MITOCHONDRION, recall_of


@dataclass(frozen=True, slots=True)
class Expected:
    """Share of an organism's fragments that are found, about: of those from its nuclear genome (of the words that the
    panel holds, in the error-free words of a fragment), and from its mitochondrion; None where the panel has none."""

    nuclear: float | None
    mitochondrial: float | None


class ReadFinder:
    """Counts the words of each read that are an organism's.

    Words that another organism of the panel has too do not count. A word of another organism is taken for one of 31
    letters of the set by chance once in 10^10 words, for a set of the size of the human genome.

    Args:
        panel: with genomes of the organism. 8 bytes a word are kept, and as much again for looking them up.
        taxonomy_id: of the organism.

    Raises:
        ValueError: the panel has nothing of it.
    """

    def __init__(self, panel: Panel, taxonomy_id: int) -> None:
        own = [item for item in panel.genomes if item.taxonomy_id == taxonomy_id]
        others = [item.hashes for item in panel.genomes if item.taxonomy_id != taxonomy_id]
        if not any(len(item.hashes) for item in own):
            raise ValueError(taxonomy_id)
        known = np.unique(np.concatenate([item.hashes for item in own]))
        if others:
            known = known[~np.isin(known, np.concatenate(others))]
        self.genomes: tuple[Genome, ...] = tuple(own)
        self._known = known
        self._scale = min(item.scaled for item in own).bit_length() - 1
        bits = max(1, min(len(known).bit_length(), 32, 63 - self._scale))
        self._shift = 64 - self._scale - bits
        starts = np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(self._shift)
        self._index = np.searchsorted(known, starts[:-1]).astype(np.int64)
        self._index = np.append(self._index, np.int64(len(known)))
        self._codes = letter_codes()
        self._found = np.empty(CHUNK, dtype=np.uint64)
        self._words = np.zeros(1, dtype=np.int64)

    def hits(
        self, data: NDArray[np.uint8], sequence_start: NDArray[np.int64], length: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Words of each read that are the organism's; the batch must be proven to lie inside ``data``."""
        hits = np.zeros(len(length), dtype=np.int64)
        k.count_known_words(
            data,
            np.ascontiguousarray(sequence_start),
            np.ascontiguousarray(length),
            self._codes,
            self._scale,
            self._known,
            self._index,
            self._shift,
            self._found,
            self._words,
            hits,
        )
        return hits

    def expected(self, words_of_fragment: float, intact: float) -> Expected:
        """What share of the organism's fragments has a word that is found.

        The nuclear share is r (1 - (1 - 1 / scaled) ** n): r is the recall of the genome and n the words without an
        error in a fragment. It is a lower bound for repeats, whose words stand together in few fragments or many.

        Args:
            words_of_fragment: words of 31 letters in the mates of a fragment together.
            intact: share of them without an error of sequencing.
        """

        def seen(genome: Genome) -> float:
            least, most = recall_of(genome) or (0.0, 0.0)
            one_of_them = (
                -np.expm1(np.log1p(-1 / genome.scaled) * words_of_fragment * intact) if genome.scaled > 1 else 1.0
            )
            return float((least * most) ** 0.5 * one_of_them)

        nuclear = [seen(item) for item in self.genomes if item.part != MITOCHONDRION]
        mitochondrial = [seen(item) for item in self.genomes if item.part == MITOCHONDRION]
        return Expected(max(nuclear, default=None), max(mitochondrial, default=None))


def words_in(length: NDArray[np.int64]) -> int:
    """Words of 31 letters in reads."""
    return int(np.maximum(length - SIZE + 1, 0).sum())
