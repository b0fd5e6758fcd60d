"""Each kernel three ways: compiled, as plain Python, and against a slow, independent count."""

from collections import Counter

import numpy as np
import pytest

from dsqc.kernels.content import count_bases, fold_bases, letter_table
from dsqc.kernels.length import count_lengths, longest_inside
from dsqc.kernels.orientation import complement_table, turn_reverse_reads
from dsqc.kernels.quality import count_qualities, fold_qualities
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


def row_of(position: int) -> int:
    """Row of a position (from 1) where 99 have their own, the next 900 too, and the ones after share rows of 10."""
    if position < 1_000:
        return position - 1
    return 999 + (position - 1_000) // 10


def call(kernel, compiled, *arguments):
    return (kernel if compiled else kernel.py_func)(*arguments)


@WAYS
@EACH
def test_count_bases(reads, compiled):
    batch = make_batch(reads)
    lanes = np.zeros((4, NEAR), dtype=np.uint8)
    table = np.zeros((4, 1_200), dtype=np.int64)
    gc_reads = np.zeros(101, dtype=np.int64)
    call(
        count_bases,
        compiled,
        batch.data,
        batch.sequence_start,
        batch.length,
        0,
        len(batch),
        lanes,
        table,
        letter_table(),
        gc_reads,
    )
    call(fold_bases, compiled, lanes, NEAR, table)

    expected = np.zeros_like(table)
    expected_gc = Counter()
    for sequence, _ in reads:
        text = sequence.decode().upper().replace("U", "T")
        for position, letter in enumerate(text, start=1):
            if letter in "ACGT":
                expected["ACGT".index(letter), row_of(position)] += 1
        if text:
            exact = 100 * (text.count("G") + text.count("C")) / len(text)
            expected_gc[int(exact + 0.5)] += 1
    np.testing.assert_array_equal(table, expected)
    assert dict(enumerate(gc_reads.tolist())) == {percent: expected_gc[percent] for percent in range(101)}
    assert not lanes.any()


@WAYS
@EACH
def test_count_qualities(reads, compiled):
    batch = make_batch(reads)
    lanes = np.zeros(NEAR * 256, dtype=np.uint16)
    table = np.zeros((1_200, 256), dtype=np.int64)
    means = np.zeros(256, dtype=np.int64)
    call(count_qualities, compiled, batch.data, batch.quality_start, batch.length, 0, len(batch), lanes, table, means)
    call(fold_qualities, compiled, lanes, NEAR, table)

    expected = np.zeros_like(table)
    expected_means = np.zeros_like(means)
    for _, quality in reads:
        for position, character in enumerate(quality or b"", start=1):
            expected[row_of(position), character] += 1
        if quality:
            expected_means[int(sum(quality) / len(quality))] += 1
    np.testing.assert_array_equal(table, expected)
    np.testing.assert_array_equal(means, expected_means)
    assert not lanes.any()


@WAYS
def test_kernels_take_a_part_of_the_batch_and_add(compiled):
    batch = make_batch([(b"A", b"!"), (b"C", b'"'), (b"G", b"#")])
    lanes = np.zeros((4, NEAR), dtype=np.uint8)
    table = np.zeros((4, NEAR), dtype=np.int64)
    gc_reads = np.zeros(101, dtype=np.int64)
    for first, last in ((1, 2), (2, 3), (1, 2)):
        call(
            count_bases,
            compiled,
            batch.data,
            batch.sequence_start,
            batch.length,
            first,
            last,
            lanes,
            table,
            letter_table(),
            gc_reads,
        )
    assert lanes[:, 0].tolist() == [0, 2, 1, 0]
    assert gc_reads[100] == 3


@WAYS
def test_rows_widen_at_every_power_of_ten(compiled):
    """With 99 single positions: 900 rows of 1, 900 of 10, then rows of 100."""
    length = 10_150
    batch = make_batch([(b"A" * length, b"I" * length)])
    lanes = np.zeros((4, NEAR), dtype=np.uint8)
    table = np.zeros((4, 2_000), dtype=np.int64)
    call(
        count_bases,
        compiled,
        batch.data,
        batch.sequence_start,
        batch.length,
        0,
        1,
        lanes,
        table,
        letter_table(),
        np.zeros(101, dtype=np.int64),
    )
    call(fold_bases, compiled, lanes, NEAR, table)
    assert table[0, :999].tolist() == [1] * 999
    assert table[0, 999:1_899].tolist() == [10] * 900
    assert table[0, 1_899:1_902].tolist() == [100, 51, 0]
    assert table.sum() == length


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
    data = np.full(length, ord("T"), dtype=np.uint8)
    table = np.zeros((4, 99 + 5 * 900 + 1), dtype=np.int64)
    start, lengths = np.zeros(1, dtype=np.int64), np.array([length], dtype=np.int64)
    lanes, gc_reads = np.zeros((4, NEAR), dtype=np.uint8), np.zeros(101, dtype=np.int64)
    count_bases(data, start, lengths, 0, 1, lanes, table, letter_table(), gc_reads)
    assert table[3, -3:].tolist() == [10_000, 10_000, 80_001]
    assert table.sum() == length - NEAR
