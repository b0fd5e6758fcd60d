"""Opening read data: container and format told by content, checked against the name."""

import bz2
import io
import lzma
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

import zstandard
from isal import igzip_lib

from dsqc.crypt4gh import DataPath, SealedPath, open_data
from dsqc.errors import DsqcError, UsageError
from dsqc.findings import FindingLog
from dsqc.formats.bam import DAMAGE_CODE, BamSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader, tell_container
from dsqc.formats.fastq import FastqSource
from dsqc.formats.first_look import format_by_name, name_findings, refused_container, untaken_container
from dsqc.formats.inflate import IsalError
from dsqc.formats.sam import SamSource
from dsqc.formats.source import ReadSource
from dsqc.formats.stored import StoredBytes
from dsqc.formats.xz import MEMORY
from dsqc.model import Container, FileFormat
from dsqc.registry import Severity

_HEAD = 1 << 16
LONG_RECORD = 5_000
"""Bases of a FASTA record from which on it is assembled sequence."""
_SAM_TAGS = (b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t", b"@CO\t")


def sniff(path: DataPath) -> tuple[FileFormat | None, Container | None]:
    """Format and container of a file by its first bytes (and, where those say nothing, its name).

    Returns:
        None for a container that dsqc refuses or an empty file; the format is then by the name alone.

    Raises:
        SystemFault: the file cannot be read.
    """
    with closing(StoredBytes(open_data(path), path.name)) as stored:
        head = bytes(stored.peek(_HEAD))
    container = tell_container(head)
    if not isinstance(container, Container):
        return format_by_name(path.name), None
    return _tell_format(head, container, path.name), container


def open_reads(
    source: DataPath | BinaryIO,
    log: FindingLog,
    *,
    name: str | None = None,
    threads: int = 2,
    reference: Path | None = None,
    begun: StoredBytes | None = None,
) -> ReadSource:
    """Open a data file for one pass that proves, hashes and delivers everything in it.

    Args:
        source: a file, plain or kept as Crypt4GH (decrypted while it is read, and nothing of it goes to a disk in the
            clear), or a binary stream read from where it stands (standard input); a stream is not closed.
        log: receives the findings, also those that stand before the first read (a refused container).
        name: the file's name in findings; a path's last part, or ``standard input``, where not given.
        threads: with 2 or more, reading, hashing and unwrapping have a thread of their own. The result is the same.
        reference: FASTA of the reference sequences of a CRAM, or a directory of them by MD5.
        begun: the bytes of ``source`` where reading has begun already (:func:`dsqc.formats.stored.begin`).

    Raises:
        SystemFault: the file does not exist or cannot be read.
        UsageError: the reference does not exist, or a CRAM is to be read with it and it is no FASTA.
    """
    if reference is not None and not reference.exists():
        raise UsageError(f"The reference {reference} does not exist.", hint="Name a FASTA file with --reference.")
    path = source if isinstance(source, Path | SealedPath) else None
    label = name or (path.name if path is not None else "standard input")
    stored = begun or StoredBytes(
        open_data(source) if isinstance(source, Path | SealedPath) else source, label, owned=path is not None
    )
    try:
        head = bytes(stored.peek(_HEAD))
    except BaseException:
        stored.close()
        raise
    container = tell_container(head)
    if container is None:
        return FastqSource(BlockReader(stored, Container.PLAIN, background=False), log)
    if not isinstance(container, Container):
        return _refused(stored, log, container, background=threads > 1)
    file_format = _tell_format(head, container, label)
    log.extend(name_findings(label if path is not None or name else "", file_format, container))
    if container is Container.XZ:
        log.add(untaken_container(label, Severity.WARNING))
    if file_format is FileFormat.CRAM:
        return _cram(BlockReader(stored, container, background=False), log, reference, threads, path)
    ahead = threads > 1
    if file_format is FileFormat.SAM:
        return SamSource(BlockReader(stored, container, background=ahead), log)
    damage = DAMAGE_CODE if file_format is FileFormat.BAM else None
    reader = BlockReader(stored, container, background=ahead, inflate_ahead=False, damage_code=damage)
    if file_format is FileFormat.BAM:
        return BamSource(reader, log, path=path, ahead=ahead)
    return FastqSource(reader, log, ahead=ahead)


def _cram(
    reader: BlockReader, log: FindingLog, reference: Path | None, threads: int, path: DataPath | None
) -> ReadSource:
    from dsqc.formats.cram import CramSource  # pysam takes 0.1 s to import, and only CRAM needs it

    try:
        return CramSource(reader, log, reference, threads=threads, path=path)
    except DsqcError:
        reader.close()
        raise


def standard_input() -> BinaryIO:
    """Standard input without a buffer of its own.

    The lock of Python's buffer is held while it waits for a silent pipe; the interpreter aborts when it then ends.
    """
    return cast("BinaryIO", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))


def _unwrap_head(head: bytes, container: Container, size: int = 512) -> bytes:
    """The beginning of the data, as far as the first stored bytes give it; empty where they are damaged."""
    try:
        if container in (Container.GZIP, Container.BGZF):
            found: bytes = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP).decompress(head, size)
            return found
        if container is Container.BZIP2:
            return bz2.BZ2Decompressor().decompress(head, size)
        if container is Container.ZSTD:
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(head)).read(size)
        if container is Container.XZ:
            return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY).decompress(head, size)
    except (IsalError, OSError, zstandard.ZstdError, lzma.LZMAError):
        return b""
    return head[:size]


def is_assembled(head: bytes, container: Container) -> bool:
    """Whether the first stored bytes of a file are FASTA whose first record is longer than reads in FASTA ever are."""
    first = _unwrap_head(head, container, 2 * LONG_RECORD)
    if not first.startswith(b">"):
        return False
    bases = b"".join(first.partition(b"\n")[2].partition(b">")[0].split())
    return len(bases) >= LONG_RECORD and not bases.upper().strip(b"ACGTUN")


def _tell_format(head: bytes, container: Container, name: str) -> FileFormat:
    if container is Container.CRAM:
        return FileFormat.CRAM
    data = _unwrap_head(head, container)
    if data[:4] == b"BAM\x01":
        return FileFormat.BAM
    if data[:4] in _SAM_TAGS:
        return FileFormat.SAM
    told = format_by_name(name)
    if told is FileFormat.SAM and data.split(b"\n")[0].count(b"\t") >= 10:
        return FileFormat.SAM
    if data[:1] in (b"@", b">"):
        return FileFormat.FASTQ
    return told or FileFormat.FASTQ


class _RefusedSource(ReadSource):
    """A file in a container that dsqc does not take: hashed, and nothing else."""

    def __init__(self, reader: BlockReader, log: FindingLog) -> None:
        super().__init__(reader.name, log, None, None)
        self._reader = reader
        self.damaged = True

    def batches(self) -> Iterator[ReadBatch]:
        self._settle(self._reader.finish())
        return iter(())

    def close(self) -> None:
        self._reader.close()


def _refused(stored: StoredBytes, log: FindingLog, word: str, *, background: bool) -> ReadSource:
    log.add(refused_container(stored.name, word))
    return _RefusedSource(BlockReader(stored, Container.PLAIN, background=background), log)
