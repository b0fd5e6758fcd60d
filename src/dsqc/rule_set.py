"""What a verdict depends on beside the submission: one version of all rules, forms and vocabularies, and each by name.

Two results that name the same versions were judged alike, wherever that was.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

from dsqc import rule_data
from dsqc.rule_data import DIGITS, walk
from dsqc.version import __version__

_FOLDERS = (("forms", ".yaml"), ("rules", ".toml"), ("vocabularies", ".tsv"))
SNAPSHOTS = "snapshots.toml"
"""List of the reference data that are too large to be hashed at each start; each names its version and digest there."""


@cache
def rule_set_version() -> str:
    """The released rule set in force (``2026.11+0123456789ab``), else the version of dsqc and a digest of its own data.

    The digest is of everything that rules are made of (registry, forms, vocabularies): small files all. What is
    large counts by its entry in ``snapshots.toml``.
    """
    released = rule_data.in_force()
    if released is not None:
        return released.name
    digest = hashlib.sha256()
    for folder, suffix in _FOLDERS:
        for path, content in walk(_schemas().joinpath(folder), suffix, folder):
            digest.update(f"{path}\0{len(content)}\0".encode())
            digest.update(content)
    digest.update(_snapshot_list())
    return f"{__version__}+{digest.hexdigest()[:DIGITS]}"


@cache
def vocabulary_versions() -> dict[str, str]:
    """Every vocabulary by name with the first digits of its SHA-256; every snapshot with the version of its source."""
    found = {
        path.rpartition("/")[2].removesuffix(".tsv"): hashlib.sha256(content).hexdigest()[:DIGITS]
        for path, content in walk(_schemas().joinpath("vocabularies"), ".tsv", "vocabularies")
    }
    snapshots = tomllib.loads(_snapshot_list().decode("utf-8"))
    found.update((name, str(entry["version"])) for name, entry in snapshots.items() if "version" in entry)
    return dict(sorted(found.items()))


def versions_of(validation: Mapping[str, Any]) -> dict[str, str | None]:
    """What later results say of the versions: form, rule set, and one digest of all vocabularies.

    Args:
        validation: content of ``validate.json``.
    """
    form = validation.get("form")
    if "vocabularies" not in validation:  # Written before results named them.
        return {"form": _reference(form), "rule_set": validation.get("rule_set_version", ""), "vocabularies": ""}
    text = "\n".join(f"{name}\t{version}" for name, version in sorted(validation["vocabularies"].items()))
    return {
        "form": _reference(form),
        "rule_set": validation.get("rule_set_version", ""),
        "vocabularies": hashlib.sha256(text.encode("utf-8")).hexdigest()[:DIGITS],
    }


def _reference(form: Mapping[str, str] | None) -> str | None:
    return f"{form['id']}@{form['version']}" if form else None


def _schemas() -> Traversable:
    return rule_data.schemas()


def _snapshot_list() -> bytes:
    entry = _schemas().joinpath(SNAPSHOTS)
    return entry.read_bytes() if entry.is_file() else b""
