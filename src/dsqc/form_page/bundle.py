"""What of dsqc travels in the page: the rooms that forms need, their data, and the pure Python under them, in one ZIP.

The same version of dsqc gives the same bytes.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from dsqc.errors import SystemFault
from dsqc.forms.fields import PARSED, read_yaml

ROOMS = ("columns", "crypt4gh", "form_page", "forms", "listing", "report", "rules", "stages", "submission", "taxonomy")
"""Rooms of dsqc that validating and correcting a form loads; the modules beside the rooms come all."""
SCHEMAS = ("forms", "geography", "ontologies", "rules", "taxonomy", "vocabularies")
"""Folders of ``dsqc.schemas`` that they read; the files beside the folders come all."""
LIBRARIES = ("jinja2", "markupsafe")
"""Packages of others, of which the pure Python travels."""
_UNUSED = (".pyc", ".pyi", ".so", ".pyd", ".c", ".dmp", ".md")
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16


def bundle(wheels: Iterable[Path]) -> bytes:
    """The ZIP that the page unpacks into its ``site-packages``.

    Args:
        wheels: packages built for the page's Python; they are laid beside the rest.
    """
    content = dict(_ours())
    for name in LIBRARIES:
        content.update(_tree(files(name), name))
        content.update(_licences(name))
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            content.update((name, archive.read(name)) for name in names if "/sboms/" not in name)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr, entry.compress_type = _MODE, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=9)
    return target.getvalue()


def _licences(name: str) -> Iterator[tuple[str, bytes]]:
    """The licence of a package, which asks to go with it."""
    for path in distribution(name).files or ():
        if "licen" in path.name.casefold():
            yield path.as_posix(), path.read_binary()


def _ours() -> Iterator[tuple[str, bytes]]:
    package, schemas = files("dsqc"), files("dsqc.schemas")
    yield from _files(package, "dsqc")
    for room in ROOMS:
        yield from _tree(package.joinpath(room), f"dsqc/{room}")
    yield from _files(schemas, "dsqc/schemas")
    for folder in SCHEMAS:
        yield from _tree(schemas.joinpath(folder), f"dsqc/schemas/{folder}")
    for name, _ in _tree(schemas.joinpath("forms"), ""):
        if name.endswith(".yaml"):
            yield f"dsqc/schemas/forms{name}{PARSED}", _parsed(name.removeprefix("/"))


def _parsed(path: str) -> bytes:
    """A source of the forms as JSON, which a browser reads a hundred times faster than YAML."""
    value = read_yaml(path)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if json.loads(text) != value:
        raise SystemFault(f"The form source {path} holds what JSON cannot say.", hint="Please report this.")
    return text.encode("utf-8")


def _files(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_file() and not entry.name.endswith(_UNUSED):
            yield f"{name}/{entry.name}", entry.read_bytes()


def _tree(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    yield from _files(folder, name)
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _tree(entry, f"{name}/{entry.name}")
