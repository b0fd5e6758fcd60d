"""One deflate stream (RFC 1951), inflated into memory of the caller's by ISA-L: no block of its own, no copy."""

import ctypes
import zlib
from abc import ABC, abstractmethod
from functools import cache
from typing import cast

import numpy as np
from isal import igzip_lib, isal_zlib
from numpy.typing import NDArray

from dsqc.formats.isal_library import isal_library
from dsqc.kernels.bgzf import STATE_BYTES

IsalError = cast("type[Exception]", igzip_lib.IsalError)  # its stub says that it is an instance


class Inflater(ABC):
    """Inflates one stream.

    Feed it stored bytes when :attr:`needs_input`, ask for data with :meth:`into` until it :attr:`ended` or is
    :attr:`broken`::

        while not (inflater.ended or inflater.broken):
            if inflater.needs_input:
                inflater.feed(stored.piece())
            size = inflater.into(out)

    Attributes:
        ended: the stream is whole, and all its data was given out.
        broken: what was fed is no deflate stream; the data in front of that was given out.
        crc32: of the data so far (RFC 1952).
    """

    def __init__(self) -> None:
        self.ended = False
        self.broken = False
        self.crc32 = 0
        self._piece = memoryview(b"")  # what was fed last: it must live as long as ISA-L reads it

    @property
    @abstractmethod
    def needs_input(self) -> bool:
        """Whether all that was fed has been used and given out."""

    @abstractmethod
    def feed(self, piece: memoryview) -> None:
        """Give the next stored bytes, at least one."""

    @abstractmethod
    def into(self, out: NDArray[np.uint8]) -> int:
        """Put the next data at the beginning of ``out`` (uint8, not empty), as much as what was fed gives.

        Returns:
            Bytes put. Where they do not fill ``out``, the stream ended, is broken, or needs input.
        """

    @abstractmethod
    def ends_here(self) -> bool:
        """Whether the stream is whole with what was fed so far, of which nothing is left. The last to be asked."""

    @property
    @abstractmethod
    def unused(self) -> bytes:
        """What was fed and stands behind the end of the stream; once it has ended."""


def new_inflater() -> Inflater:
    """An inflater for one stream."""
    library = _proven_library()
    return _PackageInflater() if library is None else _DirectInflater(library)


@cache
def _proven_library() -> ctypes.CDLL | None:
    """ISA-L, where it can be called and keeps its fields where they are looked for."""
    library = isal_library()
    if library is None:
        return None
    data, behind = bytes(range(256)) * 3, b"behind"
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    stream = memoryview(compressor.compress(data) + compressor.flush() + behind)
    inflater, out = _DirectInflater(library), np.empty(len(data), np.uint8)
    inflater.feed(stream[:40])
    put = inflater.into(out[:30])
    put += inflater.into(out[put:])
    if not inflater.needs_input:
        return None
    inflater.feed(stream[40:])
    put += inflater.into(out[put:])
    inflater.into(np.empty(1, np.uint8))
    proven = inflater.ended and inflater.unused == behind and inflater.crc32 == zlib.crc32(data)
    return library if proven and out.tobytes() == data else None


class _State(ctypes.Structure):
    """The first fields of ISA-L's ``struct inflate_state`` (igzip_lib.h; the same since ISA-L 2.18)."""

    _fields_ = (
        ("next_out", ctypes.c_void_p),
        ("avail_out", ctypes.c_uint32),
        ("total_out", ctypes.c_uint32),
        ("next_in", ctypes.c_void_p),
        ("read_in", ctypes.c_uint64),
        ("avail_in", ctypes.c_uint32),
        ("read_in_length", ctypes.c_int32),
        ("rest", ctypes.c_uint8 * STATE_BYTES),
    )


class _DirectInflater(Inflater):
    """Calls ISA-L's ``isal_inflate``; the interpreter's lock is released meanwhile."""

    def __init__(self, library: ctypes.CDLL) -> None:
        super().__init__()
        self._library = library
        self._state = _State()
        self._address = ctypes.addressof(self._state)
        self._failed = False
        self._is_full = False  # the last data filled its place: there may be more
        library.isal_inflate_init(self._address)

    @property
    def needs_input(self) -> bool:
        return not self._state.avail_in and not self._is_full

    def feed(self, piece: memoryview) -> None:
        self._piece = piece
        self._state.next_in = np.frombuffer(piece, np.uint8).ctypes.data
        self._state.avail_in = len(piece)

    def into(self, out: NDArray[np.uint8]) -> int:
        state = self._state
        address = out.ctypes.data
        state.next_out, state.avail_out = address, len(out)
        while True:
            before = state.avail_in, state.avail_out
            if self._library.isal_inflate(self._address) < 0:
                # Nothing more is decoded; what was waits in ISA-L's own memory where there was no room for it.
                state.avail_in = state.read_in_length = 0
                self._failed = True
            if not (state.avail_in and state.avail_out):
                break
            # There are bytes and there is room: only behind its end does a stream leave both.
            if before == (state.avail_in, state.avail_out):
                self.ended = True
                break
        self._is_full = not state.avail_out
        self.broken = self._failed and not self._is_full
        put = len(out) - int(state.avail_out)
        self.crc32 = self._library.crc32_gzip_refl(self.crc32, address, put)
        return put

    def ends_here(self) -> bool:
        self.feed(memoryview(b"\0"))  # behind its end, a stream leaves it
        self.into(np.empty(1, np.uint8))
        return self.ended

    @property
    def unused(self) -> bytes:
        state = self._state
        bits = int(state.read_in_length)
        taken = (int(state.read_in) >> bits % 8).to_bytes(8, "little")[: bits // 8]
        return taken + bytes(self._piece[len(self._piece) - state.avail_in :])


class _PackageInflater(Inflater):
    """Asks the isal package, where its functions cannot be called: each block is copied once more."""

    def __init__(self) -> None:
        super().__init__()
        self._inflater = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)

    @property
    def needs_input(self) -> bool:
        return not self._piece and bool(self._inflater.needs_input)

    def feed(self, piece: memoryview) -> None:
        self._piece = piece

    def into(self, out: NDArray[np.uint8]) -> int:
        piece, self._piece = self._piece, memoryview(b"")
        try:
            block = self._inflater.decompress(piece, len(out))
        except IsalError:
            self.broken = True
            return 0
        out[: len(block)] = np.frombuffer(block, np.uint8)
        self.crc32 = isal_zlib.crc32(block, self.crc32)
        self.ended = bool(self._inflater.eof)
        return len(block)

    def ends_here(self) -> bool:
        return self.ended

    @property
    def unused(self) -> bytes:
        return bytes(self._inflater.unused_data)
