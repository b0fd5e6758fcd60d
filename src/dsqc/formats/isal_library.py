"""ISA-L's own functions, as the package ``isal`` brings them: called with nothing of the package in between."""

import ctypes
from dataclasses import dataclass
from functools import cache

import numpy as np
from isal import igzip_lib
from numpy.typing import NDArray

from dsqc.kernels import bgzf as k


@dataclass(frozen=True, slots=True)
class Functions:
    """What kernels need to inflate.

    Attributes:
        addresses: int64, of the functions, see ``INFLATE``.
        state: uint8, what they work in; for one thread alone.
    """

    addresses: NDArray[np.int64]
    state: NDArray[np.uint8]


def isal_functions() -> Functions | None:
    """ISA-L's functions, with a state of one's own; None where the package is built so that they cannot be seen."""
    library = isal_library()
    if library is None:
        return None
    state = np.zeros(k.STATE_BYTES, dtype=np.uint8)
    library.isal_inflate_init(state.ctypes.data)
    functions = (library.isal_inflate_stateless, library.crc32_gzip_refl)
    addresses = [ctypes.cast(function, ctypes.c_void_p).value or 0 for function in functions]
    return Functions(np.array(addresses, dtype=np.int64), state)


@cache
def isal_library() -> ctypes.CDLL | None:
    """ISA-L, with what is called of it declared; None where the package is built so that it cannot be seen."""
    try:
        library = ctypes.CDLL(igzip_lib.__file__)
        library.isal_inflate_init.argtypes = [ctypes.c_void_p]
        library.isal_inflate_init.restype = None
        library.isal_inflate.argtypes = [ctypes.c_void_p]
        library.isal_inflate_stateless.argtypes = [ctypes.c_void_p]
        library.crc32_gzip_refl.argtypes = [ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint64]
        library.crc32_gzip_refl.restype = ctypes.c_uint32
    except (AttributeError, OSError):
        return None
    return library
