"""Files of the submission on the sender's side: what they are, and readings that notice a change."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dsqc.errors import TransientFault


@dataclass(frozen=True, slots=True)
class LocalFile:
    """One name of the submission's directory. ``kind`` is empty for a plain file, else what it is instead."""

    name: str
    path: Path
    size_bytes: int
    mtime_ns: int
    kind: str = ""


class Changed(TransientFault):
    """The file changed while it was read."""


class Unreadable(Exception):
    """The file cannot be read, for ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def look_at(path: Path) -> LocalFile | None:
    """What stands at ``path``; links are named, not followed. ``None`` where nothing does."""
    try:
        seen = path.lstat()
    except OSError:
        return None
    return LocalFile(path.name, path, seen.st_size, seen.st_mtime_ns, _kind(seen.st_mode))


class Reading:
    """One reading of a file, from its beginning."""

    def __init__(self, file: LocalFile, descriptor: int) -> None:
        self._file = file
        self._descriptor = descriptor

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes.

        Raises:
            Changed: the file has become shorter.
            Unreadable: the disk does not give them.
        """
        try:
            data = os.read(self._descriptor, size)
            if len(data) == size:
                return data
            pieces = [data]
            missing = size - len(data)
            while missing and (data := os.read(self._descriptor, missing)):
                pieces.append(data)
                missing -= len(data)
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error
        if missing:
            raise _changed(self._file)
        return b"".join(pieces)

    def read_into(self, view: memoryview) -> None:
        """Fill ``view`` with the next bytes. Raises as :meth:`read`."""
        try:
            while view and (number := os.readv(self._descriptor, [view])):
                view = view[number:]
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error
        if view:
            raise _changed(self._file)

    def content(self) -> None:
        """What is read is the file itself: whoever hashes that has its digests."""

    def require_unchanged(self) -> None:
        """Raise Changed where the file is not what it was when it was listed."""
        seen = os.fstat(self._descriptor)
        if (seen.st_size, seen.st_mtime_ns) != (self._file.size_bytes, self._file.mtime_ns):
            raise _changed(self._file)


@contextmanager
def reading(file: LocalFile) -> Iterator[Reading]:
    """Open ``file`` without following a link that somebody put there meanwhile.

    Raises:
        Changed: it is not the file that was listed.
        Unreadable: it cannot be opened.
    """
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(file.path, flags)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP}:
            raise _changed(file) from error
        raise Unreadable(error.strerror or str(error)) from error
    try:
        opened = Reading(file, descriptor)
        opened.require_unchanged()
        yield opened
    finally:
        os.close(descriptor)


def _changed(file: LocalFile) -> Changed:
    return Changed(f"{file.name} changed while it was read.", hint="Send again when nobody writes it.")


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return ""
    if stat.S_ISLNK(mode):
        return "symbolic link"
    return "directory" if stat.S_ISDIR(mode) else "special file"
