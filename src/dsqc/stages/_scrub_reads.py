"""Reads that are to go, marked by their names, and data files without them: what ``dsqc scrub`` is made of.

A read's name without its mate mark and comment is its stem; whatever has the stem of a read that goes goes too: its
mate, its other alignments, its index reads. Stems are kept as hashes, 8 bytes each: two of 10^9 stems have the same
with a chance of 3 %, and then one read too many may go.
"""

import struct
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dsqc.errors import SystemFault
from dsqc.fingerprint import Fingerprint
from dsqc.formats import ReadBatch, ReadSource
from dsqc.kernels import names
from dsqc.kernels import scrub as k
from dsqc.metrics.batch import NOT_PRIMARY, check_batch, sequenced_reads
from dsqc.metrics.encoding import SANGER, decide_encoding
from dsqc.sketch import ReadFinder, intact_words, words_in
from dsqc.stages._inputs import ALIGNED

_FEW = 1_000_000
"""Stems that wait before they are sorted in with the others."""


class Stems:
    """Hashes of stems of reads that go."""

    def __init__(self) -> None:
        self._settled = np.zeros(0, dtype=np.uint64)
        self._waiting = np.zeros(0, dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._settled) + len(self._waiting)

    def add(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Add stems; the rows of ``hashes`` that are new, each stem's first."""
        _, first = np.unique(hashes, return_index=True)
        new = np.sort(first)
        new = new[~self.has(hashes[new])]
        self._waiting = np.sort(np.concatenate([self._waiting, hashes[new]]))
        if len(self._waiting) > max(_FEW, len(self._settled) // 4):
            self._settled = np.sort(np.concatenate([self._settled, self._waiting]))
            self._waiting = np.zeros(0, dtype=np.uint64)
        return new.astype(np.int64)

    def has(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of ``hashes`` go."""
        return _among(hashes, self._settled) | _among(hashes, self._waiting)


def _among(hashes: NDArray[np.uint64], ascending: NDArray[np.uint64]) -> NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(hashes), dtype=np.bool_)
    same: NDArray[np.bool_] = ascending[np.minimum(np.searchsorted(ascending, hashes), len(ascending) - 1)] == hashes
    return same


def stems_of(batch: ReadBatch) -> NDArray[np.uint64]:
    """Hashes of the stems of a batch."""
    first, second = np.zeros((2, len(batch)), dtype=np.uint64)
    start, end = np.ascontiguousarray(batch.name_start), np.ascontiguousarray(batch.name_end)
    names.hash_names(batch.data, start, end, first, second, np.zeros(len(batch), dtype=np.int64))
    return first


class Marker:
    """Marks the reads that go, and writes their names.

    Args:
        finder: of the organism whose reads go.
        least: words of it from which a read goes.
        out: the list of names, a line each.
    """

    def __init__(self, finder: ReadFinder, least: int, out: IO[bytes]) -> None:
        self.stems = Stems()
        self.words = 0
        self.reads = 0
        self._finder = finder
        self._least = least
        self._out = out
        self._characters = np.zeros(256, dtype=np.int64)

    def add(self, batch: ReadBatch) -> None:
        """Look at every read of a batch."""
        check_batch(batch)
        self.reads += len(batch)
        self.words += words_in(batch.length)
        if not self._characters.any():
            self._look_at_qualities(batch)
        rows = np.flatnonzero(self._finder.hits(batch.data, batch.sequence_start, batch.length) >= self._least)
        if not len(rows):
            return
        new = rows[self.stems.add(stems_of(batch)[rows])]
        start, end = np.ascontiguousarray(batch.name_start[new]), np.ascontiguousarray(batch.name_end[new])
        text = np.empty(int((end - start + 1).sum()), dtype=np.uint8)
        size = int(names.gather_names(batch.data, start, end, text))
        self._out.write(text[:size].tobytes())

    def _look_at_qualities(self, batch: ReadBatch) -> None:
        for row in np.flatnonzero(batch.quality_start >= 0)[:1_000]:
            start = int(batch.quality_start[row])
            self._characters += np.bincount(batch.data[start : start + int(batch.length[row])], minlength=256)

    def intact(self) -> float:
        """Share of words without an error of sequencing, by the qualities of the first reads."""
        encoding = decide_encoding(self._characters) or SANGER
        used = np.flatnonzero(self._characters)
        errors = np.minimum(10.0 ** (-(used - encoding.offset) / 10), 1.0)
        return intact_words(errors, self._characters[used]).estimate


class Filter:
    """The content of a data file without the reads that go, and what both amount to.

    Attributes:
        before, removed: fingerprints of all reads and of those that went.
        records_before, records_removed: records, of alignments all of a read.
        content: digest of what was given out.
    """

    def __init__(self, source: ReadSource, stems: Stems) -> None:
        self.before, self.removed = Fingerprint(), Fingerprint()
        self.records_before = self.records_removed = 0
        self.content = sha256()
        self._source = source
        self._stems = stems

    def blocks(self, head: bytes = b"") -> Iterator[bytes]:
        """The content, batch by batch, behind ``head`` (the header of alignments).

        Raises:
            SystemFault: the file cannot be copied record by record.
        """
        if head:
            yield self.given(head)
        for batch in self._source.batches():
            goes = self._stems.has(stems_of(batch))
            start, end = _spans(batch)
            kept = _gather(batch if batch.alignment is None else batch.alignment.records, start[~goes], end[~goes])
            self.sum_up(batch, goes)
            if kept:
                yield self.given(kept)

    @staticmethod
    def ends(batch: ReadBatch) -> NDArray[np.int64]:
        """Where the records of a batch end in its buffer."""
        return _spans(batch)[1]

    @staticmethod
    def stored(batch: ReadBatch) -> bytes:
        """The records of a batch of FASTQ as they are stored."""
        return _gather(batch, *_spans(batch))

    def sum_up(self, batch: ReadBatch, goes: NDArray[np.bool_]) -> None:
        """Count and sum a batch, and what of it goes. Last of all: reads on the reverse strand are turned."""
        self.records_before += len(batch)
        self.records_removed += int(goes.sum())
        reads = sequenced_reads(batch)
        check_batch(reads)
        self.before.add(reads)
        gone = goes if batch.flag is None else goes[(batch.flag & NOT_PRIMARY) == 0]
        if gone.any():
            self.removed.add(_rows(reads, gone))

    def given(self, block: bytes) -> bytes:
        """Take a block into the digest of the content."""
        self.content.update(block)
        return block


def _rows(batch: ReadBatch, rows: NDArray[np.bool_]) -> ReadBatch:
    return ReadBatch(
        data=batch.data,
        name_start=batch.name_start[rows],
        name_end=batch.name_end[rows],
        sequence_start=batch.sequence_start[rows],
        quality_start=batch.quality_start[rows],
        length=batch.length[rows],
        first_record=batch.first_record,
        flag=None if batch.flag is None else batch.flag[rows],
    )


def _spans(batch: ReadBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the records of a batch begin and end in its buffer, as they are stored."""
    if batch.alignment is not None:
        return batch.alignment.record_start - 4, batch.alignment.record_end
    end = np.zeros(len(batch), dtype=np.int64)
    quality, length = np.ascontiguousarray(batch.quality_start), np.ascontiguousarray(batch.length)
    if k.record_ends(batch.data, quality, length, end):
        raise SystemFault("A record does not end with its qualities.", hint="Please report this.")
    return batch.name_start - 1, end


def _gather(source: ReadBatch | NDArray[np.uint8], start: NDArray[np.int64], end: NDArray[np.int64]) -> bytes:
    data = source.data if isinstance(source, ReadBatch) else source
    out = np.empty(int((end - start).sum()), dtype=np.uint8)
    size = int(k.gather(data, np.ascontiguousarray(start), np.ascontiguousarray(end), out))
    return out[:size].tobytes()


def offset_of(source: ReadSource, sums: Fingerprint) -> int | None:
    """The offset of the qualities of a file that was read, decided as the metrics decide it."""
    if source.format in ALIGNED or sums.decided:
        return SANGER.offset
    encoding = decide_encoding(sums.characters)
    return encoding.offset if encoding else None


def bam_head(path: Path) -> bytes:
    """The header of a BAM, text and list of references, as it is stored (SAM specification 4.2)."""
    import gzip

    with gzip.open(path, "rb") as file:
        parts = [file.read(8)]
        parts.append(file.read(struct.unpack("<i", parts[0][4:])[0]))
        parts.append(file.read(4))
        for _ in range(struct.unpack("<i", parts[-1])[0]):
            size = file.read(4)
            parts += [size, file.read(struct.unpack("<i", size)[0] + 4)]
    return b"".join(parts)


def split_head(head: bytes) -> tuple[str, bytes]:
    """Text and list of references of the header of a BAM; bytes that are no UTF-8 stay so when it is joined."""
    size = struct.unpack("<i", head[4:8])[0]
    return head[8 : 8 + size].rstrip(b"\0").decode("utf-8", "surrogateescape"), head[8 + size :]


def join_head(text: str, references: bytes) -> bytes:
    """The header of a BAM with this text and list of references."""
    coded = text.encode("utf-8", "surrogateescape")
    return b"BAM\x01" + struct.pack("<i", len(coded)) + coded + references


def cram_head(path: Path) -> bytes:
    """The header of a CRAM as a BAM has it."""
    import pysam

    with pysam.AlignmentFile(str(path), "rc", check_sq=False) as file:
        header: Any = file.header
        parts = [struct.pack("<i", header.nreferences)]
        for name, length in zip(header.references, header.lengths, strict=True):
            coded = name.encode() + b"\0"
            parts.append(struct.pack("<i", len(coded)) + coded + struct.pack("<i", length))
        return join_head(str(header), b"".join(parts))
