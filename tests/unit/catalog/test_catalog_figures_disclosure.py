"""Nothing small follows from a published table: every table that agrees with what is published is looked at."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from dsqc.catalog.figures.disclosure import Group, Leaf, protect

THRESHOLD = 3

cells = st.lists(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=3), min_size=1, max_size=3)


def parts(number: int, count: int) -> Iterator[tuple[int, ...]]:
    """Every way to write ``number`` as the sum of ``count`` numbers from 0."""
    if count == 1:
        yield (number,)
        return
    for first in range(number + 1):
        for rest in parts(number - first, count - 1):
            yield (first, *rest)


def solutions(groups: list[Group], total: int | None) -> Iterator[list[tuple[int, ...]]]:
    """Every filling of unpublished cells that agrees with published cells, subtotals and the total: cells by sum."""
    rest = total
    pool = 0
    for group in groups:
        told = sum(leaf.closed for leaf in group.leaves if leaf.published)
        hidden = len(group.leaves) - sum(leaf.published for leaf in group.leaves)
        if group.published and hidden:
            yield list(parts(group.closed - told, hidden))
        rest = None if rest is None else rest - (group.closed if group.published else told)
        pool += 0 if group.published else hidden
    if pool and rest is not None:
        yield list(parts(rest, pool))


@given(cells)
def test_what_is_withheld_can_be_anything(table: list[list[tuple[int, bool]]]) -> None:
    groups = [Group([Leaf(number if not fixed else 0, fixed) for number, fixed in row]) for row in table]
    tells_total = protect(groups, THRESHOLD)
    total = sum(group.closed for group in groups)

    for leaf in [leaf for group in groups for leaf in group.leaves]:
        assert leaf.published or not leaf.fixed
        assert not (leaf.published and 0 < leaf.closed < THRESHOLD)
    for group in groups:
        assert not (group.published and 0 < group.closed < THRESHOLD)
    assert not (tells_total and 0 < total < THRESHOLD)
    for fillings in solutions(groups, total if tells_total else None):
        for values in zip(*fillings, strict=True):
            assert min(values) == 0
            assert max(values) >= THRESHOLD


@given(cells)
def test_a_table_without_small_numbers_is_told_whole(table: list[list[tuple[int, bool]]]) -> None:
    groups = [Group([Leaf(number * THRESHOLD, fixed) for number, fixed in row]) for row in table]
    assert protect(groups, THRESHOLD)
    assert all(group.published and not group.suppressed() for group in groups)
