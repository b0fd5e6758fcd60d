"""Where the bytes of a closed submission's file go: encrypted to the station's key before they reach the disk."""

import errno
import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dsqc.artefact import write_fault
from dsqc.crypt4gh import (
    SEGMENT,
    STORED_SEGMENT,
    Keys,
    SegmentReader,
    SegmentWriter,
    make_header,
    open_header,
    read_header,
    stored_size,
)
from dsqc.crypt4gh.header import SessionKeys, new_session_key
from dsqc.errors import SystemFault, UsageError

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredDigests:
    """What the encrypted body of a file is; digests in lower-case hexadecimal digits.

    The header is left out: it goes apart from the body, and changes with the recipient.
    """

    size_bytes: int
    md5: str
    sha256: str


class SealedSink:
    """A Crypt4GH file (:class:`dsqc.transfer.sinks.Sink`): segments are encrypted and written in any order.

    An earlier run's file is gone on with: its own header holds the session key. Where none of the station's keys opens
    that, or the file is for a content of another size, it is begun anew.

    Args:
        path: the part file.
        size_bytes: of the plain content.
        keys: of the station.

    Raises:
        UsageError: the station has no keys, or they cannot be opened.
        StorageFault: the disk refused.
    """

    def __init__(self, path: Path, size_bytes: int, keys: Keys) -> None:
        self.path = path
        recipient = keys.public
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise write_fault(path, error) from error
        try:
            found = self._header_of_before(keys, size_bytes)
            self.is_fresh = found is None
            if found is None:
                session = SessionKeys((new_session_key(),))
                header = make_header(session, [recipient])
                self._begin(header, size_bytes)
            else:
                header, session = found
        except BaseException:
            os.close(self._descriptor)
            raise
        self._start = len(header)
        self._size = size_bytes
        self._session = session
        self._writer = SegmentWriter(session)

    def _header_of_before(self, keys: Keys, size_bytes: int) -> tuple[bytes, SessionKeys] | None:
        try:
            with os.fdopen(os.dup(self._descriptor), "rb", buffering=0) as file:
                header = read_header(file, self.path.name)
            session = open_header(header, keys.private, self.path.name)
            whole = os.fstat(self._descriptor).st_size == len(header) + stored_size(size_bytes)
        except (SystemFault, UsageError, OSError):
            return None
        return (header, session) if whole else None

    def _begin(self, header: bytes, size_bytes: int) -> None:
        try:
            os.ftruncate(self._descriptor, 0)
            os.ftruncate(self._descriptor, len(header) + stored_size(size_bytes))
        except OSError as error:
            raise write_fault(self.path, error) from error
        self._write(header, 0)

    def _write(self, data: bytes, offset: int) -> None:
        view = memoryview(data)
        try:
            while view:
                written = os.pwrite(self._descriptor, view, offset)
                offset += written
                view = view[written:]
        except OSError as error:
            raise write_fault(self.path, error) from error

    def write_at(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Encrypt ``data`` and write it: whole segments of the plain content, or up to its end."""
        if offset % SEGMENT or (len(data) % SEGMENT and offset + len(data) != self._size):
            raise ValueError("an encrypted file is written in whole segments")
        self._write(self._writer.encrypt(memoryview(data)), self._start + offset // SEGMENT * STORED_SEGMENT)

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """The plain content at ``offset``, read back and decrypted; what does not open is not there."""
        first, last = offset // SEGMENT, -(-(offset + size_bytes) // SEGMENT)
        try:
            stored = os.pread(self._descriptor, (last - first) * STORED_SEGMENT, self._start + first * STORED_SEGMENT)
        except OSError as error:
            if error.errno == errno.EIO:
                return b""
            raise write_fault(self.path, error) from error
        try:
            with SegmentReader(io.BytesIO(stored), self._session, self.path.name) as reader:
                plain = reader.read()
        except SystemFault:
            return b""
        return plain[offset - first * SEGMENT :][:size_bytes]

    def sync(self) -> None:
        """Data, and the size; not the times."""
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def finish(self) -> int:
        """Data and times. Returns the modification time in nanoseconds."""
        try:
            os.fsync(self._descriptor)
            return os.fstat(self._descriptor).st_mtime_ns
        except OSError as error:
            raise write_fault(self.path, error) from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def sealed_sink(keys: Keys) -> Callable[[Path, int], SealedSink]:
    """What opens the part files of a closed submission (:data:`dsqc.transfer.sinks.OpenSink`)."""
    return lambda path, size_bytes: SealedSink(path, size_bytes, keys)


def stored_digests(path: Path) -> StoredDigests:
    """Digests of the body of a whole Crypt4GH file.

    Raises:
        SystemFault: it cannot be read, or is no Crypt4GH file.
    """
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            read_header(file, path.name)
            while block := file.read(_BLOCK):
                md5.update(block)
                sha256.update(block)
                size += len(block)
    except OSError as error:
        raise SystemFault(f"Cannot read {path}: {error.strerror}.", hint="Check the disk.") from error
    return StoredDigests(size, md5.hexdigest(), sha256.hexdigest())
