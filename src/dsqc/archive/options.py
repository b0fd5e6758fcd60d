"""What the caller may choose, and the words for why a file stays as it is."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Encoding(StrEnum):
    """How an archived object is stored."""

    BGZF = "bgzf"
    CRAM = "cram"


class Reason(StrEnum):
    """Why a file is not encoded. It stays as it is."""

    ENCRYPTED = "encrypted"
    """Sealed with Crypt4GH: not ours to open."""
    FORMAT = "format"
    """Neither FASTQ nor BAM, or in a container that dsqc refuses."""
    ARCHIVED = "archived"
    """CRAM already."""
    DAMAGED = "damaged"
    """Its container is damaged: there is nothing to hold a copy against."""
    NO_REFERENCE = "no_reference"
    """Aligned reads, and reference sequences are missing."""
    NOT_EXACT = "not_exact"
    """No encoding gave back the same content."""
    NO_GAIN = "no_gain"
    """The encoded file would save too little."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to encode.

    Attributes:
        encoding: only this one; None: CRAM where it holds the content, else BGZF.
        reference: FASTA of the reference sequences of BAM files, or a directory of them by MD5.
        embed_reference: the parts of the reference that reads cover go into the CRAM, which then needs no other file.
        least_saving: fraction of the stored bytes that must be saved.
        find_wrapping: try to make the original's compression again, so that its very bytes come back.
        threads: of the encoder.
    """

    encoding: Encoding | None = None
    reference: Path | None = None
    embed_reference: bool = False
    least_saving: float = 0.01
    find_wrapping: bool = True
    threads: int = 2
