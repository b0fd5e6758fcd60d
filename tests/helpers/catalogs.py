"""Looking into a catalog from tests."""

from typing import Any

from sqlalchemy import select

from dsqc.catalog.database import Catalog
from dsqc.catalog.models import Base
from dsqc.catalog.verify import verify_catalog
from dsqc.station import TIERS, Station
from dsqc.storage import open_place

TIMES = {"at", "previous_digest", "digest", "verified_at", "entered_at", "assigned_until", "results", "inbox", "nonce"}
"""Columns of events, copies and cases that differ between two runs of the same work."""


def dump(station: Station) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, without times; two dumps are equal when the catalogs say the same.

    Row ids are replaced by their rank: PostgreSQL does not give the ids of a failed transaction again.
    """
    with Catalog.open(station) as catalog, catalog.engine.connect() as connection:
        tables = {
            table.name: [
                dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in Base.metadata.sorted_tables
        }
    ranks = {
        name: {row["id"]: rank for rank, row in enumerate(rows, start=1)}
        for name, rows in tables.items()
        if rows and "id" in rows[0]
    }
    for table in Base.metadata.sorted_tables:
        for row in tables[table.name]:
            if "id" in row:
                row["id"] = ranks[table.name][row["id"]]
            for key in table.foreign_keys:
                if row[key.parent.name] is not None:
                    row[key.parent.name] = ranks[key.column.table.name][row[key.parent.name]]
            if table.name in ("event", "fixity_event", "object_copy", "curation_case", "curation_opinion"):
                for name in TIMES & set(row):
                    del row[name]
    return tables


def problems(station: Station) -> list[str]:
    """What ``dsqc catalog verify`` would find."""
    stores = {place.name: open_place(place) for tier in TIERS for place in station.places(tier)}
    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = verify_catalog(session, lambda place, key: stores[place].size_of(key))
    return [f"{item.kind} {item.name} {item.problem}" for item in found.problems]


def actions(station: Station, alias: str) -> list[str]:
    """What happened to a submission, oldest first."""
    tables = dump(station)
    number = next(row["id"] for row in tables["submission"] if row["alias"] == alias)
    events = [row for row in tables["event"] if row["submission_id"] == number]
    return [row["action"] for row in sorted(events, key=lambda row: row["sequence"])]
