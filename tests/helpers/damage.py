"""Damages to files, each a function of the bytes."""


def flip(data: bytes, at: int, mask: int = 0x55) -> bytes:
    """``data`` with some bits of one byte turned."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ (mask or 1)]) + data[at + 1 :]


def cut(data: bytes, at: int) -> bytes:
    """The first ``at`` bytes (modulo the length)."""
    return data[: at % len(data)]


def drop(data: bytes, at: int, size: int) -> bytes:
    """``data`` without ``size`` bytes at ``at``."""
    at %= len(data)
    return data[:at] + data[at + size :]


def double(data: bytes, at: int, size: int) -> bytes:
    """``data`` with ``size`` bytes at ``at`` standing twice."""
    at %= len(data)
    return data[: at + size] + data[at:]
