"""Statements of the catalog are compiled once a process, and only shared where they read the same."""

from pathlib import Path

from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.dialects import COMPILED, PostgreSQL, SQLite
from dsqc.catalog.models import RunRecord
from dsqc.station import Station
from helpers.stations import new_station


def read(station: Station) -> None:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        assert session.scalars(select(RunRecord).where(RunRecord.alias == "dialects")).all() == []


def compiled() -> int:
    """How often that statement stands among the compiled ones."""
    return sum("FROM run \nWHERE run.alias = " in str(item) for item in COMPILED.values())


def test_what_one_opening_compiled_the_next_one_has(station: Station, tmp_path: Path) -> None:
    COMPILED.clear()
    read(station)
    read(station)
    assert compiled() == 1
    read(new_station(tmp_path / "another", {}).station)
    assert compiled() == (2 if station.catalog_password_env else 1)


def test_only_what_reads_the_same_is_shared() -> None:
    one, other = PostgreSQL(), PostgreSQL()
    assert one == other
    assert hash(one) == hash(other)
    other.server_version_info = (15, 4)
    assert one != other
    one.server_version_info = (15, 4)
    assert one == other
    other._backslash_escapes = not one._backslash_escapes
    assert one != other
    assert SQLite() == SQLite()
    assert SQLite() != one
