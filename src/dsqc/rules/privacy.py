"""Rules on people in the cells: every value is looked at, and what is found is only shown masked.

What may stand where is data of the form (``people`` of an attribute): numbers and addresses of who answers for the
submission belong into contact attributes, names of people into nothing that names an object.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from dsqc.findings import CERTAIN, Finding, FindingLog, Suggestion
from dsqc.forms import Attribute, People, vocabulary
from dsqc.model import Row, Submission
from dsqc.personal import Personal, PersonalCell, Seen, hide_in, identifiers, mask, may_identify, names, redact
from dsqc.registry import Severity
from dsqc.rules.checking import Check, rule

CODES = {
    Personal.RESIDENT_NUMBER: "DSQC-H001",
    Personal.PHONE: "DSQC-H002",
    Personal.EMAIL: "DSQC-H003",
    Personal.NAME: "DSQC-H004",
    Personal.BIRTH: "DSQC-H013",
    Personal.PATIENT: "DSQC-H014",
}
PSEUDONYM = {"expected": "a pseudonym such as P0001", "expected_ko": "P0001 같은 가명"}
CONTACT = {"expected": "in contact attributes only", "expected_ko": "연락처 항목에만"}
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


@rule("DSQC-H001", "DSQC-H002", "DSQC-H003", "DSQC-H004", "DSQC-H013", "DSQC-H014")
def people_in_cells(check: Check) -> Iterator[Finding]:
    """Numbers and addresses of people, their days of birth and names. Equal values are judged once."""
    for row, name, value, found in check.personal:
        shown = mask(value, found)
        for kind in dict.fromkeys(seen.kind for seen in found):
            sure = any(seen.sure for seen in found if seen.kind is kind)
            severity = Severity.WARNING if kind is Personal.RESIDENT_NUMBER and not sure else None
            expected = CONTACT if kind in (Personal.PHONE, Personal.EMAIL) else PSEUDONYM
            yield check.finding(CODES[kind], row, name, value=shown, severity=severity, **expected)


def personal_cells(submission: Submission, columns: Mapping[str, Mapping[str, Attribute]]) -> Iterator[PersonalCell]:
    """Cells that hold what points at a person.

    A column is looked at as a whole first: most hold nothing that could, and then no value is looked at by itself.
    """
    for sheet in submission.sheets.values():
        own = columns.get(sheet.name, {})
        values: dict[str, set[str]] = {}
        for row in sheet.rows:
            for name, cell in row.cells.items():
                if name in values:
                    values[name].add(cell.value)
                else:
                    values[name] = {cell.value}
        for name, different in values.items():
            found = _look(own.get(name), different)
            for row in sheet.rows if found else ():
                value = row.get(name)
                if value in found:
                    yield row, name, value, found[value]


def _look(attribute: Attribute | None, values: set[str]) -> dict[str, tuple[Seen, ...]]:
    """What points at a person in ``values``; of a column that the form does not know, everything but names."""
    roles = attribute.people if attribute is not None else frozenset()
    opaque = attribute is not None and attribute.type in OPAQUE_TYPES
    is_contact = People.CONTACT in roles or (attribute is not None and attribute.type == "email")
    # A reference repeats a name that is judged where it is given.
    is_label = People.LABEL in roles and attribute is not None and not attribute.refers_to
    found: dict[str, tuple[Seen, ...]] = {}
    named = _named(values) if is_label else {}
    for value in values if named or may_identify(APART.join(values)) else ():
        seen = [item for item in identifiers(value) if item.sure or not opaque]
        if is_contact:
            seen = [item for item in seen if item.kind is Personal.RESIDENT_NUMBER]
        if seen or value in named:
            found[value] = (*seen, *named.get(value, ()))
    return found


APART = "\nx\n"
"""Between values that are looked at together: nothing goes on across a letter."""


def _named(values: set[str]) -> dict[str, list[Seen]]:
    """Names of people by value. Labels differ in their numbers mostly, so each is judged without them once."""
    ordered = list(values)
    skeletons = _DIGITS.sub("0", "\n".join(value.replace("\n", " ") for value in ordered)).split("\n")
    return {value: names(value) for value, skeleton in zip(ordered, skeletons, strict=True) if _has_name(skeleton)}


@cache
def _has_name(skeleton: str) -> bool:
    return bool(names(skeleton))


def redacted(findings: FindingLog, cells: Iterable[PersonalCell]) -> FindingLog:
    """``findings`` without anything that points at a person, whatever rule quoted it."""
    secrets = secrets_of(cells)
    return findings.mapped(lambda item: redact(item, secrets)) if secrets else findings


def masking(cells: Iterable[PersonalCell]) -> Callable[[str], str]:
    """What makes a text of the sheets fit to be shown: nothing in it points at a person any more."""
    secrets = secrets_of(cells)
    return lambda text: hide_in(text, secrets)


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
