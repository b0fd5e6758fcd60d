"""Which number a quality character stands for: the offset, told by all qualities of a file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import Finding, Location, finding


@dataclass(frozen=True, slots=True)
class QualityEncoding:
    """How qualities are written.

    Attributes:
        offset: 33 or 64.
        name: ``Phred+33``, ``Phred+64`` or ``Solexa+64`` (whose scores begin at -5).
        certain: whether the characters leave no other reading; Phred+33 is taken where they do.
    """

    offset: int
    name: str
    certain: bool


PHRED_33 = QualityEncoding(33, "Phred+33", certain=True)
PHRED_64 = QualityEncoding(64, "Phred+64", certain=True)
SOLEXA_64 = QualityEncoding(64, "Solexa+64", certain=True)


def tell_quality_encoding(histogram: NDArray[np.int64]) -> QualityEncoding | None:
    """Tell the encoding by how often each character occurs (rule DSQC-D007, after ENA's read_docs).

    A character below ``;`` (59) exists in Phred+33 only. Above, qualities are Phred+64 where something exceeds ``J``
    (74, Phred+33's usual best), Solexa+64 where the least is below ``@`` (64). What fits in 59 to 74 altogether (a file
    of ``I`` only) fits all three; it is taken for Phred+33, of which it is good data, and not for Phred+64, of which it
    would be the worst.

    Args:
        histogram: 256 counts.

    Returns:
        None where there are no qualities.
    """
    present = np.flatnonzero(histogram)
    if not len(present):
        return None
    least, most = int(present[0]), int(present[-1])
    if least < 59:
        return PHRED_33
    if most <= 74:
        return QualityEncoding(33, "Phred+33", certain=False)
    return PHRED_64 if least >= 64 else SOLEXA_64


def check_quality_offset(histogram: NDArray[np.int64], name: str, declared: int = 33) -> Finding | None:
    """DSQC-D007 where the qualities do not have the ``declared`` offset; None where they do or may.

    Args:
        histogram: 256 counts of quality characters.
        name: the file's name.
        declared: the offset that the submission states; 33 where it states none.
    """
    encoding = tell_quality_encoding(histogram)
    if encoding is None or encoding.offset == declared or not encoding.certain:
        return None
    present = np.flatnonzero(histogram)
    value = f"{encoding.name} (characters {chr(present[0])} to {chr(present[-1])})"
    return finding("DSQC-D007", Location(path=name), object_id=name, value=value, expected=f"offset {declared}")
