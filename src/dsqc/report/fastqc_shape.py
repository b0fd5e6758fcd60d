"""How FastQC groups positions and lengths, and how Java prints a double."""

import math
from collections.abc import Sequence
from decimal import Decimal

MOST_LENGTHS = 50
"""Rows of the length distribution, about."""


def length_groups(rows: Sequence[tuple[int, int, int]], shortest: int, longest: int) -> list[tuple[str, int]]:
    """Rows (from, to, reads) of a length table as FastQC groups them: equal widths of 1, 2 or 5 times a power of ten.

    FastQC puts an empty group before and after the lengths, and leaves out the first and the last if they stay empty.
    The last ends one past the longest read. Rows that are wider than FastQC's groups stay as they are.
    """
    if not rows:
        return []
    low, high = max(shortest - 1, 0), longest + 1
    width = _length_width(high - low)
    start = low - low % width
    groups = [0] * ((high - start) // width + 1)
    for first, last, reads in rows:
        index = (first - start) // width
        if (min(last, longest) - start) // width != index:
            return [(label(low, high), reads) for low, high, reads in rows]
        groups[index] += reads
    found = [
        (label(first, min(first + width - 1, high)) if width > 1 else str(first), reads)
        for first, reads in zip(range(start, high + 1, width), groups, strict=True)
    ]
    if not groups[-1]:
        found.pop()
    return found if groups[0] else found[1:]


def _length_width(span: int) -> int:
    multiplier = 1
    while True:
        for base in (1, 2, 5):
            if span // (base * multiplier) <= MOST_LENGTHS:
                return base * multiplier
        multiplier *= 10


def label(low: int, high: int) -> str:
    """``12`` or ``10-14``: a group of positions or lengths."""
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
    if 1e-3 <= value < 1e7 or -1e7 < value <= -1e-3 or value == 0:
        return repr(float(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    mantissa = "".join(str(digit) for digit in digits)
    power = len(digits) - 1 + int(exponent)
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"
