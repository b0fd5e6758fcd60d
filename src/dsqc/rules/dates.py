"""Dates as forms write them: a year, a month, a day or a moment, and ranges of them."""

import re
from datetime import date, timedelta

from dsqc.findings import Suggestion
from dsqc.forms import pattern

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_PLAIN_DATE = re.compile(r"(\d{4})\s?[./-]?\s?(\d{1,2})\s?[./-]?\s?(\d{1,2})\.?", re.ASCII)
_PARTS = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def parse_day(text: str) -> date | None:
    """The day of ``YYYY-MM-DD``; ``None`` for anything else."""
    match = _DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def first_day(text: str) -> date | None:
    """The first day that a year, month, day or moment covers; ``None`` where it is none."""
    match = _PARTS.match(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def last_day(text: str) -> date | None:
    """The last day that a year, month, day or moment covers."""
    match = _PARTS.match(text)
    first = first_day(text)
    if match is None or first is None:
        return None
    if match[3]:
        return first
    year, month = (first.year, first.month + 1) if match[2] else (first.year + 1, 1)
    return (date(year + 1, 1, 1) if month > 12 else date(year, month, 1)) - timedelta(days=1)


def ends(text: str) -> tuple[str, str] | None:
    """Start and end of a date or range of the right form (the same text twice for a single date), else ``None``."""
    if not pattern("date_or_range").matches(text):
        return None
    start, _slash, end = text.partition("/")
    return start, end or start


def suggest_date(value: str) -> Suggestion | None:
    """The ISO 8601 form of a date that is written otherwise but plainly; ``None`` where it is not."""
    match = _PLAIN_DATE.fullmatch(value)
    try:
        return Suggestion(date(*map(int, match.groups())).isoformat(), 1.0) if match else None
    except ValueError:
        return None
