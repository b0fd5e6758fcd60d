"""What may be said about cells of a column."""

from dataclasses import dataclass
from enum import StrEnum

from dsqc.findings import Suggestion
from dsqc.language import Text


class RemarkKind(StrEnum):
    """What is remarkable. The rules give most of them a code; the others only stand in the profile."""

    SPELLING = "spelling"
    OUTLIER = "outlier"
    SHIFTED = "shifted"
    UNITS = "units"
    KINDS = "kinds"
    ZEROS = "zeros"
    CUT_OFF = "cut_off"
    DATE_ORDER = "date_order"
    COUNTING = "counting"
    LENGTH = "length"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on the cells of a column that hold one value.

    Attributes:
        kind: what is remarkable.
        rows: the rows of these cells, as a spreadsheet counts them.
        value: what stands in them.
        expected: what the rest of the column holds.
        suggestion: what was probably meant, where that can be told.
    """

    kind: RemarkKind
    rows: tuple[int, ...]
    value: str
    expected: Text
    suggestion: Suggestion | None = None
