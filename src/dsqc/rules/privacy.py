"""Rules on people in the cells: every value is looked at, and what is found is only shown masked.

What may stand where is data of the form (``people`` of an attribute): numbers and addresses of who answers for the
submission belong into contact fields, names of people into nothing that names an object.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from dsqc.findings import CERTAIN, Finding, FindingLog, Suggestion
from dsqc.forms import Attribute, People, vocabulary
from dsqc.model import Row, Submission
from dsqc.registry import Severity
from dsqc.rules.checking import Check, rule
from dsqc.rules.personal import Personal, PersonalCell, Seen, identifiers, mask, names, redact

CODES = {
    Personal.RESIDENT_NUMBER: "DSQC-H001",
    Personal.PHONE: "DSQC-H002",
    Personal.EMAIL: "DSQC-H003",
    Personal.NAME: "DSQC-H004",
}
PSEUDONYM = {"expected": "a pseudonym such as P0001", "expected_ko": "P0001 같은 가명"}
CONTACT = {"expected": "in contact fields only", "expected_ko": "연락처 항목에만"}
OPAQUE_TYPES = frozenset(
    {"integer", "number", "md5", "sha256", "taxid", "lat_lon", "date", "date_or_range", "date_range"}
)
"""Types whose long runs of digits mean something else."""
OLD = 90
"""Years from which on an age can identify a person."""
_AGE = re.compile(
    r"\D*?(?:\d+(?:\.\d+)?\s?[-–~]\s?)?(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z가-힣]*)\.?(?:\s+old)?", re.ASCII
)
_YEARS_IN = {"month": 12, "week": 52.18, "day": 365.25, "hour": 8766}
_DIGITS = re.compile(r"\d+", re.ASCII)


@rule("DSQC-H001", "DSQC-H002", "DSQC-H003", "DSQC-H004")
def people_in_cells(check: Check) -> Iterator[Finding]:
    """Resident numbers, telephone numbers, e-mail addresses and names of people. Equal values are judged once."""
    for row, name, value, found in check.personal:
        shown = mask(value, found)
        for kind in dict.fromkeys(seen.kind for seen in found):
            sure = any(seen.sure for seen in found if seen.kind is kind)
            severity = Severity.WARNING if kind is Personal.RESIDENT_NUMBER and not sure else None
            expected = CONTACT if kind in (Personal.PHONE, Personal.EMAIL) else PSEUDONYM
            yield check.finding(CODES[kind], row, name, value=shown, severity=severity, **expected)


def personal_cells(submission: Submission, columns: Mapping[str, Mapping[str, Attribute]]) -> Iterator[PersonalCell]:
    """Cells that hold what points at a person."""
    known: dict[tuple[str, str, str], tuple[Seen, ...]] = {}
    for sheet in submission.sheets.values():
        own = columns.get(sheet.name, {})
        for row in sheet.rows:
            for name, cell in row.cells.items():
                key = (sheet.name, name, cell.value)
                found = known.get(key)
                if found is None:
                    found = known[key] = _look(own.get(name), cell.value)
                if found:
                    yield row, name, cell.value, found


def _look(attribute: Attribute | None, value: str) -> tuple[Seen, ...]:
    """What points at a person in ``value``; of a column that the form does not know, everything but names."""
    opaque = attribute is not None and attribute.type in OPAQUE_TYPES
    roles = attribute.people if attribute is not None else frozenset()
    found = [seen for seen in identifiers(value) if seen.sure or not opaque]
    if People.CONTACT in roles or (attribute is not None and attribute.type == "email"):
        found = [seen for seen in found if seen.kind is Personal.RESIDENT_NUMBER]
    # A reference repeats a name that is judged where it is given.
    if People.LABEL in roles and attribute is not None and not attribute.refers_to:
        found += _names(value)
    return tuple(found)


def _names(value: str) -> list[Seen]:
    """Names of people in ``value``. Most labels differ in their numbers only, so the text without them is judged."""
    return names(value) if _has_name(_DIGITS.sub("0", value)) else []


@cache
def _has_name(skeleton: str) -> bool:
    return bool(names(skeleton))


def redacted(findings: FindingLog, cells: Iterable[PersonalCell]) -> FindingLog:
    """``findings`` without anything that points at a person, whatever rule quoted it."""
    secrets = secrets_of(cells)
    return FindingLog(redact(item, secrets) for item in findings) if secrets else findings


def secrets_of(cells: Iterable[PersonalCell]) -> dict[str, str]:
    """What no finding may quote, with what it may quote instead; the longest first."""
    found: dict[str, str] = {}
    for _row, _name, value, seen in cells:
        found.update({value[item.start : item.end]: item.masked for item in seen})
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


@rule("DSQC-H005")
def old_age(check: Check) -> Iterator[Finding]:
    """The exact age of a person of 90 years and over."""
    for sheet in check.submission.sheets.values():
        ages = {name: item for name, item in check.columns[sheet.name].items() if People.AGE in item.people}
        for row in sheet.rows:
            for name, attribute in ages.items():
                value = row.get(name)
                if value and value not in attribute.literals and _years(value) >= OLD and is_of_person(row):
                    yield check.finding("DSQC-H005", row, name, **_coarser(attribute, value))


def _years(value: str) -> float:
    """The age in years that ``value`` means, the upper end of a range; 0 where it is none."""
    match = _AGE.fullmatch(value)
    if match is None:
        return 0
    unit = match["unit"].lower().removesuffix("s")
    return float(match["number"]) / _YEARS_IN.get(unit, 1)


def _coarser(attribute: Attribute, value: str) -> dict[str, Any]:
    shown = re.sub(r"(?<=\d)[\d.]", "*", value)
    literal = next(iter(attribute.literals), "")
    meant = Suggestion(literal, 1.0 if attribute.units[:1] and attribute.units[0] in value else CERTAIN)
    return {"value": shown, "expected": literal or "90 or over", "suggestion": meant if literal else None}


ORGANISMS = ("organism", "host", "taxonomy_id", "host_taxid")
"""Attributes that say whose sample it is."""


def is_of_person(row: Row) -> bool:
    """Whether a sample is of a person, or of something that lives in one."""
    people = vocabulary("human")
    return any(people.lookup(row.get(name)) is not None for name in ORGANISMS if row.get(name))
