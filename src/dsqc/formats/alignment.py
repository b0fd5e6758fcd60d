"""What BAM, CRAM and SAM have in common: the header's findings, mates, sequences."""

from abc import abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import FindingLog, Location, finding
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header
from dsqc.formats.source import ReadSource
from dsqc.kernels import bam as k
from dsqc.model import FileFormat

_FAULTS = {
    k.BAD_SIZE: ("DSQC-D028", "sizes that contradict each other", "sizes that fit the record"),
    k.BAD_NAME: ("DSQC-D028", "a name that does not end in one NUL", "a name that ends in NUL"),
    k.BAD_REFERENCE: ("DSQC-D028", "a reference that the header does not list", "a reference of the header"),
    k.BAD_POSITION: ("DSQC-D028", "a position outside its reference", "a position inside its reference"),
    k.BAD_CIGAR: ("DSQC-D028", "CIGAR and sequence of different length", "a CIGAR that consumes the sequence"),
    k.BAD_TAGS: ("DSQC-D028", "tags that do not fill the record", "whole tags"),
    k.NO_SEQUENCE: ("DSQC-D021", "*", "bases"),
    k.OUT_OF_ORDER: ("DSQC-D019", "a record before its predecessor", "records in the order that @HD SO states"),
}


class AlignmentSource(ReadSource):
    """Base of the readers of alignments: counts what the kernel cannot judge alone.

    Sequences are given as stored: those of reads on the reverse strand are turned.
    """

    def __init__(self, reader: BlockReader, log: FindingLog, file_format: FileFormat) -> None:
        super().__init__(reader.name, log, file_format, reader.container)
        self._reader = reader
        self._header = Header()
        self._counts = np.zeros(k.FAULTS, np.int64)
        self._places = np.zeros((k.FAULTS, k.PLACES, 2), np.int64)
        self._state = np.zeros(k.STATE, np.int64)
        self._state[k.LAST_POSITION] = -1
        self._mates = np.zeros(2, np.uint64)

    @property
    def header(self) -> dict[str, Any]:
        """The header's lines by type."""
        return self._header.lines

    def batches(self) -> Iterator[ReadBatch]:
        try:
            with closing(self._read()) as batches:
                for batch in batches:
                    self.record_count += len(batch)
                    yield batch
            self._finish()
        finally:
            self.close()

    @abstractmethod
    def _read(self) -> Generator[ReadBatch, None, None]:
        """Batches as far as they can be read; the caller counts them."""

    def count_flags(self, batch: ReadBatch, flags: NDArray[np.int32]) -> None:
        """Do for a batch of another reader what the BAM kernel does for its own: mates, and records without bases."""
        k.count_flags(
            batch.data,
            batch.name_start,
            batch.name_end,
            batch.length,
            flags,
            self._mates,
            self._counts,
            self._places,
            self._state,
        )
        self._note_faults(None)

    def close(self) -> None:
        self._reader.close()

    def _take_header(self, header: Header) -> None:
        self._header = header
        for line, value, expected in header.faults:
            place = Location(path=self.name, line=line)
            self._report(finding("DSQC-D019", place, object_id=self.name, value=value, expected=expected))

    def _malformed(self, value: str, expected: str, *, offset: int | None = None, line: int | None = None) -> None:
        """A record that cannot be read past."""
        self.damaged = True
        place = Location(path=self.name, record=self.record_count + 1, line=line, byte_offset=offset)
        self._report(finding("DSQC-D028", place, object_id=self.name, value=value, expected=expected))

    def _note_faults(self, base: int | None) -> None:
        """Turn what the kernel counted in one call into findings; ``base`` is the offset of its data, if known."""
        for fault in np.flatnonzero(self._counts):
            code, value, expected = _FAULTS[int(fault)]
            if fault == k.OUT_OF_ORDER and not self._header.is_sorted_by_coordinate:
                continue
            number = int(self._counts[fault])
            kept = min(number, k.PLACES)
            for position, (row, place) in enumerate(self._places[fault, :kept]):
                offset = None if base is None else base + int(place)
                where = Location(path=self.name, record=self.record_count + int(row) + 1, byte_offset=offset)
                item = finding(code, where, object_id=self.name, value=value, expected=expected)
                last = position == kept - 1
                self._report(replace(item, count=1 + number - kept) if last else item)

    def _check_mates(self) -> None:
        """DSQC-D030: in data that was not selected by place, a read of a pair has its mate in the file."""
        grouped = self._header.is_grouped_by_name or not self._state[k.MAPPED]
        if not grouped or not self._state[k.PAIRED] or self.damaged or not self._mates.any():
            return
        value = f"{self._state[k.PAIRED]} paired records"
        place = Location(path=self.name)
        expected = "the first and the second mate of every pair"
        self._report(finding("DSQC-D030", place, object_id=self.name, value=value, expected=expected))

    def _finish(self) -> None:
        integrity = self._reader.finish()
        self.container = self._reader.container
        self._log.extend(self._reader.faults)
        self.damaged = self.damaged or not integrity.complete
        self._check_mates()
        if not self.record_count and not self.damaged:
            place = Location(path=self.name)
            self._report(finding("DSQC-D009", place, object_id=self.name, value="no records", expected="at least one"))
        self._settle(integrity)
