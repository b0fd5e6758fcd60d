"""Where a submission comes from: one small protocol, and behind it a directory, ``s3://``, ``https://``, ``sftp://``."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from dsqc.errors import SystemFault, TransientFault, UsageError
from dsqc.listing import Expected
from dsqc.station import S3Options

BLOCK_BYTES = 1 << 20
"""Bytes of one read from a directory."""


class EntryKind(StrEnum):
    """What a name of the source stands for. Only plain files are taken."""

    FILE = "file"
    LINK = "symbolic link"
    DIRECTORY = "directory"
    OTHER = "special file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of a source.

    Attributes:
        name: as the source spells it (Korean names may be NFD there).
        size_bytes: bytes the source says it has.
        version: changes when the content does: modification time in nanoseconds, or the ETag.
        md5, sha256: checksums of the content, in hexadecimal digits, where the source offers them; else empty.
    """

    name: str
    size_bytes: int
    version: str
    kind: EntryKind = EntryKind.FILE
    md5: str = ""
    sha256: str = ""

    def offers(self) -> Expected:
        """The checksums that the source offers."""
        return Expected(self.md5, self.sha256)


class FileFault(Exception):
    """One file cannot be had, and another try would not help.

    ``code`` is the rule that says so: F003 absent, F016 no plain file, F019 refused, F020 encrypted and not opened.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SourceChanged(TransientFault):
    """The file changed while it was read: what arrived is neither the old nor the new content."""


class Stalled(TransientFault):
    """The connection said nothing for as long as was allowed, and was given up."""


class Source(Protocol):
    """A flat place that holds a submission.

    Every method raises TransientFault where another try may help, SystemFault where the source as a whole refuses.
    Several threads read at once, each its own file or part.

    Attributes:
        is_remote: the way from there may damage bytes, so what arrived is compared with what the source has.
        ranges: whether a reading can begin in the middle. Where not (a web server without ranges), every reading
            begins at 0 and goes to the end, and a file that broke off begins anew.

    A source may have a third one, ``reads_name_version`` (absent means False): every reading names ``entry.version``
    to the server and fails where it is another, so that nobody need ask again after the last byte.
    """

    url: str
    is_remote: bool
    ranges: bool

    def entries(self) -> list[Entry]:
        """Everything at the top of the source, sorted by name. Directories are named, not entered."""
        ...

    def stat(self, name: str) -> Entry:
        """How ``name`` stands now. Raises FileFault F003 where it is gone."""
        ...

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Exactly the bytes ``[offset, offset + length)`` of ``entry``, to its end without ``length``; in blocks of
        at most 8 MiB.

        Raises FileFault; SourceChanged where the source can tell that ``entry.version`` is not what it reads;
        Stalled where nothing came for too long; TransientFault where the file ended or the connection broke before
        all bytes had come.
        """
        ...


TIMEOUT_S = 60.0
"""Seconds without a byte after which a connection is given up."""


def open_source(url: str, s3: S3Options | None = None, timeout_s: float = TIMEOUT_S) -> Source:
    """The source at ``url``: a directory (also ``file://``), ``s3://bucket/prefix``, ``https://host/path/`` (also
    ``http://``) or ``sftp://[user@]host[:port]/path``.

    Raises:
        UsageError: no such directory, or a scheme that is not supported.
    """
    if url.startswith("s3://"):
        from dsqc.transfer.s3source import S3Source

        return S3Source(url, s3 or S3Options(), timeout_s)
    if url.startswith("sftp://"):
        from dsqc.transfer.sftpsource import SftpSource

        return SftpSource(url, timeout_s=timeout_s)
    if url.startswith(("http://", "https://")):
        from dsqc.transfer.httpsource import HttpSource

        return HttpSource(url, timeout_s=timeout_s)
    scheme, separator, _rest = url.partition("://")
    if separator and scheme != "file":
        raise UsageError(
            f"Submissions cannot be fetched by {scheme}://.",
            hint="Give a directory, or an s3://bucket/prefix, https://host/path/ or sftp://user@host/path URL.",
        )
    return DirectorySource(Path(url.removeprefix("file://")))


class DirectorySource:
    """A directory of this machine. Symbolic links in it are named, never followed."""

    is_remote = False
    ranges = True

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            seen = "is a file" if path.exists() else "does not exist"
            raise UsageError(f"{path} {seen}.", hint="Give the directory that holds the forms and the data files.")
        self.path = path.resolve()
        self.url = str(self.path)

    def entries(self) -> list[Entry]:
        """Everything at the top of the directory."""
        try:
            names = sorted(path.name for path in self.path.iterdir())
        except OSError as error:
            reason = error.strerror or str(error)
            raise SystemFault(f"Cannot list {self.path}: {reason}.", hint="Check its permissions.") from error
        found = []
        for name in names:
            try:
                found.append(self.stat(name))
            except FileFault:
                # Gone between the listing and now, or not ours to look at: whoever lists it gets told.
                continue
        return found

    def stat(self, name: str) -> Entry:
        """What ``lstat`` says now."""
        try:
            seen = os.lstat(self.path / name)
        except OSError as error:
            raise _file_fault(error) from error
        return _entry(name, seen)

    def blocks(self, entry: Entry, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Read the file itself: opened without following a link that somebody put there meanwhile."""
        left = entry.size_bytes - offset if length is None else length
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self.path / entry.name, flags)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                kind = _kind(os.fstat(descriptor).st_mode)
                if kind is not EntryKind.FILE:
                    raise FileFault("DSQC-F016", kind.value)
                file.seek(offset)
                while left > 0:
                    block = file.read(min(BLOCK_BYTES, left))
                    if not block:
                        raise SourceChanged(f"{entry.name} is shorter than it was.")
                    left -= len(block)
                    yield block
        except OSError as error:
            raise _file_fault(error) from error


def _entry(name: str, seen: os.stat_result) -> Entry:
    return Entry(name, seen.st_size, str(seen.st_mtime_ns), _kind(seen.st_mode))


def _kind(mode: int) -> EntryKind:
    if stat.S_ISREG(mode):
        return EntryKind.FILE
    if stat.S_ISLNK(mode):
        return EntryKind.LINK
    return EntryKind.DIRECTORY if stat.S_ISDIR(mode) else EntryKind.OTHER


def _file_fault(error: OSError) -> Exception:
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL}:
        return FileFault("DSQC-F003", reason)
    if error.errno == errno.ELOOP:
        return FileFault("DSQC-F016", EntryKind.LINK.value)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return FileFault("DSQC-F019", reason)
    # A disk that stumbles, a network file system that went away: worth another try.
    return TransientFault(f"The source cannot be read: {reason}.", hint="Run the same command again.")
