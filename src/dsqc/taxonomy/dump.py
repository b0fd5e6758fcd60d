"""Read an NCBI taxdump: four tables, in a directory, a tar archive (compressed or not) or a zip archive.

A damaged or incomplete dump is a usage error that names the file and the line: half a taxonomy would accuse people.
"""

import contextlib
import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Protocol

from dsqc.errors import UsageError

NODES, NAMES, MERGED, DELETED = "nodes.dmp", "names.dmp", "merged.dmp", "delnodes.dmp"
TABLES = (NODES, NAMES, MERGED, DELETED)
"""What a dump must hold."""
LEAST_COLUMNS = {NODES: 3, NAMES: 4, MERGED: 2, DELETED: 1}
_HINT = "Download taxdump.tar.gz again from https://ftp.ncbi.nlm.nih.gov/pub/taxonomy/ and compare its MD5."
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile)
_LONGEST_ID = 10
"""Digits of a taxonomy id (pattern ``taxid`` of the forms)."""


class _Container(Protocol):
    """What holds the tables."""

    def names(self) -> set[str]: ...

    def open(self, name: str) -> IO[bytes]: ...

    def day(self, name: str) -> date: ...

    def verify(self) -> None: ...


class Dump:
    """An opened taxdump. Each table is read once, as a stream, and counted into the digest.

    Raises:
        UsageError: there is nothing at ``path``, it is no taxdump, or a table is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = contextlib.ExitStack()
        self._digests: dict[str, str] = {}
        with self._damage():
            self._container = self._open(path)
            held = self._container.names()
        missing = [name for name in TABLES if name not in held]
        if missing:
            self.close()
            raise UsageError(
                f"{path} is no whole taxdump: {', '.join(missing)} missing.",
                hint=f"Give taxdump.tar.gz, taxdmp.zip or a directory with {', '.join(TABLES)}.",
            )

    def __enter__(self) -> "Dump":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive."""
        self._stack.close()

    def day(self) -> date:
        """The day on which the table of nodes was written (UTC), as the archive or the directory tells it."""
        return self._container.day(NODES)

    def sha256(self) -> str:
        """Digest of the four tables, the same however they are packed. All of them must have been read."""
        lines = "".join(f"{self._digests[name]}  {name}\n" for name in TABLES)
        return hashlib.sha256(lines.encode("ascii")).hexdigest()

    def verify(self) -> None:
        """Read what is left of the archive, so that its checksum is compared.

        Raises:
            UsageError: it is damaged.
        """
        with self._damage():
            self._container.verify()

    def nodes(self) -> Iterator[tuple[int, int, str]]:
        """Id, parent's id and rank of every taxon."""
        for number, fields in self._rows(NODES):
            yield self._id(NODES, number, fields[0]), self._id(NODES, number, fields[1]), fields[2]

    def names(self) -> Iterator[tuple[int, str, str]]:
        """Id, name and class of every name."""
        for number, fields in self._rows(NAMES):
            if not fields[1]:
                raise self._broken(NAMES, number, "the name is empty")
            yield self._id(NAMES, number, fields[0]), fields[1], fields[3]

    def merged(self) -> Iterator[tuple[int, int]]:
        """Old id and the id that took its place."""
        for number, fields in self._rows(MERGED):
            yield self._id(MERGED, number, fields[0]), self._id(MERGED, number, fields[1])

    def deleted(self) -> Iterator[int]:
        """Ids that are no more."""
        for number, fields in self._rows(DELETED):
            yield self._id(DELETED, number, fields[0])

    def _open(self, path: Path) -> _Container:
        if path.is_dir():
            return _Directory(path)
        if not path.exists():
            raise UsageError(f"{path} does not exist.", hint="Give a taxdump.tar.gz, a taxdmp.zip or a directory.")
        if zipfile.is_zipfile(path):
            return _Zip(self._stack.enter_context(zipfile.ZipFile(path)))
        return _Tar(self._stack.enter_context(tarfile.open(path)))

    def _rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """Number and fields of every line; a field ends with ``\\t|\\t``, the last one with ``\\t|``."""
        least = LEAST_COLUMNS[name]
        digest = hashlib.sha256()
        number = 0
        with self._damage(), self._container.open(name) as stream:
            for number, line in enumerate(stream, start=1):
                digest.update(line)
                if not line.endswith(b"\t|\n"):
                    raise self._broken(name, number, "it is cut off")
                fields = self._text(name, number, line)[:-3].split("\t|\t")
                if len(fields) < least:
                    raise self._broken(name, number, f"{len(fields)} of at least {least} columns")
                yield number, fields
        if number == 0 and name in (NODES, NAMES):
            raise UsageError(f"{self.path}: {name} is empty.", hint=_HINT)
        self._digests[name] = digest.hexdigest()

    def _text(self, name: str, number: int, line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._broken(name, number, "it is no UTF-8 text") from error

    def _id(self, name: str, number: int, text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID:
            return int(text)
        raise self._broken(name, number, f"{text[:20]!r} is no taxonomy id")

    def _broken(self, name: str, number: int, fault: str) -> UsageError:
        return UsageError(f"{self.path}: line {number} of {name} is damaged: {fault}.", hint=_HINT)

    @contextlib.contextmanager
    def _damage(self) -> Iterator[None]:
        """Say of a damaged archive that it is one."""
        try:
            yield
        except _DAMAGE as error:
            self.close()
            raise UsageError(f"{self.path} is no taxdump, or a damaged one: {error}.", hint=_HINT) from error
        except OSError as error:
            self.close()
            raise UsageError(f"{self.path} cannot be read: {error.strerror or error}.", hint=_HINT) from error


class _Directory:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> set[str]:
        return {item.name for item in self._path.iterdir() if item.is_file()}

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")

    def day(self, name: str) -> date:
        return datetime.fromtimestamp((self._path / name).stat().st_mtime, UTC).date()

    def verify(self) -> None:
        """Files carry no checksum."""


class _Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members = {Path(item.name).name: item for item in archive if item.isfile()}

    def names(self) -> set[str]:
        return set(self._members)

    def open(self, name: str) -> IO[bytes]:
        stream = self._archive.extractfile(self._members[name])
        assert stream is not None  # noqa: S101  it is a plain file
        return stream

    def day(self, name: str) -> date:
        return datetime.fromtimestamp(self._members[name].mtime, UTC).date()

    def verify(self) -> None:
        """A compressed stream holds its checksum at the very end, behind the members."""
        stream = self._archive.fileobj
        while stream is not None and stream.read(1 << 20):
            pass


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {Path(item.filename).name: item for item in archive.infolist() if not item.is_dir()}

    def names(self) -> set[str]:
        return set(self._members)

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._members[name])

    def day(self, name: str) -> date:
        return date(*self._members[name].date_time[:3])

    def verify(self) -> None:
        """Each member's checksum was compared when it was read."""
