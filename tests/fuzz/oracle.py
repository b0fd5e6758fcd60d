"""What small files are, said by slow and obvious code that shares nothing with the project's readers."""

import bz2
import lzma
import re
import struct
import zlib
from dataclasses import dataclass

import zstandard

BASES = re.compile(rb"[ACGTURYSWKMBDHVN.\-acgturyswkmbdhvn]+")
AMBIGUOUS = re.compile(rb"[^ACGTUacgtu]")
QUALITIES = re.compile(rb"[!-~]*")
LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Truth:
    """What a file is: ``reads`` as (bases, qualities) where ``valid``; ``count`` is -1 where it cannot be told."""

    valid: bool
    count: int = -1
    reads: tuple[tuple[bytes, bytes], ...] = ()


BROKEN = Truth(valid=False)
UNKNOWN = Truth(valid=False, count=-2)
"""Nothing can be said."""


# Containers: the data, or None where they are damaged.


def ungzip(data: bytes) -> bytes | None:
    """Strictly as RFC 1952 and, of blocks with a BC field, as the SAM specification 4.1 says; all of ``data``."""
    parts, at, members, blocks, ended = [], 0, 0, 0, False
    while at < len(data):
        header = _gzip_header(data, at)
        if header is None:
            return None
        begin, block = header
        inflater = zlib.decompressobj(-15)
        try:
            part = inflater.decompress(data[begin:])
        except zlib.error:
            return None
        end = len(data) - len(inflater.unused_data)
        if not inflater.eof or data[end : end + 8] != struct.pack("<II", zlib.crc32(part), len(part) & 0xFFFFFFFF):
            return None
        if block is not None and (at + block != end + 8 or len(part) > 1 << 16):
            return None
        members += 1
        blocks += block is not None
        ended = block is not None and not part
        parts.append(part)
        at = end + 8
    if not members or (blocks == members and not ended):
        return None
    return b"".join(parts)


def _gzip_header(data: bytes, start: int) -> tuple[int, int | None] | None:
    """Where the deflate data begins, and the size that a BGZF block states."""
    head = data[start : start + 10]
    if len(head) < 10 or head[:3] != b"\x1f\x8b\x08" or head[3] & 0xE0:
        return None
    flags, at, block = head[3], start + 10, None
    if flags & 4:
        size = int.from_bytes(data[at : at + 2], "little")
        extra = data[at + 2 : at + 2 + size]
        if len(data) < at + 2 + size:
            return None
        at += 2 + size
        while len(extra) >= 4:
            length = int.from_bytes(extra[2:4], "little")
            if extra[:2] == b"BC" and length == 2 and len(extra) >= 6 and block is None:
                block = int.from_bytes(extra[4:6], "little") + 1
            extra = extra[4 + length :]
    for flag in (8, 16):
        if flags & flag:
            end = data.find(b"\0", at)
            if end < 0:
                return None
            at = end + 1
    if flags & 2:
        if data[at : at + 2] != struct.pack("<H", zlib.crc32(data[start:at]) & 0xFFFF):
            return None
        at += 2
    return at, block


def unbzip2(data: bytes) -> bytes | None:
    """All streams, and nothing behind them."""
    parts = []
    while data or not parts:
        stream = bz2.BZ2Decompressor()
        try:
            parts.append(stream.decompress(data))
        except OSError:
            return None
        if not stream.eof:
            return None
        data = stream.unused_data
    return b"".join(parts)


def unzstd(data: bytes) -> bytes | None:
    """All frames, skippable ones passed over, and nothing behind them."""
    parts = []
    seen = False
    while data:
        if data[1:4] == b"\x2a\x4d\x18" and data[0] & 0xF0 == 0x50:
            size = int.from_bytes(data[4:8], "little")
            if len(data) < 8 + size:
                return None
            data, seen = data[8 + size :], True
            continue
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            parts.append(frame.decompress(data))
        except zstandard.ZstdError:
            return None
        if not frame.eof:
            return None
        data, seen = frame.unused_data, True
    return b"".join(parts) if seen else None


def unxz(data: bytes) -> bytes | None:
    """All streams with their padding, and nothing behind them."""
    parts = []
    while data or not parts:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        try:
            parts.append(stream.decompress(data))
        except lzma.LZMAError:
            return None
        if not stream.eof:
            return None
        rest = stream.unused_data.lstrip(b"\0")
        if (len(stream.unused_data) - len(rest)) % 4:
            return None
        data = rest
    return b"".join(parts)


UNWRAP = {"plain": bytes, "gzip": ungzip, "bgzf": ungzip, "bzip2": unbzip2, "zstd": unzstd, "xz": unxz}


# Texts.


def judge_fastq(text: bytes) -> Truth:
    """FASTQ by its grammar, a line at a time: names, alphabets, lengths; wrapped records as well."""
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n")]
    if text.endswith(b"\n") or not text:
        lines.pop()
    while lines and not lines[-1] and not _is_empty_quality(lines):
        lines.pop()
    reads: list[tuple[bytes, bytes]] = []
    valid, at, total, ambiguous = True, 0, 0, 0
    while at < len(lines):
        name = lines[at]
        record = _record(lines, at + 1)
        if name[:1] != b"@" or b"\0" in name or record is None:
            return BROKEN
        bases, qualities, at = record
        short = len(re.split(rb"[ \t]", name[1:], maxsplit=1)[0]) <= LONGEST_NAME
        fits = len(bases) == len(qualities) > 0
        valid = valid and short and fits and BASES.fullmatch(bases) and QUALITIES.fullmatch(qualities) is not None
        reads.append((bases, qualities))
        total += len(bases)
        ambiguous += len(AMBIGUOUS.findall(bases))
    if not valid or not reads or 2 * ambiguous > total:
        return BROKEN
    return Truth(valid=True, count=len(reads), reads=tuple(reads))


def _is_empty_quality(lines: list[bytes]) -> bool:
    return len(lines) >= 4 and lines[-2][:1] == b"+" and not lines[-3] and lines[-4][:1] == b"@"


def _record(lines: list[bytes], at: int) -> tuple[bytes, bytes, int] | None:
    """Bases, qualities, and the line behind the record; None where it is none."""
    first = at
    while at < len(lines) and (at == first or lines[at][:1] != b"+"):
        if at > first and (not lines[first] or not BASES.fullmatch(lines[at])):
            return None
        at += 1
    if at > first + 1 and not BASES.fullmatch(lines[first]):
        return None
    bases = b"".join(lines[first:at])
    wrapped = at > first + 1
    at += 1
    if at >= len(lines):
        return None
    qualities = lines[at]
    at += 1
    follows = lines[at][:1] if at < len(lines) else b""
    if wrapped or (0 < len(qualities) < len(bases) and follows not in (b"", b"@")):
        while at < len(lines) and len(qualities) < len(bases):
            qualities += lines[at]
            at += 1
    return bases, qualities, at


def judge_sam(text: bytes) -> Truth:
    """Whether every line behind the header has the eleven fields of SAM; how many there are."""
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    header = True
    count = 0
    for line in lines:
        header = header and line.startswith(b"@")
        if header:
            continue
        fields = line.removesuffix(b"\r").split(b"\t")
        if len(fields) < 11 or len(fields[9]) != len(fields[10]) != 1:
            return BROKEN
        count += 1
    return Truth(valid=count > 0, count=count)


def judge_bam(data: bytes) -> Truth:
    """Whether header and records of uncompressed BAM hold together by their sizes; how many records there are."""
    try:
        at = _bam_header(data)
    except struct.error:
        return BROKEN
    count = 0
    while at is not None and at < len(data):
        if len(data) < at + 36:
            return BROKEN
        size, reference, position, names, _quality, _bin, operations, _flag, bases = struct.unpack_from(
            "<iiiBBHHHi", data, at
        )
        needed = 32 + names + 4 * operations + (bases + 1) // 2 + bases
        if size < needed or bases < 0 or names == 0 or len(data) < at + 4 + size or position < -1 or reference < -1:
            return BROKEN
        if data[at + 36 : at + 36 + names].find(b"\0") != names - 1:
            return BROKEN
        at += 4 + size
        count += 1
    return Truth(valid=at is not None and count > 0, count=count)


def _bam_header(data: bytes) -> int | None:
    """Where the records begin."""
    magic, size = struct.unpack_from("<4si", data)
    if magic != b"BAM\1" or size < 0:
        return None
    at = 8 + size
    (number,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(number):
        (size,) = struct.unpack_from("<i", data, at)
        struct.unpack_from("<i", data, at + 4 + size)
        if size < 0:
            return None
        at += 8 + size
    return at if number >= 0 else None
