"""Damages of containers: gzip, BGZF, bzip2, zstd, xz, and names that lie."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from helpers.damage import cut, flip, put
from helpers.reads import bgzf, bgzf_block
from zoo.case import Case
from zoo.reads import (
    BGZF,
    BLOCKS,
    BZIP2,
    EIGHTS,
    END_BLOCK,
    FIRST_MEMBER,
    GZIP,
    TEXT,
    TWO_MEMBERS,
    XZ,
    ZSTD,
    record_at,
)

GZ = "reads.fastq.gz"
EMPTY_MEMBER = gzip.compress(b"", mtime=0)
BLOCK_START = [sum(map(len, BLOCKS[:number])) for number in range(5)]
Damage = Callable[[bytes], bytes]


def at(offset: int | Callable[[bytes], int]) -> Callable[[bytes], dict[str, int]]:
    """The place ``offset`` of the stored bytes."""
    return lambda valid: {"byte_offset": offset(valid) if callable(offset) else offset}


def gz(name: str, damage: Damage, errors: str, why: str, **more: Any) -> Case:
    """A damage of plain gzip (one member of 10 + n + 8 bytes)."""
    return Case(f"gzip-{name}", GZ, damage, errors, why, **({"of": GZIP} | more))


def blocked(name: str, damage: Damage, errors: str, why: str, **more: Any) -> Case:
    """A damage of BGZF (four blocks of eight records, and the end block)."""
    return Case(f"bgzf-{name}", GZ, damage, errors, why, **({"of": BGZF} | more))


def packed_header(flags: int, fields: bytes, *, crc: int | None = None) -> bytes:
    """gzip with optional header fields; ``crc`` is added to the right CRC16 of the header."""
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff" + fields
    if crc is not None:
        head += struct.pack("<H", (zlib.crc32(head) + crc) & 0xFFFF)
    return head + GZIP[10:]


def size_of_block(data: bytes, number: int, change: int) -> bytes:
    """``data`` with a wrong BSIZE in block ``number`` (from 0)."""
    place = BLOCK_START[number] + 16
    return put(data, place, struct.pack("<H", int.from_bytes(data[place : place + 2], "little") + change))


def archive(kind: str) -> bytes:
    """The text in a zip or tar archive."""
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr(zipfile.ZipInfo("reads.fastq"), TEXT)
    else:
        with tarfile.open(fileobj=buffer, mode="w") as file:
            member = tarfile.TarInfo("reads.fastq")
            member.size = len(TEXT)
            file.addfile(member, io.BytesIO(TEXT))
    return buffer.getvalue()


GZIP_CASES = [
    gz(
        "cut-in-magic", lambda d: d[:1], "F009 D001", "One byte is no gzip file any more; nothing of the data is there."
    ),
    gz("cut-in-header", lambda d: d[:6], "F010", "An upload that broke at once leaves a stub.", place=at(6)),
    gz("cut-behind-header", lambda d: d[:10], "F010", "A header without data is not an empty file.", place=at(10)),
    gz(
        "cut-in-deflate",
        lambda d: d[: len(d) // 2],
        "F010",
        "The commonest damage: a transfer that stopped; fastp 0.23 and FastQC 0.11 end with 0.",
        place=at(lambda d: len(d) // 2),
    ),
    gz(
        "cut-one-byte",
        lambda d: d[:-1],
        "F010",
        "All reads come out, so a reader that does not look at the trailer says nothing.",
        place=at(lambda d: len(d) - 1),
    ),
    gz(
        "cut-before-trailer",
        lambda d: d[:-8],
        "F010",
        "All reads are there, but nothing vouches for them; isal takes it for whole.",
        place=at(lambda d: len(d) - 8),
    ),
    gz(
        "cut-in-trailer",
        lambda d: d[:-4],
        "F010",
        "The CRC is there, the length is not.",
        place=at(lambda d: len(d) - 4),
    ),
    gz(
        "crc-wrong",
        lambda d: flip(d, -8),
        "F010",
        "The reads differ from those that were compressed.",
        place=at(lambda d: len(d) - 8),
    ),
    gz(
        "length-wrong",
        lambda d: flip(d, -4),
        "F010",
        "The length is the only hint where data was lost without a trace in the CRC's favour.",
        place=at(lambda d: len(d) - 8),
    ),
    gz("flip-first-deflate-byte", lambda d: flip(d, 10), "F010", "The block type is wrong: nothing can be inflated."),
    gz(
        "flip-in-deflate",
        lambda d: flip(d, len(d) // 2),
        "F010",
        "One bit on a disk or in memory changes reads; the text may still look like FASTQ.",
    ),
    gz(
        "flip-last-deflate-byte",
        lambda d: flip(d, -9),
        "F010",
        "Damage at the very end comes after all reads were given out.",
    ),
    gz("zeros-in-deflate", lambda d: put(d, 800, bytes(256)), "F010", "A hole that a file system left after a crash."),
    gz(
        "trailing-garbage",
        lambda d: d + b"garbage",
        "F011",
        "gzip itself only warns and ends with 2; something was appended.",
        place=at(len),
    ),
    gz(
        "trailing-zeros",
        lambda d: d + bytes(512),
        "F011",
        "Padding of a tape or block device: the MD5 differs from the sender's.",
        place=at(len),
    ),
    gz(
        "trailing-text",
        lambda d: d + TEXT[:400],
        "F011",
        "Plain reads appended to a compressed file are lost to every reader.",
        place=at(len),
    ),
    gz(
        "trailing-magic",
        lambda d: d + b"\x1f\x8b",
        "F010",
        "A second member that was begun and never written.",
        place=at(lambda d: len(d) + 2),
    ),
    gz(
        "second-member-cut",
        lambda d: d[:-100],
        "F010",
        "The first member is whole, so half of the reads are proven.",
        of=TWO_MEMBERS,
        place=at(lambda d: len(d) - 100),
    ),
    gz(
        "second-member-flip",
        lambda d: flip(d, FIRST_MEMBER + 300),
        "F010",
        "A reader that stops after the first member never sees it.",
        of=TWO_MEMBERS,
    ),
    gz(
        "second-member-crc",
        lambda d: flip(d, -7),
        "F010",
        "Each member has a trailer of its own.",
        of=TWO_MEMBERS,
        place=at(lambda d: len(d) - 8),
    ),
    gz(
        "first-member-crc",
        lambda d: flip(d, FIRST_MEMBER - 8),
        "F010",
        "Damage in the middle of the file.",
        of=TWO_MEMBERS,
        place=at(FIRST_MEMBER - 8),
    ),
    gz(
        "garbage-between-members",
        lambda d: d[:FIRST_MEMBER] + b"?" + d[FIRST_MEMBER:],
        "F011",
        "One byte too many hides all following members.",
        of=TWO_MEMBERS,
        place=at(FIRST_MEMBER),
    ),
    gz(
        "cut-at-member-edge",
        lambda d: cut(d, FIRST_MEMBER) if TEXT[:3000].endswith(b"\n") else d[:FIRST_MEMBER],
        "D001",
        "The container is whole; only the half record at its end tells.",
        of=TWO_MEMBERS,
    ),
    gz(
        "cut-at-record-edge",
        lambda d: gzip.compress(EIGHTS[0], mtime=0),
        "",
        "A whole member of whole records: only an expected count or checksum can tell.",
        of=b"".join(gzip.compress(part, mtime=0) for part in EIGHTS),
        silent=True,
    ),
    gz(
        "reserved-flag",
        lambda d: put(d, 3, b"\x80"),
        "F010",
        "RFC 1952: a reader must refuse reserved flags.",
        place=at(0),
    ),
    gz("method-unknown", lambda d: put(d, 2, b"\x07"), "F010", "Only deflate (8) is defined.", place=at(0)),
    gz(
        "header-crc-wrong",
        lambda d: packed_header(2, b"", crc=1),
        "F010",
        "The header carries a CRC of its own, which readers pass over.",
        place=at(0),
    ),
    gz(
        "name-without-end",
        lambda d: packed_header(8, b"reads.fastq")[:16],
        "F010",
        "The name in the header never ends.",
        place=at(16),
    ),
    gz(
        "extra-longer-than-file",
        lambda d: packed_header(4, b"\xff\xff")[:200],
        "F010",
        "A field of the header that states more bytes than there are.",
        place=at(200),
    ),
    gz(
        "all-header-fields",
        lambda d: packed_header(2 | 4 | 8 | 16, b"\4\0ab\0\0reads\0made by hand\0", crc=0),
        "",
        "Valid: name, comment, extra field and CRC of the header.",
    ),
    gz("name-in-header", lambda d: packed_header(8, b"reads.fastq\0"), "", "Valid: what gzip itself writes."),
    gz(
        "two-members",
        lambda d: d,
        "",
        "Valid: cat of two files; readers that stop at the first member lose half.",
        of=TWO_MEMBERS,
    ),
    gz("empty-member-first", lambda d: EMPTY_MEMBER + d, "", "Valid: an empty member is no end."),
    gz("empty-member-last", lambda d: d + EMPTY_MEMBER, "", "Valid, as some writers close their files."),
    gz("empty-member-only", lambda d: EMPTY_MEMBER, "F008", "Compressed nothing is an empty file."),
    gz("empty-file", lambda d: b"", "F008", "Zero bytes: the commonest outcome of a full disk."),
]
"""Plain gzip."""

BGZF_CASES = [
    blocked(
        "cut-at-record-edge",
        lambda d: d[: BLOCK_START[2]],
        "F010",
        "Half of the reads are lost and every tool tried says nothing: only the missing end block tells.",
        place=at(BLOCK_START[2]),
    ),
    blocked(
        "end-block-missing",
        lambda d: d[:-28],
        "F010",
        "The data is whole, but that cannot be known.",
        place=at(BLOCK_START[4]),
    ),
    blocked("end-block-cut", lambda d: d[:-1], "F010", "27 of 28 bytes.", place=at(lambda d: len(d) - 1)),
    blocked(
        "cut-in-block",
        lambda d: d[: BLOCK_START[1] + 100],
        "F010",
        "fastp 1.3 takes it for the end of the file.",
        place=at(BLOCK_START[1] + 100),
    ),
    blocked(
        "cut-in-block-header",
        lambda d: d[: BLOCK_START[3] + 9],
        "F010",
        "Nine bytes of the header of a block.",
        place=at(BLOCK_START[3] + 9),
    ),
    blocked(
        "block-crc",
        lambda d: flip(d, BLOCK_START[2] - 8),
        "F010",
        "The reads of one block differ from what was compressed.",
        place=at(BLOCK_START[1]),
    ),
    blocked(
        "block-length", lambda d: flip(d, BLOCK_START[2] - 4), "F010", "ISIZE of one block.", place=at(BLOCK_START[1])
    ),
    blocked(
        "flip-in-block",
        lambda d: flip(d, BLOCK_START[2] + 200),
        "F010",
        "One damaged byte inside a block.",
        place=at(BLOCK_START[2]),
    ),
    blocked(
        "size-too-small",
        lambda d: size_of_block(d, 1, -3),
        "F010",
        "BSIZE is how readers find the next block.",
        place=at(BLOCK_START[1]),
    ),
    blocked(
        "size-too-large",
        lambda d: size_of_block(d, 1, 5),
        "F010",
        "The block would reach into its neighbour.",
        place=at(BLOCK_START[1]),
    ),
    blocked(
        "size-zero",
        lambda d: put(d, BLOCK_START[1] + 16, b"\0\0"),
        "F010",
        "A block smaller than its header: a naive reader never moves on.",
        place=at(BLOCK_START[1]),
    ),
    blocked(
        "size-behind-file",
        lambda d: put(d, BLOCK_START[3] + 16, b"\xff\xff"),
        "F010",
        "The last block states more than the file holds.",
        place=at(len),
    ),
    blocked(
        "garbage-behind",
        lambda d: d + b"\n",
        "F011",
        "One line end appended by an editor or a transfer as text.",
        place=at(len),
    ),
    blocked(
        "garbage-between-blocks",
        lambda d: d[: BLOCK_START[2]] + bytes(40) + d[BLOCK_START[2] :],
        "F011",
        "A hole between blocks.",
        place=at(BLOCK_START[2]),
    ),
    blocked(
        "block-lost-in-record",
        lambda d: BLOCKS3[0] + BLOCKS3[2] + END_BLOCK,
        "D001",
        "A lost block whose edges lie inside records shows in the grammar.",
        of=b"",
    ),
    blocked(
        "block-lost-at-record-edge",
        lambda d: BLOCKS[0] + BLOCKS[2] + BLOCKS[3] + END_BLOCK,
        "",
        "Eight reads lost, and what is left is a valid file.",
        silent=True,
    ),
    blocked(
        "blocks-swapped-in-record",
        lambda d: BLOCKS3[1] + BLOCKS3[0] + BLOCKS3[2] + END_BLOCK,
        "D001",
        "Parts of a parallel download put together in the wrong order.",
        of=b"",
    ),
    blocked(
        "blocks-swapped-at-record-edge",
        lambda d: BLOCKS[1] + BLOCKS[0] + BLOCKS[2] + BLOCKS[3] + END_BLOCK,
        "",
        "The same reads in another order: valid as a single file, not as a mate.",
        silent=True,
    ),
    blocked(
        "inner-end-block",
        lambda d: BLOCKS[0] + END_BLOCK + b"".join(BLOCKS[1:]) + END_BLOCK,
        "",
        "Valid: cat of two BGZF files; fastp 1.3.6 loses what follows.",
    ),
    blocked("two-end-blocks", lambda d: d + END_BLOCK, "", "Valid: an end block is an empty block."),
    blocked("end-block-only", lambda d: END_BLOCK, "F008", "A BGZF file of no data."),
    blocked(
        "gzip-member-behind",
        lambda d: d + gzip.compress(b"".join(EIGHTS[:1]).replace(b":1101:", b":1102:"), mtime=0),
        "",
        "Valid gzip, though BGZF no more: concatenated by different tools.",
    ),
    blocked(
        "one-byte-blocks",
        lambda d: bgzf([EIGHTS[0][i : i + 1] for i in range(len(EIGHTS[0]))]),
        "",
        "Valid: blocks of a single byte are a stress for readers that expect whole lines.",
    ),
    blocked(
        "end-block-inside-last",
        lambda d: b"".join(BLOCKS[:3]) + END_BLOCK + BLOCKS[3],
        "F010",
        "The last block is data: the end is missing.",
        place=at(len),
    ),
]
"""BGZF."""

BLOCKS3 = [
    bgzf_block(part)
    for part in (TEXT[: record_at(9) + 30], TEXT[record_at(9) + 30 : record_at(17) + 90], TEXT[record_at(17) + 90 :])
]
"""The text in three blocks that begin inside records."""

STREAM_CASES = [
    Case(
        "bzip2-cut",
        "reads.fastq.bz2",
        lambda d: d[: len(d) // 2],
        "F010",
        "bzip2 has one block of 900 kB here: no read comes out.",
        BZIP2,
        place=at(lambda d: len(d) // 2),
    ),
    Case(
        "bzip2-cut-one-byte",
        "reads.fastq.bz2",
        lambda d: d[:-1],
        "F010",
        "The stream's CRC is cut.",
        BZIP2,
        place=at(lambda d: len(d) - 1),
    ),
    Case("bzip2-flip", "reads.fastq.bz2", lambda d: flip(d, 300), "F010", "The CRC of a block.", BZIP2),
    Case("bzip2-stream-crc", "reads.fastq.bz2", lambda d: flip(d, -3), "F010", "The CRC of the stream.", BZIP2),
    Case(
        "bzip2-garbage",
        "reads.fastq.bz2",
        lambda d: d + b"tail",
        "F011",
        "bzip2 ignores what follows.",
        BZIP2,
        place=at(len),
    ),
    Case(
        "bzip2-two-streams",
        "reads.fastq.bz2",
        lambda d: d,
        "",
        "Valid: cat of two files, as pbzip2 writes them.",
        b"".join(map(bz2.compress, EIGHTS)),
    ),
    Case(
        "zstd-cut",
        "reads.fastq.zst",
        lambda d: d[: len(d) // 2],
        "F010",
        "A cut frame.",
        ZSTD,
        notes="",
        place=at(lambda d: len(d) // 2),
    ),
    Case("zstd-checksum", "reads.fastq.zst", lambda d: flip(d, -1), "F010", "The content checksum.", ZSTD),
    Case("zstd-flip", "reads.fastq.zst", lambda d: flip(d, 400), "F010", "Damage inside a frame.", ZSTD),
    Case(
        "zstd-garbage",
        "reads.fastq.zst",
        lambda d: d + b"tail",
        "F011",
        "Bytes that are no frame.",
        ZSTD,
        place=at(len),
    ),
    Case(
        "xz-whole", "reads.fastq.xz", lambda d: d, "", "Readable, though not taken for registration.", XZ, notes="F018"
    ),
    Case(
        "xz-cut",
        "reads.fastq.xz",
        lambda d: d[: len(d) // 2],
        "F010",
        "A cut stream.",
        XZ,
        notes="F018",
        place=at(lambda d: len(d) // 2),
    ),
    Case("xz-flip", "reads.fastq.xz", lambda d: flip(d, 500), "F010", "The check of a block.", XZ, notes="F018"),
    Case(
        "xz-index",
        "reads.fastq.xz",
        lambda d: flip(d, -20),
        "F010",
        "The index at the end tells the sizes.",
        XZ,
        notes="F018",
    ),
    Case(
        "xz-padding",
        "reads.fastq.xz",
        lambda d: d + bytes(3),
        "F011",
        "Padding comes in fours.",
        XZ,
        notes="F018",
        place=at(len),
    ),
]
"""bzip2, zstd, xz."""

NAME_CASES = [
    Case("name-gz-holds-plain", GZ, lambda d: d, "F009", "Renamed, not compressed; every next tool fails on it.", TEXT),
    Case("name-plain-holds-gzip", "reads.fastq", lambda d: d, "F009", "Compressed under the old name.", GZIP),
    Case("name-gz-holds-bzip2", GZ, lambda d: d, "F009", "The extension must tell the truth.", BZIP2),
    Case("name-gz-holds-zstd", GZ, lambda d: d, "F009", "The extension must tell the truth.", ZSTD),
    Case("name-gz-holds-xz", GZ, lambda d: d, "F009", "The extension must tell the truth.", lzma.compress(TEXT)),
    Case("name-bam-holds-fastq", "reads.bam", lambda d: d, "F009", "FASTQ in BGZF under the name of a BAM.", BGZF),
    Case(
        "gzip-in-gzip",
        GZ,
        lambda d: gzip.compress(d, mtime=0),
        "D001",
        "Compressed twice: what comes out is no text.",
        GZIP,
    ),
    Case("zip-posing", GZ, lambda d: archive("zip"), "F009", "An archive from a desktop.", TEXT),
    Case(
        "tar-posing", "reads.fastq", lambda d: archive("tar"), "F009", "An archive of files is no file of reads.", TEXT
    ),
    Case(
        "tar-gz-posing",
        GZ,
        lambda d: gzip.compress(archive("tar"), mtime=0),
        "D001",
        "A tar inside gzip: its first bytes are a file name.",
        TEXT,
    ),
    Case("7z-posing", GZ, lambda d: b"7z\xbc\xaf\x27\x1c\0\4" + bytes(64), "F009", "Refused by the registry.", TEXT),
    Case("rar-posing", GZ, lambda d: b"Rar!\x1a\x07\x01\0" + bytes(64), "F009", "Refused by the registry.", TEXT),
    Case(
        "lz4-posing",
        GZ,
        lambda d: b"\x04\x22\x4d\x18\x64\x40\xa7" + bytes(64),
        "F009",
        "Refused by the registry.",
        TEXT,
    ),
    Case(
        "compress-posing",
        "reads.fastq.Z",
        lambda d: b"\x1f\x9d\x90" + bytes(64),
        "F009",
        "Unix compress of the eighties.",
        TEXT,
    ),
]
"""Names that lie, and containers that are refused."""

CASES = [*GZIP_CASES, *BGZF_CASES, *STREAM_CASES, *NAME_CASES]
