"""The sandbox of a self-test: the station's own stores and database, in corners of their own that go again.

A corner is a directory, a prefix or a schema whose name is a :class:`RunName`. What a killed self-test left is told by
that name and taken away by the next one.
"""

import contextlib
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import text

from dsqc.batch.selftest.names import PREFIX, RunName
from dsqc.catalog.database import connected, migrate, sqlite_file, translated
from dsqc.catalog.minting import prepare_counters
from dsqc.catalog.models import Base
from dsqc.errors import CatalogFault
from dsqc.station import HEADERS, Copies, Curation, Notices, Place, Receipts, Station, Tiers
from dsqc.storage import ObjectInfo, open_place

TIERS = ("public", "held", "closed")


def sandbox_station(station: Station, name: RunName) -> Station:
    """``station`` with every place and the catalog in a corner of its own, and without what changes verdicts."""
    places = {place.name: place for place in station.all_places()}
    urls = {place.name: corner_url(place, name) for place in places.values()}
    copies = {tier: {key: urls[key] for key in getattr(station.copies, tier)} for tier in TIERS}
    changed = {
        "tiers": Tiers(**{tier: urls[tier] for tier in (*TIERS, HEADERS)}),
        "copies": Copies(**copies),
        "s3_places": {place.name: place.s3 for place in places.values()},
        "catalog_url": _corner_catalog(station, name),
        "curation": Curation(),
        "receipts": Receipts(),
        "notices": Notices(),
        "quality_goals": "",
        "kbds_strict": False,
    }
    return station.model_copy(update=changed)


def corner_url(place: Place, name: RunName) -> str:
    """Where in ``place`` a self-test works."""
    return f"{place.url.rstrip('/')}/{name}"


def corner_places(station: Station, name: RunName) -> list[Place]:
    """Every place of ``station``, with the corner of ``name`` in it for its URL."""
    return [Place(place.name, place.tier, corner_url(place, name), place.s3) for place in station.all_places()]


def _corner_catalog(station: Station, name: RunName) -> str:
    file = sqlite_file(station)
    if file is not None:
        return f"sqlite:///{file.parent / str(name) / file.name}"
    separator = "&" if "?" in station.catalog_url else "?"
    path = ",".join([str(name), *_extension_schemas(station)])
    return f"{station.catalog_url}{separator}options=-csearch_path%3D{path}"


def _extension_schemas(station: Station) -> list[str]:
    """Where PostgreSQL has the extension that the catalog's indexes need; one a database, so it is shared."""
    query = "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'pg_trgm'"
    with connected(station) as catalog, translated(), catalog.engine.connect() as connection:
        return list(connection.execute(text(query)).scalars())


def make_sandbox(station: Station, name: RunName, scratch: Path) -> Station:
    """Make the sandbox with a catalog of its own: a schema of the station's database, or a file beside its own.

    Where the database's user may make no schema, the catalog is a file in ``scratch``.

    Raises:
        CatalogFault, TransientFault: the database refuses, or a table is not the sandbox's own.
    """
    sandbox = sandbox_station(station, name)
    file = sqlite_file(sandbox)
    if file is None and not _make_schema(station, name):
        file = scratch / "catalog.sqlite"
        sandbox = sandbox.model_copy(update={"catalog_url": f"sqlite:///{file}"})
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    with connected(sandbox) as catalog:
        migrate(catalog)
        if file is None:
            _require_own_tables(sandbox, name)
        catalog.write(prepare_counters)
    return sandbox


def _make_schema(station: Station, name: RunName) -> bool:
    """Make the schema; whether the user may."""
    may = text("SELECT has_database_privilege(current_database(), 'CREATE')")
    with connected(station) as catalog, translated(), catalog.engine.begin() as connection:
        if not connection.scalar(may):
            return False
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{name}"'))
        # The extension's schema may be the true catalog's: its table of revisions must not be seen through ours.
        connection.execute(
            text(f'CREATE TABLE IF NOT EXISTS "{name}".alembic_version (version_num VARCHAR(32) PRIMARY KEY)')
        )
    return True


def _require_own_tables(sandbox: Station, name: RunName) -> None:
    """Every table that a writer may touch stands in the sandbox: nothing can reach the true one behind it."""
    query = text("SELECT tablename FROM pg_tables WHERE schemaname = :name")
    with connected(sandbox) as catalog, translated(), catalog.engine.connect() as connection:
        own = set(connection.execute(query, {"name": str(name)}).scalars())
    if missing := set(Base.metadata.tables) - own:
        raise CatalogFault(f"The sandbox of the catalog lacks {', '.join(sorted(missing))}.")


class Corners(ABC):
    """Corners of self-tests in one place or in the catalog; ``where`` names it."""

    where: str

    @abstractmethod
    def names(self) -> Iterator[RunName]:
        """Whose corners are there.

        Raises:
            StorageFault, CatalogFault, TransientFault: it cannot be asked.
        """

    @abstractmethod
    def remove(self, name: RunName) -> None:
        """Take the corner of ``name`` away; nothing happens where there is none.

        Raises:
            StorageFault, CatalogFault, TransientFault: it refuses.
        """

    def left(self, own: RunName | None = None) -> list[RunName]:
        """Of tests that are gone, and of ``own``."""
        return sorted({name for name in self.names() if name == own or name.is_left()}, key=str)


class DirectoryCorners(Corners):
    """Directories in a directory."""

    def __init__(self, where: str, folder: Path) -> None:
        self.where, self.folder = where, folder

    def names(self) -> Iterator[RunName]:
        """Of directories in it."""
        return directories(self.folder)

    def remove(self, name: RunName) -> None:
        """With all that is in it."""
        remove_directory(self.folder / str(name))


class PrefixCorners(Corners):
    """Prefixes of keys in a store, of unfinished uploads too."""

    def __init__(self, place: Place) -> None:
        self.where, self._store = place.name, open_place(place)

    def names(self) -> Iterator[RunName]:
        """Of everything that begins so."""
        yield from _named(info.key for info in self._store.entries(PREFIX))
        yield from _named(upload.key for upload in self._unfinished(PREFIX))

    def remove(self, name: RunName) -> None:
        """Object by object."""
        for info in list(self._store.entries(f"{name}/")):
            self._store.delete(info.key)
        for upload in self._unfinished(f"{name}/"):
            self._store.delete_unfinished(upload)

    def _unfinished(self, prefix: str) -> list[ObjectInfo]:
        return [upload for upload in self._store.list_unfinished() if upload.key.startswith(prefix)]


class SchemaCorners(Corners):
    """Schemas of a PostgreSQL database."""

    where = "catalog"

    def __init__(self, station: Station) -> None:
        self._station = station

    def names(self) -> Iterator[RunName]:
        """Of its schemas."""
        query = text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix)")
        with connected(self._station) as catalog, translated(), catalog.engine.connect() as connection:
            yield from _named(list(connection.execute(query, {"prefix": PREFIX}).scalars()))

    def remove(self, name: RunName) -> None:
        """With all its tables."""
        with connected(self._station) as catalog, translated(), catalog.engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))


def all_corners(station: Station) -> Iterator[Corners]:
    """Everywhere where self-tests of ``station`` leave something."""
    for place in station.all_places():
        yield PrefixCorners(place) if "://" in place.url else DirectoryCorners(place.name, Path(place.url))
    file = sqlite_file(station)
    yield SchemaCorners(station) if file is None else DirectoryCorners("catalog", file.parent)


def remove_directory(path: Path) -> None:
    """Remove a directory with all that is in it; objects in it are write-protected, directories are not."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)


def directories(folder: Path) -> Iterator[RunName]:
    """Names of self-tests that directories in ``folder`` have."""
    try:
        found = [item.name for item in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from _named(found)


def _named(texts: Iterable[str]) -> Iterator[RunName]:
    for item in texts:
        if name := RunName.find(item):
            yield name
