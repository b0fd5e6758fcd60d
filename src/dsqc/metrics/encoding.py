"""The offset of quality characters, decided from how often each occurs in the whole file."""

import numpy as np
from numpy.typing import NDArray

from dsqc.metrics.collector import Encoding

LOWEST_SOLEXA = 59
"""``;`` is Solexa's -5 with offset 64, the lowest character of any encoding with that offset."""
HIGHEST_COMMON_SANGER = 74
"""``J`` is Phred 41 with offset 33, the highest that instruments with binned or Illumina 1.8 qualities write."""
HIGHEST_ILLUMINA_64 = 105
"""``i`` is Phred 41 with offset 64; only offset 33 (PacBio's 93) goes beyond."""


SANGER = Encoding(33, "Sanger / Illumina 1.9")
SOLEXA = Encoding(64, "Solexa / Illumina 1.0")
ILLUMINA_13 = Encoding(64, "Illumina 1.3")
ILLUMINA_15 = Encoding(64, "Illumina 1.5")


def decide_encoding(characters: NDArray[np.int64], declared: int | None = None) -> Encoding | None:
    """The encoding of a file's qualities; None where it has none.

    A character below ``;`` exists with offset 33 only. Without one, characters above ``J`` mean offset 64 (Solexa where
    one is below ``@``), unless they pass ``i``, which only PacBio's Phred 93 with offset 33 does. Where both offsets
    fit, the declared one wins, else 33: every instrument since 2011 writes it. The names follow FastQC 0.12.1.

    Args:
        characters: int64[256], occurrences of each character in the file.
        declared: the offset that the run's form declares.
    """
    seen = np.flatnonzero(characters)
    if not len(seen):
        return None
    lowest, highest = int(seen[0]), int(seen[-1])
    if lowest < LOWEST_SOLEXA:
        return SANGER
    if lowest < 64:
        return SOLEXA if highest > HIGHEST_COMMON_SANGER else SANGER
    fits_64 = declared == 64 if highest <= HIGHEST_COMMON_SANGER else highest <= HIGHEST_ILLUMINA_64
    if not fits_64:
        return SANGER
    return ILLUMINA_13 if lowest == 65 else ILLUMINA_15
