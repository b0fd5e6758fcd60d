"""FASTQ made in code."""

import gzip
from collections.abc import Sequence
from pathlib import Path

from helpers.batches import Read


def fastq(reads: Sequence[Read], name: str = "r{}") -> bytes:
    """FASTQ text of ``reads``; ``name`` takes the number of the read, from 1."""
    return b"".join(
        b"@%s\n%s\n+\n%s\n" % (name.format(number).encode(), sequence, quality or b"")
        for number, (sequence, quality) in enumerate(reads, start=1)
    )


def write_gzip(path: Path, text: bytes, *, members: int = 1, level: int = 6) -> Path:
    """Write ``text`` as gzip of several members of about the same size; the same bytes each time."""
    step = -(-len(text) // members) or 1
    pieces = [text[low : low + step] for low in range(0, len(text), step)] or [b""]
    path.write_bytes(b"".join(gzip.compress(piece, compresslevel=level, mtime=0) for piece in pieces))
    return path
