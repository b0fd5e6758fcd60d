"""Each kernel against a slow, independent count."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsqc.kernels import content, quality
from dsqc.kernels.length import count_lengths, longest_inside
from dsqc.kernels.orientation import complement_table, turn_reverse_reads
from helpers.batches import Read, make_batch, random_reads

WAYS = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "python"])
NEAR = 99  # grouped rows begin at position 100: rows of 1, from 1,000 on of 10

CASES: dict[str, list[Read]] = {
    "none": [],
    "one": [(b"ACGTN", b"!I~#5")],
    "empty read": [(b"", b""), (b"A", b"!"), (b"", b"")],
    "extremes": [(b"acgtuACGTU.-NRY", bytes([33, 126] * 7 + [33]))],
    "at the limit": [(b"G" * NEAR, b"I" * NEAR), (b"C" * (NEAR + 1), b"J" * (NEAR + 1))],
    "far": [(b"ACGTNacgtu" * 250, b"!~IJK" * 500), (b"T" * 1_011, b"5" * 1_011)],
    "no qualities": [(b"ACGT", None), (b"GG", b"AB")],
    "mixed": random_reads(60, 1_300, seed=7),
}
EACH = pytest.mark.parametrize("reads", CASES.values(), ids=CASES)


def call(kernel, compiled, *arguments):
    return (kernel if compiled else kernel.py_func)(*arguments)


class Bases:
    """Arrays for the kernel that counts bases."""

    def __init__(self, rows=1_200, near=NEAR):
        self.near = near
        self.lanes = np.zeros(4 * content.BLOCK + 64, dtype=np.uint8)
        self.table = np.zeros((4, rows), dtype=np.int64)
        self.gc_reads = np.zeros(101, dtype=np.int64)

    def add(self, batch):
        scratch = np.full((2, len(batch)), -1, dtype=np.int64)
        content.count_bases(
            batch.data,
            batch.sequence_start,
            batch.length,
            self.near,
            self.lanes,
            scratch,
            self.table,
            content.letter_table(),
            self.gc_reads,
        )
        assert not self.lanes[: 4 * content.BLOCK].any()


class Qualities:
    """Arrays for the kernel that counts qualities."""

    def __init__(self, rows=1_200, near=NEAR):
        self.near = near
        self.lanes = np.zeros(quality.LANES, dtype=np.uint8)
        self.words = np.zeros(rows * quality.COLUMNS, dtype=np.uint16)
        self.room = np.zeros(quality.ROOM, dtype=np.int64)
        self.table = np.zeros((rows, quality.COLUMNS), dtype=np.int64)
        self.means = np.zeros(256, dtype=np.int64)

    def add(self, batch):
        scratch = np.full((3, len(batch)), -1, dtype=np.int64)
        quality.count_qualities(
            batch.data,
            batch.quality_start,
            batch.length,
            self.near,
            self.lanes,
            self.words,
            self.room,
            scratch,
            self.table,
            self.means,
        )
        quality.fold_words(self.words, self.table)
        assert not self.words.any()
        assert not self.lanes[: quality.LEVELS * quality.BLOCK].any()


def row_of(position, near):
    """Row of a position, from 1."""
    row, first, width = near, near + 1, (near + 1) // 100
    if position <= near:
        return position - 1
    while position >= 10 * first:
        row, first, width = row + 900, 10 * first, 10 * width
    return row + (position - first) // width


def slow_bases(reads, rows, near):
    table, gc_reads = np.zeros((4, rows), dtype=np.int64), np.zeros(101, dtype=np.int64)
    for sequence, _ in reads:
        text = sequence.upper().replace(b"U", b"T").decode("latin-1")
        for position, letter in enumerate(text, start=1):
            if letter in "ACGT":
                table["ACGT".index(letter), row_of(position, near)] += 1
        if text:
            gc_reads[int(100 * (text.count("G") + text.count("C")) / len(text) + 0.5)] += 1
    return table, gc_reads


def slow_qualities(reads, rows, near):
    table, means = np.zeros((rows, quality.COLUMNS), dtype=np.int64), np.zeros(256, dtype=np.int64)
    for _, characters in reads:
        for position, character in enumerate(characters or b"", start=1):
            table[row_of(position, near), min(max(character, 32), 127) - 32] += 1
        if characters:
            means[sum(characters) // len(characters)] += 1
    return table, means


def check(reads, spare=0, rows=1_200, near=NEAR):
    batch = make_batch(reads)
    batch = replace(batch, data=np.concatenate([batch.data, np.full(spare, 65, np.uint8)]))
    bases, qualities = Bases(rows, near), Qualities(rows, near)
    bases.add(batch)
    qualities.add(batch)
    for found, expected in zip(
        (bases.table, bases.gc_reads, qualities.table, qualities.means),
        (*slow_bases(reads, rows, near), *slow_qualities(reads, rows, near)),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)


@EACH
@pytest.mark.parametrize("spare", [0, 64])
def test_bases_and_qualities_by_position(reads, spare):
    """Without spare bytes behind the last read, its end is copied to where a whole vector can be read."""
    check(reads, spare)


ANY_READ = st.integers(0, 200).flatmap(
    lambda size: st.tuples(
        st.one_of(
            st.binary(min_size=size, max_size=size),
            st.text("ACGTacgtNUun.-RY", min_size=size, max_size=size).map(str.encode),
        ),
        st.one_of(
            st.none(),
            st.binary(min_size=size, max_size=size),
            st.text("#,:FI", min_size=size, max_size=size).map(str.encode),
        ),
    )
)


@settings(deadline=None, max_examples=60)
@given(st.lists(ANY_READ, max_size=50), st.sampled_from([0, 1, 63, 64]))
def test_any_bytes_are_counted_as_the_slow_count_does(reads, spare):
    check(reads, spare)


def test_counters_of_one_byte_are_emptied_in_time():
    """More reads than 255, at positions beyond a block, with few qualities and with one that the sample misses."""
    length = content.BLOCK + 76
    reads = [(b"ACGTN" * (length // 5), b"#F" * (length // 2))] * 600
    reads[301] = (reads[0][0], b"#F" * (length // 2 - 1) + b"Z#")
    check(reads, rows=1_200, near=1_199)


def test_counters_of_two_bytes_take_many_reads():
    batch = make_batch([(b"GGC", bytes([33 + number % 40, 126, 33])) for number in range(quality.WORD_READS)])
    qualities = Qualities()
    qualities.add(batch)
    qualities.add(batch)
    assert qualities.table[1, 126 - 32] == 2 * quality.WORD_READS
    assert qualities.table.sum() == 6 * quality.WORD_READS


def test_rows_widen_at_every_power_of_ten():
    """With 99 single positions: 900 rows of 1, 900 of 10, then rows of 100."""
    length = 10_150
    bases, qualities = Bases(2_000), Qualities(2_000)
    batch = make_batch([(b"A" * length, b"I" * length)])
    bases.add(batch)
    qualities.add(batch)
    for row in (bases.table[0], qualities.table[:, ord("I") - 32]):
        assert row[:999].tolist() == [1] * 999
        assert row[999:1_899].tolist() == [10] * 900
        assert row[1_899:1_902].tolist() == [100, 51, 0]
        assert row.sum() == length


@WAYS
def test_count_lengths(compiled):
    counts = np.zeros(5, dtype=np.int64)
    lengths = np.array([0, 4, 4, 5, 2_000_000], dtype=np.int64)
    assert call(count_lengths, compiled, lengths, counts) == 2
    assert counts.tolist() == [1, 0, 0, 0, 2]
    assert call(count_lengths, compiled, lengths[:0], counts) == 0


@WAYS
@pytest.mark.parametrize(
    ("sequence", "quality", "length", "longest"),
    [
        ([], [], [], 0),
        ([0], [5], [5], 5),
        ([0, 5], [5, -1], [2, 5], 5),
        ([10], [-1], [0], 0),
        ([0], [6], [5], -1),
        ([6], [0], [5], -1),
        ([-1], [0], [1], -1),
        ([0], [-2], [1], -1),
        ([0], [0], [-1], -1),
    ],
)
def test_longest_inside(compiled, sequence, quality, length, longest):
    columns = [np.array(column, dtype=np.int64) for column in (sequence, quality, length)]
    assert call(longest_inside, compiled, 10, *columns) == longest


@WAYS
@pytest.mark.parametrize(
    ("sequence", "turned"),
    [(b"", b""), (b"A", b"T"), (b"AC", b"GT"), (b"AACGTN", b"NACGTT"), (b"acguRYSWKMBDHV.-=", b"=-.BDHVKMWSRYacgt")],
)
def test_turn_reverse_reads(compiled, sequence, turned):
    quality = bytes(range(40, 40 + len(sequence)))
    batch = make_batch([(sequence, quality), (sequence, quality), (sequence, None)], flags=[16, 0, 16])
    before = batch.data.copy()
    call(
        turn_reverse_reads,
        compiled,
        batch.data,
        batch.sequence_start,
        batch.quality_start,
        batch.length,
        batch.flag,
        complement_table(),
    )

    def part(starts, read):
        return batch.data[starts[read] : starts[read] + len(sequence)].tobytes()

    assert part(batch.sequence_start, 0) == turned
    assert part(batch.quality_start, 0) == quality[::-1]
    assert part(batch.sequence_start, 1) == sequence
    assert part(batch.quality_start, 1) == quality
    assert part(batch.sequence_start, 2) == turned
    outside = np.ones(len(before), dtype=bool)
    for starts in (batch.sequence_start, batch.quality_start[:2]):
        for start in starts:
            outside[start : start + len(sequence)] = False
    np.testing.assert_array_equal(batch.data[outside], before[outside])


def test_a_row_wider_than_a_packed_counter_holds():
    """Beyond 10 Mb (with 99 single positions) a row takes 100,000 positions, more than 16 bits count."""
    length = 10_000_000 + 80_000
    batch = make_batch([(b"T" * length, None)])
    bases = Bases(99 + 5 * 900 + 1)
    bases.add(batch)
    assert bases.table[3, -3:].tolist() == [10_000, 10_000, 80_001]
    assert bases.table.sum() == length


@given(
    reads=st.lists(st.tuples(st.text("ACGTN", max_size=300) | st.text("ACGTNRYKMacgtu.", max_size=300), st.booleans())),
    spare=st.integers(0, 70),
)
@settings(max_examples=150, deadline=None)
def test_reverse_reads_of_any_length_are_turned(reads, spare):
    pairs = dict(zip("ACGTNRYKMacgtu.", "TGCANYRMKtgcaa.", strict=True))
    pairs["U"] = "A"
    text, expected, starts, scores, lengths, flags = b"", b"", [], [], [], []
    for letters, reverse in reads:
        qualities = bytes(33 + i % 60 for i in range(len(letters)))
        starts.append(len(text))
        scores.append(len(text) + len(letters))
        lengths.append(len(letters))
        flags.append(16 if reverse else 0)
        text += letters.encode() + qualities
        turned = "".join(pairs[letter] for letter in reversed(letters)) if reverse else letters
        expected += turned.encode() + (qualities[::-1] if reverse else qualities)
    data = np.frombuffer(text + b"\x00" * spare, np.uint8).copy()
    whole = [np.array(column, np.int64) for column in (starts, scores, lengths)]
    turn_reverse_reads(data, *whole, np.array(flags, np.int32), complement_table())
    assert data.tobytes() == expected + b"\x00" * spare
