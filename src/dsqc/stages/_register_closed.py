"""Where the objects of a closed submission go: encrypted bodies into the closed tier, headers apart from them."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import CLOSED, CRYPT4GH, Header, closed_copies
from dsqc.catalog.events import now
from dsqc.catalog.intake import Intake, IntakeFile
from dsqc.crypt4gh import Keys, reencrypt, station_keys
from dsqc.crypt4gh.body import body_of
from dsqc.crypt4gh.header import opens
from dsqc.errors import SystemFault, UsageError
from dsqc.station import HEADERS, HELD, Place, Station
from dsqc.storage import PutItem, StoredCopy, open_place
from dsqc.storage.headers import write_stored_header

__all__ = ["CLOSED", "check_tiers", "store_closed"]


@dataclass(frozen=True, slots=True)
class StoredClosed:
    """Copies of each file by its name, and the headers of bodies that are not in the catalog yet, by their SHA-256."""

    copies: Mapping[str, Sequence[StoredCopy]]
    headers: Mapping[str, Header]


@dataclass(frozen=True, slots=True)
class _Ready:
    """One file of the inbox, ready to be stored."""

    item: IntakeFile
    put: PutItem
    header: Header


def store_closed(intake: Intake, inbox: Path, catalog: Catalog) -> StoredClosed:
    """Put the body of every data file into every place of the closed tier, and its header into that of headers.

    Nothing is decrypted. A body is named by its own digest, so that no key is needed to prove it later. A content that
    a place holds already, in another body, is not stored there again.

    Raises:
        SystemFault: a file is missing in the inbox, in the clear there, or not what was transferred.
        UsageError: the station's keys do not open it.
        StorageFault, TransientFault: a store refused: there are fewer copies than the station asks for.
    """
    station = catalog.station
    check_tiers(station)
    files = {item.name: _transferred(intake, item.name) for item in intake.submission.data_files()}
    headers_place = open_place(station.places(HEADERS)[0])
    keys = station_keys(station)
    copies: dict[str, list[StoredCopy]] = {name: [] for name in files}
    ready: dict[str, _Ready] = {}
    for place in station.places(CLOSED):
        known = _known(catalog, place, files)
        for name, item in files.items():
            if item.sha256 not in known and name not in ready:
                ready[name] = _make_ready(item, inbox, keys)
                # Before the catalog knows of the body: one without a header would be lost.
                header = ready[name].header
                write_stored_header(headers_place, ready[name].put.sha256, header.data)
        missing = [name for name, item in files.items() if item.sha256 not in known]
        stored = open_place(place).put_files([ready[name].put for name in missing])
        for name, found in zip(missing, stored, strict=True):
            copy = StoredCopy(
                place.name, CLOSED, found.key, found.sha256, found.size_bytes, found.proof, now(), CRYPT4GH
            )
            known[files[name].sha256] = copy
        for name, item in files.items():
            copies[name].append(known[item.sha256])
    return StoredClosed(copies, {one.put.sha256: one.header for one in ready.values()})


def _known(catalog: Catalog, place: Place, files: Mapping[str, IntakeFile]) -> dict[str, StoredCopy]:
    """Copies that the catalog knows in ``place`` and that are there, proven now, by the SHA-256 of their content."""
    with catalog.reading() as session:
        found = closed_copies(session, place.name, {item.sha256 for item in files.values()})
    store = open_place(place)
    known: dict[str, StoredCopy] = {}
    for sha256, copy in found.items():
        if store.size_of(copy.key) == copy.stored_size_bytes and store.sha256_at(copy.key) == copy.stored_sha256:
            known[sha256] = StoredCopy(
                place.name,
                CLOSED,
                copy.key,
                copy.stored_sha256,
                copy.stored_size_bytes,
                "read back",
                now(),
                CRYPT4GH,
                copy.recipe,
            )
    return known


def _transferred(intake: Intake, name: str) -> IntakeFile:
    item = intake.files.get(name)
    if item is None:
        raise SystemFault(f"{name} was never transferred.", hint="Transfer and judge it again.")
    if item.encrypted is None:
        raise SystemFault(
            f"{name} of a closed submission was transferred in the clear (DSQC-P015).",
            hint="Transfer it again with the station's configuration (--station), and judge it again.",
        )
    return item


def _make_ready(item: IntakeFile, inbox: Path, keys: Keys) -> _Ready:
    encrypted = item.encrypted
    if encrypted is None:
        raise AssertionError("asked of every file before")
    path = inbox / encrypted.name
    if not path.is_file():
        raise SystemFault(f"{path} is missing.", hint="Transfer and judge it again.")
    header, body = body_of(path)
    if body.stat().st_size != encrypted.size_bytes:
        raise SystemFault(f"{path} has changed since it was transferred.", hint="Transfer and judge it again.")
    recipient = keys.public
    if not opens(header, keys.private[0]):
        header = reencrypt(header, keys.private, [recipient], path.name)
    put = PutItem(body, encrypted.sha256, encrypted.md5)
    return _Ready(item, put, Header(header, recipient.fingerprint))


def check_tiers(station: Station) -> None:
    """Prove that closed data would not stand in public storage (DSQC-P015), nor beside its headers; that two copies
    are two.

    Raises:
        UsageError: one place is another, or stands inside it.
    """
    for one, other in itertools.combinations(station.all_places(), 2):
        # Between tiers the same bucket at another endpoint counts too: an endpoint may have many names.
        elsewhere = one.tier == other.tier and one.s3.endpoint_url != other.s3.endpoint_url
        first, second = (f"{place.url.rstrip('/')}/" for place in (one, other))
        # Neither is read from outside, and the objects of the one are no keys of the other.
        private = {one.tier, other.tier} == {HELD, CLOSED} and first != second
        if elsewhere or private or not (first.startswith(second) or second.startswith(first)):
            continue
        if one.tier != other.tier:
            raise UsageError(
                f"The tiers of the station are not apart (DSQC-P015): {one.name} is {one.url}, "
                f"{other.name} is {other.url}.",
                hint="Give each of [tiers] in station.toml a place of its own; nothing has been stored.",
            )
        raise UsageError(
            f"Two places of the tier {one.tier} are not apart: {one.name} is {one.url}, {other.name} is {other.url}.",
            hint="Give every copy in [copies] of station.toml a place of its own; nothing has been stored.",
        )
