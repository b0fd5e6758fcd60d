"""Statistics of the catalog: how much there is, and of what."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    ObjectCopyRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.model import SubmissionState


def statistics(session: Session) -> dict[str, Any]:
    """Counts and volumes: of everything, and by state, research field, centre, platform and organism.

    What was withdrawn counts in the totals and states, and in no breakdown.
    """
    totals = {
        name: session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in (
            ("submissions", SubmissionRecord),
            ("projects", ProjectRecord),
            ("samples", SampleRecord),
            ("experiments", ExperimentRecord),
            ("runs", RunRecord),
            ("data_files", DataFileRecord),
            ("objects", ObjectRecord),
        )
    }
    volumes = session.execute(
        select(ObjectCopyRecord.tier, func.sum(ObjectCopyRecord.stored_size_bytes))
        .group_by(ObjectCopyRecord.tier)
        .order_by(ObjectCopyRecord.tier)
    )
    states = (
        select(SubmissionRecord.state, func.count()).group_by(SubmissionRecord.state).order_by(SubmissionRecord.state)
    )
    return {
        "totals": totals,
        "stored_bytes_by_tier": {tier: int(size) for tier, size in volumes},
        "submissions_by_state": {row[0]: row[1] for row in session.execute(states)},
        "by_research_field": _breakdown(session, SubmissionRecord.research_field),
        "by_data_centre": _breakdown(session, SubmissionRecord.data_centre),
        "by_platform": _breakdown(session, ExperimentRecord.platform),
        "by_organism": _breakdown(session, SampleRecord.organism),
    }


def _breakdown(session: Session, column: Any) -> list[dict[str, Any]]:
    statement = (
        select(
            column,
            func.count(RunRecord.id.distinct()),
            func.sum(DataFileRecord.size_bytes),
            func.sum(DataFileRecord.base_count),
        )
        .select_from(RunRecord)
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .outerjoin(DataFileRecord, DataFileRecord.run_id == RunRecord.id)
        .where(SubmissionRecord.state != SubmissionState.WITHDRAWN.value)
        .group_by(column)
        .order_by(column)
    )
    return [
        {"name": name, "runs": runs, "bytes": int(size or 0), "bases": int(bases or 0)}
        for name, runs, size, bases in session.execute(statement)
    ]
