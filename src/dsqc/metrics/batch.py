"""The one check of a batch before kernels see it, and the choice of what counts as a read."""

import numpy as np

from dsqc.errors import SystemFault
from dsqc.formats.batch import ReadBatch
from dsqc.kernels.length import longest_inside
from dsqc.kernels.orientation import REVERSE, complement_table, turn_reverse_reads

SECONDARY = 0x100
SUPPLEMENTARY = 0x800
NOT_PRIMARY = SECONDARY | SUPPLEMENTARY

_COMPLEMENT = complement_table()


def check_batch(batch: ReadBatch) -> int:
    """Prove that kernels, which check no bounds, may work on ``batch``.

    Returns:
        The longest read's length; 0 for an empty batch.

    Raises:
        SystemFault: an array has another type or length than ``ReadBatch`` promises, or a read leaves the buffer.
    """
    number = len(batch.length)
    columns = (batch.sequence_start, batch.quality_start, batch.length)
    if batch.data.dtype != np.uint8 or any(column.dtype != np.int64 or len(column) != number for column in columns):
        raise SystemFault("A reader gave a batch with arrays of a wrong type or length.")
    if batch.flag is not None and (batch.flag.dtype != np.int32 or len(batch.flag) != number):
        raise SystemFault("A reader gave a batch with flags of a wrong type or number.")
    longest = int(longest_inside(len(batch.data), *columns))
    if longest < 0:
        raise SystemFault("A reader gave a batch whose reads lie outside its buffer.")
    return longest


def sequenced_reads(batch: ReadBatch) -> ReadBatch:
    """The reads of ``batch`` as the instrument gave them, each once.

    Of alignments only the primary records stay (a secondary or supplementary record shows bases of a read that has its
    own primary record), and reads on the reverse strand are turned back. A batch of FASTQ comes back as it is.

    The buffer of ``batch`` is changed where it is writable; it belongs to the reader and is refilled anyway.
    """
    if batch.flag is None:
        return batch
    check_batch(batch)
    keep = (batch.flag & NOT_PRIMARY) == 0
    whole = bool(keep.all())
    kept = ReadBatch(
        data=batch.data if batch.data.flags.writeable else batch.data.copy(),
        name_start=batch.name_start if whole else batch.name_start[keep],
        name_end=batch.name_end if whole else batch.name_end[keep],
        sequence_start=batch.sequence_start if whole else batch.sequence_start[keep],
        quality_start=batch.quality_start if whole else batch.quality_start[keep],
        length=batch.length if whole else batch.length[keep],
        first_record=batch.first_record,
        flag=batch.flag if whole else batch.flag[keep],
    )
    if kept.flag is not None and bool((kept.flag & REVERSE).any()):
        turn_reverse_reads(kept.data, kept.sequence_start, kept.quality_start, kept.length, kept.flag, _COMPLEMENT)
    return kept
