"""The sums that figures are made of (``models.totals``): kept with what they sum, and proven against a full count."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Select, cast, delete, except_, func, insert, literal, or_, select, union, union_all
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    ObjectCopyRecord,
    ObjectRecord,
    RunRecord,
    RunSearchRecord,
    RunTotalRecord,
    SampleRecord,
    StoredTotalRecord,
    SubmissionRecord,
    SubmissionTotalRecord,
)

ALIKE = tuple(column.key for column in RunTotalRecord.__table__.primary_key)
"""What runs that are summed together have in common."""
SUMS = ("file_count", "size_bytes", "file_bases")


def add_up(session: Session, submissions: Iterable[int]) -> None:
    """Write the totals of these submissions anew, in the transaction of ``session``; not more than an IN list takes."""
    chosen = list(submissions)
    session.execute(delete(RunTotalRecord).where(RunTotalRecord.submission_id.in_(chosen)))
    alike = [getattr(RunSearchRecord, name) for name in ALIKE]
    sums = (func.sum(getattr(RunSearchRecord, name)) for name in SUMS)
    query = select(*alike, func.count(), *sums).where(RunSearchRecord.submission_id.in_(chosen)).group_by(*alike)
    session.execute(insert(RunTotalRecord).from_select([*ALIKE, "runs", *SUMS], query))


def drop_orphans(session: Session) -> None:
    """Remove totals of submissions that have no run any more."""
    run = select(RunSearchRecord.run_id).where(RunSearchRecord.submission_id == RunTotalRecord.submission_id)
    session.execute(delete(RunTotalRecord).where(~run.exists()))


def recount(session: Session) -> None:
    """Write what triggers keep anew, by a full count."""
    for table, counted in ((StoredTotalRecord, _stored()), (SubmissionTotalRecord, _registered())):
        session.execute(delete(table))
        session.execute(insert(table).from_select([column.name for column in counted.selected_columns], counted))


def wrong_totals(session: Session) -> list[str]:
    """What has totals that are not those of a full count: submissions, by accession or alias, and tiers.

    Reads every run, file, sample, experiment, object and copy: the tables that are written at registration, not those
    that are searched.
    """
    kept = select(*(getattr(RunTotalRecord, name) for name in (*ALIKE, "runs", *SUMS)))
    told = SubmissionTotalRecord
    any_of_them = or_(told.samples != 0, told.experiments != 0)
    own = select(told.submission_id, told.samples, told.experiments).where(any_of_them)
    differing = union(
        *(select(rows.c.submission_id) for rows in (*_differing(_full_count(), kept), *_differing(_registered(), own)))
    ).subquery()
    name = func.coalesce(SubmissionRecord.accession, SubmissionRecord.alias)
    query = select(name).join(differing, differing.c.submission_id == SubmissionRecord.id)
    found = list(session.scalars(query.order_by(SubmissionRecord.id)))
    stored = StoredTotalRecord
    amounts = (stored.number, stored.size_bytes)
    held = select(stored.kind, stored.tier, *amounts).where(or_(*(amount != 0 for amount in amounts)))
    names = union(*(select(rows.c.kind, rows.c.tier) for rows in _differing(_stored(), held)))
    return found + sorted(f"copies in {tier}" if kind == "copy" else "objects" for kind, tier in session.execute(names))


def _differing(counted: Any, kept: Select[Any]) -> tuple[Any, Any]:
    return except_(select(counted.subquery()), kept).subquery(), except_(kept, select(counted.subquery())).subquery()


def _registered() -> Select[Any]:
    """Samples and experiments by submission."""
    parts = union_all(
        select(SampleRecord.submission_id, literal(1).label("samples"), literal(0).label("experiments")).where(
            SampleRecord.submission_id.is_not(None)
        ),
        select(ExperimentRecord.submission_id, literal(0), literal(1)),
    ).subquery()
    sums = (_whole(func.sum(parts.c[name])).label(name) for name in ("samples", "experiments"))
    return select(parts.c.submission_id, *sums).group_by(parts.c.submission_id)


def _stored() -> Select[Any]:
    """Objects, and copies by tier: how many and how large."""
    sizes = (func.count().label("number"), _whole(func.sum(ObjectRecord.size_bytes)).label("size_bytes"))
    copies = (func.count(), _whole(func.sum(ObjectCopyRecord.stored_size_bytes)))
    both = union_all(
        select(literal("object").label("kind"), literal("").label("tier"), *sizes).having(func.count() > 0),
        select(literal("copy"), ObjectCopyRecord.tier, *copies).group_by(ObjectCopyRecord.tier),
    )
    return select(both.subquery())


def _whole(value: Any) -> Any:
    """PostgreSQL sums large whole numbers to decimal ones."""
    return cast(value, BigInteger)


def _full_count() -> Select[Any]:
    size, bases = func.sum(DataFileRecord.size_bytes), func.sum(DataFileRecord.base_count)
    sums = (func.count().label("file_count"), size.label("size_bytes"), bases.label("file_bases"))
    files = select(DataFileRecord.run_id, *sums).group_by(DataFileRecord.run_id).subquery()
    owners = {
        "submission_id": RunRecord.submission_id,
        "project_id": ExperimentRecord.project_id,
        "platform": ExperimentRecord.platform,
        "organism": SampleRecord.organism,
        "library_strategy": ExperimentRecord.library_strategy,
    }
    alike = [owners[name].label(name) for name in ALIKE]
    added = (_whole(func.coalesce(func.sum(files.c[name]), 0)).label(name) for name in SUMS)
    return (
        select(*alike, func.count().label("runs"), *added)
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .outerjoin(files, files.c.run_id == RunRecord.id)
        .group_by(*owners.values())
    )
