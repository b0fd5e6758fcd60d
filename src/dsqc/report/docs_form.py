"""The page of a form: a research field, its packages, its sheets, and every attribute in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from dsqc.forms import Attribute, Form, Requirement, ResearchField, compose, vocabulary
from dsqc.forms.compose import PACKAGES
from dsqc.forms.condition_words import condition_in_words
from dsqc.forms.json_schema import fixed_value
from dsqc.forms.vocabulary import MISSING_TERMS
from dsqc.language import Language, Text
from dsqc.report.docs_labels import DOCS, MISSING, REQUIREMENTS, SHEETS, STATUSES, TYPES, VISIBILITY
from dsqc.report.render import Link

MOST_TERMS = 8
"""Terms of a vocabulary that a form's page lists; a longer one has its own page."""
LONGEST_LIST = 140
"""Letters that such a list may have."""

PLAIN_TYPES = ("string", "enum")
"""Types that say nothing that the list or the pattern does not say."""
REQUIRED = (Requirement.MANDATORY, Requirement.CONDITIONAL, Requirement.ONE_OF_GROUP)


@dataclass(frozen=True, slots=True)
class Row:
    """An attribute as some packages ask for it; packages that ask for the same share the row.

    Attributes:
        attribute: the attribute.
        packages: their places in the list of packages.
        group: names of the group that it belongs to, where one of them is mandatory.
    """

    attribute: Attribute
    packages: list[int] = field(default_factory=list)
    group: tuple[str, ...] = ()


def form_file(form_id: str, version: str, newest: str) -> str:
    """File of a form's page: the newest version has the plain name."""
    return f"{form_id}.html" if version == newest else f"{form_id}-{version}.html"


def vocabulary_file(name: str) -> str:
    """File of a vocabulary's page."""
    return f"{quote(name)}.html"


def form_page(research_field: ResearchField, version: str) -> dict[str, Any]:
    """What the page of a form shows, for the template ``docs_form.html``."""
    forms = [compose(research_field.id, package, version) for package in research_field.packages]
    return {
        "id": research_field.id,
        "name": research_field.name,
        "group": research_field.group,
        "group_name": research_field.group_name,
        "version": version,
        "versions": [
            {
                "version": item.version,
                "status": STATUSES[item.status.value],
                "file": form_file(research_field.id, item.version, research_field.version),
                "shown": item.version == version,
            }
            for item in reversed(research_field.versions)
        ],
        "facts": list(_field_facts(research_field)),
        "packages": [{"name": package, "label": _package_label(package)} for package in research_field.packages],
        "sheets": [_sheet(forms, sheet) for sheet in forms[0].sheets],
    }


def _field_facts(item: ResearchField) -> Iterator[tuple[Text, Text | str]]:
    yield DOCS["status"], DOCS[item.status]
    yield DOCS["evidence"], item.evidence
    yield DOCS["checklists"], item.checklists
    yield DOCS["ministries"], ", ".join(item.ministries)
    yield DOCS["centre"], item.centre


def _package_label(package: str) -> Text:
    match = vocabulary(PACKAGES).lookup(package)
    return match.term.label if match else Text(package, package)


def _sheet(forms: Sequence[Form], sheet: str) -> dict[str, Any]:
    rows = _rows(forms, sheet)
    every = list(range(len(forms)))
    return {
        "name": sheet,
        "label": forms[0].sheets[sheet].label,
        "about": SHEETS[sheet],
        "rows": [_shown(row, forms, every) for row in rows],
    }


def _rows(forms: Sequence[Form], sheet: str) -> list[Row]:
    """Rows by requirement, the strictest first; so are those of any one package among them."""
    found: dict[tuple[Any, ...], Row] = {}
    for index, form in enumerate(forms):
        groups = form.sheets[sheet].groups()
        for column in form.columns(sheet).values():
            item = replace(column, example=fixed_value(form, column) or column.example)
            group = groups.get(item.group, ()) if item.requirement is Requirement.ONE_OF_GROUP else ()
            key = (_told(item), group)
            found.setdefault(key, Row(item, [], group)).packages.append(index)
    return sorted(found.values(), key=lambda row: row.attribute.requirement.rank)


def _told(item: Attribute) -> tuple[Any, ...]:
    """What a reader is told of an attribute; which layer tells it is no difference."""
    return (
        *(item.name, item.label, item.description, item.requirement, item.type, item.example, str(item.condition)),
        *(item.pattern, item.vocabulary, item.units, item.range_text, item.missing, item.literals),
        *(item.separator, item.refers_to, item.visibility, item.kbds_requirement, item.note),
    )


def _shown(row: Row, forms: Sequence[Form], every: Sequence[int]) -> dict[str, Any]:
    item = row.attribute
    word, style = REQUIREMENTS[item.requirement]
    return {
        "name": item.name,
        "label": item.label,
        "packages": " ".join(map(str, row.packages)),
        "package_names": "" if row.packages == every else ", ".join(forms[index].package for index in row.packages),
        "requirement": item.requirement.value,
        "word": word,
        "style": style,
        "condition": _condition(row),
        "group": row.group,
        "description": item.description,
        "example": item.example,
        "badges": list(_badges(item)),
        "facts": list(_facts(item)),
        "details": list(_details(item)),
    }


def _condition(row: Row) -> Text | None:
    condition = row.attribute.condition
    if condition is None:
        return None
    return Text(condition_in_words(condition, Language.EN), condition_in_words(condition, Language.KO))


def _badges(item: Attribute) -> Iterator[Text]:
    if item.visibility in VISIBILITY:
        yield VISIBILITY[item.visibility]


def _facts(item: Attribute) -> Iterator[tuple[Text, Any]]:
    """What a value must be like: pairs of a label and a text, a list of codes or a link."""
    if item.type not in PLAIN_TYPES:
        yield DOCS["type"], TYPES.get(item.type, item.type)
    if item.vocabulary is not None:
        yield DOCS["list"], _terms(item.vocabulary)
    if item.units:
        yield DOCS["units"], list(item.units)
    if item.range_text:
        yield DOCS["range"], item.range_text
    if item.literals:
        yield DOCS["also"], list(item.literals)
    if item.separator and item.multivalued:
        mark = repr(item.separator.strip() or item.separator)[1:-1]
        yield DOCS["several"], Text(f"joined by `{mark}`", f"`{mark}` 기호로 구분")
    if item.refers_to:
        sheet, _point, name = item.refers_to.partition(".")
        yield DOCS["refers"], Text(f"{name} of the {sheet} sheet", f"{sheet} 시트의 {name}")
    if item.requirement in REQUIRED and item.missing_allowed:
        yield DOCS["missing"], Link(_vocabulary_link(MISSING_TERMS), MISSING[item.missing])
    if item.kbds_requirement is not None and item.kbds_requirement.rank < item.requirement.rank:
        yield DOCS["note"], DOCS["kbds"]


def _terms(name: str) -> "list[str] | Link":
    terms = vocabulary(name).terms
    if len(terms) <= MOST_TERMS and len(", ".join(terms)) <= LONGEST_LIST:
        return list(terms)
    number = len(terms)
    return Link(_vocabulary_link(name), Text(f"{name}: {number} terms", f"{name}: 용어 {number}개"))


def _vocabulary_link(name: str) -> str:
    return f"../vocabularies/{vocabulary_file(name)}"


def _details(item: Attribute) -> Iterator[tuple[Text, Any]]:
    """What a curator asks: where the attribute comes from, how its value is checked."""
    if item.pattern is not None:
        yield DOCS["pattern"], [item.pattern.regex]
    others = [text for text in item.aliases if text not in (item.label.en, item.label.ko)]
    if others:
        yield DOCS["other_names"], ", ".join(others)
    yield DOCS["status"], DOCS["derived" if item.status == "derived" else "from_source"]
    if item.derived_from:
        yield DOCS["follows"], item.derived_from.replace(";", "; ")
    if item.source:
        yield DOCS["source"], item.source
    if item.note:
        yield DOCS["note"], item.note
