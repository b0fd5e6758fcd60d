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
