"""The registry of research fields: data (``dsqc.schemas/forms/fields.yaml``), never names in code."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

from dsqc.errors import SystemFault
from dsqc.language import Text
from dsqc.rule_data import schemas

CURRENT = "current"
CURRENT_FOLDER = "."
PARSED = ".json"
"""Ends the name of a parsed copy of a YAML file. The form page brings them: it has no YAML parser in C."""


class VersionStatus(StrEnum):
    """How a version of a form stands. All of them stay runnable."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Text:
        """In words."""
        return _STATUSES[self]


_STATUSES = {
    VersionStatus.CURRENT: Text("current", "현행"),
    VersionStatus.SUPERSEDED: Text("older, still taken", "이전 버전, 접수 가능"),
    VersionStatus.WITHDRAWN: Text("withdrawn", "폐지"),
}


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One version of a research field's form.

    Attributes:
        version: semantic version.
        status: ``current``, ``superseded`` (still taken; a newer one is there) or ``withdrawn`` (known to be wrong;
            not taken any more).
        folder: folder of ``dsqc.schemas/forms`` with the sources that have changed since; the others are the current
            ones.
        digest: SHA-256 over the version's compiled forms, for a version that is not current: it may never change.
    """

    version: str
    status: VersionStatus
    folder: str
    digest: str = ""

    @property
    def is_open(self) -> bool:
        """Whether submissions may name the version."""
        return self.status is not VersionStatus.WITHDRAWN


@dataclass(frozen=True, slots=True)
class ResearchField:
    """One research field with its form.

    Attributes:
        id: the form's id (``form_id`` of a submission).
        name: name in both languages.
        group: red, green or white.
        group_name: name of the group.
        status: ``sourced`` (a document names the field) or ``derived`` (ours).
        evidence: where the field comes from.
        packages: BioSample packages that a submission may take.
        ministries: ministries that usually fund the field.
        centre: data centre that usually takes it.
        checklists: international checklists that the form follows.
        aliases: other names.
        versions: versions of the form, the newest last.
    """

    id: str
    name: Text
    group: str
    group_name: Text
    status: str
    evidence: str
    packages: tuple[str, ...]
    ministries: tuple[str, ...]
    centre: str
    checklists: str
    aliases: tuple[str, ...]
    versions: tuple[FormVersion, ...]

    @property
    def version(self) -> str:
        """The newest version of the form that submissions may name."""
        taken = [item.version for item in self.versions if item.is_open]
        return taken[-1] if taken else self.versions[-1].version

    def find_version(self, version: str) -> FormVersion | None:
        """The version ``version``; ``None`` where there is none."""
        return next((item for item in self.versions if item.version == version), None)


def forms_folder() -> Traversable:
    """Where the sources of the forms stand."""
    return schemas().joinpath("forms")


@cache
def read_yaml(path: str) -> Any:
    """A YAML file of ``dsqc.schemas/forms``, parsed once; out of its ``PARSED`` copy where one stands beside it.

    Raises:
        SystemFault: it is missing or no YAML (our fault: it travels in the wheel).
    """
    parsed = forms_folder().joinpath(path + PARSED)
    if parsed.is_file():
        return json.loads(parsed.read_text(encoding="utf-8"))
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(forms_folder().joinpath(path).read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  safe loaders
    except (OSError, yaml.YAMLError) as error:
        raise SystemFault(f"The form source {path} cannot be read: {error}.") from error


def source_path(name: str, folder: str) -> str:
    """Where a version with ``folder`` finds the source ``name``: in its folder, else among the current sources."""
    if folder == CURRENT_FOLDER or not forms_folder().joinpath(folder, name).is_file():
        return name
    return f"{folder}/{name}"


@cache
def load_fields() -> dict[str, ResearchField]:
    """All research fields by id, in the order of the registry."""
    registry = read_yaml("fields.yaml")
    groups = {item["id"]: Text(item["name_en"], item["name_ko"]) for item in registry["groups"]}
    return {item["id"]: _field(item, groups) for item in registry["fields"]}


def _field(item: dict[str, Any], groups: dict[str, Text]) -> ResearchField:
    return ResearchField(
        id=item["id"],
        name=Text(item["name_en"], item["name_ko"]),
        group=item["group"],
        group_name=groups[item["group"]],
        status=item["status"],
        evidence=item["evidence"],
        packages=tuple(item["packages"]),
        ministries=tuple(item["ministries"]),
        centre=item["centre"],
        checklists=item["checklists"],
        aliases=tuple(item.get("aliases", ())),
        versions=tuple(
            FormVersion(row["version"], VersionStatus(row["status"]), row["folder"], row.get("digest", ""))
            for row in item["versions"]
        ),
    )
