"""The public export: what it holds, that DuckDB answers as the search does, and that it changes hands whole."""

import json
from importlib.resources import files
from pathlib import Path

import duckdb
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from dsqc.artefact import sha256_of
from dsqc.catalog.database import Catalog
from dsqc.catalog.models import SubmissionRecord
from dsqc.catalog.search import Query, find, full_rows
from dsqc.catalog.search import public_export as module
from dsqc.catalog.search.public_export import Snapshot, export_public
from dsqc.catalog.search.public_tables import VisibleAttributes
from dsqc.errors import StorageFault
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.results import Judged

QUESTIONS = {
    'organism:"Oryza sativa" field:seed_crop q30>=0.8': (
        "SELECT run FROM {runs} WHERE organism = 'Oryza sativa' AND research_field = 'seed_crop' "
        "AND frac_bases_q30 >= 0.8"
    ),
    "organism:4530": "SELECT run FROM {runs} WHERE taxonomy_id = 4530",
    "collected:2025-07..2025": "SELECT run FROM {runs} WHERE collection_date BETWEEN '2025-07' AND '2025-99'",
    "q20>0.9": "SELECT run FROM {metrics} WHERE metric = 'frac_bases_q20' AND value > 0.9",
    "quality_encoding:phred33": "SELECT run FROM {metrics} WHERE metric = 'quality_encoding' AND text = 'phred33'",
    "platform!=DNBSEQ": "SELECT run FROM {runs} WHERE platform <> 'DNBSEQ'",
    "access:closed": "SELECT run FROM {runs} WHERE access_level = 'closed'",
    "file:leaf_R1*": "SELECT DISTINCT run FROM {files} WHERE name LIKE 'leaf\\_R1%' ESCAPE '\\'",
    "내건성": "SELECT run FROM {runs} JOIN {projects} USING (project) WHERE title_ko LIKE '%내건성%'",
}
"""Queries of the catalog, and the same in SQL over the snapshot."""


@pytest.fixture(scope="module")
def stocked(module_station: Station, tmp_path_factory: pytest.TempPathFactory) -> Station:
    """Rice, open; maize, closed; wheat of a security project; soy that was withdrawn. For reading only."""
    place = tmp_path_factory.mktemp("stocked")
    rice = Judged(extra={})
    rice.metrics = {"mean_phred": 36.5, "frac_bases_q30": 0.91, "frac_bases_q20": 0.95, "quality_encoding": "phred33"}
    register(*rice.write(place), module_station)
    maize = Judged(name="maize", email="lee@other.ac.kr", organism="Zea mays", access="closed", prefix="m")
    maize.metrics = {"frac_bases_q30": 0.95, "frac_bases_q20": 0.5, "quality_encoding": "phred33"}
    register(*maize.write(place, module_station), module_station)
    secret = {"security_class": "보안과제 (security)"}
    wheat = Judged(name="wheat", email="w@other.ac.kr", organism="Triticum", prefix="w", project=secret)
    register(*wheat.write(place), module_station)
    soy = Judged(name="soy", email="s@other.ac.kr", organism="Glycine max", prefix="s")
    register(*soy.write(place), module_station)
    with Catalog.open(module_station) as catalog, catalog.writing() as session:
        gone = update(SubmissionRecord).where(SubmissionRecord.alias == "soy").values(state="withdrawn")
        session.execute(gone)
    return module_station


def export(station: Station, directory: Path) -> Snapshot:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        return export_public(session, directory)


def sources(directory: Path) -> dict[str, str]:
    """The tables of the current snapshot, as DuckDB is asked for them."""
    names = ("submissions", "projects", "samples", "experiments", "runs", "files", "metrics")
    return {
        name: f"read_parquet('{directory}/current/{name}/**/*.parquet', hive_partitioning = true)" for name in names
    }


def test_duckdb_answers_as_the_search_does(stocked: Station, tmp_path: Path) -> None:
    export(stocked, tmp_path)
    asked = sources(tmp_path)
    with Catalog.open(stocked) as catalog, catalog.reading() as session, duckdb.connect() as connection:
        for query, statement in QUESTIONS.items():
            found = full_rows(session, find(session, Query(query)).run_ids, everything=False)
            answer = connection.execute(statement.format(**asked)).fetchall()
            assert sorted(row[0] for row in answer) == [row["run"] for row in found] != [], query
        assert connection.execute(f"SELECT count(*) FROM {asked['runs']}").fetchone() == (4,)


def test_a_snapshot_tells_no_more_than_may_be_told(stocked: Station, tmp_path: Path) -> None:
    snapshot = export(stocked, tmp_path)

    assert snapshot.rows == {
        "submissions": 2, "projects": 2, "samples": 4, "experiments": 4, "runs": 4, "files": 3, "metrics": 10,
    }  # fmt: skip
    with duckdb.connect() as connection:
        for name, source in sources(tmp_path).items():
            told = str(connection.execute(f"SELECT * FROM {source}").fetchall())
            assert not any(word in told for word in ("Triticum", "Glycine", "wheat", "soy", "@")), name
        closed = connection.execute(
            f"SELECT size_bytes, file_count, frac_bases_q30 FROM {sources(tmp_path)['runs']} WHERE organism LIKE 'Zea%'"
        ).fetchall()
    assert closed == [(None, None, None)] * 2


def test_the_manifest_is_as_published_and_proves_every_file(stocked: Station, tmp_path: Path) -> None:
    snapshot = export(stocked, tmp_path)
    manifest = json.loads((snapshot.directory / "manifest.json").read_text(encoding="utf-8"))
    schema = json.loads(files("dsqc.schemas").joinpath("reports/public_export.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validate(schema, manifest)

    assert snapshot.directory.name == sha256_of(snapshot.directory / "manifest.json")[:16]
    listed = [item for table in manifest["tables"].values() for item in table["files"]]
    written = {str(path.relative_to(snapshot.directory)) for path in snapshot.directory.rglob("*.parquet")}
    assert {item["path"] for item in listed} == written
    for item in listed:
        assert sha256_of(snapshot.directory / item["path"]) == item["sha256"]


def test_a_snapshot_changes_hands_whole(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "public"
    empty = export(station, place)
    assert set(empty.rows.values()) == {0}
    register(*Judged().write(tmp_path), station)

    def full_disk(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_json", full_disk)
        with pytest.raises(StorageFault, match="No space left"):
            export(station, place)
    assert (place / "current").resolve() == empty.directory.resolve()
    assert not (place / ".part").exists()

    first = export(station, place)
    again = export(station, place)

    assert (first.is_new, again.is_new) == (True, False)
    assert first.directory == again.directory == (place / "current").resolve()
    with Catalog.open(station) as catalog, catalog.writing() as session:
        session.execute(update(SubmissionRecord).values(state="withdrawn"))
    last = export(station, place)
    kept = {path.name for path in place.iterdir() if path.is_dir()}
    assert kept == {first.directory.name, last.directory.name, "current"}
    assert last.rows["runs"] == 0


names = st.text(st.sampled_from('ab"\\:,{} '), max_size=3)
objects = st.dictionaries(names, st.one_of(names, st.integers(), st.none(), st.dictionaries(names, names)), max_size=4)


@given(st.frozensets(names, max_size=6), st.lists(st.tuples(objects, st.booleans()), max_size=8))
def test_attributes_are_shown_only_where_they_are_visible(
    visible: frozenset[str], given_: list[tuple[dict[str, object], bool]]
) -> None:
    """Whatever stood before: rows that look alike are let through unread."""
    filtered = VisibleAttributes(visible)
    for attributes, is_repeated in given_:
        plain = dict.fromkeys(attributes, "seen")
        for item in (attributes, plain, plain) if is_repeated else (attributes,):
            shown = json.loads(filtered.shown(json.dumps(item)))
            assert list(shown.items()) == [(name, value) for name, value in item.items() if name in visible]
