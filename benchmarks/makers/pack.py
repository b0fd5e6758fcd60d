"""Where made bytes go: plain, gzip of one member as ``gzip -6`` writes it, or BGZF as ``bgzip`` writes it."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pysam

LEVEL = 6
"""zlib's level 6, as gzip(1) by default. The text is the same everywhere, the stored bytes with one version of zlib."""


@contextmanager
def packed(path: Path, container: str) -> Iterator[Callable[[bytes], object]]:
    """Write through what this yields; ``container`` is ``plain``, ``gzip`` or ``bgzf``."""
    if container == "bgzf":
        with pysam.BGZFile(str(path), "wb") as file:
            yield file.write
        return
    with path.open("wb") as file:
        if container == "plain":
            yield file.write
            return
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)  # no name, no time: the same bytes every day
        yield lambda data: file.write(packer.compress(data))
        file.write(packer.flush())
