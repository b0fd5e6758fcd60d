"""A temporary file for what does not fit into memory: arrays appended, slices read back."""

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.errors import SystemFault

WORD_BYTES = 8
_WRITE_BYTES = 1 << 16
"""Given to the kernel at once: large writes are kept in large pieces of memory that was not used lately, and take ten
times as long (32 MB in 0.3 s, Linux 6.18 in a virtual machine)."""

_BLOCK = 16


class _Mask:
    """AES in counter mode under a key that never leaves the memory; every offset of a file is written once."""

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def apply(self, data: bytes | memoryview, offset: int) -> bytes:
        """Encrypt or decrypt what stands at ``offset``."""
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import CTR

        offset = int(offset)  # offsets that numpy reckoned have other methods
        counter = (offset // _BLOCK).to_bytes(_BLOCK, "big")
        stream = Cipher(AES(self._key), CTR(counter)).encryptor()
        stream.update(bytes(offset % _BLOCK))
        return stream.update(data)


class Spill:
    """Appends arrays to a nameless temporary file, which is gone with the process whatever ends it.

    Args:
        folder: where; None for the system's place for temporary files (TMPDIR).
        private: nothing goes to the disk in the clear: it is encrypted with a key that only this process has.
    """

    def __init__(self, folder: Path | None = None, *, private: bool = False) -> None:
        self._mask = _Mask() if private else None
        self._file: Any = None
        self._folder = folder
        self.size = 0

    def append(self, data: NDArray[Any] | bytes) -> int:
        """Write ``data`` behind everything else.

        Returns:
            Its offset in bytes.

        Raises:
            SystemFault: the file cannot be written.
        """
        start = self.size
        left = memoryview(data if isinstance(data, bytes) else np.ascontiguousarray(data).data).cast("B")
        self.size += left.nbytes
        if self._mask is not None:
            left = memoryview(self._mask.apply(left, start))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            while left:
                left = left[self._file.write(left[:_WRITE_BYTES]) :]
        except OSError as error:
            raise SystemFault(
                f"Names of reads cannot be kept in {self._folder or tempfile.gettempdir()}: {error.strerror}.",
                hint="Let TMPDIR name a directory on a disk with more room (24 bytes a read).",
            ) from error
        return start

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on.

        Raises:
            SystemFault: they cannot be read.
        """
        parts = []
        while size:
            try:
                part = os.pread(self._file.fileno(), size, offset)
            except OSError as error:
                raise SystemFault(f"A temporary file cannot be read: {error.strerror}.") from error
            if not part:
                raise SystemFault("A temporary file has lost its end.", hint="Check the disk that TMPDIR names.")
            parts.append(part)
            offset += len(part)
            size -= len(part)
        found = b"".join(parts)
        return found if self._mask is None else self._mask.apply(found, offset - len(found))

    def words(self, offset: int, first: int, last: int) -> NDArray[np.uint64]:
        """Words ``first`` to ``last`` (not included) of the uint64 array that stands at ``offset``."""
        return np.frombuffer(self.read(offset + WORD_BYTES * first, WORD_BYTES * (last - first)), np.uint64)

    def close(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        self.close()
