"""The stored bytes of a data file: read once from front to back, hashed on the way, handed out in pieces."""

import select
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from dsqc.errors import SystemFault
from dsqc.formats.checksums import Checksums
from dsqc.formats.handover import Handover
from dsqc.formats.texts import Phrase, english

PIECE = 1 << 18
"""Stored bytes asked for at once: 256 KiB keeps hashing and inflating inside the second-level cache."""
PIECES_AHEAD = 24
"""Pieces that the reading and hashing thread may be ahead of the one that inflates."""
FIRST_PIECE = 1 << 23
"""Stored bytes asked for at once while whoever takes them is still being loaded: that keeps the interpreter's lock, and
a thread that hashes gets it for a moment only, so it does much in each. So large, they go back to the system one by one
(:mod:`dsqc.stages._memory`)."""
FIRST_PIECES = 10
"""Pieces of that size at most, as long as none of them is used up: 80 MiB."""


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
        name: the file's name, as findings and faults of the system give it.
        owned: the file is closed with this.

    Attributes:
        name: the file's.
        checksums: of all bytes, once :meth:`drain` has read the last of them.
    """

    def __init__(self, file: BinaryIO, name: str, *, owned: bool = True) -> None:
        self.name = name
        self._file = file
        self._owned = owned
        self._came = memoryview(b"")  # read, and not yet counted
        self._held = memoryview(b"")  # counted, and not yet handed out
        self._read = 0
        self._first_pieces = 0
        self.checksums = Checksums()
        self._handover: Handover[bytes] | None = None
        self._coming = self._pieces()

    def read_ahead(self, first_pieces: int = 0) -> None:
        """Read and hash in a thread of its own from here on.

        Args:
            first_pieces: pieces of FIRST_PIECE that are read at most, until the first of them is used up.
        """
        if self._handover is None:
            pieces, self._first_pieces = self._coming, first_pieces
            self._handover = Handover(lambda: pieces, PIECES_AHEAD, f"read {self.name}")
            self._coming = iter(self._handover)

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
                self._first_pieces -= 1
                piece = self._asked(PIECE if self._first_pieces < 0 else FIRST_PIECE)
            except OSError as error:
                reason = error.strerror or str(error)
                raise SystemFault(
                    f"Reading {self.name} failed: {reason}.", hint="Check the disk, then run it again."
                ) from error
            if not piece:
                return
            self.checksums.update(piece)
            yield piece

    def _asked(self, size: int) -> bytes:
        """At most ``size`` bytes; waits where the file does not (a terminal or socket set so by its owner)."""
        while (found := cast("bytes | None", self._file.read(size))) is None:
            select.select([self._file], [], [])
        return found

    def _more(self) -> memoryview:
        if not self._came:
            if self._read:
                self._first_pieces = 0
            self._came = memoryview(next(self._coming, b""))
        piece, self._came = self._came[:PIECE], self._came[PIECE:]
        self._read += len(piece)
        return piece

    def piece(self) -> memoryview:
        """The next bytes, as many as are at hand (at most about 256 KiB); empty only at the end of the file."""
        if not self._held:
            return self._more()
        found, self._held = self._held, memoryview(b"")
        return found

    def gather(self, least: int) -> memoryview:
        """The next bytes, as :meth:`piece`, but at least ``least`` of them where the file has so many."""
        while len(self._held) < least and (part := self._more()):
            self._held = memoryview(b"".join([self._held, part])) if self._held else part
        return self.piece()

    def take(self, size: int) -> memoryview:
        """Exactly ``size`` bytes, fewer only where the file ends."""
        if len(self._held) < size:
            parts: list[bytes | memoryview] = [self._held]
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
        if self._owned:
            self._file.close()


def begin(path: Path) -> StoredBytes | None:
    """Begin to read and hash a file, in a thread of its own, before it is known what it holds.

    To be called before what measures it is loaded: loading keeps one processor for a quarter of a second.

    Returns:
        What :func:`dsqc.formats.open_reads` goes on from, and whoever called closes; None for what is no file or
        cannot be opened: why, is said where it is opened in earnest.
    """
    try:
        if not path.is_file():
            return None
        stored = StoredBytes(cast("BinaryIO", path.open("rb", buffering=0)), path.name)
    except OSError:
        return None
    stored.read_ahead(FIRST_PIECES)
    return stored
