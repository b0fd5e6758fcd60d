"""Rules on names of strains and on culture collections."""

import difflib
import re
from collections.abc import Iterator
from functools import cache

from dsqc.findings import Finding, Suggestion
from dsqc.forms import Attribute, MatchKind, is_missing_term, vocabulary
from dsqc.forms.vocabulary import read_table
from dsqc.rules.checking import Check, rule

COLLECTIONS = "culture_collections"
COLLECTION_PATTERN = "culture_collection"
COLLECTION_FORM = "KCTC:6910"
KNOWN, LIKELY = 0.95, 0.7
"""Confidence: the institution is in the list; it is not."""
_RUN_TOGETHER = re.compile(
    r"([A-Za-z][A-Za-z-]*[A-Za-z])[\s:_-]*(?:no\.?\s*)?([A-Za-z]{0,4}[-\s]?\d[\w./-]*)", re.ASCII
)


@cache
def _rejected() -> tuple[frozenset[str], tuple[str, ...]]:
    """Values that name no strain, and beginnings that no name of a strain has."""
    rows = read_table("strain_rejected")
    return (
        frozenset(row["term"] for row in rows if row["parent"] == "whole"),
        tuple(row["term"] for row in rows if row["parent"] == "beginning"),
    )


@rule("DSQC-S021")
def strain(check: Check) -> Iterator[Finding]:
    """Strains that say nothing (``clinical isolate``) or begin with the name of the organism."""
    if ("sample", "strain") not in check.headings:
        return
    whole, beginnings = _rejected()
    for row in check.rows("sample"):
        value = row.get("strain")
        if not value or is_missing_term(value):
            continue
        folded = value.casefold()
        organism = row.get("organism").casefold()
        if folded in whole or folded.startswith(beginnings):
            yield check.finding("DSQC-S021", row, "strain", expected="KCTC 2441, K-12 substr. MG1655")
        elif organism and re.match(rf"{re.escape(organism)}(?!\w)", folded):
            rest = value[len(organism) :].strip(" ,:-")
            rest = re.sub(r"^(?:strain|str\.)\s+", "", rest, flags=re.IGNORECASE)
            meant = Suggestion(rest, LIKELY) if rest and rest.casefold() not in whole else None
            yield check.finding("DSQC-S021", row, "strain", expected=rest or "KCTC 2441", suggestion=meant)


@rule("DSQC-S024")
def collection(check: Check) -> Iterator[Finding]:
    """Culture collections whose institution is not in the list; a list of the common ones, so only a warning."""
    for sheet in check.submission.sheets.values():
        for name, attribute in check.columns[sheet.name].items():
            if not is_collection(attribute) or (sheet.name, name) not in check.headings:
                continue
            known: dict[str, tuple[str, Suggestion | None] | None] = {}
            for row in sheet.rows:
                value = row.get(name)
                if value not in known:
                    known[value] = _institution_fault(attribute, value)
                fault = known[value]
                if fault is not None:
                    yield check.finding("DSQC-S024", row, name, expected=fault[0], suggestion=fault[1])


def is_collection(attribute: Attribute) -> bool:
    """Whether an attribute holds ``institution:[collection:]id``."""
    return attribute.pattern is not None and attribute.pattern.name == COLLECTION_PATTERN


def _institution_fault(attribute: Attribute, value: str) -> tuple[str, Suggestion | None] | None:
    """What is expected in place of an institution that is not in the list, and the value with it."""
    if not value or is_missing_term(value) or attribute.pattern is None or not attribute.pattern.matches(value):
        return None
    institution, _colon, rest = value.partition(":")
    match = vocabulary(COLLECTIONS).lookup(institution.strip())
    if match is not None and match.kind is MatchKind.EXACT:
        return None
    if match is not None:
        return match.term.term, Suggestion(f"{match.term.term}:{rest.strip()}", KNOWN)
    near = difflib.get_close_matches(institution.upper(), vocabulary(COLLECTIONS).terms, n=3, cutoff=0.7)
    listed = "; ".join(near or vocabulary(COLLECTIONS).terms[:4])
    return f"{listed} … ({len(vocabulary(COLLECTIONS))})", None


def suggest_collection(value: str) -> Suggestion | None:
    """``KCTC:6910`` for ``KCTC 6910``, ``KCTC-6910`` or ``KCTC6910``; ``None`` where that cannot be told."""
    text = " ".join(value.split())
    match = _RUN_TOGETHER.fullmatch(text) if len(text) <= 60 else None
    if match is None:
        return None
    found = vocabulary(COLLECTIONS).lookup(match[1])
    if found is not None:
        return Suggestion(f"{found.term.term}:{match[2]}", KNOWN)
    return Suggestion(f"{match[1]}:{match[2]}", LIKELY) if match[1].isupper() else None
