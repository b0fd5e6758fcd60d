"""Where the bytes of a closed submission's file go: encrypted to the station's key before they reach the disk."""

import errno
import hashlib
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from dsqc.crypt4gh.ring import MAKE_HINT
from dsqc.errors import SystemFault, UsageError
from dsqc.language import Text
from dsqc.listing import Digests, SentFile
from dsqc.transfer.inbox import Encrypted
from dsqc.transfer.sinks import WRITE_BYTES, OpenSink, start_writing
from dsqc.transfer.sources import Entry, FileFault, Source
from dsqc.transfer.taken import TakenSink, look_into

_BLOCK = 1 << 20


class SealedSink:
    """A Crypt4GH file (:class:`dsqc.transfer.sinks.Sink`): segments are encrypted and written in any order.

    An earlier run's file is gone on with: its own header holds the session key. Where none of the station's keys opens
    that, or the file is for a content of another size, it is begun anew.

    Args:
        path: the part file.
        size_bytes: of the plain content.
        keys: of the station.
        told: of the digests of the finished body.

    Raises:
        UsageError: the station has no keys, or they cannot be opened.
        StorageFault: the disk refused.
    """

    def __init__(self, path: Path, size_bytes: int, keys: Keys, told: Callable[[Path, Encrypted], None]) -> None:
        self.path = path
        self._told = told
        recipient = keys.public
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(path, flags, 0o644)
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

    def _write(self, data: bytes | bytearray, offset: int) -> None:
        view = memoryview(data)
        try:
            while view:
                written = os.pwrite(self._descriptor, view[:WRITE_BYTES], offset)
                offset += written
                view = view[written:]
        except OSError as error:
            raise write_fault(self.path, error) from error

    def write_at(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Encrypt ``data`` and write it: whole segments of the plain content, or up to its end."""
        if offset % SEGMENT or (len(data) % SEGMENT and offset + len(data) != self._size):
            raise ValueError("an encrypted file is written in whole segments")
        self._write(self._writer.encrypt(data), self._start + offset // SEGMENT * STORED_SEGMENT)

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

    def prepare(self) -> None:
        """Have the kernel begin; the body is hashed as it stands."""
        start_writing(self._descriptor)
        try:
            self._told(self.path, self._hash_body())
        except OSError as error:
            raise write_fault(self.path, error) from error

    def finish(self) -> int:
        """Data and times. Returns the modification time in nanoseconds."""
        try:
            os.fsync(self._descriptor)
            return os.fstat(self._descriptor).st_mtime_ns
        except OSError as error:
            raise write_fault(self.path, error) from error

    def _hash_body(self) -> Encrypted:
        with ThreadPoolExecutor(2) as pool:  # MD5 takes twice as long as SHA-256: side by side
            digests = list(pool.map(self._digest_of_body, ("md5", "sha256")))
        return Encrypted("", self._start, stored_size(self._size), *digests)

    def _digest_of_body(self, algorithm: str) -> str:
        digest, at = hashlib.new(algorithm, usedforsecurity=False), self._start
        while block := os.pread(self._descriptor, _BLOCK, at):
            digest.update(block)
            at += len(block)
        return digest.hexdigest()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class Sealer:
    """Opens the part files of a closed submission, and keeps what became of those that are finished.

    Args:
        keys: of the station.

    Raises:
        UsageError: the station has no keys, or they cannot be opened.
    """

    def __init__(self, keys: Keys | None) -> None:
        if keys is None:
            raise UsageError(
                "The submission is closed: its data is encrypted to a station's key while it arrives, and no station "
                "is named. Nothing of it was copied.",
                hint="Give --station FILE or set DSQC_STATION.",
            )
        if not keys.are_there:
            raise UsageError(
                "The submission is closed, and the station has no keys to encrypt its data to. Nothing of it was "
                "copied.",
                hint=MAKE_HINT,
            )
        self._keys = keys
        _ = keys.public, keys.private  # what is wrong with them is said now, and not from a thread
        self._finished: dict[Path, Encrypted] = {}
        self._contents: dict[Path, Digests] = {}

    def open(self, path: Path, size_bytes: int) -> SealedSink:
        """Open a part file (:data:`dsqc.transfer.sinks.OpenSink`)."""
        return SealedSink(path, size_bytes, self._keys, self._keep)

    def open_taken(self, sent: SentFile | None) -> OpenSink:
        """How the part file of a file that comes encrypted is opened.

        Args:
            sent: what the sender says of it, if anything.
        """

        def open_sink(path: Path, size_bytes: int) -> TakenSink:
            return TakenSink(path, size_bytes, self._keys, sent, self._keep_taken)

        return open_sink

    def look_into(self, source: Source, entry: Entry) -> FileFault | None:
        """Why a file that comes encrypted cannot be opened, as far as its header tells."""
        return look_into(source, entry, self._keys)

    @property
    def expected(self) -> Text:
        """What a file that comes encrypted should be."""
        key = self._keys.public.fingerprint
        return Text(f"a Crypt4GH file for the station's key {key}", f"데이터센터의 키({key})로 암호화한 Crypt4GH 파일")

    def content(self, path: Path) -> Digests | None:
        """What the finished part file holds, of a file that came encrypted."""
        return self._contents.get(path)

    def encrypted(self, path: Path, name: str) -> Encrypted:
        """What the finished part file at ``path`` is, under the name ``name``."""
        return replace(self._finished[path], name=name)

    def _keep(self, path: Path, found: Encrypted) -> None:
        self._finished[path] = found
        self._contents.pop(path, None)

    def _keep_taken(self, path: Path, found: Encrypted, content: Digests) -> None:
        self._finished[path] = found
        self._contents[path] = content
