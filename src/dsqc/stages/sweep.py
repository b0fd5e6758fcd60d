"""sweep: what lies in the store and nobody needs. Lists it; deletes only when told, and only what is old enough."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dsqc import logs
from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import CLOSED, header_names
from dsqc.catalog.events import Clock, now
from dsqc.catalog.fixity import known_copies
from dsqc.station import HEADERS, TIERS, Place, Station
from dsqc.storage import GRACE, ObjectInfo, ObjectStore, open_place
from dsqc.storage.headers import HEADERS as HEADERS_PREFIX
from dsqc.storage.headers import header_key
from dsqc.storage.layout import QUARANTINE

QUARANTINE_GRACE = timedelta(days=30)
"""Damaged bytes are kept so long for those who want to know what happened to them."""


@dataclass(slots=True)
class PlaceSweep:
    """What one place holds beside the objects of submissions.

    Attributes:
        orphans: objects in no manifest of the tier and in no row of the catalog; headers without their body.
        unfinished: uploads that nobody finished.
        quarantine: damaged bytes that a repair set aside.
        deleted: keys of those that are gone now.
    """

    place: Place
    known_objects: int = 0
    orphans: list[ObjectInfo] = field(default_factory=list)
    unfinished: list[ObjectInfo] = field(default_factory=list)
    quarantine: list[ObjectInfo] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def sweep_storage(
    station: Station,
    *,
    tiers: Collection[str] = TIERS,
    delete: bool = False,
    grace: timedelta = GRACE,
    quarantine_grace: timedelta = QUARANTINE_GRACE,
    with_catalog: bool = True,
    clock: Clock = now,
) -> list[PlaceSweep]:
    """List what no submission needs in every place of ``tiers``, and delete it where asked to.

    An object is needed where any manifest of its tier names it, in whatever place, or the catalog does: a crash
    between the catalog and a manifest makes no orphans.

    Raises:
        StorageFault: a manifest is damaged: then nobody may conclude that an object is not needed.
        CatalogFault: the catalog cannot be opened; ``with_catalog=False`` goes by the manifests alone.
    """
    log = logs.logger(stage="sweep")
    found = []
    for tier in tiers:
        stores = {place: open_place(place) for place in station.places(tier)}
        # Objects first: one whose manifest is written between the two listings must not look like an orphan.
        objects = {place: store.sweep(()) for place, store in stores.items()}
        known = {key for store in stores.values() for key in store.known_objects()}
        if with_catalog:
            known |= _keys_in_catalog(station, tier)
        for place, store in stores.items():
            swept = PlaceSweep(
                place,
                known_objects=len(known),
                orphans=[info for info in objects[place] if info.key not in known],
                unfinished=list(store.list_unfinished()),
                quarantine=list(store.entries(QUARANTINE)),
            )
            found.append(swept)
        if tier == CLOSED:
            headers = station.places(HEADERS)[0]
            found.append(_headers(station, headers, open_place(headers), known, with_catalog=with_catalog))
    if delete:
        for swept in found:
            _delete(open_place(swept.place), swept, grace, quarantine_grace, clock())
            log.info("deleted", place=swept.place.name, keys=len(swept.deleted))
    return found


def _headers(
    station: Station, place: Place, store: ObjectStore, known_bodies: Collection[str], *, with_catalog: bool
) -> PlaceSweep:
    """The place of headers. A header is needed where the catalog keeps it, or a manifest names its body."""
    objects = list(store.entries(HEADERS_PREFIX))
    known = {header_key(key.rpartition("/")[2]) for key in known_bodies}
    if with_catalog:
        with Catalog.open(station) as catalog, catalog.reading() as session:
            known |= {header_key(name) for name in header_names(session)}
    orphans = [info for info in objects if info.key not in known]
    return PlaceSweep(place, len(known), orphans, list(store.list_unfinished()), list(store.entries(QUARANTINE)))


def _keys_in_catalog(station: Station, tier: str) -> set[str]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return {copy.key for copy in known_copies(session, [tier])}


def _delete(
    store: ObjectStore, swept: PlaceSweep, grace: timedelta, quarantine_grace: timedelta, moment: datetime
) -> None:
    gone = [
        *store.delete_orphans(swept.orphans, grace, moment),
        *store.delete_unfinished_older_than(swept.unfinished, grace, moment),
    ]
    for info in swept.quarantine:
        if info.modified <= moment - quarantine_grace:
            store.delete(info.key)
            gone.append(info)
    swept.deleted = [info.key for info in gone]
