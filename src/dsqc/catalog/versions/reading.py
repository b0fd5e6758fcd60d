"""Reading versions: which there are of an object, what differs between them, and one of them whole."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.models import EventRecord, ForeignAccessionRecord, ObjectVersionRecord, SubmissionRecord
from dsqc.catalog.versions.contents import TYPES, content_of, present_version
from dsqc.catalog.versions.withdrawn import withdrawal_of
from dsqc.errors import UsageError
from dsqc.model import SubmissionState

_BESIDE = ("attributes", "project_attributes", "files", "metrics", "fingerprint")
"""Parts of a content that are compared by their own names."""
_KEPT = "The station keeps the record; `--all` shows it."


def version_of_content(session: Session, record: SubmissionRecord, content_sha256: str) -> int | None:
    """The superseded version of a submission that had this content; ``None`` where none had."""
    query = select(ObjectVersionRecord.version).where(
        ObjectVersionRecord.content_sha256 == content_sha256,
        ObjectVersionRecord.submission_id == record.id,
        ObjectVersionRecord.type == TYPES[SubmissionRecord],
    )
    return session.scalars(query.order_by(ObjectVersionRecord.version.desc())).first()


def versions_of(session: Session, name: str, *, withdrawn: bool = False) -> list[dict[str, Any]]:
    """All versions of the object ``name``, oldest first: from when until when, and what differs from the one before.

    Args:
        withdrawn: show also those of an object that was withdrawn.

    Raises:
        UsageError: the catalog has no such accession, or it was withdrawn.
    """
    accession, record = _find(session, name, withdrawn=withdrawn)
    query = select(ObjectVersionRecord).where(ObjectVersionRecord.accession == accession)
    older = session.scalars(query.order_by(ObjectVersionRecord.version)).all()
    contents: list[Mapping[str, Any]] = [*(item.content for item in older), content_of(session, record)]
    starts = [_registered_at(session, record), *(item.superseded_at for item in older)]
    ends = [*(item.superseded_at for item in older), None]
    return [
        {
            "version": number,
            "from": starts[number - 1],
            "until": ends[number - 1],
            "differs": differences(contents[number - 2], content) if number > 1 else [],
        }
        for number, content in enumerate(contents, start=1)
    ]


def show_version(session: Session, name: str, number: int, *, withdrawn: bool = False) -> dict[str, Any]:
    """One version of the object ``name``, as it was.

    Args:
        withdrawn: show also that of an object that was withdrawn.

    Raises:
        UsageError: the catalog has no such accession, it has no such version, or it was withdrawn.
    """
    accession, record = _find(session, name, withdrawn=withdrawn)
    present = present_version(session, accession)
    if not 1 <= number <= present:
        raise UsageError(
            f"{accession} has no version {number}; the newest is {present}.",
            hint="`dsqc catalog show ACC --versions` lists them.",
        )
    head = {"accession": accession, "type": TYPES[type(record)], "version": number, "present_version": present}
    if number == present:
        started = select(ObjectVersionRecord.superseded_at).where(
            ObjectVersionRecord.accession == accession, ObjectVersionRecord.version == number - 1
        )
        begin = session.scalars(started).first() or _registered_at(session, record)
        return {**head, "from": begin, "until": None, "content": content_of(session, record)}
    rows = select(ObjectVersionRecord).where(
        ObjectVersionRecord.accession == accession, ObjectVersionRecord.version.in_([number - 1, number])
    )
    found = {item.version: item for item in session.scalars(rows)}
    begin = found[number - 1].superseded_at if number > 1 else _registered_at(session, record)
    return {**head, "from": begin, "until": found[number].superseded_at, "content": dict(found[number].content)}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What differs between two contents: the name, and what it was and is. Columns repeat attributes and are left out
    where these say it."""
    found: list[dict[str, Any]] = []
    for part in ("attributes", "project_attributes"):
        found += _compare(before.get(part) or {}, after.get(part) or {}, "" if part == "attributes" else "project ")
    said = {item["name"] for item in found}
    plain = [{name: value for name, value in content.items() if name not in _BESIDE} for content in (before, after)]
    if not said:
        found += _compare(plain[0], plain[1], "")
    else:
        linked = {"sample", "experiment", "content_sha256"}
        found += [item for item in _compare(plain[0], plain[1], "") if item["name"] in linked]
    found += _compare(_files(before), _files(after), "file ")
    return found


def _compare(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    return [
        {"name": prefix + name, "before": before.get(name), "after": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _files(content: Mapping[str, Any]) -> dict[str, Any]:
    """Of each file what identifies it."""
    return {
        item["name"]: {
            "sha256": item["sha256"],
            "size_bytes": item["size_bytes"],
            "read_count": item["read_count"],
            "fingerprint": (item.get("fingerprint") or {}).get("reads"),
        }
        for item in content.get("files", ())
    }


def _find(session: Session, name: str, *, withdrawn: bool) -> tuple[str, Any]:
    """The accession of an object (given by it, by one of another centre, or by a submission's alias) and its row."""
    linked = select(ForeignAccessionRecord.accession).where(ForeignAccessionRecord.foreign_accession == name)
    accession = session.scalars(linked).first() or name
    for table in TYPES:
        record = session.scalars(select(table).where(table.accession == accession)).first()
        if record is not None:
            gone = None if withdrawn else withdrawal_of(session, record)
            if gone is not None:
                raise UsageError(f"{accession} was withdrawn on {gone.at[:10]}: {gone.reason}", hint=_KEPT)
            return accession, record
    raise UsageError(f"{name} is not in the catalog.", hint="`dsqc catalog search` lists what is registered.")


def _registered_at(session: Session, record: Any) -> str:
    """When the first version of an object came: with its submission; of a project with the first of its submissions."""
    owner = getattr(record, "submission_id", None)
    about = EventRecord.submission_id == owner
    if isinstance(record, SubmissionRecord):
        about = EventRecord.submission_id == record.id
    elif owner is None:
        belong = select(SubmissionRecord.id).where(SubmissionRecord.project_id == record.id)
        about = EventRecord.submission_id.in_(belong)
    query = select(EventRecord.at).where(about, EventRecord.action == SubmissionState.REGISTERED.value)
    return session.scalars(query.order_by(EventRecord.at).limit(1)).first() or ""
