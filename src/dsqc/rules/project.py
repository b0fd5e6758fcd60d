"""Rules on the project, its administration and what is disclosed."""

from collections.abc import Iterator
from datetime import date, timedelta

from dsqc.accessions import AccessionType, is_accession
from dsqc.findings import Finding
from dsqc.forms import vocabulary
from dsqc.model import Access, Row
from dsqc.rules.checking import Check, rule
from dsqc.rules.dates import parse_day

PROJECT_FORM = "KAP000001, PSUB000001, PRJNA000001, PRJCA000001, project_alias"
SECURITY = "security"


@rule("DSQC-P003")
def several_projects(check: Check) -> Iterator[Finding]:
    """More than one project, referred to or described."""
    for sheet, attribute in (("submission", "bioproject"), ("project", "project_alias")):
        rows = [row for row in check.rows(sheet) if row.get(attribute)]
        values = sorted({row.get(attribute) for row in rows})
        if len(values) > 1:
            yield check.finding("DSQC-P003", rows[0], attribute, value=", ".join(values), expected="1")


@rule("DSQC-P001")
def unknown_project(check: Check) -> Iterator[Finding]:
    """``bioproject`` is neither an accession nor the alias of a project that the submission describes."""
    for row in check.rows("submission"):
        value = row.get("bioproject")
        if not value or is_accession(value, AccessionType.PROJECT) or not check.has_sheet("project"):
            continue
        if value.casefold() not in check.index("project", "project_alias"):
            yield check.finding("DSQC-P001", row, "bioproject", expected=PROJECT_FORM)


@rule("DSQC-P005")
def release_date(check: Check) -> Iterator[Finding]:
    """Release dates in the past, or further ahead than the station holds data back."""
    today, years = check.context.today, check.context.limits.hold_years
    latest = add_years(today, years)
    for sheet in ("submission", "experiment"):
        for row in check.rows(sheet):
            day = parse_day(row.get("release_date"))
            if day is not None and not today <= day <= latest:
                yield check.finding("DSQC-P005", row, "release_date", expected=f"{today} – {latest}")


def add_years(day: date, years: int) -> date:
    """The same day ``years`` later; 28 February for 29 February in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return (day + timedelta(days=-1)).replace(year=day.year + years)


@rule("DSQC-P010")
def open_security_project(check: Check) -> Iterator[Finding]:
    """A security project that is not closed."""
    secret = next((term for term in vocabulary("security_class") if SECURITY in term), SECURITY)
    if any(row.get("security_class") == secret for row in check.rows("project")):
        for row in check.rows("submission"):
            if row.get("access_level") not in ("", Access.CLOSED):
                yield check.finding("DSQC-P010", row, "access_level", expected=Access.CLOSED.value)


@rule("DSQC-P011")
def withholding_reason(check: Check) -> Iterator[Finding]:
    """A closed submission without a reason."""
    terms = "; ".join(vocabulary("withholding_reason"))
    for row in _disclosure_rows(check):
        if not row.get("withholding_reason"):
            yield check.finding("DSQC-P011", row, "withholding_reason", expected=terms)


@rule("DSQC-P013")
def withholding_review(check: Check) -> Iterator[Finding]:
    """A closed submission without a day on which the reason is looked at again, or with one in the past."""
    today = check.context.today
    for row in _disclosure_rows(check):
        value = row.get("withholding_review_date")
        day = parse_day(value)
        if not value or (day is not None and day < today):
            yield check.finding("DSQC-P013", row, "withholding_review_date", expected=f"{today} –")


def _disclosure_rows(check: Check) -> tuple[Row, ...]:
    """Where the disclosure of a closed submission stands: the project, or the submission to a registered project."""
    if check.submission.access is not Access.CLOSED or not check.has_sheet("project"):
        return ()
    return check.rows("project") or check.rows("submission")[:1]
