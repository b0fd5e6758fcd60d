"""Rules on the project: what it is called, what it carries, when it is released."""

import re
from collections.abc import Iterator

from dsqc.accessions import AccessionType, is_accession
from dsqc.days import add_years
from dsqc.findings import Finding, Suggestion
from dsqc.forms import pattern, vocabulary
from dsqc.rules.checking import Check, rule
from dsqc.rules.dates import parse_day

PROJECT_FORM = "KAP000001, PSUB000001, PRJNA000001, PRJCA000001, project_alias"
PUBLICATION_FORM = "27148491; 10.3389/fcimb.2016.00042; https://example.org/paper"
NTIS_FORM = "1711058741"
UMBRELLA = "umbrella"
ONE_TYPE = {"expected": "one data type", "expected_ko": "데이터 타입 하나"}
AT_ONCE = {"expected": "empty (released at once)", "expected_ko": "비워 둠(즉시 공개)"}
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi\s*[:=]?\s*)?(10\.\d{4,9}/\S+?)[.,]?", re.IGNORECASE)
_PUBMED = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)|(?:pubmed|pmid)[\s:#]*(?:id)?[\s:#]*)"
    r"(\d{1,8})/?",
    re.IGNORECASE,
)


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


def several_data_types(value: str) -> bool:
    """Whether ``value`` names more than one data type: terms hold commas themselves, so their first words count."""
    folded = value.casefold()
    first_words = {term.split()[0].casefold() for term in vocabulary("kbds_bioproject_data_type")}
    return sum(word in folded for word in first_words) > 1


@rule("DSQC-P004")
def mixed_data_types(check: Check) -> Iterator[Finding]:
    """One project under several data types; more than one in a cell is seen where single values are judged."""
    for rows in check.index("project", "project_alias").values():
        types = sorted({row.get("data_type") for row in rows if row.get("data_type")})
        if len(types) > 1:
            yield check.finding("DSQC-P004", rows[0], "data_type", value="; ".join(types), **ONE_TYPE)
    for row in check.rows("project"):
        if several_data_types(row.get("data_type")):
            yield check.finding("DSQC-P004", row, "data_type", **ONE_TYPE)


@rule("DSQC-P006")
def umbrella_release(check: Check) -> Iterator[Finding]:
    """An umbrella project that is held back."""
    kinds = {row.get("project_type") for row in check.rows("project")}
    if not any(kind.casefold().startswith(UMBRELLA) for kind in kinds):
        return
    for row in check.rows("submission"):
        if row.get("release_date"):
            yield check.finding("DSQC-P006", row, "release_date", **AT_ONCE, suggestion=Suggestion("", 0.7))


def meant_publication(value: str) -> Suggestion | None:
    """The bare numbers, DOIs and addresses of a cell in which some stand in other clothes."""
    parts = [_bare_publication(part.strip()) for part in value.split(";") if part.strip()]
    if not parts or not all(parts):
        return None
    return Suggestion("; ".join(parts), 1.0)


def _bare_publication(text: str) -> str:
    """``10.1/x`` of ``doi:10.1/x`` and of its address at doi.org; empty where nothing can be told."""
    for spelling in (_DOI, _PUBMED):
        match = spelling.fullmatch(text)
        if match:
            return match[1]
    return text if pattern("publication").matches(text) else ""


def meant_ntis(value: str) -> Suggestion | None:
    """The ten digits of a number that is written with blanks, dashes or a word before it."""
    digits = re.sub(r"[\s\-–.]|^(?:ntis|과제고유번호)\s*[:#]?", "", value, flags=re.IGNORECASE)
    return Suggestion(digits, 1.0) if pattern("ntis").matches(digits) else None


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
