"""Making the package for a centre: what changed since the last one, or everything.

First the versions of our records are noted, then the package is (one transaction each), then it is written out of the
catalog and gets its name. Whatever died in between, the same command ends as it would have: a package that was noted
is written again with the same bytes as long as nothing changed, and is superseded by the next one where something did.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.database import Catalog
from dsqc.catalog.events import Clock, now, timestamp
from dsqc.catalog.models import SharedPackageRecord, SharedVersionRecord
from dsqc.errors import SystemFault, TransientFault, UsageError
from dsqc.exchange import format as parts
from dsqc.exchange.format import Heading, content_digest
from dsqc.exchange.records import canonical, digest
from dsqc.exchange.unpacking import NoPackage, unpacked
from dsqc.exchange.versions import PUBLIC, Version, latest_versions, note_versions, our_records, snapshot
from dsqc.exchange.writing import finish_bag, place, workspace, write_table
from dsqc.pacing import parse_size
from dsqc.signing import SigningKey, load_signing_key
from dsqc.station import Agreement, Station

TRIES = 3
"""Attempts to write a package while records change."""


@dataclass(frozen=True, slots=True)
class Since:
    """What a package holds. Nothing given: what changed since the last package for the centre.

    Attributes:
        everything: all records, for who has nothing or lost it.
        after: what changed since package ``after`` of the centre, the last that it has.
        day: what was noted on this day or later.
    """

    everything: bool = False
    after: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """The package that stands at ``path``; ``again`` where it had been written before and nothing changed since."""

    heading: Heading
    path: Path
    again: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """A package as it is noted."""

    sequence: int
    follows: int
    from_version: int
    to_version: int
    scope: str
    at: str
    written: bool


class _Changed(Exception):
    """A record changed between being noted and being written."""


def agreement_with(station: Station, centre: str) -> Agreement:
    """What was agreed with ``centre``.

    Raises:
        UsageError: nothing was.
    """
    found = station.exchange.centres.get(centre)
    if found is None:
        known = ", ".join(sorted(station.exchange.centres)) or "none"
        raise UsageError(
            f"There is no agreement with {centre} (there are: {known}).",
            hint=f"Write the section [exchange.{centre}] with scope and public_key into station.toml.",
        )
    return found


def signing_key(station: Station) -> SigningKey:
    """The key that packages are signed with.

    Raises:
        UsageError: there is none, or its passphrase is wrong or not given.
    """
    name = station.exchange.passphrase_env
    return load_signing_key(station.root / station.exchange.signing_key, lambda: os.environ.get(name, ""))


def export_package(
    catalog: Catalog, centre: str, target: Path, *, since: Since | None = None, clock: Clock = now
) -> Exported:
    """Write the package for ``centre`` to ``target``: a zip where that ends in ``.zip``, else a directory.

    Where nothing changed since the last package, that one is written again, byte for byte.

    Raises:
        UsageError: no agreement, no key, or something else stands at ``target``.
        StorageFault, CatalogFault, TransientFault: the disk or the catalog refused; running it again goes on.
    """
    since = since or Since()
    scope = agreement_with(catalog.station, centre).scope
    key = signing_key(catalog.station)
    with workspace(target) as folder:
        for _attempt in range(TRIES):
            note_versions(catalog, clock)
            plan = catalog.write(lambda session: _plan(session, centre, scope, since, clock))
            try:
                heading = _write(catalog, centre, plan, folder / "bag", key)
            except _Changed:
                continue
            place(folder / "bag", target, lambda made: _prove(catalog.station, made))
            break
        else:
            hint = "Run the same command again."
            raise TransientFault("The catalog changes faster than it is exported.", hint=hint)
    catalog.write(lambda session: _mark_written(session, heading))
    return Exported(heading, target, plan.written)


def _plan(session: Session, centre: str, scope: str, since: Since, clock: Clock) -> _Plan:
    """Note the next package; where the last one holds the same already, it is the one."""
    table = SharedPackageRecord
    known = session.scalars(select(table).where(table.centre == centre).order_by(table.sequence)).all()
    newest = session.scalar(select(func.max(SharedVersionRecord.id))) or 0
    base = _base(session, known, scope, since)
    from_version = base.to_version if base else 0
    last = known[-1] if known else None
    if last is not None and (last.to_version, last.scope) == (newest, scope):
        asks_same = (last.follows, last.from_version) == (base.sequence if base else 0, from_version)
        nothing_new = not since.everything and since.after is None and since.day is None
        if asks_same or (nothing_new and last.written):
            return _of(last)
    record = table(
        centre=centre,
        sequence=last.sequence + 1 if last else 1,
        follows=base.sequence if base else 0,
        from_version=from_version,
        to_version=newest,
        scope=scope,
        content_sha256="",
        written=False,
        at=timestamp(clock()),
    )
    session.add(record)
    session.flush()
    return _of(record)


def _of(record: SharedPackageRecord) -> _Plan:
    return _Plan(
        record.sequence,
        record.follows,
        record.from_version,
        record.to_version,
        record.scope,
        record.at,
        record.written,
    )


def _base(
    session: Session, known: Sequence[SharedPackageRecord], scope: str, since: Since
) -> SharedPackageRecord | None:
    """The package after which the next one goes on; ``None``: it holds everything."""
    if since.everything:
        return None
    # One that never was written whole may not have reached anybody; one of a smaller scope said too little.
    usable = [item for item in known if item.written and item.scope == scope]
    if since.after is not None:
        found = next((item for item in usable if item.sequence == since.after), None)
        if found is None:
            raise UsageError(
                f"Package {since.after} was not made for this centre with the scope that is agreed now.",
                hint="Take --since all.",
            )
        return found
    if since.day is not None:
        first = session.scalar(
            select(func.min(SharedVersionRecord.id)).where(SharedVersionRecord.at >= since.day.isoformat())
        )
        usable = [item for item in usable if first is None or item.to_version < first]
    return usable[-1] if usable else None


def _write(catalog: Catalog, centre: str, plan: _Plan, folder: Path, key: SigningKey) -> Heading:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    written: list[Version] = []
    with snapshot(catalog) as session:
        write_table(folder / parts.TABLE, _rows(session, plan, written))
    heading = Heading(
        sender=catalog.station.centre,
        receiver=centre,
        sequence=plan.sequence,
        follows=plan.follows,
        scope=plan.scope,
        created=plan.at,
        record_count=len(written),
        content_sha256=content_digest(written),
    )
    finish_bag(folder, heading, key)
    return heading


def _versions(session: Session, plan: _Plan) -> dict[str, Version]:
    """The newest versions in the range of the package, by number."""
    newest = latest_versions(session, plan.to_version)
    table = SharedVersionRecord
    in_range = (table.id > plan.from_version) & (table.id <= plan.to_version)
    changed = session.scalars(select(table.accession).where(in_range).distinct())
    return {accession: newest[accession] for accession in sorted(changed)}


def _rows(session: Session, plan: _Plan, written: list[Version]) -> Iterator[dict[str, object]]:
    """The rows of the table: public records as the catalog has them, then those that are hidden, by number.

    What each says is read from the catalog and must be what was noted. ``written`` gets the version of each row.
    """
    versions = _versions(session, plan)
    for record in our_records(session):
        version = versions.get(record.accession)
        if version is None:
            continue
        document = record.document()
        if version.state != PUBLIC or digest(document) != version.sha256:
            raise _Changed
        del versions[record.accession]
        written.append(version)
        yield _row(version, canonical(document if plan.scope == parts.RECORDS else record.minimal()))
    for version in versions.values():
        if version.state == PUBLIC:
            raise _Changed
        written.append(version)
        yield _row(version, "")


def _row(version: Version, document: str) -> dict[str, object]:
    return {**asdict(version), "document": document}


def _prove(station: Station, made: Path) -> None:
    """What was written can be read as a receiver reads it, and every byte is what the manifests say."""
    try:
        with unpacked(made, parse_size(station.exchange.largest_package)) as contents:
            for manifest, names in ((parts.MANIFEST, parts.PAYLOAD), (parts.TAG_MANIFEST, parts.TAGGED)):
                if contents.texts[manifest] != parts.manifest_text({name: contents.sha256[name] for name in names}):
                    raise SystemFault("The package does not read as it was written.", hint="Check the disk.")
    except NoPackage as error:
        raise SystemFault(f"The package cannot be taken by anybody: {error}.") from None


def _mark_written(session: Session, heading: Heading) -> None:
    record = session.get_one(SharedPackageRecord, (heading.receiver, heading.sequence))
    record.written = True
    record.content_sha256 = heading.content_sha256
