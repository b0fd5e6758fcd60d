"""Vectors of 64 bytes against numpy and plain integers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels._jit import kernel
from dsqc.kernels.vectors import (
    above64,
    add64,
    and64,
    bits64,
    codes32,
    equal64,
    load64,
    load_word,
    lowest,
    multiply_fold,
    ones,
    or64,
    splat64,
    store64,
    subtract64,
    sum64,
    until64,
)

BYTES = st.binary(min_size=64, max_size=64)
WORDS = st.integers(0, 2**64 - 1)


@kernel
def every_operation(left, right, byte, count, out):
    """Rows of ``out``: sums, differences, and, or, equal, above, equal to a byte, the first ``count`` lanes."""
    one = load64(left, 0)
    other = load64(right, 0)
    store64(out[0], 0, add64(one, other))
    store64(out[1], 0, subtract64(one, other))
    store64(out[2], 0, and64(one, other))
    store64(out[3], 0, or64(one, other))
    store64(out[4], 0, equal64(one, other))
    store64(out[5], 0, above64(one, other))
    store64(out[6], 0, equal64(one, splat64(byte)))
    store64(out[7], 0, until64(count))
    return bits64(one), sum64(one)


@kernel
def word_operations(data, word, other):
    return ones(word), lowest(word), multiply_fold(word, other), load_word(data, 3), codes32(data, 5)


@settings(deadline=None)  # compiles at its first call
@given(BYTES, BYTES, st.integers(0, 255), st.integers(-5, 300))
def test_lanes(left, right, byte, count):
    one, other = np.frombuffer(left, np.uint8), np.frombuffer(right, np.uint8)
    out = np.zeros((8, 64), np.uint8)
    bits, total = every_operation(one.copy(), other.copy(), byte, count, out)
    mask = np.array([0, 255], np.uint8)
    expected = [
        one + other,
        one - other,
        one & other,
        one | other,
        mask[(one == other).astype(int)],
        mask[(one > other).astype(int)],
        mask[(one == byte).astype(int)],
        mask[(np.arange(64) < count).astype(int)],
    ]
    np.testing.assert_array_equal(out, np.array(expected))
    assert int(bits) == sum(1 << lane for lane in range(64) if left[lane] >= 128)
    assert total == sum(left)


@settings(deadline=None)
@given(BYTES, WORDS, WORDS)
def test_words(data, word, other):
    count, first, folded, loaded, codes = word_operations(
        np.frombuffer(data, np.uint8).copy(), np.uint64(word), np.uint64(other)
    )
    assert count == word.bit_count()
    assert first == (64 if word == 0 else (word & -word).bit_length() - 1)
    assert int(folded) == (word * other & (2**64 - 1)) ^ (word * other >> 64)
    assert int(loaded) == int.from_bytes(data[3:11], "little")
    assert int(codes) == sum((letter >> 1 & 3) << 2 * place for place, letter in enumerate(data[5:37]))


def test_codes_of_letters():
    text = np.frombuffer(b"00000ACTGUactgu" + b"A" * 60, np.uint8)
    codes = int(word_operations(text.copy(), np.uint64(0), np.uint64(0))[4])
    assert [codes >> 2 * place & 3 for place in range(10)] == [0, 1, 2, 3, 2, 0, 1, 2, 3, 2]
