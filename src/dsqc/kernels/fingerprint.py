"""Fingerprint of reads: a 128-bit hash of each read, summed up, so that neither order nor division into files matters.

The hash of a text takes it in blocks of four little-endian 8-byte words; the last block is the last 32 bytes, which the
block before may hold in part, and a shorter text is filled with zeros. A state of two words meets two words by one
multiplication of 64 by 64 bits whose 128-bit product stays whole; nothing of the two factors is lost where one of them
is zero (as in wyhash's protected mode)::

    x, y = a ^ word0, b ^ word1
    a, b = high(x * y) ^ y, low(x * y) ^ x

Two such states take half a block each; in the end the first takes in the second, then the length. The hash is the two
halves of ``(a ^ constant) * b``, one over the other, and those of ``a * (b ^ constant)``. For a read, the state after
its qualities takes in the state after its bases. It is built to tell apart what is not the same by chance, and to be
cheap; it is no cryptographic hash: who wants two sets of reads with one fingerprint can make them. Two different sets
of reads meet with a chance of about one in 2**128.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsqc.kernels._jit import entry, intrinsic, kernel
from dsqc.kernels.vectors import above64, and64, bits64, equal64, load64, load_word, or64, splat64

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

READS_33, READS_64, SEQUENCES = 0, 1, 2
SUMS = 3
"""Rows of the sums: reads whose qualities have the offset 33, the same for 64, sequences alone; low and high word."""

_EVERY = 0x0101010101010101
_FILL = np.uint64(0xFFFFFFFFFFFFFFFF)
_UPPER = np.uint64(0xDF * _EVERY)
_HIGH_BITS = np.uint64(0x80 * _EVERY)
_LOW_BITS = np.uint64(0x7F * _EVERY)
_LETTER_U = np.uint64(0x55 * _EVERY)
_LETTER_N = np.uint64(0x4E * _EVERY)
_DOT = np.uint64((0x2E & 0xDF) * _EVERY)
_DASH = np.uint64((0x2D & 0xDF) * _EVERY)
_PHRED_33 = np.uint64(33 * _EVERY)
_PHRED_64 = np.uint64(64 * _EVERY)
_NONE = np.uint64(0)
_BYTE = np.uint64(0xFF)
_7 = np.uint64(7)
# The first digits of the fraction of pi, as in Blowfish: numbers without a secret.
_SEQUENCE_A, _SEQUENCE_B = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
_QUALITY_A, _QUALITY_B = np.uint64(0xA4093822299F31D0), np.uint64(0x082EFA98EC4E6C89)
_BARE_A, _BARE_B = np.uint64(0x452821E638D01377), np.uint64(0xBE5466CF34E90C6C)
_SECOND_A, _SECOND_B = np.uint64(0xD1310BA698DFB5AC), np.uint64(0x2FFD72DBD01ADFB7)
_END_A, _END_B, _END_C = np.uint64(0xC0AC29B7C97C50DD), np.uint64(0x3F84D5B5B5470917), np.uint64(0x9216D5D98979FB1B)


@intrinsic
def multiply(typing_context: Any, first: Any, second: Any) -> Any:
    """``(low, high)`` of the product of two uint64."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import types

    pair: Any = types.UniTuple
    result = pair(types.uint64, 2)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide, word = ir.IntType(128), ir.IntType(64)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), word)
        return context.make_tuple(builder, result, (builder.trunc(product, word), high))

    return result(types.uint64, types.uint64), generate


@kernel
def step(a: np.uint64, b: np.uint64, first: np.uint64, second: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The state (a, b) after two words more."""
    x = a ^ first
    y = b ^ second
    low, high = multiply(x, y)
    return high ^ y, low ^ x


@kernel
def finish(a: np.uint64, b: np.uint64, length: int) -> tuple[np.uint64, np.uint64]:
    """The hash, out of the state after the last word and the length in bytes."""
    a, b = step(a, b, np.uint64(length), _END_A)
    low, high = multiply(a ^ _END_B, b)
    other_low, other_high = multiply(a, b ^ _END_C)
    return low ^ high, other_low ^ other_high


@kernel
def word_of(data: Bytes, place: int, size: int) -> np.uint64:
    """The first ``size`` bytes (8 at most, none below 1) from ``place`` on, filled with zeros; nothing outside ``data``
    is read."""
    if size >= 8:
        return np.uint64(load_word(data, place))
    if size <= 0:
        return np.uint64(0)
    if place + 8 <= data.shape[0]:
        return np.uint64(load_word(data, place)) & (_FILL >> np.uint64(64 - 8 * size))
    word = np.uint64(0)
    for index in range(size):
        word |= np.uint64(data[place + index]) << np.uint64(8 * index)
    return word


@kernel
def _equal_bytes(word: np.uint64, pattern: np.uint64) -> np.uint64:
    """The highest bit of every byte that is equal in both."""
    other = word ^ pattern
    return ~(((other & _LOW_BITS) + _LOW_BITS) | other) & _HIGH_BITS


@kernel
def _canonical(word: np.uint64) -> np.uint64:
    """Upper case, U as T, ``.`` and ``-`` as N."""
    word &= _UPPER
    word -= _equal_bytes(word, _LETTER_U) >> _7
    unknown = ((_equal_bytes(word, _DOT) | _equal_bytes(word, _DASH)) >> _7) * _BYTE
    return (word & ~unknown) | (_LETTER_N & unknown)


@kernel
def _canonical_sequence(data: Bytes, place: int, length: int) -> tuple[np.uint64, np.uint64]:
    """As :func:`_sequence`, for one that holds other letters than upper-case ones, or U."""
    a, b, c, d = _SEQUENCE_A, _SEQUENCE_B, _SECOND_A, _SECOND_B
    end = place + length
    while place + 32 < end:
        one = _canonical(load_word(data, place))
        a, b = step(a, b, one, _canonical(load_word(data, place + 8)))
        one = _canonical(load_word(data, place + 16))
        c, d = step(c, d, one, _canonical(load_word(data, place + 24)))
        place += 32
    if length >= 32:
        place = end - 32
    one = _canonical(word_of(data, place, end - place))
    a, b = step(a, b, one, _canonical(word_of(data, place + 8, end - place - 8)))
    one = _canonical(word_of(data, place + 16, end - place - 16))
    c, d = step(c, d, one, _canonical(word_of(data, place + 24, end - place - 24)))
    return step(a, b, c, d)


@kernel
def _is_plain(data: Bytes, place: int, length: int) -> bool:
    """Whether no letter of a sequence is in lower case, ``.`` or ``-`` (they have bit 5), or U."""
    end = place + length
    if length < 32 or end < 64:
        plain = True
        for index in range(place, end):
            plain &= data[index] & 32 == 0 and data[index] != 85
        return plain
    lanes = load64(data, end - 64)
    odd = or64(and64(lanes, splat64(32)), equal64(lanes, splat64(85)))
    if length < 64:
        return not bits64(above64(odd, splat64(0))) >> np.uint64(64 - length)
    while place + 64 < end:
        lanes = load64(data, place)
        odd = or64(odd, or64(and64(lanes, splat64(32)), equal64(lanes, splat64(85))))
        place += 64
    return not bits64(above64(odd, splat64(0)))


@kernel
def _sequence(data: Bytes, place: int, length: int) -> tuple[np.uint64, np.uint64]:
    """State after a sequence."""
    if not _is_plain(data, place, length):
        return _canonical_sequence(data, place, length)
    a, b, c, d = _SEQUENCE_A, _SEQUENCE_B, _SECOND_A, _SECOND_B
    end = place + length
    while place + 32 < end:
        a, b = step(a, b, load_word(data, place), load_word(data, place + 8))
        c, d = step(c, d, load_word(data, place + 16), load_word(data, place + 24))
        place += 32
    if length >= 32:
        place = end - 32
        a, b = step(a, b, load_word(data, place), load_word(data, place + 8))
        c, d = step(c, d, load_word(data, place + 16), load_word(data, place + 24))
    else:
        a, b = step(a, b, word_of(data, place, length), word_of(data, place + 8, length - 8))
        c, d = step(c, d, word_of(data, place + 16, length - 16), word_of(data, place + 24, length - 24))
    return step(a, b, c, d)


@kernel
def _phred(word: np.uint64, offset: np.uint64, guard: np.uint64) -> np.uint64:
    """Quality characters to scores, a byte each. ``guard`` keeps negative ones (Solexa's) from borrowing of their
    neighbours: the high bits for the offset 64, none for 33, which has no negative ones."""
    return ((word | guard) - offset) ^ guard


@kernel
def _phred_of(data: Bytes, place: int, size: int, offset: np.uint64, guard: np.uint64) -> np.uint64:
    """Scores of the first ``size`` characters from ``place`` on, as :func:`word_of`."""
    if size <= 0:
        return np.uint64(0)
    word = _phred(word_of(data, place, size), offset, guard)
    return word if size >= 8 else word & (_FILL >> np.uint64(64 - 8 * size))


@kernel
def _qualities(
    data: Bytes, place: int, length: int, offset: np.uint64, guard: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """State after the qualities, as scores."""
    a, b, c, d = _QUALITY_A, _QUALITY_B, _SECOND_A, _SECOND_B
    end = place + length
    while place + 32 < end:
        one = _phred(load_word(data, place), offset, guard)
        a, b = step(a, b, one, _phred(load_word(data, place + 8), offset, guard))
        one = _phred(load_word(data, place + 16), offset, guard)
        c, d = step(c, d, one, _phred(load_word(data, place + 24), offset, guard))
        place += 32
    if length >= 32:
        place = end - 32
        one = _phred(load_word(data, place), offset, guard)
        a, b = step(a, b, one, _phred(load_word(data, place + 8), offset, guard))
        one = _phred(load_word(data, place + 16), offset, guard)
        c, d = step(c, d, one, _phred(load_word(data, place + 24), offset, guard))
    else:
        one = _phred_of(data, place, length, offset, guard)
        a, b = step(a, b, one, _phred_of(data, place + 8, length - 8, offset, guard))
        one = _phred_of(data, place + 16, length - 16, offset, guard)
        c, d = step(c, d, one, _phred_of(data, place + 24, length - 24, offset, guard))
    return step(a, b, c, d)


@kernel
def _count(data: Bytes, place: int, length: int, counts: Ints) -> bool:
    """Count quality characters; whether one is below ``;`` (59), as none is with the offset 64."""
    low = False
    for index in range(place, place + length):
        counts[data[index]] += 1
        low |= data[index] < 59
    return low


@kernel
def _add(sums: Words, row: int, low: np.uint64, high: np.uint64) -> None:
    before = sums[row, 0]
    after = before + low
    sums[row, 0] = after
    sums[row, 1] += high + np.uint64(after < before)  # no branch: which way it goes is chance


@entry("u1[::1], i8[::1], i8[::1], i8[::1], b1, i8[::1], u8[:, ::1] -> b1")
def add_reads(
    data: Bytes,
    sequence_start: Ints,
    quality_start: Ints,
    length: Ints,
    decided: bool,
    characters: Ints,
    sums: Words,
) -> bool:
    """Add the hashes of reads to ``sums``, modulo 2**128. O(bases), 8 GB/s and more.

    Args:
        data, sequence_start, quality_start, length: the reads (see ``ReadBatch``), proven to lie inside ``data``.
        decided: a quality below ``;`` has been seen: the offset is 33, the sum for 64 is not kept any more.
        characters: 256; quality characters seen while ``decided`` was false; added to.
        sums: SUMS x 2 words.

    Returns:
        ``decided`` from now on.
    """
    for row in range(length.shape[0]):
        n = length[row]
        first, second = _sequence(data, sequence_start[row], n)
        a, b = finish(first, second, n)
        _add(sums, SEQUENCES, a, b)
        place = quality_start[row]
        if place < 0 or n == 0:
            a, b = step(_BARE_A, _BARE_B, first, second)
            a, b = finish(a, b, n)
            _add(sums, READS_33, a, b)
            _add(sums, READS_64, a, b)
            continue
        if not decided:
            decided = _count(data, place, n, characters)
            a, b = _qualities(data, place, n, _PHRED_64, _HIGH_BITS)
            a, b = step(a, b, first, second)
            a, b = finish(a, b, n)
            _add(sums, READS_64, a, b)
        a, b = _qualities(data, place, n, _PHRED_33, _NONE)
        a, b = step(a, b, first, second)
        a, b = finish(a, b, n)
        _add(sums, READS_33, a, b)
    return decided
