"""A form as JSON Schema 2020-12, so that any validator, a web form included, can check a record as dsqc does.

A record is an object with one array of row objects a sheet; an empty cell is an absent property. What one row or the
``submission`` sheet decides stands in the schema; what needs other rows (references, conditions on tied rows, dates
against today) is left to the rules and named in ``x-condition``.
"""

import re
from typing import Any

from dsqc.forms.attribute import Attribute, Missing, Requirement
from dsqc.forms.condition import AllOf, AnyOf, BeginsWith, Condition, Given, In, Is, Not
from dsqc.forms.form import Form, SheetForm
from dsqc.forms.value import COUNTRIES, NUMBER
from dsqc.forms.vocabulary import MISSING_TERMS, missing_terms, vocabulary

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = "https://dsqc.example.org/schemas/forms"
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")


def json_schema(form: Form) -> dict[str, Any]:
    """The JSON Schema of ``form``; all values are strings, numbers are taken as numbers too."""
    sheets: dict[str, dict[str, Any]] = {
        name: {"type": "array", "items": {"$ref": f"#/$defs/{name}"}} for name in form.sheets
    }
    sheets["submission"] |= {"minItems": 1, "maxItems": 1}
    return {
        "$schema": DIALECT,
        "$id": schema_id(form),
        "title": f"{form.field.name.en} × {form.package}",
        "x-label-ko": form.field.name.ko,
        "x-form": form.reference,
        "x-package": form.package,
        "x-kbds-strict": form.kbds_strict,
        "type": "object",
        "properties": sheets,
        "required": list(form.sheets),
        "additionalProperties": False,
        "$defs": {
            "missing": {"enum": list(missing_terms())},
            "missing_reporting": {"enum": list(missing_terms(reporting_only=True))},
            "missing_spelling": {"pattern": missing_spelling()},
            **{name: row_schema(form, name) for name in form.sheets},
        },
    } | _across_sheets(form)


def schema_id(form: Form) -> str:
    """The ``$id``: one for each research field, version, package and strictness, because their schemas differ."""
    slug = form.package.replace(" ", "_").replace("/", "_")
    strict = ".kbds-strict" if form.kbds_strict else ""
    return f"{BASE}/{form.id}/{form.version}/{slug}{strict}.json"


def row_schema(form: Form, sheet: str) -> dict[str, Any]:
    """The schema of one row of ``sheet``, with ``#/$defs/missing`` left to the document."""
    columns = form.columns(sheet)
    schema: dict[str, Any] = {
        "title": sheet,
        "x-label-ko": form.sheets[sheet].label.ko,
        "type": "object",
        "properties": {name: _property(form, item) for name, item in columns.items()},
        "required": [name for name, item in columns.items() if item.requirement is Requirement.MANDATORY],
    }
    rules = [*_group_rules(SheetForm(sheet, form.sheets[sheet].label, columns)), *_condition_rules(columns)]
    return schema | ({"allOf": rules} if rules else {})


def _group_rules(sheet: SheetForm) -> list[dict[str, Any]]:
    return [{"anyOf": [{"required": [name]} for name in names]} for names in sheet.groups().values()]


def _condition_rules(columns: dict[str, Attribute]) -> list[dict[str, Any]]:
    """One if/then for each condition that a row decides alone."""
    wanted: dict[Condition, list[str]] = {}
    for item in columns.values():
        if item.requirement is Requirement.CONDITIONAL and item.condition is not None:
            wanted.setdefault(item.condition, []).append(item.name)
    return [
        {"if": _expression(condition), "then": {"required": names}}
        for condition, names in wanted.items()
        if not any("." in name for name in condition.names())
    ]


def _across_sheets(form: Form) -> dict[str, Any]:
    """Conditions on the one row of ``submission``, which hold for all rows of another sheet."""
    rules: list[dict[str, Any]] = []
    for sheet in form.sheets:
        for item in form.columns(sheet).values():
            condition = item.condition
            if item.requirement is not Requirement.CONDITIONAL or condition is None:
                continue
            if all(name.startswith("submission.") for name in condition.names()):
                row = {"contains": _expression(condition)}
                then = {"properties": {sheet: {"items": {"required": [item.name]}}}}
                rules.append({"if": {"properties": {"submission": row}}, "then": then})
    return {"allOf": rules} if rules else {}


def _expression(condition: Condition) -> dict[str, Any]:
    """The condition as a schema of the row. Letter case counts here: a value of another case is refused anyway."""
    match condition:
        case Not(inner):
            return {"not": _expression(inner)}
        case AllOf(parts):
            return {"allOf": [_expression(part) for part in parts]}
        case AnyOf(parts):
            return {"anyOf": [_expression(part) for part in parts]}
        case Is(name, value):
            return _has(name, {"const": value})
        case In(name, choices):
            return _has(name, {"enum": list(choices)})
        case BeginsWith(name, starts):
            return _has(name, {"pattern": f"^(?:{'|'.join(escape(start) for start in starts)})"})
        case Given(name):
            return _has(name, {"not": {"$ref": "#/$defs/missing"}})
    raise TypeError(f"no JSON Schema for the condition {condition!r}")


def _has(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    attribute = name.rpartition(".")[2]
    return {"properties": {attribute: schema}, "required": [attribute]}


def _property(form: Form, attribute: Attribute) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "title": attribute.label.en,
        "x-label-ko": attribute.label.ko,
        "description": attribute.description.en,
        "x-description-ko": attribute.description.ko,
        "x-requirement": attribute.requirement.value,
        "x-type": attribute.type,
        "x-visibility": attribute.visibility.value,
    }
    if attribute.condition is not None:
        schema["x-condition"] = str(attribute.condition)
    if attribute.group:
        schema["x-group"] = attribute.group
    if attribute.vocabulary:
        schema["x-vocabulary"] = attribute.vocabulary
    if attribute.units:
        schema["x-units"] = list(attribute.units)
    if attribute.example:
        schema["examples"] = [attribute.example]
    fixed = fixed_value(form, attribute)
    return schema | _with_exceptions(attribute, {"const": fixed} if fixed else _value_schema(attribute))


def fixed_value(form: Form, attribute: Attribute) -> str:
    """What an attribute must hold by which a submission names this very form; empty for any other."""
    if attribute.layer != "core":
        return ""
    return {"form_id": form.id, "form_version": form.version, "package": form.package}.get(attribute.name, "")


def _with_exceptions(attribute: Attribute, schema: dict[str, Any]) -> dict[str, Any]:
    """Besides ``schema``: literals, and missing-value terms where they may stand, in their one spelling."""
    exceptions: list[dict[str, Any]] = []
    if attribute.literals:
        exceptions.append({"enum": list(attribute.literals)})
    if attribute.missing is not Missing.FORBIDDEN:
        name = "missing_reporting" if attribute.missing is Missing.REPORTING else "missing"
        exceptions.append({"$ref": f"#/$defs/{name}"})
    if _takes_missing_terms(schema):
        schema = {**schema, "not": {"$ref": "#/$defs/missing_spelling"}}
    return {"anyOf": [schema, *exceptions]} if exceptions else schema


def _takes_missing_terms(schema: dict[str, Any]) -> bool:
    """Whether a text that means a missing value would fit a schema as any other text does."""
    if "enum" in schema or "const" in schema:
        return False
    pattern = re.compile(schema.get("pattern", ""), re.ASCII)
    return any(pattern.search(spelling) for term in missing_terms() for spelling in (term, term.title(), term.upper()))


def missing_spelling() -> str:
    """A pattern of every spelling that is read as a missing-value term: letter case and the number of blanks vary."""
    terms = vocabulary(MISSING_TERMS).entries
    spellings = dict.fromkeys(text for entry in terms for text in (entry.term, *entry.synonyms))
    return f"^(?:{'|'.join(_any_case(text) for text in spellings)})$"


def _any_case(text: str) -> str:
    """``text`` in any letter case, for readers of patterns that know no flag for it."""
    letters = {letter: f"[{letter.upper()}{letter.lower()}]" for letter in text if letter.upper() != letter.lower()}
    return "".join(letters.get(letter, " +" if letter == " " else escape(letter)) for letter in text)


def _value_schema(attribute: Attribute) -> dict[str, Any]:
    if attribute.type in ("integer", "number"):
        return _number_schema(attribute)
    if attribute.type == "quantity":
        units = "|".join(escape(unit) for unit in attribute.units)
        return {"type": "string", "pattern": rf"^{NUMBER}(?:\s?-\s?{NUMBER})? (?:{units or '.+'})$"}
    if attribute.type == "geo_loc":
        countries = "|".join(escape(country) for country in vocabulary(COUNTRIES))
        return {"type": "string", "pattern": rf"^(?:{countries})(?::[^\s:][^:]*)?$"}
    if attribute.vocabulary and not attribute.multivalued:
        return {"enum": list(vocabulary(attribute.vocabulary))}
    if attribute.pattern is not None and not attribute.multivalued:
        return {"type": "string", "pattern": attribute.pattern.regex}
    return {"type": "string"}


def _number_schema(attribute: Attribute) -> dict[str, Any]:
    """A string of digits as a sheet holds it, or a JSON number, which alone can be compared with the range."""
    digits = r"^[-+]?\d+$" if attribute.type == "integer" else f"^{NUMBER}$"
    schema: dict[str, Any] = {"type": ["string", attribute.type], "pattern": digits}
    if attribute.minimum is not None:
        schema["minimum"] = attribute.minimum
    if attribute.maximum is not None:
        schema["maximum"] = attribute.maximum
    return schema


def escape(text: str) -> str:
    """``text`` as a pattern that Python and ECMAScript (``u`` mode, which allows no needless escapes) read alike."""
    return "".join(f"\\{letter}" if letter in _SYNTAX else letter for letter in text)
