"""All collectors of one data file behind one door: ``add``, ``merge``, and the finished values and tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.formats.batch import ReadBatch
from dsqc.metrics import state
from dsqc.metrics.adapters import AdapterCollector
from dsqc.metrics.alignment import AlignmentCollector
from dsqc.metrics.alignment_coverage import CoverageCollector
from dsqc.metrics.alignment_depth import DepthWindow
from dsqc.metrics.alignment_gc import GcBiasCollector
from dsqc.metrics.batch import check_batch, sequenced_reads
from dsqc.metrics.collector import Collector, Encoding, Facts, MetricRow, Reads, Table, Value
from dsqc.metrics.content import ContentCollector
from dsqc.metrics.duplication import DuplicationCollector
from dsqc.metrics.encoding import SANGER, decide_encoding
from dsqc.metrics.gc_model import GcModelCollector
from dsqc.metrics.identity import IdentityCollector
from dsqc.metrics.instrument import InstrumentCollector
from dsqc.metrics.kmers import KmerCollector
from dsqc.metrics.length import LengthCollector, length_table, n50
from dsqc.metrics.library import LibraryCollector
from dsqc.metrics.long_reads import LongReadCollector
from dsqc.metrics.nanopore import NanoporeCollector
from dsqc.metrics.organisms import OrganismCollector
from dsqc.metrics.placements import PlacementCollector
from dsqc.metrics.position_rows import content_rows, quality_rows
from dsqc.metrics.positions import row_limits
from dsqc.metrics.quality import QualityCollector
from dsqc.metrics.tables import base_content, quality_by_position
from dsqc.metrics.tiles import TileCollector
from dsqc.metrics.two_colour import TwoColourCollector
from dsqc.sketch.panel import Panel

READ_COLLECTORS: tuple[type[Collector], ...] = (
    TileCollector,
    GcModelCollector,
    DuplicationCollector,
    AdapterCollector,
    KmerCollector,
    TwoColourCollector,
    LongReadCollector,
    NanoporeCollector,
    InstrumentCollector,
    OrganismCollector,
    LibraryCollector,
)
"""What every data file is measured with, beside lengths, bases and qualities by position."""
ALIGNMENT_COLLECTORS: tuple[type[Collector], ...] = (
    AlignmentCollector,
    CoverageCollector,
    GcBiasCollector,
    IdentityCollector,
    PlacementCollector,
)
"""What alignments are measured with besides."""
INSPECTING: tuple[type[Collector], ...] = (AlignmentCollector, PlacementCollector)
"""Of these, what the thread that parses a file does, so that both threads have about as much to do: collectors that see
each record as stored, and nothing else."""


SETTLED_READS = 20_000
"""Reads after which nothing goes by the first reads of a file any more, but for what collectors say themselves."""


class ReadMetrics:
    """Measures the reads of one data file, batch by batch.

    Everything collected is a whole number, so parts merge exactly and in any order.

    Args:
        aligned: the file is BAM, CRAM or SAM: records are counted by flag, reads are its primary records, and the
            quality offset is 33 by specification.
        declared_offset: the quality offset that the run's form declares.
        panel: genomes that organisms are told by; None for none.

    Attributes:
        header: header lines by type, once an alignment file has been opened (``ReadSource.header``).
    """

    def __init__(
        self, *, aligned: bool = False, declared_offset: int | None = None, panel: Panel | None = None
    ) -> None:
        self.panel = panel
        self.header: Mapping[str, Any] = {}
        self._next_read = 1  # its number among the reads of the file
        self._aligned = aligned
        self._declared_offset = declared_offset
        chosen = READ_COLLECTORS + (ALIGNMENT_COLLECTORS if aligned else ())
        self._collectors: list[Collector] = [collector() for collector in chosen]
        self._inspected: tuple[type[Collector], ...] = ()
        self._length = LengthCollector()
        self._content = ContentCollector()
        self._quality = QualityCollector()

    def inspector(self) -> Callable[[ReadBatch], None]:
        """A function that measures of alignments what needs the records alone, to be called with each batch before
        :meth:`add`, which from now on leaves that out; another thread may call it, some batches ahead."""
        self._inspected = INSPECTING
        chosen = [collector for collector in self._collectors if isinstance(collector, INSPECTING)]

        def inspect(batch: ReadBatch) -> None:
            if batch.flag is not None:
                for collector in chosen:
                    collector.add_records(batch)

        return inspect

    def add(self, batch: ReadBatch) -> Reads:
        """Measure one batch, whose buffer may be changed (see ``sequenced_reads``); the reads that were measured."""
        if batch.flag is not None:
            for collector in self._collectors:
                if not isinstance(collector, self._inspected):
                    collector.add_records(batch)
        sequenced = replace(sequenced_reads(batch), first_record=self._next_read)
        self._next_read += len(sequenced)
        reads = Reads(sequenced, check_batch(sequenced))
        self._length.add(reads.batch)
        self._content.add(reads.batch, reads.longest)
        self._quality.add(reads.batch, reads.longest)
        for collector in self._collectors:
            collector.add(reads)
        return reads

    def merge(self, other: "ReadMetrics") -> None:
        """Add everything that ``other`` measured."""
        self._next_read = max(self._next_read, other._next_read)
        self._length.merge(other._length)
        self._content.merge(other._content)
        self._quality.merge(other._quality)
        for collector, added in zip(self._collectors, other._collectors, strict=True):
            collector.merge(added)

    def continuation(self) -> "ReadMetrics":
        """Empty metrics for the part of the file that follows: merged in the order of the file, all is as in one."""
        following = ReadMetrics(aligned=self._aligned, declared_offset=self._declared_offset, panel=self.panel)
        following._collectors = [collector.continuation() for collector in self._collectors]
        following._next_read = self._next_read
        return following

    @property
    def is_settled(self) -> bool:
        """Whether parts that follow can be measured by :meth:`part_behind`, whatever stands between."""
        return self._next_read > SETTLED_READS and all(collector.is_settled for collector in self._collectors)

    def settle(self, batch: ReadBatch) -> None:
        """As :meth:`add`, of metrics that only :meth:`part_behind` will be asked of: what is settled need not count."""
        if self._next_read <= SETTLED_READS:
            self.add(batch)
            return
        sequenced = replace(sequenced_reads(batch), first_record=self._next_read)
        self._next_read += len(sequenced)
        reads = Reads(sequenced, check_batch(sequenced))
        for collector in self._collectors:
            if not collector.is_settled:
                collector.add(reads)

    def part_behind(self, reads: int, longest: int) -> "ReadMetrics":
        """As :meth:`continuation`, for a part that begins later. These metrics are settled, or end where it begins.

        Args:
            reads: of the file in front of the part.
            longest: bases of the longest of them.
        """
        following = self.continuation()
        following._next_read = reads + 1
        for collector in following._collectors:
            collector.begin_behind(reads, longest)
        return following

    def begin_in(self, window: DepthWindow, lengths: Sequence[int]) -> None:
        """Tell the metrics of a part of an alignment file what all in front of it leaves open of the depth.

        Args:
            lengths: of the references.
        """
        for collector in self._collectors:
            if isinstance(collector, CoverageCollector):
                collector.begin_in(window, lengths)

    def follows_exactly(self, other: "ReadMetrics") -> bool:
        """Whether :meth:`merge` of the part that follows is exact (see ``Collector``)."""
        pairs = zip(self._collectors, other._collectors, strict=True)
        return all(collector.follows_exactly(added) for collector, added in pairs)

    def dump(self, arrays: list[NDArray[Any]]) -> Any:
        """Everything collected as JSON; arrays go to ``arrays``. See :mod:`dsqc.metrics.state`."""
        return [self._next_read, *(state.dump(held, arrays) for held in self._held)]

    def fill(self, dumped: Any, arrays: state.ReadArray) -> None:
        """Take over what :meth:`dump` of metrics of the same kind of file gave; these are empty.

        Raises:
            ValueError: it is not that of such metrics.
        """
        self._next_read = dumped[0]
        for held, item in zip(self._held, dumped[1:], strict=True):
            state.fill(held, item, arrays)

    @property
    def _held(self) -> list[object]:
        return [*self._collectors, self._length, self._content, self._quality]

    @property
    def facts(self) -> Facts:
        """What is known of the file so far."""
        lengths, reads = self._length.counts()
        return Facts(
            read_count=int(reads.sum()),
            base_count=int((lengths * reads).sum()),
            lengths=lengths,
            reads=reads,
            encoding=self.encoding,
            aligned=self._aligned,
            header=self.header,
            characters=self._quality.characters,
            panel=self.panel,
        )

    @property
    def encoding(self) -> Encoding | None:
        """The encoding of the qualities; None where there are none."""
        characters = self._quality.characters
        if self._aligned:
            return SANGER if characters.any() else None
        return decide_encoding(characters, self._declared_offset)

    def values(self) -> dict[str, Value]:
        """Metric id -> value; None where the file gives no ground for a value (see ``dsqc.metrics.catalogue``)."""
        lengths, reads = self._length.counts()
        read_count, base_count = int(reads.sum()), int((lengths * reads).sum())
        a, c, g, t = (int(number) for number in self._content.table.sum(axis=1))
        called = a + c + g + t
        values: dict[str, Value] = {
            "read_count": read_count,
            "base_count": base_count,
            "length_min": int(lengths[0]) if read_count else None,
            "length_max": int(lengths[-1]) if read_count else None,
            "length_mean": base_count / read_count if read_count else None,
            "length_n50": n50(lengths, reads),
            "gc_fraction": (g + c) / called if called else None,
            "n_fraction": (base_count - called) / base_count if base_count else None,
        }
        values |= self._quality_values()
        facts = self.facts
        for collector in self._collectors:
            values |= collector.values(facts)
        return values

    def tables(self) -> dict[str, Table]:
        """The tables of ``<stem>.dsqc.json``; positions are grouped as FastQC groups them."""
        lengths, reads = self._length.counts()
        encoding = self.encoding or SANGER
        tables: dict[str, Table] = {
            "quality_by_position": quality_by_position(
                self._quality_rows(), encoding.offset, self._reads_at_least(lengths, reads)
            ),
            "base_content": base_content(self._content.table, lengths, reads),
            "gc_content": {"gc_percent": list(range(101)), "reads": self._content.gc_reads.tolist()},
            "read_length": {**length_table(lengths, reads)},
            "read_quality": self._read_quality(encoding.offset),
        }
        facts = self.facts
        for collector in self._collectors:
            tables |= collector.tables(facts)
        return tables

    def rows(self) -> Iterator[MetricRow]:
        """Everything at full resolution, for ``metrics.parquet``: a row a metric and position (and key)."""
        for metric, value in self.values().items():
            if isinstance(value, int | float):
                yield metric, None, None, "", float(value)
        lengths, reads = self._length.counts()
        encoding = self.encoding or SANGER
        yield from quality_rows(self._quality_rows(), encoding.offset)
        yield from content_rows(self._content.table, lengths, reads)
        for percent, count in enumerate(self._content.gc_reads.tolist()):
            yield "reads_by_gc_percent", None, None, str(percent), float(count)
        for length, count in zip(lengths.tolist(), reads.tolist(), strict=True):
            yield "reads_by_length", None, None, str(length), float(count)
        for character in np.flatnonzero(self._quality.mean_reads).tolist():
            number = float(self._quality.mean_reads[character])
            yield "reads_by_mean_phred", None, None, str(character - encoding.offset), number
        facts = self.facts
        for collector in self._collectors:
            yield from collector.rows(facts)

    def _quality_values(self) -> dict[str, Value]:
        encoding = self.encoding
        values: dict[str, Value] = dict.fromkeys(
            ("mean_phred", "frac_bases_q20", "frac_bases_q30", "frac_reads_q30", "mean_read_phred_mode")
        )
        values["quality_offset"] = encoding.offset if encoding else None
        values["quality_encoding"] = encoding.name if encoding else None
        if encoding:
            phred = np.arange(256) - encoding.offset
            bases, reads = self._quality.characters, self._quality.mean_reads
            base_count, read_count = int(bases.sum()), int(reads.sum())
            values["mean_phred"] = int(bases @ phred) / base_count
            values["frac_bases_q20"] = int(bases[phred >= 20].sum()) / base_count
            values["frac_bases_q30"] = int(bases[phred >= 30].sum()) / base_count
            values["frac_reads_q30"] = int(reads[phred >= 30].sum()) / read_count
            values["mean_read_phred_mode"] = int(phred[np.argmax(reads)])
        return values

    def _quality_rows(self) -> NDArray[np.int64]:
        """The quality table up to the last row that holds something."""
        table = self._quality.table
        used = np.flatnonzero(table.any(axis=1))
        return table[: int(used[-1]) + 1] if len(used) else table[:0]

    def _reads_at_least(self, lengths: NDArray[np.int64], reads: NDArray[np.int64]) -> NDArray[np.int64]:
        """Entry n: reads of n bases or more, up to the longest read that fits the quality table's rows."""
        rows = len(self._quality_rows())
        if not rows:
            return np.zeros(1, dtype=np.int64)
        longest = min(int(lengths[-1]), int(row_limits(rows)[1][-1]))
        at_least = np.cumsum(reads[::-1])[::-1]
        # The number falls behind each length that reads have: no position is looked up, of which there may be millions.
        return np.repeat(at_least, np.diff(np.minimum(lengths, longest), prepend=-1))

    def _read_quality(self, offset: int) -> Table:
        seen = np.flatnonzero(self._quality.mean_reads)
        if not len(seen):
            return {"mean_phred": [], "reads": []}
        low, high = int(seen[0]), int(seen[-1])
        return {
            "mean_phred": list(range(low - offset, high + 1 - offset)),
            "reads": self._quality.mean_reads[low : high + 1].tolist(),
        }
