"""The valid data that the zoo damages: mates of Illumina reads, in every container."""

import bz2
import gzip
import lzma
import random

from helpers.reads import BGZF_END, Read, bgzf, bgzf_block, fastq, zstd_frames

NUMBER, LENGTH = 32, 60


def _mates() -> tuple[list[Read], list[Read]]:
    rng = random.Random(20240229)
    sides: tuple[list[Read], list[Read]] = ([], [])
    for index in range(NUMBER):
        name = f"LH00417:91:22GTYVLT3:{1 + index // 16}:1101:{1000 + 37 * index}:{1098 + index}"
        for mate, side in enumerate(sides, start=1):
            bases = "".join(rng.choices("ACGT", (30, 20, 20, 30), k=LENGTH))
            qualities = "".join(rng.choices("#,8F", (1, 4, 10, 85), k=LENGTH))
            side.append(Read(f"{name} {mate}:N:0:GATCTGCA+TTGACCAG", bases, qualities))
    return sides


READS, MATES = _mates()
TEXT, MATE_TEXT = fastq(READS), fastq(MATES)
EIGHTS = [fastq(READS[start : start + 8]) for start in range(0, NUMBER, 8)]
"""The text in four parts of whole records."""

GZIP = gzip.compress(TEXT, mtime=0)
TWO_MEMBERS = b"".join(gzip.compress(part, mtime=0) for part in (TEXT[:3000], TEXT[3000:]))
FIRST_MEMBER = len(gzip.compress(TEXT[:3000], mtime=0))
BGZF = bgzf(EIGHTS)
"""Blocks that begin and end with a record, and the end block."""
BLOCKS = [bgzf_block(part) for part in EIGHTS]
BZIP2 = bz2.compress(TEXT)
ZSTD = zstd_frames([TEXT])
XZ = lzma.compress(TEXT)
END_BLOCK = BGZF_END


def record_at(number: int) -> int:
    """Offset of record ``number`` (from 1) in the text."""
    return len(fastq(READS[: number - 1]))


def line_at(number: int, line: int) -> int:
    """Offset of a line (1 to 4) of record ``number``."""
    start = record_at(number)
    for _ in range(line - 1):
        start = TEXT.index(b"\n", start) + 1
    return start


def with_line(text: bytes, number: int, line: int, new: bytes) -> bytes:
    """``text`` with another line ``line`` (1 to 4) of record ``number``; new lines may stand in ``new``."""
    lines = text.split(b"\n")
    lines[4 * (number - 1) + line - 1] = new
    return b"\n".join(lines)


def without_line(text: bytes, number: int, line: int) -> bytes:
    """``text`` without line ``line`` of record ``number``."""
    lines = text.split(b"\n")
    del lines[4 * (number - 1) + line - 1]
    return b"\n".join(lines)


def line_of(text: bytes, number: int, line: int) -> bytes:
    """Line ``line`` of record ``number``."""
    return text.split(b"\n")[4 * (number - 1) + line - 1]
