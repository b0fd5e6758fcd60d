"""Rules on the funded project behind the data: its institutes, its security, and who may see the data until when.

RDA Directive 849 is the example that the domain notes follow: Art. 2 (institutes), 10 and 19 (security projects), 22(4)
(withholding until its reason is gone), 23 (ownership), 26 (genetic resources).
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator

from dsqc.findings import Finding, Suggestion
from dsqc.forms import Requirement, Visibility, is_missing_term, vocabulary
from dsqc.forms.vocabulary import read_table
from dsqc.model import Access, Row
from dsqc.rules.checking import Check, rule
from dsqc.rules.dates import parse_day

SECURITY = "security"
STATE = "state"
INSTITUTES = (
    "lead_institute",
    "cooperative_institutes",
    "joint_institutes",
    "commissioned_institutes",
    "participating_companies",
)
"""Who takes part in a project, in the order of Art. 2."""
REQUESTER = "withholding_requester"
APPROVAL = (REQUESTER, "withholding_approver", "withholding_approval_no", "withholding_approval_date")
"""What approves a withholding; when it is needed the form says."""
TIERS = {Access.CLOSED.value: "closed"}
"""Storage tier by access level; every other level is kept on the public tier."""
PUBLIC_TIER = "public"
DEPOSIT_MINISTRY = "RDA"
"""The ministry whose projects owe a deposit of genetic resources (Art. 26)."""
_SEVERAL = re.compile(r"\s*(?:;|//|\||\n)\s*")
_LEGAL_FORM = re.compile(r"\(주\)|\(재\)|\(사\)|주식회사|재단법인|사단법인|co\.,?\s*ltd\.?|inc\.?$|[\s.,·()]")
_STATE_OWNERS = frozenset({"국가", "대한민국", "state", "republicofkorea"})


def _is_security_project(row: Row) -> bool:
    terms = vocabulary("security_class")
    return any(entry.label.en == SECURITY and entry.term == row.get("security_class") for entry in terms.entries)


@rule("DSQC-P009")
def lead_institute(check: Check) -> Iterator[Finding]:
    """A national project without a lead institute, and any project with several."""
    attribute = check.columns["project"]["lead_institute"]
    one = {"expected": "one institute", "expected_ko": "기관 하나"}
    for row in check.rows("project"):
        named = _parts(row.get(attribute.name))
        if len(named) > 1:
            likely = Suggestion(named[0], 0.5)
            yield check.finding("DSQC-P009", row, attribute.name, suggestion=likely, **one)
        elif not named and check.requirement(row, attribute) is Requirement.MANDATORY:
            yield check.finding("DSQC-P009", row, attribute.name, **one)


def _parts(value: str) -> list[str]:
    return [part for part in _SEVERAL.split(value.strip()) if part]


@rule("DSQC-P010")
def open_security_project(check: Check) -> Iterator[Finding]:
    """A security project that is not closed."""
    if any(_is_security_project(row) for row in check.rows("project")):
        for row in check.rows("submission"):
            if row.get("access_level") not in ("", Access.CLOSED):
                yield check.finding("DSQC-P010", row, "access_level", expected=Access.CLOSED.value)


@rule("DSQC-P016")
def shown_security_project(check: Check) -> Iterator[Finding]:
    """A security project that is closed, but has a day on which its whole record becomes public."""
    if check.submission.access is not Access.CLOSED or not any(map(_is_security_project, check.rows("project"))):
        return
    shown = sorted(
        name
        for row in check.rows("project")
        for name in row.cells
        if name not in TITLES and _is_public(check, name) and row.get(name)
    )
    listed = ", ".join(dict.fromkeys([*shown[:5], *(["…"] if len(shown) > 5 else [])]))
    for sheet in ("submission", "experiment"):
        for row in check.rows(sheet):
            if row.get("release_date"):
                yield check.finding(
                    "DSQC-P016",
                    row,
                    "release_date",
                    value=f"{listed} ({row.get('release_date')})",
                    expected="title_en, title_ko",
                    suggestion=Suggestion("", 0.7),
                )


TITLES = ("title_en", "title_ko")
"""All that the public record of a security project shows (Art. 11(8))."""


def _is_public(check: Check, name: str) -> bool:
    attribute = check.columns["project"].get(name)
    return attribute is not None and attribute.visibility is Visibility.PUBLIC


@rule("DSQC-P011")
def withholding_reason(check: Check) -> Iterator[Finding]:
    """A closed submission without a reason."""
    terms = "; ".join(vocabulary("withholding_reason"))
    for row in _disclosure_rows(check):
        if not row.get("withholding_reason"):
            yield check.finding("DSQC-P011", row, "withholding_reason", expected=terms)


@rule("DSQC-P012")
def withholding_approval(check: Check) -> Iterator[Finding]:
    """A withholding whose reason needs an approval that is not all there, not asked by who may, or not yet given."""
    requesters = {row["term"]: row["requester"] for row in read_table("withholding_approval")}
    columns = check.columns["project"]
    for row in check.rows("project"):
        for name in APPROVAL:
            if not row.get(name) and check.requirement(row, columns[name]) is Requirement.MANDATORY:
                who = requesters.get(_reason(row), "") if name == REQUESTER else ""
                yield check.finding("DSQC-P012", row, name, expected=who or columns[name].example)
        yield from _approval_as_given(check, row, requesters.get(_reason(row), ""))


def _reason(row: Row) -> str:
    return row.get("withholding_reason")


def _approval_as_given(check: Check, row: Row, requester: str) -> Iterator[Finding]:
    asked = row.get(REQUESTER)
    if requester and asked in vocabulary("withholding_requester") and asked != requester:
        meant = Suggestion(requester, 0.8)
        yield check.finding("DSQC-P012", row, REQUESTER, expected=requester, suggestion=meant)
    day = parse_day(row.get("withholding_approval_date"))
    if day is not None and day > check.context.today:
        yield check.finding("DSQC-P012", row, "withholding_approval_date", expected=f"– {check.context.today}")


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


@rule("DSQC-P014")
def owner(check: Check) -> Iterator[Finding]:
    """An owner that is none of the institutes named, nor the state."""
    state = next((entry.term for entry in vocabulary("ownership_type").entries if entry.label.en == STATE), STATE)
    for row in check.rows("project"):
        named = list(dict.fromkeys(part for name in INSTITUTES for part in _parts(row.get(name))))
        known = {_fold_institute(part): part for part in named}
        if not row.get("lead_institute") or row.get("ownership_type") == state:
            continue  # Without a lead institute P009 speaks, and who takes part is not known.
        for part in _parts(row.get("owner_institute")):
            folded = _fold_institute(part)
            if folded in known or folded in _STATE_OWNERS:
                continue
            near = difflib.get_close_matches(folded, known, n=1, cutoff=0.7)
            meant = Suggestion(row.get("owner_institute").replace(part, known[near[0]]), 0.7) if near else None
            listed = "; ".join(named[:8])
            yield check.finding("DSQC-P014", row, "owner_institute", value=part, expected=listed, suggestion=meant)


def _fold_institute(name: str) -> str:
    """An institute's name without what people leave out: legal form, blanks, letter case."""
    return _LEGAL_FORM.sub("", unicodedata.normalize("NFKC", name).casefold())


@rule("DSQC-P015")
def storage_tier(check: Check) -> Iterator[Finding]:
    """A storage tier that does not go with the access level. Where none is asked for, the level decides."""
    for row in check.rows("submission"):
        level, tier = row.get("access_level"), row.get("storage_tier")
        wanted = TIERS.get(level, PUBLIC_TIER)
        if tier in vocabulary("storage_tier") and level in vocabulary("access_level") and tier != wanted:
            yield check.finding(
                "DSQC-P015",
                row,
                "storage_tier",
                value=level,
                expected=f"storage_tier {wanted}",
                suggestion=Suggestion(wanted, 0.7),
            )


@rule("DSQC-P017")
def deposit(check: Check) -> Iterator[Finding]:
    """Material of an RDA project that is in no bank: neither a person's nor a mixture of organisms."""
    if not any(row.get("ministry") == DEPOSIT_MINISTRY for row in check.rows("project")):
        return
    people = vocabulary("human")
    for row in check.rows("sample"):
        organism, provider = row.get("organism"), row.get("biomaterial_provider")
        if not provider or is_missing_term(provider) or not organism or organism.endswith("metagenome"):
            continue
        if not row.get("material_bank_id") and not row.get("culture_collection") and not people.lookup(organism):
            example = check.columns["sample"]["material_bank_id"].example
            yield check.finding("DSQC-P017", row, "material_bank_id", expected=example)
