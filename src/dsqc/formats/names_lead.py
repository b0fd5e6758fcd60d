"""Names of a part of a file: those that go on with the last name of the part before are left to who joins the parts."""

import numpy as np

from dsqc.formats.batch import ReadBatch
from dsqc.formats.names_unique import NameCheck
from dsqc.kernels import names as k

MOST = 1 << 14
"""Reads of one name at the beginning of a part that are kept; a file with more of them is no file of reads in parts."""


class LeadingNames:
    """Checks the names of a part from the first that differs from the one before it.

    Reads beside each other are judged together (mates, twins), so the reads of the part's first name can only be judged
    behind the last of the part before. They are few: two, where mates stand beside each other.

    Args:
        aligned: the file is BAM: names beside each other are not judged, so none is left.

    Attributes:
        check: of the names behind them.
        lead: their name lines.
        first_record: record of the first of them.
        overflowed: there are too many of them.
    """

    def __init__(self, name: str, *, aligned: bool = False) -> None:
        self.check = NameCheck(name)
        self.lead: list[bytes] = []
        self.first_record = 0
        self.overflowed = False
        self._open = not aligned
        self._last = np.zeros(2, np.uint64)

    def add(self, batch: ReadBatch) -> None:
        """Look at the names of the next records."""
        start = 0
        while self._open and start < len(batch):
            row = batch.part(start, start + 1)
            stem = _stem(row)
            if self.lead and (stem != self._last).any():
                self._open = False
                break
            self._last = stem
            if not self.lead:
                self.first_record = row.first_record
            if len(self.lead) < MOST:
                self.lead.append(bytes(batch.data[row.name_start[0] : row.name_end[0]]))
            else:
                self.overflowed = True
            start += 1
        if start < len(batch):
            self.check.add(batch.part(start, len(batch)) if start else batch)


def _stem(row: ReadBatch) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """The hash of one read's name without its mark, as the check compares it."""
    last, words = np.zeros(2, np.uint64), np.zeros(1, np.uint64)
    k.note_names(
        row.data,
        np.ascontiguousarray(row.name_start),
        np.ascontiguousarray(row.name_end),
        np.zeros(0, np.int32),
        1,
        1,
        words,
        words.copy(),
        np.zeros(k.STATE, np.int64),
        last,
        np.zeros(k.KINDS, np.int64),
        np.zeros((k.KINDS, k.PLACES, 2), np.int64),
    )
    return last


def as_batch(lines: list[bytes], first_record: int) -> ReadBatch:
    """Reads that have a name and nothing else."""
    lengths = np.array([len(line) for line in lines], np.int64)
    ends = np.cumsum(lengths)
    zeros = np.zeros(len(lines), np.int64)
    return ReadBatch(
        data=np.frombuffer(bytearray(b"".join(lines) + b"\n"), np.uint8),
        name_start=ends - lengths,
        name_end=ends,
        sequence_start=zeros,
        quality_start=zeros,
        length=zeros,
        first_record=first_record,
    )
