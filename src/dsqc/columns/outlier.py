"""Numbers, dates and lengths that stand far from the rest of their column."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from statistics import median

from dsqc.columns.column import FEWEST, Column
from dsqc.columns.reading import Kind
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.language import Text

FARTHEST = 8.0
"""Robust standard deviations from the median at which a value stands out (3.5 is usual; forms hold skewed values)."""
FARTHEST_LOG = 6.0
"""The same for logarithms: positive values that grow by factors are no outliers for being large."""
MOST_SHARE = 0.05
"""Outliers are few; more are another part of the column."""
TO_SIGMA = 1.4826
"""Median absolute deviation -> standard deviation of a normal distribution."""
LEAST_DAYS = 180.0
"""Spread that dates have at least: sampling over a year is no reason to doubt the first day."""
LEAST_LENGTH = 60.0
"""Characters by which a text must be longer than usual."""
_NO_AMOUNTS = frozenset({"taxid", "year", "enum"})
"""Types whose numbers are names."""


def outlier_remarks(column: Column) -> Iterator[Remark]:
    """Remarks on numbers (of the column's main unit), dates and lengths."""
    if column.attribute is None or column.attribute.type not in _NO_AMOUNTS:
        yield from _numbers(column)
    yield from _dates(column)
    yield from _lengths(column)


def main_unit(column: Column) -> str:
    """The unit that most quantities have; empty where the column holds plain numbers."""
    totals: dict[str, int] = {}
    for value, reading in column.of_kind(Kind.NUMBER, Kind.QUANTITY).items():
        totals[reading.unit] = totals.get(reading.unit, 0) + column.counts[value]
    return min(totals, key=lambda unit: (-totals[unit], unit)) if totals else ""


def _numbers(column: Column) -> Iterator[Remark]:
    unit = main_unit(column)
    numbers = {
        value: reading.number
        for value, reading in column.of_kind(Kind.NUMBER, Kind.QUANTITY).items()
        if reading.unit == unit and reading.number is not None and math.isfinite(reading.number)
    }
    if not numbers or sum(column.counts[value] for value in numbers) < 0.5 * column.said:
        return
    middle, found = _far(column, numbers)
    if found and all(number >= 0 for number in numbers.values()):
        logs = {value: math.log10(number) for value, number in numbers.items() if number > 0}
        _middle, far = _far(column, logs, least=0.05, farthest=FARTHEST_LOG)
        found = [value for value in found if value in far]
    if not found:
        return
    rest = [number for value, number in numbers.items() if value not in found]
    shown = f"{_span(_plain(min(rest)), _plain(max(rest)))} {unit}".rstrip()
    expected = Text(
        f"{shown}, as in the rest of the column (median {_plain(middle)})",
        f"열의 나머지 값과 같은 {shown}(중앙값 {_plain(middle)})",
    )
    for value in found:
        yield Remark(RemarkKind.OUTLIER, tuple(column.where[value]), value, expected)


def _dates(column: Column) -> Iterator[Remark]:
    days = {value: reading.day for value, reading in column.of_kind(Kind.DATE).items() if reading.day is not None}
    _middle, found = _far(column, days, least=LEAST_DAYS)
    if not found:
        return
    rest = [day for value, day in days.items() if value not in found]
    shown = _span(str(date.fromordinal(min(rest))), str(date.fromordinal(max(rest))))
    expected = Text(f"{shown}, as in the rest of the column", f"열의 나머지 값과 같은 {shown}")
    for value in found:
        yield Remark(RemarkKind.OUTLIER, tuple(column.where[value]), value, expected)


def _lengths(column: Column) -> Iterator[Remark]:
    lengths = {value: len(value) for value, reading in column.readings.items() if reading.kind is Kind.TEXT}
    middle, found = _far(column, lengths, least=LEAST_LENGTH / FARTHEST)
    expected = Text(f"about {middle:.0f} characters, as in the rest", f"열의 나머지 값처럼 약 {middle:.0f}자")
    for value in found:
        yield Remark(RemarkKind.LENGTH, tuple(column.where[value]), value, expected)


def _far(
    column: Column, numbers: Mapping[str, float], *, least: float | None = None, farthest: float = FARTHEST
) -> tuple[float, list[str]]:
    """The median, and the values that stand far from it; none where they are too many, or the column too short.

    Args:
        least: the spread that the column has at least; a twentieth of the median unless given.
    """
    weighed = [number for value, number in numbers.items() for _row in range(column.counts[value])]
    if len(weighed) < FEWEST:
        return 0.0, []
    middle = median(weighed)
    spread = max(TO_SIGMA * _deviation(weighed, middle), abs(middle) / 20 if least is None else least)
    if spread == 0:
        return middle, []
    far = {value for value, number in numbers.items() if abs(number - middle) > farthest * spread}
    found = _apart(numbers, far)
    share = sum(column.counts[value] for value in found) / len(weighed)
    return middle, sorted(found) if share <= MOST_SHARE or len(found) == 1 == column.counts[found[0]] else []


def _apart(numbers: Mapping[str, float], far: set[str]) -> list[str]:
    """The far values behind a gap that is as wide as all the others together: a long tail has no such gap."""
    near = [number for value, number in numbers.items() if value not in far]
    if not far or not near:
        return []
    low, high = min(near), max(near)
    width = high - low
    found: list[str] = []
    for sign, edge in ((1, high), (-1, low)):
        last, is_apart = edge, False
        beyond = sorted((value for value in far if sign * (numbers[value] - edge) > 0), key=lambda v: sign * numbers[v])
        for value in beyond:
            is_apart = is_apart or abs(numbers[value] - last) >= width
            last = numbers[value]
            if is_apart:
                found.append(value)
    return found


def _deviation(numbers: Sequence[float], middle: float) -> float:
    return median(abs(number - middle) for number in numbers)


def _plain(number: float) -> str:
    return f"{number:.6g}"


def _span(least: str, greatest: str) -> str:
    return least if least == greatest else f"{least} – {greatest}"
