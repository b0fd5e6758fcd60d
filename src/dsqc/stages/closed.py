"""Closed data after its registration: given to a recipient, moved to another key of the station, opened."""

import hashlib
import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.artefact import atomic_file, write_fault
from dsqc.catalog.access.log import HandOver, log_hand_over, log_refusal
from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import (
    CLOSED,
    ClosedFile,
    Header,
    find_closed,
    known_header,
    outdated,
    replace_headers,
)
from dsqc.catalog.events import append_event
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.queries import find_owner
from dsqc.catalog.registering import Actor
from dsqc.crypt4gh import (
    STORED_SEGMENT,
    Keys,
    NotForThisKey,
    PrivateKey,
    PublicKey,
    SegmentReader,
    open_header,
    read_header,
    reencrypt,
    sealed_name,
    station_keys,
)
from dsqc.crypt4gh.header import SessionKeys, opens
from dsqc.errors import StorageFault, SystemFault, TransientFault, UsageError
from dsqc.model import SubmissionState
from dsqc.station import HEADERS, Station
from dsqc.storage import ObjectStore, object_key, open_place
from dsqc.storage.headers import read_stored_header, write_stored_header

EXPORTED, ROTATED = "exported", "rotated"
"""Actions of events; the state of the submission stays."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Exported:
    """What was given away: files by name, and whose key opens them."""

    accession: str
    recipient: str
    files: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/storage_export.schema.json``."""
        return {
            "schema_version": "1.0",
            "action": "export",
            "accession": self.accession,
            "recipient": self.recipient,
            "files": self.files,
        }


def export_closed(
    accession: str, recipient: PublicKey, outdir: Path, station: Station, *, actor: Actor, reason: str
) -> Exported:
    """Write the files of a closed submission or run as Crypt4GH files that only ``recipient`` opens.

    Headers are encrypted to the recipient, bodies are copied as they are and proven by their digests. The event that
    says so is written before the first byte leaves.

    Args:
        outdir: ``NAME.c4gh`` of every file go there; a file gets its name when it is whole.
        actor: who exports, for the event.
        reason: why.

    Raises:
        UsageError: nothing closed is registered under ``accession``, or the station's keys do not open it.
        StorageFault: a body is damaged or missing, or the disk refused.
    """
    log = logs.logger(stage="export", accession=accession)
    keys = station_keys(station)
    places = open_place(station.places(HEADERS)[0])
    stores = [open_place(place) for place in station.places(CLOSED)]
    with Catalog.open(station) as catalog:
        asked = HandOver(actor.name, recipient.fingerprint, accession, "", reason)
        submission, files = _asked_for(catalog, asked, actor)
        with catalog.reading() as session:
            headers = {item.stored_sha256: known_header(session, item.stored_sha256) for item in files}
        ready = {
            item.name: reencrypt(_usable_header(item, headers, places, keys), keys.private, [recipient], item.name)
            for item in files
        }
        details = {"accession": accession, "recipient": recipient.fingerprint, "files": len(files), "reason": reason}
        sizes = [len(ready[item.name]) + item.stored_size_bytes for item in files]
        owner = submission.accession or ""
        given = replace(asked, submission=owner, files=len(files), size_bytes=sum(sizes))

        def note(session: Any) -> None:
            _append(session, submission.id, EXPORTED, actor, dict(details))
            log_hand_over(session, given, clock=actor.clock)

        catalog.write(note)
    log.info("start", files=len(files), recipient=recipient.fingerprint)
    for item in files:
        path, header = outdir / sealed_name(item.name), ready[item.name]
        _from_any(stores, lambda store: _write_export(path, header, item, store))  # noqa: B023  called at once
    log.info("end")
    rows = [
        {
            "name": sealed_name(item.name),
            "run": item.run,
            "size_bytes": len(ready[item.name]) + item.stored_size_bytes,
            "plain_sha256": item.sha256,
            "plain_size_bytes": item.size_bytes,
        }
        for item in files
    ]
    return Exported(accession, recipient.fingerprint, rows)


def _asked_for(catalog: Catalog, asked: HandOver, actor: Actor) -> tuple[SubmissionRecord, list[ClosedFile]]:
    """What is asked for. That it was refused, where it is registered and not public, stands in the access log."""
    with catalog.reading() as session:
        try:
            return find_closed(session, asked.accession)
        except UsageError:
            owner = find_owner(session, asked.accession)
            if owner is None or owner.accession is None or owner.state == SubmissionState.RELEASED:
                raise
            refused, why = replace(asked, submission=owner.accession), f"it is {owner.state}"
            session.rollback()  # a reader may keep the catalog's one writer waiting
            catalog.write(lambda other: log_refusal(other, refused, why, clock=actor.clock))
            raise


def _append(session: Any, submission_id: int, action: str, actor: Actor, details: dict[str, Any]) -> None:
    submission = session.get_one(SubmissionRecord, submission_id)
    reason = str(details.pop("reason", ""))
    append_event(session, submission, action, actor=actor.name, reason=reason, details=details, clock=actor.clock)


def _usable_header(item: ClosedFile, headers: Mapping[str, Header | None], places: ObjectStore, keys: Keys) -> bytes:
    """The header that the station's keys open: the catalog's, else (an older catalog was put back) the one apart."""
    known = headers[item.stored_sha256]
    if known is not None and any(opens(known.data, key) for key in keys.private):
        return known.data
    apart = read_stored_header(places, item.stored_sha256)
    if apart is None and known is None:
        raise StorageFault(
            f"The header of {item.name} is neither in the catalog nor in {places.url}.",
            hint="Restore the catalog or the place of headers from a backup.",
        )
    return apart if apart is not None else known.data if known else b""


def _write_export(path: Path, header: bytes, item: ClosedFile, store: ObjectStore) -> None:
    digest, size = hashlib.sha256(), 0
    # Under a short name first: the longest names leave no room for a suffix.
    unproven = path.with_name(f".{item.stored_sha256}")
    with atomic_file(unproven) as file:
        file.write(header)
        for block in _blocks(store, item.key):
            digest.update(block)
            size += len(block)
            file.write(block)
        if digest.hexdigest() != item.stored_sha256:
            raise StorageFault(
                f"The object {item.key} in {store.url} is damaged ({size} bytes, {item.stored_size_bytes} expected); "
                f"{path.name} was not written.",
                hint="Run `dsqc storage verify`, and put the object back from a good copy.",
            )
    try:
        unproven.replace(path)
    except OSError as error:
        raise write_fault(path, error) from error


def _blocks(store: ObjectStore, key: str) -> Iterator[bytes]:
    with store.open_read(key) as file:
        while block := file.read(_BLOCK):
            yield block


def _from_any(stores: Sequence[ObjectStore], work: Callable[[ObjectStore], None]) -> None:
    """Do ``work`` with the first place of the tier whose bytes are good; the fault of the first where none is."""
    faults: list[SystemFault] = []
    for store in stores:
        try:
            return work(store)
        except TransientFault:
            raise
        except SystemFault as fault:
            faults.append(fault)
    raise faults[0]


@dataclass(slots=True)
class Rotation:
    """How far headers are encrypted to the present key: how many were, by this command, and what no key opened."""

    recipient: str
    submissions: int = 0
    headers: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/storage_rotate.schema.json``."""
        return {
            "schema_version": "1.0",
            "action": "rotate",
            "recipient": self.recipient,
            "submissions": self.submissions,
            "headers": self.headers,
            "failed": self.failed,
        }


def rotate_headers(station: Station, *, actor: Actor) -> Rotation:
    """Encrypt every header of the station to its present key; bodies stay. May be killed and called again.

    A submission's headers change together with the event that says so. Each is proven first: the session keys
    that the present key gives must open the body's first segment.

    Raises:
        UsageError: the station's keys cannot be read.
        StorageFault, CatalogFault, TransientFault: a store or the catalog refused.
    """
    keys = station_keys(station)
    result = Rotation(keys.public.fingerprint)
    log = logs.logger(stage="rotate", recipient=result.recipient)
    places = open_place(station.places(HEADERS)[0])
    stores = [open_place(place) for place in station.places(CLOSED)]
    with Catalog.open(station) as catalog:
        tried: set[str] = set()
        # Until none is left: a registration under way may still write headers for the key of before.
        while waiting := _waiting(catalog, result.recipient, tried):
            log.info("start", submissions=len(waiting), headers=sum(map(len, waiting.values())))
            for submission_id, headers in waiting.items():
                tried |= headers.keys()
                moved: dict[str, Header] = {}
                for stored_sha256, header in headers.items():
                    try:
                        moved[stored_sha256] = _moved(stored_sha256, header, keys, places, stores)
                    except TransientFault:
                        raise
                    except (NotForThisKey, SystemFault) as fault:
                        result.failed.append({"stored_sha256": stored_sha256, "problem": fault.message})
                if moved:
                    _commit(catalog, submission_id, moved, actor)
                    result.submissions += 1
                    result.headers += len(moved)
    log.info("end", headers=result.headers, failed=len(result.failed))
    return result


def _waiting(catalog: Catalog, recipient: str, tried: Collection[str]) -> dict[int, dict[str, Header]]:
    """Headers for another key than ``recipient``, by submission, without those that were tried already."""
    with catalog.reading() as session:
        found = outdated(session, recipient)
    left = {
        submission: {name: header for name, header in headers.items() if name not in tried}
        for submission, headers in found.items()
    }
    return {submission: headers for submission, headers in left.items() if headers}


def _commit(catalog: Catalog, submission_id: int, moved: Mapping[str, Header], actor: Actor) -> None:
    recipient = next(iter(moved.values())).recipient

    def work(session: Any) -> None:
        replace_headers(session, moved)
        _append(session, submission_id, ROTATED, actor, {"recipient": recipient, "headers": len(moved)})

    catalog.write(work)


def _moved(
    stored_sha256: str, header: Header, keys: Keys, places: ObjectStore, stores: Sequence[ObjectStore]
) -> Header:
    """The header for the present key, proven, and in the place of headers already."""
    recipient, name = keys.public, stored_sha256
    apart = read_stored_header(places, stored_sha256)
    if apart is not None and opens(apart, keys.private[0]):
        # What a command that was killed has left there: taken, so that both places hold the same.
        data = apart
    else:
        data = reencrypt(header.data, keys.private, [recipient], name)
    session = open_header(data, keys.private[:1], name)
    _from_any(stores, lambda store: _prove_first_segment(store, stored_sha256, session))
    if data != apart:
        write_stored_header(places, stored_sha256, data)
    return Header(data, recipient.fingerprint)


def _prove_first_segment(store: ObjectStore, stored_sha256: str, session: SessionKeys) -> None:
    with store.open_read(object_key(stored_sha256)) as file:
        first = file.read(STORED_SEGMENT)
    with SegmentReader(io.BytesIO(first), session, stored_sha256) as reader:
        reader.read()


def open_sealed(path: Path, key: PrivateKey, out: Path) -> int:
    """Decrypt a Crypt4GH file into ``out``, which gets its name when it is whole.

    Returns:
        Plain bytes.

    Raises:
        NotForThisKey: it is not encrypted to ``key``.
        UsageError: there is no such file.
        SystemFault: it is damaged, or no Crypt4GH file; the disk refused.
    """
    if not path.is_file():
        raise UsageError(f"{path} does not exist.", hint="Check the name.")
    size = 0
    with path.open("rb", buffering=0) as file:
        header = read_header(file, path.name)
        session = open_header(header, [key], path.name)
        body = os.fstat(file.fileno()).st_size - len(header)
        with (
            SegmentReader(file, session, path.name, start=len(header), size=body) as reader,
            atomic_file(out) as plain,
        ):
            while block := reader.read(_BLOCK):
                plain.write(block)
                size += len(block)
    return size
