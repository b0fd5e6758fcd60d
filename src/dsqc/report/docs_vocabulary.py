"""The pages of vocabularies: their terms, and the attributes that take them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dsqc.forms import ResearchField, compose, vocabulary
from dsqc.forms.compose import PACKAGES
from dsqc.forms.value import COUNTRIES, UNITS
from dsqc.forms.vocabulary import MISSING_TERMS
from dsqc.language import Text
from dsqc.report.docs_form import vocabulary_file
from dsqc.report.docs_labels import STATUSES

LOOKED_UP = (MISSING_TERMS, COUNTRIES, UNITS, PACKAGES)
"""Vocabularies that rules look things up in, whatever the form."""

Uses = Mapping[str, Mapping[str, Sequence[str]]]
"""Vocabulary -> ``sheet.attribute`` -> ids of the forms that have it."""


def uses(fields: Iterable[ResearchField]) -> Uses:
    """Which attributes of which forms take each vocabulary; those that no attribute takes are empty."""
    found: dict[str, dict[str, list[str]]] = {name: {} for name in LOOKED_UP}
    for field in fields:
        for package in field.packages:
            form = compose(field.id, package)
            for sheet in form.sheets:
                for item in form.columns(sheet).values():
                    if item.vocabulary:
                        users = found.setdefault(item.vocabulary, {}).setdefault(f"{sheet}.{item.name}", [])
                        if field.id not in users:
                            users.append(field.id)
    return {name: found[name] for name in sorted(found)}


def vocabulary_page(name: str, used: Mapping[str, Sequence[str]], every: int) -> dict[str, Any]:
    """What the page of a vocabulary shows; ``every`` is the number of forms."""
    entries, number = vocabulary(name).entries, len(vocabulary(name))
    return {
        "name": name,
        "file": vocabulary_file(name),
        "number": number,
        "number_text": Text(f"{number} terms", f"용어 {number}개"),
        "terms": [
            {
                "term": entry.term,
                "label": entry.label,
                "labelled": entry.label.ko != entry.term or entry.label.en != entry.term,
                "parent": entry.parent,
                "synonyms": ", ".join(entry.synonyms),
                "status": STATUSES[entry.status] if entry.status != "current" else None,
            }
            for entry in entries
        ],
        "has_labels": any(entry.label.ko != entry.term or entry.label.en != entry.term for entry in entries),
        "has_parents": any(entry.parent for entry in entries),
        "has_synonyms": any(entry.synonyms for entry in entries),
        "uses": [
            {"attribute": attribute, "forms": [] if len(forms) == every else list(forms)}
            for attribute, forms in used.items()
        ],
        "words": " ".join([name, *(f"{entry.term} {entry.label.ko}" for entry in entries)]).casefold(),
    }
