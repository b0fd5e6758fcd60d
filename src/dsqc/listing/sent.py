"""``sent.json``: what the sender has sent, put into the inbox last; so the station knows that the submission is whole.

Its checksums were taken at the sender, in the reading whose bytes travelled: with them the station proves the way from
one end to the other. The SHA-256 is always there, the MD5 where the sender had a reason to take it. While files still
travel it says ``"complete": false``, or is not there.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dsqc.artefact import to_json
from dsqc.listing.digests import Digests, Expected, SealedAs

SCHEMA_VERSION = "1.0"
_MD5 = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file that stands in the inbox, proven. ``kind``: form or data.

    Digests are the content's; ``encrypted`` is what stands there in its place where the submission is closed.
    """

    name: str
    kind: str
    digests: Digests
    encrypted: SealedAs | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The content of ``sent.json``."""

    files: tuple[SentFile, ...] = ()
    complete: bool = False

    def expected(self, name: str, sheet: Expected | None = None) -> Expected:
        """Checksums of ``name``: the file sheet's where it gives one, the sender's in their place where it does not.

        What the sheet says is the submitter's word on the data, and stays the yardstick.
        """
        row = self.find(name)
        sheet = sheet or Expected()
        if row is None:
            return sheet
        return Expected(sheet.md5 or row.digests.md5, sheet.sha256 or row.digests.sha256)

    def find(self, name: str) -> SentFile | None:
        """What is said of ``name``."""
        return next((item for item in self.files if item.name == name), None)

    def to_bytes(self) -> bytes:
        """As it stands in the inbox: the same files, the same bytes."""
        value = {"schema_version": SCHEMA_VERSION, "complete": self.complete, "files": _rows(self.files)}
        return to_json(value).encode("utf-8")


def parse_sent(data: bytes) -> Sent | None:
    """Read ``sent.json``; ``None`` where it is none: it lies in an inbox that others write to, and is only a help."""
    try:
        value = json.loads(data)
        rows = tuple(_read_row(row) for row in value["files"])
        return Sent(rows, value["complete"] is True) if value["schema_version"] == SCHEMA_VERSION else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _rows(files: Iterable[SentFile]) -> list[dict[str, Any]]:
    return [
        {
            "name": item.name,
            "kind": item.kind,
            "size_bytes": item.digests.size_bytes,
            **({"md5": item.digests.md5} if item.digests.md5 else {}),
            "sha256": item.digests.sha256,
            **({"encrypted": item.encrypted.to_dict()} if item.encrypted else {}),
        }
        for item in files
    ]


def _read_row(row: dict[str, Any]) -> SentFile:
    name, kind, encrypted = row["name"], row["kind"], row.get("encrypted")
    if kind not in ("form", "data"):
        raise ValueError(name)
    sealed = SealedAs(str(encrypted["name"]), _read_digests(encrypted)) if encrypted is not None else None
    return SentFile(str(name), kind, _read_digests(row), sealed)


def _read_digests(row: dict[str, Any]) -> Digests:
    size, md5, sha256 = row["size_bytes"], row.get("md5", ""), row["sha256"]
    if type(size) is not int or (md5 != "" and not _MD5.fullmatch(md5)) or not _SHA256.fullmatch(sha256):
        raise ValueError(size)
    return Digests(size, md5, sha256)
