"""Taking in the package of another centre: what is new becomes foreign records, what contradicts is reported.

Each record has a version of its own, and only a newer one replaces what is known, so the order of packages and how
often they come does not matter. Nothing that is known is ever overwritten with something else of the same version,
and our own records never. One transaction takes a whole package in, with the findings computed from what it saw.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock, now, timestamp
from dsqc.catalog.models import ForeignRecord, ForeignRelationRecord, ReceivedPackageRecord
from dsqc.errors import UsageError
from dsqc.exchange import format as parts
from dsqc.exchange.conflicts import OwnRecords, link_conflicts
from dsqc.exchange.format import Heading
from dsqc.exchange.reading import Package, Refused, SharedRecord, opened_package
from dsqc.exchange.records import SAME_AS
from dsqc.exchange.sequences import Gap, gaps
from dsqc.exchange.versions import HIDDEN
from dsqc.findings import Finding, FindingLog, Location, finding

CHUNK = 500
"""Records compared at once."""
COUNTS = ("new", "updated", "unchanged", "older", "own", "conflicts")
SUBMISSION = "submission"


@dataclass(slots=True)
class Imported:
    """What a package brought.

    Attributes:
        heading: what the package says of itself; ``None`` where it was refused.
        again: whether it had been taken in before.
        counts: records by what became of them (:data:`COUNTS`).
        missing: packages of the centre that are still missing.
        findings: why it was refused, or what contradicts.
    """

    heading: Heading | None = None
    again: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    missing: Sequence[Gap] = ()
    findings: FindingLog = field(default_factory=FindingLog)


def import_package(catalog: Catalog, path: Path, *, dry_run: bool = False, clock: Clock = now) -> Imported:
    """Take a package in; with ``dry_run`` say what that would do. May be done any number of times.

    Returns:
        What it brought. A package that is refused changes nothing.

    Raises:
        UsageError: there is no such file, or a key of the agreement cannot be read.
        CatalogFault, TransientFault: the catalog refused; running it again goes on.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist.", hint="Name the directory or the zip of a package.")
    try:
        with opened_package(path, catalog.station) as package:
            if dry_run:
                with catalog.reading() as session:
                    return _take(session, catalog, package, clock)
            return catalog.write(lambda session: _take(session, catalog, package, clock))
    except Refused as refused:
        return Imported(findings=FindingLog([refused.reason]))


def _take(session: Session, catalog: Catalog, package: Package, clock: Clock) -> Imported:
    heading = package.heading
    result = Imported(heading)
    known = session.get(ReceivedPackageRecord, (heading.sender, heading.sequence))
    if known is not None and known.content_sha256 != heading.content_sha256:
        where = Location(path=f"{package.name}/{parts.PACKAGE}")
        raise Refused(
            finding("DSQC-E006", where, object_id=heading.sender, value=str(heading.sequence), expected=known.at)
        )
    result.again = known is not None
    taking = _Taking(session, package, OwnRecords(session, catalog.station.prefixes), timestamp(clock()), result)
    records = package.records()
    while chunk := list(islice(records, CHUNK)):
        taking.take(chunk)
    if known is None:
        session.add(
            ReceivedPackageRecord(
                centre=heading.sender,
                sequence=heading.sequence,
                follows=heading.follows,
                scope=heading.scope,
                content_sha256=heading.content_sha256,
                record_count=heading.record_count,
                at=timestamp(clock()),
            )
        )
    session.flush()
    result.findings.extend(link_conflicts(session, taking.linked, package.name))
    result.missing = gaps(session, heading.sender)
    result.findings.extend(_missing(result.missing, heading.sender, package.name))
    return result


class _Taking:
    """The records of one package, compared with what is known."""

    def __init__(self, session: Session, package: Package, own: OwnRecords, at: str, result: Imported) -> None:
        self._session = session
        self._package = package
        self._own = own
        self._at = at
        self._result = result
        self.linked: dict[int, int] = {}
        """Row ids of foreign records that say they are the same as others, with their rows in the package."""

    def take(self, chunk: Sequence[SharedRecord]) -> None:
        numbers = [item.version.accession for item in chunk]
        ours = self._own.digests(numbers)
        same: dict[str, ForeignRecord] = {}
        others: dict[str, list[ForeignRecord]] = {}
        for record in self._session.scalars(select(ForeignRecord).where(ForeignRecord.accession.in_(numbers))):
            if record.centre == self._package.heading.sender:
                same[record.accession] = record
            elif record.state != HIDDEN:
                others.setdefault(record.accession, []).append(record)
        kept: list[tuple[SharedRecord, ForeignRecord]] = []
        changed: list[tuple[SharedRecord, ForeignRecord]] = []
        for item in chunk:
            number = item.version.accession
            if number in ours:
                self._take_own(item, ours[number])
                continue
            record, is_new_content = self._take_foreign(item, same.get(number))
            kept.append((item, record))
            if is_new_content:
                changed.append((item, record))
            if item.version.state != HIDDEN and number in others:
                self._conflict("DSQC-E009", item, expected=", ".join(sorted(other.centre for other in others[number])))
        self._session.flush()
        self._put_relations(changed)
        self.linked.update(
            (record.id, item.row)
            for item, record in kept
            if any(relation["type"] == SAME_AS for relation in item.document["relations"])
        )
        self._session.expunge_all()

    def _take_own(self, item: SharedRecord, sha256: str) -> None:
        if sha256 and sha256 == item.version.sha256:
            self._result.counts["own"] += 1
        else:
            self._conflict("DSQC-E010", item, expected=self._package.heading.receiver)

    def _take_foreign(self, item: SharedRecord, known: ForeignRecord | None) -> tuple[ForeignRecord, bool]:
        """The record as it is known afterwards, and whether the package changed it."""
        counts, version = self._result.counts, item.version
        outcome = "unchanged"
        if known is None:
            known = ForeignRecord(centre=self._package.heading.sender, accession=version.accession)
            self._session.add(known)
            outcome = "new"
        elif version.version > known.version:
            outcome = "updated"
        elif version.version < known.version:
            outcome = "older"
        elif (version.sha256, version.state, version.kind) != (known.sha256, known.state, known.kind):
            self._conflict("DSQC-E008", item, expected=known.received_at)
            return known, False
        elif known.scope != self._package.heading.scope == parts.RECORDS:
            outcome = "updated"
        counts[outcome] += 1
        changes = outcome in ("new", "updated")
        if changes:
            self._put(known, item)
        return known, changes

    def _put(self, record: ForeignRecord, item: SharedRecord) -> None:
        document, version = item.document, item.version
        record.kind = version.kind
        record.version = version.version
        record.state = version.state
        record.scope = self._package.heading.scope
        record.sha256 = version.sha256
        record.title = document["title"]
        record.organism = document.get("organism", "")
        record.taxonomy_id = document.get("taxonomy_id")
        record.attributes = document.get("attributes", {})
        record.details = {name: document[name] for name in (SUBMISSION, "files") if document.get(name)}
        record.received_at = self._at

    def _put_relations(self, changed: Sequence[tuple[SharedRecord, ForeignRecord]]) -> None:
        table = ForeignRelationRecord
        ids = [record.id for _item, record in changed]
        self._session.execute(delete(table).where(table.foreign_record_id.in_(ids)))
        rows = [
            {"foreign_record_id": record.id, "type": relation["type"], "target": relation["target"]}
            for item, record in changed
            for relation in item.document["relations"]
        ]
        if rows:
            self._session.execute(insert(table), rows)

    def _conflict(self, code: str, item: SharedRecord, expected: str) -> None:
        self._result.counts["conflicts"] += 1
        where = Location(path=f"{self._package.name}/{parts.TABLE}", record=item.row)
        value = f"{item.version.accession} ({self._package.heading.sender}, {item.version.version})"
        self._result.findings.add(
            finding(code, where, object_id=item.version.accession, value=value, expected=expected)
        )


def _missing(missing: Sequence[Gap], centre: str, name: str) -> Iterator[Finding]:
    for gap in missing:
        where = Location(path=f"{name}/{parts.PACKAGE}")
        yield finding("DSQC-E007", where, object_id=centre, value=str(gap), expected=str(gap.first - 1))


def to_dict(result: Imported, *, dry_run: bool) -> Mapping[str, Any]:
    """The shape of ``dsqc.schemas/reports/exchange_import.schema.json``, without ``schema_version``."""
    return {
        "package": result.heading.to_dict() if result.heading else None,
        "dry_run": dry_run,
        "taken": result.heading is not None and not dry_run,
        "again": result.again,
        "records": result.counts,
        "missing_packages": [{"first": gap.first, "last": gap.last} for gap in result.missing],
        "finding_counts": result.findings.counts(),
        "findings": result.findings.to_list(),
    }
