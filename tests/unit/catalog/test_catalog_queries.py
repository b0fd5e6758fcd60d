"""Search, show, statistics and export over two registered submissions, on both databases."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dsqc.catalog.database import Catalog
from dsqc.catalog.export import export_catalog
from dsqc.catalog.figures.statistics import statistics
from dsqc.catalog.models import ForeignAccessionRecord
from dsqc.catalog.queries import find_owner, show
from dsqc.catalog.search import Query, count, search
from dsqc.errors import UsageError
from dsqc.stages.register import register
from dsqc.station import Station
from helpers.results import Judged

RICE = {"KAR00000001", "KAR00000002"}
MAIZE = {"KAR00000003", "KAR00000004"}


@pytest.fixture(scope="module")
def stocked(module_station: Station, tmp_path_factory: pytest.TempPathFactory) -> Station:
    """Rice, open; maize, closed, of lower quality; and one that waits for a curator. For reading only."""
    station, tmp_path = module_station, tmp_path_factory.mktemp("stocked")
    register(*Judged().write(tmp_path), station)
    maize = Judged(name="maize_50%", email="lee@other.ac.kr", organism="Zea mays", access="closed", prefix="m")
    maize.metrics = {"mean_phred": 20, "frac_bases_q30": 0.5}
    register(*maize.write(tmp_path, station), station)
    register(*Judged(name="waits", verdict="review", prefix="w").write(tmp_path), station)
    return station


def runs(station: Station, query: Query) -> set[str]:
    """Accessions found; the count must say the same."""
    with Catalog.open(station) as catalog, catalog.reading() as session:
        found = {row["run"] for row in search(session, query)}
        assert count(session, query) == len(found)
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), RICE | MAIZE),
        (Query(organism="oryza SATIVA"), RICE),
        (Query(organism="4530"), RICE | MAIZE),
        (Query(organism="Oryza"), set()),
        (Query(research_field="seed_crop", access="closed"), MAIZE),
        (Query(research_field="bioenergy"), set()),
        (Query(project="KAP000001"), RICE),
        (Query(package="plant_fungi", platform="illumina", strategy="wgs"), RICE | MAIZE),
        (Query(instrument="Illumina NovaSeq 6000"), RICE | MAIZE),
        (Query(metrics=("mean_phred>=30",)), RICE),
        (Query(metrics=("mean_phred < 30", "frac_bases_q30=0.5"), everything=True), MAIZE),
        (Query(metrics=("mean_phred < 30",)), set()),
        (Query(metrics=("mean_phred>20",)), RICE),
        (Query(metrics=("mean_phred<=20",), everything=True), MAIZE),
        (Query(text="LEAF"), {"KAR00000001", "KAR00000003"}),
        (Query(text="내건성"), RICE | MAIZE),
        (Query(text="50%"), MAIZE),
        (Query(text="5_%"), set()),
        (Query(collected_from="2025-07", collected_to="2025"), RICE | MAIZE),
        (Query(collected_to="2025-06"), set()),
        (Query(collected_from="2025-07-02"), set()),
        (Query(text="'; DROP TABLE run; --"), set()),
    ],
)
def test_a_search_finds_what_meets_every_condition(stocked: Station, query: Query, expected: set[str]) -> None:
    assert runs(stocked, query) == expected


def test_a_file_is_found_by_its_checksums(stocked: Station) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        item = search(session, Query())[0]["files"][0]
    for checksum in (item["md5"], item["sha256"].upper()):
        assert runs(stocked, Query(checksum=checksum)) == {"KAR00000001"}


def test_a_sample_without_a_date_is_not_found_by_dates(station: Station, tmp_path: Path) -> None:
    register(*Judged(collected="not collected").write(tmp_path), station)

    assert runs(station, Query(collected_from="2000")) == set()
    assert runs(station, Query()) == RICE


def test_counts_come_back_as_whole_numbers(stocked: Station) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        metrics = search(session, Query())[0]["metrics"]
    assert metrics == {"mean_phred": 36.5, "quality_encoding": "phred33", "read_count": 2}
    assert isinstance(metrics["read_count"], int)


def test_a_limit_cuts_the_rows_and_not_the_count(stocked: Station) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        assert [row["run"] for row in search(session, Query(limit=1))] == ["KAR00000001"]
        assert count(session, Query(limit=1)) == 4


@pytest.mark.parametrize("text", ["mean_phred", "mean_phred>=high", "mean phred=>3", ""])
def test_a_condition_that_cannot_be_read_is_refused(stocked: Station, text: str) -> None:
    with pytest.raises(UsageError, match=r"frac_bases_q30>=0\.8"):
        runs(stocked, Query(metrics=(text,)))


@pytest.mark.parametrize(
    ("accession", "kind", "name", "value"),
    [
        ("KAP000001", "project", "submissions", ["KRA00000001"]),
        ("KAS00000001", "sample", "experiments", ["KAE00000001"]),
        ("KAE00000002", "experiment", "runs", ["KAR00000002"]),
        ("KAR00000004", "run", "organism", "Zea mays"),
        ("KRA00000002", "submission", "project", "KAP000002"),
    ],
)
def test_every_accession_can_be_shown(stocked: Station, accession: str, kind: str, name: str, value: object) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        found = show(session, accession)
        owner = find_owner(session, accession)
    assert found is not None
    assert (found["accession"], found["type"], found[name]) == (accession, kind, value)
    assert (owner is None) == (kind == "project")


def test_a_foreign_accession_leads_to_ours_and_back(station: Station, tmp_path: Path) -> None:
    register(*Judged().write(tmp_path), station)
    with Catalog.open(station) as catalog:
        with catalog.writing() as session:
            session.add(ForeignAccessionRecord(accession="KAR00000001", foreign_accession="SRR1", archive="INSDC"))
        with catalog.reading() as session:
            found = show(session, "SRR1")
            owner = find_owner(session, "SRR1")
    assert found is not None
    assert (found["accession"], found["foreign_accessions"]) == (
        "KAR00000001",
        [{"accession": "SRR1", "archive": "INSDC"}],
    )
    assert owner is not None
    assert owner.accession == "KRA00000001"


def test_what_is_not_there_is_not_found(stocked: Station) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        assert show(session, "KAR00000009") is None
        assert find_owner(session, "KAR00000009") is None


def test_an_alias_of_two_submitters_must_be_named_by_accession(station: Station, tmp_path: Path) -> None:
    register(*Judged().write(tmp_path / "one"), station)
    register(*Judged(email="other@institute.re.kr", prefix="o").write(tmp_path / "other"), station)

    with (
        Catalog.open(station) as catalog,
        catalog.reading() as session,
        pytest.raises(UsageError, match=r"kim@institute.*other@institute"),
    ):
        find_owner(session, "rice-2026")


def test_statistics_count_runs_bytes_and_bases(stocked: Station) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        found = statistics(session)

    sizes = {
        "Oryza sativa": sum(len(Judged().bytes_of(name)) for name in Judged().file_names()),
        "Zea mays": sum(len(Judged(prefix="m").bytes_of(name)) for name in Judged(prefix="m").file_names()),
    }
    assert found["totals"]["runs"] == 4
    assert found["submissions_by_state"] == {"closed": 1, "in_curation": 1, "released": 1}
    segments = 28 * len(Judged().file_names())  # nonce and MAC of the one segment that each closed file has
    assert found["stored_bytes_by_tier"] == {"closed": sizes["Zea mays"] + segments, "public": sizes["Oryza sativa"]}
    assert found["by_organism"] == [
        {"name": name, "runs": 2, "bytes": size, "bases": 12} for name, size in sizes.items()
    ]
    assert found["by_data_centre"][0]["runs"] == 4


def test_an_export_holds_open_data_and_names_nobody(stocked: Station, tmp_path: Path) -> None:
    with Catalog.open(stocked) as catalog, catalog.reading() as session:
        rows = export_catalog(session, tmp_path / "open")
        everything = export_catalog(session, tmp_path / "all", ("open", "closed"))
        export_catalog(session, tmp_path / "again")

    assert rows == {"project": 1, "sample": 2, "experiment": 2, "run": 2, "file": 3, "metric": 6}
    assert everything["run"] == 4
    for path in (tmp_path / "open").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
        assert b"Zea mays" not in path.read_bytes()
        assert b"institute.re.kr" not in path.read_bytes()
    table = pq.read_table(tmp_path / "open/sample.parquet").to_pylist()
    lines = [line.split("\t") for line in (tmp_path / "open/sample.tsv").read_text(encoding="utf-8").splitlines()]
    assert [[str(value) for value in row.values()] for row in table] == lines[1:]
    assert list(table[0]) == lines[0]
    assert (table[0]["sample"], table[0]["taxonomy_id"]) == ("KAS00000001", 4530)


def test_of_a_security_project_an_open_export_shows_the_title_only(station: Station, tmp_path: Path) -> None:
    # Whatever let an open submission in, the export keeps the project's other words to itself.
    register(*Judged(project={"security_class": "보안과제 (security)"}).write(tmp_path), station)
    register(*Judged(name="other", email="lee@other.ac.kr", prefix="b").write(tmp_path), station)
    with Catalog.open(station) as catalog, catalog.reading() as session:
        rows = export_catalog(session, tmp_path / "open")
        export_catalog(session, tmp_path / "all", ("open", "closed"))

    assert rows == {"project": 2, "sample": 2, "experiment": 2, "run": 2, "file": 3, "metric": 6}
    secret, other = pq.read_table(tmp_path / "open/project.parquet").to_pylist()
    assert (secret["title_en"], secret["project_type"], secret["data_type"], secret["ministry"]) == (
        "Drought tolerance of Korean rice landraces",
        "",
        "",
        "",
    )
    assert other["ministry"] == "RDA"
    assert all(row["ministry"] == "RDA" for row in pq.read_table(tmp_path / "all/project.parquet").to_pylist())


def test_an_export_of_an_empty_catalog_has_its_columns(station: Station, tmp_path: Path) -> None:
    with Catalog.open(station) as catalog, catalog.reading() as session:
        assert set(export_catalog(session, tmp_path).values()) == {0}
    assert pq.read_schema(tmp_path / "run.parquet").names[0] == "run"
    assert (tmp_path / "run.tsv").read_text(encoding="utf-8").startswith("run\texperiment\t")
