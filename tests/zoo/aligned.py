"""The valid alignments that the zoo damages: one set of mates as SAM, BAM and CRAM, and an unaligned BAM."""

import hashlib
import random
import re
import struct
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pysam

from helpers.reads import bgzf

_RNG = random.Random(407)
CHROMOSOMES = {"chr1": "".join(_RNG.choices("ACGT", k=3000)), "chr2": "".join(_RNG.choices("ACGT", k=1200))}
FASTA = "".join(f">{name}\n{bases}\n" for name, bases in CHROMOSOMES.items()).encode()
OTHER_FASTA = "".join(f">{name}\n{bases[::-1]}\n" for name, bases in CHROMOSOMES.items()).encode()
PARTIAL_FASTA = f">chr1\n{CHROMOSOMES['chr1']}\n".encode()
PAIRS, LENGTH, INSERT = 24, 50, 180


def _m5(bases: str) -> str:
    return hashlib.md5(bases.encode(), usedforsecurity=False).hexdigest()


HEADER = [
    "@HD\tVN:1.6\tSO:coordinate",
    *(f"@SQ\tSN:{name}\tLN:{len(bases)}\tM5:{_m5(bases)}" for name, bases in CHROMOSOMES.items()),
    "@RG\tID:lane1\tSM:leaf\tLB:leaf_1\tPL:ILLUMINA\tPU:22GTYVLT3.1",
    "@PG\tID:bwa\tPN:bwa\tVN:0.7.17\tCL:bwa mem",
]


def _pair(index: int) -> list[tuple[int, int, str]]:
    """Two records of a proper pair: chromosome, position, line."""
    chromosome = index * 3 // (2 * PAIRS)
    name, bases = list(CHROMOSOMES.items())[chromosome]
    first = 20 + (index * 97) % (len(bases) - INSERT - 40)
    second = first + INSERT - LENGTH
    made = []
    for start, other, flag, size in ((first, second, 99, INSERT), (second, first, 147, -INSERT)):
        qualities = "".join(_RNG.choices("#,8F", (1, 4, 10, 85), k=LENGTH))
        line = (
            f"LH00417:91:22GTYVLT3:1:1101:{1000 + index}:1098\t{flag}\t{name}\t{start + 1}\t60\t{LENGTH}M\t="
            f"\t{other + 1}\t{size}\t{bases[start : start + LENGTH]}\t{qualities}\tNM:i:0\tMD:Z:{LENGTH}\tRG:Z:lane1"
        )
        made.append((chromosome, start, line))
    return made


RECORDS = [line for _chromosome, _start, line in sorted(record for index in range(PAIRS) for record in _pair(index))]
SAM = "\n".join([*HEADER, *RECORDS, ""]).encode()
UNALIGNED_HEADER = ["@HD\tVN:1.6\tSO:queryname", HEADER[3], "@PG\tID:basecaller\tPN:basecaller"]
UNALIGNED = [
    f"read{index}\t{flag}\t*\t0\t0\t*\t*\t0\t0\t{'ACGTTGCA' * 5}\t{'F' * 40}\tRG:Z:lane1"
    for index in range(20)
    for flag in (77, 141)
]


# BAM, written here byte by byte (SAM specification 4.2) so that every field can be damaged.

_LETTERS = {letter: code for code, letter in enumerate("=ACMGRSVTWYHKDBN")}
_OPERATIONS = {letter: code for code, letter in enumerate("MIDNSHP=X")}
REFERENCE, POSITION, NAME_SIZE, MAPQ, BIN, CIGARS, FLAG, BASES, MATE_REFERENCE, MATE_POSITION, TEMPLATE, NAME = (
    4, 8, 12, 13, 14, 16, 18, 20, 24, 28, 32, 36)  # fmt: skip
"""Offsets in a record, from its size field on."""


def _bin(begin: int, end: int) -> int:
    """The bin of a region (SAM specification 4.2.1)."""
    end -= 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if begin >> shift == end >> shift:
            return first + (begin >> shift)
    return 0


def encoded(line: str) -> bytes:
    """One record of BAM."""
    fields = line.split("\t")
    names = list(CHROMOSOMES)
    reference = names.index(fields[2]) if fields[2] != "*" else -1
    mate = reference if fields[6] == "=" else names.index(fields[6]) if fields[6] != "*" else -1
    cigar = [int(size) << 4 | _OPERATIONS[kind] for size, kind in re.findall(r"(\d+)(\D)", fields[5])]
    bases = "" if fields[9] == "*" else fields[9]
    codes = [_LETTERS[letter] for letter in bases] + [0]
    packed = bytes(codes[n] << 4 | codes[n + 1] for n in range(0, len(bases), 2))
    qualities = bytes(ord(letter) - 33 for letter in fields[10]) if fields[10] != "*" else b"\xff" * len(bases)
    position = int(fields[3]) - 1
    name = fields[0].encode() + b"\0"
    tags = b"".join(_tag(tag) for tag in fields[11:])
    span = max(1, sum(word >> 4 for word in cigar if word & 15 in (0, 2, 3, 7, 8)))
    fixed = struct.pack(
        "<iiBBHHHiiii", reference, position, len(name), int(fields[4]), _bin(position, position + span), len(cigar),
        int(fields[1]), len(bases), mate, int(fields[7]) - 1, int(fields[8]),
    )  # fmt: skip
    body = fixed + name + struct.pack(f"<{len(cigar)}I", *cigar) + packed + qualities + tags
    return struct.pack("<i", len(body)) + body


def _tag(tag: str) -> bytes:
    name, kind, value = tag.split(":", 2)
    if kind == "i":
        return name.encode() + b"i" + struct.pack("<i", int(value))
    return name.encode() + kind.encode() + value.encode() + b"\0"


def bam_header(lines: list[str], listed: dict[str, int] | None = None) -> bytes:
    """Magic, text and list of references."""
    text = "".join(line + "\n" for line in lines).encode()
    if listed is None:
        listed = {name: len(bases) for name, bases in CHROMOSOMES.items()}
    rows = (
        struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", n) for name, n in listed.items()
    )
    return b"BAM\1" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(listed)) + b"".join(rows)


BAM_HEADER = bam_header(HEADER)
BAM_RECORDS = [encoded(line) for line in RECORDS]
PARTS = [BAM_HEADER, *(b"".join(BAM_RECORDS[start : start + 12]) for start in range(0, len(BAM_RECORDS), 12))]
"""The header, and the records in parts of twelve: a BGZF block each."""
BAM = bgzf(PARTS)
UNALIGNED_BAM = bgzf([bam_header(UNALIGNED_HEADER, {}), b"".join(map(encoded, UNALIGNED))])


def record_at(number: int) -> int:
    """Offset of record ``number`` (from 1) in the uncompressed BAM."""
    return len(BAM_HEADER) + sum(map(len, BAM_RECORDS[: number - 1]))


def bam_of(records: list[bytes], header: bytes = BAM_HEADER) -> bytes:
    """A BAM of these records."""
    return bgzf([header, *(b"".join(records[start : start + 12]) for start in range(0, len(records), 12))])


def bam_with(number: int, change: Callable[[bytes], bytes]) -> bytes:
    """The BAM with record ``number`` (from 1) changed."""
    return bam_of([change(record) if index == number else record for index, record in enumerate(BAM_RECORDS, start=1)])


def field(at: int, kind: str, value: int) -> Callable[[bytes], bytes]:
    """Set one field of a record: ``kind`` as :mod:`struct` names it."""
    new = struct.pack(f"<{kind}", value)
    return lambda record: record[:at] + new + record[at + len(new) :]


def resized(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """``change`` a record's body, and state its new size."""

    def apply(record: bytes) -> bytes:
        body = change(record)[4:]
        return struct.pack("<i", len(body)) + body

    return apply


def sam_with(number: int, column: int, value: str) -> bytes:
    """The SAM with one field (from 1, as the specification counts) of record ``number`` changed."""
    records = list(RECORDS)
    fields = records[number - 1].split("\t")
    fields[column - 1] = value
    records[number - 1] = "\t".join(fields)
    return "\n".join([*HEADER, *records, ""]).encode()


def sam_header(*lines: str) -> bytes:
    """The records under another header."""
    return "\n".join([*lines, *RECORDS, ""]).encode()


@cache
def cram(version: str) -> bytes:
    """The same records as CRAM by htslib, ten records a container; made once, because htslib notes its place."""
    options = [f"version={version}".encode(), b"seqs_per_slice=10"]
    with tempfile.TemporaryDirectory() as folder:
        fasta, path, text = Path(folder) / "reference.fa", Path(folder) / "r.cram", Path(folder) / "r.sam"
        fasta.write_bytes(FASTA)
        text.write_bytes(SAM)
        with pysam.AlignmentFile(text, check_sq=False) as source:
            target = pysam.AlignmentFile(
                path, "wc", header=source.header, reference_filename=str(fasta), format_options=options
            )
            for record in source:
                target.write(record)
            target.close()
        made = path.read_bytes()
        return made[:6] + bytes(20) + made[26:]  # without the name of the file, which is that of the moment


@cache
def index(data: bytes, name: str) -> bytes:
    """The index that htslib makes of a BAM or CRAM of this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        pysam.index(str(path))
        return next(other for other in Path(folder).iterdir() if other != path).read_bytes()


def cram_containers(data: bytes) -> list[tuple[int, int]]:
    """Where the containers of a CRAM 3 begin and end, the end container included."""
    found, at = [], 26
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        place = at + 4
        numbers = []
        for field_number in range(8):
            size = _size(data[place], 8 if field_number in (4, 5) else 4)
            numbers.append(_number(data[place : place + size]))
            place += size
        for _ in range(numbers[7]):
            place += _size(data[place], 4)
        end = place + 4 + length
        found.append((at, end))
        at = end
    return found


def _size(first: int, most: int) -> int:
    more = 0
    while more < most and first & (0x80 >> more):
        more += 1
    return 1 + more


def _number(stored: bytes) -> int:
    """A number of up to four bytes as CRAM stores it (specification 2.3); longer ones are not needed here."""
    first = stored[0] & (0x7F >> (len(stored) - 1))
    return int.from_bytes(bytes([first]) + stored[1:], "big")
