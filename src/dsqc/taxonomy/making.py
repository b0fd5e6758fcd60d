"""Make a snapshot of an NCBI taxdump: one SQLite file, read by look-ups and never as a whole.

Of the 4 million names of a whole dump each look-up touches a few pages, so a snapshot opens at once whatever its size.
The tables are streamed; nothing is held in memory. The file is renamed into its place when it is whole.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from dsqc import logs
from dsqc.artefact import atomic_path
from dsqc.errors import StorageFault, UsageError
from dsqc.taxonomy.dump import MERGED, NAMES, NODES, Dump
from dsqc.taxonomy.names import NOT_KEPT, SCIENTIFIC_NAME
from dsqc.taxonomy.snapshot import APPLICATION_ID, SCHEMA_VERSION, Taxonomy

SOURCE = "NCBI Taxonomy"
_SHOWN = 3
"""Faulty ids that a message names."""
_SETTINGS = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
"""
"""The file is thrown away if anything goes wrong, so neither a journal nor flushes are wanted."""
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rank (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE class (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE taxon (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, rank INTEGER NOT NULL);
CREATE TABLE name (
  taxon INTEGER NOT NULL, class INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (taxon, class, number)
) WITHOUT ROWID;
CREATE TABLE merged (old INTEGER PRIMARY KEY, new INTEGER NOT NULL);
CREATE TABLE deleted (id INTEGER PRIMARY KEY);
"""
_INDEX = "CREATE INDEX name_by_text ON name (name COLLATE NOCASE)"
_CHILDREN = """
CREATE TEMP TABLE child (parent INTEGER, id INTEGER, PRIMARY KEY (parent, id)) WITHOUT ROWID;
INSERT INTO child SELECT parent, id FROM taxon WHERE id <> parent ORDER BY parent, id;
"""
_BELOW = """
WITH RECURSIVE below (id) AS ({start} UNION SELECT child.id FROM below JOIN child ON child.parent = below.id)
"""
_ABOVE = """
WITH RECURSIVE above (id) AS ({start} UNION SELECT taxon.parent FROM above JOIN taxon USING (id))
"""


def build(
    source: Path,
    output: Path,
    *,
    only: Sequence[int] = (),
    partial: bool = False,
    day: date | None = None,
    force: bool = False,
) -> Taxonomy:
    """Make the snapshot ``output`` of the taxdump ``source``.

    Args:
        source: ``taxdump.tar.gz``, ``taxdmp.zip`` or a directory with the four tables.
        output: the file to write.
        only: keep these taxa, with everything above and below them; empty: keep all.
        partial: the dump is a selection, so that a name may be right though it is not in it; ``only`` implies it.
        day: the day of the dump; ``None`` takes that of its files.
        force: write over a file that exists.

    Raises:
        UsageError: the dump is damaged or does not hold together, an id of ``only`` is not in it, or ``output`` exists.
        StorageFault: ``output`` cannot be written.
    """
    if output.exists() and not force:
        raise UsageError(f"{output} exists already.", hint="Choose another name, or write over it with --force.")
    with Dump(source) as dump, atomic_path(output) as temporary:
        try:
            with closing(sqlite3.connect(temporary)) as database:
                database.executescript(_SETTINGS)
                database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                _fill(database, dump, only)
                _describe(database, dump, partial=partial or bool(only), day=day or dump.day())
                database.commit()
                if only:
                    database.execute("VACUUM")
        except sqlite3.OperationalError as error:
            raise StorageFault(
                f"Cannot write {output}: {error}.", hint="Free some space, or set SQLITE_TMPDIR."
            ) from error
    return Taxonomy(output)


def _fill(database: sqlite3.Connection, dump: Dump, only: Sequence[int]) -> None:
    log = logs.logger(stage="taxonomy", source=str(dump.path))
    database.executescript(_TABLES)
    database.execute("BEGIN")
    ranks, classes = _Numbers(()), _Numbers((SCIENTIFIC_NAME,))
    _insert(database, dump, "taxon", ((one, parent, ranks[rank]) for one, parent, rank in dump.nodes()), NODES)
    log.info("nodes read")
    _insert(database, dump, "name", _names(dump, classes), NAMES)
    log.info("names read")
    _insert(database, dump, "merged", dump.merged(), MERGED)
    database.executemany("INSERT OR IGNORE INTO deleted VALUES (?)", ((one,) for one in dump.deleted()))
    dump.verify()
    database.executemany("INSERT INTO rank VALUES (?, ?)", ranks.rows())
    database.executemany("INSERT INTO class VALUES (?, ?)", classes.rows())
    _check(database, dump)
    if only:
        _keep(database, dump, only)
    database.execute(_INDEX)
    log.info("names sorted")


def _names(dump: Dump, classes: "_Numbers") -> Iterator[tuple[int, int, int, str]]:
    for number, (one, text, name_class) in enumerate(dump.names()):
        if name_class not in NOT_KEPT:
            yield one, classes[name_class], number, text


def _insert(
    database: sqlite3.Connection, dump: Dump, table: str, rows: Iterable[tuple[int | str, ...]], name: str
) -> None:
    places = {"taxon": "?, ?, ?", "name": "?, ?, ?, ?", "merged": "?, ?"}[table]
    try:
        database.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608  names of our own
    except sqlite3.IntegrityError as error:
        raise UsageError(f"{dump.path}: {name} does not hold together: an id stands twice.") from error


class _Numbers(dict[str, int]):
    """Numbers words in the order in which they come."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__((word, number) for number, word in enumerate(words))

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number

    def rows(self) -> list[tuple[int, str]]:
        """Number and word."""
        return [(number, word) for word, number in self.items()]


_FAULTS = (
    (
        NODES,
        "without their parent",
        "SELECT id FROM taxon WHERE parent NOT IN (SELECT id FROM taxon)",
    ),
    (
        NAMES,
        "without exactly one scientific name",
        "SELECT id FROM taxon WHERE (SELECT count(*) FROM name WHERE taxon = taxon.id AND class = 0) <> 1",
    ),
    (
        NAMES,
        "that are named but are no nodes",
        "SELECT DISTINCT taxon FROM name WHERE taxon NOT IN (SELECT id FROM taxon)",
    ),
    (
        MERGED,
        "that others were merged into but that are no nodes",
        "SELECT DISTINCT new FROM merged WHERE new NOT IN (SELECT id FROM taxon)",
    ),
    (
        MERGED,
        "that were merged into others but are still nodes",
        "SELECT old FROM merged WHERE old IN (SELECT id FROM taxon)",
    ),
)
"""Table, what is wrong, and the ids that it is wrong with."""


def _check(database: sqlite3.Connection, dump: Dump) -> None:
    """Whether the tables belong together and make one tree."""
    for name, fault, query in _FAULTS:
        found = [one for (one,) in database.execute(f"{query} LIMIT {_SHOWN + 1}")]
        if found:
            shown = ", ".join(map(str, found[:_SHOWN])) + (" …" if len(found) > _SHOWN else "")
            raise UsageError(
                f"{dump.path}: {name} does not fit the other tables: taxa {fault}: {shown}.",
                hint="The tables must come from one dump, whole.",
            )
    roots = [one for (one,) in database.execute("SELECT id FROM taxon WHERE parent = id")]
    database.executescript(_CHILDREN)
    below = _BELOW.format(start="SELECT ?")
    reached = database.execute(f"{below} SELECT count(*) FROM below", roots[:1]).fetchone()[0] if roots else 0  # noqa: S608
    if reached != _count(database, "taxon"):
        raise UsageError(
            f"{dump.path}: {NODES} is no tree: only {reached} of {_count(database, 'taxon')} taxa hang on one root.",
            hint="The tables must come from one dump, whole.",
        )


def _keep(database: sqlite3.Connection, dump: Dump, only: Sequence[int]) -> None:
    """Delete what is neither one of ``only`` nor above or below it."""
    unknown = [one for one in only if database.execute("SELECT 1 FROM taxon WHERE id = ?", (one,)).fetchone() is None]
    if unknown:
        raise UsageError(
            f"{dump.path} holds no taxon {', '.join(map(str, unknown[:_SHOWN]))}.", hint="Give current ids to --only."
        )
    database.execute("CREATE TEMP TABLE wanted (id INTEGER PRIMARY KEY)")
    database.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((one,) for one in only))
    database.execute("CREATE TEMP TABLE kept (id INTEGER PRIMARY KEY)")
    for name, query in (("below", _BELOW), ("above", _ABOVE)):
        start = query.format(start="SELECT id FROM wanted")
        database.execute(f"INSERT OR IGNORE INTO kept {start} SELECT id FROM {name}")  # noqa: S608
    for table, column in (("taxon", "id"), ("name", "taxon"), ("merged", "new")):
        database.execute(f"DELETE FROM {table} WHERE {column} NOT IN (SELECT id FROM kept)")  # noqa: S608
    database.execute("DELETE FROM deleted")


def _describe(database: sqlite3.Connection, dump: Dump, *, partial: bool, day: date) -> None:
    facts = {
        "schema_version": SCHEMA_VERSION,
        "source": SOURCE,
        "date": day.isoformat(),
        "sha256": dump.sha256(),
        "scope": "part" if partial else "whole",
        **{table: str(_count(database, table)) for table in ("taxon", "name", "merged", "deleted")},
    }
    database.executemany("INSERT INTO meta VALUES (?, ?)", facts.items())


def _count(database: sqlite3.Connection, table: str) -> int:
    found: int = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  a name of our own
    return found
