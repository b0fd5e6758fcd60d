"""Kernels of FastQC's modules called directly: growth, places, hashes; whole files are compared in
``tests/unit/metrics/test_metrics_fastqc_modules.py``."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import adapters, duplication, gc_model, kmers, tiles

LETTERS = st.lists(st.sampled_from(b"ACGTNacgtn.-*RYk"), max_size=70).map(bytes)


def laid_out(sequences):
    """Buffer, starts and lengths of ``sequences``, which follow each other."""
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return np.frombuffer(b"".join(sequences) + b"\n", dtype=np.uint8).copy(), starts, lengths


class Known:
    """The tables of :func:`count_sequences`."""

    def __init__(self):
        self.counts = np.zeros(duplication.KNOWN, dtype=np.int64)
        self.texts = np.zeros((duplication.KNOWN, duplication.LETTERS), dtype=np.uint8)
        self.sizes = np.zeros(duplication.KNOWN, dtype=np.uint8)
        self.state = np.zeros(duplication.STATE, dtype=np.int64)
        self.tables = (
            np.zeros((1 << duplication.FILTER_BITS) // 64, dtype=np.uint64),
            np.zeros(duplication.SLOTS, dtype=np.int32),
            np.zeros(duplication.KNOWN, dtype=np.uint64),
            self.texts,
            self.sizes,
            self.counts,
        )

    def found(self):
        return {
            bytes(self.texts[row, : self.sizes[row]]): int(self.counts[row])
            for row in range(int(self.state[duplication.DISTINCT]))
        }


@given(st.lists(LETTERS, max_size=30))
@settings(max_examples=60, deadline=None)
def test_count_sequences_against_a_dictionary(sequences):
    known = Known()
    expected = {}
    for sequence in sequences * 2:
        key = bytes(letter & 0xDF for letter in sequence[:50])
        expected[key] = expected.get(key, 0) + 1
    for _ in range(2):
        duplication.count_sequences(*laid_out(sequences), *known.tables, known.state)
    assert known.found() == expected
    assert list(known.found()) == list(expected)  # in the order of their first reads
    assert known.state[duplication.AT_LIMIT] == known.state[duplication.READS] == 2 * len(sequences)

    other = Known()
    size = int(known.state[duplication.DISTINCT])
    for _ in range(2):
        duplication.add_known(known.texts, known.sizes, known.counts, 0, size, *other.tables, other.state)
    assert other.found() == {key: 2 * count for key, count in expected.items()}


def test_hashes_tell_repeats_apart():
    """Blocks that are equal or change places, and sequences of one letter, have hashes of their own."""
    unit = b"ACGTTGCAACGGTTCA"
    sequences = [unit[:16] * count for count in (1, 2, 3)]
    sequences += [unit + unit[::-1], unit[::-1] + unit, b"", b"A", b"AA", b"A" * 15, b"A" * 16, b"A" * 17, b"A" * 50]
    hashes = {duplication.hash_letters(np.frombuffer(text, dtype=np.uint8)) for text in sequences}
    assert len(hashes) == len(sequences)


@given(total=st.integers(1, 2_000), limit=st.floats(0, 1), level=st.integers(1, 60))
def test_the_chance_not_to_be_seen(total, limit, level):
    at_limit = int(limit * total)
    level = min(level, total)
    drawn = math.comb(total - level, at_limit) / math.comb(total, at_limit)
    assert duplication.chance_unseen(total, at_limit, level, 0.0) == pytest.approx(drawn, rel=1e-9, abs=1e-300)
    assert duplication.chance_unseen(total, at_limit, level, 2.0) == (0.0 if at_limit else 1.0)


@given(sequences=st.lists(LETTERS, max_size=8), where=st.integers(0, 60))
@settings(deadline=None)
def test_find_adapters_against_a_plain_search(sequences, where):
    known = [b"AGATCGGAAGAG", b"AAAAAAAAAAAA", b"ACACACACACAC"]
    sequences = [sequence[:where] + known[number % 3] + sequence[where:] for number, sequence in enumerate(sequences)]
    table = np.zeros(1 << adapters.TABLE_BITS, dtype=np.uint16)
    letters = np.array([list(adapter) for adapter in known], dtype=np.uint8)
    adapters.fill_table(table, letters)
    first = np.zeros((3, 200), dtype=np.int64)
    reads = adapters.find_adapters(*laid_out(sequences), table, letters, 0b101, first)
    places = [[sequence.upper().find(adapter) for sequence in sequences] for adapter in known]
    for number, found in enumerate(places):
        expected = np.bincount([place for place in found if place >= 0], minlength=200)
        np.testing.assert_array_equal(first[number], expected)
    assert reads == sum(one >= 0 or other >= 0 for one, other in zip(places[0], places[2], strict=True))


def test_add_tiles_stops_where_room_ends():
    names = [b"a:b:%d:d:e" % tile for tile in (7, 7, 9)]
    qualities = [b"IIII", b"##", b"5555"]
    data, starts, lengths = laid_out([part for pair in zip(names, qualities, strict=True) for part in pair])
    hashed, state = np.zeros(tiles.HASHED, dtype=np.int64), np.zeros(tiles.STATE, dtype=np.int64)
    state[tiles.FIELD] = -1

    def add(first, rows, columns, sums, counts):
        arrays = (starts[::2].copy(), (starts + lengths)[::2].copy(), starts[1::2].copy(), lengths[1::2].copy())
        return tiles.add_tiles(data, *arrays, 0, first, hashed, rows, sums, counts, state), columns

    rows = np.zeros(1, dtype=np.int64)
    narrow = np.zeros((1, 3), dtype=np.int64), np.zeros((1, 4), dtype=np.int64)
    assert add(0, rows, 3, *narrow)[0] == 0  # four qualities do not fit
    sums, counts = np.zeros((1, 4), dtype=np.int64), np.zeros((1, 5), dtype=np.int64)
    assert add(0, rows, 4, sums, counts)[0] == 2  # the second tile does not fit
    assert rows.tolist() == [7]
    assert sums.tolist() == [[73 + 35, 73 + 35, 73, 73]]
    assert counts.tolist() == [[0, 0, 1, 0, 1]]
    more = np.array([7, 0], dtype=np.int64)
    sums, counts = np.zeros((2, 4), dtype=np.int64), np.zeros((2, 5), dtype=np.int64)
    assert add(2, more, 4, sums, counts)[0] == 3
    assert more.tolist() == [7, 9]
    assert sums.tolist() == [[0] * 4, [53] * 4]


@pytest.mark.parametrize("before", [0, 1, 48, 49, 50, 12_345])
def test_count_words_looks_at_every_fiftieth_read_of_the_file(before):
    sequences = [b"ACGTACGTN" if (before + row + 1) % 50 else b"GGGGGGGG" for row in range(120)]
    pending = np.zeros((kmers.POSITIONS, kmers.WAITING), dtype=np.uint16)
    used = np.zeros(kmers.POSITIONS, dtype=np.int64)
    counts = np.zeros((3, kmers.WORDS), dtype=np.int32)
    reach = np.zeros(kmers.WORDS, dtype=np.uint16)
    codes = kmers.code_table()
    waiting = kmers.count_words(*laid_out(sequences), before, codes, pending, used, counts, reach, 0)
    kmers.fold_words(pending, used, counts)
    looked_at = sequences.count(b"GGGGGGGG")
    assert waiting == looked_at
    assert counts[:, -(kmers.WORDS // 4)].tolist() == [0, 0, 0]
    word = int("2" * 7, 4)
    assert counts[:, word].tolist() == [looked_at, looked_at, 0]
    assert counts.sum() == 2 * looked_at
    assert reach[word] == 2
    assert not used.any()


def test_words_that_wait_are_counted_when_there_is_no_more_room():
    sequences = [b"CCCCCCC"] * (50 * (kmers.WAITING + 3))
    pending = np.zeros((kmers.POSITIONS, kmers.WAITING), dtype=np.uint16)
    used = np.zeros(kmers.POSITIONS, dtype=np.int64)
    counts = np.zeros((1, kmers.WORDS), dtype=np.int32)
    reach = np.zeros(kmers.WORDS, dtype=np.uint16)
    waiting = kmers.count_words(*laid_out(sequences), 0, kmers.code_table(), pending, used, counts, reach, 0)
    assert (waiting, int(used[0]), int(counts[0].max())) == (3, 3, kmers.WAITING)


@given(st.lists(st.sampled_from(b"ACGTNacgtnSBKRV"), max_size=300).map(bytes))
@settings(deadline=None)
def test_add_gc_against_counting(sequence):
    short = np.zeros((gc_model.ROWS, gc_model.SHORT + 1), dtype=np.int64)
    gc_model.add_gc(*laid_out([sequence]), short, np.zeros((1, gc_model.CLASSES), dtype=np.int64))
    size = len(sequence) // 100 * 100 if len(sequence) > 100 else len(sequence)
    expected = np.zeros_like(short)
    if size:
        row = size - 1 if size <= 100 else 98 + size // 100
        expected[row, sum(letter in b"GCgc" for letter in sequence[:size])] = 1
    np.testing.assert_array_equal(short, expected)
