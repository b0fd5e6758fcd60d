"""The text and the proof of one part of a file: as the reader of the whole file sees it, from the part's first byte."""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from dsqc.errors import SystemFault
from dsqc.findings import Finding, Location
from dsqc.formats.checksums import crc64_function, crc64_text
from dsqc.formats.container import BlockReader
from dsqc.formats.gzip import GzipProof, gzip_blocks
from dsqc.formats.room import Inflow
from dsqc.formats.spans import Span
from dsqc.formats.stored import PIECE, Damage, StoredBytes
from dsqc.formats.texts import tell
from dsqc.model import Container


class SpanBytes(StoredBytes):
    """Stored bytes from the start of a span to the end of the file; the span's own are hashed (CRC-64/NVME)."""

    def __init__(self, file: BinaryIO, name: str, span: Span) -> None:
        self._span = span
        self._crc = 0
        file.seek(span.start)
        super().__init__(file, name)
        self._read = span.start

    def _pieces(self) -> Iterator[bytes]:
        at, crc64 = self._span.start, crc64_function()
        while True:
            inside = self._span.stop - at
            try:
                piece = self._file.read(min(PIECE, inside) if inside > 0 else PIECE)
            except OSError as error:
                reason = error.strerror or str(error)
                raise SystemFault(
                    f"Reading {self.name} failed: {reason}.", hint="Check the disk, then run it again."
                ) from error
            if not piece:
                return
            if inside > 0:
                self._crc = crc64(self._crc, piece)
            at += len(piece)
            yield piece

    @property
    def crc64nvme(self) -> str:
        """Of the span's bytes, once they have been read."""
        return crc64_text(self._crc)

    def drain_span(self) -> None:
        """Read and hash what is left of the span."""
        while self._read < self._span.stop and self._more():
            continue
        self._held = memoryview(b"")


class SpanReader(BlockReader):
    """Unwraps one part, and what follows it as far as its last record reaches; proves and hashes the part alone.

    What it says of the file as a whole (:meth:`integrity`) is for who puts the parts together.

    Args:
        file: closed with the reader.
        name: the file's name.
        container: plain text or BGZF.
        span: the part.
        before: what the container proved to be in front of the part; not changed.
        text: uncompressed bytes to hand over, from and to (not included), counted from the part's first; to None:
            to the end of the file.
        background: reading has a thread of its own.
        damage_code: the rule for damage where the format has its own.

    Attributes:
        proof: of the container up to the end of the part, once :meth:`pass_over` was called.
        size: uncompressed bytes of the part, or those in front of its damage.
        lands: the part's last block ends where the part ends.
        damage: why the container cannot be followed to the end of the part.
        inside: nothing of what follows the part has been handed over.
    """

    def __init__(
        self,
        file: BinaryIO,
        name: str,
        container: Container,
        span: Span,
        before: GzipProof,
        *,
        text: tuple[int, int | None] = (0, None),
        background: bool = False,
        damage_code: str | None = None,
    ) -> None:
        self.name = name  # nothing is taken over but the methods' names: this one reads in its own way
        self.container = container
        self.proof = replace(before)
        self.size = 0
        self.lands = False
        self.damage: Damage | None = None
        self._damage_code = damage_code
        self._span = span
        self._text = text
        self._beyond_damage = False
        self.inside = True
        self._own = self._stored = SpanBytes(file, name, span)
        if background:
            self._own.read_ahead()
        self._raw = self._unwrap()
        self._text_blocks = self._cut()

    def _decoded(self, proof: GzipProof, stop: int | None) -> Iterator[bytes | memoryview]:
        if self.container is Container.BGZF:
            yield from gzip_blocks(self._stored, proof, stop)
            return
        while stop is None or self._stored.offset < stop:
            piece = self._stored.piece()
            if not piece:
                return
            yield piece

    def _unwrap(self) -> Iterator[bytes | memoryview]:
        """Blocks to the end of the file; the part is closed on the way."""
        try:
            # The last part goes to the end of the file, whatever that has behind its last block.
            for block in self._decoded(self.proof, None if self._span.is_last else self._span.stop):
                self.size += len(block)
                yield block
        except Damage as damage:
            self.damage = damage
        self.lands = self.damage is None and self._stored.offset == self._span.stop
        if self.damage is not None:
            self._own.drain_span()
        self.inside = False
        if self.damage is not None or self._span.is_last:
            return
        try:
            yield from self._decoded(replace(self.proof), None)
        except Damage:
            self._beyond_damage = True

    def _cut(self) -> Iterator[memoryview]:
        start, stop = self._text
        if stop is not None and stop <= start:
            return
        at = 0
        for block in self._raw:
            piece = memoryview(block)[max(start - at, 0) : len(block) if stop is None else max(stop - at, 0)]
            at += len(block)
            if piece:
                yield piece
            if stop is not None and at >= stop:
                return

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The text in blocks, none empty."""
        return self._text_blocks

    def inflow(self) -> Inflow:
        """The text for buffers to be filled with; instead of iterating."""
        return Inflow(self._text_blocks)

    @property
    def faults(self) -> list[Finding]:  # type: ignore[override]
        """The damage that the text ended with, in the part or behind it."""
        if self.damage is not None:
            return [self.fault(self.damage)]
        return [self.fault(Damage("DSQC-F010", self._span.stop, "", ""))] if self._beyond_damage else []

    def fault(self, damage: Damage) -> Finding:
        """The finding about ``damage``."""
        place = Location(path=self.name, byte_offset=damage.byte_offset, in_container=True)
        return tell(self._damage_code or damage.code, place, damage.value, damage.expected)

    def pass_over(self) -> None:
        """Read on to the end of the part, proving and hashing."""
        while self.inside and next(self._raw, None) is not None:
            continue

    @property
    def crc64nvme(self) -> str:
        """Of the part's stored bytes, once it is finished."""
        return self._own.crc64nvme

    def close(self) -> None:
        """Stop reading and close the file."""
        self._stored.close()
