"""Batches built a record at a time, for the formats whose records come as Python objects (CRAM, SAM)."""

from typing import TYPE_CHECKING, Any

import numpy as np

from dsqc.formats.batch import ReadBatch
from dsqc.kernels import bam as k

if TYPE_CHECKING:
    from dsqc.formats.alignment import AlignmentSource

_TO_CHARACTERS = bytes(min(value + 33, 255) for value in range(256))
BYTES = 1 << 20
ROWS = 1 << 13


class BatchBuilder:
    """Collects records for ``source`` and does for them what the BAM kernel does for its own."""

    def __init__(self, source: "AlignmentSource") -> None:
        self._source = source
        self._data = bytearray()
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._flags: list[int] = []

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def is_full(self) -> bool:
        """Whether the batch should be taken."""
        return len(self._data) >= BYTES or len(self._rows) >= ROWS

    def add(self, name: bytes, flag: int, bases: bytes, qualities: bytes | None) -> None:
        """Add one record.

        Args:
            name: as stored.
            flag: SAM flags.
            bases: letters; empty for ``*``.
            qualities: characters (Phred+33), as many as bases; None where there are none.
        """
        start = len(self._data)
        sequence = start + len(name)
        self._data += name
        self._data += bases
        quality = -1
        if qualities is not None:
            quality = len(self._data)
            self._data += qualities
        self._rows.append((start, sequence, sequence, quality, len(bases)))
        self._flags.append(flag)

    def add_pysam(self, record: Any) -> None:
        """Add a ``pysam.AlignedSegment``."""
        bases = (record.query_sequence or "").encode("ascii", "replace")
        values = record.query_qualities
        self.add(
            (record.query_name or "").encode("utf-8", "replace"),
            record.flag,
            bases,
            bytes(values).translate(_TO_CHARACTERS) if values is not None and len(values) == len(bases) else None,
        )

    def take(self) -> ReadBatch:
        """The batch so far; the builder begins anew."""
        data = np.frombuffer(self._data, np.uint8).copy()
        rows = np.array(self._rows, np.int64).T.copy()
        flags = np.array(self._flags, np.int32)
        batch = ReadBatch(
            data=data,
            name_start=rows[k.NAME_START],
            name_end=rows[k.NAME_END],
            sequence_start=rows[k.SEQUENCE_START],
            quality_start=rows[k.QUALITY_START],
            length=rows[k.LENGTH],
            first_record=self._source.record_count + 1,
            flag=flags,
        )
        self._source.count_flags(batch, flags)
        self._data = bytearray()
        self._rows = []
        self._flags = []
        return batch
