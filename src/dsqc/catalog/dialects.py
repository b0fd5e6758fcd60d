"""The dialects of the catalog's two databases: those of SQLAlchemy, equal from one engine to the next.

SQLAlchemy keeps compiled statements by dialect, so that engines with equal ones share them. A job opens the catalog
anew for each of its steps, and to compile a statement takes longer than to run it.
"""

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

DRIVER = "dsqc"
"""What follows the ``+`` in the URL of an engine that has one of these dialects."""
COMPILED: LRUCache[Any, Any] = LRUCache(1000)
"""Compiled statements of all engines of this process."""


class SQLite(SQLiteDialect_pysqlite):
    """SQLite by the library of this process: one says all that another one would."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        """What is compiled for one engine fits every other."""
        return isinstance(other, SQLite)

    def __hash__(self) -> int:
        """Equal ones have the same."""
        return hash(SQLite)


class PostgreSQL(PGDialect_psycopg):
    """PostgreSQL by psycopg: servers of one version that read strings alike are told the same."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        """What a server is told depends on what it said of itself when it was first reached."""
        return isinstance(other, PostgreSQL) and self._said() == other._said()

    def __hash__(self) -> int:
        """The same before and after the server was reached."""
        return hash(PostgreSQL)

    def _said(self) -> tuple[object, ...]:
        return (self.server_version_info, self._backslash_escapes)


registry.register(f"sqlite.{DRIVER}", __name__, "SQLite")
registry.register(f"postgresql.{DRIVER}", __name__, "PostgreSQL")
