"""Sketches (FracMinHash) of reads and genomes, panels of reference genomes, and what of a panel is in reads.

Imported by metrics and everything above; imports kernels and the core only::

    counter = WordCounter()
    counter.add(batch.data, batch.sequence_start, batch.length, batch.first_record - 1)
    compose(counter.sketch(), open_panel(), intact).shares
"""

from dsqc.sketch.composition import Composition, Intact, Share, compose, intact_words
from dsqc.sketch.finder import Expected, ReadFinder, words_in
from dsqc.sketch.panel import (
    ENVIRONMENT_VARIABLE,
    NONE,
    Genome,
    Panel,
    check_panel,
    choose_panel,
    open_panel,
    write_panel,
)
from dsqc.sketch.presence import TaxonShare, recall_of, taxon_share
from dsqc.sketch.words import ReadSketch, WordCounter

__all__ = [
    "ENVIRONMENT_VARIABLE",
    "NONE",
    "Composition",
    "Expected",
    "Genome",
    "Intact",
    "Panel",
    "ReadFinder",
    "ReadSketch",
    "Share",
    "TaxonShare",
    "WordCounter",
    "check_panel",
    "choose_panel",
    "compose",
    "intact_words",
    "open_panel",
    "recall_of",
    "taxon_share",
    "words_in",
    "write_panel",
]
