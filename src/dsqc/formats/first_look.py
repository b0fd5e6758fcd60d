"""What the name and the first bytes of a file tell. Readers and the validate stage both make these findings, and make
them here, so that they are the same word for word."""

from collections.abc import Iterator
from pathlib import Path

from dsqc.findings import Finding, Location
from dsqc.formats import texts
from dsqc.formats.texts import fill, one_of, tell
from dsqc.model import Container, FileFormat
from dsqc.registry import Severity

_EXTENSIONS = {
    ".gz": (Container.GZIP, Container.BGZF),
    ".bgz": (Container.BGZF,),
    ".bz2": (Container.BZIP2,),
    ".zst": (Container.ZSTD,),
    ".xz": (Container.XZ,),
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


READS = (FileFormat.FASTQ, FileFormat.BAM, FileFormat.CRAM)
"""Formats of raw reads that a submission may hold."""


def format_by_name(name: str) -> FileFormat | None:
    """The format that the extensions of ``name`` promise."""
    for suffix in reversed(Path(name.lower()).suffixes):
        if suffix in _FORMATS:
            return _FORMATS[suffix]
    return None


def name_findings(name: str, file_format: FileFormat | None, container: Container | None) -> Iterator[Finding]:
    """DSQC-F009 where the extension does not tell the truth, DSQC-F017 where FASTQ is not compressed."""
    place = Location(path=name)
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if container is None or not suffixes:
        return
    allowed = _EXTENSIONS.get(suffixes[-1])
    if allowed and container not in allowed:
        value = fill(texts.HOLDS, suffixes[-1], container.value)
        yield tell("DSQC-F009", place, value, one_of([item.value for item in allowed]))
    told = format_by_name(name)
    if told and file_format and told is not file_format and (allowed is None or container in allowed):
        value = fill(texts.NAME_AND_CONTENT, told.value, file_format.value)
        yield tell("DSQC-F009", place, value, told.value)
    if file_format is FileFormat.FASTQ and container is Container.PLAIN:
        yield tell("DSQC-F017", place, texts.NOT_COMPRESSED, texts.TAKEN)


def refused_container(name: str, word: str) -> Finding:
    """DSQC-F009 for a container that dsqc does not open, ``word`` as :func:`tell_container` says it."""
    return tell("DSQC-F009", Location(path=name), word, texts.TAKEN)


def untaken_container(name: str, severity: Severity | None = None) -> Finding:
    """DSQC-F018 for xz: readable, and not taken for registration. A warning where nothing is registered."""
    return tell("DSQC-F018", Location(path=name), Container.XZ.value, texts.TAKEN, severity=severity)


def empty_file(name: str) -> Finding:
    """DSQC-F008 for a file that holds nothing."""
    return tell("DSQC-F008", Location(path=name), name, texts.ONE_READ)


def assembled_sequence(name: str) -> Finding:
    """DSQC-R011 for FASTA of long records under the name of reads."""
    return tell("DSQC-R011", Location(path=name), name, one_of([item.value for item in READS]))


def missing_end_block(name: str, size: int) -> Finding:
    """DSQC-D018 for a BAM of ``size`` stored bytes that does not end in the end block of BGZF."""
    place = Location(path=name, byte_offset=size, in_container=True)
    return tell("DSQC-D018", place, texts.END_BLOCK_MISSING, texts.END_BLOCK)
