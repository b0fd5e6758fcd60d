"""What BAM, CRAM and SAM have in common: the header's findings, mates, sequences."""

from abc import abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np

from dsqc.findings import FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header
from dsqc.formats.source import ReadSource
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.formats.walk import LONGEST_RECORD, Walk
from dsqc.kernels import bam as k
from dsqc.kernels import bam_record as r
from dsqc.model import FileFormat

_FAULTS: dict[int, tuple[str, Phrase, Phrase]] = {
    r.BAD_SIZE: ("DSQC-D028", texts.BAD_SIZES, texts.GOOD_SIZES),
    r.BAD_NAME: ("DSQC-D028", texts.BAD_NAME, texts.GOOD_NAME),
    r.BAD_REFERENCE: ("DSQC-D028", texts.BAD_REFERENCE, texts.GOOD_REFERENCE),
    r.BAD_POSITION: ("DSQC-D028", texts.BAD_POSITION, texts.GOOD_POSITION),
    r.BAD_CIGAR: ("DSQC-D028", texts.BAD_CIGAR, texts.GOOD_CIGAR),
    r.BAD_TAGS: ("DSQC-D028", texts.BAD_TAGS, texts.GOOD_TAGS),
    r.NO_SEQUENCE: ("DSQC-D021", "*", texts.SOME_BASES),
    r.OUT_OF_ORDER: ("DSQC-D019", texts.OUT_OF_ORDER, texts.IN_ORDER),
}


class AlignmentSource(ReadSource):
    """Base of the readers of alignments: walks their records as BAM and turns faults into findings.

    Sequences are given as stored: those of reads on the reverse strand are turned.
    """

    def __init__(self, reader: BlockReader, log: FindingLog, file_format: FileFormat) -> None:
        super().__init__(reader.name, log, file_format, reader.container)
        self._reader = reader
        self._header = Header()
        self._walk = Walk(iter(()))

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

    def _place(self, row: int, byte: int) -> Location:
        """Where a record stands: its row in the batch, its first byte in the walk's buffer."""
        return Location(path=self.name, record=self.record_count + row + 1, byte_offset=self._walk.base + byte)

    def _records(self) -> Generator[ReadBatch, None, None]:
        """Batches of the records that follow in the walk."""
        walk = self._walk
        while True:
            rows = walk.split()
            self._note_faults()
            if rows:
                yield walk.batch(rows, self.record_count + 1)
            if walk.status == k.BROKEN:
                self.damaged = True
                return
            if walk.status == k.NEED_MORE and not self._go_on():
                return

    def _go_on(self) -> bool:
        """Get the rest of an unfinished record; false at the end of the data."""
        walk = self._walk
        if walk.ended:
            if walk.left:
                self._cut(texts.CUT_DATA, texts.WHOLE_RECORDS)
            return False
        needed = walk.record_size
        if needed > LONGEST_RECORD:
            self._malformed(fill(texts.RECORD_BYTES, needed), fill(texts.AT_MOST_BYTES, LONGEST_RECORD))
            return False
        walk.fill(needed)
        return True

    def _cut(self, value: Phrase, expected: Phrase) -> None:
        """The data ends inside a record."""
        if not self._reader.faults:
            self._malformed(value, expected)

    def close(self) -> None:
        self._reader.close()

    def _take_header(self, header: Header) -> None:
        self._header = header
        for line, value, expected in header.faults:
            place = Location(path=self.name, line=line or None)
            self._report(tell("DSQC-D019", place, value, expected))

    def _malformed(self, value: Phrase, expected: Phrase) -> None:
        """The record at the walk's position cannot be read past."""
        place = self._place(0, int(self._walk.state[r.POSITION]))
        self._stop_at(place, value, expected, place.byte_offset)

    def _stop_at(self, place: Location, value: Phrase, expected: Phrase, until: int | None) -> None:
        """A record that cannot be read past; the finding rests on the data up to the offset ``until``."""
        self.damaged = True
        self._report(tell("DSQC-D028", place, value, expected), until)

    def _note_faults(self) -> None:
        """Turn what the kernel counted in one call into findings."""
        walk = self._walk
        for fault in np.flatnonzero(walk.counts):
            code, value, expected = _FAULTS[int(fault)]
            if fault == r.OUT_OF_ORDER and not self._header.is_sorted_by_coordinate:
                continue
            number = int(walk.counts[fault])
            kept = min(number, r.PLACES)
            for position, (row, byte) in enumerate(walk.places[fault, :kept].tolist()):
                where = self._place(row, byte)
                item = tell(code, where, value, expected)
                last = position == kept - 1
                self._report(replace(item, count=1 + number - kept) if last else item, where.byte_offset)

    def _check_mates(self) -> None:
        """DSQC-D030: in data that was not selected by place, a read of a pair has its mate in the file."""
        state = self._walk.state
        grouped = self._header.is_grouped_by_name or not state[r.MAPPED]
        if not grouped or not state[r.PAIRED] or self.damaged or not self._walk.mates.any():
            return
        value = fill(texts.PAIRED_RECORDS, int(state[r.PAIRED]))
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
