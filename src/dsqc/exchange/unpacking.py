"""The bytes of a package that nobody vouches for yet: a directory or a zip, read into memory and one nameless file.

Nothing is unpacked to a place with a name, so a hostile package leaves no trace: exactly the files of a package are
taken, each up to a limit, and no link is followed.
"""

import contextlib
import errno
import hashlib
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dsqc.exchange.format import FILES, TABLE

LARGEST_TEXT = 1 << 20
"""Bytes of any file but the table."""
LARGEST_DIRECTORY = 1 << 16
"""Bytes of the directory of a zip that holds no more than a package may."""
_END = b"PK\x05\x06"
_CHUNK = 1 << 20


class NoPackage(Exception):
    """What is there is no package; the message says why."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Every file of a package, read once: what is checked is what is used.

    Attributes:
        texts: all but the table.
        table: the table, in a file without a name.
        sha256: digest of every file.
        size_bytes: size of every file.
    """

    texts: Mapping[str, bytes]
    table: IO[bytes]
    sha256: Mapping[str, str]
    size_bytes: Mapping[str, int]


@contextlib.contextmanager
def unpacked(path: Path, largest: int) -> Iterator[Contents]:
    """Read a package.

    Args:
        path: a directory, or a zip.
        largest: most bytes of the table.

    Raises:
        NoPackage: it holds something else than the files of a package, or more of them.
    """
    with tempfile.TemporaryFile() as table:
        yield _contents(path, table, largest)


def _contents(path: Path, table: IO[bytes], largest: int) -> Contents:
    opened = _directory(path) if path.is_dir() else _archive(path, largest)
    try:
        with opened as files:
            return _read(files, table, largest)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError):
        raise NoPackage("it is damaged") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise  # ours: there is no room for the copy
        raise NoPackage(f"it cannot be read: {error.strerror}") from None


def _read(files: Mapping[str, IO[bytes]], table: IO[bytes], largest: int) -> Contents:
    texts: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for name in sorted(FILES):
        limit = largest if name == TABLE else LARGEST_TEXT
        found = hashlib.sha256()
        size = 0
        kept = bytearray()
        while block := files[name].read(_CHUNK):
            size += len(block)
            if size > limit:
                raise NoPackage(f"{name} is larger than {limit} bytes")
            found.update(block)
            if name == TABLE:
                table.write(block)
            else:
                kept += block
        texts[name] = bytes(kept)
        digests[name] = found.hexdigest()
        sizes[name] = size
    del texts[TABLE]
    table.flush()
    table.seek(0)
    return Contents(texts, table, digests, sizes)


@contextlib.contextmanager
def _directory(path: Path) -> Iterator[Mapping[str, IO[bytes]]]:
    with contextlib.ExitStack() as stack:
        root = _folder(stack, os.fspath(path))
        with os.scandir(root) as entries:
            names = {entry.name for entry in entries}
        if "data" not in names:
            raise NoPackage("it has no directory data")
        data = _folder(stack, "data", root)
        with os.scandir(data) as entries:
            names = {*(names - {"data"}), *(f"data/{entry.name}" for entry in entries)}
        _check_names(names)
        yield {
            name: _file(stack, name.removeprefix("data/"), data if name.startswith("data/") else root)
            for name in sorted(FILES)
        }


def _folder(stack: contextlib.ExitStack, name: str, within: int | None = None) -> int:
    # The package itself may be reached by a link; what is in it may not.
    follow = 0 if within is None else os.O_NOFOLLOW
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow, dir_fd=within)
    except OSError as error:
        raise NoPackage(f"{Path(name).name} is no directory that can be read: {error.strerror}") from None
    stack.callback(os.close, descriptor)
    return descriptor


def _file(stack: contextlib.ExitStack, name: str, within: int) -> IO[bytes]:
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        file = stack.enter_context(os.fdopen(os.open(name, flags, dir_fd=within), "rb"))
    except OSError as error:
        raise NoPackage(f"{name} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise NoPackage(f"{name} is no plain file")
    return file


@contextlib.contextmanager
def _archive(path: Path, largest: int) -> Iterator[Mapping[str, IO[bytes]]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise NoPackage(f"it cannot be read: {error.strerror}") from None
    with file, contextlib.ExitStack() as stack:
        if os.fstat(file.fileno()).st_size > largest + len(FILES) * LARGEST_TEXT:
            raise NoPackage(f"it is larger than {largest} bytes")
        _check_directory(file)
        archive = stack.enter_context(zipfile.ZipFile(file))
        entries = archive.infolist()
        _check_names({entry.filename for entry in entries}, len(entries))
        for entry in entries:
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1:
                raise NoPackage(f"{entry.filename} is no plain file")
        yield {entry.filename: stack.enter_context(archive.open(entry)) for entry in entries}


def _check_directory(file: IO[bytes]) -> None:
    """A zip is opened only where its directory is as short as that of a package."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - LARGEST_DIRECTORY))
    tail = file.read()
    at = tail.rfind(_END)
    record = tail[at : at + 22]
    if at < 0 or len(record) < 22:
        raise NoPackage("it is neither a directory nor a zip")
    entries, length = int.from_bytes(record[10:12], "little"), int.from_bytes(record[12:16], "little")
    if entries != len(FILES) or length > LARGEST_DIRECTORY:
        raise NoPackage(f"it has {entries} entries; a package has {len(FILES)}")
    file.seek(0)


def _check_names(names: set[str], count: int | None = None) -> None:
    others = sorted(names - FILES)
    if others:
        raise NoPackage(f"it holds {others[0]!a:.80}, which belongs to no package")
    missing = sorted(FILES - names)
    if missing:
        raise NoPackage(f"it lacks {missing[0]}")
    if count is not None and count != len(names):
        raise NoPackage("it holds a file twice")
