"""A grant: presigned URLs with which a submitter sends into an inbox, without any credentials. The file is a secret."""

import base64
import json
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dsqc.artefact import to_json, write_fault
from dsqc.crypt4gh import PublicKey
from dsqc.crypt4gh.keys import KEY_BYTES
from dsqc.errors import StorageFault, UsageError
from dsqc.sending.requests import PARTS_A_PAGE, Call, Kind, headers_of, method_of
from dsqc.sending.web import Answer, Request

SCHEMA_VERSION = "1.0"
RENEW_HINT = (
    "Ask the station for a renewed grant (`dsqc grant renew`) and run the same command with it; "
    "what has arrived is kept."
)


@dataclass(frozen=True, slots=True)
class GrantedFile:
    """What may be sent under one name.

    Attributes:
        size_bytes: the size that was agreed; ``None`` where any size goes (forms, small lists of dsqc).
        part_bytes: bytes of a part; 0 where the file goes in one request.
        upload_id: the upload in parts that the station has begun.
        content_md5: the MD5 that is signed into the URL (base64); empty where none is.
        urls: presigned URLs by what they do; ``part`` and ``parts`` have one a part, and one a page of 1,000 parts.
    """

    name: str
    size_bytes: int | None
    part_bytes: int = 0
    upload_id: str = ""
    content_md5: str = ""
    urls: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What stands in a grant file. Times are seconds since 1970; ``inbox`` is the ``s3://`` URL, for people.

    ``station_public_key``: whom data of a closed submission is encrypted to; ``None`` where the station has no keys.
    """

    name: str
    inbox: str
    issued_at: float
    expires_at: float
    files: tuple[GrantedFile, ...] = field(repr=False)
    station_public_key: PublicKey | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the file."""
        key = self.station_public_key
        return {
            "schema_version": SCHEMA_VERSION,
            "name": self.name,
            "inbox": self.inbox,
            "issued_at": _shown(self.issued_at),
            "expires_at": _shown(self.expires_at),
            **({"station_public_key": base64.b64encode(key.data).decode("ascii")} if key else {}),
            "files": [
                {
                    "name": item.name,
                    "size_bytes": item.size_bytes,
                    "part_bytes": item.part_bytes,
                    "upload_id": item.upload_id,
                    "content_md5": item.content_md5,
                    "urls": dict(item.urls),
                }
                for item in self.files
            ],
        }


def _shown(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def write_grant(path: Path, grant: Grant) -> None:
    """Write a grant for its owner's eyes only (mode 0600), whole or not at all.

    Raises:
        StorageFault: the place cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(to_json(grant.to_dict()))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise write_fault(path, error) from error


def read_grant(path: Path) -> Grant:
    """Read a grant.

    Raises:
        UsageError: there is none at ``path``, or it is no grant of a version that is known here.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist.", hint="Give the grant file that the station sent you.") from error
    except (OSError, ValueError):
        raise UsageError(f"{path} is no grant file.", hint="Ask the station to send it again.") from None
    try:
        if value["schema_version"] != SCHEMA_VERSION:
            raise ValueError
        files = tuple(GrantedFile(**item) for item in value["files"])
        issued, expires = (datetime.fromisoformat(value[name]).timestamp() for name in ("issued_at", "expires_at"))
        key = _public_key(value.get("station_public_key", ""))
        return Grant(str(value["name"]), str(value["inbox"]), issued, expires, files, key)
    except (KeyError, TypeError, ValueError):
        # No cause: it would quote the content, which is a secret.
        raise UsageError(
            f"{path} is no grant that this version of dsqc reads.",
            hint="Update dsqc, or ask the station for a new one.",
        ) from None


def _public_key(text: str) -> PublicKey | None:
    """Raises ValueError where it is none."""
    if not text:
        return None
    data = base64.b64decode(text, validate=True)
    if len(data) != KEY_BYTES:
        raise ValueError
    return PublicKey(data)


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read the file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


class GrantGate:
    """Requests whose URLs stand in the grant. No other can be made."""

    may_begin = False

    def __init__(self, grant: Grant) -> None:
        self.url = grant.inbox
        self._grant = grant
        self._files = {item.name: item for item in grant.files}

    def request(self, call: Call) -> Request:
        """Raises StorageFault where the grant has expired or does not hold such a URL."""
        self._require_valid(time.time())
        urls = self._files[call.name].urls if call.name in self._files else {}
        found = urls.get(call.kind.value)
        if call.kind is Kind.PART:
            found = _at(found, call.number - 1)
        elif call.kind is Kind.PARTS:
            found = _at(found, call.number // PARTS_A_PAGE)
        what = f"{self.url}/{call.name}"
        if not isinstance(found, str) or not found:
            raise StorageFault(f"{what}: the grant does not allow this ({call.kind.value}).", hint=RENEW_HINT)
        headers = headers_of(call)
        headers.pop("x-amz-checksum-mode", None)  # it would have to be signed
        return Request(method_of(call.kind), found, what, headers)

    def refused(self, answer: Answer) -> None:
        """Tell an expired grant from other refusals: by the store's clock."""
        if answer.status in (400, 401, 403):
            self._require_valid(answer.seconds("date") or time.time())

    def upload_id(self, name: str) -> str:
        """The upload that the station has begun."""
        return self._files[name].upload_id if name in self._files else ""

    def fixed_part(self, name: str) -> int | None:
        """As the grant says."""
        return self._files[name].part_bytes if name in self._files else 0

    def refusal(self, name: str, size_bytes: int) -> str:
        """Names that the grant does not hold, sizes that differ from what was agreed."""
        item = self._files.get(name)
        if item is None:
            return "the grant does not name this file"
        if item.size_bytes not in (None, size_bytes):
            return f"the grant is for {item.size_bytes:,} bytes, the file has {size_bytes:,}"
        return ""

    def _require_valid(self, now: float) -> None:
        if now >= self._grant.expires_at:
            raise StorageFault(f"The grant has expired ({_shown(self._grant.expires_at)}).", hint=RENEW_HINT)


def _at(urls: Any, index: int) -> Any:
    return urls[index] if isinstance(urls, list) and 0 <= index < len(urls) else None
