"""What records of other centres say against ours and against each other."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.accessions import AccessionType
from dsqc.catalog.models import (
    ExperimentRecord,
    ForeignRecord,
    ForeignRelationRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SharedVersionRecord,
)
from dsqc.catalog.resolve import is_ours
from dsqc.exchange.format import TABLE
from dsqc.exchange.records import KINDS, SAME_AS
from dsqc.exchange.versions import HIDDEN, PUBLIC
from dsqc.findings import Finding, Location, finding
from dsqc.station import Prefixes

CHUNK = 500
_TABLES: tuple[Any, ...] = (ProjectRecord, SampleRecord, ExperimentRecord, RunRecord)


@dataclass(frozen=True, slots=True)
class OwnRecords:
    """The numbers of this station."""

    session: Session
    prefixes: Prefixes

    def digests(self, accessions: Sequence[str]) -> dict[str, str]:
        """Of ``accessions`` those that are ours, with the digest of their public record; empty where it is not public.

        Ours is what the catalog minted, and what has our prefixes: such a number can come from nowhere else.
        """
        found = {item: "" for item in accessions if self._has_our_prefix(item)}
        for table in _TABLES:
            query = select(table.accession).where(table.accession.in_(accessions))
            if table in (ProjectRecord, SampleRecord):
                query = query.where(table.minted)
            found.update(dict.fromkeys(self.session.scalars(query), ""))
        versions = select(SharedVersionRecord).where(SharedVersionRecord.accession.in_(list(found)))
        for row in self.session.scalars(versions.order_by(SharedVersionRecord.id)):
            found[row.accession] = row.sha256 if row.state == PUBLIC else ""
        return found

    def _has_our_prefix(self, accession: str) -> bool:
        return any(is_ours(accession, AccessionType(kind), self.prefixes) for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign record that says it is the same as ``target``."""

    record_id: int
    centre: str
    accession: str
    kind: str
    target: str


def links(session: Session) -> list[Link]:
    """Every statement of other centres that two numbers name the same object, by number."""
    record, relation = ForeignRecord, ForeignRelationRecord
    query = (
        select(record.id, record.centre, record.accession, record.kind, relation.target)
        .join(relation, relation.foreign_record_id == record.id)
        .where(relation.type == SAME_AS, record.state != HIDDEN)
        .order_by(record.accession, record.centre, relation.target)
    )
    return [Link(*row) for row in session.execute(query)]


def link_conflicts(session: Session, linked: Mapping[int, int], name: str) -> Iterator[Finding]:
    """Contradictions of what the records of one package say they are the same as.

    Args:
        linked: row ids of foreign records, with their rows in the package.
        name: of the package.
    """
    if not linked:
        return
    for link, why in contradictions(session):
        if link.record_id in linked:
            where = Location(path=f"{name}/{TABLE}", record=linked[link.record_id])
            value = f"{link.accession} = {link.target}"
            yield finding("DSQC-E011", where, object_id=link.accession, value=value, expected=why)


def contradictions(session: Session) -> list[tuple[Link, str]]:
    """Links that cannot all be true, each with why: of another kind, or two for one."""
    every = links(session)
    kinds = _kinds(session, {link.target for link in every})
    by_target: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_record: dict[tuple[int, str], set[str]] = defaultdict(set)
    for link in every:
        by_target[(link.centre, link.target)].add(link.accession)
        by_record[(link.record_id, _owner(link.target, kinds))].add(link.target)
    found: list[tuple[Link, str]] = []
    for link in every:
        kind = kinds.get(link.target, ("", ""))[1]
        twins = by_target[(link.centre, link.target)] - {link.accession}
        others = by_record[(link.record_id, _owner(link.target, kinds))] - {link.target}
        if kind and kind != link.kind:
            found.append((link, f"{link.target}: {kind}"))
        elif twins:
            found.append((link, f"{sorted(twins)[0]} = {link.target}"))
        elif others and _owner(link.target, kinds):
            found.append((link, f"{link.accession} = {sorted(others)[0]}"))
    return found


def _owner(target: str, kinds: Mapping[str, tuple[str, str]]) -> str:
    return kinds.get(target, ("", ""))[0]


def _kinds(session: Session, accessions: set[str]) -> dict[str, tuple[str, str]]:
    """Who gave out a number, and what it names; ``own`` for us. What nobody knows is left out."""
    found: dict[str, tuple[str, str]] = {}
    ordered = sorted(accessions)
    for start in range(0, len(ordered), CHUNK):
        part = ordered[start : start + CHUNK]
        foreign = select(ForeignRecord.accession, ForeignRecord.centre, ForeignRecord.kind)
        rows = session.execute(foreign.where(ForeignRecord.accession.in_(part)).order_by(ForeignRecord.centre.desc()))
        found.update((row.accession, (row.centre, row.kind)) for row in rows)
        for table, kind in zip(_TABLES, KINDS, strict=True):
            numbers = session.scalars(select(table.accession).where(table.accession.in_(part)))
            found.update((number, ("own", kind)) for number in numbers)
    return found
