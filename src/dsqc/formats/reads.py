"""Opening read data: container and format told by content, checked against the name."""

import bz2
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import zstandard
from isal import igzip_lib

from dsqc.errors import SystemFault, UsageError
from dsqc.findings import Finding, FindingLog, Location, finding
from dsqc.formats.bam import BamSource
from dsqc.formats.batch import ReadBatch
from dsqc.formats.container import BlockReader, tell_container
from dsqc.formats.fastq import FastqSource
from dsqc.formats.gzip import IsalError
from dsqc.formats.sam import SamSource
from dsqc.formats.source import ReadSource
from dsqc.model import Container, FileFormat

_HEAD = 1 << 16
_SAM_TAGS = (b"@HD\t", b"@SQ\t", b"@RG\t", b"@PG\t", b"@CO\t")
_EXTENSIONS = {
    ".gz": (Container.GZIP, Container.BGZF),
    ".bgz": (Container.BGZF,),
    ".bz2": (Container.BZIP2,),
    ".zst": (Container.ZSTD,),
    ".fastq": (Container.PLAIN,),
    ".fq": (Container.PLAIN,),
    ".sam": (Container.PLAIN,),
    ".bam": (Container.BGZF,),
    ".cram": (Container.CRAM,),
}
_FORMATS = {
    ".fastq": FileFormat.FASTQ,
    ".fq": FileFormat.FASTQ,
    ".sam": FileFormat.SAM,
    ".bam": FileFormat.BAM,
    ".cram": FileFormat.CRAM,
}


def sniff(path: Path) -> tuple[FileFormat | None, Container | None]:
    """Format and container of a file by its first bytes (and, where those say nothing, its name).

    Returns:
        None for a container that dsqc refuses or an empty file; the format is then by the name alone.

    Raises:
        SystemFault: the file cannot be read.
    """
    with _open(path) as file:
        head = _head(file, path.name)
    container = tell_container(head)
    if not isinstance(container, Container):
        return _format_by_name(path.name), None
    return _tell_format(head, container, path.name), container


def name_findings(name: str, file_format: FileFormat | None, container: Container | None) -> Iterator[Finding]:
    """DSQC-F009 where the extension does not tell the truth, DSQC-F017 where FASTQ is not compressed."""
    place = Location(path=name)
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if container is None or not suffixes:
        return
    allowed = _EXTENSIONS.get(suffixes[-1])
    if allowed and container not in allowed:
        expected = " or ".join(item.value for item in allowed)
        yield finding(
            "DSQC-F009", place, object_id=name, value=f"{suffixes[-1]} holds {container.value}", expected=expected
        )
    told = _format_by_name(name)
    if told and file_format and told is not file_format and (allowed is None or container in allowed):
        value = f"{told.value} by its name, {file_format.value} by its content"
        yield finding("DSQC-F009", place, object_id=name, value=value, expected=told.value)
    if file_format is FileFormat.FASTQ and container is Container.PLAIN:
        yield finding("DSQC-F017", place, object_id=name, value="not compressed", expected="gzip or bzip2")


def open_reads(
    source: Path | BinaryIO,
    log: FindingLog,
    *,
    name: str | None = None,
    threads: int = 2,
    reference: Path | None = None,
) -> ReadSource:
    """Open a data file for one pass that proves, hashes and delivers everything in it.

    Args:
        source: a file, or a binary stream read from where it stands (standard input); a stream is not closed.
        log: receives the findings, also those that stand before the first read (a refused container).
        name: the file's name in findings; a path's last part, or ``standard input``, where not given.
        threads: with 2 or more, reading, hashing and unwrapping have a thread of their own. The result is the same.
        reference: FASTA of the reference sequences of a CRAM.

    Raises:
        SystemFault: the file does not exist or cannot be read.
        UsageError: the reference does not exist.
    """
    if reference is not None and not reference.is_file():
        raise UsageError(f"The reference {reference} does not exist.", hint="Name a FASTA file with --reference.")
    if isinstance(source, Path):
        file, label = _open(source), name or source.name
    else:
        file, label = source, name or "standard input"
    head = _head(file, label)
    container = tell_container(head)
    whole = cast("BinaryIO", _Joined(head, file, owned=isinstance(source, Path)))
    if container is None:
        return FastqSource(BlockReader(whole, label, Container.PLAIN, background=False), log)
    if not isinstance(container, Container):
        return _refused(whole, label, log, container, background=threads > 1)
    file_format = _tell_format(head, container, label)
    log.extend(name_findings(label if isinstance(source, Path) or name else "", file_format, container))
    if file_format is FileFormat.CRAM:
        return _cram(BlockReader(whole, label, container, background=False), log, reference)
    if file_format is FileFormat.BAM:
        return BamSource(BlockReader(whole, label, container, background=threads > 1, damage_code="DSQC-D018"), log)
    reader = BlockReader(whole, label, container, background=threads > 1)
    return SamSource(reader, log) if file_format is FileFormat.SAM else FastqSource(reader, log)


def _cram(reader: BlockReader, log: FindingLog, reference: Path | None) -> ReadSource:
    from dsqc.formats.cram import CramSource  # pysam takes 0.1 s to import, and only CRAM needs it

    return CramSource(reader, log, reference)


class _Joined(io.RawIOBase):
    """Bytes already read, then the file behind them, which is closed with it where it is ``owned``."""

    def __init__(self, head: bytes, file: BinaryIO, *, owned: bool) -> None:
        self._head = head
        self._file = file
        self._owned = owned

    def read(self, size: int = -1) -> bytes:
        if self._head:
            found, self._head = self._head, b""
            return found
        return self._file.read(size)

    def close(self) -> None:
        if self._owned:
            self._file.close()
        super().close()


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise SystemFault(
            f"Cannot read {path}: {error.strerror}.", hint="Check the name and the permissions."
        ) from error


def _head(file: BinaryIO, name: str) -> bytes:
    """The first bytes: 64 KiB, or all there are."""
    parts: list[bytes] = []
    try:
        while (missing := _HEAD - sum(map(len, parts))) > 0 and (part := file.read(missing)):
            parts.append(part)
    except OSError as error:
        raise SystemFault(
            f"Reading {name} failed: {error.strerror}.", hint="Check the disk, then run it again."
        ) from error
    return b"".join(parts)


def _unwrap_head(head: bytes, container: Container) -> bytes:
    """The beginning of the data, as far as the first stored bytes give it; empty where they are damaged."""
    try:
        if container in (Container.GZIP, Container.BGZF):
            found: bytes = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP).decompress(head, 512)
            return found
        if container is Container.BZIP2:
            return bz2.BZ2Decompressor().decompress(head, 512)
        if container is Container.ZSTD:
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(head)).read(512)
    except (IsalError, OSError, zstandard.ZstdError):
        return b""
    return head[:512]


def _format_by_name(name: str) -> FileFormat | None:
    for suffix in reversed(Path(name.lower()).suffixes):
        if suffix in _FORMATS:
            return _FORMATS[suffix]
    return None


def _tell_format(head: bytes, container: Container, name: str) -> FileFormat:
    if container is Container.CRAM:
        return FileFormat.CRAM
    data = _unwrap_head(head, container)
    if data[:4] == b"BAM\x01":
        return FileFormat.BAM
    if data[:4] in _SAM_TAGS:
        return FileFormat.SAM
    told = _format_by_name(name)
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


def _refused(file: BinaryIO, name: str, log: FindingLog, word: str, *, background: bool) -> ReadSource:
    code = "DSQC-F018" if word == "xz" else "DSQC-F009"
    log.add(finding(code, Location(path=name), object_id=name, value=word, expected="gzip or bzip2"))
    return _RefusedSource(BlockReader(file, name, Container.PLAIN, background=background), log)
