"""Years, quarters and months in the station's time zone, of times that the catalog keeps as UTC text."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, literal

from dsqc.catalog.events import timestamp
from dsqc.errors import UsageError

MONTHS = {"year": 12, "quarter": 3, "month": 1}
"""Kinds of period with their length in months."""


def midnight(day: date, zone: ZoneInfo) -> str:
    """The first moment of ``day`` in ``zone``, as the catalog keeps times."""
    return timestamp(datetime.combine(day, time(), tzinfo=zone))


def end_of(day: date, zone: ZoneInfo) -> str:
    """The first moment after ``day``."""
    return midnight(day + timedelta(days=1), zone)


def parse_day(text: str, option: str) -> date:
    """A day that a user gave as ``2026-12-31``; a year alone is its last day.

    Raises:
        UsageError: it is neither.
    """
    try:
        return date(int(text), 12, 31) if len(text) == 4 and text.isdecimal() else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no day.", hint="Write 2026-12-31, or a year.") from error


def local_day(at: str, zone: ZoneInfo) -> date:
    """The day in ``zone`` of a time of the catalog."""
    return datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).astimezone(zone).date()


def period_of(day: date, kind: str) -> str:
    """Name of the period that ``day`` lies in: ``2026``, ``2026-Q3``, ``2026-08``."""
    if kind == "year":
        return f"{day.year}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if kind == "quarter" else f"{day.year}-{day.month:02d}"


def periods(first: date, last: date, kind: str) -> Iterator[tuple[str, date]]:
    """Name and first day of every period from that of ``first`` to that of ``last``."""
    length = MONTHS[kind]
    month = first.year * 12 + (first.month - 1) // length * length
    while date(month // 12, month % 12 + 1, 1) <= last:
        start = date(month // 12, month % 12 + 1, 1)
        yield period_of(start, kind), start
        month += length


def period_column(column: Any, first: str, last: str, kind: str, zone: ZoneInfo) -> ColumnElement[str]:
    """The period of every time in ``column``, all of which lie between ``first`` and ``last``.

    Compares text with the first moments of the periods, so that both databases do it alike and no time is parsed.
    """
    found = list(periods(local_day(first, zone), local_day(last, zone), kind))
    starts = [(name, midnight(day, zone)) for name, day in found[1:]]
    whens = [(column < start, literal(name)) for (name, _), (_, start) in zip(found, starts, strict=False)]
    return case(*whens, else_=literal(found[-1][0])) if whens else literal(found[0][0])
