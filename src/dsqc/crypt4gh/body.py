"""The body of a Crypt4GH file as a file of its own: what is put into the store, without its header."""

import io
import os
import pathlib
from typing import Any, BinaryIO, cast

from dsqc.crypt4gh.header import read_header_of


class BodyPath(type(pathlib.Path())):  # type: ignore[misc]
    """A path that opens behind the header of the Crypt4GH file that it names, and has the size of the body.

    So whatever stores files stores bodies, without a copy on a disk. Make it with :func:`body_of`.
    """

    start: int

    def open(self, *_arguments: Any, **_options: Any) -> BinaryIO:
        """The body, to be read; offsets count from its first byte."""
        return cast("BinaryIO", io.BufferedReader(_Body(self, self.start)))

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """What the system says of the file, with the size of the body."""
        seen: os.stat_result = super().stat(follow_symlinks=follow_symlinks)
        values = list(seen)[:10]
        values[6] -= self.start
        named = ("st_atime", "st_mtime", "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns")
        return os.stat_result(values, {name: getattr(seen, name) for name in named})


class _Body(io.FileIO):
    def __init__(self, path: pathlib.Path, start: int) -> None:
        super().__init__(os.fspath(path), "rb")
        self._start = start
        super().seek(start)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        absolute = offset + self._start if whence == os.SEEK_SET else offset
        return super().seek(absolute, whence) - self._start

    def tell(self) -> int:
        return super().tell() - self._start


def body_of(path: pathlib.Path) -> tuple[bytes, BodyPath]:
    """Header and body of a Crypt4GH file.

    Raises:
        SystemFault: it cannot be read, or is no Crypt4GH file.
    """
    header = read_header_of(path)
    body = BodyPath(path)
    body.start = len(header)
    return header, body
