"""Rules on sheets, headings and required values."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from itertools import islice
from typing import Any

from dsqc.accessions import AccessionType, is_accession
from dsqc.findings import CERTAIN, Finding, Location, Suggestion, finding
from dsqc.forms import Attribute, Missing, Requirement, missing_terms, vocabulary
from dsqc.language import Text
from dsqc.model import Row, Sheet
from dsqc.rules.checking import Check, rule
from dsqc.rules.spelling import Words, such_as

REQUIRED_ELSEWHERE = frozenset(
    {
        ("sample", "sample_name"),
        ("experiment", "insert_size"),
        ("project", "withholding_reason"),
        ("project", "withholding_review_date"),
        ("project", "lead_institute"),
        ("project", "withholding_requester"),
        ("project", "withholding_approver"),
        ("project", "withholding_approval_no"),
        ("project", "withholding_approval_date"),
        ("experiment", "title"),
        ("sample", "irb_approval_no"),
    }
)
"""Required values that rules of their own look after (S001, X005, X011, P009, P011-P013, H007)."""


_REMARK = re.compile(r"\s*[(（].*|\s+\[.*")
"""A unit or a remark behind a heading."""
_LEAST_ALIKE = 0.75
"""Headings name anything at all: what is not very like an attribute is none."""
REFERRED_ELSEWHERE = frozenset(
    {
        ("submission", "bioproject"),
        ("sample", "derived_from"),
        ("experiment", "sample_name"),
        ("run", "library_id"),
    }
)
"""References that rules of their own look after (P001, S032, X001, R001)."""


@rule("DSQC-T003")
def missing_column(check: Check) -> Iterator[Finding]:
    """Mandatory columns without a heading, in sheets that have headings at all."""
    for sheet in check.submission.sheets.values():
        if not sheet.rows:
            continue
        for name, attribute in check.columns[sheet.name].items():
            if attribute.requirement is not Requirement.MANDATORY or (sheet.name, name) in check.headings:
                continue
            place = Location(sheet.path, sheet.name, attribute=name)
            yield finding("DSQC-T003", place, value=name, **allowed(attribute))


@rule("DSQC-T004", "DSQC-T006")
def unknown_column(check: Check) -> Iterator[Finding]:
    """Headings that the form does not know."""
    elsewhere = {name for columns in check.columns.values() for name in columns}
    for sheet in check.submission.sheets.values():
        columns = check.columns[sheet.name]
        meanings = _meanings(sheet, columns, elsewhere)
        for heading in sheet.headings:
            if heading.attribute in columns:
                continue
            place = Location(sheet.path, sheet.name, sheet.heading_row, heading.column, heading.attribute)
            meant = meanings.get(heading.attribute)
            expected = meant.value if meant else "-"
            code = "DSQC-T004" if heading.attribute.isascii() else "DSQC-T006"
            yield finding(code, place, value=heading.attribute, expected=expected, suggestion=meant)


def _meanings(sheet: Sheet, columns: Mapping[str, Attribute], elsewhere: Set[str]) -> dict[str, Suggestion]:
    """What headings that the form does not know probably mean: attributes that the sheet has no column of yet.

    A heading that is an attribute of another sheet means that one.
    """
    unknown = [item.attribute for item in sheet.headings if item.attribute not in elsewhere]
    if not unknown:
        return {}
    there = {heading.attribute for heading in sheet.headings}
    named: dict[str, str] = {}
    for name, attribute in columns.items():
        if name not in there:
            for text in (name, attribute.label.en, attribute.label.ko, *attribute.aliases):
                named.setdefault(text, name)
    words = Words(named, named)
    found: dict[str, Suggestion] = {}
    for text in unknown:
        plain = _REMARK.sub("", text).strip()
        meant = words.suggest(plain, _LEAST_ALIKE)
        if meant is not None:
            sure = min(meant.confidence, CERTAIN) if plain != text else meant.confidence
            found[text] = Suggestion(meant.value, sure)
    # Two headings cannot both become the same one.
    uses = Counter(item.value for item in found.values())
    return {
        text: item if uses[item.value] == 1 else Suggestion(item.value, min(item.confidence, 0.6))
        for text, item in found.items()
    }


@rule("DSQC-T028")
def no_row(check: Check) -> Iterator[Finding]:
    """Sheets without a data row. A submission to a registered project may leave the project sheet empty."""
    for sheet in check.submission.sheets.values():
        if sheet.rows or (sheet.name == "project" and _is_registered_project(check)):
            continue
        place = Location(sheet.path, sheet.name)
        yield finding("DSQC-T028", place, value=sheet.name, expected="one row or more", expected_ko="한 행 이상")


def _is_registered_project(check: Check) -> bool:
    return is_accession(check.submission.get("bioproject"), AccessionType.PROJECT)


@rule("DSQC-T015", "DSQC-X008", "DSQC-X005")
def missing_value(check: Check) -> Iterator[Finding]:
    """Empty cells of attributes that are mandatory in their row."""
    for sheet in check.submission.sheets.values():
        own = check.form.sheets[sheet.name].attributes
        for name, attribute in check.columns[sheet.name].items():
            if attribute.requirement not in (Requirement.MANDATORY, Requirement.CONDITIONAL):
                continue
            if attribute.requirement is Requirement.MANDATORY and (sheet.name, name) not in check.headings:
                continue
            for row in check.rows_asked(sheet.name, attribute):
                if row.get(name):
                    continue
                if (sheet.name, name) == ("experiment", "insert_size"):
                    yield check.finding("DSQC-X005", row, name, expected="1 – 9999999 (bp)")
                elif (sheet.name, name) in REQUIRED_ELSEWHERE:
                    continue
                elif name in own:
                    yield check.finding("DSQC-T015", row, name, **allowed(attribute))
                else:
                    module = _module(check, row, name)
                    yield check.finding("DSQC-X008", row, name, module=module, **allowed(attribute))


def _module(check: Check, row: Row, name: str) -> str:
    """Ids of the library modules that ask for ``name`` in ``row``."""
    values = check.ties.values(row)
    return ", ".join(
        module.id
        for module in check.form.modules
        if module.sheet == row.sheet and name in module.attributes and module.condition.holds(values)
    )


@rule("DSQC-T016")
def empty_group(check: Check) -> Iterator[Finding]:
    """Rows that give none of a group of attributes of which at least one is mandatory."""
    for sheet in check.submission.sheets.values():
        groups: dict[str, list[Attribute]] = {}
        for attribute in check.columns[sheet.name].values():
            if attribute.requirement is Requirement.ONE_OF_GROUP:
                groups.setdefault(attribute.group, []).append(attribute)
        for group, members in groups.items():
            for row in sheet.rows:
                if any(row.get(member.name) for member in members):
                    continue
                if any(check.requirement(row, member) is Requirement.ONE_OF_GROUP for member in members):
                    listed = ", ".join(member.name for member in members)
                    yield check.finding("DSQC-T016", row, members[0].name, value=group, expected=listed)


@rule("DSQC-T007")
def further_row(check: Check) -> Iterator[Finding]:
    """Rows of the submission sheet below the first. Another package or project has a code of its own (T025, P003)."""
    rows = check.rows("submission")
    for row in rows[1:]:
        if all(row.get(name) == rows[0].get(name) for name in ("package", "bioproject")):
            yield check.finding(
                "DSQC-T007", row, "submission_alias", expected="one row in this sheet", expected_ko="이 시트에는 한 행"
            )


@rule("DSQC-T025")
def several_packages(check: Check) -> Iterator[Finding]:
    """More than one package in the submission sheet, or in a column ``package`` of the sample sheet."""
    rows = [row for sheet in ("submission", "sample") for row in check.rows(sheet) if row.get("package")]
    packages = sorted({row.get("package") for row in rows})
    if len(packages) > 1:
        yield check.finding("DSQC-T025", rows[0], "package", value=", ".join(packages), expected=check.form.package)


@rule("DSQC-T026")
def too_many_samples(check: Check) -> Iterator[Finding]:
    """More samples than one submission may hold."""
    count, most = len(check.rows("sample")), check.context.limits.samples
    if count > most:
        place = Location(check.submission.sheets["sample"].path, "sample")
        yield finding("DSQC-T026", place, value=str(count), expected=str(most))


@rule("DSQC-T029")
def reference(check: Check) -> Iterator[Finding]:
    """References to another row that have no rule of their own: a file's run, a control library."""
    for sheet in check.submission.sheets.values():
        for name, attribute in check.columns[sheet.name].items():
            target, _point, key = attribute.refers_to.partition(".")
            if not target or (sheet.name, name) in REFERRED_ELSEWHERE or not check.has_sheet(target):
                continue
            known = check.values(target, key)
            for row in sheet.rows:
                value = row.get(name)
                if value and value not in known:
                    yield check.finding("DSQC-T029", row, name, **present(check, target, key, value))


def present(check: Check, sheet: str, attribute: str, value: str) -> dict[str, Any]:
    """``expected`` of a reference, the values that are there; and the one that was probably meant."""
    # Asked for every finding, so no further than the first six.
    values = list(islice((row.get(attribute) for row in check.rows(sheet) if row.get(attribute)), 6))
    listed = ", ".join(values[:5]) + (" …" if len(values) > 5 else "")
    return {
        "expected": f"{attribute} of the {sheet} sheet ({listed})",
        "expected_ko": f"{sheet} 시트의 {attribute}({listed})",
        "suggestion": check.suggest_reference(sheet, attribute, value),
    }


def allowed(attribute: Attribute) -> dict[str, Any]:
    """``expected`` of a value that is not there: terms or an example; and a missing-value term where it is taken."""
    if attribute.vocabulary is not None and attribute.type != "geo_loc":
        terms = vocabulary(attribute.vocabulary).terms
        shown = "; ".join(terms[:8]) + (f" … ({len(terms)})" if len(terms) > 8 else "")
        text = Text(shown, shown)
    elif attribute.example:
        text = such_as(attribute.example)
    else:
        shown = attribute.pattern.regex if attribute.pattern is not None else attribute.type
        text = Text(shown, shown)
    if not attribute.missing_allowed:
        return {"expected": text.en, "expected_ko": text.ko}
    term = missing_terms(reporting_only=attribute.missing is Missing.REPORTING)[0]
    return {"expected": f"{text.en}; or {term}", "expected_ko": f"{text.ko} 또는 {term}"}
