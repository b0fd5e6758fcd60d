"""Large arrays of which a small file touches a few pages."""

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """As ``np.zeros``, of fresh pages that the system clears when they are touched.

    The C library clears all of it where it gives out again what another file's array was; for a hundred megabytes a
    file, that took longer than measuring a small one.
    """
    kind = np.dtype(dtype)
    length = kind.itemsize * (shape if isinstance(shape, int) else math.prod(shape))
    pages = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, kind).reshape(shape)
