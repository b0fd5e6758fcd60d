"""What BAM, CRAM and SAM have in common: the header's findings, mates, sequences."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dsqc.crypt4gh import DataPath
from dsqc.findings import Finding, FindingLog, Location
from dsqc.formats import texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.header import Header
from dsqc.formats.index import index_findings
from dsqc.formats.room import Inflow
from dsqc.formats.source import ParsedSource
from dsqc.formats.span_state import AlignmentState
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.formats.walk import LONGEST_RECORD, Walk
from dsqc.kernels import bam as k
from dsqc.kernels import bam_record as r
from dsqc.model import FileFormat
from dsqc.registry import Severity

_FAULTS: dict[int, tuple[str, Phrase, Phrase]] = {
    r.BAD_SIZE: ("DSQC-D028", texts.BAD_SIZES, texts.GOOD_SIZES),
    r.BAD_NAME: ("DSQC-D028", texts.BAD_NAME, texts.GOOD_NAME),
    r.BAD_REFERENCE: ("DSQC-D028", texts.BAD_REFERENCE, texts.GOOD_REFERENCE),
    r.BAD_POSITION: ("DSQC-D028", texts.BAD_POSITION, texts.GOOD_POSITION),
    r.BAD_CIGAR: ("DSQC-D028", texts.BAD_CIGAR, texts.GOOD_CIGAR),
    r.BAD_TAGS: ("DSQC-D028", texts.BAD_TAGS, texts.GOOD_TAGS),
    r.NO_SEQUENCE: ("DSQC-D021", "*", texts.SOME_BASES),
    r.OUT_OF_ORDER: ("DSQC-D019", texts.OUT_OF_ORDER, texts.IN_ORDER),
    r.BEYOND_END: ("DSQC-D028", texts.BEYOND_END, texts.INSIDE_REFERENCE),
    r.NO_PLACE: ("DSQC-D028", texts.NO_PLACE, texts.A_PLACE),
    r.BAD_FLAGS: ("DSQC-D028", texts.BAD_FLAGS, texts.GOOD_FLAGS),
    r.TAG_TWICE: ("DSQC-D028", texts.TAG_TWICE, texts.EACH_TAG_ONCE),
    r.BAD_TAG_TYPE: ("DSQC-D028", texts.BAD_TAG_TYPE, texts.GOOD_TAG_TYPE),
    r.UNKNOWN_GROUP: ("DSQC-D028", texts.UNKNOWN_GROUP, texts.KNOWN_GROUP),
    r.BAD_MODIFICATIONS: ("DSQC-D028", texts.BAD_MODIFICATIONS, texts.GOOD_MODIFICATIONS),
    r.BAD_CLIPS: ("DSQC-D028", texts.BAD_CLIPS, texts.CLIPS_AT_ENDS),
}
_TOLERATED = frozenset({r.NO_PLACE, r.BAD_FLAGS})
"""What the specification leaves undefined, and readers get over: warnings."""
_NAME_ORDERS = {"natural": (r.OUT_OF_NATURAL,), "lexicographical": (r.OUT_OF_LETTERS,)}
_ANY_NAME_ORDER = (r.OUT_OF_NATURAL, r.OUT_OF_LETTERS)
COUNTED = [r.PAIRED, r.MAPPED, r.FIRSTS, r.SECONDS, r.LONE]
"""Entries of the walk's state that count records: those of parts of a file add up."""


class AlignmentSource(ParsedSource):
    """Base of the readers of alignments: walks their records as BAM and turns faults into findings.

    Sequences are given as stored: those of reads on the reverse strand are turned.

    Args:
        path: of the file, where it has one: its index stands beside it.
        ahead: records are walked in a thread of their own.
    """

    def __init__(
        self,
        reader: BlockReader,
        log: FindingLog,
        file_format: FileFormat,
        path: DataPath | None = None,
        *,
        ahead: bool = False,
    ) -> None:
        super().__init__(reader, log, file_format, ahead=ahead)
        self._path = path
        self._header = Header()
        self._walk = Walk(Inflow(iter(())))
        self._name_faults: dict[int, tuple[int, Location]] = {}

    @property
    def header(self) -> dict[str, Any]:
        """The header's lines by type."""
        return self._header.lines

    def _place(self, row: int, byte: int) -> Location:
        """Where a record stands: its row in the batch, its first byte in the walk's buffer."""
        return Location(path=self.name, record=self._parsed + row + 1, byte_offset=self._walk.base + byte)

    def _records(self) -> Generator[ReadBatch, None, None]:
        """Batches of the records that follow in the walk."""
        walk = self._walk
        while True:
            rows = walk.split()
            self._note_faults()
            if rows:
                yield walk.batch(rows, self._parsed + 1)
                self._parsed += rows
            if walk.status == k.BROKEN:
                self.damaged = True
                return
            if walk.status == k.FULL:
                walk.fill()
            elif not self._go_on():
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

    def _take_header(self, header: Header, listed: Sequence[int] = ()) -> None:
        """Report the header's faults and use it.

        Args:
            listed: lengths of the references, where the format has a list of its own.
        """
        self._report_header(header)
        self._use_header(header, listed)

    def _report_header(self, header: Header) -> None:
        for line, value, expected in header.faults:
            place = Location(path=self.name, line=line or None)
            self._report(tell("DSQC-D019", place, value, expected))
        for code, line, value, expected in header.remarks:
            place = Location(path=self.name, line=line)
            self._report(tell(code, place, value, expected, severity=Severity.WARNING))

    def _use_header(self, header: Header, listed: Sequence[int] = ()) -> None:
        """Tell the walk what records may refer to."""
        self._header = header
        lengths = listed or [length for _name, length in header.references]
        circular = header.circular if len(header.circular) == len(lengths) else ()
        self._walk.list_references(lengths, circular)
        self._walk.know_groups(header.read_groups)
        if header.order_of_names is not None:
            self._walk.expect_names_in_order()

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
        for fault in np.flatnonzero(walk.counts).tolist():
            number = int(walk.counts[fault])
            if fault in _ANY_NAME_ORDER:
                before, first = self._name_faults.get(fault, (0, self._place(*walk.places[fault, 0].tolist())))
                self._name_faults[fault] = (before + number, first)
            elif fault != r.OUT_OF_ORDER or self._is_sorted_by_coordinate:
                self._note_fault(fault, number)

    @property
    def _is_sorted_by_coordinate(self) -> bool:
        return self._header.is_sorted_by_coordinate and bool(self._header.references)

    def _note_fault(self, fault: int, number: int) -> None:
        code, value, expected = _FAULTS[fault]
        tolerated = fault in _TOLERATED or (fault == r.UNKNOWN_GROUP and not self._header.read_groups)
        kept = min(number, r.PLACES)
        for position, (row, byte) in enumerate(self._walk.places[fault, :kept].tolist()):
            where = self._place(row, byte)
            item = tell(code, where, value, expected, severity=Severity.WARNING if tolerated else None)
            last = position == kept - 1
            self._report_fault(replace(item, count=1 + number - kept) if last else item, where.byte_offset)

    def _report_fault(self, item: Finding, until: int | None) -> None:
        """Each kind of fault is cut for itself: what is kept must not go by how many records are looked at at once."""
        self._report(item, until, f"{item.code} {item.value}")

    def _add_part(self, part: AlignmentState) -> None:
        """Take over what the reader of a part of this file left behind; parts come in the order of the file."""
        walk = self._walk
        self.record_count += part.record_count
        self.damaged = self.damaged or part.damaged
        if part.record_count:
            walk.tally += np.array(part.tally, np.int64)
            walk.sums += np.array(part.sums, np.uint64)
            walk.state[COUNTED] += np.array(part.counts, np.int64)
        for fault, number, record, byte in part.name_faults:
            place = Location(path=self.name, record=record, byte_offset=byte)
            before, first = self._name_faults.get(fault, (0, place))
            self._name_faults[fault] = (before + number, first)
        for item, until in part.noted:
            self._report_fault(item, until)

    def _check_names(self) -> None:
        """DSQC-D019: names in the order that the header states, in one of the two where it does not say which."""
        stated = self._header.order_of_names
        if stated is None:
            return
        orders = _NAME_ORDERS.get(stated, _ANY_NAME_ORDER)
        found = [self._name_faults[order] for order in orders if order in self._name_faults]
        if len(found) == len(orders):
            number, first = min(found, key=lambda item: item[0])
            value = fill(texts.NAMES_OUT_OF_ORDER, number)
            self._report(tell("DSQC-D019", first, value, texts.IN_ORDER), first.byte_offset)

    def _check_mates(self) -> None:
        """DSQC-D030: in data that was not selected by place, a read of a pair has its mate in the file; where all
        mates are there, they say of each other what they are."""
        state, sums = self._walk.state, self._walk.sums
        if self.damaged or not state[r.PAIRED]:
            return
        complete = not sums[r.NAMES]
        grouped = self._header.is_grouped_by_name or not state[r.MAPPED]
        place = Location(path=self.name)
        if complete and sums[r.FIELDS]:
            self._report(tell("DSQC-D030", place, texts.MATES_DIFFER, texts.MATES_AGREE, severity=Severity.WARNING))
        elif not complete and grouped:
            value = fill(texts.PAIRED_RECORDS, int(state[r.PAIRED]))
            self._report(tell("DSQC-D030", place, value, texts.BOTH_MATES))
        elif not complete and state[r.LONE]:  # records without a place are there, so it is no extract of a region
            value = fill(texts.UNBALANCED_MATES, int(state[r.FIRSTS]), int(state[r.SECONDS]))
            self._report(tell("DSQC-D030", place, value, texts.BOTH_MATES, severity=Severity.WARNING))

    def _finish(self) -> None:
        integrity = self._reader.finish()
        self.container = self._reader.container
        self._log.extend(self._reader.faults)
        self.damaged = self.damaged or not integrity.complete
        self._check_names()
        self._check_mates()
        if self._path and not self.damaged and not self._header.faults:
            for item in index_findings(self._path, self._walk.tally):
                self._report(item)
        if not self.record_count and not self.damaged and not self._header.faults:
            self._report(tell("DSQC-D009", Location(path=self.name), texts.NO_RECORDS, texts.AT_LEAST_ONE))
        self._settle(integrity)
