"""The stored bytes of a data file: read once from front to back, hashed on the way, handed out in pieces."""

from collections.abc import Iterator
from typing import BinaryIO

from dsqc.errors import SystemFault
from dsqc.formats.checksums import Checksums
from dsqc.formats.handover import Handover
from dsqc.formats.texts import Phrase, english

PIECE = 1 << 18
"""Stored bytes asked for at once: 256 KiB keeps hashing and inflating inside the second-level cache."""
PIECES_AHEAD = 24
"""Pieces that the reading and hashing thread may be ahead of the one that inflates."""


class Damage(Exception):
    """The container cannot be followed further. Decoders raise it; :class:`~dsqc.formats.container.BlockReader`
    turns it into a finding and goes on hashing to the end of the file.

    Attributes:
        code: the rule.
        byte_offset: where, in stored bytes.
        value, expected: as in a finding.
    """

    def __init__(self, code: str, byte_offset: int, value: Phrase, expected: Phrase) -> None:
        super().__init__(english(value))
        self.code = code
        self.byte_offset = byte_offset
        self.value = value
        self.expected = expected


class StoredBytes:
    """A binary file as decoders see it. Every byte is hashed once, when it is first read.

    Args:
        file: anything with ``read(n)``: a file, a pipe, standard input. It need not be seekable.
        name: the file's name, for messages about our own faults.
        background: read and hash in a thread of their own.

    Attributes:
        checksums: of all bytes, once :meth:`drain` has read the last of them.
    """

    def __init__(self, file: BinaryIO, name: str, *, background: bool = False) -> None:
        self._file = file
        self._name = name
        self._held = memoryview(b"")
        self._read = 0
        self.checksums = Checksums()
        self._handover: Handover[bytes] | None = None
        if background:
            self._handover = Handover(self._pieces, PIECES_AHEAD, f"read {name}")
        self._coming = iter(self._handover) if self._handover else self._pieces()

    @property
    def offset(self) -> int:
        """Offset of the next byte that will be handed out."""
        return self._read - len(self._held)

    @property
    def size(self) -> int:
        """Stored bytes read so far; the file's size after :meth:`drain`."""
        return self._read

    def _pieces(self) -> Iterator[bytes]:
        while True:
            try:
                piece = self._file.read(PIECE)
            except OSError as error:
                reason = error.strerror or str(error)
                raise SystemFault(
                    f"Reading {self._name} failed: {reason}.", hint="Check the disk, then run it again."
                ) from error
            if not piece:
                return
            self.checksums.update(piece)
            yield piece

    def _more(self) -> bytes:
        piece = next(self._coming, b"")
        self._read += len(piece)
        return piece

    def piece(self) -> memoryview:
        """The next bytes, as many as are at hand (at most about 256 KiB); empty only at the end of the file."""
        if not self._held:
            return memoryview(self._more())
        found, self._held = self._held, memoryview(b"")
        return found

    def gather(self, least: int) -> memoryview:
        """The next bytes, as :meth:`piece`, but at least ``least`` of them where the file has so many."""
        while len(self._held) < least and (part := self._more()):
            self._held = memoryview(b"".join([self._held, part]) if self._held else part)
        return self.piece()

    def take(self, size: int) -> memoryview:
        """Exactly ``size`` bytes, fewer only where the file ends."""
        if len(self._held) < size:
            parts = [bytes(self._held)]
            missing = size - len(self._held)
            while missing > 0:
                part = self._more()
                if not part:
                    break
                parts.append(part)
                missing -= len(part)
            self._held = memoryview(b"".join(parts))
        found, self._held = self._held[:size], self._held[size:]
        return found

    def peek(self, size: int) -> memoryview:
        """The next ``size`` bytes, fewer only where the file ends; they will be handed out again."""
        if len(self._held) < size:
            self.give_back(self.take(size))
        return self._held[:size]

    def give_back(self, rest: bytes | memoryview) -> None:
        """Put bytes back in front, to be handed out again (and not hashed again)."""
        self._held = memoryview(bytes(rest) + bytes(self._held)) if self._held else memoryview(rest)

    def drain(self) -> None:
        """Read and hash whatever is left, so that the checksums are those of the whole file."""
        self._held = memoryview(b"")
        while self._more():
            continue

    def close(self) -> None:
        """Stop reading, wherever it stands: no more bytes come. Safe to call twice."""
        if self._handover:
            self._handover.close()
