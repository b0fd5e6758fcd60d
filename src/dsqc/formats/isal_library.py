"""ISA-L's own functions, as the package ``isal`` brings them, for kernels that call them without Python in between."""

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
    library = _library()
    if library is None:
        return None
    state = np.zeros(k.STATE_BYTES, dtype=np.uint8)
    library.isal_inflate_init(ctypes.c_void_p(state.ctypes.data))
    functions = (library.isal_inflate_stateless, library.crc32_gzip_refl)
    addresses = [ctypes.cast(function, ctypes.c_void_p).value or 0 for function in functions]
    return Functions(np.array(addresses, dtype=np.int64), state)


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(igzip_lib.__file__)
        library.isal_inflate_init.restype = None
        found = (library.isal_inflate_stateless, library.crc32_gzip_refl)
    except (AttributeError, OSError):
        return None
    return library if all(found) else None
