"""The checksums of stored bytes: MD5 and SHA-256 for archives, CRC-64/NVME for object stores.

Imported before numpy is: hashing begins while the rest of dsqc is loaded.
"""

import base64
import ctypes
import hashlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from isal import igzip_lib

if TYPE_CHECKING:
    import numpy as np

_MASK = (1 << 64) - 1
_REFLECTED_POLYNOMIAL = 0x9A6C9329AC4BC9B5
"""CRC-64/NVME (NVM Express NVM Command Set Specification 1.0, 5.2.1.3.4), lowest power in the highest bit."""

Crc = Callable[[int, bytes], int]


def crc_tables() -> "np.ndarray[tuple[int, int], np.dtype[np.uint64]]":
    """uint64[8, 256]: row k is the remainder of each byte with k zero bytes behind it (slicing by eight)."""
    import numpy as np

    rows = [[0] * 256 for _ in range(8)]
    for byte in range(256):
        remainder = byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (_REFLECTED_POLYNOMIAL if remainder & 1 else 0)
        rows[0][byte] = remainder
    for row, before in zip(rows[1:], rows[:-1], strict=True):
        row[:] = [(number >> 8) ^ rows[0][number & 0xFF] for number in before]
    return np.array(rows, dtype=np.uint64)


def _portable_crc64() -> Crc:
    import numpy as np

    from dsqc.kernels.checksum import crc64

    tables = crc_tables()

    def crc(before: int, piece: bytes) -> int:
        return int(crc64(np.frombuffer(piece, dtype=np.uint8), tables, before)) & _MASK

    return crc


def _isal_crc64() -> Crc | None:
    """ISA-L's function, 20 times as fast as tables; None where the isal package does not give access to it."""
    try:
        function = ctypes.CDLL(igzip_lib.__file__).crc64_rocksoft_refl
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_uint64
    function.argtypes = [ctypes.c_uint64, ctypes.c_char_p, ctypes.c_uint64]

    def crc(before: int, piece: bytes) -> int:
        return int(function(before, piece, len(piece)))

    return crc


@cache
def crc64_function() -> Crc:
    """A function (CRC of what came before, bytes) -> CRC-64/NVME of both; the first call takes 0."""
    return _isal_crc64() or _portable_crc64()


def crc64_text(number: int) -> str:
    """A CRC-64/NVME as S3 gives and takes it: base64 of its 8 bytes, big endian."""
    return base64.b64encode(number.to_bytes(8, "big")).decode("ascii")


class Checksums:
    """MD5, SHA-256 and CRC-64/NVME of bytes that come in pieces."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._crc64_function = crc64_function()
        self._crc64 = 0

    def update(self, piece: bytes) -> None:
        """Take the next bytes. The interpreter's lock is released meanwhile."""
        self._md5.update(piece)
        self._sha256.update(piece)
        self._crc64 = self._crc64_function(self._crc64, piece)

    @property
    def md5(self) -> str:
        """Lower-case hexadecimal."""
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def crc64nvme(self) -> str:
        """Base64 of the 8 bytes, big endian: what S3 gives and takes as ``ChecksumCRC64NVME``."""
        return crc64_text(self._crc64)


def combine_crc64(first: str, second: str, size: int) -> str:
    """The CRC-64/NVME of bytes out of those of their two parts, all as ``crc64nvme`` gives them.

    Args:
        size: bytes of the second part.
    """
    before, behind = (int.from_bytes(base64.b64decode(text), "big") for text in (first, second))
    return crc64_text(_times(before, _power(8 * size)) ^ behind)


def _times(one: int, two: int) -> int:
    """Product of two polynomials modulo the CRC's, lowest power in the highest bit."""
    product = 0
    for bit in range(63, -1, -1):
        if one >> bit & 1:
            product ^= two
        two = (two >> 1) ^ (_REFLECTED_POLYNOMIAL if two & 1 else 0)
    return product


def _power(exponent: int) -> int:
    """x to a power modulo the CRC's polynomial."""
    result, square = 1 << 63, 1 << 62
    while exponent:
        if exponent & 1:
            result = _times(result, square)
        square = _times(square, square)
        exponent >>= 1
    return result
