"""Names that stand twice in one file, and whether its reads stand in pairs: exact, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import KEPT_PER_GROUP, Finding, Location
from dsqc.formats import texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.names_spill import WORD_BYTES, Spill
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.kernels import duplicates as d
from dsqc.kernels import names as k
from dsqc.language import Text
from dsqc.registry import Severity

SMALL_RUN = 1 << 15
LARGE_RUN = 1 << 21
"""Names sorted into partitions at once: 512 KiB at first, which leave the cache to others. Where runs go to disk they
grow with what is there, to 32 MB, so that each part read back is a long one."""
_RUNS_EACH = 8
"""A run that goes to disk holds at least half of this part of the names."""
MEMORY = 1 << 26
"""Bytes of names kept in memory (4 million names); beyond, all go to a temporary file."""
RARE = 10_000
"""Up to one repeated name in so many reads is a warning: the file was neither appended to itself nor mixed with mates,
and such files are in the archives."""
_TOGETHER = 1 << 16  # names compared at once: their table fits into the processor's second cache
_NO_FLAGS = np.zeros(0, np.int32)

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Place = tuple[int, str]
"""A record, and the name that stands there."""
_Value = tuple[int, Phrase]


class StoredWords(Protocol):
    """A column of names in the file of a part."""

    def words(self, first: int, last: int) -> Words:
        """Words ``first`` to ``last`` (not included)."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """Names of consecutive records, in partitions by their hash; in memory, or at two places of the spill file."""

    record: int
    bounds: Ints
    keys: Words | int | StoredWords
    seconds: Words | int | StoredWords


class Repeats:
    """The first repeated names by record, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[tuple[int, int]] = []  # record of the repeat, record of the name's first read

    def add(self, records: Ints, firsts: Ints) -> None:
        self.count += len(records)
        kept = np.argsort(records, kind="stable")[:KEPT_PER_GROUP]
        found = zip(records[kept].tolist(), firsts[kept].tolist(), strict=True)
        self.first = sorted([*self.first, *found])[:KEPT_PER_GROUP]

    def take(self, other: "Repeats") -> None:
        """Add what was found in another part of the file."""
        self.count += other.count
        self.first = sorted([*self.first, *other.first])[:KEPT_PER_GROUP]

    def resolved(self) -> list[tuple[int, int]]:
        """The first repeats, each with the first read of its name in the file.

        Names are compared run by run before they are compared across runs, so what a repeat repeats may itself have
        been found to be one. It stands before, so it is among the first too.
        """
        earlier = dict(self.first)
        found = []
        for record, name in self.first:
            first = name
            while first in earlier:
                first = earlier[first]
            found.append((record, first))
        return found


@dataclass(frozen=True, slots=True)
class NamesPart:
    """What the check of one part of a file noted.

    Attributes:
        runs: names in partitions.
        state, last, counts, places: as :class:`NameCheck` keeps them; the last name's hash, text and record.
        repeats: found inside of runs.
        reads: that were looked at.
        aligned: they are records of alignments.
    """

    runs: list[Run]
    state: list[int]
    last: tuple[list[int], str, int]
    counts: list[int]
    places: list[list[Place]]
    repeats: Repeats
    reads: int
    aligned: bool = False


class NameCheck:
    """Looks at every name of one file: DSQC-D010 for a name that stands twice, DSQC-D013 where an interleaved file
    leaves its pairs.

    Of FASTQ the name is what stands before the first blank; two reads in a row may share it in a file that holds its
    pairs interleaved. Up to one repeat in 10,000 reads is a warning. Of alignments the primary records count, and the
    two mates of a pair are two; repeats are a warning: the SAM specification (1.4) wants one primary record a read,
    yet aligners have written several. Names are compared by 106 bits of hash: two different ones are taken for one
    with a chance of 1 in 10**13 among a billion.

    Memory: up to 64 MB of hashes (16 bytes a name), then a temporary file of 16 bytes a name.

    Args:
        name: the file's name, for findings.
        folder: where temporary files go; None for TMPDIR.
        private: nothing goes there in the clear.
        memory: bytes of names kept in memory.
        run: names sorted at once; for tests.
    """

    def __init__(
        self,
        name: str,
        *,
        folder: Path | None = None,
        private: bool = False,
        memory: int = MEMORY,
        run: int = SMALL_RUN,
    ) -> None:
        self._name = name
        self._memory = memory
        self._size = run
        self._keys = np.empty(run, np.uint64)
        self._seconds = np.empty(run, np.uint64)
        self._parts: tuple[Words, Words] | None = None  # where large runs are sorted to, one after the other
        self._record = 1
        self._runs: list[Run] = []
        self._kept = 0
        self._spill = Spill(folder, private=private)
        self._spilled = False
        self._state = np.zeros(k.STATE, np.int64)
        self._last = np.zeros(2, np.uint64)
        self._last_name = ""
        self._last_record = 0
        self._counts = np.zeros(k.KINDS, np.int64)
        self._places = np.zeros((k.KINDS, k.PLACES, 2), np.int64)
        self._named: list[list[Place]] = [[] for _ in range(k.KINDS)]
        self._repeats = Repeats()
        self._reads = 0
        self._aligned = False

    def add(self, batch: ReadBatch) -> None:
        """Look at the names of the next records of the file, as stored."""
        start = 0
        while start < len(batch):
            first = batch.first_record + start
            stored = int(self._state[k.STORED])
            if not stored:
                self._record = first
            room = min(self._size - stored, k.INDEX_MASK - (first - self._record))
            if room <= 0:
                self._end_run()
                continue
            stop = min(len(batch), start + room)
            self._note(batch.part(start, stop))
            start = stop

    def _note(self, batch: ReadBatch) -> None:
        k.note_names(
            batch.data,
            np.ascontiguousarray(batch.name_start),
            np.ascontiguousarray(batch.name_end),
            _NO_FLAGS if batch.flag is None else np.ascontiguousarray(batch.flag),
            batch.first_record,
            self._record,
            self._keys,
            self._seconds,
            self._state,
            self._last,
            self._counts,
            self._places,
        )
        for kind, named in enumerate(self._named):
            for row, record in self._places[kind, len(named) : min(int(self._counts[kind]), k.PLACES)].tolist():
                named.append((record, _name(batch, row) if row >= 0 else self._last_name))
        self._last_name = _name(batch, len(batch) - 1)
        self._last_record = batch.first_record + len(batch) - 1
        self._reads += len(batch)
        self._aligned = batch.flag is not None

    def _end_run(self) -> None:
        """Sort the names of this run into partitions and put them aside."""
        stored = int(self._state[k.STORED])
        self._state[k.STORED] = 0
        run = self._parted(stored)
        if int(np.diff(run.bounds).max()) > 64 + 4 * stored // d.PARTITIONS:
            run = self._without_repeats(run)  # a name that is there very often: once a run is enough
        self._kept += WORD_BYTES * 2 * stored
        self._runs.append(run)
        if self._kept > self._memory or self._spilled:
            self._write_runs()

    def _parted(self, stored: int) -> Run:
        bounds = np.zeros(d.PARTITIONS + 1, np.int64)
        if self._parts is None:
            keys, seconds = np.empty(stored, np.uint64), np.empty(stored, np.uint64)
        else:
            keys, seconds = (column[:stored] for column in self._parts)
        d.part(self._keys[:stored], self._seconds[:stored], bounds, keys, seconds)
        return Run(self._record, bounds, keys, seconds)

    def _without_repeats(self, run: Run) -> Run:
        rows = self._compare([run], 0, d.PARTITIONS)
        keep = np.ones(int(run.bounds[-1]), np.bool_)
        keep[rows] = False
        left = np.concatenate([[0], np.cumsum(keep)])
        keys, seconds = self.words(run, run.keys), self.words(run, run.seconds)
        return Run(run.record, left[run.bounds], keys[keep], seconds[keep])

    def _write_runs(self) -> None:
        self._runs = [
            run
            if not isinstance(run.keys, np.ndarray)
            else replace(run, keys=self._put(run.keys), seconds=self._put(run.seconds))
            for run in self._runs
        ]
        self._spilled = True
        names = self._kept // (2 * WORD_BYTES)
        size = min(LARGE_RUN, 1 << (names // _RUNS_EACH).bit_length() >> 1)
        if self._size >= SMALL_RUN and size > self._size:
            self._size = size
            self._keys, self._seconds = np.empty(size, np.uint64), np.empty(size, np.uint64)
            self._parts = np.empty(size, np.uint64), np.empty(size, np.uint64)

    def _put(self, column: Words | int | StoredWords) -> int | StoredWords:
        return self._spill.append(column) if isinstance(column, np.ndarray) else column

    def words(self, run: Run, column: Words | int | StoredWords, first: int = 0, last: int = d.PARTITIONS) -> Words:
        """Part of a column of ``run``: partitions ``first`` to ``last`` (not included)."""
        start, stop = int(run.bounds[first]), int(run.bounds[last])
        if isinstance(column, np.ndarray):
            return column[start:stop]
        return self._spill.words(column, start, stop) if isinstance(column, int) else column.words(start, stop)

    def _compare(self, runs: list[Run], first: int, last: int) -> Ints:
        """Find the repeats among partitions ``first`` to ``last`` of ``runs``; their rows in these together."""
        keys = np.concatenate([self.words(run, run.keys, first, last) for run in runs])
        table = np.empty(1 << max(2 * len(keys) - 1, 1).bit_length(), np.int32)
        rows = np.empty((len(keys), 2), np.int64)
        found = d.find_repeats(keys, table, rows)
        if not found:
            return np.zeros(0, np.int64)
        rows = np.unique(rows[:found])
        seconds = np.concatenate([self.words(run, run.seconds, first, last) for run in runs])[rows]
        sizes = [int(run.bounds[last] - run.bounds[first]) for run in runs]
        starts = np.repeat([run.record for run in runs], sizes)[rows]
        records = starts + (keys[rows] & np.uint64(k.INDEX_MASK)).astype(np.int64)
        hashes = keys[rows] >> k.INDEX_BITS
        order = np.lexsort((records, seconds, hashes))
        new = np.ones(len(order), np.bool_)
        new[1:] = (np.diff(hashes[order]) != 0) | (np.diff(seconds[order]) != 0)
        firsts = records[order][new][np.cumsum(new) - 1]
        self._repeats.add(records[order][~new], firsts[~new])
        return np.asarray(rows[order][~new])

    def _finish(self) -> None:
        """Compare the names of all runs with each other."""
        stored = int(self._state[k.STORED])
        if stored:
            self._state[k.STORED] = 0
            self._runs.append(self._parted(stored))
        sizes = np.zeros(d.PARTITIONS, np.int64)
        for run in self._runs:
            sizes += np.diff(run.bounds)
        first = 0
        while first < d.PARTITIONS and self._runs:
            last, size = first + 1, int(sizes[first])
            while last < d.PARTITIONS and size + int(sizes[last]) <= _TOGETHER:
                size += int(sizes[last])
                last += 1
            self._compare(self._runs, first, last)
            first = last
        self._runs = []
        self._spill.close()
        if self._state[k.HAS_LAST] and not self._state[k.LAST_PAIRED]:
            if self._counts[k.LONE] < KEPT_PER_GROUP:
                self._named[k.LONE].append((self._last_record, self._last_name))
            self._counts[k.LONE] += 1
            self._state[k.LAST_PAIRED] = 1

    @property
    def pair_count(self) -> int:
        """Reads that stand directly behind their mate."""
        return int(self._state[k.PAIRS])

    @property
    def is_interleaved(self) -> bool:
        """Whether the file holds pairs, mate beside mate: at least two, and more than half of its reads."""
        return self.pair_count > 1 and 4 * self.pair_count > self._reads

    def findings(self) -> Iterator[Finding]:
        """What the names show, once all have been added; to be asked for once."""
        self._finish()
        kinds = [k.REPEATS]
        if self.is_interleaved:
            yield from self._tell("DSQC-D013", *self._places_of(k.LONE, texts.NO_MATE_BESIDE), texts.MATE_BESIDE)
            yield from self._tell("DSQC-D013", *self._places_of(k.TURNED, texts.SWAPPED), texts.MATE_BESIDE)
        else:
            kinds.append(k.TWINS)
        found: list[_Value] = [
            (record, fill(texts.NAME_OF_RECORD, first)) for record, first in self._repeats.resolved()
        ]
        count = self._repeats.count
        for kind in kinds:
            places, number = self._places_of(kind, texts.THE_NAME)
            found += places
            count += number
        found.sort(key=lambda item: item[0])
        mild = Severity.WARNING if self._aligned or count * RARE <= self._reads else None
        yield from self._tell("DSQC-D010", found[:KEPT_PER_GROUP], count, texts.EVERY_NAME_ONCE, mild)

    def part(self) -> "NamesPart":
        """What was noted, for the check of the whole file; nothing is to be added after that."""
        if self._state[k.STORED]:
            self._end_run()
        places = [list(named) for named in self._named]
        last = (self._last.tolist(), self._last_name, self._last_record)
        state = self._state.tolist()
        counts = self._counts.tolist()
        return NamesPart(self._runs, state, last, counts, places, self._repeats, self._reads, self._aligned)

    def follow(self, other: "NamesPart") -> None:
        """Take over what the check of a following part noted, whose first name is not that of the last read here."""
        if self._state[k.STORED]:
            self._end_run()
        if self._state[k.HAS_LAST] and not self._state[k.LAST_PAIRED]:
            if self._counts[k.LONE] < k.PLACES:
                self._named[k.LONE].append((self._last_record, self._last_name))
            self._counts[k.LONE] += 1
        pairs = int(self._state[k.PAIRS])
        self._state[:] = other.state
        self._state[k.PAIRS] += pairs
        self._last[:] = np.array(other.last[0], np.uint64)
        _, self._last_name, self._last_record = other.last
        self._counts += np.array(other.counts, np.int64)
        for kind, (mine, others) in enumerate(zip(self._named, other.places, strict=True)):
            self._named[kind] = [*mine, *others][: k.PLACES]
        self._runs += other.runs
        self._repeats.take(other.repeats)
        self._reads += other.reads
        self._aligned = self._aligned or other.aligned

    def _places_of(self, kind: int, text: Text) -> tuple[list[_Value], int]:
        """The first places of a kind, and how many there are."""
        return [(record, fill(text, name)) for record, name in self._named[kind]], int(self._counts[kind])

    def _tell(
        self, code: str, found: list[_Value], count: int, expected: Phrase, severity: Severity | None = None
    ) -> Iterator[Finding]:
        """The first places, the last of which stands for all that follow."""
        for number, (record, value) in enumerate(found):
            place = Location(path=self._name, record=record)
            rest = count - len(found) if number == len(found) - 1 else 0
            yield replace(tell(code, place, value, expected, severity=severity), count=1 + rest)


def _name(batch: ReadBatch, row: int) -> str:
    """A read's name, without its comment."""
    parts = batch.name(row).replace("\t", " ").split(" ", 1)
    return parts[0]
