"""Headers of closed objects: each stands in the catalog and in a place apart, and one mends the other.

Without its header nobody reads a closed object, so a header is looked at whenever a copy of its object is read.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import CRYPT4GH, known_header
from dsqc.catalog.events import Clock
from dsqc.catalog.fixity import DAMAGE, REPAIR, KnownCopy, append_fixity_event
from dsqc.errors import StorageFault
from dsqc.language import Text
from dsqc.station import HEADERS, Station
from dsqc.storage import ObjectStore, open_place
from dsqc.storage.headers import header_key, read_stored_header, write_stored_header

FROM_CATALOG = Text("from the catalog", "카탈로그에서")


def open_headers(station: Station) -> ObjectStore:
    """The place of headers."""
    return open_place(station.places(HEADERS)[0])


def check_headers(
    catalog: Catalog, headers: ObjectStore, copies: Iterable[KnownCopy], *, actor: str, clock: Clock
) -> list[tuple[KnownCopy, str, str]]:
    """Headers apart that are not what the catalog keeps: what they should be, ``missing`` or ``digest``, what is seen.

    Args:
        copies: of objects that were read; one of each body is looked at.

    Raises:
        StorageFault, TransientFault: the place of headers cannot be read.
    """
    found = []
    for copy in {copy.stored_sha256: copy for copy in copies if copy.encoding == CRYPT4GH}.values():
        with catalog.reading() as session:
            known = known_header(session, copy.stored_sha256)
        if known is None:
            continue
        seen = read_stored_header(headers, copy.stored_sha256)
        if seen != known.data:
            state, digest = ("missing", "") if seen is None else ("digest", _digest(seen))
            found.append((_as_copy(copy, known.data), state, digest))

    def note(session: Any) -> None:
        for copy, state, digest in found:
            details = {"key": copy.key, "state": state, "seen": digest}
            append_fixity_event(
                session, DAMAGE, actor=actor, place=HEADERS, sha256=copy.sha256, details=details, clock=clock
            )

    if found:
        catalog.write(note)
    return found


def mend_header(catalog: Catalog, headers: ObjectStore, bad: KnownCopy, *, actor: str, clock: Clock) -> Text:
    """Put the catalog's header in place of the one apart, whose bytes go into quarantine; from where, for people.

    Raises:
        StorageFault: the catalog keeps none any more, or it cannot be written.
    """
    stored_sha256 = bad.key.rpartition("/")[2]
    with catalog.reading() as session:
        known = known_header(session, stored_sha256)
    if known is None:
        raise StorageFault(f"The catalog keeps no header of {stored_sha256}.", hint="Restore the catalog's backup.")
    kept = headers.quarantine(bad.key)
    write_stored_header(headers, stored_sha256, known.data)
    details = {"key": bad.key, "from": "catalog", "quarantine": kept}
    catalog.write(
        lambda session: append_fixity_event(
            session, REPAIR, actor=actor, place=HEADERS, sha256=bad.sha256, details=details, clock=clock
        )
    )
    return FROM_CATALOG


def _as_copy(copy: KnownCopy, header: bytes) -> KnownCopy:
    """The header as one thing that lies in a place; it has no row of its own, so its number is 0."""
    return replace(
        copy,
        id=0,
        place=HEADERS,
        key=header_key(copy.stored_sha256),
        stored_sha256=_digest(header),
        stored_size_bytes=len(header),
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
