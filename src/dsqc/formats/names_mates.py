"""The names of two files whose mates do not stand at the same place, compared as sets: exact, in bounded memory."""

from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import zstandard
from numpy.typing import NDArray

from dsqc.findings import KEPT_PER_GROUP
from dsqc.formats.batch import ReadBatch
from dsqc.formats.names_spill import Spill
from dsqc.kernels import names as k

RUN = 1 << 17
"""Names of one file sorted into partitions at once."""
PARTITIONS = 1024
_SHIFT = np.uint64(54)
_COLUMNS = 4
_ONE, _TWO, _META, _COUNT = range(_COLUMNS)
"""Both words of the stem's hash; record and code in one; how many names of the run are this one."""
_CODE_BITS = 8
_CODES = 1 << _CODE_BITS

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lone:
    """Reads of one file without a mate in the other.

    Attributes:
        count: how many.
        first: record and name of the first 20.
    """

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the sets of names show.

    Attributes:
        lone: reads without a mate, of the first and of the second file.
        swapped: pairs whose second mate stands in the first file.
    """

    lone: tuple[Lone, Lone]
    swapped: int


class _Names:
    """The names themselves, packed, to be asked for by record."""

    def __init__(self, spill: Spill) -> None:
        self._spill = spill
        self._packer = zstandard.ZstdCompressor(level=1)
        self._chunks: list[tuple[int, int, int]] = []  # first record, offset, bytes

    def add(self, batch: ReadBatch) -> None:
        text = np.empty(int((batch.name_end - batch.name_start).sum()) + len(batch), np.uint8)
        starts, ends = np.ascontiguousarray(batch.name_start), np.ascontiguousarray(batch.name_end)
        size = k.gather_names(batch.data, starts, ends, text)
        packed = self._packer.compress(text[:size].tobytes())
        self._chunks.append((batch.first_record, self._spill.append(packed), len(packed)))

    def of(self, record: int) -> str:
        first, offset, size = max(chunk for chunk in self._chunks if chunk[0] <= record)
        text = zstandard.ZstdDecompressor().decompress(self._spill.read(offset, size))
        return text.split(b"\n")[record - first].decode("utf-8", "backslashreplace")


class _Side:
    """The hashes of one file's names, in runs of partitions in the spill file."""

    def __init__(self, spill: Spill, run: int) -> None:
        self.names = _Names(spill)
        self._spill = spill
        self._rows = np.empty((_COLUMNS, run), np.uint64)
        self._filled = 0
        self._runs: list[tuple[int, Ints]] = []
        self.sizes = np.zeros(PARTITIONS, np.int64)

    def add(self, batch: ReadBatch) -> None:
        self.names.add(batch)
        start = 0
        while start < len(batch):
            stop = min(len(batch), start + self._rows.shape[1] - self._filled)
            self._hash(batch.part(start, stop))
            start = stop
            if self._filled == self._rows.shape[1]:
                self.end_run()

    def _hash(self, batch: ReadBatch) -> None:
        rows = self._rows[:, self._filled : self._filled + len(batch)]
        codes = np.empty(len(batch), np.int64)
        starts, ends = np.ascontiguousarray(batch.name_start), np.ascontiguousarray(batch.name_end)
        k.hash_names(batch.data, starts, ends, rows[_ONE], rows[_TWO], codes)
        records = np.arange(batch.first_record, batch.first_record + len(batch))
        rows[_META] = records << _CODE_BITS | codes
        rows[_COUNT] = 1
        self._filled += len(batch)

    def end_run(self) -> None:
        """Write the run; a name that is in it more than once is written once, with its number."""
        rows = self._rows[:, : self._filled]
        self._filled = 0
        if not rows.shape[1]:
            return
        codes = rows[_META] & np.uint64(_CODES - 1)
        order = np.lexsort((rows[_META], codes, rows[_TWO], rows[_ONE]))
        rows, codes = rows[:, order], codes[order]
        new = np.ones(rows.shape[1], np.bool_)
        new[1:] = (np.diff(rows[_ONE]) != 0) | (np.diff(rows[_TWO]) != 0) | (np.diff(codes) != 0)
        starts = np.flatnonzero(new)
        rows[_COUNT, starts] = np.diff(np.append(starts, rows.shape[1])).astype(np.uint64)
        rows = np.ascontiguousarray(rows[:, starts].T)
        bounds = np.searchsorted(rows[:, _ONE] >> _SHIFT, np.arange(PARTITIONS + 1, dtype=np.uint64)).astype(np.int64)
        self._runs.append((self._spill.append(rows), bounds))
        self.sizes += np.diff(bounds)

    def partitions(self, first: int, last: int) -> Words:
        """Rows of the partitions ``first`` to ``last`` (not included), of all runs."""
        width = _COLUMNS
        parts = [
            self._spill.words(offset, width * bounds[first], width * bounds[last]) for offset, bounds in self._runs
        ]
        return np.concatenate([np.zeros(0, np.uint64), *parts]).reshape(-1, width)


class MateSets:
    """Collects the names of two files from the first strangers on, and compares them once all are there.

    Two names are mates as :func:`dsqc.kernels.names.relation` says; each name is used once. Names are told apart by
    128 bits of hash. Memory: about 30 MB, and the partition compared (files of 100 million reads: 3 MB); on disk about
    40 bytes a name.

    Args:
        folder: where the temporary file goes; None for TMPDIR.
        private: nothing goes there in the clear.
        run: names sorted at once; for tests.
    """

    def __init__(self, *, folder: Path | None = None, private: bool = False, run: int = RUN) -> None:
        self._spill = Spill(folder, private=private)
        self._sides = (_Side(self._spill, run), _Side(self._spill, run))
        self._counts = [0, 0]
        self._first: tuple[list[int], list[int]] = ([], [])
        self._swapped = 0

    def add(self, side: int, batch: ReadBatch) -> None:
        """Take the names of the next records of file ``side`` (0 or 1)."""
        self._sides[side].add(batch)

    def compare(self) -> Comparison:
        """Compare; to be called once, when all names are there."""
        for side in self._sides:
            side.end_run()
        sizes = self._sides[0].sizes + self._sides[1].sizes
        first = 0
        while first < PARTITIONS:
            last, size = first + 1, int(sizes[first])
            while last < PARTITIONS and size + int(sizes[last]) <= RUN:
                size += int(sizes[last])
                last += 1
            self._compare(self._sides[0].partitions(first, last), self._sides[1].partitions(first, last))
            first = last
        lone = [
            Lone(self._counts[side], [(record, self._sides[side].names.of(record)) for record in self._first[side]])
            for side in range(2)
        ]
        return Comparison((lone[0], lone[1]), self._swapped)

    def close(self) -> None:
        """Remove the temporary file."""
        self._spill.close()

    def _compare(self, first: Words, second: Words) -> None:
        """Match the names of one group of partitions."""
        rows = np.concatenate([first, second])
        if not len(rows):
            return
        sides = np.repeat([0, 1], [len(first), len(second)])
        order = np.lexsort((rows[:, _META], sides, rows[:, _TWO], rows[:, _ONE]))
        rows, sides = rows[order], sides[order]
        new = np.ones(len(rows), np.bool_)
        new[1:] = (np.diff(rows[:, _ONE]) != 0) | (np.diff(rows[:, _TWO]) != 0)
        starts = np.flatnonzero(new)
        sizes = np.diff(np.append(starts, len(rows)))
        records = (rows[:, _META] >> np.uint64(_CODE_BITS)).astype(np.int64)
        codes = (rows[:, _META] & np.uint64(_CODES - 1)).astype(np.int64)
        counts = rows[:, _COUNT].astype(np.int64)
        pairs = starts[sizes == 2]
        pairs = pairs[(sides[pairs] != sides[pairs + 1]) & (counts[pairs] == 1) & (counts[pairs + 1] == 1)]
        relations = _relations()[codes[pairs], codes[pairs + 1]]
        self._swapped += int((relations == k.SWAPPED).sum())
        done = pairs[(relations == k.MATES) | (relations == k.SWAPPED)]
        single = starts[sizes == 1]
        for side in range(2):
            chosen = single[sides[single] == side]
            self._lone(side, records[chosen], counts[chosen])
        rest = np.isin(starts, np.concatenate([done, single]), invert=True)
        for start, size in zip(starts[rest].tolist(), sizes[rest].tolist(), strict=True):
            part = slice(start, start + size)
            self._match(sides[part], records[part], codes[part], counts[part].copy())

    def _match(self, sides: Ints, records: Ints, codes: Ints, counts: Ints) -> None:
        """Match the names of one stem: equal ones first, then mates in their order, then swapped ones."""
        table = _relations()
        ones, twos = np.flatnonzero(sides == 0).tolist(), np.flatnonzero(sides == 1).tolist()
        for equal, wanted in ((True, k.MATES), (False, k.MATES), (False, k.SWAPPED)):
            for one, two in product(ones, twos):
                same = codes[one] // k.COMMENTS == codes[two] // k.COMMENTS
                if table[codes[one], codes[two]] == wanted and (same or not equal):
                    matched = min(int(counts[one]), int(counts[two]))
                    counts[[one, two]] -= matched
                    self._swapped += matched if wanted == k.SWAPPED else 0
        for side in range(2):
            left = (sides == side) & (counts > 0)
            self._lone(side, records[left], counts[left])

    def _lone(self, side: int, records: Ints, counts: Ints) -> None:
        self._counts[side] += int(counts.sum())
        first = self._first[side]
        first += np.sort(records)[:KEPT_PER_GROUP].tolist()
        first.sort()
        del first[KEPT_PER_GROUP:]


@cache
def _relations() -> NDArray[np.int64]:
    """Relation of two names of one stem by their codes."""
    table = np.empty((_CODES, _CODES), np.int64)
    k.relations(table)
    return table
