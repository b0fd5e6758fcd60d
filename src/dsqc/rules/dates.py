"""Dates as forms write them (a year, a month, a day or a moment, and ranges of them), and the rules on them.

How people write dates otherwise is read in :mod:`dsqc.rules.date_spellings`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dsqc.days import parse_day
from dsqc.findings import Finding, Suggestion
from dsqc.forms import Attribute, pattern
from dsqc.forms.vocabulary import read_table
from dsqc.language import Text
from dsqc.rules.checking import Check, rule
from dsqc.rules.date_spellings import (
    ANY_COLUMN,
    DateColumn,
    calendar_fault,
    date_candidates,
    day_first,
    suggest_date,
)

__all__ = ["DATE_FORMS", "DateColumns", "date_advice", "ends", "first_day", "last_day", "parse_day", "suggest_date"]

DATE_FORMS = {
    "date": "YYYY-MM-DD",
    "date_or_range": "YYYY, YYYY-MM, YYYY-MM-DD, YYYY-MM-DDThh:mmZ, start/end",
    "date_range": "YYYY-MM/YYYY-MM, YYYY-MM-DD/YYYY-MM-DD",
}
"""Type of a date -> the forms it takes."""
HAPPENED = frozenset({"sample", "run"})
"""Sheets whose dates are of what has happened; release, review and research period may be to come."""

_PARTS = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


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


class DateColumns:
    """What is known of each date column of a submission, found out once and only when a cell asks for it."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._known: dict[tuple[str, str], DateColumn] = {}

    def of(self, sheet: str, attribute: Attribute) -> DateColumn:
        """The column of ``attribute``; what holds for any column where it is no date."""
        if attribute.type not in DATE_FORMS:
            return ANY_COLUMN
        key = (sheet, attribute.name)
        if key not in self._known:
            order = day_first(row.get(attribute.name) for row in self._check.rows(sheet))
            self._known[key] = DateColumn(self._check.context.today, order, moments=attribute.type == "date_or_range")
        return self._known[key]


def date_advice(attribute: Attribute, value: str, column: DateColumn) -> dict[str, Any]:
    """``expected`` and ``suggestion`` of a finding on a date of the wrong form.

    A spelling that may mean two dates shows both; a day that the calendar does not have says so.
    """
    forms = DATE_FORMS[attribute.type]
    fitting = [
        found
        for found in date_candidates(value, column)
        if attribute.pattern is None or attribute.pattern.matches(found.value)
    ]
    if not fitting:
        reason = calendar_fault(value)
        if reason is None:
            return {"expected": forms, "suggestion": None}
        return {"expected": f"{forms} ({reason[0]})", "expected_ko": f"{forms}({reason[1]})", "suggestion": None}
    likely = [found.value for found in fitting if found.confidence == fitting[0].confidence]
    return {
        "expected": f"{' or '.join(likely)} ({forms})",
        "expected_ko": f"{' 또는 '.join(likely)}({forms})",
        "suggestion": fitting[0],
    }


@rule("DSQC-S012", "DSQC-S013")
def day_of_event(check: Check) -> Iterator[Finding]:
    """Dates in the future, of what has happened; and ranges, of any sheet, that end before they begin."""
    today = check.context.today
    for sheet in check.submission.sheets.values():
        for name, attribute in check.columns[sheet.name].items():
            if attribute.type not in DATE_FORMS or (sheet.name, name) not in check.headings:
                continue
            known: dict[str, tuple[str, Text] | None] = {}
            for row in sheet.rows:
                value = row.get(name)
                if value not in known:
                    known[value] = _day_fault(value, today, may_come=sheet.name not in HAPPENED)
                fault = known[value]
                if fault is not None:
                    code, expected = fault
                    meant = Suggestion(expected.en, 0.8) if code == "DSQC-S013" else None
                    texts = {"expected": expected.en, "expected_ko": expected.ko}
                    found = check.finding(code, row, name, **texts, suggestion=meant)
                    yield _on_sheet(found, sheet.name)


def _day_fault(value: str, today: date, *, may_come: bool) -> tuple[str, Text] | None:
    """Code and what is expected."""
    found = ends(value)
    if found is None:
        return None
    starts, finishes = first_day(found[0]), first_day(found[1])
    if starts is None or finishes is None:
        return None
    if not may_come and max(starts, finishes) > today:
        return "DSQC-S012", Text(f"{today} or earlier", f"{today} 또는 그 이전")
    if _is_turned(*found):
        turned = f"{found[1]}/{found[0]}"
        return "DSQC-S013", Text(turned, turned)
    return None


def _is_turned(start: str, end: str) -> bool:
    """Whether ``end`` is over before ``start`` begins; of two moments of one day the texts compare."""
    starts, finishes = first_day(start), last_day(end)
    if starts is None or finishes is None:
        return False
    return finishes < starts or (finishes == starts and len(start) == len(end) and end < start)


def _on_sheet(found: Finding, sheet: str) -> Finding:
    """A finding whose rule is of samples, on another object."""
    return found if found.object == sheet else replace(found, object=sheet)


@rule("DSQC-S033")
def out_of_order(check: Check) -> Iterator[Finding]:
    """What comes first in life is dated later: a run before its sample was collected, a death before the birth.

    Which dates follow each other stands in ``schemas/vocabularies/date_order.tsv``.
    """
    for entry in read_table("date_order"):
        (first_sheet, first_name), (sheet, name) = (entry[end].split(".") for end in ("earlier", "later"))
        if (first_sheet, first_name) not in check.headings or (sheet, name) not in check.headings:
            continue
        for row in check.rows(sheet):
            later = ends(row.get(name))
            finishes = last_day(later[1]) if later else None
            if finishes is None:
                continue
            for tied in check.ties.rows(row, first_sheet):
                earlier = ends(tied.get(first_name))
                begins = first_day(earlier[0]) if earlier else None
                if begins is not None and finishes < begins:
                    expected = f"≥ {first_name} {tied.get(first_name)} ({first_sheet} {tied.number})"
                    yield _on_sheet(check.finding("DSQC-S033", row, name, expected=expected), sheet)
