"""The index beside an alignment file (BAI, CSI, CRAI): whether it is of this file, as it is now (rule DSQC-D032)."""

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dsqc.crypt4gh import DataPath, beside, open_data, size_of
from dsqc.findings import Finding, Location
from dsqc.formats import texts
from dsqc.formats.cram_container import container_at
from dsqc.formats.texts import Phrase, fill, tell

_SUFFIXES = {".bam": (".bai", ".csi"), ".cram": (".crai",)}
_LOOKED_AT = 4096
"""Offsets that are looked up in the data file at most, evenly chosen: each may cost a seek on a remote disk."""
_LARGEST = 1 << 30
_BAI_BINS = 37449  # of 5 levels below the whole; the number behind them marks the counts (SAM specification 5.2)
_BLOCK_START = 18
_HEADER_CONTAINER = 26  # where it begins, in every CRAM


@dataclass(slots=True)
class BinIndex:
    """What a BAI or CSI says.

    Attributes:
        references: how many it has.
        counts: mapped and unmapped records of the references that it states them for.
        unplaced: records without a place; None where it does not say.
        with_bins: references that have any bin.
        offsets: virtual file offsets, of chunks and of the linear index; uint64.
    """

    references: int
    counts: dict[int, tuple[int, int]] = field(default_factory=dict)
    unplaced: int | None = None
    with_bins: set[int] = field(default_factory=set)
    offsets: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))


def find_index(data: DataPath) -> DataPath | None:
    """The index beside ``data``, as htslib looks for it: ``x.bam.bai``, ``x.bai``, and likewise ``.csi``, ``.crai``."""
    for suffix in _SUFFIXES.get(data.suffix.lower(), ()):
        for name in (f"{data.name}{suffix}", Path(data.name).with_suffix(suffix).name):
            candidate = beside(data, name)
            if candidate.is_file():
                return candidate
    return None


def index_findings(data: DataPath, tally: NDArray[np.int64]) -> Iterator[Finding]:
    """DSQC-D032 where the index beside ``data``, a whole file, is not of it.

    Args:
        tally: int64 (references + 1) x 2; mapped and unmapped records of each reference, the last row for none.
    """
    path = find_index(data)
    if path is None:
        return
    try:
        with _open(data) as file:
            check = _crai_faults if path.suffix == ".crai" else _bin_faults
            faults = list(check(path, file, tally))
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        told = error.strerror if isinstance(error, OSError) else None
        reason: Phrase = told or texts.CUT_OR_DAMAGED
        faults = [(fill(texts.INDEX_UNREADABLE, reason), texts.READABLE_INDEX)]
    for value, expected in faults:
        yield tell("DSQC-D032", Location(path=path.name), value, expected)


def _open(place: DataPath) -> BinaryIO:
    return place.open("rb") if isinstance(place, Path) else open_data(place)


def _content(path: DataPath) -> bytes:
    if size_of(path) > _LARGEST:
        raise ValueError("too large")
    with _open(path) as file:
        stored = file.read()
    return gzip.decompress(stored) if stored[:2] == b"\x1f\x8b" else stored


class _Numbers:
    """Reads little-endian numbers one after the other; a number that is not there raises struct.error."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self.at = at

    def take(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(f"<{form}", self._content, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def words(self, number: int) -> NDArray[np.uint64]:
        found = np.frombuffer(self._content, "<u8", number, self.at)
        self.at += 8 * number
        return found

    @property
    def left(self) -> int:
        return len(self._content) - self.at


def parse_bins(content: bytes) -> BinIndex:
    """Read a BAI or an uncompressed CSI (SAM specification 5.2, CSI specification).

    Raises:
        ValueError, struct.error: it is none, or is not whole.
    """
    numbers = _Numbers(content, 4)
    is_csi = content[:4] == b"CSI\x01"
    counted = _BAI_BINS + 1
    if is_csi:
        _shift, depth, auxiliary = numbers.take("iii")
        if not 0 <= depth <= 20 or auxiliary < 0:
            raise ValueError("depth")
        counted = ((1 << 3 * (depth + 1)) - 1) // 7 + 1
        numbers.at += auxiliary
    elif content[:4] != b"BAI\x01":
        raise ValueError("magic")
    found = BinIndex(numbers.take("i")[0])
    parts = []
    for reference in range(found.references):
        for _ in range(*numbers.take("i")):
            (number,) = numbers.take("I")
            if is_csi:
                parts.append(numbers.words(1))
            chunks = numbers.words(2 * numbers.take("i")[0])
            if number == counted and len(chunks) == 4:
                found.counts[reference] = (int(chunks[2]), int(chunks[3]))
                chunks = chunks[:2]
            else:
                found.with_bins.add(reference)
            parts.append(chunks)
        if not is_csi:
            parts.append(numbers.words(*numbers.take("i")))
    if numbers.left >= 8:
        (found.unplaced,) = numbers.take("Q")
    if parts:
        found.offsets = np.concatenate(parts)
    return found


def _bin_faults(path: DataPath, file: BinaryIO, tally: NDArray[np.int64]) -> Iterator[tuple[Phrase, Phrase]]:
    found = parse_bins(_content(path))
    if found.references != len(tally) - 1:
        yield fill(texts.REFERENCES, found.references), fill(texts.REFERENCES, len(tally) - 1)
        return
    for reference, (mapped, unmapped) in enumerate(tally[:-1].tolist()):
        if reference not in found.counts and reference in found.with_bins:
            continue  # bins without counts: an index of old tools
        stated = found.counts.get(reference, (0, 0))
        if stated != (mapped, unmapped):
            value = fill(texts.INDEX_COUNTS, reference + 1, *stated)
            yield value, fill(texts.INDEX_COUNTS, reference + 1, mapped, unmapped)
            return
    unplaced = int(tally[-1].sum())
    if found.unplaced is not None and found.unplaced != unplaced:
        yield fill(texts.INDEX_UNPLACED, found.unplaced), fill(texts.INDEX_UNPLACED, unplaced)
        return
    offsets = np.unique(found.offsets >> np.uint64(16))
    for offset in _chosen(offsets.tolist()):
        if offset and not _is_block_start(file, offset):
            yield fill(texts.INDEX_OFFSET, offset), texts.BLOCK_STARTS
            return


def _chosen(items: list[int]) -> list[int]:
    """The items, at most ``_LOOKED_AT``: the first, the last and evenly chosen ones."""
    if len(items) <= _LOOKED_AT:
        return items
    return [items[row] for row in np.linspace(0, len(items) - 1, _LOOKED_AT).astype(int).tolist()]


def _is_block_start(file: BinaryIO, offset: int) -> bool:
    """Whether a BGZF block begins at ``offset``, or the file ends there."""
    file.seek(offset)
    head = file.read(_BLOCK_START)
    if not head:
        return offset == file.seek(0, 2)
    return head[:4] == b"\x1f\x8b\x08\x04" and head[12:16] == b"BC\x02\x00"


def _crai_faults(path: DataPath, file: BinaryIO, tally: NDArray[np.int64]) -> Iterator[tuple[Phrase, Phrase]]:
    """CRAI: lines of reference, start, span, offset of the container, of the slice in it, and its size."""
    rows = [[int(part) for part in line.split(b"\t")] for line in _content(path).splitlines() if line]
    if any(len(row) != 6 for row in rows):
        raise ValueError("fields")
    file.seek(4)
    if file.read(1)[0] < 3:
        return  # the header container of CRAM 2.1 may be longer than it states
    known = len(tally) - 1
    for row in rows:
        if not -2 <= row[0] < known:
            yield fill(texts.INDEX_REFERENCE, row[0]), fill(texts.REFERENCES, known)
            return
    starts = [_HEADER_CONTAINER, *sorted({row[3] for row in rows})]
    following = dict(pairwise(starts))
    for start in _chosen(starts):
        found = container_at(file, start)
        if found is None:
            yield fill(texts.INDEX_OFFSET, start), texts.CONTAINER_STARTS
            return
        after = None if start in following else container_at(file, found.end)
        if following.get(start) != found.end and not (after is not None and after.is_end):
            yield fill(texts.INDEX_LACKS, found.end), texts.EVERY_CONTAINER
            return
