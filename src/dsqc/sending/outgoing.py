"""Files as they travel: as they are, or as Crypt4GH files that are made while the file is read, and stand nowhere."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from dsqc.crypt4gh import SEGMENT, RepeatableWriter, sealed_name, stored_size
from dsqc.crypt4gh.header import SessionKeys
from dsqc.listing import Digests
from dsqc.sending.local import LocalFile, Reading, reading
from dsqc.sending.sealing import Secrets

BLOCK = 16 * SEGMENT
"""Bytes that are read and encrypted at once."""


class OutgoingReading(Protocol):
    """One reading of what travels, from its beginning. Raises Changed and Unreadable as :class:`Reading`."""

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes."""
        ...

    def read_into(self, view: memoryview) -> None:
        """Fill ``view`` with the next bytes."""
        ...

    def require_unchanged(self) -> None:
        """Raise Changed where the file is not what it was when it was listed."""
        ...

    def content(self) -> Digests | None:
        """Digests of the file here, after the last byte; ``None`` where what travels is the file."""
        ...


class Outgoing(Protocol):
    """One version of one file as it travels.

    Attributes:
        name: at the far end.
        size_bytes: that travel.
        can_stand: whether an earlier run can have sent the same bytes.
    """

    name: str
    size_bytes: int
    can_stand: bool

    def reading(self) -> AbstractContextManager[OutgoingReading]:
        """Read it. Raises Changed, Unreadable."""
        ...


class PlainOutgoing:
    """The file as it is."""

    can_stand = True

    def __init__(self, name: str, file: LocalFile) -> None:
        self.name = name
        self.size_bytes = file.size_bytes
        self._file = file

    def reading(self) -> AbstractContextManager[OutgoingReading]:
        """Read it."""
        return reading(self._file)


class SealedOutgoing:
    """The file as Crypt4GH."""

    def __init__(self, name: str, file: LocalFile, secrets: Secrets) -> None:
        self.name = sealed_name(name)
        self.size_bytes = len(secrets.header) + stored_size(file.size_bytes)
        self.can_stand = not secrets.is_new
        self._file = file
        self._secrets = secrets

    @contextmanager
    def reading(self) -> Iterator[OutgoingReading]:
        """Read and encrypt it."""
        with reading(self._file) as opened, ThreadPoolExecutor(1, thread_name_prefix="dsqc-hash") as hasher:
            yield SealedReading(opened, self._file.size_bytes, self._secrets, hasher)


class SealedReading:
    """Header, then segments. ``hasher`` has one thread: MD5 of the content is the slowest of all."""

    def __init__(self, file: Reading, size_bytes: int, secrets: Secrets, hasher: ThreadPoolExecutor) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._writer = RepeatableWriter(SessionKeys((secrets.session_key,)), secrets.nonce_key)
        self._made = bytearray(secrets.header)
        self._at = 0
        self._hasher = hasher
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._hashed: Future[None] | None = None

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes of the Crypt4GH file."""
        while len(self._made) < size:
            self._made += self._more()
        with memoryview(self._made) as view:
            data = bytes(view[:size])
        del self._made[:size]
        return data

    def read_into(self, view: memoryview) -> None:
        """Fill ``view`` with the next bytes of the Crypt4GH file."""
        view[:] = self.read(len(view))

    def require_unchanged(self) -> None:
        """As the file says."""
        self._file.require_unchanged()

    def content(self) -> Digests:
        """Of the plain file."""
        if self._hashed:
            self._hashed.result()
        return Digests(self._size_bytes, self._md5.hexdigest(), self._sha256.hexdigest())

    def _more(self) -> bytearray:
        size = min(BLOCK, self._size_bytes - self._at)
        if not size:
            raise ValueError("nothing is left of the file")
        plain = self._file.read(size)
        if self._hashed:
            self._hashed.result()
        self._hashed = self._hasher.submit(self._md5.update, plain)
        self._sha256.update(plain)
        body = self._writer.encrypt(plain, self._at // SEGMENT)
        self._at += size
        return body
