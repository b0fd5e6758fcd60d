"""Rules on samples of people as a whole, and on places that must not be known exactly."""

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from dsqc.findings import Finding, Suggestion
from dsqc.forms import People, Requirement, is_missing_term, vocabulary
from dsqc.model import Access, Row
from dsqc.rules.checking import Check, rule
from dsqc.rules.privacy import is_of_person

YES = "yes"
CONTROLLED = "controlled"
GUARDED = frozenset({CONTROLLED, Access.CLOSED.value})
"""Access levels under which nobody sees the data unasked."""
APPROVAL = "irb_approval_no"
NO_NUMBER = frozenset({"missing", "not collected", "not provided"})
"""Missing-value terms that do not excuse the number; the board can exempt (``not applicable``)."""
TELLING = (People.AGE, People.SEX, People.REGION, People.DISEASE)
"""What singles out a person in combination."""
LEAST_TELLING = 2
EXACTNESS = Decimal("0.1")
"""Degrees to which the place of an endangered species is rounded."""
_COORDINATE = re.compile(r"(\d{1,2}(?:\.\d+)?) ([NS]) (\d{1,3}(?:\.\d+)?) ([EW])", re.ASCII)


@rule("DSQC-H006")
def personal_information(check: Check) -> Iterator[Finding]:
    """Human data with personal information: with written consent under control, without it not at all (K-BDS)."""
    rows = [
        row for row in check.rows("sample") if row.get("contains_personal_information") == YES and is_of_person(row)
    ]
    consent = "third_party_provision_consent"
    agreed = [row for row in rows if row.get(consent) == YES]
    for row in rows:
        answer = row.get(consent)
        if answer != YES and (answer in vocabulary("yes_no") or is_missing_term(answer)):  # else T017 says so
            yield check.finding("DSQC-H006", row, consent, expected=YES)
    if agreed:
        for row in check.rows("submission"):
            if row.get("access_level") and row.get("access_level") not in GUARDED:
                meant = Suggestion(CONTROLLED, 0.8)
                yield check.finding("DSQC-H006", row, "access_level", expected=CONTROLLED, suggestion=meant)


@rule("DSQC-H007")
def approval(check: Check) -> Iterator[Finding]:
    """Samples of people without the number of the board's approval, where the form asks for it."""
    attribute = check.columns["sample"].get(APPROVAL)
    if attribute is None:
        return
    if attribute.requirement is Requirement.MANDATORY and ("sample", APPROVAL) not in check.headings:
        return  # The column is missing: T003 says so.
    for row in check.rows("sample"):
        value = row.get(APPROVAL)
        if (not value or value in NO_NUMBER) and check.requirement(row, attribute) is Requirement.MANDATORY:
            yield check.finding("DSQC-H007", row, APPROVAL, expected=attribute.example)


@rule("DSQC-H009")
def rare_combination(check: Check) -> Iterator[Finding]:
    """People of a cohort who share age, sex, region and disease with too few others. Closed data show nobody."""
    least = check.context.limits.anonymity
    if check.submission.access is Access.CLOSED:
        return
    columns = check.columns["sample"]
    telling = [name for role in TELLING for name, item in columns.items() if role in item.people]
    subject = [name for name, item in columns.items() if People.SUBJECT in item.people]
    people: dict[tuple[str, ...], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in check.rows("sample"):
        if is_of_person(row):
            who = next((row.get(name) for name in subject if row.get(name)), f"row {row.number}")
            people[tuple(_told(row, name) for name in telling)][who].append(row)
    cohort = {who for shared in people.values() for who in shared}
    if len(cohort) < max(least, LEAST_TELLING):
        return
    for values, shared in people.items():
        given = [name for name, value in zip(telling, values, strict=True) if value]
        if len(given) >= LEAST_TELLING and len(shared) < least:
            for row in (row for rows in shared.values() for row in rows):
                yield _rare(check, row, given, len(shared), len(cohort))


def _told(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if is_missing_term(value) else value.casefold()


def _rare(check: Check, row: Row, given: list[str], count: int, cohort: int) -> Finding:
    least = check.context.limits.anonymity
    return check.finding(
        "DSQC-H009",
        row,
        given[0],
        value=" + ".join(given),
        expected=f"{count} of {cohort} people, at least {least} should share it",
        expected_ko=f"{cohort}명 가운데 {count}명, 같은 조합이 {least}명 이상이어야 합니다",
    )


@rule("DSQC-H010")
def sensitive_place(check: Check) -> Iterator[Finding]:
    """Exact coordinates of a place that the submitter says must not be known. Closed data show no place."""
    if check.submission.access is Access.CLOSED:
        return
    places = [name for name, item in check.columns["sample"].items() if item.type == "lat_lon"]
    for row in check.rows("sample"):
        if row.get("sensitive_location") != YES:
            continue
        for name in places:
            match = _COORDINATE.fullmatch(row.get(name))
            if match is None:
                continue
            coarse = " ".join((_rounded(match[1]), match[2], _rounded(match[3]), match[4]))
            if _is_exact(match[1]) or _is_exact(match[3]):
                hidden = re.sub(r"(?<=\.\d)\d+", "*", row.get(name))
                yield check.finding(
                    "DSQC-H010", row, name, value=hidden, expected=coarse, suggestion=Suggestion(coarse, 1.0)
                )


def _rounded(degrees: str) -> str:
    return str(Decimal(degrees).quantize(EXACTNESS, ROUND_HALF_EVEN))


def _is_exact(degrees: str) -> bool:
    return Decimal(degrees) != Decimal(degrees).quantize(EXACTNESS, ROUND_HALF_EVEN)
