"""What stands in an object store: keys, the rows that tell of objects, and what manifests and recipes say of them.

Layout under the tier's URL::

    objects/sha256/<2>/<2>/<sha256>          the bytes, put if absent, never changed
    submissions/<accession>/manifest.json    what a submission consists of: the store is readable without the catalog
    archived/<sha256>.json                   recipe: which object gives back this one (``dsqc storage archive``)
    unarchived/<sha256>.json                 why an object is not archived
    claims/<sha256>                          "somebody is about to use this object": keeps it from being swept
    quarantine/<name>.<time>                 damaged bytes that a good copy took the place of
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from dsqc.errors import StorageFault, SystemFault

OBJECTS = "objects/sha256/"
SUBMISSIONS = "submissions/"
CLAIMS = "claims/"
ARCHIVED = "archived/"
UNARCHIVED = "unarchived/"
QUARANTINE = "quarantine/"
BUFFER_BYTES = 1 << 20

ETAG = "etag"
READ_BACK = "read back"
"""How bytes at the far end were proven: by the MD5s that the store made its ETag of, or by reading them."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ACCESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object that is in the store, whole and proven.

    Attributes:
        created: false where it had been there before.
        proof: how it was proven: ``etag`` or ``read back``.
    """

    key: str
    size_bytes: int
    sha256: str
    created: bool
    proof: str = ""


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """One copy of one object in one place, whole and proven.

    Attributes:
        place: name of the place, as in ``dsqc.station.Place``.
        verified_at: when it was proven, in UTC.
        encoding: empty for the object's own bytes; ``recipe`` says how to get them back otherwise.
    """

    place: str
    tier: str
    key: str
    stored_sha256: str
    stored_size_bytes: int
    proof: str
    verified_at: datetime
    encoding: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PutItem:
    """One file to store, with the digests that earlier stages have verified."""

    path: Path
    sha256: str
    md5: str = ""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a listing says of a key."""

    key: str
    size_bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class KnownObject:
    """What the bytes under a key should be, and which submissions say so.

    One that was ``dropped`` need not be there: another object gives it back.
    """

    sha256: str
    size_bytes: int
    submissions: tuple[str, ...] = ()
    named_key: str = ""
    dropped: bool = False

    @property
    def key(self) -> str:
        """Where it stands: under its digest where nothing else is said."""
        return self.named_key or object_key(self.sha256)


@dataclass(frozen=True, slots=True)
class Damage:
    """An object that is not what it should be: ``state`` is missing, size, digest or unreadable."""

    object: KnownObject
    state: str
    seen: str


def object_key(sha256: str) -> str:
    """``objects/sha256/ab/cd/abcd…``.

    Raises:
        SystemFault: ``sha256`` is no SHA-256 in lower-case hexadecimal digits.
    """
    if not _SHA256.fullmatch(sha256):
        raise SystemFault(f"{sha256!r} is no SHA-256.")
    return f"{OBJECTS}{sha256[:2]}/{sha256[2:4]}/{sha256}"


def manifest_key(accession: str) -> str:
    """``submissions/<accession>/manifest.json``.

    Raises:
        SystemFault: the accession holds characters that do not belong into a key.
    """
    if not _ACCESSION.fullmatch(accession):
        raise SystemFault(f"{accession!r} cannot be an accession.")
    return f"{SUBMISSIONS}{accession}/manifest.json"


def changed_file(path: Path) -> SystemFault:
    """The file under ``path`` is not what was verified."""
    return SystemFault(
        f"{path} has changed since its checksums were taken.", hint="Transfer and validate the submission again."
    )


def damaged_object(url: str, key: str, reason: str) -> StorageFault:
    """What stands under ``key`` is not what its name says."""
    return StorageFault(
        f"The object {key} in {url} is damaged: {reason}.",
        hint="Run `dsqc storage verify`, and put the object back from a good copy; dsqc never overwrites it.",
    )


def encoded_of(key: str, recipe: Mapping[str, Any]) -> tuple[str, int]:
    """SHA-256 and size of the object that a recipe is about."""
    try:
        sha256, size = recipe["encoded"]["sha256"], recipe["encoded"]["size_bytes"]
        object_key(sha256)
    except (KeyError, TypeError, SystemFault) as error:
        raise StorageFault(f"{key} names no archived object.", hint="Restore it from a backup.") from error
    return sha256, int(size)


def objects_of(key: str, manifest: Any) -> list[KnownObject]:
    """What a manifest says of its objects: the bytes as they lie there, where that is not the file itself."""
    try:
        rows = [
            KnownObject(
                row.get("stored_sha256", row["sha256"]),
                row.get("stored_size_bytes", row["size_bytes"]),
                named_key=row.get("key", ""),
            )
            for row in (*manifest["objects"], *manifest.get("replaced", ()))
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise StorageFault(f"{key} does not list objects with sha256 and size_bytes.") from error
    for item in rows:
        proper = isinstance(item.sha256, str) and _SHA256.fullmatch(item.sha256) and type(item.size_bytes) is int
        if not proper or not isinstance(item.named_key, str):
            raise StorageFault(f"{key} lists an object without a proper sha256 and size_bytes.")
    return [replace(item, named_key="") if item.named_key == object_key(item.sha256) else item for item in rows]
