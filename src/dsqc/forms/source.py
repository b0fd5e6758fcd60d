"""Read the sources of the forms (LinkML YAML) into attributes. The LinkML tools check them in the tests; not here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dsqc.errors import SystemFault
from dsqc.forms.attribute import Attribute, Missing, People, Requirement, Visibility
from dsqc.forms.condition import Condition, parse
from dsqc.forms.fields import CURRENT_FOLDER, read_yaml
from dsqc.forms.vocabulary import Pattern, name_of_version, pattern
from dsqc.language import Text

LIST_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class SourceClass:
    """One class of a source: the attributes that one layer gives one sheet, and the class's own annotations."""

    name: str
    title: Text
    annotations: Mapping[str, str]
    attributes: dict[str, Attribute]


@cache
def read_classes(path: str, folder: str = CURRENT_FOLDER) -> tuple[SourceClass, ...]:
    """All classes of a source file, with the attributes read.

    Args:
        path: the file, below ``dsqc.schemas/forms``.
        folder: folder of the version that is read: its vocabularies and patterns come before the current ones.

    Raises:
        SystemFault: the source is malformed.
    """
    schema = read_yaml(path)
    return tuple(_class(name, body or {}, schema, folder) for name, body in schema["classes"].items())


@cache
def read_class(path: str, annotation: str, value: str, folder: str = CURRENT_FOLDER) -> SourceClass:
    """The one class of a source whose ``annotation`` is ``value``; other classes are not even looked into.

    Raises:
        SystemFault: there is none.
    """
    schema = read_yaml(path)
    for name, body in schema["classes"].items():
        if (body.get("annotations") or {}).get(annotation) == value:
            return _class(name, body, schema, folder)
    raise SystemFault(f"No class of the form source {path} has {annotation} {value!r}.")


def _class(name: str, body: dict[str, Any], schema: dict[str, Any], folder: str) -> SourceClass:
    annotations = {key: str(value) for key, value in (body.get("annotations") or {}).items()}
    layer = annotations.get("layer") or schema["name"]
    try:
        attributes = {key: _attribute(key, item, layer, folder) for key, item in _definitions(body, schema)}
    except (KeyError, ValueError) as error:
        raise SystemFault(f"The class {name} of the form source {schema['name']} is malformed: {error!r}.") from error
    return SourceClass(name, Text(body.get("title", name), annotations.get("title_ko", name)), annotations, attributes)


def _definitions(body: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Own attributes as they stand; shared slots with the class's ``slot_usage`` laid over them."""
    usage = body.get("slot_usage") or {}
    for name in body.get("slots") or ():
        shared, own = schema["slots"][name], usage.get(name) or {}
        annotations = {**(shared.get("annotations") or {}), **(own.get("annotations") or {})}
        yield name, {**shared, **own, "annotations": annotations}
    yield from (body.get("attributes") or {}).items()


def _attribute(name: str, item: dict[str, Any], layer: str, folder: str) -> Attribute:
    notes = {key: str(value) for key, value in (item.get("annotations") or {}).items()}
    return Attribute(
        name=name,
        label=Text(item["title"], notes["label_ko"]),
        description=Text(item["description"], notes["description_ko"]),
        requirement=_requirement(item, notes),
        type=notes.get("type", "string"),
        example=str(item["examples"][0]["value"]) if item.get("examples") else "",
        group=notes.get("group", ""),
        condition=_condition(notes.get("condition", "")),
        pattern=_pattern(item.get("pattern", ""), notes.get("pattern_name", ""), folder),
        vocabulary=name_of_version(notes["vocabulary"], folder) if "vocabulary" in notes else None,
        units=_split(notes.get("units", "")),
        minimum=item.get("minimum_value"),
        maximum=item.get("maximum_value"),
        missing=Missing(notes.get("missing", "forbidden")),
        literals=_split(notes.get("literals", "")),
        multivalued=bool(item.get("multivalued", False)),
        separator=notes.get("separator", ""),
        refers_to=notes.get("refers_to", ""),
        people=frozenset(People(item) for item in _split(notes.get("people", ""))),
        visibility=Visibility(notes.get("visibility", "public")),
        kbds_requirement=Requirement(notes["kbds_requirement"]) if "kbds_requirement" in notes else None,
        aliases=tuple(item.get("aliases") or ()),
        layer=layer,
        source=notes.get("source", ""),
        status=notes.get("status", "sourced"),
        derived_from=notes.get("derived_from", ""),
        note=" ".join(item.get("notes") or ()),
    )


def _requirement(item: dict[str, Any], notes: Mapping[str, str]) -> Requirement:
    """LinkML's own ``required`` and ``recommended``; an annotation for what LinkML has no word for."""
    if "requirement" in notes:
        return Requirement(notes["requirement"])
    if item.get("required"):
        return Requirement.MANDATORY
    return Requirement.RECOMMENDED if item.get("recommended") else Requirement.OPTIONAL


def _condition(text: str) -> Condition | None:
    return parse(text) if text else None


def _pattern(regex: str, name: str, folder: str) -> Pattern | None:
    if name:
        return pattern(name, folder)
    return Pattern("", regex) if regex else None


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(LIST_SEPARATOR)) if text else ()
