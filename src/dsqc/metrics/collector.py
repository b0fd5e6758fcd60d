"""What every collector of metrics is: the reads it is given, the facts it may use, the shape of what it gives."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.language import Text
from dsqc.sketch.panel import Panel

Value = int | float | str | None
Column = list[int] | list[float] | list[str] | list[float | None] | list[int | None]
Table = dict[str, Column]
MetricRow = tuple[str, int | None, int | None, str, float]
"""Metric, first position, last position, key, value: a row of ``metrics.parquet``."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One documented metric.

    Attributes:
        id: key in ``<stem>.dsqc.json``, ``qc.json``, ``metrics.parquet`` and quality goals.
        name: short name for people.
        unit: unit, or ``fraction`` (0 to 1), ``count``, ``text``.
        definition: what exactly is counted, with its edge cases.
        source: whose definition it is.
        applies_to: ``reads`` (every data file), ``alignments`` (BAM, CRAM, SAM), ``pairs`` (mate files) or
            ``long_reads``.
        ga4gh: id in the GA4GH WGS quality metrics where they define the same; empty otherwise.
    """

    id: str
    name: Text
    unit: str
    definition: Text
    source: str
    applies_to: str = "reads"
    ga4gh: str = ""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How qualities are written: what is taken off a character, and what the encoding is called."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Reads:
    """One batch as collectors get it, proven to lie inside its buffer.

    Attributes:
        batch: the reads as the instrument gave them, each once: of alignments the primary records, reverse ones
            turned back. Its ``first_record`` numbers the reads so chosen, from 1 in the file, however it is cut.
        longest: length of the longest of them; 0 for an empty batch.
    """

    batch: ReadBatch
    longest: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the whole file when values and tables are made.

    Attributes:
        read_count, base_count: all reads.
        lengths, reads: int64; the lengths seen, ascending, and how many reads have each.
        encoding: of the qualities; None where there are none.
        aligned: the file is BAM, CRAM or SAM.
        header: its header lines by type (``{"SQ": [{"SN": ..., "LN": ...}], ...}``); empty for FASTQ.
        characters: int64[256]; how often each quality character occurs.
        panel: genomes that organisms are told by; None for none.
    """

    read_count: int
    base_count: int
    lengths: NDArray[np.int64]
    reads: NDArray[np.int64]
    encoding: Encoding | None
    aligned: bool = False
    header: Mapping[str, Any] = field(default_factory=dict)
    characters: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, dtype=np.int64))
    panel: Panel | None = None


class Collector(ABC):
    """Owns arrays, calls kernels, merges. What it collects are whole numbers, so that parts add up exactly.

    Adding a metric: one module with one collector, one line in ``dsqc.metrics.reads`` (see CONTRIBUTING).
    """

    METRICS: ClassVar[tuple[Metric, ...]] = ()
    """The metrics that :meth:`values` gives, in the order of reports."""

    @abstractmethod
    def add(self, reads: Reads) -> None:
        """Measure one batch; its arrays are only valid during the call."""

    @abstractmethod
    def merge(self, other: Self) -> None:
        """Add everything that ``other``, which measured the following part of the file or another file, collected."""

    def continuation(self) -> Self:
        """An empty collector for the part of the file that follows; it knows what order-dependent parts must know."""
        return type(self)()

    @property
    def is_settled(self) -> bool:
        """Whether no read that comes changes how those behind it are counted: parts behind can be measured now."""
        return True

    def begin_behind(self, reads: int, longest: int) -> None:  # noqa: B027  # most do not ask what came before
        """Tell a :meth:`continuation` what came between the reads it knows of and its own part.

        Args:
            reads: of the file in front of its part.
            longest: bases of the longest of them.
        """

    def follows_exactly(self, other: Self) -> bool:
        """Whether :meth:`merge` of ``other``, which measured the following part without having seen all that ``self``
        has, gives what one collector would have counted; where a table of bounded size ran over, it may not."""
        return True

    def add_records(self, records: ReadBatch) -> None:  # noqa: B027  # most collectors look at reads only
        """Measure one batch of alignments, all records as stored. Called before :meth:`add`, not for FASTQ."""

    def values(self, facts: Facts) -> dict[str, Value]:
        """Metric id -> value, all of :attr:`METRICS`; None where the file gives no ground for a value."""
        return {}

    def tables(self, facts: Facts) -> dict[str, Table]:
        """Tables of ``<stem>.dsqc.json`` by name."""
        return {}

    def rows(self, facts: Facts) -> Iterator[MetricRow]:
        """What goes to ``metrics.parquet`` at full resolution, beside the values."""
        return iter(())
