"""Compose a form: core × BioSample package × research field × library modules."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from dsqc.errors import UsageError
from dsqc.forms.attribute import Attribute, Requirement
from dsqc.forms.condition import parse
from dsqc.forms.fields import CURRENT_FOLDER, FormVersion, ResearchField, load_fields, source_path
from dsqc.forms.fitting import fitting_examples, module_examples
from dsqc.forms.form import Form, Module, SheetForm
from dsqc.forms.merge import merge
from dsqc.forms.organisms import read_organisms
from dsqc.forms.source import SourceClass, read_class, read_classes
from dsqc.forms.vocabulary import vocabulary
from dsqc.model import SHEETS

PACKAGES = "kbds_biosample_packages"
SAMPLE = "sample"


@cache
def compose(field_id: str, package: str, version: str | None = None, *, kbds_strict: bool = False) -> Form:
    """The form of a research field for a BioSample package.

    Args:
        field_id: id of the research field.
        package: one of the packages that the field allows.
        version: version of the form; ``None`` takes the newest.
        kbds_strict: count the doubtful requirements of the K-BDS guide as well; without it they are recommendations.

    Raises:
        UsageError: no such research field, package or version; the message names the nearest ones.
    """
    field = find_field(field_id)
    _check_package(field, package)
    edition = _find_version(field, version)
    kind = package_kind(package)
    known = {"package": package, "package_kind": kind, "form_id": field.id}
    folder = edition.folder
    sheets = {sheet: _core_sheet(folder, sheet, known) for sheet in SHEETS}
    layers = [
        read_class(source_path(f"packages/{kind.lower()}.yaml", folder), "package", package, folder),
        read_class(source_path(f"fields/{field.id}.yaml", folder), "sheet", SAMPLE, folder),
    ]
    attributes = dict(sheets[SAMPLE].attributes)
    for layer in layers:
        _lay_over(attributes, layer.attributes.values(), known)
    sheets[SAMPLE] = replace(sheets[SAMPLE], attributes=attributes)
    if kbds_strict:
        sheets = {name: replace(sheet, attributes=_strict(sheet.attributes)) for name, sheet in sheets.items()}
    sheets = {name: replace(sheet, attributes=_settle_groups(sheet.attributes)) for name, sheet in sheets.items()}
    examples = fitting_examples(edition, field.id, package)
    sheets = {
        name: replace(sheet, attributes=_with_examples(sheet.attributes, examples.get(name, {})))
        for name, sheet in sheets.items()
    }
    sources = read_classes(source_path("modules.yaml", folder), folder)
    modules = tuple(_module(edition, item, known) for item in sources)
    organisms = read_organisms(layers[0].annotations)
    return Form(field.id, edition.version, field, package, kind, sheets, modules, organisms, kbds_strict, examples)


@cache
def core_labels() -> dict[str, dict[str, str]]:
    """Headings of the core, by sheet, as :func:`labels` gives those of a form. Every form has them: they are enough to
    read which form a submission names, and which files it lists."""
    return {sheet: _core_sheet(CURRENT_FOLDER, sheet, {}).labels() for sheet in SHEETS}


def find_field(field_id: str) -> ResearchField:
    """The research field of ``field_id``.

    Raises:
        UsageError: there is none; the message names the nearest ones and lists all.
    """
    fields = load_fields()
    if field_id not in fields:
        raise UsageError(f"No research field has the id {field_id!r}.", hint=nearest(field_id, fields))
    return fields[field_id]


def package_kind(package: str) -> str:
    """``standard`` or ``MIMS``; empty for an unknown package."""
    match = vocabulary(PACKAGES).lookup(package)
    return match.term.parent if match else ""


def _check_package(field: ResearchField, package: str) -> None:
    if package not in field.packages:
        raise UsageError(
            f"The form {field.id} does not take the package {package!r}.", hint=nearest(package, field.packages)
        )


def _find_version(field: ResearchField, version: str | None) -> FormVersion:
    found = field.find_version(version or field.version)
    if found is None:
        known = [item.version for item in field.versions]
        raise UsageError(f"The form {field.id} has no version {version!r}.", hint=nearest(version or "", known))
    return found


def nearest(value: str, choices: Iterable[str]) -> str:
    """A hint for a usage error: the choices that look like ``value``, and all of them."""
    every = list(choices)
    folded = {choice.casefold(): choice for choice in every}
    close = [folded[item] for item in difflib.get_close_matches(value.casefold(), folded, n=3, cutoff=0.5)]
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    return f"{meant}There are: {', '.join(every)}."


def _core_sheet(folder: str, sheet: str, known: Mapping[str, str]) -> SheetForm:
    classes = read_classes(source_path("core.yaml", folder), folder)
    found = [item for item in classes if item.annotations["sheet"] == sheet]
    attributes: dict[str, Attribute] = {}
    for item in found:
        _lay_over(attributes, item.attributes.values(), known)
    return SheetForm(sheet, found[0].title, attributes)


def _lay_over(attributes: dict[str, Attribute], layer: Iterable[Attribute], known: Mapping[str, str]) -> None:
    for attribute in layer:
        folded = _fold(attribute, known)
        lower = attributes.get(folded.name)
        attributes[folded.name] = merge(lower, folded) if lower else folded


def _fold(attribute: Attribute, known: Mapping[str, str]) -> Attribute:
    """Decide the part of a condition that the form itself knows: what is left may be plainly mandatory, or never."""
    if attribute.condition is None:
        return attribute
    folded = attribute.condition.fold(known)
    if not isinstance(folded, bool):
        return replace(attribute, condition=folded)
    requirement = attribute.requirement
    if requirement is Requirement.CONDITIONAL and folded:
        requirement = Requirement.MANDATORY
    if not folded:
        requirement = Requirement.OPTIONAL
    return replace(attribute, requirement=requirement, condition=None)


def _strict(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    return {
        name: item
        if item.kbds_requirement is None or item.kbds_requirement.rank >= item.requirement.rank
        else replace(item, requirement=item.kbds_requirement, condition=None)
        for name, item in attributes.items()
    }


def _settle_groups(attributes: dict[str, Attribute]) -> dict[str, Attribute]:
    """A group with a member that is mandatory by itself asks nothing more of its other members."""
    settled = {item.group for item in attributes.values() if item.group and item.requirement is Requirement.MANDATORY}
    return {
        name: replace(item, requirement=Requirement.OPTIONAL, group="")
        if item.requirement is Requirement.ONE_OF_GROUP and item.group in settled
        else item
        for name, item in attributes.items()
    }


def _with_examples(attributes: dict[str, Attribute], examples: Mapping[str, str]) -> dict[str, Attribute]:
    return {
        name: replace(item, example=examples[name]) if examples.get(name) else item for name, item in attributes.items()
    }


def _module(edition: FormVersion, item: SourceClass, known: Mapping[str, str]) -> Module:
    attributes: dict[str, Attribute] = {}
    _lay_over(attributes, item.attributes.values(), known)
    notes = item.annotations
    examples = module_examples(edition, notes["module"])
    return Module(notes["module"], item.title, notes["sheet"], parse(notes["condition"]), attributes, examples)
