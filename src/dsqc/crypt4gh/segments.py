"""The body: segments of 65,536 bytes, each with its nonce and MAC, so that any of them is read or written alone."""

import hmac
import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from dsqc.crypt4gh.header import SessionKeys
from dsqc.errors import SystemFault

SEGMENT = 1 << 16
"""Plain bytes of a segment; the last one may have fewer, and at least one."""
_NONCE, _MAC = 12, 16
STORED_SEGMENT = _NONCE + SEGMENT + _MAC
AHEAD = 16
"""Segments read at once: 1 MiB."""


def stored_size(plain: int) -> int:
    """Bytes of the body of ``plain`` bytes."""
    return plain + -(-plain // SEGMENT) * (_NONCE + _MAC)


def plain_size(stored: int) -> int:
    """Plain bytes in a body of ``stored`` bytes.

    Raises:
        ValueError: no whole segments have this size.
    """
    whole, rest = divmod(stored, STORED_SEGMENT)
    if rest and rest <= _NONCE + _MAC:
        raise ValueError(f"{stored} bytes are no whole segments")
    return whole * SEGMENT + (rest - _NONCE - _MAC if rest else 0)


class SegmentWriter:
    """Encrypts segments with one session key. Every segment gets a nonce of its own, also when it is written again."""

    def __init__(self, session: SessionKeys) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        self._cipher = ChaCha20Poly1305(session.keys[0])

    def encrypt(self, plain: bytes | bytearray | memoryview, first: int = 0) -> bytearray:
        """The body of ``plain``; all but the last of its segments are full. ``first``: number of its first segment."""
        view = memoryview(plain)
        # In place: three times as fast as joining what the cipher would allocate.
        body = bytearray(stored_size(len(view)))
        out = memoryview(body)
        at = 0
        for start in range(0, len(view), SEGMENT):
            piece = view[start : start + SEGMENT]
            nonce = self._nonce(first + start // SEGMENT, piece)
            end = at + _NONCE + len(piece) + _MAC
            out[at : at + _NONCE] = nonce
            self._cipher.encrypt_into(nonce, piece, None, out[at + _NONCE : end])
            at = end
        return body

    def _nonce(self, _number: int, _piece: memoryview) -> bytes:
        return os.urandom(_NONCE)

    def encrypted(self, blocks: Iterator[bytes]) -> Iterator[bytearray]:
        """The body of a stream, whatever the sizes of its blocks; each piece is whole segments."""
        held = bytearray()
        for block in blocks:
            held += block
            if len(held) >= AHEAD * SEGMENT:
                size = len(held) // SEGMENT * SEGMENT
                yield self.encrypt(held[:size])
                del held[:size]
        if held:
            yield self.encrypt(held)


class RepeatableWriter(SegmentWriter):
    """Encrypts the same segment to the same bytes each time, so that what was sent in parts can be gone on with.

    The nonce is made of the number and the whole content of the segment (HMAC-SHA-256 with a key of its own, cut to 96
    bits): other bytes in the place of the same segment get another nonce, also where nobody noticed that the file
    changed. So no nonce ever serves for two contents, and a repetition tells nobody more than that it is one.

    Args:
        session: its first key encrypts.
        nonce_key: 32 random bytes that serve for nothing else.
    """

    def __init__(self, session: SessionKeys, nonce_key: bytes) -> None:
        super().__init__(session)
        self._nonce_key = nonce_key

    def _nonce(self, number: int, piece: memoryview) -> bytes:
        code = hmac.new(self._nonce_key, number.to_bytes(8, "little"), "sha256")
        code.update(piece)
        return code.digest()[:_NONCE]


class SegmentReader(io.RawIOBase):
    """The plain bytes of a body, as a file to read; one may seek in it where the stored bytes let one.

    A segment that was changed, moved in from another file or cut is never handed out. Crypt4GH does not protect the
    number and the order of segments: whoever reads knows size and digest of the content from elsewhere.

    Args:
        file: the stored bytes; closed with the reader.
        name: for messages.
        start: where in ``file`` the first segment begins; ``file`` stands there.
        size: bytes of the body where they are known; needed to seek from the end.

    Raises:
        SystemFault: from reads, a segment is damaged.
    """

    def __init__(
        self, file: BinaryIO, session: SessionKeys, name: str, *, start: int = 0, size: int | None = None
    ) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        self.name = name
        self._file = file
        self._start = start
        self._ciphers = [ChaCha20Poly1305(key) for key in session.keys]
        self._size = None if size is None else _plain_size(size, name)
        self._segment = 0  # that the stored bytes stand at
        self._position = 0
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """As the stored bytes are."""
        return self._file.seekable()

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with what comes next."""
        view = memoryview(buffer).cast("B")
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)

    def read(self, size: int | None = -1) -> bytes:
        """At most ``size`` bytes, fewer only at the end; all that are left where it is negative."""
        parts: list[bytes] = []
        left = -1 if size is None else size
        while left and (self._held or self._more()):
            piece = self._held if left < 0 else self._held[:left]
            self._held = self._held[len(piece) :]
            parts.append(bytes(piece))
            left -= len(piece) if left > 0 else 0
            self._position += len(piece)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readall(self) -> bytes:
        """Everything that is left."""
        return self.read(-1)

    def tell(self) -> int:
        """Offset of the next plain byte."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a plain byte; beyond the end there is nothing to read."""
        if whence == os.SEEK_CUR:
            offset += self.tell()
        elif whence == os.SEEK_END:
            if self._size is None:
                raise io.UnsupportedOperation("the size is not known")
            offset += self._size
        offset = max(offset, 0)
        if self._size is not None:
            offset = min(offset, self._size)
        self._segment, within = divmod(offset, SEGMENT)
        self._held = memoryview(b"")
        self._file.seek(self._start + self._segment * STORED_SEGMENT)
        if within and self._more():
            self._held = self._held[within:]
        self._position = offset
        return offset

    def _more(self) -> bool:
        """Decrypt what comes next; false at the end."""
        stored = _read_full(self._file, AHEAD * STORED_SEGMENT)
        if not stored:
            return False
        view = memoryview(stored)
        plain = bytearray(_plain_size(len(stored), self.name))
        out, end = memoryview(plain), 0
        for at in range(0, len(view), STORED_SEGMENT):
            segment = view[at : at + STORED_SEGMENT]
            start, end = end, end + len(segment) - _NONCE - _MAC
            self._decrypt(segment, self._segment, out[start:end])
            self._segment += 1
        self._held = out
        return True

    def _decrypt(self, stored: memoryview, number: int, out: memoryview) -> None:
        from cryptography.exceptions import InvalidTag

        for cipher in self._ciphers:
            try:
                cipher.decrypt_into(bytes(stored[:_NONCE]), stored[_NONCE:], None, out)
            except InvalidTag:
                continue
            return
        raise SystemFault(
            f"{self.name} is damaged: segment {number} (plain byte {number * SEGMENT}) does not open.",
            hint="Take it away and transfer it again; in the store, `dsqc storage verify` finds and repairs it.",
        )

    def close(self) -> None:
        """Close the stored bytes too."""
        if not self.closed:
            self._file.close()
        super().close()


def _read_full(file: BinaryIO, size: int) -> bytes:
    """``size`` bytes, fewer only at the end: a socket or an unbuffered file may give less at once."""
    found = file.read(size)
    if not found or len(found) == size:
        return found
    parts = [found]
    left = size - len(found)
    while left and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _plain_size(stored: int, name: str) -> int:
    try:
        return plain_size(stored)
    except ValueError:
        raise SystemFault(f"{name} is damaged: it ends inside a segment.", hint="Transfer it again.") from None
