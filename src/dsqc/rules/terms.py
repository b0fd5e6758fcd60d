"""Rules on ontology terms: ids that are unknown or obsolete, labels of another term; and terms written otherwise.

A value is an id (``UBERON:0002107``) or a label with its id (``soil [ENVO:00001998]``), several joined by ``|``.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dsqc.findings import Finding, Suggestion
from dsqc.forms import Attribute, is_missing_term
from dsqc.forms.ontology import Ontology, OntologyTerm, korean_names, ontology
from dsqc.rules.checking import Check, rule

TERM_FORM = "label [ENVO:00001998]"
TERM_TYPES = frozenset({"envo", "term"})
LONGEST = 300
SAME, LABEL, LIKE, ELSE = 1.0, 0.9, 0.7, 0.6
"""Confidence: the same id in the form asked for; told by the label; a label much like it; one of two."""
_LIKE = 0.8
_ID = re.compile(r"\b(?:https?://\S*/)?([A-Za-z]{2,8})[:_ ]\s?(\d{5,8})\b")
_LABELLED = re.compile(r"(?P<label>[^\[\]|]*?)\s*\[?(?P<id>[A-Za-z_]+:\d+)\]?")
_BRACKETS = re.compile(r"[\[\](){}<>]")


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with one term, in both languages, and what was probably meant."""

    problem: str
    problem_ko: str
    meant: OntologyTerm | None
    confidence: float = 0.0


@rule("DSQC-S030")
def term(check: Check) -> Iterator[Finding]:
    """Ids that are unknown or obsolete, and labels that are not those of their ids. Equal values are judged once."""
    for sheet in check.submission.sheets.values():
        for name, attribute in check.columns[sheet.name].items():
            if attribute.type not in TERM_TYPES or (sheet.name, name) not in check.headings:
                continue
            known: dict[str, list[dict[str, Any]]] = {}
            for row in sheet.rows:
                value = row.get(name)
                if value not in known:
                    known[value] = list(_judged(attribute, value))
                for arguments in known[value]:
                    yield check.finding("DSQC-S030", row, name, **arguments)


def _judged(attribute: Attribute, value: str) -> Iterator[dict[str, Any]]:
    if not value or attribute.pattern is None or not attribute.pattern.matches(value) or is_missing_term(value):
        return
    parts = value.split("|")
    for index, part in enumerate(parts):
        match = _LABELLED.fullmatch(part.strip())
        fault = _fault(match["label"].strip(), match["id"]) if match else None
        if fault is None:
            continue
        arguments: dict[str, Any] = {
            "problem": fault.problem,
            "problem_ko": fault.problem_ko,
            "expected": "a current term",
            "expected_ko": "현재 쓰이는 용어",
        }
        if fault.meant is not None:
            written = _written(fault.meant, labelled=bool(match and match["label"]))
            whole = "|".join([*parts[:index], written, *parts[index + 1 :]])
            arguments |= {"expected": written, "expected_ko": written}
            if attribute.pattern.matches(whole):
                arguments["suggestion"] = Suggestion(whole, fault.confidence)
        yield arguments


def _fault(label: str, term_id: str) -> _Fault | None:
    found_in = ontology(term_id.partition(":")[0])
    if found_in is None:
        return None
    found = found_in.term(term_id)
    by_label = found_in.labelled(label) if label else None
    if found is None:
        if by_label is None and not found_in.snapshot.complete:
            return None
        return _Fault(*_unknown(term_id, found_in), by_label, LABEL)
    if found.is_obsolete:
        meant = by_label or (_replacement(found) if found.replaced_by else None)
        return _Fault(
            f"{term_id} is obsolete in {found_in}", f"{term_id}(은)는 {found_in}에서 폐지되었습니다", meant, LABEL
        )
    if not label or found.label.casefold() == " ".join(label.split()).casefold():
        return None
    alike = difflib.SequenceMatcher(None, label.casefold(), found.label.casefold()).ratio() >= _LIKE
    confidence = ELSE if by_label is not None else LABEL if alike else LIKE
    return _Fault(
        f'{term_id} is "{found.label}" in {found_in}',
        f'{term_id}의 이름은 {found_in}에서 "{found.label}"입니다',
        found,
        confidence,
    )


def _unknown(term_id: str, found_in: Ontology) -> tuple[str, str]:
    count = f"{found_in.snapshot.entries:,}"
    return (
        f"{term_id} is not among the {count} terms of {found_in}",
        f"{term_id}(은)는 {found_in}의 용어 {count}개에 없습니다",
    )


def _replacement(found: OntologyTerm) -> OntologyTerm:
    """The term that replaces an obsolete one; without a label where no snapshot has it."""
    found_in = ontology(found.replaced_by.partition(":")[0])
    current = found_in.term(found.replaced_by) if found_in else None
    return current or OntologyTerm(found.replaced_by, "")


def _written(meant: OntologyTerm, *, labelled: bool) -> str:
    return f"{meant.label} [{meant.id}]" if labelled and meant.label else meant.id


def suggest_term(attribute: Attribute, value: str) -> Suggestion | None:
    """The form that ``attribute`` asks for, of a term that is written otherwise; ``None`` where none can be told."""
    if len(value) > LONGEST or attribute.pattern is None:
        return None
    meant = [_meant(attribute, part.strip()) for part in re.split(r"\||;", value) if part.strip()]
    if not meant or None in meant:
        return None
    found = [item for item in meant if item is not None]
    return Suggestion("|".join(item.value for item in found), min(item.confidence for item in found))


def _meant(attribute: Attribute, part: str) -> Suggestion | None:
    match = _ID.search(part)
    if match is not None:
        term_id = f"{match[1].upper()}:{match[2]}"
        label = " ".join(_BRACKETS.sub(" ", part.replace(match[0], " ")).split()).strip(" ,:-")
        return _fitting(attribute, term_id, label)
    if part in korean_names():
        return _fitting(attribute, korean_names()[part], "")
    for prefix in _prefixes(attribute):
        found_in = ontology(prefix)
        found = found_in.labelled(part) if found_in else None
        if found is not None and (meant := _fitting(attribute, found.id, found.label)):
            return Suggestion(meant.value, LABEL)
    return _near(attribute, part)


def _near(attribute: Attribute, part: str) -> Suggestion | None:
    """A current term whose label is much like ``part``."""
    if not part.isascii() or len(part) < 4:
        return None
    for prefix in _prefixes(attribute):
        found_in = ontology(prefix)
        # A few letters must agree before the slow comparison is worth its time.
        near = [label for label in found_in.labels if label[:2] == part[:2].casefold()] if found_in else []
        best = difflib.get_close_matches(part.casefold(), near, n=1, cutoff=_LIKE)
        if found_in and best and (meant := _fitting(attribute, found_in.labels[best[0]], "")):
            return Suggestion(meant.value, LIKE)
    return None


def _fitting(attribute: Attribute, term_id: str, label: str) -> Suggestion | None:
    """An id, with or without its label, as the attribute's pattern has it."""
    found_in = ontology(term_id.partition(":")[0])
    found = found_in.term(term_id) if found_in else None
    name = found.label if found and not found.is_obsolete else label
    contradicts = bool(label) and name.casefold() != label.casefold()
    for text in (term_id, f"{name} [{term_id}]" if name else ""):
        if text and attribute.pattern is not None and attribute.pattern.matches(text):
            return Suggestion(text, ELSE if contradicts else SAME)
    return None


def _prefixes(attribute: Attribute) -> list[str]:
    """Prefixes that the attribute's pattern names and a snapshot holds, in the order of the pattern."""
    regex = attribute.pattern.regex if attribute.pattern else ""
    return [prefix for prefix in dict.fromkeys(re.findall(r"[A-Z]{2,8}", regex)) if ontology(prefix) is not None]
