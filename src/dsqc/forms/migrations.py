"""How a submission gets from one version of a form to the next: steps that are data.

``dsqc.schemas/forms/migrations/*.yaml``, one file for each pair of versions::

    from: 1.0.0
    to: 1.1.0
    forms: [FIELD]                 # absent: every research field that has both versions
    steps:
      - rename_attribute: {sheet: sample, attribute: tissue, to: plant_structure}
      - rename_terms: {sheet: sample, attribute: sex, terms: {hermaphrodite: bisexual, other: null}}
      - move_attribute: {attribute: batch, sheet: sample, to_sheet: experiment}
      - split_attribute: {sheet: sample, attribute: age_sex, separator: "/", to: [age, sex]}
      - merge_attributes: {sheet: sample, attributes: [genus, species], separator: " ", to: organism}
      - drop_attribute: {sheet: sample, attribute: shoe_size}
      - add_attribute: {sheet: run, attribute: base_caller, value: unknown, when: 'file_type is "fastq"'}

A term that maps to nothing is left to a person. ``add_attribute`` fills empty cells with ``value``, or with what
``copy_of`` names (an attribute of the row, or ``sheet.attribute`` of a tied one), in the rows where ``when`` holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Any

from dsqc.errors import SystemFault
from dsqc.forms.condition import Condition, parse
from dsqc.forms.fields import ResearchField, forms_folder, read_yaml

FOLDER = "migrations"


class StepKind(StrEnum):
    """What a step does."""

    RENAME_ATTRIBUTE = "rename_attribute"
    RENAME_TERMS = "rename_terms"
    MOVE_ATTRIBUTE = "move_attribute"
    SPLIT_ATTRIBUTE = "split_attribute"
    MERGE_ATTRIBUTES = "merge_attributes"
    DROP_ATTRIBUTE = "drop_attribute"
    ADD_ATTRIBUTE = "add_attribute"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a migration.

    Attributes:
        kind: what it does.
        sheet: the sheet that it reads.
        attributes: the attributes that it reads; one, but for ``merge_attributes``.
        to: the attributes that it writes.
        to_sheet: the sheet that it writes.
        separator: what stands between the parts that are split or merged.
        terms: old term -> new one; empty where nobody but a person can tell.
        value: what ``add_attribute`` fills in.
        copy_of: where ``add_attribute`` takes the value from.
        when: rows that ``add_attribute`` fills in; ``None``: all.
    """

    kind: StepKind
    sheet: str
    attributes: tuple[str, ...]
    to: tuple[str, ...] = ()
    to_sheet: str = ""
    separator: str = ""
    terms: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    copy_of: str = ""
    when: Condition | None = None

    @property
    def attribute(self) -> str:
        """The attribute that it reads first."""
        return self.attributes[0]


@dataclass(frozen=True, slots=True)
class Migration:
    """The steps from one version of a form to the next; none where only the form changed, not what is filled in."""

    before: str
    after: str
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """``1.0.0 → 1.1.0``."""
        return f"{self.before} → {self.after}"


def migrations(form: ResearchField, before: str, after: str) -> tuple[Migration, ...]:
    """The migrations from version ``before`` of ``form`` to the later version ``after``, one for each step between.

    Raises:
        SystemFault: a file of migrations is malformed (our fault: it travels in the wheel).
    """
    versions = [item.version for item in form.versions]
    between = versions[versions.index(before) : versions.index(after) + 1]
    return tuple(Migration(old, new, _steps(form.id, old, new)) for old, new in pairwise(between))


def _steps(form_id: str, before: str, after: str) -> tuple[Step, ...]:
    """Steps of every file for the pair of versions, files in the order of their names."""
    found: list[Step] = []
    for source in _sources():
        named = source["forms"]
        if (source["from"], source["to"]) == (before, after) and (named is None or form_id in named):
            found.extend(source["steps"])
    return tuple(found)


@cache
def _sources() -> tuple[dict[str, Any], ...]:
    folder = forms_folder().joinpath(FOLDER)
    if not folder.is_dir():
        return ()
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(_source(name) for name in names)


def _source(name: str) -> dict[str, Any]:
    data = read_yaml(f"{FOLDER}/{name}")
    try:
        steps = tuple(_step(kind, body) for item in data["steps"] for kind, body in item.items())
        return {"from": data["from"], "to": data["to"], "forms": data.get("forms"), "steps": steps}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SystemFault(f"The migration {name} is malformed: {error!r}.") from error


def _step(kind: str, body: Mapping[str, Any]) -> Step:
    known = StepKind(kind)
    many = known is StepKind.MERGE_ATTRIBUTES
    attributes = tuple(body["attributes"]) if many else (body["attribute"],)
    sheet = body["sheet"]
    to = tuple(_targets(known, body)) or attributes
    if known in (StepKind.SPLIT_ATTRIBUTE, StepKind.MERGE_ATTRIBUTES) and not body["separator"]:
        raise ValueError("a separator is needed")
    if known is StepKind.ADD_ATTRIBUTE and bool(body.get("value")) == bool(body.get("copy_of")):
        raise ValueError("either value or copy_of is needed")
    return Step(
        known,
        sheet,
        attributes,
        to,
        body["to_sheet"] if known is StepKind.MOVE_ATTRIBUTE else sheet,
        body.get("separator", ""),
        {str(old): str(new or "") for old, new in body["terms"].items()} if known is StepKind.RENAME_TERMS else {},
        str(body.get("value", "")),
        body.get("copy_of", ""),
        parse(body["when"]) if "when" in body else None,
    )


def _targets(kind: StepKind, body: Mapping[str, Any]) -> Iterator[str]:
    if kind is StepKind.SPLIT_ATTRIBUTE:
        yield from body["to"]
    elif kind in (StepKind.RENAME_ATTRIBUTE, StepKind.MERGE_ATTRIBUTES) or "to" in body:
        yield body["to"]
