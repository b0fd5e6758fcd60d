"""Rules on samples."""

from collections import defaultdict
from collections.abc import Iterator

from dsqc.accessions import AccessionType, is_accession
from dsqc.findings import CERTAIN, Finding, Suggestion
from dsqc.model import Row
from dsqc.rules.checking import Check, repeated, rule
from dsqc.rules.table import present
from dsqc.rules.values import IN_KOREAN, SAMPLE_NAME_FORM

TELL_NOTHING = frozenset({"sample_name", "sample_title", "description", "bioproject", "project_alias"})
"""Attributes that do not tell two samples apart."""


@rule("DSQC-S001")
def unnamed(check: Check) -> Iterator[Finding]:
    """Samples without a name, where the sheet has a column for names."""
    if ("sample", "sample_name") in check.headings:
        for row in check.rows("sample"):
            if not row.get("sample_name"):
                texts = {"expected": SAMPLE_NAME_FORM, "expected_ko": IN_KOREAN[SAMPLE_NAME_FORM]}
                yield check.finding("DSQC-S001", row, "sample_name", **texts)


@rule("DSQC-S003")
def repeated_name(check: Check) -> Iterator[Finding]:
    """Names used twice, letter case ignored."""
    return repeated(check, "DSQC-S003", "sample", "sample_name")


@rule("DSQC-S004")
def repeated_title(check: Check) -> Iterator[Finding]:
    """Titles used twice."""
    return repeated(check, "DSQC-S004", "sample", "sample_title")


@rule("DSQC-S005")
def indistinct(check: Check) -> Iterator[Finding]:
    """Samples that have the same attributes apart from name, title and description."""
    rows = check.rows("sample")
    names = sorted({name for row in rows for name in row.cells} - TELL_NOTHING)
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        cells = row.cells
        telling = tuple([cells[name].value if name in cells else "" for name in names])
        if any(telling):
            alike[telling].append(row)
    for group in alike.values():
        if len(group) > 1:
            numbers = ", ".join(str(row.number) for row in group[:10]) + (" …" if len(group) > 10 else "")
            for row in group:
                yield check.finding("DSQC-S005", row, "sample_name", expected=numbers)


@rule("DSQC-S032")
def parent(check: Check) -> Iterator[Finding]:
    """``derived_from`` names a sample that is neither here nor an accession."""
    known = check.values("sample", "sample_name")
    for row in check.rows("sample"):
        names = [part.strip() for part in row.get("derived_from").split(";") if part.strip()]
        for name in names:
            if name in known or is_accession(name, AccessionType.SAMPLE):
                continue
            more = present(check, "sample", "sample_name", name)
            meant = more["suggestion"]
            if meant is not None:  # It takes the place of the whole cell.
                whole = "; ".join(meant.value if item == name else item for item in names)
                more["suggestion"] = Suggestion(whole, meant.confidence)
            yield check.finding("DSQC-S032", row, "derived_from", value=name, **more)


def _meant_samples(check: Check) -> frozenset[str]:
    """Samples that an experiment names in another spelling: X001 says so, once."""
    known = check.index("sample", "sample_name")
    unknown = [name for name in check.values("experiment", "sample_name") if name.casefold() not in known]
    found = (check.suggest_reference("sample", "sample_name", name) for name in unknown)
    return frozenset(item.value.casefold() for item in found if item is not None and item.confidence >= CERTAIN)


@rule("DSQC-X013")
def without_experiment(check: Check) -> Iterator[Finding]:
    """Samples that no experiment belongs to."""
    if not check.rows("experiment"):
        return
    used = check.index("experiment", "sample_name")
    parents = {part.strip().casefold() for row in check.rows("sample") for part in row.get("derived_from").split(";")}
    meant = _meant_samples(check)
    for row in check.rows("sample"):
        name = row.get("sample_name").casefold()
        if name and name not in used and name not in parents and name not in meant:
            yield check.finding("DSQC-X013", row, "sample_name", expected="experiment.sample_name")
