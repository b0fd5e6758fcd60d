"""GA4GH Data Repository Service 1.5, for reading: what is released and open, to everybody.

https://ga4gh.github.io/data-repository-service-schemas/ (service-info: https://github.com/ga4gh-discovery/ga4gh-service-info).
An object is a file by its SHA-256 (a blob), or a run by its accession (a bundle of its files). Bytes in S3 are reached
by presigned URLs, those in directories through this server, with ranges.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import FileResponse, RedirectResponse, Response

from dsqc.catalog.access import has_public_data
from dsqc.catalog.access.log import HandOver, log_hand_over
from dsqc.catalog.models import DataFileRecord, EventRecord, ObjectCopyRecord, RunRecord, SubmissionRecord
from dsqc.model import SubmissionState
from dsqc.station import Place, Station
from dsqc.storage import open_place
from dsqc.version import __version__
from dsqc.web.answers import SHARED, Problem, json_answer
from dsqc.web.visit import Site, Visit

VERSION = "1.5.0"
TIER = "public"
SERVER, PUBLIC = "dsqc station serve", "anybody"
"""Who hands over, and to whom where nobody is logged in, in the access log."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^A-Za-z0-9._-]")
MEDIA_TYPES = {".gz": "application/gzip", ".bz2": "application/x-bzip2", ".zst": "application/zstd"}


@dataclass(frozen=True, slots=True)
class Copy:
    """The bytes of an object in one place of the public tier."""

    place: Place
    key: str

    @property
    def is_remote(self) -> bool:
        """Whether they lie in S3."""
        return self.place.url.startswith("s3://")


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file that anybody may have: its portable name, where its bytes lie, and what it belongs to."""

    name: str
    sha256: str
    size_bytes: int
    run: str
    submission: str
    copies: list[Copy]


def service_info(visit: Visit) -> Response:
    """What this service is."""
    site = visit.site
    host = _host(site)
    reverse = ".".join(reversed(host.partition(":")[0].split(".")))
    return json_answer(
        {
            "id": f"{reverse}.drs",
            "name": f"{site.name} DRS",
            "type": {"group": "org.ga4gh", "artifact": "drs", "version": VERSION},
            "description": "Released, open sequencing data of the station.",
            "organization": {"name": site.name, "url": site.origin},
            "version": __version__,
            # No bulk requests: one object a request.
            "maxBulkRequestLength": 1,
            "drs": {"maxBulkRequestLength": 1},
        }
    )


def show(visit: Visit) -> Response:
    """A file or a run."""
    name = visit.path_values["object"]
    with visit.site.catalog.reading() as session:
        found = _blob(session, visit.site, name) if _SHA256.fullmatch(name) else _bundle(session, visit.site, name)
    if found is None:
        raise Problem(404)
    return json_answer(found)


def access(visit: Visit) -> Response:
    """A presigned URL for one copy of a file."""
    sha256, place = visit.path_values["object"], visit.path_values["access"]
    file = _asked_for(visit, sha256)
    copy = next((item for item in file.copies if item.is_remote and item.place.name == place), None)
    if copy is None:
        raise Problem(404)
    _log_hand_over(visit, file, copy)
    return json_answer({"url": _presigned(visit, copy)})


def data(visit: Visit) -> Response:
    """The bytes of a file that lies in a directory, whole or in ranges; of one in S3 the way there."""
    sha256 = visit.path_values["sha256"]
    file = _asked_for(visit, sha256)
    copy = next((item for item in file.copies if not item.is_remote), next(iter(file.copies), None))
    if copy is None:
        raise Problem(404)
    if not copy.is_remote and open_place(copy.place).size_of(copy.key) is None:
        raise Problem(503, retry_after_s=600)
    _log_hand_over(visit, file, copy)
    if copy.is_remote:
        return RedirectResponse(_presigned(visit, copy), 307)
    headers = {**SHARED, "etag": f'"{sha256}"', "cache-control": "public, max-age=86400, immutable"}
    media = "application/octet-stream"
    # The key is made of the digest that the pattern has passed: it cannot lead out of the place.
    return FileResponse(f"{copy.place.url}/{copy.key}", media_type=media, filename=file.name, headers=headers)


def _log_hand_over(visit: Visit, file: PublicFile, copy: Copy) -> None:
    """Write into the access log, before a byte leaves. A file that is fetched in ranges counts with its first one."""
    begins = visit.headers.get("range", "bytes=0-").startswith("bytes=0-")
    if visit.method != "GET" or not begins:
        return
    given = HandOver(
        actor=SERVER,
        recipient=visit.actor or PUBLIC,
        accession=file.run,
        submission=file.submission,
        purpose="GA4GH DRS",
        files=1,
        size_bytes=file.size_bytes,
        details={"sha256": file.sha256, "place": copy.place.name, "request": visit.id},
    )
    visit.site.catalog.write(lambda session: log_hand_over(session, given) and None)


def _presigned(visit: Visit, copy: Copy) -> str:
    from dsqc.storage.s3store import S3Store

    store = S3Store(copy.place.url, copy.place.s3)
    return store.presigned_url(copy.key, visit.site.station.web.url_seconds)


def _asked_for(visit: Visit, sha256: str) -> PublicFile:
    """The file, if anybody may have it; 404 where there is no such file, and where it is not public."""
    if not _SHA256.fullmatch(sha256):
        raise Problem(404)
    with visit.site.catalog.reading() as session:
        found = _public_file(session, sha256)
        if found is None:
            raise Problem(404)
        item, submission = found
        run = session.get_one(RunRecord, item.run_id)
        copies = _copies(session, visit.site.station, item.object_id)
        name, number = _NAME.sub("_", item.name), submission.accession or ""
        return PublicFile(name, sha256, item.size_bytes, run.accession, number, copies)


def _public_file(session: Session, sha256: str) -> tuple[DataFileRecord, SubmissionRecord] | None:
    """The first public file of this content, with the submission that brought it."""
    query = (
        select(DataFileRecord, SubmissionRecord)
        .join(RunRecord, DataFileRecord.run_id == RunRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(DataFileRecord.sha256 == sha256, has_public_data())
        .order_by(SubmissionRecord.id, DataFileRecord.id)
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def _copies(session: Session, station: Station, object_id: int) -> list[Copy]:
    """Copies of the object's own bytes; one in another encoding gives them back only to ``dsqc storage``."""
    places = {place.name: place for place in station.places(TIER)}
    query = select(ObjectCopyRecord).where(
        ObjectCopyRecord.object_id == object_id,
        ObjectCopyRecord.tier == TIER,
        ObjectCopyRecord.state == "present",
        ObjectCopyRecord.encoding == "",
        ObjectCopyRecord.place.in_(places),
    )
    return [Copy(places[item.place], item.key) for item in session.scalars(query.order_by(ObjectCopyRecord.id))]


def _blob(session: Session, site: Site, sha256: str) -> dict[str, Any] | None:
    found = _public_file(session, sha256)
    if found is None:
        return None
    item, submission = found
    methods = [_method(site, copy, sha256) for copy in _copies(session, site.station, item.object_id)]
    via_us = [method for method in methods if "access_url" in method][:1]
    created = _registered_at(session, submission)
    document = {
        "id": sha256,
        "name": _NAME.sub("_", item.name),
        "self_uri": f"drs://{_host(site)}/{sha256}",
        "size": item.size_bytes,
        "created_time": created,
        "updated_time": created,
        "version": sha256,
        "mime_type": _media_type(item.name),
        "checksums": [{"checksum": sha256, "type": "sha-256"}, {"checksum": item.md5, "type": "md5"}],
        "access_methods": [*[method for method in methods if "access_id" in method], *via_us],
    }
    return document if document["access_methods"] else None


def _method(site: Site, copy: Copy, sha256: str) -> dict[str, Any]:
    if copy.is_remote:
        return {"type": "https", "access_id": copy.place.name, "region": copy.place.s3.region}
    return {"type": "https", "access_url": {"url": f"{site.origin}/data/{sha256}"}}


def _bundle(session: Session, site: Site, accession: str) -> dict[str, Any] | None:
    query = (
        select(RunRecord, SubmissionRecord)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(RunRecord.accession == accession, has_public_data())
    )
    found = session.execute(query).first()
    if found is None:
        return None
    run, submission = found
    created = _registered_at(session, submission)
    names = _unique_names(item.name for item in run.files)
    return {
        "id": accession,
        "self_uri": f"drs://{_host(site)}/{accession}",
        "size": sum(item.size_bytes for item in run.files),
        "created_time": created,
        "updated_time": created,
        "checksums": [
            {"checksum": _joined(hashlib.sha256, (item.sha256 for item in run.files)), "type": "sha-256"},
            {"checksum": _joined(hashlib.md5, (item.md5 for item in run.files)), "type": "md5"},
        ],
        "contents": [
            {"name": name, "id": item.sha256, "drs_uri": [f"drs://{_host(site)}/{item.sha256}"]}
            for name, item in zip(names, run.files, strict=True)
        ],
    }


def _joined(digest: Any, checksums: Iterable[str]) -> str:
    """Checksum of a bundle: over the sorted checksums of what it holds (DRS, ``DrsObject.checksums``)."""
    return str(digest("".join(sorted(checksums)).encode("ascii")).hexdigest())


def _unique_names(names: Iterable[str]) -> list[str]:
    """Portable file names, each once."""
    found: list[str] = []
    for name in names:
        portable = _NAME.sub("_", name)
        while portable in found:
            portable = f"_{portable}"
        found.append(portable)
    return found


def _registered_at(session: Session, submission: SubmissionRecord) -> str:
    query = select(EventRecord.at).where(
        EventRecord.submission_id == submission.id, EventRecord.action == SubmissionState.REGISTERED.value
    )
    return session.scalars(query.order_by(EventRecord.sequence)).first() or ""


def _media_type(name: str) -> str:
    return MEDIA_TYPES.get(f".{name.rpartition('.')[2]}", "application/octet-stream")


def _host(site: Site) -> str:
    return urlsplit(site.origin).netloc
