"""Rows of positions and the groups that are shown."""

import numpy as np
import pytest

from dsqc.metrics.positions import NEAR, coarse_rows, display_groups, group_rows, grown, row_count, row_limits


def test_rows_tile_all_positions():
    starts, ends = row_limits(NEAR + 2_000)
    assert starts[0] == 1
    assert (starts[1:] == ends[:-1] + 1).all()
    assert (ends[:NEAR] == starts[:NEAR]).all()
    assert (starts[NEAR], ends[NEAR]) == (100_000, 100_999)
    assert (starts[NEAR + 900], ends[NEAR + 900]) == (1_000_000, 1_009_999)
    assert (starts[NEAR + 1_800], ends[NEAR + 1_800]) == (10_000_000, 10_099_999)


@pytest.mark.parametrize("length", [0, 1, 999, 1_000, 99_999, 100_000, 100_999, 101_000, 999_999, 1_000_000, 2_000_000])
def test_row_count_is_the_row_of_the_last_position(length):
    starts, ends = row_limits(row_count(length))
    assert len(starts) == row_count(length)
    if length:
        assert starts[-1] <= length <= ends[-1]


@pytest.mark.parametrize(
    ("longest", "first", "after_nine", "last"),
    [
        (75, (1, 1), (10, 10), (75, 75)),
        (76, (1, 1), (10, 11), (76, 76)),
        (150, (1, 1), (10, 14), (150, 150)),
        (151, (1, 1), (10, 14), (150, 151)),
        (301, (1, 1), (10, 14), (300, 301)),
        (9_236, (1, 1), (10, 199), (9_200, 9_236)),
    ],
)
def test_groups_as_fastqc_prints_them(longest, first, after_nine, last):
    groups = display_groups(longest)
    assert (groups[0], groups[9], groups[-1]) == (first, after_nine, last)
    assert len(groups) <= 75


@pytest.mark.parametrize("longest", [*range(1, 1_300, 13), 2_492, 9_999, 10_000, 51_094, 123_456, 999_999, 2_000_000])
def test_groups_are_whole_rows(longest):
    starts, ends = row_limits(row_count(longest))
    expected = 0
    for low, high, rows in group_rows(longest):
        assert rows.start == expected
        assert starts[rows.start] == low
        assert min(int(ends[rows.stop - 1]), longest) == high
        expected = rows.stop
    assert expected == row_count(longest)


@pytest.mark.parametrize("rows", [0, 1, 999, 1_000, 1_005, 9_999, 10_005, 99_999, 100_005, 103_000])
def test_coarse_groups_tile_the_rows(rows):
    starts, ends = row_limits(rows)
    begins, firsts, lasts = coarse_rows(rows)
    if not rows:
        assert not len(begins)
        return
    assert (begins[0], firsts[0], lasts[-1]) == (0, 1, ends[-1])
    assert (firsts[1:] == lasts[:-1] + 1).all()
    assert (starts[begins] == firsts).all()
    widths = {int(first): int(last - first + 1) for first, last in zip(firsts[:-1], lasts[:-1], strict=True)}
    for first, width in ((999, 1), (1_000, 100), (9_900, 100), (10_000, 1_000), (100_000, 10_000)):
        assert widths.get(first, width) == width


def test_tables_grow_and_keep_what_they_hold():
    table = np.arange(8, dtype=np.int64).reshape(2, 4)
    assert grown(table, 2, axis=0) is table
    for axis in (0, 1):
        larger = grown(table, 6, axis=axis)
        assert larger.shape[axis] == 906
        np.testing.assert_array_equal(larger[:2, :4], table)
        assert larger.sum() == table.sum()
