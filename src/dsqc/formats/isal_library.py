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
    """Addresses of functions, and a state as ``isal_inflate_init`` leaves it, to be copied by each who inflates."""

    addresses: NDArray[np.int64]
    state: NDArray[np.uint8]


@cache
def isal_functions() -> Functions | None:
    """ISA-L's functions; None where the package is built so that they cannot be seen."""
    try:
        library = ctypes.CDLL(igzip_lib.__file__)
        found = [library.isal_inflate_stateless, library.crc32_gzip_refl]
        begin = library.isal_inflate_init
    except (AttributeError, OSError):
        return None
    state = np.zeros(k.STATE_BYTES, dtype=np.uint8)
    begin.argtypes, begin.restype = [ctypes.c_void_p], None
    begin(state.ctypes.data)
    addresses = [ctypes.cast(function, ctypes.c_void_p).value or 0 for function in found]
    return Functions(np.array(addresses, dtype=np.int64), state)
