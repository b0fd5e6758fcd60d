"""The catalog at the size of a national station: search, statistics and export over a million runs in PostgreSQL.

  python benchmarks/catalog_million.py                       5,000 runs: shows that everything runs
  python benchmarks/catalog_million.py --runs 1000000 --append results.jsonl
  python benchmarks/catalog_million.py --runs 1000000 --database postgresql://USER@HOST:PORT/DATABASE

Without --database a server of its own is started (as the tests do) and thrown away; its files stand below TMPDIR: a
million runs need 20 GB. With it, an empty database is filled; the password stands in PGPASSWORD. One JSON line a
question, with the median of its rounds and the bound it is held to.
"""

import argparse
import contextlib
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import duckdb
from makers.catalog import complete, load
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog, database_url
from dsqc.catalog.figures.breakdown import breakdown
from dsqc.catalog.figures.plan_table import plan_table
from dsqc.catalog.figures.statistics import statistics as catalog_statistics
from dsqc.catalog.making import make_station
from dsqc.catalog.models import DataFileRecord, FingerprintRecord, MetricRecord, RunSearchRecord
from dsqc.catalog.search import Query, choose_columns, count, find, full_rows, table_rows
from dsqc.catalog.search.grammar import And, Term
from dsqc.catalog.search.public_export import CURRENT, export_public
from dsqc.catalog.versions.duplicates import Asker, same_reads
from dsqc.catalog.versions.fingerprints import ReadFingerprint
from dsqc.station import Station
from infra.postgres import postgres_server

SCHEMA_VERSION = "1.0"
BOUNDS_S = {
    "search": 0.1,
    "look-up by checksum": 0.005,
    "look-up by fingerprint": 0.005,
    "statistics": 2.0,
    "plan's table": 2.0,
    "public export": 120.0,
}
"""What a station asks for, in seconds."""
THRESHOLD = 5
"""Closed records of which the public is told."""
ZONE = ZoneInfo("Asia/Seoul")
SHOWN = ("run", "sample", "project", "organism", "platform", "library_strategy", "research_field", "state")
"""The columns of the command's table."""


@contextlib.contextmanager
def empty_station(database: str, place: Path) -> Iterator[Station]:
    """A station whose catalog is empty: in ``database``, or in a server of its own."""
    if database:
        os.environ.setdefault("PGPASSWORD", "")
        settings = {"catalog_url": database, "catalog_password_env": "PGPASSWORD"}
        yield make_station(place / "station", settings).station
        return
    with postgres_server() as server:
        os.environ["DSQC_BENCHMARK_PASSWORD"] = server.password
        url = server.create_database("million")
        settings = {"catalog_url": url, "catalog_password_env": "DSQC_BENCHMARK_PASSWORD"}
        yield make_station(place / "station", settings).station


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def slowdown() -> float:
    """How much longer than its own CPU time a loop takes just now: what other programs cost everything here."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.process_time() - cpu < 0.2:
        pass
    return (time.perf_counter() - wall) / (time.process_time() - cpu)


def searches(session: Session, seed: int, rounds: int) -> list[Query]:
    """Organism, field and quality of runs drawn at random: what is frequent is asked for often."""
    chance = random.Random(seed)
    largest = session.scalar(text("SELECT max(run_id) FROM run_search")) or 1
    found = []
    while len(found) < rounds:
        run = session.get(RunSearchRecord, chance.randint(1, largest))
        if run is None:
            continue
        least = round((run.frac_bases_q30 or 0) - chance.random() * 0.1, 2)
        words = f'organism:"{run.organism}" field:{run.research_field} q30>={max(least, 0)}'
        found.append(Query(words, limit=100))
    return found


def ask(session: Session, seed: int, rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Each question with the seconds of its rounds. A first round of each warms the server up and is not counted."""
    asked = searches(session, seed, rounds + 1)
    columns = choose_columns(SHOWN)

    def page(query: Query) -> list[Any]:
        return list(table_rows(session, find(session, query).run_ids, columns, everything=query.everything))

    def whole(query: Query) -> list[Any]:
        return full_rows(session, find(session, query).run_ids, everything=query.everything)

    yield "search", [seconds_of(lambda: page(query)) for query in asked][1:]  # noqa: B023
    yield "search, whole records", [seconds_of(lambda: whole(query)) for query in asked][1:]  # noqa: B023
    facets = [seconds_of(lambda: find(session, query, ("platform", "strategy"))) for query in asked[:6]][1:]  # noqa: B023
    yield "search with facets", facets
    for name, words in (
        ("search by text", "가뭄 root"),
        ("search by a metric without a column", f"field:seed_crop {_other_metric(session)}>=0.9"),
        ("search by one metric", "q30<0.2"),
        ("search for everything", ""),
    ):
        query = Query(words, limit=100)
        yield name, [seconds_of(lambda: page(query)) for _ in range(6)][1:]  # noqa: B023
    chance = random.Random(seed)
    digests = session.scalars(select(DataFileRecord.sha256).limit(5000)).all()
    known = [Query(checksum=chance.choice(digests), limit=100) for _ in range(rounds + 1)]
    yield "look-up by checksum", [seconds_of(lambda: find(session, query)) for query in known][1:]  # noqa: B023
    marks = session.execute(
        select(FingerprintRecord.reads, FingerprintRecord.sequences, FingerprintRecord.read_count).limit(5000)
    ).all()
    asked_marks = [ReadFingerprint(*chance.choice(marks)) for _ in range(rounds + 1)]
    fingerprints = [seconds_of(lambda: same_reads(session, [mark], Asker())) for mark in asked_marks]  # noqa: B023
    yield "look-up by fingerprint", fingerprints[1:]
    yield "statistics", [seconds_of(lambda: catalog_statistics(session)) for _ in range(6)][1:]
    yield "public statistics", [seconds_of(lambda: catalog_statistics(session, THRESHOLD)) for _ in range(6)][1:]
    yield "plan's table", [seconds_of(lambda: plan_table(session, zone=ZONE)) for _ in range(6)][1:]
    by_two = ("field", "strategy")
    yield "breakdown", [seconds_of(lambda: breakdown(session, by_two, zone=ZONE)) for _ in range(6)][1:]


def take_away(station: Station, seed: int, rounds: int, place: Path) -> Iterator[tuple[str, list[float]]]:
    """The public export, and the same questions asked of it by DuckDB: its answers must be those of the catalog.

    Raises:
        AssertionError: they are not.
    """
    with Catalog.open(station) as catalog:
        with catalog.reading() as session:
            yield "public export", [seconds_of(lambda: export_public(session, place))]
        with catalog.reading() as session, duckdb.connect() as connection:
            for name in ("runs", "files", "metrics"):
                source = f"read_parquet('{place}/{CURRENT}/{name}/**/*.parquet', hive_partitioning = true)"
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {source}")
            asked = searches(session, seed, rounds)
            yield "search by DuckDB", [_search_there(connection, session, query) for query in asked]
            yield "look-up by DuckDB", _look_up_there(connection, session, seed, min(rounds, 10))
            yield "statistics by DuckDB", [_figures_there(connection, session) for _ in range(5)]
            metric = _other_metric(session)
            yield "search by a metric, by DuckDB", [_metric_there(connection, session, metric) for _ in range(5)]


def _answer(connection: duckdb.DuckDBPyConnection, statement: str, values: list[Any]) -> tuple[list[Any], float]:
    start = time.perf_counter()
    rows = connection.execute(statement, values).fetchall()
    return rows, time.perf_counter() - start


def _same(there: object, here: object, question: object) -> None:
    if there != here:
        raise AssertionError(f"DuckDB answers {there}, the catalog {here}: {question}")


def _search_there(connection: duckdb.DuckDBPyConnection, session: Session, query: Query) -> float:
    """A page of runs and how many there are, as the search tells."""
    rows, seconds = _answer(
        connection,
        "SELECT run, count(*) OVER () FROM runs WHERE organism = ? AND research_field = ? AND frac_bases_q30 >= ? "
        "ORDER BY run LIMIT 100",
        list(asked_of(query)),
    )
    found = find(session, query)
    page = [row[0] for row in table_rows(session, found.run_ids, choose_columns(("run",)), everything=False)]
    _same(([row[0] for row in rows], rows[0][1] if rows else 0), (page, found.count), query)
    return seconds


def _look_up_there(connection: duckdb.DuckDBPyConnection, session: Session, seed: int, rounds: int) -> list[float]:
    """The runs that hold a file. Of a file that is not public both know nothing."""
    chance = random.Random(seed)
    digests = session.scalars(select(DataFileRecord.sha256).limit(5000)).all()
    seconds = []
    for digest in chance.sample(digests, min(rounds, len(digests))):
        rows, taken = _answer(connection, "SELECT DISTINCT run FROM files WHERE sha256 = ?", [digest])
        found = find(session, Query(checksum=digest))
        here = list(table_rows(session, found.run_ids, choose_columns(("run",)), everything=False))
        _same(sorted(rows), here, digest)
        seconds.append(taken)
    return seconds


def _figures_there(connection: duckdb.DuckDBPyConnection, session: Session) -> float:
    """Runs and bytes of open data by research field."""
    rows, seconds = _answer(
        connection,
        "SELECT research_field, count(*), sum(size_bytes)::BIGINT FROM runs WHERE access_level = 'open' "
        "GROUP BY research_field ORDER BY research_field",
        [],
    )
    here = breakdown(session, ("field",), zone=ZONE, threshold=THRESHOLD)["rows"]
    _same(rows, [(row["field"], row["runs"], row["bytes"]) for row in here], "runs by field")
    return seconds


def _metric_there(connection: duckdb.DuckDBPyConnection, session: Session, metric: str) -> float:
    """How many runs of a field have so much of a metric that has no column of its own."""
    rows, seconds = _answer(
        connection,
        "SELECT count(*) FROM metrics JOIN runs USING (run) WHERE metric = ? AND value >= 0.9 "
        "AND research_field = 'seed_crop'",
        [metric],
    )
    _same(rows, [(count(session, Query(f"field:seed_crop {metric}>=0.9")),)], metric)
    return seconds


def asked_of(query: Query) -> tuple[str, str, float]:
    """Organism, field and least quality of one of :func:`searches`."""
    tree = query.node()
    assert isinstance(tree, And)
    organism, research_field, least = [item.value for item in tree.items if isinstance(item, Term)]
    return organism, research_field, float(least)


def _other_metric(session: Session) -> str:
    columns = set(RunSearchRecord.__table__.columns.keys())
    names = session.scalars(
        select(MetricRecord.metric).where(MetricRecord.run_id == 1, MetricRecord.value.is_not(None))
    )
    return next(name for name in sorted(names) if name not in columns)


def line_of(question: str, runs: int, seconds: list[float], cpu_s: float) -> dict[str, Any]:
    """One line of the results.

    Args:
        cpu_s: seconds of CPU that this program spent since the line before: of all rounds, without the database's.
    """
    bound = BOUNDS_S.get(question)
    median = statistics.median(seconds)
    return {
        "schema_version": SCHEMA_VERSION,
        "topic": "catalog_million",
        "question": question,
        "runs": runs,
        "rounds": len(seconds),
        "wall_s": {"median": round(median, 5), "min": round(min(seconds), 5), "max": round(max(seconds), 5)},
        "bound_s": bound,
        "reached": None if bound is None else median <= bound,
        "cpu_s": cpu_s,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "load": round(os.getloadavg()[0], 2),
        "slowdown": round(slowdown(), 2),
    }


def main() -> int:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=40, help="of the questions that are held to milliseconds")
    parser.add_argument(
        "--database", default="", metavar="URL", help="an empty database, or with --loaded a filled one"
    )
    parser.add_argument("--loaded", action="store_true", help="the database was filled by an earlier run")
    parser.add_argument("--append", type=Path, metavar="FILE", help="also append the lines to FILE")
    args = parser.parse_args()
    reached = True
    with tempfile.TemporaryDirectory(prefix="bench-") as place, empty_station(args.database, Path(place)) as station:
        spent = time.process_time()

        def tell(question: str, seconds: list[float]) -> bool:
            nonlocal spent
            line = line_of(question, args.runs, seconds, round(time.process_time() - spent, 3))
            spent = time.process_time()
            print(json.dumps(line), flush=True)
            if args.append:
                with args.append.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
            return line["reached"] is not False

        address = database_url(station).set(drivername="postgresql").render_as_string(hide_password=False)
        if args.loaded:
            complete(address)
        else:
            tell("load", [seconds_of(lambda: load(address, args.runs, args.seed))])
        with Catalog.open(station) as catalog, catalog.reading() as session:
            for question, seconds in ask(session, args.seed, args.rounds):
                reached &= tell(question, seconds)
        for question, seconds in take_away(station, args.seed, args.rounds, Path(place) / "public"):
            reached &= tell(question, seconds)
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
