"""Hashes of words against a slow, obvious reference; the table against plain counting."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import sketch as k

CODES = dict(zip("ACTUG", (0, 1, 2, 2, 3), strict=True))
FULL = (1 << 64) - 1


def slow_hash(word: str) -> int:
    """The hash of one word by whole numbers of Python."""
    forward = backward = 0
    for letter in word:
        forward = forward << 2 | CODES[letter]
    for letter in reversed(word):
        backward = backward << 2 | CODES[letter] ^ 2
    mixed = min(forward, backward) ^ 0x243F6A8885A308D3
    mixed = (mixed ^ mixed >> 33) * 0xFF51AFD7ED558CCD & FULL
    mixed = (mixed ^ mixed >> 33) * 0xC4CEB9FE1A85EC53 & FULL
    return mixed ^ mixed >> 33


def slow_hashes(sequence: bytes) -> list[int]:
    """Hashes of all words of a sequence."""
    text = sequence.decode("latin-1").upper()
    words = (text[start : start + k.SIZE] for start in range(len(text) - k.SIZE + 1))
    return [slow_hash(word) for word in words if set(word) <= CODES.keys()]


def hashed(sequence: bytes, scale: int = 0) -> tuple[list[int], int]:
    """What the kernel makes of a sequence, and the number of words it saw."""
    data = np.frombuffer(sequence, dtype=np.uint8).copy()
    found, words = np.zeros(max(len(data), 1), dtype=np.uint64), np.zeros(1, dtype=np.int64)
    number = k.hash_sequence(data, scale, k.letter_codes(), found, words)
    return found[:number].tolist(), int(words[0])


TEXTS = st.one_of(
    st.text("ACGT", max_size=200), st.text("ACGTN", max_size=200), st.text("acgtuACGTUNRY.-", max_size=120)
).map(str.encode)


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_a_sequence_gives_the_hashes_of_its_words(sequence: bytes) -> None:
    expected = slow_hashes(sequence)
    assert hashed(sequence) == (expected, len(expected))
    assert hashed(sequence, 3)[0] == [value for value in expected if value < 1 << 61]


@given(st.text("ACGT", min_size=31, max_size=90))
@settings(max_examples=40, deadline=None)
def test_both_strands_give_the_same(sequence: str) -> None:
    other = sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))
    assert sorted(hashed(sequence.encode())[0]) == sorted(hashed(other.encode())[0])


@given(st.lists(TEXTS, max_size=20), st.integers(0, 9), st.integers(1, 4), st.sampled_from([0, 1, 33, 64]))
@settings(max_examples=60, deadline=None)
def test_reads_are_counted_as_by_hand(reads: list[bytes], before: int, every: int, behind: int) -> None:
    text = b"".join(reads)  # Blocks of words are hashed at once where 64 bytes can be read, the rest one by one.
    data = np.frombuffer(text + bytes(behind), dtype=np.uint8).copy()
    length = np.array([len(read) for read in reads], dtype=np.int64)
    start = np.cumsum(length) - length
    keys, counts = np.zeros(k.SLOTS, dtype=np.uint64), np.zeros(k.SLOTS, dtype=np.int64)
    state = np.zeros(4, dtype=np.int64)
    spare = np.zeros(k.MOST + k.CHUNK, dtype=np.uint64), np.zeros(k.MOST + k.CHUNK, dtype=np.int64)
    found = np.zeros(k.CHUNK + k.BLOCK, dtype=np.uint64)
    distinct = k.add_reads(data, start, length, before, every, k.letter_codes(), keys, counts, state, found, *spare)
    looked_at = [read for number, read in enumerate(reads, before + 1) if number % every == 0]
    expected = Counter(value for read in looked_at for value in slow_hashes(read))
    used = np.flatnonzero(counts)
    assert dict(zip(keys[used].tolist(), counts[used].tolist(), strict=True)) == dict(expected)
    assert (distinct, state[k.LOOKED_AT], state[k.READS]) == (len(expected), expected.total(), len(looked_at))


def test_words_are_kept_by_the_scale_that_holds_when_they_are_found() -> None:
    """More distinct words than the table keeps, in many reads: the scale doubles between two of them."""
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)[np.random.default_rng(2).integers(0, 4, 400_000)]
    length = np.full(2_000, 200, dtype=np.int64)
    start = np.arange(2_000, dtype=np.int64) * 200
    keys, counts = np.zeros(k.SLOTS, dtype=np.uint64), np.zeros(k.SLOTS, dtype=np.int64)
    state = np.zeros(4, dtype=np.int64)
    spare = np.zeros(k.MOST + k.CHUNK, dtype=np.uint64), np.zeros(k.MOST + k.CHUNK, dtype=np.int64)
    found = np.zeros(k.CHUNK + k.BLOCK, dtype=np.uint64)
    k.add_reads(letters, start, length, 0, 1, k.letter_codes(), keys, counts, state, found, *spare)
    words = Counter(value for at in start for value in hashed(letters[at : at + 200].tobytes())[0])
    assert state[k.SCALE] > 0
    limit = FULL >> int(state[k.SCALE])
    used = np.flatnonzero(counts)
    kept = dict(zip(keys[used].tolist(), counts[used].tolist(), strict=True))
    assert kept == {value: number for value, number in words.items() if value <= limit}
    assert state[k.LOOKED_AT] == words.total()


def test_a_read_longer_than_a_chunk_loses_no_word() -> None:
    sequence = np.frombuffer(b"ACGT", dtype=np.uint8)[np.random.default_rng(1).integers(0, 4, 3 * k.CHUNK)]
    data, one = np.concatenate([sequence, np.zeros(64, dtype=np.uint8)]), np.array([len(sequence)], dtype=np.int64)
    keys, counts = np.zeros(k.SLOTS, dtype=np.uint64), np.zeros(k.SLOTS, dtype=np.int64)
    state = np.zeros(4, dtype=np.int64)
    spare = np.zeros(k.MOST + k.CHUNK, dtype=np.uint64), np.zeros(k.MOST + k.CHUNK, dtype=np.int64)
    found = np.zeros(k.CHUNK + k.BLOCK, dtype=np.uint64)
    start = np.zeros(1, dtype=np.int64)
    k.add_reads(data, start, one, 0, 1, k.letter_codes(), keys, counts, state, found, *spare)
    assert sorted(keys[counts > 0].tolist()) == sorted(set(hashed(sequence.tobytes())[0]))
    assert state[k.LOOKED_AT] == len(sequence) - k.SIZE + 1
