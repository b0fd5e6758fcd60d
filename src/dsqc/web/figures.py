"""Statistics: everybody sees those of public data, staff those of everything."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc.catalog.access import is_public
from dsqc.catalog.figures.statistics import statistics
from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.web.answers import page
from dsqc.web.queue import field_names
from dsqc.web.visit import Visit

BREAKDOWNS = ("by_research_field", "by_data_centre", "by_platform", "by_organism")


def show(visit: Visit) -> Response:
    """Counts and volumes."""
    with visit.site.catalog.reading() as session:
        found = statistics(session) if visit.is_staff else public_statistics(session)
    return page(visit, "statistics.html", found=found, breakdowns=BREAKDOWNS, fields=field_names())


def public_statistics(session: Session) -> dict[str, Any]:
    """As ``dsqc.catalog.figures.statistics``, of public data only: nothing counts a record that is held or closed."""
    columns = (
        func.count(SubmissionRecord.id.distinct()),
        func.count(ProjectRecord.id.distinct()),
        func.count(SampleRecord.id.distinct()),
        func.count(ExperimentRecord.id.distinct()),
        func.count(RunRecord.id.distinct()),
        func.count(DataFileRecord.id.distinct()),
    )
    names = ("submissions", "projects", "samples", "experiments", "runs", "data_files")
    totals = session.execute(_public().with_only_columns(*columns)).one()
    groups = {
        "by_research_field": SubmissionRecord.research_field,
        "by_data_centre": SubmissionRecord.data_centre,
        "by_platform": ExperimentRecord.platform,
        "by_organism": SampleRecord.organism,
    }
    return {
        "totals": dict(zip(names, totals, strict=True)),
        **{name: _breakdown(session, column) for name, column in groups.items()},
    }


def _public() -> Any:
    return (
        select(RunRecord.id)
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, ExperimentRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .outerjoin(DataFileRecord, DataFileRecord.run_id == RunRecord.id)
        .where(is_public())
    )


def _breakdown(session: Session, column: Any) -> list[dict[str, Any]]:
    counted = (
        column,
        func.count(RunRecord.id.distinct()),
        func.sum(DataFileRecord.size_bytes),
        func.sum(DataFileRecord.base_count),
    )
    rows = session.execute(_public().with_only_columns(*counted).group_by(column).order_by(column))
    return [
        {"name": name, "runs": runs, "bytes": int(size or 0), "bases": int(bases or 0)}
        for name, runs, size, bases in rows
    ]
