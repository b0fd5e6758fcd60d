"""Searching by the query language, on both databases alike: what is found, what stays hidden, what keeps in step."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog, connected, migrate
from dsqc.catalog.models import (
    DataFileRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    RunSearchRecord,
    RunTextRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.search import Query, choose_columns, find, full_rows, table_rows
from dsqc.catalog.search.reindex import reindex
from dsqc.errors import CatalogFault, UsageError
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.results import Judged
from unit.catalog.test_catalog_query_language import trees

RICE, MAIZE, LONG = (
    ["KAR00000001", "KAR00000002"],
    ["KAR00000003", "KAR00000004"],
    ["KAR00000005", "KAR00000006"],
)


@pytest.fixture(scope="module")
def stocked(module_station: Station, tmp_path_factory: pytest.TempPathFactory) -> Station:
    """Rice, open; maize, closed; yeast, open, of another date. For reading only."""
    place = tmp_path_factory.mktemp("stocked")
    rice = Judged(metrics={"mean_phred": 36.5, "frac_bases_q30": 0.91, "quality_encoding": "phred33", "lanes": "3"})
    register(*rice.write(place), module_station)
    maize = Judged(name="maize_50%", email="lee@other.ac.kr", organism="Zea mays", access="closed", prefix="m")
    maize.metrics = {"mean_phred": 20, "frac_bases_q30": 0.5, "tile_count": 12}
    register(*maize.write(place, module_station), module_station)
    yeast = Judged(name='say "yes"', email="y@other.ac.kr", organism="Komagataella", prefix="y", collected="2024-11")
    yeast.project = {"title_ko": unicodedata.normalize("NFD", "벼 도열병 저항성 연구")}
    yeast.metrics = {"frac_bases_q30": 0.7, "tile_count": 96, "length_n50": 21_000}
    register(*yeast.write(place), module_station)
    return module_station


@pytest.fixture(scope="module")
def session(stocked: Station) -> Iterator[Session]:
    with Catalog.open(stocked) as catalog, catalog.reading() as opened:
        yield opened


def runs(session: Session, words: str, *, everything: bool = False) -> list[str]:
    query = Query(words, everything=everything)
    found = find(session, query)
    rows = full_rows(session, found.run_ids, everything=everything)
    assert found.count == len(rows)
    return [row["run"] for row in rows]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", RICE + MAIZE + LONG),
        ('organism:"oryza SATIVA" field:seed_crop q30>=0.9', RICE),
        ("organism:oryza*", RICE),
        ("organism:4530 -organism:komag*", RICE + MAIZE),
        ("taxon>4000 taxon<=4530 collected:2025", RICE + MAIZE),
        ("collected:2024..2024", LONG),
        ("collected>=2024-12", RICE + MAIZE),
        ("collected<2025", LONG),
        ("platform:illumina (organism:zea* OR q30<0.8)", MAIZE + LONG),
        ("NOT (platform:ILLUMINA)", []),
        ("platform:*", RICE + MAIZE + LONG),
        ("q30:0.7..0.91", RICE + LONG),
        ("q30>=90%", RICE),
        ("n50>20k", LONG),
        ("tile_count:96", LONG),
        ("tile_count>10", LONG),
        ("lanes:3", RICE),
        ("quality_encoding:PHRED*", RICE),
        ("files:2", ["KAR00000001", "KAR00000005"]),
        ("file:yleaf*", ["KAR00000005"]),
        ("project:KAP000001", RICE),
        ("sample:leaf", ["KAR00000001"]),
        ("run:run-root", ["KAR00000002"]),
        ("submission:KRA0000000*", RICE + MAIZE + LONG),
        ("access:closed", MAIZE),
        ("state:released access:open", RICE + LONG),
        ("leaf", ["KAR00000001", "KAR00000003", "KAR00000005"]),
        ("LEAF wgs 내건성", ["KAR00000001", "KAR00000003"]),
        ("도열병", LONG),
        ("벼", RICE + MAIZE + LONG),
        ("열병", LONG),
        (unicodedata.normalize("NFD", "도열병"), LONG),
        ("ｏｒｙｚａ", RICE),
        ("kar00000004", ["KAR00000004"]),
        ("50%", MAIZE),
        ("5_%", []),
        ("y_50", []),
        (r'"say \"yes\""', LONG),
        ('"leaf*"', []),
        ("text:'", []),
    ],
)
def test_a_query_finds_what_it_describes(session: Session, words: str, expected: list[str]) -> None:
    assert runs(session, words) == expected


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=trees, everything=st.booleans())
def test_what_a_query_does_not_find_its_negation_does(session: Session, tree: object, everything: bool) -> None:
    """So no condition is NULL, and no value of a query is ever read as SQL or as a pattern."""
    everything = everything or "verdict:" in str(tree)
    found = runs(session, str(tree), everything=everything)
    others = runs(session, f"-({tree})", everything=everything)
    assert sorted(found + others) == RICE + MAIZE + LONG


@pytest.mark.parametrize("words", ["q30<0.6", "tile_count:12", "files:2", "size>0", "file:mleaf*", "mean_phred:*"])
def test_nothing_measured_of_closed_data_can_be_asked(session: Session, words: str) -> None:
    assert not set(runs(session, words)) & set(MAIZE)
    assert set(runs(session, f"-({words})")) >= set(MAIZE)
    assert set(runs(session, words, everything=True)) & set(MAIZE)


def test_what_is_told_of_closed_data_is_its_description(session: Session) -> None:
    shown, *_ = full_rows(session, find(session, Query("access:closed")).run_ids, everything=False)
    whole, *_ = full_rows(session, find(session, Query("access:closed", everything=True)).run_ids, everything=True)
    assert (shown["files"], shown["metrics"]) == ([], {})
    assert len(whole["files"]) == 2
    assert whole["metrics"]["tile_count"] == 12
    columns = choose_columns(["run", "q30", "size", "tile_count"])
    ids = find(session, Query("run:KAR00000003")).run_ids
    assert list(table_rows(session, ids, columns, everything=False)) == [("KAR00000003", None, None, None)]
    assert next(table_rows(session, ids, columns, everything=True))[1::2] == (0.5, 12)


def test_what_is_of_the_stations_work_is_asked_with_everything(session: Session) -> None:
    assert runs(session, "finding:dsqc-p008 verdict:pass", everything=True) == RICE + MAIZE + LONG
    for words in ("finding:DSQC-P008", "verdict:pass"):
        with pytest.raises(UsageError, match="--all"):
            runs(session, words)


def test_words_that_are_not_public_are_found_with_everything_only(station: Station, tmp_path: Path) -> None:
    """Who approves a withholding is controlled, the programme's name public, and what no form knows is neither."""
    project = {"withholding_approver": "Tamna", "programme_name": "Ilpum", "unknown": "Jeongeup"}
    register(*Judged(project=project).write(tmp_path), station)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        for word, is_public in (("ilpum", True), ("tamna", False), ("jeongeup", False)):
            assert bool(runs(session, word)) == is_public
        assert runs(session, "tamna", everything=True) == runs(session, "jeongeup", everything=True) == RICE


def test_pages_and_facets(session: Session) -> None:
    asked = Query("access:open", limit=3)
    pages = [find(session, Query("access:open", limit=3, page=page), ("organism", "platform")) for page in (1, 2, 3)]
    told = [[row["run"] for row in full_rows(session, page.run_ids, everything=False)] for page in pages]
    assert told == [[*RICE, LONG[0]], [LONG[1]], []]
    assert {page.count for page in pages} == {4}
    assert pages[2].facets == find(session, asked, ("organism", "platform")).facets == {
        "organism": [{"value": "Komagataella", "runs": 2}, {"value": "Oryza sativa", "runs": 2}],
        "platform": [{"value": "ILLUMINA", "runs": 4}],
    }  # fmt: skip
    assert len(find(session, Query("", limit=0)).run_ids) == 6
    for wrong in (Query(page=0), Query(limit=-1)):
        with pytest.raises(UsageError, match="counted from 1"):
            find(session, wrong)
    with pytest.raises(UsageError, match="Facets are: organism"):
        find(session, asked, ("q30",))


def test_columns_that_there_are_not_are_refused(session: Session) -> None:
    assert [column.name for column in choose_columns(["collected", "q30", "sample_title"])] == [
        "collection_date",
        "frac_bases_q30",
        "sample_title",
    ]
    for wrong in ("organsim", "text", "verdict", ""):
        with pytest.raises(UsageError, match="There are: run"):
            choose_columns([wrong])


def test_every_change_keeps_in_step(station: Station, tmp_path: Path) -> None:
    """Whoever writes, object by object or by a statement over many rows: the same transaction changes what is found."""
    register(*Judged().write(tmp_path), station)

    def found(words: str) -> list[str]:
        with Catalog.open(station) as catalog, catalog.reading() as session:
            return runs(session, words)

    with Catalog.open(station) as catalog:
        with catalog.writing() as session:
            sample = session.scalars(select(SampleRecord).where(SampleRecord.name == "leaf")).one()
            sample.organism, sample.attributes = "Oryza rufipogon", {**sample.attributes, "pedigree": "Dongjin"}
        assert found("organism:oryza* dongjin") == ["KAR00000001"]
        assert found('organism:"Oryza rufipogon"') == ["KAR00000001"]

        with catalog.writing() as session:
            title = {"title_en": "Salt tolerance", "ministry": "MSIT"}
            session.execute(update(ProjectRecord).values(ministry="MSIT", attributes=title))
        assert (found("salt ministry:MSIT"), found("drought")) == (RICE, RICE)

        with catalog.writing() as session:
            session.execute(update(SubmissionRecord).values(project_attributes={}))
        assert (found("salt"), found("drought")) == (RICE, [])

        with catalog.writing() as session:
            run = session.scalars(select(RunRecord.id).where(RunRecord.accession == "KAR00000002")).one()
            session.execute(insert(MetricRecord), [{"run_id": run, "metric": "gc_fraction", "value": 0.4}])
        assert found("gc<0.5") == ["KAR00000002"]

        with catalog.writing() as session:
            session.execute(delete(MetricRecord).where(MetricRecord.metric == "gc_fraction"))
        assert found("gc<0.5") == []

        def fail(session: Session) -> None:
            session.execute(update(SampleRecord).values(organism="Gone"))
            session.execute(update(RunRecord).values(accession="KAR00000009"))  # two runs of one number

        with pytest.raises(CatalogFault):
            catalog.write(fail)
        assert found("organism:Gone") == []

        with catalog.writing() as session:
            session.execute(update(SubmissionRecord).values(state="withdrawn"))
        assert found("") == []


def test_a_catalog_of_an_older_version_is_searched_after_its_migration(station: Station, tmp_path: Path) -> None:
    register(*Judged().write(tmp_path), station)
    with connected(station) as catalog:
        before = _index(catalog)
        migrate(catalog, "0003")
        migrate(catalog)
        assert _index(catalog) == before
    with Catalog.open(station) as catalog:
        assert reindex(catalog) == 2
        assert _index(catalog) == before
        with catalog.reading() as session:
            assert runs(session, "leaf organism:oryza*") == ["KAR00000001"]


def _index(catalog: Catalog) -> list[tuple[object, ...]]:
    words = select(RunTextRecord.words).where(RunTextRecord.run_id == RunSearchRecord.run_id).scalar_subquery()
    query = select(RunSearchRecord.__table__, words).order_by(RunSearchRecord.run_id)
    with catalog.reading() as session:
        return [tuple(row) for row in session.execute(query)]


@pytest.mark.parametrize("everything", [True, False])
def test_a_checksum_alone_finds_what_it_finds_within_a_query(session: Session, everything: bool) -> None:
    """Asked alone it has a statement of its own: for every file, page and length."""
    for md5, sha256 in session.execute(select(DataFileRecord.md5, DataFileRecord.sha256)).all():
        for digest in (md5, sha256.upper(), sha256[:-1] + "x", "0" * 32):
            for limit, page in ((0, 1), (1, 1), (1, 2), (2, 9)):
                asked = {"everything": everything, "limit": limit, "page": page}
                alone = find(session, Query(checksum=digest, **asked))
                assert alone == find(session, Query(f"(checksum:{digest} OR checksum:{digest})", **asked))
                assert alone == find(session, Query(f"checksum:{digest}", **asked))
