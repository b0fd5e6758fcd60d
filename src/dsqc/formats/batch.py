"""The batch of reads that every reader gives and every collector takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Some consecutive reads: one flat buffer and where each read's parts stand in it.

    The arrays are only valid until the next batch is asked for: readers reuse their buffers.

    Attributes:
        data: the buffer, uint8. Sequences are letters as stored; qualities are characters (Phred + offset).
        name_start, name_end: int64 of length n; the name line without ``@``, up to (not including) the line end.
        sequence_start: int64 of length n.
        quality_start: int64 of length n; as many qualities as bases. -1 where the read has none (BAM's ``*``).
        length: int64 of length n; bases of each read.
        first_record: number of the first read in its file, from 1.
        flag: int32 of length n, the SAM flags; None for FASTQ.
    """

    data: NDArray[np.uint8]
    name_start: NDArray[np.int64]
    name_end: NDArray[np.int64]
    sequence_start: NDArray[np.int64]
    quality_start: NDArray[np.int64]
    length: NDArray[np.int64]
    first_record: int
    flag: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.length)

    def part(self, start: int, stop: int) -> "ReadBatch":
        """Reads ``start`` to ``stop`` (not included) of this batch, over the same buffer."""
        rows = slice(start, stop)
        return ReadBatch(
            data=self.data,
            name_start=self.name_start[rows],
            name_end=self.name_end[rows],
            sequence_start=self.sequence_start[rows],
            quality_start=self.quality_start[rows],
            length=self.length[rows],
            first_record=self.first_record + start,
            flag=None if self.flag is None else self.flag[rows],
        )

    def name(self, row: int) -> str:
        """The name line of a read; bytes that are no UTF-8 stay visible as ``\\xff``."""
        return bytes(self.data[self.name_start[row] : self.name_end[row]]).decode("utf-8", "backslashreplace")
