"""Moving the bytes of a submission from one tier to another, with proof, whatever kills it on the way.

First every object stands in every place of the new tier, proven; then one transaction says so and changes the state;
then the manifest follows, and the bytes that nobody needs in the old tier go. Until they are gone the catalog says in
``disclosure.leaving`` which tier is being left, and running it again goes on from there.
"""

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from dsqc import logs
from dsqc.artefact import write_fault
from dsqc.catalog.access.moving import (
    Copy,
    MovingObject,
    copies_to_clear,
    forget_copies,
    live_leases,
    note_copy,
    objects_of,
)
from dsqc.catalog.access.settling import disclosure_of
from dsqc.catalog.access.tiers import CLOSED, tier_of
from dsqc.catalog.database import Catalog
from dsqc.catalog.encryption import CRYPT4GH, Header, keep_headers, known_header
from dsqc.catalog.events import now, timestamp
from dsqc.catalog.leases import POLL_SECONDS, check_held, is_dead
from dsqc.catalog.models import DisclosureRecord, SubmissionRecord
from dsqc.catalog.receipts import manifest
from dsqc.crypt4gh import Keys, SegmentReader, SegmentWriter, make_header, open_header, station_keys
from dsqc.crypt4gh.header import SessionKeys, new_session_key, opens
from dsqc.errors import StorageFault, SystemFault, TransientFault
from dsqc.station import HEADERS, Station
from dsqc.storage import ObjectStore, StoredCopy, open_place
from dsqc.storage.copying import fetched
from dsqc.storage.headers import header_key, read_stored_header, write_stored_header
from dsqc.storage.layout import ARCHIVED, CLAIMS, QUARANTINE, READ_BACK, UNARCHIVED, manifest_key

Commit = Callable[[Session, SubmissionRecord], None]
WAIT_SECONDS = 60.0
"""How long we wait for registrations under way, which may be about to use the bytes that we take away."""
CLOCKS_APART = timedelta(minutes=2)
"""How far the clock of a store may be from ours."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Whose:
    """The submission that is moved, and who holds its lease."""

    id: int
    key: tuple[str, str]
    holder: str


def relocate(catalog: Catalog, whose: Whose, tier: str, commit: Commit) -> bool:
    """Have the objects of a submission in ``tier``, and do ``commit`` in the transaction that says so.

    ``commit`` leaves the submission in a state whose tier is ``tier``.

    Returns:
        Whether nothing of it lies in the tier that it left any more; :func:`clear` finishes that otherwise.

    Raises:
        StorageFault: no copy is good, or what was written cannot be read back: nothing was taken away.
        UsageError: the station's keys do not open what is encrypted, or an archived object needs its reference.
        CatalogFault, TransientFault: the catalog or a store cannot be reached.
    """
    log = logs.logger(stage="release")
    with catalog.reading() as session:
        before = session.get(DisclosureRecord, whose.id)
        left = before.leaving if before else ""
    if left not in ("", tier) and not clear(catalog, whose):
        raise TransientFault(
            f"Bytes of {whose.key[1]} are left in the tier {left} from the move before.",
            hint="Run `dsqc release run` again in a few minutes, then this.",
        )
    with catalog.reading() as session:
        old = tier_of(session.get_one(SubmissionRecord, whose.id))
        items = objects_of(session, whose.id) if old != tier else []
    work = _Work(catalog, tier)
    log.info("move", submission=whose.key[1], to=tier, objects=len(items))
    done = [(item.id, work.bring(item)) for item in items]

    def finish(session: Session) -> None:
        check_held(session, whose.key, whose.holder)
        record = session.get_one(SubmissionRecord, whose.id)
        for object_id, copies in done:
            for copy in copies:
                note_copy(session, object_id, copy)
        session.flush()
        keep_headers(session, work.headers)
        commit(session, record)
        if tier_of(record) != tier:
            raise AssertionError(f"{record.alias} is {record.state} and belongs to {tier_of(record)}, not {tier}")
        if old != tier:
            disclosure_of(session, record).leaving = old

    catalog.write(finish)
    return clear(catalog, whose)


def clear(catalog: Catalog, whose: Whose) -> bool:
    """Write the manifest where it belongs now, and take away what is left of a submission in the tier that it left.

    Returns:
        Whether nothing is left there.
    """
    with catalog.reading() as session:
        record = session.get_one(SubmissionRecord, whose.id)
        disclosure = session.get(DisclosureRecord, whose.id)
        leaving = disclosure.leaving if disclosure else ""
        tier, accession, listed = tier_of(record), record.accession or "", manifest(session, whose.id)
    for place in catalog.station.places(tier):
        open_place(place).put_manifest(accession, listed)
    if not leaving or leaving == tier:
        return True
    began = now()
    _wait_for_registrations(catalog, whose.key)
    for place in catalog.station.places(leaving):
        open_place(place).delete(manifest_key(accession))
    with catalog.reading() as session:
        found = copies_to_clear(session, whose.id, leaving)
    stores = {place.name: open_place(place) for place in catalog.station.places(leaving)}
    gone = [copy for item, copy in found if _delete(catalog.station, stores, item, copy, began)]
    whole = len(gone) == len(found)

    def note(session: Session) -> None:
        check_held(session, whose.key, whose.holder)
        forget_copies(session, whose.id, leaving, gone)
        if whole:
            session.get_one(DisclosureRecord, whose.id).leaving = ""

    catalog.write(note)
    return whole


def _wait_for_registrations(catalog: Catalog, key: tuple[str, str]) -> None:
    """Wait for whoever registers now: its data may be the same, and found where we delete. Later ones leave a claim."""

    def working() -> set[tuple[str, str, str]]:
        with catalog.reading() as session:
            found = live_leases(session, key, timestamp(now()))
        return {one for one in found if not is_dead(one[2])}

    waited_for, give_up = working(), time.monotonic() + WAIT_SECONDS
    while waited_for := waited_for & working():
        if time.monotonic() > give_up:
            raise TransientFault(
                f"Registrations are under way ({len(waited_for)}); nothing was deleted.",
                hint="Run `dsqc release run` again later.",
            )
        time.sleep(POLL_SECONDS)


def _delete(station: Station, stores: dict[str, ObjectStore], item: MovingObject, copy: Copy, began: datetime) -> bool:
    """Delete the bytes of one copy and what was kept beside them, unless somebody is about to use them."""
    store = stores.get(copy.place)
    if store is None:
        return False  # a place that station.toml does not name any more
    name = copy.key.rpartition("/")[2]
    claims = store.entries(f"{CLAIMS}{name}")
    if any(claim.modified > began - CLOCKS_APART for claim in claims):
        return False
    store.delete(copy.key)
    for prefix in (f"{QUARANTINE}{name}", f"{ARCHIVED}{item.sha256}", f"{UNARCHIVED}{item.sha256}"):
        for info in list(store.entries(prefix)):
            store.delete(info.key)
    if copy.tier == CLOSED:
        open_place(station.places(HEADERS)[0]).delete(header_key(copy.stored_sha256))
    return True


class _Work:
    """Bringing objects into every place of one tier, one after the other."""

    def __init__(self, catalog: Catalog, tier: str) -> None:
        self.catalog = catalog
        self.station = catalog.station
        self.tier = tier
        self.places = self.station.places(tier)
        self.stores = {place.name: open_place(place) for place in self.station.all_places()}
        self.headers: dict[str, Header] = {}
        self._keys: Keys | None = None

    @property
    def keys(self) -> Keys:
        """The station's keys, read when the first encrypted object comes."""
        if self._keys is None:
            self._keys = station_keys(self.station)
        return self._keys

    @property
    def _header_store(self) -> ObjectStore:
        return self.stores[self.station.places(HEADERS)[0].name]

    def bring(self, item: MovingObject) -> list[StoredCopy]:
        """Its copies in every place of the tier, each proven now."""
        encoding = CRYPT4GH if self.tier == CLOSED else ""
        known = {place.name: item.copy_in(place.name, encoding) for place in self.places}
        proven = {name: copy for name, copy in known.items() if copy is not None and self._is_whole(item, copy)}
        found = [
            StoredCopy(
                name, self.tier, copy.key, copy.stored_sha256, copy.stored_size_bytes, READ_BACK, now(), encoding
            )
            for name, copy in proven.items()
        ]
        missing = [place for place in self.places if place.name not in proven]
        if not missing:
            return found
        with self._plain(item) as path:
            if self.tier != CLOSED:
                for place in missing:
                    put = self.stores[place.name].put_file(path, sha256=item.sha256, md5=item.md5)
                    found.append(
                        StoredCopy(place.name, self.tier, put.key, put.sha256, put.size_bytes, put.proof, now())
                    )
                return found
            with self._sealed(item, path) as (body, digest, header):
                # Before anything refers to the body: one without a header would be lost.
                write_stored_header(self._header_store, digest, header.data)
                self.headers[digest] = header
                for place in missing:
                    put = self.stores[place.name].put_file(body, sha256=digest)
                    made = Copy(0, CLOSED, place.name, put.key, digest, put.size_bytes, CRYPT4GH)
                    if not self._is_whole(item, made):
                        raise StorageFault(
                            f"{self.stores[place.name].url}/{put.key}: what was encrypted does not open again.",
                            hint="Nothing was taken away; look at the station's keys and run it again.",
                        )
                    found.append(
                        StoredCopy(place.name, CLOSED, put.key, digest, put.size_bytes, READ_BACK, now(), CRYPT4GH)
                    )
        return found

    def _is_whole(self, item: MovingObject, copy: Copy) -> bool:
        """Whether a copy gives the object's bytes back now: read whole, and decrypted where it is encrypted."""
        store = self.stores.get(copy.place)
        if store is None or store.size_of(copy.key) != copy.stored_size_bytes:
            return False
        digest = hashlib.sha256()
        try:
            with self._opened(item, copy, store) as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        except TransientFault:
            raise
        except SystemFault:
            return False
        return digest.hexdigest() == item.sha256

    @contextlib.contextmanager
    def _opened(self, item: MovingObject, copy: Copy, store: ObjectStore) -> Iterator[BinaryIO]:
        """The object's own bytes as one copy gives them."""
        with store.open_read(copy.key) as file:
            if not copy.encoding:
                yield file
                return
            header = self._header_of(copy)
            session = open_header(header, self.keys.private, item.sha256)
            with SegmentReader(file, session, item.sha256, size=copy.stored_size_bytes) as reader:
                yield reader  # type: ignore[misc]

    def _header_of(self, copy: Copy) -> bytes:
        made = self.headers.get(copy.stored_sha256)
        if made is None:
            with self.catalog.reading() as session:
                made = known_header(session, copy.stored_sha256)
        if made is not None and any(opens(made.data, key) for key in self.keys.private):
            return made.data
        apart = read_stored_header(self._header_store, copy.stored_sha256)
        if apart is None:
            raise StorageFault(
                f"The header of {copy.key} is neither in the catalog nor in {self._header_store.url}.",
                hint="Restore the catalog or the place of headers from a backup.",
            )
        return apart

    @contextlib.contextmanager
    def _plain(self, item: MovingObject) -> Iterator[Path]:
        """The object's own bytes as a file without a name, proven: from any good copy, wherever it lies."""
        own = [copy for copy in item.copies if not copy.encoding and copy.place in self.stores]
        for copy in own:
            store = self.stores[copy.place]
            if store.size_of(copy.key) == item.size_bytes:
                with contextlib.ExitStack() as stack:
                    try:
                        path = stack.enter_context(fetched(store, copy.key, item.sha256))
                    except TransientFault:
                        raise
                    except StorageFault:
                        continue
                    yield path
                    return
        for copy in (copy for copy in item.copies if copy.encoding == CRYPT4GH and copy.place in self.stores):
            with self._decrypted(item, copy) as decrypted:
                if decrypted is not None:
                    yield decrypted
                    return
        with self._restored(item) as path:
            yield path

    @contextlib.contextmanager
    def _decrypted(self, item: MovingObject, copy: Copy) -> Iterator[Path | None]:
        """The plain bytes of an encrypted copy, in a file without a name; None where the copy is not good."""
        digest = hashlib.sha256()
        with tempfile.TemporaryFile(prefix="dsqc-release-") as file:
            try:
                with self._opened(item, copy, self.stores[copy.place]) as source:
                    while block := source.read(_BLOCK):
                        digest.update(block)
                        _write(file, block)
            except TransientFault:
                raise
            except StorageFault as fault:
                if fault.hint == _DISK:
                    raise
            except SystemFault:
                pass
            file.flush()
            yield Path(f"/proc/self/fd/{file.fileno()}") if digest.hexdigest() == item.sha256 else None

    @contextlib.contextmanager
    def _restored(self, item: MovingObject) -> Iterator[Path]:
        """From its copy in fewer bytes, where its own bytes were dropped (``dsqc storage archive --drop``)."""
        from dsqc.stages.archive_store import restore_object

        if not any(copy.encoding not in ("", CRYPT4GH) for copy in item.copies):
            raise StorageFault(
                f"No copy of the object {item.sha256} is whole.",
                hint="Run `dsqc storage verify --repair`; nothing was moved.",
            )
        with tempfile.TemporaryDirectory(prefix="dsqc-release-") as folder:
            target = Path(folder) / "object"
            restore_object(self.station, item.sha256, target)
            yield target

    @contextlib.contextmanager
    def _sealed(self, item: MovingObject, plain: Path) -> Iterator[tuple[Path, str, Header]]:
        """The body of ``plain`` in a file without a name, its digest, and the header for the station's key."""
        session, digest = SessionKeys((new_session_key(),)), hashlib.sha256()
        with tempfile.TemporaryFile(prefix="dsqc-close-") as file:
            with plain.open("rb") as source:
                for piece in SegmentWriter(session).encrypted(iter(lambda: source.read(_BLOCK), b"")):
                    digest.update(piece)
                    _write(file, piece)
            file.flush()
            header = Header(make_header(session, [self.keys.public]), self.keys.public.fingerprint)
            yield Path(f"/proc/self/fd/{file.fileno()}"), digest.hexdigest(), header


_DISK = "The temporary directory (TMPDIR) needs room for the largest file: free some space and run it again."


def _write(file: BinaryIO, data: bytes | bytearray) -> None:
    try:
        file.write(data)
    except OSError as error:
        fault = write_fault(Path(tempfile.gettempdir()), error)
        raise StorageFault(fault.message, hint=_DISK) from error
