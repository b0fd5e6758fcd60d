"""archive: objects of a station in fewer bytes, as further copies beside those that were registered, and back."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.archive import Options, Outcome, Reason, Recipe, Restored, decode_file, encode_file, prove
from dsqc.archive.recipe import software
from dsqc.artefact import atomic_path, sha256_of, write_fault
from dsqc.catalog.archived import Archivable, add_archived, archivable, archived_copies, drop_original
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import now
from dsqc.catalog.fixity import ARCHIVE, DROP, append_fixity_event
from dsqc.errors import DsqcError, StorageFault, UsageError
from dsqc.stages._inputs import check_reference
from dsqc.stages.archive import ArchiveResult
from dsqc.station import Place, Station
from dsqc.storage import GRACE, ObjectStore, StoredCopy, object_key, open_place
from dsqc.version import __version__

ACTOR = f"dsqc storage archive {__version__}"
OPEN, CLOSED = "public", "closed"
_PIECE = 1 << 20


def archive_objects(
    station: Station,
    options: Options,
    *,
    work: Path | None = None,
    again: bool = False,
    drop: bool = False,
    sure: bool = False,
    grace: timedelta = GRACE,
) -> ArchiveResult:
    """Encode every object of the open tier that has no copy in fewer bytes yet.

    The encoded object is proven here (``dsqc.archive``), put into every place of the tier and proven there, its recipe
    is written beside it, then one transaction notes the copies. Whatever dies in between, the same command goes on; an
    object that no recipe names is swept. Copies of the original stay. Sealed objects of the closed tier are counted
    and left alone, and no byte of them is read.

    Args:
        station: whose objects.
        options: how to encode.
        work: directory with room for the largest object twice; None: the system's temporary one.
        again: try also what an earlier run found not to be worth it or not exact.
        drop: afterwards delete what the archived copies stand for (see :func:`_drop`).
        sure: also where the tier has one place only, so that one copy is left.
        grace: nothing is dropped that was written or claimed later than this ago.

    Raises:
        UsageError: the reference does not exist, or dropping would leave one copy.
        SystemFault, StorageFault, CatalogFault, TransientFault: a store, a disk or the catalog refused.
    """
    check_reference(options.reference)
    if drop and not sure and len(station.places(OPEN)) < 2:
        raise UsageError(
            "The tier public has one place: one copy of each object would be left.",
            hint="Name a second place under [copies.public] of station.toml, or say --yes.",
        )
    outcomes: list[Outcome] = []
    there: set[str] = set()
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            opened, closed = archivable(session, OPEN), archivable(session, CLOSED)
        for item in opened:
            log = logs.logger(stage="archive", file=item.name, sha256=item.sha256)
            if item.is_archived:
                there.add(item.name)
                outcomes.append(_known(catalog, item))
                continue
            told = None if again else _told_before(station, item, options)
            if told is not None:
                outcomes.append(told)
                continue
            log.info("start", size_bytes=item.size_bytes)
            with _work_directory(work) as folder:
                outcome = _archive(catalog, station, item, options, folder)
            log.info("end", reason=str(outcome.reason or ""), size_bytes=outcome.archived_bytes)
            outcomes.append(outcome)
        dropped = _drop_all(catalog, station, options, work, grace) if drop else frozenset()
    outcomes += [Outcome(item.name, None, None, item.size_bytes, reason=Reason.ENCRYPTED) for item in closed]
    return ArchiveResult(tuple(outcomes), frozenset(there), dropped)


@contextmanager
def _work_directory(work: Path | None) -> Iterator[Path]:
    try:
        if work is not None:
            work.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix="dsqc-archive-", dir=work)
    except OSError as error:
        raise write_fault(work or Path(tempfile.gettempdir()), error) from error
    with made as folder:
        yield Path(folder)


def _settings(options: Options) -> dict[str, Any]:
    """What the answer depends on, beside the object."""
    return {
        "encoding": str(options.encoding or ""),
        "embed_reference": options.embed_reference,
        "least_saving": options.least_saving,
        "htslib": software()["htslib"],
    }


def _told_before(station: Station, item: Archivable, options: Options) -> Outcome | None:
    """What an earlier run with the same settings found; a missing reference is looked for again where one is given."""
    said = open_place(station.places(OPEN)[0]).unarchived(item.sha256)
    if said is None or said.get("settings") != _settings(options):
        return None
    outcome = Outcome.from_note(said, item.name, item.size_bytes)
    return None if outcome is None or (outcome.reason is Reason.NO_REFERENCE and options.reference) else outcome


def _known(catalog: Catalog, item: Archivable) -> Outcome:
    """What an earlier run made."""
    with catalog.reading() as session:
        _place, _tier, _key, value = archived_copies(session, item.sha256)[0]
    recipe = Recipe.from_dict(value)
    return Outcome(item.name, recipe.format, recipe.container, item.size_bytes, recipe)


def _archive(catalog: Catalog, station: Station, item: Archivable, options: Options, folder: Path) -> Outcome:
    places = station.places(OPEN)
    original = folder / "original"
    fetch(_copies(item, places), original, item.sha256)
    outcome = encode_file(original, folder / "archived", options, name=item.name)
    if outcome.recipe is None or outcome.path is None:
        said = outcome.to_note()
        open_place(places[0]).note_unarchived(item.sha256, {**said, "settings": _settings(options)})
        return outcome
    original.unlink()
    recipe, value = outcome.recipe, outcome.recipe.to_dict()
    copies = []
    for place in places:
        store = open_place(place)
        put = store.put_file(outcome.path, sha256=recipe.encoded.sha256, md5=recipe.encoded.md5)
        store.put_recipe(item.sha256, value)
        copies.append(
            StoredCopy(
                *(place.name, place.tier, put.key, put.sha256, put.size_bytes, put.proof, now()),
                encoding=str(recipe.encoding),
                recipe=value,
            )
        )
    details = {
        "encoding": str(recipe.encoding),
        "sha256": recipe.encoded.sha256,
        "places": [copy.place for copy in copies],
    }

    def note(session: Any) -> None:
        add_archived(session, item.sha256, copies)
        append_fixity_event(session, ARCHIVE, actor=ACTOR, place=OPEN, sha256=item.sha256, details=details)

    catalog.write(note)
    return Outcome(item.name, outcome.format, outcome.container, item.size_bytes, recipe, notes=outcome.notes)


def _copies(item: Archivable, places: Sequence[Place]) -> list[tuple[ObjectStore, str]]:
    return [(open_place(place), item.keys[place.name]) for place in places if place.name in item.keys]


def fetch(copies: Sequence[tuple[ObjectStore, str]], target: Path, sha256: str) -> None:
    """Copy an object out of the first store that has it whole.

    Raises:
        StorageFault: none has; the last one's reason.
    """
    fault: DsqcError = StorageFault(f"No copy of the object {sha256} is known.", hint="Run `dsqc storage verify`.")
    for store, key in copies:
        try:
            with atomic_path(target) as temporary:
                with store.open_read(key) as stored, temporary.open("wb") as file:
                    while piece := stored.read(_PIECE):
                        file.write(piece)
                if sha256_of(temporary) != sha256:
                    raise StorageFault(
                        f"The object {key} in {store.url} is damaged.",
                        hint="Run `dsqc storage verify`, then repair it.",
                    )
        except StorageFault as error:
            fault = error
            continue
        return
    raise fault


def _drop_all(
    catalog: Catalog, station: Station, options: Options, work: Path | None, grace: timedelta
) -> frozenset[str]:
    with catalog.reading() as session:
        items = [item for item in archivable(session, OPEN) if item.is_archived]
    dropped = set()
    for item in items:
        with _work_directory(work) as folder:
            if _drop(catalog, station, item, folder, reference=options.reference, grace=grace):
                dropped.add(item.name)
    return frozenset(dropped)


def _drop(
    catalog: Catalog,
    station: Station,
    item: Archivable,
    folder: Path,
    *,
    reference: Path | None,
    grace: timedelta,
) -> bool:
    """Delete an object's own bytes from every place where they were not written or claimed lately.

    First every archived copy is read back and proven to give back the content; then the stores are told, then the
    catalog, then the bytes go. Killed in between, the next run deletes what is left. Whether none of them is left.
    """
    with catalog.reading() as session:
        copies = {place: (key, value) for place, _tier, key, value in archived_copies(session, item.sha256)}
    places = station.places(OPEN)
    idle = [open_place(place).idle(item.sha256, grace) for place in places]
    there = [open_place(place).size_of(object_key(item.sha256)) is not None for place in places]
    if not any(there):
        return True
    if sum(map(bool, idle)) != sum(there) or {place.name for place in places} - set(item.archived_places):
        return False
    for place in places:
        key, value = copies[place.name]
        recipe, archived = Recipe.from_dict(value), folder / place.name
        fetch([(open_place(place), key)], archived, recipe.encoded.sha256)
        prove(archived, recipe, reference)
        archived.unlink()
    for place in places:
        open_place(place).put_recipe(item.sha256, {**copies[place.name][1], "original_dropped": True})

    def note(session: Any) -> None:
        if drop_original(session, item.sha256, OPEN):
            append_fixity_event(session, DROP, actor=ACTOR, place=OPEN, sha256=item.sha256)

    catalog.write(note)
    gone = [open_place(place).delete_orphans(found, grace) for place, found in zip(places, idle, strict=True)]
    return sum(map(bool, gone)) == sum(there)


def restore_object(
    station: Station, sha256: str, target: Path, reference: Path | None = None, *, work: Path | None = None
) -> Restored:
    """Give back an object of the station from its copy in fewer bytes.

    Args:
        station: whose object.
        sha256: of the original.
        target: the file to write; one that exists is refused.
        reference: FASTA, or directory of sequences by MD5, of a CRAM that needs one.
        work: directory with room for the archived object; None: the system's temporary one.

    Raises:
        UsageError: the target exists, no copy in fewer bytes is known, or a reference is needed.
        StorageFault: no such copy is whole.
    """
    check_reference(reference)
    if target.exists():
        raise UsageError(f"{target} exists.", hint="Name a file that does not.")
    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = archived_copies(session, sha256)
    if not found:
        raise UsageError(
            f"The object {sha256} has no archived copy.",
            hint="`dsqc storage archive` makes them; see `dsqc catalog show`.",
        )
    places = {place.name: place for tier in (OPEN, CLOSED) for place in station.places(tier)}
    recipe = Recipe.from_dict(found[0][3])
    same = [row for row in found if Recipe.from_dict(row[3]).encoded == recipe.encoded and row[0] in places]
    with _work_directory(work) as folder:
        archived = folder / "archived"
        fetch([(open_place(places[row[0]]), row[2]) for row in same], archived, recipe.encoded.sha256)
        return decode_file(archived, recipe, target, reference)
