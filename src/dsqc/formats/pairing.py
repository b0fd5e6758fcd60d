"""Mates: two files read in step, or one that holds both; every name compared, in constant memory."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dsqc.findings import Finding, FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.source import ReadSource
from dsqc.formats.texts import fill, tell
from dsqc.kernels import names as k

_KEPT = 20
_REMARKS = {k.SAME_MATE: texts.SAME_MATE, k.SWAPPED: texts.SWAPPED}


class _MateCheck:
    """Compares names of mates and remembers what the findings need."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counts = np.zeros(4, np.int64)
        self._places = np.zeros((k.PLACES, 2), np.int64)
        self._found: list[Finding] = []

    @property
    def pair_count(self) -> int:
        """Pairs compared."""
        return int(self._counts.sum())

    @property
    def fault_count(self) -> int:
        """Pairs that were no mates in their order."""
        return self.pair_count - int(self._counts[k.MATES])

    @property
    def strangers(self) -> int:
        """Pairs whose names differ."""
        return int(self._counts[k.STRANGERS])

    def compare(self, first: ReadBatch, second: ReadBatch) -> None:
        """Compare row by row; remember the first 20 pairs that do not match."""
        found = k.compare_mates(
            first.data,
            first.name_start,
            first.name_end,
            second.data,
            second.name_start,
            second.name_end,
            self._counts,
            self._places,
        )
        for number in range(min(found, k.PLACES, _KEPT - len(self._found))):
            row, relation = (int(value) for value in self._places[number])
            place = Location(path=self._name, record=first.first_record + row)
            names = f"{first.name(row)} | {second.name(row)}"
            value = fill(_REMARKS[relation], names) if relation in _REMARKS else names
            self._found.append(tell("DSQC-D013", place, value, texts.TWO_NAMES))

    def findings(self) -> Iterator[Finding]:
        """The first 20 pairs that do not match, and how many more there are."""
        yield from self._found
        rest = self.fault_count - len(self._found)
        if rest > 0:
            place = Location(path=self._name, record=self.pair_count)
            yield replace(tell("DSQC-D013", place, fill(texts.MORE_PAIRS, rest), texts.TWO_NAMES), count=rest)


class PairReader:
    """Reads two files of mates in step.

    Findings: DSQC-D013 where names at the same place are not those of mates (also the same mate twice, mates in
    the wrong order), DSQC-D012 for unequal counts, DSQC-F012 where both files hold the same reads. Memory does not
    grow with the files.

    Args:
        first, second: the two sources, not yet read.
        log: receives the findings.
    """

    def __init__(self, first: ReadSource, second: ReadSource, log: FindingLog) -> None:
        self._first = first
        self._second = second
        self._log = log
        self._check = _MateCheck(first.name)
        self._sums = np.zeros((2, k.SUMS), np.uint64)
        self._same = True

    @property
    def pair_count(self) -> int:
        """Pairs read so far."""
        return self._check.pair_count

    def batches(self) -> Iterator[tuple[ReadBatch, ReadBatch]]:
        """Pairs of batches: row i of one is the mate of row i of the other. Where one file ends early, the rest of the
        other comes with an empty mate. Each pair is valid until the next is asked for."""
        left, right = self._first.batches(), self._second.batches()
        first, second = next(left, None), next(right, None)
        while first is not None and second is not None:
            size = min(len(first), len(second))
            mates = first.part(0, size), second.part(0, size)
            self._compare(*mates)
            yield mates
            first, second = first.part(size, len(first)), second.part(size, len(second))
            if not len(first):
                first = next(left, None)
            if not len(second):
                second = next(right, None)
        empty: ReadBatch
        while first is not None:
            empty = first.part(0, 0)
            self._sum(0, first)
            yield first, empty
            first = next(left, None)
        while second is not None:
            empty = second.part(0, 0)
            self._sum(1, second)
            yield empty, second
            second = next(right, None)
        self._conclude()

    def _compare(self, first: ReadBatch, second: ReadBatch) -> None:
        self._check.compare(first, second)
        if self._check.strangers:
            # Only from the first strangers on: everything before them was paired, so it holds the same names.
            self._sum(0, first)
            self._sum(1, second)
        self._same = self._same and k.same_reads(
            first.data,
            first.sequence_start,
            first.quality_start,
            first.length,
            second.data,
            second.sequence_start,
            second.quality_start,
            second.length,
        )

    def _sum(self, side: int, batch: ReadBatch) -> None:
        k.sum_names(batch.data, batch.name_start, batch.name_end, self._sums[side])

    def _conclude(self) -> None:
        first, second = self._first, self._second
        if not first.unproven and not second.unproven:
            # Names out of a damaged part say nothing about the order of the mates.
            self._log.extend(self._check.findings())
        names = f"{first.name} | {second.name}"
        place = Location(path=first.name)
        if self._same and self._check.pair_count and first.record_count == second.record_count:
            self._log.add(tell("DSQC-F012", place, fill(texts.SAME_READS, names), texts.TWO_MATES))
        if first.damaged or second.damaged:
            return  # counts of a file that was not read to its end say nothing
        if first.record_count != second.record_count:
            value = f"{first.record_count} | {second.record_count}"
            self._log.add(tell("DSQC-D012", place, value, texts.EQUAL_NUMBERS))
        elif self._check.strangers and self._holds_same_names():
            self._log.add(tell("DSQC-D013", place, fill(texts.OTHER_ORDER, names), texts.ONE_ORDER))

    def _holds_same_names(self) -> bool:
        whole, stem = (slice(row, row + 2) for row in (k.WHOLE, k.STEM))
        one, two = self._sums
        return bool((one[whole] == two[whole]).all() or (one[stem] == two[stem]).all())


def _every_other(batch: ReadBatch, start: int, count: int) -> ReadBatch:
    """``count`` reads of ``batch``: start, start + 2, ...; record numbers are those of the first only."""
    rows = slice(start, start + 2 * count, 2)
    return ReadBatch(
        data=batch.data,
        name_start=np.ascontiguousarray(batch.name_start[rows]),
        name_end=np.ascontiguousarray(batch.name_end[rows]),
        sequence_start=np.ascontiguousarray(batch.sequence_start[rows]),
        quality_start=np.ascontiguousarray(batch.quality_start[rows]),
        length=np.ascontiguousarray(batch.length[rows]),
        first_record=batch.first_record + start,
    )


def is_interleaved(batch: ReadBatch) -> bool:
    """Whether the reads of ``batch``, the first of its file, stand in pairs of mates: at least two pairs, and all."""
    pairs = len(batch) // 2
    if pairs < 2:
        return False
    counts, places = np.zeros(4, np.int64), np.zeros((k.PLACES, 2), np.int64)
    first, second = _every_other(batch, 0, pairs), _every_other(batch, 1, pairs)
    faults = k.compare_mates(
        first.data, first.name_start, first.name_end, second.data, second.name_start, second.name_end, counts, places
    )
    return faults == 0
