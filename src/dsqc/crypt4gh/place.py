"""Where the bytes of a data file lie: a plain file, or a Crypt4GH file beside whose name nothing plain stands."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from dsqc.crypt4gh.header import open_header, read_header
from dsqc.crypt4gh.ring import Keys
from dsqc.crypt4gh.segments import SegmentReader
from dsqc.errors import SystemFault, UsageError

SUFFIX = ".c4gh"
LONGEST_NAME = 255
"""Bytes of a name that file systems hold."""


def sealed_name(name: str) -> str:
    """Name of the Crypt4GH file that holds the file ``name``; of its digest where the suffix does not fit any more."""
    if len(name.encode("utf-8", "surrogateescape")) + len(SUFFIX) <= LONGEST_NAME:
        return name + SUFFIX
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest() + SUFFIX


@dataclass(frozen=True, slots=True)
class SealedPath:
    """A data file that is kept as Crypt4GH. Reads like the plain file that it holds, whose name it has.

    Attributes:
        folder: where it is kept.
        name: of the plain file.
        keys: what opens it.
    """

    folder: Path
    name: str
    keys: Keys

    @property
    def stored(self) -> Path:
        """The encrypted file."""
        return self.folder / sealed_name(self.name)

    @property
    def suffix(self) -> str:
        """Suffix of the plain file's name."""
        return Path(self.name).suffix

    def beside(self, name: str) -> "SealedPath":
        """Another data file of the same place."""
        return SealedPath(self.folder, name, self.keys)

    def is_file(self) -> bool:
        """Whether it is there."""
        return self.stored.is_file()

    def open(self) -> SegmentReader:
        """The plain bytes, decrypted while they are read.

        Raises:
            SystemFault: the file cannot be read, or is damaged.
            UsageError: the station's keys do not open it.
        """
        try:
            file = cast("BinaryIO", self.stored.open("rb", buffering=0))
        except OSError as error:
            raise SystemFault(
                f"Cannot read {self.stored}: {error.strerror}.", hint="Check the name and the permissions."
            ) from error
        try:
            header = read_header(file, self.stored.name)
            session = open_header(header, self.keys.private, self.stored.name)
            size = os.fstat(file.fileno()).st_size - len(header)
            return SegmentReader(file, session, self.stored.name, start=len(header), size=size)
        except BaseException:
            file.close()
            raise

    @property
    def size_bytes(self) -> int:
        """Size of the plain file. Raises as :meth:`open`."""
        with self.open() as file:
            return file.seek(0, os.SEEK_END)


DataPath = Path | SealedPath
"""A data file, however it is kept."""


def open_data(place: DataPath) -> BinaryIO:
    """The plain bytes of a data file, unbuffered, wherever they lie.

    Raises:
        SystemFault: it cannot be read.
    """
    if isinstance(place, SealedPath):
        return cast("BinaryIO", place.open())
    try:
        return cast("BinaryIO", place.open("rb", buffering=0))
    except OSError as error:
        raise SystemFault(
            f"Cannot read {place}: {error.strerror}.", hint="Check the name and the permissions."
        ) from error


def size_of(place: DataPath) -> int:
    """Plain bytes of a data file. Raises OSError or SystemFault where it cannot be asked."""
    return place.size_bytes if isinstance(place, SealedPath) else place.stat().st_size


def beside(place: DataPath, name: str) -> DataPath:
    """The file ``name`` of the same place, kept in the same way."""
    return place.beside(name) if isinstance(place, SealedPath) else place.with_name(name)


def find_data_file(path: Path, keys: Keys | None) -> DataPath | None:
    """The data file that should stand at ``path``: itself, or encrypted beside it; ``None`` where there is neither.

    Args:
        keys: of the station; ``None`` where no station is known.

    Raises:
        UsageError: it is encrypted and no station is named.
    """
    if path.is_file() and not path.is_symlink():
        return path
    stored = path.with_name(sealed_name(path.name))
    if not stored.is_file() or stored.is_symlink():
        return None
    if keys is None:
        raise UsageError(
            f"{stored} is encrypted to a station's key, and no station is named.",
            hint="Give --station FILE or set DSQC_STATION.",
        )
    return SealedPath(path.parent, path.name, keys)
