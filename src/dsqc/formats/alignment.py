"""What BAM, CRAM and SAM have in common: the header's findings, mates, sequences."""

from abc import abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.findings import FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header
from dsqc.formats.source import ReadSource
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.kernels import bam as k
from dsqc.model import FileFormat

_FAULTS: dict[int, tuple[str, Phrase, Phrase]] = {
    k.BAD_SIZE: ("DSQC-D028", texts.BAD_SIZES, texts.GOOD_SIZES),
    k.BAD_NAME: ("DSQC-D028", texts.BAD_NAME, texts.GOOD_NAME),
    k.BAD_REFERENCE: ("DSQC-D028", texts.BAD_REFERENCE, texts.GOOD_REFERENCE),
    k.BAD_POSITION: ("DSQC-D028", texts.BAD_POSITION, texts.GOOD_POSITION),
    k.BAD_CIGAR: ("DSQC-D028", texts.BAD_CIGAR, texts.GOOD_CIGAR),
    k.BAD_TAGS: ("DSQC-D028", texts.BAD_TAGS, texts.GOOD_TAGS),
    k.NO_SEQUENCE: ("DSQC-D021", "*", texts.SOME_BASES),
    k.OUT_OF_ORDER: ("DSQC-D019", texts.OUT_OF_ORDER, texts.IN_ORDER),
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
            self._report(tell("DSQC-D019", place, value, expected))

    def _malformed(
        self, value: Phrase, expected: Phrase, *, offset: int | None = None, size: int = 0, line: int | None = None
    ) -> None:
        """A record that cannot be read past; it begins at ``offset`` of the data and has ``size`` bytes."""
        self.damaged = True
        place = Location(path=self.name, record=self.record_count + 1, line=line, byte_offset=offset)
        self._report(tell("DSQC-D028", place, value, expected), None if offset is None else offset + size)

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
                item = tell(code, where, value, expected)
                last = position == kept - 1
                self._report(replace(item, count=1 + number - kept) if last else item, offset)

    def _check_mates(self) -> None:
        """DSQC-D030: in data that was not selected by place, a read of a pair has its mate in the file."""
        grouped = self._header.is_grouped_by_name or not self._state[k.MAPPED]
        if not grouped or not self._state[k.PAIRED] or self.damaged or not self._mates.any():
            return
        value = fill(texts.PAIRED_RECORDS, int(self._state[k.PAIRED]))
        self._report(tell("DSQC-D030", Location(path=self.name), value, texts.BOTH_MATES))

    def _finish(self) -> None:
        integrity = self._reader.finish()
        self.container = self._reader.container
        self._log.extend(self._reader.faults)
        self.damaged = self.damaged or not integrity.complete
        self._check_mates()
        if not self.record_count and not self.damaged and not self._header.faults:
            self._report(tell("DSQC-D009", Location(path=self.name), texts.NO_RECORDS, texts.AT_LEAST_ONE))
        self._settle(integrity)
