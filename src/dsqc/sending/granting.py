"""The station's side of grants: begin uploads for a submitter, presign URLs, presign them anew, take them back."""

import base64
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsqc.crypt4gh import ONE_RECIPIENT_BYTES, PublicKey, sealed_name, stored_size
from dsqc.errors import StorageFault, UsageError
from dsqc.findings import FindingLog
from dsqc.listing import (
    SENDER,
    SENT,
    Listed,
    is_bare,
    is_closed,
    is_own,
    is_short,
    listed_files,
    normalise,
    read_listing,
)
from dsqc.model import SHEETS
from dsqc.sending.destination import part_count, part_size
from dsqc.sending.grant import Grant, GrantedFile
from dsqc.sending.requests import PARTS_A_PAGE, Call, KeyGate, Kind
from dsqc.sending.web import Line, Web
from dsqc.storage import s3
from dsqc.submission import is_form_file, sheet_files

LONGEST_S = 7 * 86_400
"""What the signatures of S3 allow."""
LARGEST_WHOLE = 5 << 30
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_MD5 = re.compile(r"[0-9a-f]{32}")
_FORMS = ("submission.xlsx", *(f"{sheet}.tsv" for sheet in SHEETS))
_OWN = {
    SENT: (Kind.PUT, Kind.HEAD, Kind.GET),
    SENDER: (Kind.PUT, Kind.GET, Kind.DELETE),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One file that a submitter asks to send. ``size_bytes`` ``None``: a form, of any size; ``md5`` may be empty."""

    name: str
    size_bytes: int | None
    md5: str = ""


def read_asked(path: Path) -> list[Asked]:
    """Files that a grant is asked for: forms of a submission, or a table (``dsqc grant request`` writes one).

    The table has the columns name, size_bytes and, where they are known, md5, separated by tabs.

    Raises:
        UsageError: a name or a size is missing or wrong; every fault is named.
    """
    if path.is_dir() or path.suffix.casefold() == ".xlsx":
        return _asked_by_forms(path)
    try:
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", hint="Give the forms, or a table of names and sizes.") from error
    if not lines or lines[0][:2] != ["name", "size_bytes"]:
        raise UsageError(
            f"{path} has no columns name and size_bytes.",
            hint="The submitter makes it with `dsqc grant request SUBMISSION -o files.tsv`.",
        )
    rows = [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]
    return _checked(path, [(row["name"], row.get("size_bytes", ""), row.get("md5", "")) for row in rows])


def _asked_by_forms(path: Path) -> list[Asked]:
    submission = read_listing(path)
    listed, is_sealed = listed_files(submission, FindingLog()), is_closed(submission) is not False
    rows = [_travelling(item) if is_sealed else _row(item.name, item.size_bytes, item.expected.md5) for item in listed]
    forms = [path.name] if path.is_file() else sheet_files(item.name for item in path.iterdir())
    return [*(Asked(normalise(name), None) for name in forms), *_checked(path, rows)]


def _row(name: str, size_bytes: int | None, md5: str) -> tuple[str, str, str]:
    return name, "" if size_bytes is None else str(size_bytes), md5


def _travelling(item: Listed) -> tuple[str, str, str]:
    """A file of a closed submission as it travels; nobody knows the MD5 of that yet."""
    if not is_bare(item.name) or item.size_bytes is None or is_form_file(item.name):
        return _row(item.name, item.size_bytes, "")
    return _row(sealed_name(item.name), ONE_RECIPIENT_BYTES + stored_size(item.size_bytes), "")


def _checked(path: Path, rows: Iterable[tuple[str, str, str]]) -> list[Asked]:
    asked: dict[str, Asked] = {}
    faults = []
    for spelled, size, md5 in rows:
        name = normalise(spelled)
        if not is_bare(name) or not is_short(name) or is_own(name):
            faults.append(f"{name!r} cannot be the name of a file")
        elif not (size.isascii() and size.isdigit() and int(size)):
            faults.append(f"{name!r} has no size in bytes")
        elif is_form_file(name):
            # A form may be corrected after the grant was asked for.
            asked[name] = Asked(name, None)
        else:
            asked[name] = Asked(name, int(size), md5 if _MD5.fullmatch(md5) else "")
    if faults:
        more = f", and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise UsageError(
            f"{path}: {'; '.join(faults[:5])}{more}.",
            hint="Fill size_bytes in the file sheet, or have the submitter run `dsqc grant request SUBMISSION`.",
        )
    if not asked:
        raise UsageError(f"{path} lists no file.", hint="Give the forms, or a table of names and sizes.")
    return list(asked.values())


class Granting:
    """Makes grants for one inbox, with the station's keys."""

    def __init__(self, gate: KeyGate, line: Line) -> None:
        self.gate = gate
        self.web = Web(line)

    def issue(
        self,
        name: str,
        asked: Iterable[Asked],
        expires_s: int,
        part_bytes: int,
        station_public_key: PublicKey | None = None,
    ) -> Grant:
        """Begin the uploads of large files and presign everything that a sender needs.

        Args:
            name: names the grant, for people.
            expires_s: how long the URLs are good; at most a week.
            part_bytes: size of the parts of files that are larger than that.
            station_public_key: whom data of a closed submission is encrypted to.

        Raises:
            UsageError, StorageFault, TransientFault: no keys, or the store refuses or cannot be reached.
        """
        items = {item.name: item for item in asked}
        for form in _FORMS:
            items.setdefault(form, Asked(form, None))
        now = time.time()
        files = []
        try:
            for item in items.values():
                files.append(self._begin(item, part_bytes))
        except BaseException:
            for begun in files:
                self._abort(begun)
            raise
        own = [GrantedFile(name, None) for name in _OWN]
        signed = tuple(self._signed(item, expires_s) for item in (*files, *own))
        return Grant(name, self.gate.url, now, now + expires_s, signed, station_public_key)

    def renew(self, grant: Grant, expires_s: int) -> Grant:
        """The same files and uploads with new URLs.

        Raises:
            StorageFault: none of its uploads is known any more: then only a new grant helps.
        """
        now = time.time()
        in_parts = [item for item in grant.files if item.upload_id]
        known = [item for item in in_parts if self._is_known(item)]
        if in_parts and not known and not any(self._stands(item) for item in in_parts):
            raise StorageFault(
                f"The store knows none of the {len(in_parts)} uploads of this grant any more.",
                hint="They were swept or taken back: issue a new grant.",
            )
        files = tuple(self._signed(item, expires_s) for item in grant.files)
        return replace(grant, issued_at=now, expires_at=now + expires_s, files=files)

    def revoke(self, grant: Grant) -> int:
        """Drop the uploads that were not finished: their URLs lead nowhere from then on. How many there were."""
        return sum(self._abort(item) for item in grant.files if item.upload_id)

    def _begin(self, item: Asked, part_bytes: int) -> GrantedFile:
        md5 = base64.b64encode(bytes.fromhex(item.md5)).decode("ascii")
        if item.size_bytes is None or item.size_bytes <= min(part_bytes, LARGEST_WHOLE):
            return GrantedFile(item.name, item.size_bytes, content_md5=md5)
        answer = self.web.send(lambda: self.gate.request(Call(Kind.CREATE, item.name)))
        found = _UPLOAD_ID.search(answer.body)
        if not answer.is_good or found is None:
            raise s3.fault_of_code(answer.code, f"{self.gate.url}/{item.name}")
        return GrantedFile(item.name, item.size_bytes, part_size(item.size_bytes, part_bytes), found[1].decode("ascii"))

    def _signed(self, item: GrantedFile, expires_s: int) -> GrantedFile:
        def url(kind: Kind, number: int = 0) -> str:
            md5 = item.content_md5 if kind is Kind.PUT else ""
            upload = item.upload_id if kind in (Kind.PART, Kind.PARTS, Kind.COMPLETE) else ""
            return self.gate.presigned(Call(kind, item.name, upload=upload, number=number, content_md5=md5), expires_s)

        urls: dict[str, Any] = {}
        if item.upload_id and item.size_bytes is not None:
            count = part_count(item.size_bytes, item.part_bytes)
            urls["part"] = [url(Kind.PART, number) for number in range(1, count + 1)]
            urls["parts"] = [url(Kind.PARTS, after) for after in range(0, count, PARTS_A_PAGE)]
            urls["complete"] = url(Kind.COMPLETE)
            kinds: tuple[Kind, ...] = (Kind.HEAD, Kind.GET)
        else:
            kinds = _OWN.get(item.name, (Kind.PUT, Kind.HEAD, Kind.GET))
        urls |= {kind.value: url(kind) for kind in kinds}
        return replace(item, urls=urls)

    def _is_known(self, item: GrantedFile) -> bool:
        answer = self.web.send(lambda: self.gate.request(Call(Kind.PARTS, item.name, upload=item.upload_id)))
        if answer.is_good or answer.code in ("NoSuchUpload", "NoSuchKey", "404"):
            return answer.is_good
        raise s3.fault_of_code(answer.code, f"{self.gate.url}/{item.name}")

    def _stands(self, item: GrantedFile) -> bool:
        return self.web.send(lambda: self.gate.request(Call(Kind.HEAD, item.name))).is_good

    def _abort(self, item: GrantedFile) -> bool:
        if not item.upload_id:
            return False
        return self.web.send(lambda: self.gate.request(Call(Kind.ABORT, item.name, upload=item.upload_id))).is_good
