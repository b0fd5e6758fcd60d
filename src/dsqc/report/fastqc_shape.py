"""How FastQC groups positions and lengths, and how Java prints a double."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dsqc.metrics.positions import display_groups

MOST_LENGTHS = 50
"""Rows of the length distribution, about."""


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a table by position: its label, and which of our rows it takes, each with its number of positions."""

    label: str
    indices: tuple[int, ...]
    widths: tuple[int, ...]


def position_groups(starts: Sequence[int], ends: Sequence[int]) -> list[Group]:
    """Group rows of a dsqc table (first and last position of each, from 1) as FastQC groups the positions.

    Where our rows are coarser than FastQC's, or cross its limits, ours stay as they are.
    """
    if not starts:
        return []
    limits = display_groups(max(ends))
    found: list[Group] = []
    row = 0
    for low, high in limits:
        taken: list[int] = []
        while row < len(starts) and low <= starts[row] and ends[row] <= high:
            taken.append(row)
            row += 1
        if taken:
            widths = tuple(ends[index] - starts[index] + 1 for index in taken)
            found.append(Group(_label(low, high), tuple(taken), widths))
    if row < len(starts):
        return [
            Group(_label(low, high), (index,), (high - low + 1,))
            for index, (low, high) in enumerate(zip(starts, ends, strict=True))
        ]
    return found


def length_groups(rows: Sequence[tuple[int, int, int]]) -> list[tuple[str, int]]:
    """Rows (from, to, reads) of a length table as FastQC groups them: equal widths of 1, 2 or 5 times a power of ten.

    Rows that are wider than FastQC's groups stay as they are.
    """
    if not rows:
        return []
    low, high = min(row[0] for row in rows), max(row[1] for row in rows)
    if low == high:
        return [(str(low), sum(row[2] for row in rows))]
    width = _length_width(high - low)
    start = low - low % width
    groups = [0] * ((high - start) // width + 1)
    for first, last, reads in rows:
        index = (first - start) // width
        if (last - start) // width != index:
            return [(_label(low, high), reads) for low, high, reads in rows]
        groups[index] += reads
    # FastQC closes the last group one past the longest read.
    ends = [min(start + (index + 1) * width - 1, high + 1) for index in range(len(groups))]
    return [(_label(start + index * width, ends[index]), reads) for index, reads in enumerate(groups)]


def _length_width(span: int) -> int:
    multiplier = 1
    while True:
        for base in (1, 2, 5):
            if span // (base * multiplier) <= MOST_LENGTHS:
                return base * multiplier
        multiplier *= 10


def _label(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def short_bases(number: int) -> str:
    """``178.2 kbp``: bases in bp, kbp, Mbp or Gbp with one decimal, cut (not rounded) as FastQC does."""
    for unit, size in (("Gbp", 10**9), ("Mbp", 10**6), ("kbp", 10**3)):
        if number >= size:
            whole, tenth = divmod(number * 10 // size, 10)
            return f"{whole}.{tenth} {unit}" if tenth else f"{whole} {unit}"
    return f"{number} bp"


def java_double(value: float) -> str:
    """``value`` as Java's ``Double.toString`` prints it: ``39.0``, ``1.2E7``, ``NaN``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    mantissa = "".join(str(digit) for digit in digits)
    power = len(digits) - 1 + int(exponent)
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"
