"""Where the bytes of one file go while they arrive: parts in any order, read back before they are called proven.

A closed submission writes the same bytes another way (encrypted): whatever offers :class:`Sink` will do.
"""

import errno
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from dsqc.artefact import write_fault

SEGMENT_BYTES = 1 << 16
"""What is written begins at a multiple of this, and ends at one or at the end of the file: encrypted files are made of
segments of 65,536 bytes (Crypt4GH), which are written whole or not at all."""
WRITE_BYTES = 1 << 16
"""Given to the kernel at once. It keeps what is written in pieces as large as the write, and large ones are memory that
was not used lately: writes of 1 MiB took three to eight times the processor time of these (Linux 6.18 in a virtual
machine)."""

_SYNC_FILE_RANGE_WRITE = 2


class Sink(Protocol):
    """One unfinished file. Several threads write and read it, each its own place.

    Every method raises StorageFault where the disk refuses.

    Attributes:
        is_fresh: nothing of an earlier run is in it, so no span that an earlier run proved holds any more.
    """

    is_fresh: bool

    def write_at(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data`` at ``offset`` of the plain content: whole segments, or up to the end of the file."""
        ...

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """The plain content at ``offset``, as it can be read back now; fewer bytes where there are no more."""
        ...

    def sync(self) -> None:
        """Return when what was written outlives a power cut."""
        ...

    def prepare(self) -> None:
        """Everything is written: begin to bring it onto the disk, without waiting."""
        ...

    def finish(self) -> int:
        """Prepared before: see it onto the disk. The modification time that stays, in nanoseconds."""
        ...

    def close(self) -> None:
        """Give the file back; nobody uses it any more."""
        ...


OpenSink = Callable[[Path, int], Sink]
"""Opens the part file at a path for a content of so many bytes, an earlier run's where it stands there."""


class PlainSink:
    """A file that holds the bytes as they are."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
            # Of another size: it was begun for another content.
            self.is_fresh = os.fstat(self._descriptor).st_size != size_bytes
            if self.is_fresh:
                os.ftruncate(self._descriptor, size_bytes)
        except OSError as error:
            raise write_fault(path, error) from error

    def write_at(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Write ``data`` at ``offset``."""
        view = memoryview(data)
        try:
            while view:
                written = os.pwrite(self._descriptor, view[:WRITE_BYTES], offset)
                offset += written
                view = view[written:]
        except OSError as error:
            raise write_fault(self.path, error) from error

    def read_at(self, offset: int, size_bytes: int) -> bytes:
        """What stands at ``offset`` now."""
        try:
            return os.pread(self._descriptor, size_bytes, offset)
        except OSError as error:
            if error.errno == errno.EIO:
                # An unreadable place of our disk holds nothing: the part does not agree with its checksum.
                return b""
            raise write_fault(self.path, error) from error

    def sync(self) -> None:
        """Data, and the size; not the times."""
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise write_fault(self.path, error) from error

    def prepare(self) -> None:
        """Have the kernel begin: then the files that are finished next share one commit of the file system."""
        start_writing(self._descriptor)

    def finish(self) -> int:
        """Data and times: the inbox knows its copies by their modification time."""
        try:
            os.fsync(self._descriptor)
            return os.fstat(self._descriptor).st_mtime_ns
        except OSError as error:
            raise write_fault(self.path, error) from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def start_writing(descriptor: int) -> None:
    """Begin to write a file's bytes to the disk. A help only: whoever must be sure syncs afterwards."""
    call = _sync_file_range()
    if call is not None:
        call(descriptor, 0, 0, _SYNC_FILE_RANGE_WRITE)


@functools.cache
def _sync_file_range() -> Any:
    """Linux's ``sync_file_range(2)``; ``None`` where the C library has none."""
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)
    if call is not None:
        call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return call
