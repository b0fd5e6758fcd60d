"""Sums over runs that are alike (``run_total``): kept with the runs, and proven against a full count."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, CompoundSelect, Select, cast, delete, except_, func, insert, select, union
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    RunRecord,
    RunSearchRecord,
    RunTotalRecord,
    SampleRecord,
    SubmissionRecord,
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


def wrong_totals(session: Session) -> list[str]:
    """Submissions, by accession or alias, of which the totals are not what their runs and files add up to.

    Reads every run and file: the tables that were written at registration, not those that are searched.
    """
    kept = select(*(getattr(RunTotalRecord, name) for name in (*ALIKE, "runs", *SUMS)))
    counted = _full_count()
    differing = union(_submissions(except_(counted, kept)), _submissions(except_(kept, counted))).subquery()
    name = func.coalesce(SubmissionRecord.accession, SubmissionRecord.alias)
    query = select(name).join(differing, differing.c.submission_id == SubmissionRecord.id)
    return list(session.scalars(query.order_by(SubmissionRecord.id)))


def _submissions(rows: CompoundSelect[Any]) -> Select[Any]:
    return select(rows.subquery().c.submission_id)


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
    added = (cast(func.coalesce(func.sum(files.c[name]), 0), BigInteger).label(name) for name in SUMS)
    return (
        select(*alike, func.count().label("runs"), *added)
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .outerjoin(files, files.c.run_id == RunRecord.id)
        .group_by(*owners.values())
    )
