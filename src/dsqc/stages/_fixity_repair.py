"""Mending a copy from another one. The damaged bytes go into quarantine; a good copy is only ever read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock
from dsqc.catalog.fixity import COPY, REPAIR, KnownCopy, add_copy, append_fixity_event, note_state
from dsqc.errors import StorageFault, TransientFault
from dsqc.language import Text
from dsqc.station import Station
from dsqc.storage import ObjectStore, StoredCopy
from dsqc.storage.copying import fetched, put_back
from dsqc.version import __version__

ACTOR = f"dsqc storage verify --repair {__version__}"


@dataclass(frozen=True, slots=True)
class Lack:
    """An object that a place of its tier should hold and never did: ``copy`` says what it will be there."""

    copy: KnownCopy


def lacking(station: Station, tiers: Collection[str], copies: Sequence[KnownCopy]) -> list[Lack]:
    """Objects that the catalog does not know in every place that ``station.toml`` names for their tier."""
    held: dict[tuple[str, int, str], dict[str, KnownCopy]] = {}
    for copy in copies:
        held.setdefault((copy.tier, copy.object_id, copy.encoding), {})[copy.place] = copy
    places = {tier: [place.name for place in station.places(tier)] for tier in tiers}
    return [
        Lack(replace(next(iter(known.values())), id=-number, place=place, verified_at=""))
        for number, ((tier, _object, _encoding), known) in enumerate(sorted(held.items()), start=1)
        for place in places[tier]
        if place not in known
    ]


def mend(
    catalog: Catalog,
    stores: Mapping[str, ObjectStore],
    bad: KnownCopy,
    state: str,
    good: Sequence[KnownCopy],
    *,
    clock: Clock,
) -> Text:
    """Put the bytes of a good copy where ``bad`` is damaged or missing; from where, for people.

    Raises:
        StorageFault: there is no good copy of the same bytes, or it cannot be written.
    """
    source = _source(stores, bad, good)
    kept = put_back(stores[source.place], source.key, stores[bad.place], bad.key, bad.stored_sha256)
    details = {"key": bad.key, "state": state, "from": source.place, "quarantine": kept}

    def note(session: Any) -> None:
        note_state(session, bad.id, "present", "read back", clock())
        _event(session, REPAIR, bad, details, clock)

    catalog.write(note)
    if not kept:
        return _from(source)
    return Text(
        f"from {source.place}; the damaged bytes are in {kept}", f"{source.place}에서; 손상된 바이트는 {kept}에 있음"
    )


def _from(source: KnownCopy) -> Text:
    return Text(f"from {source.place}", f"{source.place}에서")


def supply(
    catalog: Catalog, stores: Mapping[str, ObjectStore], lack: Lack, good: Sequence[KnownCopy], *, clock: Clock
) -> Text:
    """Make the copy that a place lacks; from where, for people.

    Raises:
        StorageFault: there is no good copy of the same bytes, or it cannot be written.
    """
    wanted = lack.copy
    source = _source(stores, wanted, good)
    store = stores[wanted.place]
    with fetched(stores[source.place], source.key, wanted.stored_sha256) as path:
        proof = store.put_at(path, wanted.key, wanted.stored_sha256)

    def note(session: Any) -> None:
        made = StoredCopy(
            wanted.place,
            wanted.tier,
            wanted.key,
            wanted.stored_sha256,
            wanted.stored_size_bytes,
            proof,
            clock(),
            wanted.encoding,
            wanted.recipe,
        )
        add_copy(session, wanted.object_id, made)
        _event(session, COPY, wanted, {"key": wanted.key, "from": source.place, "proof": proof}, clock)

    catalog.write(note)
    return _from(source)


def _source(stores: Mapping[str, ObjectStore], bad: KnownCopy, good: Sequence[KnownCopy]) -> KnownCopy:
    """A copy of the same bytes in the same tier that is good now: it was read, or is read here."""
    reasons = []
    for copy in good:
        same = copy.object_id == bad.object_id and copy.tier == bad.tier and copy.stored_sha256 == bad.stored_sha256
        if not same or copy.place == bad.place:
            continue
        try:
            if stores[copy.place].sha256_at(copy.key) == copy.stored_sha256:
                return copy
            reasons.append(f"{copy.place} is damaged too")
        except (StorageFault, TransientFault) as fault:
            reasons.append(f"{copy.place}: {fault.message}")
    raise StorageFault(
        f"There is no good copy of {bad.key} in the tier {bad.tier}{': ' + '; '.join(reasons) if reasons else ''}.",
        hint="Ask the submitters for the file again; `dsqc catalog show` says whose it is.",
    )


def _event(session: Any, action: str, copy: KnownCopy, details: dict[str, Any], clock: Clock) -> None:
    append_fixity_event(
        session, action, actor=ACTOR, place=copy.place, sha256=copy.sha256, details=details, clock=clock
    )
