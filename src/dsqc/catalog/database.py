"""The catalog's database: how it is reached, made, checked, and how one transaction writes at a time."""

import contextlib
import functools
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from dsqc.catalog.dialects import COMPILED, DRIVER
from dsqc.catalog.models import AccessionCounterRecord
from dsqc.catalog.search.index import Watch, fill
from dsqc.errors import CatalogFault, SystemFault, TransientFault, UsageError
from dsqc.station import Station

WRITES = "dsqc_writes"
"""Execution option of a connection whose transaction writes."""
BUSY_SECONDS = 120
"""How long a writer waits for the others on SQLite."""
TRIES = 5
"""Attempts of a transaction that a passing fault ended (a lost connection, a restarted server)."""
GATE = "submission"
"""The accession counter whose row every writing transaction locks first, on PostgreSQL."""

Result = TypeVar("Result")


class _TakenBack(Exception):
    """Ends a transaction that was only tried."""


class Catalog:
    """An open catalog.

    Writing transactions go one at a time on both databases: SQLite by ``BEGIN IMMEDIATE``, PostgreSQL by a lock on
    one row that every writer takes first. They are short (no bytes move inside), and no two can wait for each other.
    """

    def __init__(self, engine: Engine, station: Station) -> None:
        self.engine = engine
        self.station = station

    @classmethod
    @contextlib.contextmanager
    def open(cls, station: Station) -> Iterator["Catalog"]:
        """Open the catalog of ``station``; it must exist and be of this version.

        Raises:
            CatalogFault: it does not exist, is not a catalog, or needs a migration.
            TransientFault: the server cannot be reached.
        """
        file = sqlite_file(station)
        if file is not None and not file.exists():
            # Asked first, because SQLite would make an empty file of that name.
            raise CatalogFault(f"The catalog {file} does not exist.", hint=_MAKE_HINT)
        with connected(station) as catalog:
            with translated(), catalog.engine.connect() as connection:
                _check_revision(connection)
            yield catalog

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session over one consistent state of the catalog; nothing it does is kept."""
        with translated(), Session(self.engine, autoflush=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is kept whole when the block ends well, and not at all otherwise."""
        engine = self.engine.execution_options(**{WRITES: True})
        with translated(), engine.begin() as connection, Session(connection, expire_on_commit=False) as session:
            watch = Watch(session)
            if connection.dialect.name == "postgresql":
                gate = select(AccessionCounterRecord.last).where(AccessionCounterRecord.type == GATE)
                session.execute(gate.with_for_update())
            yield session
            watch.finish()

    def rehearse(self, work: Callable[[Session], Result]) -> Result:
        """Run ``work`` as :meth:`write` would, and take everything back that it did: nothing is kept."""
        done: list[Result] = []

        def tried(session: Session) -> None:
            done[:] = [work(session)]
            session.flush()
            raise _TakenBack

        with contextlib.suppress(_TakenBack):
            self.write(tried)
        return done[0]

    def write(self, work: Callable[[Session], Result]) -> Result:
        """Run ``work`` in a writing transaction; a passing fault runs it again, a few times."""
        for attempt in range(1, TRIES + 1):
            try:
                with self.writing() as session:
                    return work(session)
            except TransientFault:
                if attempt == TRIES:
                    raise
                time.sleep(random.uniform(0.1, 0.5) * attempt)  # noqa: S311  spreads retries, guards nothing
        raise AssertionError("the loop returns or raises")


@contextlib.contextmanager
def connected(station: Station) -> Iterator[Catalog]:
    """The catalog of ``station`` without asking whether it is one; for making and migrating it."""
    engine = make_engine(database_url(station))
    try:
        yield Catalog(engine, station)
    finally:
        engine.dispose()


def database_url(station: Station) -> URL:
    """The URL of the catalog with its password taken from the environment. Never print it.

    Raises:
        UsageError: the URL is wrong, names another kind of database, or the password's variable is not set.
    """
    try:
        url = make_url(station.database_url())
    except ArgumentError as error:
        raise UsageError("catalog_url in station.toml is no database URL.", hint=_URL_HINT) from error
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise UsageError(f"catalog_url names a {kind} database.", hint=_URL_HINT)
    if kind == "sqlite":
        return url
    if station.catalog_password_env:
        password = os.environ.get(station.catalog_password_env)
        if password is None:
            raise UsageError(
                f"The environment variable {station.catalog_password_env} is not set.",
                hint="station.toml names it in catalog_password_env as the holder of the catalog's password.",
            )
        url = url.set(password=password)
    return url.set(drivername="postgresql+psycopg")


_URL_HINT = "Use sqlite:///catalog.sqlite or postgresql://USER@HOST:PORT/DATABASE."


def make_engine(url: URL) -> Engine:
    """An engine with dsqc's settings for SQLite or PostgreSQL."""
    kind = url.get_backend_name()
    url = url.set(drivername=f"{kind}+{DRIVER}")
    options = {"compiled_cache": COMPILED}
    if kind != "sqlite":
        wait = {"connect_timeout": 15}
        engine = create_engine(url, pool_pre_ping=True, pool_size=4, connect_args=wait, execution_options=options)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, execution_options=options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # To compile a query takes PostgreSQL longer than to answer what is asked here. Once a connection, not once a
    # question: that would be one more round trip each.
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = False


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not open transactions by itself: it would begin them as readers, and a reader that turns writer
    # is refused at once, without waiting, when another writer came first.
    connection.isolation_level = None
    # Accessions are given to people: a commit that was answered must outlive a power cut, hence synchronous FULL.
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def sqlite_file(station: Station) -> Path | None:
    """The file of an embedded catalog; ``None`` for a server."""
    url = database_url(station)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def migrate(catalog: Catalog, revision: str = "head") -> None:
    """Bring the catalog's tables up or down to ``revision`` (numbers: they sort); what is there already stays."""
    with translated(), catalog.engine.execution_options(**{WRITES: True}).connect() as connection:
        configuration = _configuration(connection)
        present = MigrationContext.configure(connection).get_current_revision()
        if revision == "base" or (present is not None and revision < present):
            command.downgrade(configuration, revision)
        elif present != (head_revision() if revision == "head" else revision):
            # Asked first: alembic reads every migration to find that nothing is to be done.
            command.upgrade(configuration, revision)
        if MigrationContext.configure(connection).get_current_revision() == head_revision():
            with Session(connection) as session:
                fill(session)
                session.flush()
        connection.commit()


@functools.cache
def head_revision() -> str:
    """The newest revision that this version of dsqc knows; asked at every opening, read from the scripts once."""
    return str(ScriptDirectory.from_config(_configuration(None)).get_current_head())


def _configuration(connection: Connection | None) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", "dsqc.catalog:migrations")
    configuration.attributes["connection"] = connection
    return configuration


def _check_revision(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    newest = head_revision()
    if found == newest:
        return
    hint = "Run `dsqc catalog init` on the station's directory."
    if found is None:
        raise CatalogFault("The catalog's database holds no catalog.", hint=hint)
    raise CatalogFault(f"The catalog is of revision {found}, this dsqc needs {newest}.", hint=hint)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the database's exceptions into faults; neither SQL nor values nor the URL reach the message."""
    try:
        yield
    except IntegrityError as error:
        raise CatalogFault(f"The catalog refused a row: {_first_line(error)}.") from error
    except OperationalError as error:
        text = _first_line(error)
        if "no such table" in text or "unable to open" in text or "not a database" in text:
            raise CatalogFault(f"The catalog cannot be opened: {text}.", hint=_MAKE_HINT) from error
        if "readonly" in text or "read-only" in text:
            raise CatalogFault(f"The catalog cannot be written: {text}.") from error
        if "disk" in text and "full" in text:
            raise CatalogFault("The disk of the catalog is full.", hint="Free some space and run it again.") from error
        if "disk I/O error" in text:
            # What SQLite also says where its log beside the database finds no room.
            raise CatalogFault(f"The disk of the catalog refused: {text}.", hint=_DISK_HINT) from error
        raise TransientFault(f"The catalog did not answer: {text}.", hint="Run the same command again.") from error
    except DBAPIError as error:
        raise CatalogFault(f"The catalog refused: {_first_line(error)}.") from error
    except SQLAlchemyError as error:
        raise SystemFault(f"The catalog's interface failed: {type(error).__name__}.") from error


_DISK_HINT = "If it is full, free some space, then run the same command again; if not, check the disk."
_MAKE_HINT = "`dsqc catalog init DIR` makes a station with its catalog."


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error.orig).__name__
