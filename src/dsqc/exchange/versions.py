"""Versions of our public records: what changed since they were last looked at, noted before anybody is told.

A record gets a new version when its public content changes, and another one when it stops being public. Only digests
are kept: what a package says is always read from the catalog, so nothing that was hidden since can leave again.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog, translated
from dsqc.catalog.events import Clock, timestamp
from dsqc.catalog.models import SharedVersionRecord
from dsqc.errors import TransientFault
from dsqc.exchange.records import PublicRecord, digest, public_records

PUBLIC = "public"
HIDDEN = "hidden"
TRIES = 5
"""Attempts to note what changed while others change it."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one record."""

    accession: str
    kind: str
    version: int
    state: str
    sha256: str


@contextlib.contextmanager
def snapshot(catalog: Catalog) -> Iterator[Session]:
    """A session that sees one state of the catalog from its first question to its last, on both databases."""
    engine = catalog.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with translated(), Session(engine, autoflush=False) as session:
        yield session


def our_records(session: Session) -> Iterator[PublicRecord]:
    """The public records whose numbers are ours to share."""
    return (record for record in public_records(session) if record.minted)


def latest_versions(session: Session, upto: int | None = None) -> dict[str, Version]:
    """The newest version of every record that was ever shared, by number; as of version row ``upto``."""
    table = SharedVersionRecord
    newest = select(func.max(table.id).label("id"))
    if upto is not None:
        newest = newest.where(table.id <= upto)
    chosen = newest.group_by(table.accession).subquery()
    rows = session.execute(
        select(table.accession, table.kind, table.version, table.state, table.sha256).join(
            chosen, table.id == chosen.c.id
        )
    )
    return {row[0]: Version(*row) for row in rows}


def last_row(session: Session) -> int:
    """Row id of the newest version; 0 where there is none."""
    return session.scalar(select(func.max(SharedVersionRecord.id))) or 0


def changed_versions(session: Session) -> list[Version]:
    """Versions that the present state of the catalog asks for and that are not noted yet, by number."""
    known = latest_versions(session)
    found: list[Version] = []
    seen: set[str] = set()
    for record in our_records(session):
        seen.add(record.accession)
        last = known.get(record.accession)
        sha256 = digest(record.document())
        if last is None or (last.state, last.sha256) != (PUBLIC, sha256):
            number = last.version + 1 if last else 1
            found.append(Version(record.accession, record.kind, number, PUBLIC, sha256))
    for accession, last in known.items():
        if accession not in seen and last.state == PUBLIC:
            found.append(Version(accession, last.kind, last.version + 1, HIDDEN, ""))
    return sorted(found, key=lambda item: item.accession)


def note_versions(catalog: Catalog, clock: Clock) -> None:
    """Note every version that the present state asks for; where nothing changed, nothing is written.

    Raises:
        TransientFault: other processes note versions all the time.
    """
    for _attempt in range(TRIES):
        with snapshot(catalog) as session:
            seen, changed = last_row(session), changed_versions(session)
        if not changed or catalog.write(lambda session: _insert(session, seen, changed, clock)):  # noqa: B023
            return
    raise TransientFault("Other processes export at the same time.", hint="Run the same command again.")


def _insert(session: Session, seen: int, changed: list[Version], clock: Clock) -> bool:
    if last_row(session) != seen:
        return False
    at = timestamp(clock())
    rows = [
        {
            "accession": item.accession,
            "kind": item.kind,
            "version": item.version,
            "state": item.state,
            "sha256": item.sha256,
            "at": at,
        }
        for item in changed
    ]
    session.execute(insert(SharedVersionRecord), rows)
    return True
