"""Reads made in code, the files that hold them, and a slow, obvious FASTQ parser to compare with."""

import bz2
import gzip
import io
import lzma
import random
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pysam
import zstandard

from dsqc.findings import FindingLog
from dsqc.formats import Integrity, ReadSource, open_reads

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
ALPHABET = frozenset("ACGTURYSWKMBDHVN.-acgturyswkmbdhvn")


class Read(NamedTuple):
    """One read; qualities as characters, None where there are none."""

    name: str
    bases: str
    qualities: str | None


def make_reads(number: int, seed: int = 1, *, shortest: int = 1, longest: int = 80) -> list[Read]:
    """Plausible reads with distinct names."""
    rng = random.Random(seed)
    reads = []
    for index in range(number):
        length = rng.randint(shortest, longest)
        bases = "".join(rng.choices("ACGTN", (30, 20, 20, 30, 1), k=length))
        qualities = _qualities(rng, length)
        reads.append(Read(f"run{seed}:{index}:{rng.randrange(10**6)} 1:N:0:ACGT", bases, qualities))
    return reads


def _qualities(rng: random.Random, length: int) -> str:
    """Characters of Phred 0 to 41: what ``rng.randint(0, 41)`` gives, without its arithmetic at every base."""
    bits, scores = rng.getrandbits, bytearray()
    while len(scores) < length:
        if (score := bits(6)) <= 41:
            scores.append(33 + score)
    return scores.decode("ascii")


def fastq(reads: Iterable[Read], *, newline: str = "\n", width: int | None = None) -> bytes:
    """FASTQ text; ``width`` wraps sequences and qualities."""

    def lines(text: str) -> str:
        if width is None or not text:
            return text + newline
        return "".join(text[start : start + width] + newline for start in range(0, len(text), width))

    return "".join(
        f"@{read.name}{newline}{lines(read.bases)}+{newline}{lines(read.qualities or '')}" for read in reads
    ).encode()


def split_at(text: bytes, cuts: Iterable[int]) -> list[bytes]:
    """``text`` in parts, cut at the places that lie inside it."""
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(places)] or [b""]


def bgzf_block(data: bytes, level: int = 6) -> bytes:
    """One BGZF block (SAM specification 4.1)."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + struct.pack("<H", len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def bgzf(parts: Iterable[bytes], *, end: bool = True) -> bytes:
    """BGZF with a block for each part (of at most 60,000 bytes)."""
    return b"".join(map(bgzf_block, parts)) + (BGZF_END if end else b"")


def gzip_members(parts: Iterable[bytes]) -> bytes:
    """gzip with a member for each part."""
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def bzip2_streams(parts: Iterable[bytes]) -> bytes:
    """bzip2 with a stream for each part."""
    return b"".join(map(bz2.compress, parts))


def zstd_frames(parts: Iterable[bytes]) -> bytes:
    """zstd with a frame for each part."""
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    return b"".join(compressor.compress(part) for part in parts)


def xz_streams(parts: Iterable[bytes]) -> bytes:
    """xz with a stream for each part, and padding between them."""
    return bytes(4).join(map(lzma.compress, parts))


WRAPPERS = {
    "plain": b"".join,
    "gzip": gzip_members,
    "bgzf": bgzf,
    "bzip2": bzip2_streams,
    "zstd": zstd_frames,
    "xz": xz_streams,
}
EXTENSIONS = {"plain": "", "gzip": ".gz", "bgzf": ".gz", "bzip2": ".bz2", "zstd": ".zst", "xz": ".xz"}


@dataclass
class Outcome:
    """What reading a file gave."""

    reads: list[Read]
    flags: list[int]
    log: FindingLog
    source: ReadSource

    @property
    def codes(self) -> list[str]:
        """Codes of the findings that are errors, without the common prefix, each once."""
        return sorted({item.code.removeprefix("DSQC-") for item in self.log if item.severity == "error"})

    @property
    def all_codes(self) -> list[str]:
        """Codes of all findings, each once."""
        return sorted({item.code.removeprefix("DSQC-") for item in self.log})

    @property
    def integrity(self) -> Integrity:
        """What the file proved to be."""
        return self.source.integrity


def collect(source: ReadSource, log: FindingLog) -> Outcome:
    """Read everything that ``source`` gives."""
    reads: list[Read] = []
    flags: list[int] = []
    with source:
        for batch in source.batches():
            assert batch.first_record == len(reads) + 1
            data = batch.data.tobytes()
            for row in range(len(batch)):
                start, length, quality = (
                    int(column[row]) for column in (batch.sequence_start, batch.length, batch.quality_start)
                )
                qualities = None if quality < 0 else data[quality : quality + length].decode("latin-1")
                bases = data[start : start + length].decode("latin-1")
                name = data[batch.name_start[row] : batch.name_end[row]].decode("utf-8", "surrogateescape")
                reads.append(Read(name, bases, qualities))
            if batch.flag is not None:
                flags.extend(batch.flag.tolist())
    assert source.record_count == len(reads)
    return Outcome(reads, flags, log, source)


def read_bytes(data: bytes, name: str = "reads.fastq", *, threads: int = 1, reference: Path | None = None) -> Outcome:
    """Read ``data`` as if it were the file ``name``."""
    log = FindingLog()
    return collect(open_reads(io.BytesIO(data), log, name=name, threads=threads, reference=reference), log)


def read_path(path: Path, *, threads: int = 2, reference: Path | None = None) -> Outcome:
    """Read a file."""
    log = FindingLog()
    return collect(open_reads(path, log, threads=threads, reference=reference), log)


def parse_slowly(text: bytes) -> tuple[list[Read], bool]:
    """FASTQ as its grammar says, a line at a time; whether the grammar held to the end.

    A read whose qualities are not as many as its bases is given with the smaller number, as dsqc does.
    """
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    lines = [line.removesuffix(b"\r") for line in lines]
    while lines and lines[-1] == b"" and (len(lines) < 4 or not _is_line_of_qualities(lines)):
        lines.pop()
    reads: list[Read] = []
    position = 0
    while position < len(lines):
        record = _record(lines, position)
        if record is None:
            return reads, False
        read, position = record
        reads.append(read)
    return reads, True


def _is_line_of_qualities(lines: Sequence[bytes]) -> bool:
    """Whether the last line, which is empty, is that of a read without qualities, and not one behind the reads."""
    return lines[-2][:1] == b"+" and lines[-4][:1] == b"@"


def _record(lines: Sequence[bytes], position: int) -> tuple[Read, int] | None:
    name = lines[position]
    if name[:1] != b"@" or b"\0" in name:
        return None
    position += 1
    bases = b""
    number = 0
    while position < len(lines) and not (number > 0 and lines[position][:1] == b"+"):
        line = lines[position]
        if number > 0 and (not line or not set(line.decode("latin-1")) <= ALPHABET or not bases):
            return None
        bases += line
        number += 1
        position += 1
    if position >= len(lines) - 1:
        return None
    position += 1
    qualities = lines[position]
    position += 1
    follows = lines[position] if position < len(lines) else b""
    if number > 1 or (0 < len(qualities) < len(bases) and follows[:1] not in (b"", b"@")):
        while position < len(lines) and len(qualities) < len(bases):
            qualities += lines[position]
            position += 1
    size = min(len(bases), len(qualities))
    text = name[1:].decode("utf-8", "surrogateescape")
    return Read(text, bases[:size].decode("latin-1"), qualities[:size].decode("latin-1")), position


def bam(path: Path, reads: Sequence[Read], flags: Sequence[int], header: dict[str, object] | None = None) -> bytes:
    """An unaligned BAM written by htslib."""
    with pysam.AlignmentFile(path, "wb", header=header or {"HD": {"VN": "1.6", "SO": "unsorted"}}) as file:
        for read, flag in zip(reads, flags, strict=True):
            record = pysam.AlignedSegment(file.header)
            record.query_name = read.name.split()[0]
            record.flag = flag
            record.query_sequence = read.bases
            if read.qualities is not None:
                record.query_qualities = pysam.qualitystring_to_array(read.qualities)
            record.set_tag("RX", "ACGT-TTGA")
            record.set_tag("XB", [1, -2, 3])
            file.write(record)
    return path.read_bytes()
