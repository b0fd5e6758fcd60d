"""Damages to files, each a function of the bytes."""

import random


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


def put(data: bytes, at: int, new: bytes) -> bytes:
    """``data`` with ``new`` in the place of as many bytes at ``at`` (modulo the length)."""
    at %= len(data)
    return data[:at] + new + data[at + len(new) :]


def insert(data: bytes, at: int, new: bytes) -> bytes:
    """``data`` with ``new`` between its bytes at ``at`` (modulo the length)."""
    at %= len(data)
    return data[:at] + new + data[at:]


def swap(data: bytes, one: int, two: int, size: int) -> bytes:
    """``data`` with the ``size`` bytes at ``one`` and at ``two`` exchanged; the pieces must not touch."""
    first, second = sorted((one % len(data), two % len(data)))
    second = max(second, first + size)
    left, right = data[first : first + size], data[second : second + size]
    return data[:first] + right + data[first + size : second] + left + data[second + size :]


def mutate(data: bytes, rng: random.Random, other: bytes = b"") -> bytes:
    """One random damage: bits, bytes, cuts, insertions, doubled or exchanged pieces, zeros, a piece of ``other``."""
    size = len(data)
    if not size:
        return rng.randbytes(rng.randint(1, 8))
    at = rng.randrange(size)
    length = min(1 + int(rng.expovariate(1 / 12)), size)
    return _MUTATIONS[rng.randrange(len(_MUTATIONS))](data, at, length, rng, other or data)


_SPECIAL = b"\n\r\t @+>\0!~\x7f\xff\x1fNacgt0:/"
_MUTATIONS = (
    lambda data, at, length, rng, other: flip(data, at, 1 << rng.randrange(8)),
    lambda data, at, length, rng, other: flip(data, at, 1 << rng.randrange(8)),
    lambda data, at, length, rng, other: put(data, at, bytes([rng.randrange(256)])),
    lambda data, at, length, rng, other: put(data, at, bytes([rng.choice(_SPECIAL)])),
    lambda data, at, length, rng, other: insert(data, at, bytes([rng.choice(_SPECIAL)])),
    lambda data, at, length, rng, other: insert(data, at, rng.randbytes(length)),
    lambda data, at, length, rng, other: data[:at],
    lambda data, at, length, rng, other: data[at:],
    lambda data, at, length, rng, other: drop(data, at, 1),
    lambda data, at, length, rng, other: drop(data, at, length),
    lambda data, at, length, rng, other: double(data, at, length),
    lambda data, at, length, rng, other: double(data, at, len(data)),
    lambda data, at, length, rng, other: swap(data, at, rng.randrange(len(data)), length),
    lambda data, at, length, rng, other: put(data, at, bytes(length)),
    lambda data, at, length, rng, other: data[:at] + other[rng.randrange(len(other)) :],
    lambda data, at, length, rng, other: insert(data, at, other[(start := rng.randrange(len(other))) : start + length]),
    lambda data, at, length, rng, other: data + other[: rng.randrange(len(other)) + 1],
)
