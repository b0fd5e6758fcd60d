"""Which rule set is in force: the data that rules are made of, of this version of dsqc or of one released before.

A released rule set is an archive that never changes (``dsqc.schemas/rule-sets``): registry, forms, vocabularies and
quality goals as they were. What is large (ontologies, outlines of countries, taxonomy) it names by digest.
Whoever reads such data asks :func:`schemas` or :func:`data_file` for their place, never ``dsqc.schemas`` itself. Where
code changed what it finds, it asks :func:`since`::

    with using("2026.11"):
        validate(folder, None)

One rule set is in force in a process at a time: a program that needs several at once starts a process for each.
"""

import csv
import hashlib
import io
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Lock
from typing import Any

from dsqc.errors import SystemFault, UsageError
from dsqc.language import Text

FOLDER = "rule-sets"
INDEX = "index.toml"
MANIFEST = "manifest.tsv"
KEPT = "data"
"""Folder of large files that released rule sets name and that the current data no longer hold."""
SMALL_FOLDERS = (("rules", ".toml"), ("forms", ".yaml"), ("vocabularies", ".tsv"), ("quality-goals", ".yaml"))
"""What travels in the archive itself; forms bring the vocabularies of their older versions along."""
LARGE_FOLDERS = (("geography", ".tsv"), ("ontologies", ".tsv.gz"), ("ontologies", ".tsv"), ("taxonomy", ".sqlite"))
"""What an archive names by digest."""
DIGITS = 12
"""Hexadecimal digits of a digest that are shown: enough to tell versions apart."""
VERSION = re.compile(r"20[0-9]{2}\.(?:0[1-9]|1[0-2])(?:\.[1-9])?", re.ASCII)
"""Names of released rule sets: year and month, with a number for a further one of the same month."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A released rule set.

    Attributes:
        version: its name, as ``2026.11``; names sort by age.
        date: day of the release.
        digest: SHA-256 of its manifest, which names all its files by their digests.
        archive_sha256: SHA-256 of its archive.
        dsqc_version: version of dsqc that it was released with.
        note: what changed, in short.
    """

    version: str
    date: str
    digest: str
    archive_sha256: str
    dsqc_version: str
    note: Text

    @property
    def name(self) -> str:
        """How results name it."""
        return f"{self.version}+{self.digest[:DIGITS]}"


@dataclass(frozen=True, slots=True)
class _Open:
    """A released rule set with its archive and the digests of all its files by path."""

    rule_set: RuleSet
    root: zipfile.Path
    manifest: dict[str, str]


_in_force: _Open | None = None
_switching = Lock()


def package_data() -> Traversable:
    """The data of this version of dsqc, whatever rule set is in force."""
    return files("dsqc.schemas")


def schemas() -> Traversable:
    """Where registry, forms, vocabularies and quality goals of the rule set in force stand."""
    return package_data() if _in_force is None else _in_force.root


def data_file(path: str) -> Traversable:
    """A file of the rule set in force, large ones too.

    Args:
        path: below ``dsqc.schemas``, as ``ontologies/uberon.tsv.gz``. The file may be missing, as any path may.

    Raises:
        SystemFault: a released rule set names a file that does not travel with dsqc.
    """
    current = package_data().joinpath(*path.split("/"))
    if _in_force is None:
        return current
    wanted = _in_force.manifest.get(path)
    packed = _in_force.root.joinpath(path)
    if wanted is None or packed.is_file():
        return packed
    for place in (current, package_data().joinpath(FOLDER, KEPT, wanted)):
        if place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == wanted:
            return place
    raise SystemFault(
        f"Rule set {_in_force.rule_set.version} needs {path} ({wanted[:DIGITS]}), which is missing.",
        hint="dsqc is damaged: install it again.",
    )


@cache
def released() -> dict[str, RuleSet]:
    """All released rule sets by version, the oldest first.

    Raises:
        SystemFault: their list is damaged (our fault: it travels in the wheel).
    """
    entry = package_data().joinpath(FOLDER, INDEX)
    if not entry.is_file():
        return {}
    try:
        return {
            version: RuleSet(
                version=version,
                date=str(row["date"]),
                digest=row["digest"],
                archive_sha256=row["archive_sha256"],
                dsqc_version=row["dsqc_version"],
                note=Text(row["note_en"], row["note_ko"]),
            )
            for version, row in sorted(tomllib.loads(entry.read_text(encoding="utf-8")).items())
        }
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise SystemFault(f"The list of rule sets is malformed: {error}.") from error


def find(version: str) -> RuleSet:
    """The released rule set ``version``: ``2026.11``, or as results name it, ``2026.11+0123456789ab``.

    Raises:
        UsageError: there is none, or it has another digest.
    """
    plain, _, digest = version.partition("+")
    found = released().get(plain)
    if found is None:
        known = ", ".join(item.version for item in released().values()) or "none"
        raise UsageError(
            f"There is no released rule set {version!r}.", hint=f"Released: {known}; see `dsqc rule-sets`."
        )
    if digest and found.digest[: len(digest)] != digest:
        raise UsageError(
            f"Rule set {plain} has the digest {found.digest[:DIGITS]} here, not {digest}.",
            hint="It was made by another dsqc: use that one.",
        )
    return found


def is_released(version: str) -> bool:
    """Whether results that name ``version`` were judged by a rule set that runs here."""
    plain, _, digest = version.partition("+")
    found = released().get(plain)
    return found is not None and bool(digest) and found.digest.startswith(digest)


def in_force() -> RuleSet | None:
    """The released rule set in force; ``None`` for that of this version of dsqc."""
    return None if _in_force is None else _in_force.rule_set


def since(version: str) -> bool:
    """Whether the rule set in force behaves as from ``version`` on; that of this dsqc is newer than any released one.

    For code that changed what it finds: the old way stays, for the rule sets that were released with it.
    """
    return _in_force is None or _in_force.rule_set.version >= version


def use(version: str | None) -> RuleSet | None:
    """Put a released rule set in force for the rest of the process; ``None`` goes back to that of this dsqc.

    Raises:
        UsageError: there is no such rule set.
        SystemFault: its archive is damaged.
    """
    global _in_force  # noqa: PLW0603  what is in force holds for the process
    chosen = open_rule_set(find(version)) if version else None
    with _switching:
        if chosen is not _in_force:
            _in_force = chosen
            _forget()
    return in_force()


@contextmanager
def using(version: str | None) -> Iterator[RuleSet | None]:
    """A rule set for a while; afterwards that of before is in force again."""
    before = in_force()
    try:
        yield use(version)
    finally:
        use(before.version if before else None)


@cache
def open_rule_set(rule_set: RuleSet) -> _Open:
    """The archive of a released rule set, proven.

    Raises:
        SystemFault: it is missing, or not what was released.
    """
    entry = package_data().joinpath(FOLDER, f"{rule_set.version}.zip")
    content = entry.read_bytes() if entry.is_file() else b""
    if hashlib.sha256(content).hexdigest() != rule_set.archive_sha256:
        raise SystemFault(
            f"The archive of rule set {rule_set.version} is not what was released.",
            hint="dsqc is damaged: install it again.",
        )
    root = zipfile.Path(zipfile.ZipFile(io.BytesIO(content)))
    text = root.joinpath(MANIFEST).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return _Open(rule_set, root, {row["path"]: row["sha256"] for row in rows})


def current_files() -> dict[str, bytes]:
    """Path and bytes of everything that a release of the current data holds or names, in the order of paths."""
    found = {
        path: content
        for folder, suffix in (*SMALL_FOLDERS, *LARGE_FOLDERS)
        for path, content in walk(package_data().joinpath(folder), suffix, folder)
    }
    snapshots = package_data().joinpath("snapshots.toml")
    return dict(sorted((found | {"snapshots.toml": snapshots.read_bytes()}).items()))


def walk(folder: Traversable, suffix: str, name: str) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file with ``suffix`` below ``folder``, in the order of their names."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from walk(entry, suffix, f"{name}/{entry.name}")
        elif entry.name.endswith(suffix):
            yield f"{name}/{entry.name}", entry.read_bytes()


def _forget() -> None:
    """Empty every cache of dsqc: what was read and compiled belongs to the rule set of before."""
    own = {released, open_rule_set}
    for name, module in list(sys.modules.items()):
        if name.startswith("dsqc.") and not name.startswith("dsqc.kernels"):
            for item in list(vars(module).values()):
                if _is_cache(item) and item not in own:
                    item.cache_clear()


def _is_cache(item: Any) -> bool:
    return callable(item) and hasattr(item, "cache_clear") and str(getattr(item, "__module__", "")).startswith("dsqc")
