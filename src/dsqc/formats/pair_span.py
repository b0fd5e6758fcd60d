"""Mates in parts: the reads of one part of a file beside their mates in the other, wherever those stand there."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from typing import Any

from dsqc.findings import Finding
from dsqc.formats.batch import ReadBatch
from dsqc.formats.fastq_span import Before, FastqSpan
from dsqc.formats.pairing import MateCheck, have_same_reads
from dsqc.formats.spans import Span, Spans

Place = tuple[Spans, Span, Before]
"""A file, a part of it, and what stands in front of the part."""


class PairSpan:
    """Compares the mates of one part.

    Args:
        first: the part, in the first file.
        second: a part of the second file that begins at the first read's mate, or before.
        records: the reads of the part: number of the first, and of the one behind the last.

    Attributes:
        check: of their names.
        same: all are the same reads.
    """

    def __init__(self, first: Place, second: Place, records: tuple[int, int]) -> None:
        self.check = MateCheck(first[0].path.name)
        self.same = True
        self._places = first, second
        self._records = records

    def compare(self, measure: Callable[[ReadBatch, ReadBatch], Any]) -> None:
        """Read both, and have all pairs measured too."""
        with ExitStack() as stack:
            left, right = (stack.enter_context(closing(self._reads(place))) for place in self._places)
            for first, second in _in_step(left, right):
                self.check.compare(first, second)
                self.same = self.same and have_same_reads(first, second)
                measure(first, second)

    def _reads(self, place: Place) -> Generator[ReadBatch, None, None]:
        spans, span, before = place
        start, stop = self._records
        with FastqSpan(spans, span, before, None) as source:
            for batch in source.batches():
                low, high = start - batch.first_record, stop - batch.first_record
                if high <= 0:
                    return
                if low < len(batch):
                    yield batch.part(max(low, 0), min(high, len(batch)))

    def to_dict(self) -> dict[str, Any]:
        """What was found, as plain data."""
        return {
            "records": list(self._records),
            "counts": self.check.counts.tolist(),
            "found": [item.to_dict() for item in self.check.found],
            "same": self.same,
        }


def joined_check(name: str, parts: list[dict[str, Any]]) -> tuple[MateCheck, bool]:
    """The check of a whole file out of what its parts found (:meth:`PairSpan.to_dict`), in order; whether all reads are
    the same."""
    check = MateCheck(name)
    for part in parts:
        check.take(part["counts"], [Finding.from_dict(item) for item in part["found"]])
    return check, all(part["same"] for part in parts)


def _in_step(left: Iterator[ReadBatch], right: Iterator[ReadBatch]) -> Iterator[tuple[ReadBatch, ReadBatch]]:
    """Batches of as many reads of one as of the other, as long as both last."""
    first, second = next(left, None), next(right, None)
    while first is not None and second is not None:
        size = min(len(first), len(second))
        yield first.part(0, size), second.part(0, size)
        first, second = first.part(size, len(first)), second.part(size, len(second))
        if not len(first):
            first = next(left, None)
        if not len(second):
            second = next(right, None)
