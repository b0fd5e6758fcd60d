"""The verified copy of one file: read once, hashed while it is written, on the disk before it is called arrived."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from dsqc.artefact import write_fault
from dsqc.errors import TransientFault
from dsqc.listing import Digests, Expected
from dsqc.transfer.sources import Entry, Source, SourceChanged


def copy_file(
    source: Source, entry: Entry, part: Path, expected: Expected, advance: Callable[[int], None]
) -> tuple[Digests, int]:
    """Copy ``entry`` to ``part`` and prove that what arrived is what the source has.

    Over a network the proof is a checksum: the file sheet's or the source's own; where none confirms the bytes they
    are read a second time, so that a wrong checksum in the sheet is told from bytes damaged on the way.

    Args:
        advance: told the bytes of each block as it is written; negative where they turned out to be in vain.

    Returns:
        The digests, and the modification time of ``part`` in nanoseconds.

    Raises:
        FileFault: this file cannot be had.
        SourceChanged: it changed meanwhile.
        TransientFault: the source cannot be reached, or bytes were damaged on the way.
        StorageFault: the disk refused; the part is removed, so that its space is free again.
    """
    copied = 0

    def count(number: int) -> None:
        nonlocal copied
        copied += number
        advance(number)

    try:
        digests, mtime_ns = _write(_within(source.blocks(entry), entry), part, count)
        now = source.stat(entry.name)
        if (now.size_bytes, now.version) != (entry.size_bytes, entry.version) or digests.size_bytes != now.size_bytes:
            raise _changed(entry)
        proven = expected.confirms(digests) or digests.md5 == entry.md5
        if source.is_remote and not proven and _digest(_within(source.blocks(entry), entry)) != digests:
            raise TransientFault(f"{entry.name} was damaged on the way.", hint="Run the same command again.")
    except BaseException:
        advance(-copied)
        part.unlink(missing_ok=True)
        raise
    return digests, mtime_ns


def _within(blocks: Iterator[bytes], entry: Entry) -> Iterator[bytes]:
    """Stop at the size that was promised: a file that grows as fast as it is read would fill the disk."""
    size = 0
    for block in blocks:
        size += len(block)
        if size > entry.size_bytes:
            raise _changed(entry)
        yield block


def _changed(entry: Entry) -> SourceChanged:
    return SourceChanged(f"{entry.name} changed while it was read.", hint="Transfer again when nobody writes it.")


def _write(blocks: Iterator[bytes], part: Path, count: Callable[[int], None]) -> tuple[Digests, int]:
    md5 = hashlib.md5(usedforsecurity=False)
    sha256 = hashlib.sha256()
    size = 0
    try:
        # Errors of reading arrive as dsqc's own, so an OSError here is one of writing.
        with part.open("wb") as file:
            for block in blocks:
                md5.update(block)
                sha256.update(block)
                size += len(block)
                file.write(block)
                count(len(block))
            file.flush()
            os.fsync(file.fileno())
            mtime_ns = os.fstat(file.fileno()).st_mtime_ns
    except OSError as error:
        raise write_fault(part, error) from error
    return Digests(size, md5.hexdigest(), sha256.hexdigest()), mtime_ns


def _digest(blocks: Iterator[bytes]) -> Digests:
    md5 = hashlib.md5(usedforsecurity=False)
    sha256 = hashlib.sha256()
    size = 0
    for block in blocks:
        md5.update(block)
        sha256.update(block)
        size += len(block)
    return Digests(size, md5.hexdigest(), sha256.hexdigest())
