"""Alignment records as tuples, from dsqc's columns and from pysam, the independent reader."""

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pysam

from dsqc.findings import Finding, FindingLog
from dsqc.formats import ReadBatch
from dsqc.formats.alignment import AlignmentSource
from dsqc.formats.bam import BamSource
from dsqc.formats.container import BlockReader
from dsqc.formats.sam import SamSource
from dsqc.formats.stored import StoredBytes
from dsqc.model import Container


class Record(NamedTuple):
    """One record in full."""

    name: str
    flag: int
    reference_id: int
    position: int
    mapping_quality: int
    cigar: list[tuple[int, int]]
    mate_reference_id: int
    mate_position: int
    template_length: int
    bases: str
    qualities: bytes | None
    tags: list[str]


def of_batch(batch: ReadBatch) -> list[Record]:
    """The records of a batch by its columns."""
    found = batch.alignment
    assert found is not None
    assert batch.flag is not None
    records, data = found.records.tobytes(), batch.data.tobytes()
    rows = []
    for row in range(len(batch)):
        words = np.frombuffer(records, "<u4", found.cigar_count[row], found.cigar_start[row])
        start, length, quality = batch.sequence_start[row], batch.length[row], batch.quality_start[row]
        rows.append(
            Record(
                batch.name(row),
                *(int(batch.flag[row]), int(found.reference_id[row]), int(found.position[row])),
                int(found.mapping_quality[row]),
                [(int(word & 15), int(word >> 4)) for word in words],
                *(int(found.mate_reference_id[row]), int(found.mate_position[row]), int(found.template_length[row])),
                data[start : start + length].decode(),
                None if quality < 0 or not length else data[quality : quality + length],
                _tags(records[found.tags_start[row] : found.record_end[row]]),
            )
        )
    return rows


_SIZES = {"A": 1, "c": 1, "C": 1, "s": 2, "S": 2, "i": 4, "I": 4, "f": 4}


def _tags(raw: bytes) -> list[str]:
    """Names of the tags, but for CG."""
    names = []
    while raw:
        names.append(raw[:2].decode())
        kind, raw = chr(raw[2]), raw[3:]
        if kind in "ZH":
            raw = raw[raw.index(0) + 1 :]
        elif kind == "B":
            raw = raw[5 + _SIZES[chr(raw[0])] * int.from_bytes(raw[1:5], "little") :]
        else:
            raw = raw[_SIZES[kind] :]
    return [name for name in names if name != "CG"]


def of_pysam(record: pysam.AlignedSegment) -> Record:
    """A record as htslib has it."""
    qualities = record.query_qualities
    return Record(
        record.query_name or "*",
        *(record.flag, record.reference_id, record.reference_start, record.mapping_quality),
        [(int(kind), size) for kind, size in record.cigartuples or []],
        *(record.next_reference_id, record.next_reference_start, record.template_length),
        record.query_sequence or "",
        None if qualities is None else bytes(value + 33 for value in qualities),
        [name for name, _value in record.tags],
    )


def pysam_records(path: Path, reference: Path | None = None) -> list[Record]:
    """All records of a file by pysam."""
    name = str(reference) if reference else None
    with pysam.AlignmentFile(path, check_sq=False, reference_filename=name) as file:
        return [of_pysam(record) for record in file.fetch(until_eof=True)]


def source(data: bytes, log: FindingLog, **sizes: Any) -> AlignmentSource:
    """A reader of BAM or SAM with a buffer and batches of chosen size."""
    packed = data[:2] == b"\x1f\x8b"
    container = Container.BGZF if packed else Container.PLAIN
    code = "DSQC-D018" if packed else None
    reader = BlockReader(StoredBytes(io.BytesIO(data), "r"), container, background=False, damage_code=code)
    return (BamSource if packed else SamSource)(reader, log, **sizes)


def read_all(data: bytes, **sizes: Any) -> tuple[list[Record], list[Finding]]:
    """Records and findings."""
    log = FindingLog()
    with source(data, log, **sizes) as opened:
        records = [record for batch in opened.batches() for record in of_batch(batch)]
    return records, list(log)
