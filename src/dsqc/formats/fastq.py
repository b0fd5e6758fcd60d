"""FASTQ: text to batches of reads, every record checked."""

from collections.abc import Generator, Iterable
from dataclasses import replace

import numpy as np

from dsqc.findings import FindingLog, Location
from dsqc.formats import oddities, texts
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader
from dsqc.formats.first_look import empty_file
from dsqc.formats.room import LEAST
from dsqc.formats.source import BUFFERS_AHEAD, ParsedSource
from dsqc.formats.span_state import SpanState
from dsqc.formats.texts import Phrase, fill, tell
from dsqc.kernels import fastq as k
from dsqc.model import FileFormat

BUFFER = 1 << 22
"""Bytes of text parsed at once; grows to twice the longest record."""
LONGEST_RECORD = 1 << 28
"""Bytes of one record (256 MiB): a file without line ends must not fill the memory."""
ROWS = 1 << 15
"""Reads in a batch at most."""

_CODES = {
    k.EMPTY: ("DSQC-D002", 2),
    k.UNEQUAL: ("DSQC-D003", 4),
    k.BAD_BASE: ("DSQC-D004", 2),
    k.BAD_QUALITY: ("DSQC-D006", 4),
    k.LONG_NAME: ("DSQC-D011", 1),
}
"""Rule of each fault of a read, and the line of a four-line record where it stands."""

_COLOUR_SPACE = -1
"""Reason beside those of the kernel: the reads are colours, not bases."""
COLOUR_READS = 10
"""Reads at the beginning of a file that may tell that it is in colour space."""

_REASONS: dict[int, Phrase] = {
    _COLOUR_SPACE: oddities.BASES_NOT_COLOURS,
    k.NO_AT: texts.AT_SIGN,
    k.NO_PLUS: texts.PLUS_SIGN,
    k.CUT: texts.FOUR_LINES,
    k.NUL_IN_NAME: texts.NO_NUL,
    k.CARRIAGE_RETURNS: texts.LF_LINES,
    k.TOO_LONG: fill(texts.SHORT_RECORDS, LONGEST_RECORD >> 20),
    k.BLANK_INSIDE: texts.BLANKS_AT_END,
}

_SEEN: dict[int, Phrase] = {
    k.CUT: texts.CUT_RECORD,
    k.NUL_IN_NAME: "0x00",
    k.CARRIAGE_RETURNS: texts.CR_LINES,
    k.TOO_LONG: texts.ENDLESS_RECORD,
    k.BLANK_INSIDE: texts.BLANK_LINE,
}


def _show(letter: int) -> str:
    return chr(letter) if 33 <= letter <= 126 else f"0x{letter:02x}"


class FastqSource(ParsedSource):
    """Reads of a FASTQ file.

    A fault of a single read (an unknown base) is noted and reading goes on; where the grammar itself is left
    (DSQC-D001) the reads end, and the rest of the file is only proven and hashed: what follows cannot be trusted to
    be reads.
    """

    def __init__(
        self, reader: BlockReader, log: FindingLog, *, buffer: int = BUFFER, rows: int = ROWS, ahead: bool = False
    ) -> None:
        super().__init__(reader, log, FileFormat.FASTQ, ahead=ahead)
        self._inflow = reader.inflow()
        self._ended = False
        # Text with one spare byte for a line end that the file lacks, and the columns of the reads in it.
        self._ring = [
            (np.empty(buffer + 1, np.uint8), np.zeros((k.COLUMNS, rows), np.int64))
            for _ in range(BUFFERS_AHEAD if ahead else 1)
        ]
        self._turn = 0
        self._delivering = False  # a batch in the buffer at hand was handed out
        self._data, self._columns = self._ring[0]
        self._filled = 0
        self._base = 0  # offset of the buffer's first byte in the text
        self._table = k.base_table()
        self._counts = np.zeros(k.COUNTS, np.int64)
        self._totals = np.zeros(k.COUNTS, np.int64)
        self._places = np.zeros((k.FAULTS, k.PLACES, 4), np.int64)
        self._state = np.zeros(k.STATE, np.int64)

    def _read(self) -> Generator[ReadBatch, None, None]:
        self._fill()
        while True:
            first_line = int(self._state[k.LINE])
            self._split()
            rows = int(self._state[k.ROWS])
            if not self._parsed and self._counts[k.BAD_BASE] and self._is_colour_space(rows):
                self._leave(_COLOUR_SPACE, int(self._columns[k.SEQUENCE_START, 0]), 2)
                return
            self._note_faults(first_line)
            if rows:
                yield self._batch(rows)
                self._parsed += rows
            status = self._state[k.STATUS]
            if status == k.FULL:
                self._fill()
                continue
            if status == k.BROKEN:
                self._leave(int(self._state[k.REASON]), int(self._state[k.PLACE]), int(self._state[k.PLACE_LINE]))
                return
            if status == k.BLANK:
                self._pass_blank_end()
                return
            if not self._go_on():
                return

    def _split(self) -> None:
        k.split_records(
            self._data,
            self._filled,
            self._ended,
            self._table,
            self._columns,
            self._counts,
            self._places,
            self._state,
        )

    def _batch(self, rows: int) -> ReadBatch:
        self._delivering = True
        columns = self._columns[:, :rows]
        return ReadBatch(
            data=self._data,
            name_start=columns[k.NAME_START],
            name_end=columns[k.NAME_END],
            sequence_start=columns[k.SEQUENCE_START],
            quality_start=columns[k.QUALITY_START],
            length=columns[k.LENGTH],
            first_record=self._parsed + 1,
        )

    def _go_on(self) -> bool:
        """Get more text behind an unfinished record; false when there is none, or the record is broken."""
        start = int(self._state[k.POSITION])
        if not self._ended and self._filled - start < LONGEST_RECORD:
            if self._base == start == 0 and self._filled >= BUFFER and self._without_line_ends():
                self._leave(k.CARRIAGE_RETURNS, 0, 1)
                return False
            self._fill()
            return True
        if not self._ended:
            self._leave(k.TOO_LONG, start, int(self._state[k.LINE]) + 1)
        elif start < self._filled and not self._reader.faults:
            # In a damaged file the half record at its end says nothing new.
            reason = k.CARRIAGE_RETURNS if self._base == start == 0 and self._without_line_ends() else k.CUT
            self._leave(reason, start, int(self._state[k.LINE]) + 1)
        return False

    def _is_colour_space(self, rows: int) -> bool:
        """Whether one of the first reads is in SOLiD's colour space."""
        for row in range(min(rows, COLOUR_READS)):
            start = int(self._columns[k.SEQUENCE_START, row])
            end = start + int(self._columns[k.LENGTH, row])
            if oddities.is_colour_space(self._data[start:end].tobytes()):
                return True
        return False

    def _without_line_ends(self) -> bool:
        text = self._data[: self._filled - 1]
        return bool((text == 13).any()) and not bool((text == 10).any())

    def _fill(self) -> None:
        """Move the unfinished record to the front of a buffer that nobody reads, and fill that behind it."""
        start = int(self._state[k.POSITION])
        left = self._filled - start
        rest = self._data[start : self._filled]
        if self._delivering:
            self._turn = (self._turn + 1) % len(self._ring)
            self._delivering = False
        self._data, self._columns = self._ring[self._turn]
        size = 2 * max(len(self._data), left) if left > (len(self._data) - 1) // 2 else len(self._data)
        if size > len(self._data):
            self._data = np.empty(size, np.uint8)
            self._ring[self._turn] = self._data, self._columns
        self._data[:left] = rest  # of the same buffer where there is one: numpy copies as if through a third place
        self._base += start
        self._state[k.POSITION] = 0
        self._filled = left
        room = len(self._data) - 1
        while not self._ended and (self._filled == left or room - self._filled >= LEAST):
            put = self._inflow.fill(self._data[self._filled : room])
            if not put:
                self._end()
                return
            self._filled += put

    def _end(self) -> None:
        self._ended = True
        if self._filled and self._data[self._filled - 1] != 10 and not self._reader.faults:
            self._data[self._filled] = 10
            self._filled += 1

    def _pass_blank_end(self) -> None:
        """Blank lines are tolerated at the end of the file; in front of a record they leave the grammar."""
        start, line = int(self._state[k.POSITION]), int(self._state[k.LINE]) + 1
        place = self._base + start
        while True:
            text = self._data[start : self._filled]
            if ((text != 10) & (text != 13)).any():
                self._leave(k.BLANK_INSIDE, place - self._base, line)
                return
            if self._ended:
                return
            self._state[k.POSITION] = self._filled
            self._fill()
            start = 0

    def _leave(self, reason: int, position: int, line: int) -> None:
        """The grammar is left at ``position`` of the buffer: one DSQC-D001, and no more reads."""
        self.damaged = True
        start = max(position, 0)  # what was there may have left the buffer
        seen = bytes(self._data[start : min(start + 40, self._filled)])
        line_seen = oddities.shown(seen.split(b"\n")[0].rstrip(b"\r"))
        if reason == k.NO_AT:
            value = oddities.instead_of_record(seen, at_start=self._base == position == 0)
        elif reason == _COLOUR_SPACE:
            value = fill(oddities.COLOUR_SPACE, line_seen)
        else:
            value = _SEEN.get(reason, line_seen or texts.BLANK_LINE)
        place = Location(path=self.name, record=self._parsed + 1, line=line, byte_offset=self._base + position)
        line_end = bytes(self._data[start : self._filled]).find(b"\n")
        until = self._base + (self._filled if line_end < 0 else start + line_end + 1)
        self._report(tell("DSQC-D001", place, value, _REASONS[reason]), until)

    def _note_faults(self, first_line: int) -> None:
        """Turn what the kernel counted in one call into findings."""
        counts = self._counts
        for fault in np.flatnonzero(counts[: k.WRAPPED]):
            code, line_in_record = _CODES[int(fault)]
            kept = min(int(counts[fault]), k.PLACES)
            for number in range(kept):
                row, position, detail, other = (int(value) for value in self._places[fault, number])
                line = first_line + 4 * row + line_in_record  # taken back at the end where records are wrapped
                place = Location(
                    path=self.name, record=self._parsed + row + 1, line=line, byte_offset=self._base + position
                )
                value, expected = self._describe(int(fault), detail, other)
                item = tell(code, place, value, expected)
                rest = int(counts[fault]) - kept if number == kept - 1 else 0
                until = self._base + int(self._columns[k.QUALITY_START, row] + self._columns[k.LENGTH, row])
                self._report(replace(item, count=1 + rest), until)
        self._totals += counts

    @staticmethod
    def _describe(fault: int, detail: int, other: int) -> tuple[Phrase, Phrase]:
        phrases: dict[int, tuple[Phrase, Phrase]] = {
            k.EMPTY: (texts.NO_BASES, texts.ONE_BASE),
            k.UNEQUAL: (fill(texts.BASES_QUALITIES, detail, other), texts.AS_MANY_QUALITIES),
            k.BAD_BASE: (_show(detail), texts.BASES_ALLOWED),
            k.BAD_QUALITY: (_show(detail), texts.QUALITIES_ALLOWED),
            k.LONG_NAME: (fill(texts.CHARACTERS, detail), fill(texts.AT_MOST, k.LONGEST_NAME)),
        }
        return phrases[fault]

    def stand_for(self, reader: BlockReader, parts: Iterable[SpanState]) -> None:
        """Take over what the readers of the parts of this file left behind, in order, as if all had been read here.

        Args:
            reader: proves what the parts proved together.
        """
        self.close()
        self._reader = reader
        for part in parts:
            self._totals += np.array(part.totals, np.int64)
            self.record_count += part.record_count
            self.damaged = self.damaged or part.damaged
            for item, until in part.noted:
                self._report(item, until)
        self._finish()

    def _finish(self) -> None:
        """Findings about the file as a whole; the container is proven to its end."""
        integrity = self._reader.finish()
        self.container = self._reader.container
        self._log.extend(self._reader.faults)
        totals = self._totals
        bases, ambiguous = int(totals[k.BASES]), int(totals[k.AMBIGUOUS_BASES])
        if 2 * ambiguous > bases:
            self._whole("DSQC-D005", fill(texts.PART_OF_BASES, ambiguous, bases), texts.AT_MOST_HALF)
        if totals[k.CRLF_LINES]:
            self._whole("DSQC-D016", fill(texts.LINES, int(totals[k.CRLF_LINES])), "LF")
        if totals[k.LOWER_BASES]:
            self._whole("DSQC-D017", fill(texts.BASES, int(totals[k.LOWER_BASES])), texts.UPPER_CASE)
        if totals[k.WRAPPED]:
            self._forget_lines()
            value = fill(texts.PART_OF_RECORDS, int(totals[k.WRAPPED]), self.record_count)
            self._whole("DSQC-D031", value, texts.FOUR_LINES_EACH)
        if not self.record_count and not self.damaged and integrity.complete:
            if integrity.bytes_uncompressed:
                self._whole("DSQC-D009", texts.NO_READS, texts.ONE_READ)
            else:
                self._report(empty_file(self.name))
        self._settle(integrity)

    def _forget_lines(self) -> None:
        """Where records are wrapped, lines inside of reads are not counted: their faults have a record and a byte."""
        codes = {code for code, _line in _CODES.values()}
        self._noted = [
            (replace(item, location=replace(item.location, line=None)) if item.code in codes else item, until)
            for item, until in self._noted
        ]

    def _whole(self, code: str, value: Phrase, expected: Phrase) -> None:
        self._report(tell(code, Location(path=self.name), value, expected))
