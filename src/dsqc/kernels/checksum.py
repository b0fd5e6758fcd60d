"""CRC-64 by tables, for machines without ISA-L's faster function."""

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry


@entry("u1[::1], u8[:, ::1], u8 -> u8")
def crc64(data: NDArray[np.uint8], tables: NDArray[np.uint64], before: int) -> np.uint64:
    """Reflected CRC-64 of ``data`` behind bytes whose CRC is ``before``; register and result are inverted.

    Eight bytes a step ("slicing by eight", Kounavis and Berry 2005).

    Args:
        tables: uint64[8, 256]; row k is the remainder of each byte with k zero bytes behind it.
    """
    register = ~np.uint64(before)
    byte = np.uint64(0xFF)
    size = data.shape[0]
    index = 0
    while index + 8 <= size:
        word = np.uint64(0)
        for place in range(8):
            word |= np.uint64(data[index + place]) << np.uint64(8 * place)
        word ^= register
        register = np.uint64(0)
        for place in range(8):
            register ^= tables[7 - place, (word >> np.uint64(8 * place)) & byte]
        index += 8
    while index < size:
        register = (register >> np.uint64(8)) ^ tables[0, (register ^ np.uint64(data[index])) & byte]
        index += 1
    return ~register
