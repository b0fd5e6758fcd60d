"""The diagnosis as data: ``profile.json``."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from dsqc.columns.column import Column
from dsqc.columns.diagnose import TableDiagnosis
from dsqc.columns.mixture import units
from dsqc.columns.outlier import main_unit
from dsqc.columns.reading import Kind
from dsqc.columns.remark import Remark, RemarkKind
from dsqc.grouping import MOST_VALUES, range_text, row_ranges

Show = Callable[[str], str]
TOP_VALUES = 12
"""Values that the profile names of a column, the commonest first."""
LONGEST = 120
"""Characters of a value that it quotes."""
BINS = 20
"""Bins of a histogram."""


def profile_tables(
    tables: Iterable[TableDiagnosis], codes: Mapping[RemarkKind, str], show: Show = str
) -> list[dict[str, Any]]:
    """``sheets`` of ``profile.schema.json``.

    Args:
        tables: the diagnosis.
        codes: rules that make findings of remarks; other remarks stand in the profile only.
        show: what makes a text of the sheets fit to be shown.
    """
    return [
        {
            "name": table.sheet.name,
            "path": table.sheet.path,
            "row_count": len(table.sheet.rows),
            "remarks": _remarks(table.remarks, codes, show),
            "columns": [_column(column, codes, show) for column in table.columns],
        }
        for table in tables
    ]


def _column(column: Column, codes: Mapping[RemarkKind, str], show: Show) -> dict[str, Any]:
    attribute = column.attribute
    top = sorted(column.counts.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP_VALUES]
    return {
        "attribute": column.name,
        "heading": column.heading,
        "column": column.letter,
        "label": attribute.label.en if attribute else "",
        "label_ko": attribute.label.ko if attribute else "",
        "requirement": attribute.requirement.value if attribute else None,
        "type": attribute.type if attribute else None,
        "filled": column.filled,
        "fill_rate": round(column.fill_rate, 6),
        "missing": column.kinds[Kind.MISSING],
        "missing_terms": column.missing_terms,
        "untidy": column.untidy,
        "distinct": len(column.where),
        "constant": column.is_constant,
        "kinds": {kind.value: column.kinds[kind] for kind in Kind if column.kinds[kind]},
        "units": dict(sorted(units(column).items(), key=lambda pair: (-pair[1], pair[0]))),
        "top": [{"value": show(_short(value)), "count": number} for value, number in top],
        "numbers": _numbers(column),
        "dates": _dates(column),
        "lengths": _lengths(column),
        "remarks": _remarks(column.remarks, codes, show),
    }


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"


def _remarks(remarks: Iterable[Remark], codes: Mapping[RemarkKind, str], show: Show) -> list[dict[str, Any]]:
    """Remarks of a kind as one, with all their rows and the commonest of their values."""
    ordered = sorted(remarks, key=lambda item: (list(RemarkKind).index(item.kind), -len(item.rows), item.value))
    return [
        _remark(kind, list(items), codes.get(kind, ""), show)
        for kind, items in groupby(ordered, key=lambda item: item.kind)
    ]


def _remark(kind: RemarkKind, items: Sequence[Remark], code: str, show: Show) -> dict[str, Any]:
    rows = [row for item in items for row in item.rows]
    return {
        "kind": kind.value,
        "code": code,
        "count": len(rows),
        "rows": range_text(row_ranges(rows)),
        "values": [
            {
                "value": show(_short(item.value)),
                "count": len(item.rows),
                "suggestion": show(item.suggestion.value) if item.suggestion else None,
            }
            for item in items[:MOST_VALUES]
        ],
        "value_count": len(items),
        "expected": show(items[0].expected.en),
        "expected_ko": show(items[0].expected.ko),
    }


def _numbers(column: Column) -> dict[str, Any] | None:
    """Spread of the numbers in the column's main unit."""
    unit = main_unit(column)
    found = [
        (reading.number, column.counts[value])
        for value, reading in column.of_kind(Kind.NUMBER, Kind.QUANTITY).items()
        if reading.unit == unit and reading.number is not None and math.isfinite(reading.number)
    ]
    if not found:
        return None
    numbers = sorted(number for number, count in found for _row in range(count))
    return {
        "unit": unit,
        "count": len(numbers),
        "min": numbers[0],
        "q1": _quantile(numbers, 0.25),
        "median": _quantile(numbers, 0.5),
        "q3": _quantile(numbers, 0.75),
        "max": numbers[-1],
        "bins": _bins(numbers),
    }


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the two nearest numbers."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 10)


def _bins(ordered: Sequence[float]) -> list[dict[str, Any]]:
    """A histogram of equal bins, the last one closed."""
    low, high = ordered[0], ordered[-1]
    if low == high or not math.isfinite(high - low):
        return []
    width = (high - low) / BINS
    counts = [0] * BINS
    for number in ordered:
        counts[min(BINS - 1, int((number - low) / width))] += 1
    return [
        {"from": round(low + index * width, 10), "to": round(low + (index + 1) * width, 10), "count": count}
        for index, count in enumerate(counts)
    ]


def _dates(column: Column) -> dict[str, Any] | None:
    days = sorted(
        reading.day
        for value, reading in column.of_kind(Kind.DATE).items()
        for _row in range(column.counts[value])
        if reading.day is not None
    )
    if not days:
        return None
    bins = [
        {
            "from": date.fromordinal(int(item["from"])).isoformat(),
            "to": date.fromordinal(int(item["to"])).isoformat(),
            "count": item["count"],
        }
        for item in _bins([float(day) for day in days])
    ]
    return {
        "count": len(days),
        "first": date.fromordinal(days[0]).isoformat(),
        "last": date.fromordinal(days[-1]).isoformat(),
        "bins": bins,
    }


def _lengths(column: Column) -> dict[str, int] | None:
    lengths = sorted(len(value) for value, number in column.counts.items() for _row in range(number))
    if not lengths:
        return None
    return {"min": lengths[0], "median": lengths[len(lengths) // 2], "max": lengths[-1]}
