"""Where the objects of a closed submission go: encrypted bodies into the closed tier, headers apart from them."""

import itertools
from pathlib import Path

from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import CLOSED, Header, closed_copies
from dsqc.catalog.intake import Intake, IntakeFile
from dsqc.crypt4gh import Keys, reencrypt, station_keys
from dsqc.crypt4gh.body import body_of
from dsqc.crypt4gh.header import opens
from dsqc.errors import SystemFault, UsageError
from dsqc.station import Station
from dsqc.storage import ObjectStore, StoredObject, open_store
from dsqc.storage.headers import write_stored_header

__all__ = ["CLOSED", "check_tiers", "store_closed"]


def store_closed(intake: Intake, inbox: Path, catalog: Catalog) -> tuple[dict[str, StoredObject], dict[str, Header]]:
    """Put the body of every data file into the closed tier and its header into the place of headers.

    Nothing is decrypted. A body is named by its own digest, so that no key is needed to prove it later. A content that
    the closed tier holds already, in another body, is not stored again.

    Returns:
        Objects by file name, and the headers of those that are new to the catalog, by stored SHA-256.

    Raises:
        SystemFault: a file is missing in the inbox, in the clear there, or not what was transferred.
        UsageError: the station's keys do not open it.
        StorageFault, TransientFault: the store refused.
    """
    station = catalog.station
    check_tiers(station)
    files = [_transferred(intake, item.name) for item in intake.submission.data_files()]
    with catalog.reading() as session:
        known = {
            sha256: StoredObject(copy.key, copy.stored_size_bytes, copy.stored_sha256, False)
            for sha256, copy in closed_copies(session, {item.sha256 for item in files}).items()
        }
    store = open_store(station.tier_url(CLOSED), station.s3)
    places = open_store(station.tier_url("headers"), station.s3)
    keys = station_keys(station)
    stored: dict[str, StoredObject] = {}
    headers: dict[str, Header] = {}
    for item in files:
        there = known.get(item.sha256)
        if there is None or store.size_of(there.key) != there.size_bytes:
            there, header = _put(item, inbox, store, keys)
            # Before the catalog knows of the body: one without a header would be lost.
            write_stored_header(places, there.sha256, header.data)
            headers[there.sha256] = header
            known[item.sha256] = there
        stored[item.name] = there
    return stored, headers


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


def _put(item: IntakeFile, inbox: Path, store: ObjectStore, keys: Keys) -> tuple[StoredObject, Header]:
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
    return store.put_file(body, sha256=encrypted.sha256, md5=encrypted.md5), Header(header, recipient.fingerprint)


def check_tiers(station: Station) -> None:
    """Prove that closed data would not stand in public storage (DSQC-P015), nor beside its headers: tiers are apart.

    Raises:
        UsageError: one tier is the other, or stands inside it.
    """
    urls = {tier: f"{station.tier_url(tier).rstrip('/')}/" for tier in ("public", "closed", "headers")}
    for one, other in itertools.permutations(urls, 2):
        if urls[one].startswith(urls[other]):
            raise UsageError(
                f"The tiers of the station are not apart (DSQC-P015): {one} is {urls[one]}, {other} is {urls[other]}.",
                hint="Give each of [tiers] in station.toml a place of its own; nothing has been stored.",
            )
