"""What one value is, taken by itself: a date, a number, a number with a unit, a coordinate, nothing, or text."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache

from dsqc.forms.vocabulary import is_missing_term, is_rejected_missing, vocabulary

UNITS = "units"


class Kind(StrEnum):
    """What a value is; ``term`` only where the column has a vocabulary."""

    MISSING = "missing"
    DATE = "date"
    NUMBER = "number"
    QUANTITY = "quantity"
    COORDINATE = "coordinate"
    TERM = "term"
    TEXT = "text"


class DateOrder(StrEnum):
    """Which part of a date with slashes comes first; ``either`` where both could be."""

    YEAR = "year"
    DAY = "day"
    MONTH = "month"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as it can be read.

    Attributes:
        kind: what it is.
        number: of a number or a quantity (the lower end of a range).
        unit: of a quantity, in the spelling of the units vocabulary.
        day: of a date, as a proleptic Gregorian ordinal (its first day, where it is a year or month).
        order: of a date written with slashes or points.
    """

    kind: Kind
    number: float | None = None
    unit: str = ""
    day: int | None = None
    order: DateOrder | None = None


_TEXT, _MISSING, _COORDINATE = Reading(Kind.TEXT), Reading(Kind.MISSING), Reading(Kind.COORDINATE)
_LONGEST = 60
"""Longer values are text, whatever they begin with."""
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?\.\d+"
_PLAIN = re.compile(_NUMBER, re.ASCII)
_QUANTITY = re.compile(rf"(?P<low>{_NUMBER})(?:\s?(?:-|–|~|to)\s?(?:{_NUMBER}))?\s?(?P<unit>[^\d\s\W][^\d]*|[%°℃µμ].*)")
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:[-./년]\s?(\d{1,2})(?:[-./월]\s?(\d{1,2})[일.]?)?월?)?(?:[T ]\d{1,2}:\d{2}.*)?(?:/.*)?", re.ASCII
)
_YEAR_LAST = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4}|\d{2})(?: \d{1,2}:\d{2}.*)?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ,]+(\d{4}|\d{2})", re.ASCII)
_MARKS = re.compile(r"[?.-]+")
_PLACE = re.compile(r"\d{1,2}(?:\.\d+)?\s?[NS]\s?,?\s?\d{1,3}(?:\.\d+)?\s?[EW]", re.ASCII)


@lru_cache(maxsize=200_000)
def read_value(value: str) -> Reading:
    """Read ``value``. A bare year counts as a number: only its column can say otherwise (:func:`read_date`)."""
    if len(value) > _LONGEST:
        return _TEXT
    first = value[:1]
    if not (first.isdecimal() or first in "+-."):
        return _MISSING if is_missing(value) else _TEXT
    if _PLAIN.fullmatch(value):
        return Reading(Kind.NUMBER, float(value.replace(",", "")))
    if _PLACE.fullmatch(value):
        return _COORDINATE
    return read_date(value) or _read_quantity(value) or (_MISSING if is_missing(value) else _TEXT)


def read_date(value: str) -> Reading | None:
    """``value`` as a date, in whatever spelling; ``None`` where it is none of the calendar."""
    match = _YEAR_FIRST.fullmatch(value)
    if match:
        year, month, day = (int(part) if part else 1 for part in match.groups())
        return _date(year, month, day, DateOrder.YEAR)
    match = _YEAR_LAST.fullmatch(value)
    if match:
        first, second, year = int(match[1]), int(match[2]), _full_year(match[3])
        if first > 12:
            return _date(year, second, first, DateOrder.DAY)
        order = DateOrder.MONTH if second > 12 else DateOrder.EITHER
        return _date(year, first, second, order)
    match = _NAMED.fullmatch(value)
    if match and match[2].casefold() in _MONTHS:
        month = _MONTHS.index(match[2].casefold()) + 1
        return _date(_full_year(match[3]), month, int(match[1]), None)
    return None


def _full_year(text: str) -> int:
    number = int(text)
    if len(text) == 4:
        return number
    return number + (2000 if number < 70 else 1900)


def _date(year: int, month: int, day: int, order: DateOrder | None) -> Reading | None:
    try:
        return Reading(Kind.DATE, day=date(year, month, day).toordinal(), order=order)
    except ValueError:
        return None


def _read_quantity(value: str) -> Reading | None:
    match = _QUANTITY.fullmatch(value)
    unit = _unit_spellings().get(match["unit"].strip().casefold()) if match else None
    if match is None or unit is None:
        return None
    return Reading(Kind.QUANTITY, float(match["low"].replace(",", "")), unit)


@cache
def _unit_spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in vocabulary(UNITS).entries:
        for spelling in (entry.term, *entry.synonyms):
            found.setdefault(spelling.casefold(), entry.term)
    return found


def is_missing(value: str) -> bool:
    """Whether ``value`` only says that there is no value, in a spelling that is taken or in one that is not."""
    return is_missing_term(value) or is_rejected_missing(value) or _MARKS.fullmatch(value) is not None
