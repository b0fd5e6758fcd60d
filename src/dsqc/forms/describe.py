"""Forms as plain data, for ``--json``, templates and documents."""

from collections.abc import Iterable
from typing import Any

from dsqc.forms.attribute import Attribute
from dsqc.forms.fields import ResearchField
from dsqc.forms.form import Form
from dsqc.forms.vocabulary import vocabulary
from dsqc.language import Text

SCHEMA_VERSION = "1.0"


def describe_fields(fields: Iterable[ResearchField]) -> dict[str, Any]:
    """The registry of research fields; shape: ``form_list.schema.json``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "fields": [
            {
                "id": field.id,
                "name": _text(field.name),
                "group": field.group,
                "group_name": _text(field.group_name),
                "status": field.status,
                "evidence": field.evidence,
                "aliases": list(field.aliases),
                "packages": list(field.packages),
                "ministries": list(field.ministries),
                "centre": field.centre,
                "checklists": field.checklists,
                "version": field.version,
                "versions": [{"version": item.version, "status": item.status} for item in field.versions],
            }
            for field in fields
        ],
    }


def describe_form(form: Form, sheets: Iterable[str]) -> dict[str, Any]:
    """Some sheets of a form with every attribute; shape: ``form_show.schema.json``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "form": {
            "id": form.id,
            "version": form.version,
            "package": form.package,
            "package_kind": form.package_kind,
            "kbds_strict": form.kbds_strict,
        },
        "name": _text(form.field.name),
        "sheets": [
            {
                "name": sheet,
                "label": _text(form.sheets[sheet].label),
                "groups": {group: list(names) for group, names in form.sheets[sheet].groups().items()},
                "attributes": [describe_attribute(item) for item in form.columns(sheet).values()],
            }
            for sheet in sheets
        ],
        "modules": [
            {
                "id": module.id,
                "label": _text(module.label),
                "sheet": module.sheet,
                "condition": str(module.condition),
                "attributes": list(module.attributes),
            }
            for module in form.modules
        ],
    }


def describe_attribute(item: Attribute) -> dict[str, Any]:
    """One attribute with everything that its writer or a template needs."""
    return {
        "name": item.name,
        "label": _text(item.label),
        "description": _text(item.description),
        "aliases": list(item.aliases),
        "requirement": item.requirement.value,
        "group": item.group,
        "condition": str(item.condition) if item.condition else None,
        "type": item.type,
        "pattern": {"name": item.pattern.name, "regex": item.pattern.regex} if item.pattern else None,
        "vocabulary": {"name": item.vocabulary, "terms": list(vocabulary(item.vocabulary))}
        if item.vocabulary
        else None,
        "units": list(item.units),
        "minimum": item.minimum,
        "maximum": item.maximum,
        "missing": item.missing.value,
        "literals": list(item.literals),
        "multivalued": item.multivalued,
        "separator": item.separator,
        "refers_to": item.refers_to,
        "visibility": item.visibility.value,
        "kbds_requirement": item.kbds_requirement.value if item.kbds_requirement else None,
        "example": item.example,
        "layer": item.layer,
        "source": item.source,
        "status": item.status,
        "derived_from": item.derived_from,
        "note": item.note,
    }


def _text(text: Text) -> dict[str, str]:
    return {"en": text.en, "ko": text.ko}
