"""Which numbers name the same object: ours to those of other archives and centres, and back."""

import functools
import re
from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    ExperimentRecord,
    ForeignAccessionRecord,
    ForeignRecord,
    ForeignRelationRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.exchange.records import SAME_AS
from dsqc.exchange.versions import HIDDEN
from dsqc.forms.vocabulary import read_table
from dsqc.station import Station

MOST = 1000
"""Numbers of one object that are followed; nothing sensible has more."""
OWN, FOREIGN, UNKNOWN = "own", "foreign", "unknown"
_TABLES = {
    "project": ProjectRecord,
    "sample": SampleRecord,
    "experiment": ExperimentRecord,
    "run": RunRecord,
    SubmissionRecord.__tablename__: SubmissionRecord,
}
Entry = dict[str, Any]


def resolve_number(session: Session, station: Station, number: str) -> Entry:
    """Everything that is known to name the same object as ``number``.

    Returns:
        The shape of ``dsqc.schemas/reports/catalog_resolve.schema.json`` without ``schema_version``: the entries for
        the number itself, those for the others, and whether they can be told apart. A number that several centres
        claim has several entries; it is ``ambiguous``, and so is what leads to several numbers of ours of one kind.
    """
    others = _connected(session, number)
    itself = _entries(session, station, number)
    same = [entry for other in sorted(others) for entry in _entries(session, station, other)]
    own: dict[str, set[str]] = defaultdict(set)
    for entry in (*itself, *same):
        if entry["known"] == OWN:
            own[entry["kind"]].add(entry["accession"])
    ambiguous = len(itself) > 1 or any(len(numbers) > 1 for numbers in own.values())
    return {"number": number, "is": itself, "same_as": same, "ambiguous": ambiguous}


def archive_of(number: str) -> tuple[str, str]:
    """Archive and kind that the number's spelling tells (vocabulary ``accession_patterns``); empty where none does."""
    return next(((archive, kind) for pattern, archive, kind in _patterns() if pattern.fullmatch(number)), ("", ""))


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    rows = read_table("accession_patterns")
    return tuple((re.compile(row["pattern"], re.ASCII), row["archive"], row["object"]) for row in rows)


def _connected(session: Session, number: str) -> set[str]:
    """Numbers that links lead to, any number of steps away."""
    seen = {number}
    ahead = [number]
    while ahead and len(seen) < MOST:
        found = _neighbours(session, ahead) - seen
        seen |= found
        ahead = sorted(found)
    return seen - {number}


def _neighbours(session: Session, numbers: list[str]) -> set[str]:
    link, record, relation = ForeignAccessionRecord, ForeignRecord, ForeignRelationRecord
    found = set(session.scalars(select(link.foreign_accession).where(link.accession.in_(numbers))))
    found |= set(session.scalars(select(link.accession).where(link.foreign_accession.in_(numbers))))
    stated = (
        select(record.accession, relation.target)
        .join(relation, relation.foreign_record_id == record.id)
        .where(relation.type == SAME_AS, record.state != HIDDEN)
    )
    found |= {row.target for row in session.execute(stated.where(record.accession.in_(numbers)))}
    found |= {row.accession for row in session.execute(stated.where(relation.target.in_(numbers)))}
    return found


def _entries(session: Session, station: Station, number: str) -> list[Entry]:
    found: list[Entry] = []
    for kind, table in _TABLES.items():
        minted: Any = table.minted if table in (ProjectRecord, SampleRecord) else True  # type: ignore[attr-defined]
        if session.scalar(select(table.id).where(table.accession == number, minted)) is not None:  # type: ignore[attr-defined]
            found.append(_entry(number, kind, station.centre, OWN))
    query = select(ForeignRecord).where(ForeignRecord.accession == number, ForeignRecord.state != HIDDEN)
    for record in session.scalars(query.order_by(ForeignRecord.centre)):
        entry = _entry(number, record.kind, record.centre, FOREIGN)
        found.append({**entry, "title": record.title, "version": record.version})
    archive, kind = archive_of(number)
    return found or [_entry(number, kind, archive, UNKNOWN)]


def _entry(number: str, kind: str, holder: str, known: str) -> Entry:
    return {"accession": number, "kind": kind, "holder": holder, "known": known, "title": "", "version": None}
