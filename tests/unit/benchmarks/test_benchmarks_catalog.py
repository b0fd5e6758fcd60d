"""The catalog of the benchmark at toy size: its rows are those that dsqc writes, and every question has an answer."""

import uuid
from pathlib import Path

import catalog_million
import pytest
from makers.catalog import load
from sqlalchemy import select

from dsqc.catalog.database import Catalog, database_url
from dsqc.catalog.making import make_station
from dsqc.catalog.models import RunSearchRecord, RunTextRecord, RunTotalRecord, SearchValueRecord
from dsqc.catalog.search.reindex import reindex
from dsqc.station import Station
from infra.postgres import PostgresServer

TABLES = (RunSearchRecord, RunTextRecord, RunTotalRecord, SearchValueRecord)


@pytest.mark.postgres
def test_a_loaded_catalog_is_as_a_registered_one_and_answers(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_CATALOG_PASSWORD", postgres_server.password)
    url = postgres_server.create_database(f"bench_{uuid.uuid4().hex[:8]}")
    settings = {"catalog_url": url, "catalog_password_env": "TEST_CATALOG_PASSWORD"}
    station = make_station(tmp_path / "station", settings).station
    address = database_url(station).set(drivername="postgresql").render_as_string(hide_password=False)
    load(address, 350, seed=1)

    loaded = _rows(station)
    with Catalog.open(station) as catalog:
        assert reindex(catalog) == 350
        assert _rows(station) == loaded
        with catalog.reading() as session:
            asked = dict(catalog_million.ask(session, 1, 3))
    exported = dict(catalog_million.take_away(station, 1, 20, tmp_path / "public"))
    assert set(catalog_million.BOUNDS_S) <= {*asked, *exported}
    assert all(asked.values())


def _rows(station: Station) -> list[list[tuple[object, ...]]]:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return [
            [tuple(row) for row in session.execute(select(table.__table__).order_by(*table.__table__.primary_key))]
            for table in TABLES
        ]
