"""Days of forms and of the catalog: ``YYYY-MM-DD``. Imported by all; imports nothing."""

import re
from datetime import date, timedelta

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def parse_day(text: str) -> date | None:
    """The day of ``YYYY-MM-DD``; ``None`` for anything else."""
    match = _DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def add_years(day: date, years: int) -> date:
    """The same day ``years`` later; 28 February for 29 February in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return (day + timedelta(days=-1)).replace(year=day.year + years)
