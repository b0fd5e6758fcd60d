"""Alignments as batches, read slowly from what htslib writes: independent of the project's own readers."""

import random
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pysam

from dsqc.formats.batch import AlignmentColumns, ReadBatch

LETTERS = "=ACMGRSVTWYHKDBN"


def read_records(path: Path) -> tuple[list[int], list[bytes]]:
    """Lengths of the references and the raw records of a BAM file (SAM specification 4.2)."""
    with pysam.BGZFile(str(path)) as file:
        assert file.read(4) == b"BAM\x01"
        file.read(struct.unpack("<i", file.read(4))[0])
        lengths = []
        for _ in range(struct.unpack("<i", file.read(4))[0]):
            file.read(struct.unpack("<i", file.read(4))[0])
            lengths.append(struct.unpack("<i", file.read(4))[0])
        records = []
        while head := file.read(4):
            records.append(file.read(struct.unpack("<i", head)[0]))
    return lengths, records


def _letters(packed: bytes, bases: int) -> bytes:
    text = "".join(LETTERS[value >> 4] + LETTERS[value & 15] for value in packed)
    return text[:bases].encode()


def batch_of(records: Sequence[bytes], lengths: Sequence[int], first_record: int = 1) -> ReadBatch:
    """One batch of raw records."""
    data, raw, rows = bytearray(), bytearray(), []
    for record in records:
        reference, place, names, quality, _bin, operations, flag, bases, mate, mate_place, template = struct.unpack(
            "<iiBBHHHiiii", record[:32]
        )
        start = len(raw)
        raw += record
        cigar = 32 + names
        packed = cigar + 4 * operations
        qualities = packed + (bases + 1) // 2
        tags = qualities + bases
        name_start = len(data)
        data += record[32 : cigar - 1]
        name_end = len(data)
        data += _letters(record[packed:qualities], bases)
        values = record[qualities:tags]
        quality_start = len(data)
        if bases and values[0] == 255:
            quality_start = -1
        else:
            data += bytes((value + 33) & 255 for value in values)
        places = (name_start, name_end, name_end, quality_start, bases, start, len(raw), start + cigar, operations)
        rows.append((*places, start + tags, flag, reference, place, mate, mate_place, template, quality))
    table = np.array(rows, np.int64).reshape(len(rows), 17).T
    long = [row.copy() for row in table]
    short = [row.astype(np.int32) for row in table]
    return ReadBatch(
        data=np.frombuffer(bytes(data), np.uint8).copy(),
        name_start=long[0],
        name_end=long[1],
        sequence_start=long[2],
        quality_start=long[3],
        length=long[4],
        first_record=first_record,
        flag=short[10],
        alignment=AlignmentColumns(
            records=np.frombuffer(bytes(raw), np.uint8),
            record_start=long[5],
            record_end=long[6],
            reference_id=short[11],
            position=short[12],
            mapping_quality=table[16].astype(np.uint8),
            mate_reference_id=short[13],
            mate_position=short[14],
            template_length=short[15],
            cigar_start=long[7],
            cigar_count=long[8],
            tags_start=long[9],
            reference_lengths=np.array(lengths, np.int64),
        ),
    )


def batches_of(path: Path, size: int = 1000) -> Iterable[ReadBatch]:
    """The records of a BAM file, ``size`` in a batch."""
    lengths, records = read_records(path)
    for start in range(0, len(records), size):
        yield batch_of(records[start : start + size], lengths, start + 1)


def odd_records(number: int, seed: int, *, flags: Sequence[int] = range(4096), in_order: bool = False) -> list[str]:
    """SAM lines with everything that the format allows: any flags, operations, tags, lengths; plausible or not."""
    rng = random.Random(seed)
    lines = []
    for _ in range(number):
        flag = rng.choice(flags)
        bases = rng.choice((0, 1, 5, 20, 20, 20, 33))
        reference, mate = rng.choice("ab"), rng.choice("ab*=")
        sequence = "".join(rng.choices("ACGTNR=", (9, 9, 9, 9, 2, 1, 1), k=bases)) or "*"
        qualities = "".join(chr(33 + rng.randint(0, 60)) for _ in range(bases)) or "*"
        if rng.random() < 0.1:
            qualities = "*"
        cigar = odd_cigar(bases, rng)
        fields = [
            "r",
            flag,
            reference,
            rng.randint(1, 900),
            rng.choice((0, 3, 5, 60, 255)),
            cigar,
            mate,
            rng.randint(0, 900),
        ]
        fields += [rng.choice((0, 0, 150, -150, 170, -8000, 8001, -9000, 7999)), sequence, qualities]
        lines.append("\t".join(map(str, [*fields, *odd_tags(rng)])))
    return sorted(lines, key=_place) if in_order else lines


def _place(line: str) -> tuple[str, int]:
    fields = line.split("\t")
    return fields[2], int(fields[3])


def odd_cigar(bases: int, rng: random.Random) -> str:
    """A CIGAR that consumes ``bases`` (any for 0)."""
    if not bases:
        return "12M"
    parts: list[tuple[int, str]] = []
    left = bases
    while left:
        size = rng.randint(1, left)
        parts.append((size, rng.choice("MMMM=XI")))
        left -= size
        if left and rng.random() < 0.4:
            parts.append((rng.randint(1, 30), rng.choice("DNP")))
    if rng.random() < 0.3 and len(parts) > 1:
        parts[0] = (parts[0][0], "S")
    if rng.random() < 0.2:
        parts.insert(0, (rng.randint(1, 9), "H"))
    if rng.random() < 0.2:
        parts.append((rng.randint(1, 9), "H"))
    return "".join(f"{size}{kind}" for size, kind in parts)


def odd_tags(rng: random.Random) -> list[str]:
    """Tags in any order and of any type, NM and MD sometimes among them."""
    tags = ["XZ:Z:some text", "XB:B:s,1,-2,3", "XA:A:c", "XF:f:1.5", "XH:H:1AE3", "Xi:i:-70000"]
    rng.shuffle(tags)
    tags = tags[: rng.randint(0, 6)]
    if rng.random() < 0.7:
        tags.insert(rng.randint(0, len(tags)), f"NM:i:{rng.choice((0, 0, 1, 7, 300, 70000))}")
    elif rng.random() < 0.3:
        tags.append(rng.choice(("NM:Z:12", "NM:f:3.0", "NM:A:4")))
    return tags


def write_bam(path: Path, lines: Sequence[str], header: str) -> Path:
    """SAM lines as BAM, written by htslib."""
    text = path.with_suffix(".sam")
    text.write_text(header + "".join(f"{line}\n" for line in lines), encoding="ascii")
    verbosity = pysam.set_verbosity(0)
    with pysam.AlignmentFile(str(text), check_sq=False) as source, pysam.AlignmentFile(path, "wb", source) as target:
        for record in source:
            target.write(record)
    pysam.set_verbosity(verbosity)
    return path
