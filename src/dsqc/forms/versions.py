"""What a version of a form is made of, and the digest that proves that an old one has not changed."""

import hashlib
import json
from typing import Any

from dsqc.forms.compose import compose, package_kind
from dsqc.forms.fields import CURRENT_FOLDER, FormVersion, ResearchField, VersionStatus, read_yaml, source_path
from dsqc.forms.vocabulary import rows_of


def edition_digest(form: ResearchField, edition: FormVersion) -> str:
    """SHA-256 over everything that decides what the version asks for: its sources, the vocabularies that they name.

    Comments and the order of keys do not count; every label, description and term does.
    """
    composed = [compose(form.id, package, edition.version) for package in form.packages]
    names = {
        attribute.vocabulary
        for item in composed
        for sheet in item.sheets
        for attribute in item.columns(sheet).values()
        if attribute.vocabulary
    }
    patterns = {
        attribute.pattern.name: attribute.pattern.regex
        for item in composed
        for sheet in item.sheets
        for attribute in item.columns(sheet).values()
        if attribute.pattern is not None and attribute.pattern.is_named
    }
    content: dict[str, Any] = {
        "form": [form.id, edition.version, list(form.packages)],
        "sources": {name: _source(name, edition.folder) for name in _sources(form)},
        "vocabularies": {name.partition("@")[0]: rows_of(name) for name in names},
        "patterns": patterns,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def version_faults(form: ResearchField) -> list[str]:
    """What is wrong with the versions of a form, for whoever changes one; nothing where all is well."""
    faults: list[str] = []
    for edition in form.versions:
        if edition.status is VersionStatus.CURRENT:
            if edition.folder != CURRENT_FOLDER:
                faults.append(f"{form.id}@{edition.version} is current and must stand in folder {CURRENT_FOLDER}")
            continue
        digest = edition_digest(form, edition)
        if edition.digest != digest:
            faults.append(
                f"{form.id}@{edition.version} has changed: it is {digest}, not {edition.digest or 'recorded'}; "
                f"copy the sources as they were into forms/{edition.folder}"
            )
    current = [item.version for item in form.versions if item.status is VersionStatus.CURRENT]
    if len(current) != 1:
        faults.append(f"{form.id}: one version is current, not {', '.join(current) or 'none'}")
    return faults


def _sources(form: ResearchField) -> list[str]:
    kinds = sorted({package_kind(package).lower() for package in form.packages})
    return ["core.yaml", "modules.yaml", f"fields/{form.id}.yaml", *(f"packages/{kind}.yaml" for kind in kinds)]


def _source(name: str, folder: str) -> Any:
    return read_yaml(source_path(name, folder))
