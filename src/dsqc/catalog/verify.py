"""Whether the catalog holds together: every history's chain, every object in its store, every manifest, every sum."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.access.log import entries, verify_access_chain
from dsqc.catalog.access.tiers import tier_of
from dsqc.catalog.events import history, verify_history
from dsqc.catalog.fixity import fixity_events, verify_fixity_chain
from dsqc.catalog.models import EventRecord, ObjectCopyRecord, SubmissionRecord
from dsqc.catalog.search.totals import wrong_totals
from dsqc.storage.layout import manifest_key

SizeOf = Callable[[str, str], int | None]
"""Size in bytes of what stands in a place (by name) under a key; ``None`` where nothing does."""


@dataclass(frozen=True, slots=True)
class CatalogProblem:
    """One thing that does not hold: ``kind`` is event, object, manifest or total; ``name`` says which one."""

    kind: str
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what does not hold."""

    submissions: int
    events: int
    objects: int
    problems: tuple[CatalogProblem, ...]


def verify_catalog(session: Session, size_of: SizeOf) -> Verification:
    """Check all chains, that every copy of every object and every manifest stands in its store, and that the sums which
    figures are made of are those of a full count.

    Sizes are compared, bytes are not read: that is ``dsqc storage verify``.
    """
    submissions = session.scalars(select(SubmissionRecord).order_by(SubmissionRecord.id)).all()
    problems: list[CatalogProblem] = []
    events = 0
    for submission in submissions:
        found: list[EventRecord] = history(session, submission)
        events += len(found)
        for fault in verify_history(submission, found):
            problems.append(CatalogProblem("event", f"{fault.submission} {fault.sequence}", fault.problem))
        tier = tier_of(submission)
        if submission.accession and size_of(tier, manifest_key(submission.accession)) is None:
            problems.append(CatalogProblem("manifest", submission.accession, f"is missing in tier {tier}"))
    fixity = fixity_events(session)
    events += len(fixity)
    for fault in verify_fixity_chain(fixity):
        problems.append(CatalogProblem("event", f"{fault.submission} {fault.sequence}", fault.problem))
    accesses = entries(session)
    events += len(accesses)
    for fault in verify_access_chain(accesses):
        problems.append(CatalogProblem("event", f"{fault.submission} {fault.sequence}", fault.problem))
    copies = session.scalars(select(ObjectCopyRecord).order_by(ObjectCopyRecord.id)).all()
    for copy in copies:
        size = size_of(copy.place, copy.key)
        if size != copy.stored_size_bytes:
            seen = "is missing" if size is None else f"has {size} bytes instead of {copy.stored_size_bytes}"
            where = f"tier {copy.tier}" if copy.place == copy.tier else f"place {copy.place}"
            problems.append(CatalogProblem("object", copy.key, f"{seen} in {where}"))
    for name in wrong_totals(session):
        problems.append(CatalogProblem("total", name, "the sums are not those of a full count"))
    return Verification(len(submissions), events, len(copies), tuple(problems))
