"""Deflate streams inflated into memory of the caller's: against zlib, in any pieces and any room."""

import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.formats import inflate as module
from dsqc.formats.inflate import Inflater, new_inflater
from dsqc.formats.isal_library import isal_library
from helpers.reads import fastq, make_reads

TEXT = fastq(make_reads(400, 5))
BEHIND = b"what follows the stream"
LOST = 2 + 258
"""Bytes in front of damage that may go with it: ISA-L looks several symbols up at once, the last may be a match."""


def direct() -> Inflater:
    library = isal_library()
    assert library is not None
    return module._DirectInflater(library)


KINDS = pytest.mark.parametrize("make", [direct, module._PackageInflater])


def deflated(data: bytes, level: int, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return compressor.compress(data) + compressor.flush()


def inflated(inflater: Inflater, stored: bytes, piece: int, room: int) -> tuple[bytes, int]:
    """What comes out until the stream ends, is broken, or wants more than there is; and how much was fed."""
    found, at = b"", 0
    out = np.empty(room, np.uint8)
    while not (inflater.ended or inflater.broken):
        if inflater.needs_input:
            if at >= len(stored):
                break
            inflater.feed(memoryview(stored)[at : at + piece])
            at += piece
        found += out[: inflater.into(out)].tobytes()
    return found, min(at, len(stored))


def test_the_library_is_proven_and_used() -> None:
    assert isinstance(new_inflater(), module._DirectInflater)


def test_fields_that_stand_elsewhere_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._State, "avail_in", module._State.total_out)
    module._proven_library.cache_clear()
    try:
        assert isinstance(new_inflater(), module._PackageInflater)
    finally:
        monkeypatch.undo()
        module._proven_library.cache_clear()


@KINDS
@settings(deadline=None)
@given(
    size=st.integers(0, len(TEXT)),
    level=st.integers(0, 9),
    strategy=st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE]),
    pieces=st.tuples(
        st.one_of(st.integers(1, 20), st.integers(100, 1 << 17)),
        st.one_of(st.integers(1, 300), st.integers(1000, 1 << 18)),
    ),
)
def test_a_stream_gives_its_data(
    make: Callable[[], Inflater], size: int, level: int, strategy: int, pieces: tuple[int, int]
) -> None:
    data = TEXT[:size]
    if pieces[0] < 20 or pieces[1] < 300:
        data = data[:5000]
    inflater = make()
    stored = deflated(data, level, strategy)
    found, fed = inflated(inflater, stored + BEHIND, *pieces)
    assert found == data
    assert inflater.ended
    assert inflater.unused == (stored + BEHIND)[len(stored) : fed]
    assert inflater.crc32 == zlib.crc32(data)


@KINDS
@settings(deadline=None)
@given(cut=st.integers(0, 400), piece=st.integers(1, 200), room=st.integers(1, 4000))
def test_a_cut_stream_does_not_end(make: Callable[[], Inflater], cut: int, piece: int, room: int) -> None:
    data = TEXT[:3000]
    stored = deflated(data, 6)
    inflater = make()
    whole = max(len(stored) - cut, 1)
    found, _fed = inflated(inflater, stored[:whole], piece, room)
    assert data.startswith(found)
    assert not inflater.broken
    assert inflater.ended or inflater.ends_here() == (whole == len(stored))


@settings(deadline=None)
@given(
    place=st.integers(0, 10**6),
    bit=st.integers(0, 7),
    level=st.integers(0, 9),
    piece=st.integers(1, 5000),
    room=st.integers(1, 70000),
)
def test_what_stands_in_front_of_damage_is_given_out(place: int, bit: int, level: int, piece: int, room: int) -> None:
    data = TEXT[:4000]
    whole = deflated(data, level)
    place %= len(whole)
    stored = bytearray(whole)
    stored[place] ^= 1 << bit
    inflater = direct()
    found, _fed = inflated(inflater, bytes(stored), piece, room)
    in_front = zlib.decompressobj(-zlib.MAX_WBITS).decompress(whole[:place])
    assert found.startswith(in_front[:-LOST])
    assert found == data or not inflater.ended or inflater.crc32 != zlib.crc32(data)
