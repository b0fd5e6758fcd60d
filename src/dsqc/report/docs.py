"""The documentation site: a page a form, a page a vocabulary, a page a rule, out of the data that dsqc judges by."""

from collections.abc import Iterator, Mapping
from typing import Any

from dsqc.forms import ResearchField, load_fields
from dsqc.language import Language
from dsqc.registry import Rule, rules
from dsqc.report.docs_form import form_file, form_page
from dsqc.report.docs_labels import DOCS
from dsqc.report.docs_vocabulary import uses, vocabulary_page
from dsqc.report.labels import SEVERITIES
from dsqc.report.render import render, static_file
from dsqc.report.rule_page import KINDS, LABELS, OBJECTS, STATES, lines

ASSETS = ("page.css", "docs.css", "page.js", "docs.js")


def site(*, only: Language | None = None, rule_set: str = "") -> Iterator[tuple[str, str]]:
    """Every file of the site: its path, and its text. The same data gives the same bytes.

    Args:
        only: the one language of the pages; ``None`` for both, with a switch.
        rule_set: version of the rule set that the pages tell of.
    """
    fields = load_fields()
    for name in ASSETS:
        yield f"assets/{name}", static_file(name) + "\n"
    yield "index.html", _fill("docs_index.html", only, rule_set, page=_index(fields), area="forms", root="")
    for field in fields.values():
        for item in field.versions:
            page = form_page(field, item.version)
            path = f"forms/{form_file(field.id, item.version, field.version)}"
            yield path, _fill("docs_form.html", only, rule_set, page=page, area="forms", root="../")
    used = uses(fields.values())
    pages = [vocabulary_page(name, used[name], len(fields)) for name in used]
    for page in pages:
        path = f"vocabularies/{page['name']}.html"
        yield path, _fill("docs_vocabulary.html", only, rule_set, page=page, area="vocabularies", root="../")
    yield (
        "vocabularies/index.html",
        _fill("docs_vocabularies.html", only, rule_set, page=pages, area="vocabularies", root="../"),
    )
    yield "rules/index.html", _fill("docs_rules.html", only, rule_set, page=_rules(), area="rules", root="../")
    codes = list(rules())
    for index, rule in enumerate(rules().values()):
        page = _rule(rule)
        page["before"], page["after"] = _beside(codes, index)
        yield f"rules/{rule.code}.html", _fill("docs_rule.html", only, rule_set, page=page, area="rules", root="../")


def _fill(template: str, only: Language | None, rule_set: str, **values: Any) -> str:
    return render(template, only, only=only, words=DOCS, rule_set=rule_set, **values) + "\n"


def _index(fields: Mapping[str, ResearchField]) -> list[dict[str, Any]]:
    """Research fields by group."""
    groups: dict[str, dict[str, Any]] = {}
    for field in fields.values():
        group = groups.setdefault(field.group, {"id": field.group, "name": field.group_name, "fields": []})
        names = [field.id, field.name.en, field.name.ko, *field.aliases, *field.packages]
        group["fields"].append(
            {
                "id": field.id,
                "name": field.name,
                "version": field.version,
                "packages": field.packages,
                "words": " ".join(names).casefold(),
            }
        )
    return list(groups.values())


def _rules() -> dict[str, Any]:
    """The table of rules, and what it can be narrowed by."""
    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity.value,
            "severity_text": SEVERITIES[rule.severity.value][0],
            "style": SEVERITIES[rule.severity.value][1],
            "kind": rule.kind,
            "kind_text": KINDS[rule.kind],
            "object": OBJECTS[rule.object],
            "object_id": rule.object,
            "state": rule.state.value,
            "state_text": STATES[rule.state],
            "words": " ".join((rule.code, rule.name.en, rule.name.ko, rule.upstream)).casefold(),
        }
        for rule in rules().values()
    ]
    objects = {row["object_id"]: row["object"] for row in rows}
    return {
        "rows": rows,
        "severities": {name: text for name, (text, _style) in SEVERITIES.items()},
        "kinds": {name: KINDS[name] for name in KINDS if any(row["kind"] == name for row in rows)},
        "objects": {name: objects[name] for name in OBJECTS if name in objects},
    }


def _rule(rule: Rule) -> dict[str, Any]:
    said = {line.key: line for line in lines(rule)}
    shown = ("suggestion", "kind", "object", "needs", "override", "upstream", "since", "state")
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": SEVERITIES[rule.severity.value][0],
        "style": SEVERITIES[rule.severity.value][1],
        "message": said["message"].text,
        "fix": said["fix"].text,
        "good": rule.good,
        "bad": rule.bad,
        "labels": LABELS,
        "facts": [(said[key].label, said[key].text) for key in shown if key in said],
    }


def _beside(codes: list[str], index: int) -> tuple[str, str]:
    return codes[index - 1] if index else "", codes[index + 1] if index + 1 < len(codes) else ""
