"""Catalogs that every revision of dsqc made (tests/archive) go up to the present one and down again, rows kept."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, MetaData, insert, select, text

from dsqc.catalog.database import WRITES, Catalog, connected, head_revision, migrate
from dsqc.catalog.events import history, verify_history
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.search import Query, search
from dsqc.catalog.versions.reading import versions_of
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.catalogs import problems
from helpers.results import Judged

ARCHIVE = Path(__file__).parents[2] / "archive"
DUMPS = sorted(ARCHIVE.glob("catalog-*.json"))
KEPT_BY_TRIGGERS = ("stored_total", "submission_total")
"""Tables that fill themselves with the rows of the others; they are compared like those."""
Rows = dict[str, list[dict[str, Any]]]


def load(catalog: Catalog, rows: Rows) -> None:
    """Put the rows of a dump into the tables of its revision."""
    with catalog.engine.execution_options(**{WRITES: True}).begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name in ("alembic_version", *KEPT_BY_TRIGGERS) or not rows.get(table.name):
                continue
            binary = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
            values = [{**row, **{name: bytes.fromhex(row[name]) for name in binary}} for row in rows[table.name]]
            connection.execute(insert(table), values)
            if connection.dialect.name == "postgresql" and "id" in table.columns:
                last = max(row["id"] for row in rows[table.name])
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))


def rows_of(catalog: Catalog, like: Rows) -> Rows:
    """The same tables and columns as in ``like``, as they are now."""
    found: Rows = {}
    with catalog.engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name, before in like.items():
            table = tables.tables[name]
            columns = [table.c[column] for column in before[0]] if before else [*table.primary_key]
            rows = connection.execute(select(*columns).order_by(*table.primary_key)).all()
            found[name] = [
                {key: value.hex() if isinstance(value, bytes) else value for key, value in row._mapping.items()}
                for row in rows
            ]
    return found


@pytest.mark.parametrize("dump", DUMPS, ids=[path.stem for path in DUMPS])
def test_a_catalog_of_before_comes_up_whole_and_goes_down_again(station: Station, tmp_path: Path, dump: Path) -> None:
    made = json.loads(dump.read_text(encoding="utf-8"))
    revision, rows = made["revision"], made["tables"]
    with connected(station) as catalog:
        migrate(catalog, "base")
        migrate(catalog, revision)
        # The counters are data, and came with the dump.
        load(catalog, rows)
        kept = {name: part for name, part in rows.items() if name != "alembic_version"}
        migrate(catalog)
        assert rows_of(catalog, kept) == kept
        with catalog.reading() as session:
            submissions = session.scalars(select(SubmissionRecord)).all()
            assert len(submissions) == 5
            assert [verify_history(item, history(session, item)) for item in submissions] == [[]] * 5
            assert len(search(session, Query(everything=True))) == 6
            assert [row["version"] for row in versions_of(session, "KAS00000001")] == [1]
        migrate(catalog, revision)
        assert rows_of(catalog, kept) == kept
        migrate(catalog)
        assert head_revision() > revision

    # What was registered then is corrected now, and its number is what it was.
    date = next(row["release_date"] for row in rows["submission"] if row["alias"] == "rice-2026")
    receipt = register(*Judged(organism="Zea mays", release_date=date).write(tmp_path), station).receipt
    assert (receipt["accessions"]["submission"], receipt["version"]["number"]) == ("KRA00000001", 2)
    new = register(*Judged(name="new-2026", prefix="n").write(tmp_path), station).receipt
    assert new["accessions"]["submission"] == f"KRA{len(registered(rows)) + 1:08}"
    assert not [problem for problem in problems(station) if problem.startswith("event")]


def registered(rows: Rows) -> list[str]:
    return [row["accession"] for row in rows["submission"] if row["accession"]]


def test_every_revision_of_before_has_a_catalog_in_the_archive() -> None:
    """Whoever adds a migration keeps what the code before it made (tests/archive/make_catalog_dump.py)."""
    found = [json.loads(path.read_text(encoding="utf-8"))["revision"] for path in DUMPS]
    assert found == [path.stem.removeprefix("catalog-") for path in DUMPS]
    assert found[:3] == ["0001", "0002", "0003"]
    # 0004 to 0011 came together, in one version.
    assert found[3:] == [f"{number:04}" for number in range(11, 8 + len(found))]
    assert len(found) >= 4
