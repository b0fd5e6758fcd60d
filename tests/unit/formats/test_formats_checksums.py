"""CRC-64/NVME two ways, in pieces, and against its published check value."""

import base64
import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.formats import checksums
from dsqc.formats.checksums import Checksums, crc64_function


def bit_by_bit(data: bytes) -> int:
    register = 2**64 - 1
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x9A6C9329AC4BC9B5 if register & 1 else 0)
    return register ^ 2**64 - 1


def test_the_check_value_of_the_specification() -> None:
    for function in (crc64_function(), checksums._portable_crc64()):
        assert function(0, b"123456789") == 0xAE8B14860A799888


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_pieces_and_both_ways(data: bytes, cut: int) -> None:
    for function in (crc64_function(), checksums._portable_crc64()):
        assert function(function(0, data[:cut]), data[cut:]) == bit_by_bit(data)


def test_without_isal_the_tables_are_used(monkeypatch) -> None:
    monkeypatch.setattr(checksums, "_isal_crc64", lambda: None)
    assert crc64_function.__wrapped__()(0, b"123456789") == 0xAE8B14860A799888


def test_all_three() -> None:
    sums = Checksums()
    for piece in (b"12345", b"", b"6789"):
        sums.update(piece)
    assert sums.md5 == hashlib.md5(b"123456789").hexdigest()
    assert sums.sha256 == hashlib.sha256(b"123456789").hexdigest()
    assert base64.b64decode(sums.crc64nvme) == (0xAE8B14860A799888).to_bytes(8, "big")
