"""Examples that fit together, by package and research field: ``examples.yaml`` of a form's sources."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from dsqc.forms.fields import FormVersion, read_yaml, source_path

SOURCE = "examples.yaml"
EVERY = "every"

Examples = dict[str, dict[str, str]]
"""Sheet -> attribute -> value; an empty value leaves the attribute empty in a filled example."""


def fitting_examples(edition: FormVersion, field_id: str, package: str) -> Examples:
    """The examples of one form, the more specific ones laid over the others."""
    source = _source(edition.folder)
    own = source.get("fields", {}).get(field_id, {})
    layers = (source.get(EVERY), source.get("packages", {}).get(package), own.get(EVERY), own.get(package))
    found: Examples = {}
    for layer in layers:
        for sheet, values in (layer or {}).items():
            found.setdefault(sheet, {}).update(values)
    return found


def module_examples(edition: FormVersion, module_id: str) -> Examples:
    """What makes a library module apply (``experiment``), and what is other in the library that it refers to."""
    return dict(_source(edition.folder).get("modules", {}).get(module_id, {}))


@cache
def _source(folder: str) -> Mapping[str, Any]:
    """The examples of a version: in its folder, else the current ones."""
    found: Mapping[str, Any] = read_yaml(source_path(SOURCE, folder))
    return found
