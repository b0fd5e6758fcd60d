"""The normalising rules: spellings that are clearly meant, set right on a copy and reported with before and after.

The submitter's sheets are never changed. Format and vocabulary rules judge the copy: one slip gives one finding.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dsqc.findings import Finding, Location, Suggestion, finding
from dsqc.forms import Attribute, Form, is_missing_term, vocabulary
from dsqc.forms.value import COUNTRIES
from dsqc.model import Cell, Row, Sheet, Submission
from dsqc.rules.checking import NAMES

INFORMAL_KOREA = frozenset({"korea", "republic of korea", "rok", "대한민국", "한국"})
_LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?[+-]\d{2}:?\d{2}", re.ASCII)
_BLANKS = re.compile(r"\s+")

Step = Callable[[Attribute | None, str], str]
Change = tuple[str, tuple[tuple[str, str], ...]]
"""What becomes of a value, and the codes of the steps with what each made of it."""


def _white_space(_attribute: Attribute | None, value: str) -> str:
    return _BLANKS.sub(" ", value) if "  " in value or not value.isprintable() else value


def _missing_term(attribute: Attribute | None, value: str) -> str:
    if attribute is None:
        return value
    match = vocabulary("missing_value").lookup(value) if is_missing_term(value) else None
    own = attribute.vocabulary is not None and value in vocabulary(attribute.vocabulary)
    return match.term.term if match and not own else value


def _vocabulary_case(attribute: Attribute | None, value: str) -> str:
    if attribute is None or attribute.vocabulary is None or attribute.type == "geo_loc" or attribute.multivalued:
        return value
    match = vocabulary(attribute.vocabulary).lookup(value)
    same = match is not None and match.term.term.casefold() == value.casefold()
    return match.term.term if match is not None and same else value


def _local_time(attribute: Attribute | None, value: str) -> str:
    if attribute is None or attribute.type != "date_or_range":
        return value
    return _LOCAL_TIME.sub(lambda match: _to_utc(match.group()), value)


def _to_utc(text: str) -> str:
    """Local time as UTC, as exact as it was given; unchanged where it is no time."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    seconds = text.count(":", 0, 19) == 2
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if seconds else "%Y-%m-%dT%H:%MZ")


def _is_place(attribute: Attribute | None, value: str) -> bool:
    return attribute is not None and attribute.type == "geo_loc" and not is_missing_term(value)


def _korea(attribute: Attribute | None, value: str) -> str:
    country, colon, rest = value.partition(":")
    if not _is_place(attribute, value) or country.strip().casefold() not in INFORMAL_KOREA:
        return value
    return f"South Korea{colon}{rest}"


def _place_form(attribute: Attribute | None, value: str) -> str:
    if not _is_place(attribute, value):
        return value
    country, colon, rest = value.partition(":")
    country = country.strip()
    match = vocabulary(COUNTRIES).lookup(country)
    if match is not None and match.term.term.casefold() == country.casefold():
        country = match.term.term
    return country + colon + re.sub(r"\s*,\s*", ", ", rest.strip())


STEPS: dict[str, Step] = {
    "DSQC-T008": _white_space,
    "DSQC-T012": _missing_term,
    "DSQC-T018": _vocabulary_case,
    "DSQC-S014": _local_time,
    "DSQC-S016": _korea,
    "DSQC-S017": _place_form,
}
"""Code -> what it makes of a value; in this order, each on the result of the one before."""
_TYPE_OF = {"DSQC-S014": "date_or_range", "DSQC-S016": "geo_loc", "DSQC-S017": "geo_loc"}
"""Steps that concern the attributes of one type."""


def normalise(submission: Submission, form: Form) -> tuple[Submission, list[Finding]]:
    """A copy with the spellings set right, and a finding for every change."""
    found: list[Finding] = []
    sheets = {name: _sheet(sheet, form, found) for name, sheet in submission.sheets.items()}
    return Submission(sheets), found


def _sheet(sheet: Sheet, form: Form, found: list[Finding]) -> Sheet:
    columns = form.columns(sheet.name)
    steps: dict[str, dict[str, Step]] = {}
    known: dict[str, dict[str, Change | None]] = {}
    rows: list[Row] = []
    for row in sheet.rows:
        changed: dict[str, Cell] = {}
        for name, cell in row.cells.items():
            if name not in known:
                known[name], steps[name] = {}, _steps_of(columns.get(name))
            judged = known[name]
            if cell.raw not in judged:
                judged[cell.raw] = _apply(steps[name], columns.get(name), cell)
            change = judged[cell.raw]
            if change is None:
                continue
            value, codes = change
            if value != cell.value:
                changed[name] = cell._replace(value=value)
            for code, after in codes:
                place = Location(sheet.path, sheet.name, row.number, cell.column, name)
                value = repr(cell.raw)[1:-1] if code == "DSQC-T008" else cell.value
                meant = Suggestion(after, 1.0)
                alias = row.get(NAMES[sheet.name])
                found.append(finding(code, place, object_id=alias, value=value, expected=after, suggestion=meant))
        rows.append(replace(row, cells={**row.cells, **changed}) if changed else row)
    return replace(sheet, rows=tuple(rows))


def _steps_of(attribute: Attribute | None) -> dict[str, Step]:
    """The steps that can change a value of ``attribute`` at all."""
    if attribute is None:
        return {"DSQC-T008": _white_space}
    return {
        code: step
        for code, step in STEPS.items()
        if code not in _TYPE_OF or _TYPE_OF[code] == attribute.type
        if code != "DSQC-T018" or attribute.vocabulary is not None
    }


def _apply(steps: dict[str, Step], attribute: Attribute | None, cell: Cell) -> Change | None:
    value = cell.value
    codes: list[tuple[str, str]] = []
    for code, step in steps.items():
        after = step(attribute, value)
        # The reader has taken outer white space off already; only the raw text still shows it.
        stripped = code == "DSQC-T008" and cell.raw != cell.raw.strip()
        if after != value or stripped:
            codes.append((code, after))
        value = after
    return (value, tuple(codes)) if codes else None
