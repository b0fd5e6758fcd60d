"""The reads of filled examples: small FASTQ files whose bytes, and so checksums, are the same everywhere."""

import random
import zlib
from functools import cache

_READS = 50
_READ_LENGTH = 100
_FLOWCELL = "LH00100:1:HJ2KYDSX2:1:1101"
_MOST_STORED = 0xFFFF
_GZIP_HEAD = bytes.fromhex("1f8b08000000000000ff")


@cache
def example_reads(library: str, mate: int) -> bytes:
    """A gzip FASTQ file of one mate (1 or 2) of ``library``; both mates of a library have the same read names."""
    draw = random.Random(f"{library} {mate}")  # noqa: S311  the same reads every time are what is wanted
    lines: list[str] = []
    for number in range(_READS):
        bases = "".join(draw.choices("ACGT", k=_READ_LENGTH))
        qualities = "".join(draw.choices("F:,", weights=(90, 8, 2), k=_READ_LENGTH))
        lines += [f"@{_FLOWCELL}:{1000 + 17 * number}:{2000 + 31 * number} {mate}:N:0:ACGTACGT", bases, "+", qualities]
    return _stored(("\n".join(lines) + "\n").encode("ascii"))


def _stored(data: bytes) -> bytes:
    """``data`` as a gzip member of stored blocks: compressors differ between machines, stored bytes do not."""
    pieces = [data[start : start + _MOST_STORED] for start in range(0, len(data), _MOST_STORED)]
    blocks = bytearray()
    for number, piece in enumerate(pieces, start=1):
        size = len(piece).to_bytes(2, "little")
        blocks += bytes([number == len(pieces)]) + size + bytes(255 - byte for byte in size) + piece
    return _GZIP_HEAD + bytes(blocks) + zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
