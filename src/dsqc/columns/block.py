"""Blocks of rows that stand in a sheet twice, apart from what names each row."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from dsqc.columns.column import MOSTLY, Column
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.language import Text
from dsqc.model import Sheet

LEAST_BLOCK = 3
"""Rows of a block; two alike rows are for the rule on identical samples."""


def block_remark(sheet: Sheet, columns: Sequence[Column]) -> Remark | None:
    """The longest block that is repeated, all columns alike but those that name rows; ``None`` where there is none.

    Rows that are all alike are no block: replicates are. What is repeated must hold at least two different rows.
    """
    compared = [column.name for column in columns if 1 < len(column.where) <= MOSTLY * column.filled]
    if len(compared) < 2 or len(sheet.rows) < 2 * LEAST_BLOCK:
        return None
    rows = [tuple(row.get(name) for name in compared) for row in sheet.rows]
    seen: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        seen[row].append(index)
    following = {first: second for places in seen.values() for first, second in pairwise(places)}
    best = (0, 0, 0)
    start = 0
    while start < len(rows):
        other = following.get(start)
        length = _length(rows, start, other) if other is not None else 0
        if other is not None and length >= LEAST_BLOCK and len(set(rows[start : start + length])) > 1:
            best = max(best, (length, -start, -other))
        start += max(1, length)
    length, first, second = best[0], -best[1], -best[2]
    if not length:
        return None
    numbers = [row.number for row in sheet.rows]
    text = f"{numbers[first]}–{numbers[first + length - 1]}"
    again = numbers[second : second + length]
    expected = Text(
        f"rows {again[0]}–{again[-1]} hold the same as rows {text} in {len(compared)} columns ({', '.join(compared)})",
        f"{again[0]}–{again[-1]}행이 {text}행과 {len(compared)}개 열에서 같음({', '.join(compared)})",
    )
    return Remark(RemarkKind.BLOCK, tuple(again), text, expected)


def _length(rows: Sequence[tuple[str, ...]], start: int, other: int) -> int:
    """Rows from ``start`` on that stand again from ``other`` on, without overlap."""
    length = 0
    while other + length < len(rows) and start + length < other and rows[start + length] == rows[other + length]:
        length += 1
    return length
