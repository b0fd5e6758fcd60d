"""The batch of reads that every reader gives and every collector takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AlignmentColumns:
    """What records of BAM, CRAM and SAM say beyond reads: arrays of length n, valid as long as their batch.

    Attributes:
        records: uint8; raw BAM records, little endian (SAM specification 4.2). Whatever the file's format.
        record_start: int64; offset in ``records`` of a record's fixed fields (behind its block size).
        record_end: int64; where the record ends.
        reference_id: int32; row of the @SQ list, -1 for none.
        position: int32; first base, counted from 0; -1 for none.
        mapping_quality: uint8; 255 where there is none.
        mate_reference_id, mate_position: int32; as above, of the mate.
        template_length: int32; TLEN.
        cigar_start: int64; offset in ``records`` of the first 32-bit word of the CIGAR, in the tag CG of long ones.
        cigar_count: int64; words of the CIGAR.
        tags_start: int64; offset in ``records`` of the tags, which end at ``record_end``.
        reference_lengths: int64; of each @SQ line.

    A record whose fields contradict the header (a reference that it does not list, a CIGAR that leaves the record)
    has a finding and is given as stored: whoever looks up or follows must check.
    """

    records: NDArray[np.uint8]
    record_start: NDArray[np.int64]
    record_end: NDArray[np.int64]
    reference_id: NDArray[np.int32]
    position: NDArray[np.int32]
    mapping_quality: NDArray[np.uint8]
    mate_reference_id: NDArray[np.int32]
    mate_position: NDArray[np.int32]
    template_length: NDArray[np.int32]
    cigar_start: NDArray[np.int64]
    cigar_count: NDArray[np.int64]
    tags_start: NDArray[np.int64]
    reference_lengths: NDArray[np.int64]

    def part(self, rows: slice) -> "AlignmentColumns":
        """Some consecutive records, over the same buffer."""
        return AlignmentColumns(
            records=self.records,
            record_start=self.record_start[rows],
            record_end=self.record_end[rows],
            reference_id=self.reference_id[rows],
            position=self.position[rows],
            mapping_quality=self.mapping_quality[rows],
            mate_reference_id=self.mate_reference_id[rows],
            mate_position=self.mate_position[rows],
            template_length=self.template_length[rows],
            cigar_start=self.cigar_start[rows],
            cigar_count=self.cigar_count[rows],
            tags_start=self.tags_start[rows],
            reference_lengths=self.reference_lengths,
        )


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
        alignment: the other fields of alignment records; None for FASTQ.
    """

    data: NDArray[np.uint8]
    name_start: NDArray[np.int64]
    name_end: NDArray[np.int64]
    sequence_start: NDArray[np.int64]
    quality_start: NDArray[np.int64]
    length: NDArray[np.int64]
    first_record: int
    flag: NDArray[np.int32] | None = None
    alignment: AlignmentColumns | None = None

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
            alignment=None if self.alignment is None else self.alignment.part(rows),
        )

    def name(self, row: int) -> str:
        """The name line of a read; bytes that are no UTF-8 stay visible as ``\\xff``."""
        return bytes(self.data[self.name_start[row] : self.name_end[row]]).decode("utf-8", "backslashreplace")
