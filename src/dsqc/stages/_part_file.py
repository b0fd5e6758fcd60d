"""One file for what a part of a data file was measured to be: a header and arrays, proven when it is opened."""

import json
import os
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dsqc.errors import SystemFault
from dsqc.formats.checksums import crc64_function

FORMAT = "1.0"
_MAGIC, _END = b"dsqc-part 1\n", b"\nend-of-dsqc-part\n"
_TRAILER = struct.Struct("<QQ")
_PIECE = 1 << 20
_STEP = 1 << 16

Array = NDArray[Any]


class PartWriter:
    """Writes arrays one after the other, then the header. Nothing is kept in memory.

    Args:
        file: open for writing, empty.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = 0
        self._crc = 0
        self._crc64 = crc64_function()
        self._arrays: list[dict[str, Any]] = []
        self._write(_MAGIC)

    def _write(self, data: bytes) -> None:
        self._crc = self._crc64(self._crc, data)
        self._size += len(data)
        self._file.write(data)

    def add(self, array: Array, *, sliced: bool = False) -> int:
        """Write an array; its number.

        Args:
            sliced: parts of it are read back: it is stored as it is. Others are deflated, without the zeros at their
                end.
        """
        entry = {"type": array.dtype.str, "shape": list(array.shape), "offset": self._size, "deflated": not sliced}
        flat = np.ascontiguousarray(array).reshape(-1)
        if not sliced:
            flat = flat[: _used(flat)]
        data = flat.tobytes()
        if not sliced:
            data = zlib.compress(data, 1)
        self._write(data)
        self._arrays.append({**entry, "bytes": len(data)})
        return len(self._arrays) - 1

    def finish(self, header: dict[str, Any]) -> None:
        """Write the header, and what proves the file to be whole."""
        text = json.dumps({**header, "format": FORMAT, "arrays": self._arrays}, ensure_ascii=False).encode()
        self._write(text)
        self._file.write(_TRAILER.pack(len(text), self._crc) + _END)


def _used(flat: Array) -> int:
    """Length of an array up to (almost) its last number that is not zero: tables have room for far more positions than
    reads have."""
    length = len(flat)
    while length and not flat[max(length - _STEP, 0) : length].any():
        length = max(length - _STEP, 0)
    return length


class StoredColumn:
    """An array of 64-bit words in a part's file, read a slice at a time."""

    def __init__(self, part: "PartFile", offset: int) -> None:
        self._part = part
        self._offset = offset

    def words(self, first: int, last: int) -> NDArray[np.uint64]:
        """Words ``first`` to ``last`` (not included)."""
        return np.frombuffer(self._part.read(self._offset + 8 * first, 8 * (last - first)), np.uint64)


class PartFile:
    """A part's file, read back.

    Raises:
        SystemFault: it is not there, or it is not as it was written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise SystemFault(
                f"Reading {path} failed: {error.strerror}.", hint="Measure the part (dsqc qc FILE --part)."
            ) from error
        try:
            self.header = self._proven_header()
        except BaseException:
            self._file.close()
            raise

    def _proven_header(self) -> dict[str, Any]:
        size = os.fstat(self._file.fileno()).st_size
        tail = _TRAILER.size + len(_END)
        if size < len(_MAGIC) + tail or self.read(0, len(_MAGIC)) != _MAGIC or self.read(size - len(_END), 99) != _END:
            raise self.fault("it is cut off, or no part of a data file")
        length, stated = _TRAILER.unpack(self.read(size - tail, _TRAILER.size))
        crc, crc64, at = 0, crc64_function(), 0
        while at < size - tail:
            piece = self.read(at, min(_PIECE, size - tail - at))
            crc = crc64(crc, piece)
            at += len(piece)
        if crc != stated or length > size - tail:
            raise self.fault("its checksum is wrong")
        header: dict[str, Any] = json.loads(self.read(size - tail - length, length))
        return header

    def fault(self, reason: str) -> SystemFault:
        """A fault that says what is wrong with this file."""
        return SystemFault(f"{self.path} cannot be used: {reason}.", hint="Delete it and measure its part again.")

    def read(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes from ``offset`` on."""
        parts: list[bytes] = []
        while size > 0:
            try:
                part = os.pread(self._file.fileno(), size, offset)
            except OSError as error:
                raise SystemFault(f"Reading {self.path} failed: {error.strerror}.", hint="Check the disk.") from error
            if not part:
                break
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b"".join(parts)

    def array(self, number: int, room: Array | None = None) -> Array:
        """An array that was not written to be sliced; in ``room`` where that has its shape."""
        entry = self.header["arrays"][number]
        data = self.read(entry["offset"], entry["bytes"])
        values = np.frombuffer(zlib.decompress(data) if entry["deflated"] else data, np.dtype(entry["type"]))
        shape = tuple(entry["shape"])
        if room is None or room.shape != shape or room.dtype != values.dtype or not room.flags.c_contiguous:
            room = np.zeros(shape, values.dtype)
        flat = room.reshape(-1)
        flat[: len(values)] = values
        flat[len(values) : len(values) + _used(flat[len(values) :])] = 0  # touch nothing that is zero
        return room

    def column(self, number: int) -> StoredColumn:
        """An array that was written to be sliced."""
        return StoredColumn(self, self.header["arrays"][number]["offset"])

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
