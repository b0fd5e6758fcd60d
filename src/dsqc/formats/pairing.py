"""Mates: two files read in step, every name compared; names that do not stand beside their mate are looked for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import Finding, FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.names_mates import MateSets
from dsqc.formats.source import ReadSource
from dsqc.formats.texts import fill, tell
from dsqc.kernels import names as k

_KEPT = 20
_PLACES_SHOWN = 3
"""Pairs of strangers shown where the whole sets of names have been compared, which says more."""
_REMARKS = {k.SAME_MATE: texts.SAME_MATE, k.SWAPPED: texts.SWAPPED}


class MateCheck:
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

    @property
    def counts(self) -> NDArray[np.int64]:
        """Pairs by how their names relate."""
        return self._counts

    @property
    def found(self) -> list[Finding]:
        """The first pairs that do not match."""
        return self._found

    def take(self, counts: list[int], found: list[Finding]) -> None:
        """Take over what was found in the part of the file that follows."""
        self._counts += np.array(counts, np.int64)
        self._found = [*self._found, *found][:_KEPT]

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

    def first_faults(self, most: int) -> Iterator[Finding]:
        """The first pairs that do not match."""
        yield from self._found[:most]

    def findings(self) -> Iterator[Finding]:
        """The first 20 pairs that do not match, and how many more there are."""
        yield from self._found
        rest = self.fault_count - len(self._found)
        if rest > 0:
            place = Location(path=self._name, record=self.pair_count)
            yield replace(tell("DSQC-D013", place, fill(texts.MORE_PAIRS, rest), texts.TWO_NAMES), count=rest)


def have_same_reads(first: ReadBatch, second: ReadBatch) -> bool:
    """Whether reads at the same place have the same bases and qualities, all of them."""
    return bool(
        k.same_reads(
            first.data,
            first.sequence_start,
            first.quality_start,
            first.length,
            second.data,
            second.sequence_start,
            second.quality_start,
            second.length,
        )
    )


class PairReader:
    """Reads two files of mates in step.

    Findings: DSQC-D013 where names at the same place are not those of mates (also the same mate twice, mates in
    the wrong order), DSQC-D012 for unequal counts, DSQC-F012 where both files hold the same reads. From the first
    strangers on all names are kept (:class:`MateSets`), so that what DSQC-D013 says of mates in another order, and of
    reads without a mate, is exact. Memory does not grow with the files.

    Args:
        first, second: the two sources, not yet read.
        log: receives the findings.
        folder: where temporary files go; None for TMPDIR.
        private: nothing goes there in the clear.
    """

    def __init__(
        self,
        first: ReadSource,
        second: ReadSource,
        log: FindingLog,
        *,
        folder: Path | None = None,
        private: bool = False,
    ) -> None:
        self._first = first
        self._second = second
        self._log = log
        self._check = MateCheck(first.name)
        self._sets = MateSets(folder=folder, private=private)
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
            self._keep(0, first)
            yield first, empty
            first = next(left, None)
        while second is not None:
            empty = second.part(0, 0)
            self._keep(1, second)
            yield empty, second
            second = next(right, None)
        self._conclude()

    def _compare(self, first: ReadBatch, second: ReadBatch) -> None:
        self._check.compare(first, second)
        self._keep(0, first)
        self._keep(1, second)
        self._same = self._same and have_same_reads(first, second)

    def stand_for(self, check: MateCheck, *, same: bool) -> None:
        """Take over what was found when the mates were compared in parts, none of them strangers, as if both files,
        which have been read, had been read here."""
        self._check = check
        self._same = same
        self._conclude()

    def _keep(self, side: int, batch: ReadBatch) -> None:
        """Keep names from the first strangers on: everything before them was paired, so it holds the same names."""
        if self._check.strangers:
            self._sets.add(side, batch)

    def _conclude(self) -> None:
        first, second = self._first, self._second
        place = Location(path=first.name)
        whole = not first.damaged and not second.damaged  # counts of a file not read to its end say nothing
        if not first.unproven and not second.unproven:
            # Names out of a damaged part say nothing about the order of the mates.
            self._log.extend(self._compare_sets() if whole and self._check.strangers else self._check.findings())
        self._sets.close()
        if self._same and self._check.pair_count and first.record_count == second.record_count:
            self._log.add(tell("DSQC-F012", place, fill(texts.SAME_READS, self._names), texts.TWO_MATES))
        if whole and first.record_count != second.record_count:
            value = f"{first.record_count} | {second.record_count}"
            self._log.add(tell("DSQC-D012", place, value, texts.EQUAL_NUMBERS))

    @property
    def _names(self) -> str:
        return f"{self._first.name} | {self._second.name}"

    def _compare_sets(self) -> Iterator[Finding]:
        """DSQC-D013 where reads and their mates do not stand at the same places: what holds of the files as a whole,
        reads without a mate, and the first places."""
        found = self._sets.compare()
        place = Location(path=self._first.name)
        one, two = found.lone
        if one.count or two.count:
            value = fill(texts.SETS_DIFFER, self._names, one.count, two.count)
            yield tell("DSQC-D013", place, value, texts.WITH_MATE)
        else:
            yield tell("DSQC-D013", place, fill(texts.OTHER_ORDER, self._names), texts.ONE_ORDER)
        if found.swapped:
            yield tell("DSQC-D013", place, fill(texts.SWAPPED_FILES, self._names, found.swapped), texts.TWO_NAMES)
        yield from self._check.first_faults(_PLACES_SHOWN)
        for lone, own, other in ((one, self._first, self._second), (two, self._second, self._first)):
            for number, (record, name) in enumerate(lone.first):
                value = fill(texts.NO_MATE_IN, name, other.name)
                item = tell("DSQC-D013", Location(path=own.name, record=record), value, texts.WITH_MATE)
                rest = lone.count - len(lone.first) if number == len(lone.first) - 1 else 0
                yield replace(item, count=1 + rest)
