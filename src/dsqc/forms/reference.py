"""Reference data that rules look up: tables of ``dsqc.schemas``, and the list of what they are taken from and when.

``schemas/snapshots.toml`` names every snapshot with its version, source, licence and digest: a result that depends on
one can say so (:func:`snapshots`).
"""

import csv
import gzip
import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache

from dsqc.errors import SystemFault
from dsqc.rule_data import data_file, schemas


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Reference data as of one day.

    Attributes:
        name: short name, as ``uberon``.
        path: file below ``dsqc.schemas``.
        version: the source's own version, or the day it was taken.
        source: where it comes from.
        licence: SPDX identifier, or ``public domain``.
        entries: number of entries.
        complete: whether all entries of the source are there.
        sha256: digest of the file (of the unpacked text where it is packed).
    """

    name: str
    path: str
    version: str
    source: str
    licence: str
    entries: int
    complete: bool
    sha256: str


@cache
def snapshots() -> dict[str, Snapshot]:
    """All snapshots by name.

    Raises:
        SystemFault: the list is damaged (our fault: it travels in the wheel).
    """
    listed = tomllib.loads(schemas().joinpath("snapshots.toml").read_text(encoding="utf-8"))
    try:
        return {name: Snapshot(name=name, **entry) for name, entry in sorted(listed.items())}
    except TypeError as error:
        raise SystemFault(f"snapshots.toml is malformed: {error}.") from error


def reference_bytes(path: str) -> bytes:
    """The unpacked bytes of a file below ``dsqc.schemas``.

    Raises:
        SystemFault: there is none.
    """
    entry = data_file(path)
    if not entry.is_file():
        raise SystemFault(f"Reference data {path} do not travel with dsqc.")
    data = entry.read_bytes()
    return gzip.decompress(data) if path.endswith(".gz") else data


def digest(path: str) -> str:
    """SHA-256 of the unpacked bytes of a file below ``dsqc.schemas``."""
    return hashlib.sha256(reference_bytes(path)).hexdigest()


@cache
def reference_table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of ``dsqc.schemas/<name>.tsv``.

    Raises:
        SystemFault: there is none.
    """
    return table_rows(reference_bytes(f"{name}.tsv").decode("utf-8"))


def table_rows(text: str) -> tuple[dict[str, str], ...]:
    """Rows of a table that travels with dsqc: tabs between cells, no quotes."""
    return tuple(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
