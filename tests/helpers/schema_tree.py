"""Another tree of schemas in the place of the one that ships: forms with a second version, migrations."""

import importlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

MODULES = ("compose", "fields", "form", "json_schema", "migrations", "source", "versions", "vocabulary")
"""Modules of ``dsqc.forms`` that read or remember something of the schemas."""


def _dump(data: Any) -> str:
    return str(yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False))


class SchemaTree:
    """A copy of ``dsqc.schemas`` that a test may change; the forms are read from it while :meth:`used` is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        source = Path(str(files("dsqc.schemas")))
        for room in ("forms", "vocabularies"):
            shutil.copytree(source / room, folder / room)

    def edit(self, path: str, change: Callable[[Any], None]) -> None:
        """Change a YAML file of the tree."""
        file = self.folder / path
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        change(data)
        file.write_text(_dump(data), encoding="utf-8")

    def write(self, path: str, data: Any) -> None:
        """Write a new YAML file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_dump(data), encoding="utf-8")

    def freeze(self, version_folder: str, *names: str) -> None:
        """Copy sources as they are (``core.yaml``, ``vocabularies/field.tsv``) into the folder of an older version."""
        for name in names:
            room = self.folder if name.startswith("vocabularies/") else self.folder / "forms"
            target = self.folder / "forms" / version_folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(room / name, target)

    def versions(self, form_id: str, *entries: dict[str, str]) -> None:
        """Set the versions of a form."""

        def change(registry: Any) -> None:
            next(item for item in registry["fields"] if item["id"] == form_id)["versions"] = list(entries)

        self.edit("forms/fields.yaml", change)

    @contextmanager
    def used(self) -> Iterator["SchemaTree"]:
        """Let the forms be read from this tree."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fields", "vocabulary"):
                patch.setattr(importlib.import_module(f"dsqc.forms.{name}"), "schemas", lambda: self.folder)
            forget()
            try:
                yield self
            finally:
                patch.undo()
                forget()


def forget() -> None:
    """Empty whatever remembers something of the forms."""
    names = [f"dsqc.forms.{name}" for name in MODULES] + ["dsqc.stages.validate"]
    for module in map(importlib.import_module, names):
        for item in vars(module).values():
            if hasattr(item, "cache_clear"):
                item.cache_clear()
