"""Migrations make exactly what the models say, on both databases, and the databases guard the events."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from dsqc.catalog.database import WRITES, Catalog, connected, head_revision, migrate
from dsqc.catalog.making import make_station
from dsqc.catalog.minting import prepare_counters
from dsqc.catalog.models import Base
from dsqc.catalog.models.search import OF_ONE_DATABASE
from dsqc.errors import CatalogFault
from dsqc.station import Station

INSERT = text(
    "INSERT INTO submission (id, submitter, alias, state, content_sha256, verdict, verdict_sha256, research_field, "
    "form_version, package, data_centre, access_level, release_date, attributes, project_attributes, reasons) "
    "VALUES (1, 's', 'a', 'received', '', '', '', '', '', '', '', '', '', '{}', '{}', '[]')"
)
EVENT = text(
    "INSERT INTO event (id, submission_id, sequence, at, actor, action, state, reason, details, previous_digest, "
    "digest) VALUES (1, 1, 1, '', '', '', '', '', '{}', '', 'd')"
)


def _is_of_both(name: str | None, *_place: object) -> bool:
    return name is None or not name.startswith(OF_ONE_DATABASE)


def test_the_migrated_tables_are_those_of_the_models(station: Station) -> None:
    with Catalog.open(station) as catalog, catalog.engine.connect() as connection:
        options = {"compare_type": True, "include_name": _is_of_both}
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == head_revision()


def test_migrations_go_down_to_nothing_and_up_again(station: Station) -> None:
    with connected(station) as catalog:
        migrate(catalog, "base")
        assert inspect(catalog.engine).get_table_names() == ["alembic_version"]

        migrate(catalog)
        catalog.write(prepare_counters)
        made = {name for name in inspect(catalog.engine).get_table_names() if _is_of_both(name)}
        assert made == {"alembic_version", *Base.metadata.tables}


@pytest.mark.parametrize("statement", ["UPDATE event SET reason = 'other'", "DELETE FROM event"])
def test_events_are_never_changed_or_deleted(station: Station, statement: str) -> None:
    with Catalog.open(station) as catalog:
        with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
            connection.execute(INSERT)
            connection.execute(EVENT)

        with (
            pytest.raises(DBAPIError, match="events are never changed or deleted"),
            catalog.engine.execution_options(**{WRITES: True}).begin() as connection,
        ):
            connection.execute(text(statement))

        with catalog.engine.connect() as connection:
            assert connection.scalar(text("SELECT reason FROM event")) == ""


def test_a_catalog_of_another_revision_is_refused_with_what_to_do(station: Station) -> None:
    with connected(station) as catalog, catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    with (
        pytest.raises(CatalogFault, match=r"revision 0000, .* Run `dsqc catalog init`"),
        Catalog.open(station),
    ):
        raise AssertionError("it must not open")


def test_a_database_without_a_catalog_is_refused_until_it_is_made(station: Station) -> None:
    with connected(station) as catalog:
        migrate(catalog, "base")
    with pytest.raises(CatalogFault, match="holds no catalog"), Catalog.open(station):
        raise AssertionError("it must not open")

    make_station(station.root, {})

    with Catalog.open(station) as catalog, catalog.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM accession_counter")) == 6


def test_copies_get_their_place_and_lose_it_again(station: Station) -> None:
    """Data of revision 0001 comes through 0002 and back; only further places are forgotten on the way down."""
    with connected(station) as catalog:
        migrate(catalog, "0001")
        with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
            for number, digest in ((1, "a" * 64), (2, "b" * 64)):
                values = {"id": number, "sha256": digest, "size": number * 10}
                connection.execute(text("INSERT INTO object VALUES (:id, :sha256, 'm', :size)"), values)
            connection.execute(
                text("INSERT INTO object_copy (id, object_id, tier, key) VALUES "
                     "(1, 1, 'public', 'k1'), (2, 1, 'closed', 'k1'), (3, 2, 'public', 'k2')")
            )  # fmt: skip
        before = _copies(catalog, "id, object_id, tier, key")
        migrate(catalog)

        assert _copies(catalog, "id, object_id, tier, key") == before
        assert _copies(catalog, "place, state, verified_at, stored_sha256, stored_size_bytes, encoding") == [
            ("public", "present", "", "a" * 64, 10, ""),
            ("closed", "present", "", "a" * 64, 10, ""),
            ("public", "present", "", "b" * 64, 20, ""),
        ]
        with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO object_copy (id, object_id, tier, key, place, state, verified_at, proof, "
                    "stored_sha256, stored_size_bytes, encoding, recipe) "
                    "VALUES (4, 1, 'public', 'k1', 'second', 'present', '', '', '', 10, '', '{}')"
                )
            )
        migrate(catalog, "0001")
        assert _copies(catalog, "id, object_id, tier, key") == before


@pytest.mark.parametrize("statement", ["UPDATE fixity_event SET actor = 'other'", "DELETE FROM fixity_event"])
def test_fixity_events_are_never_changed_or_deleted(station: Station, statement: str) -> None:
    insert = text("INSERT INTO fixity_event VALUES (1, '', '', 'verify', '', '', '{}', '', 'd')")
    with Catalog.open(station) as catalog, catalog.engine.execution_options(**{WRITES: True}).connect() as connection:
        connection.execute(insert)
        connection.commit()
        with pytest.raises(DBAPIError, match="events are never changed or deleted"):
            connection.execute(text(statement))
        connection.rollback()
        assert connection.scalar(text("SELECT actor FROM fixity_event")) == ""


def _copies(catalog: Catalog, columns: str) -> list[tuple[object, ...]]:
    with catalog.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM object_copy ORDER BY id"))]
