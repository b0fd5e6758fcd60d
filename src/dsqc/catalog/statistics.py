"""Statistics of the catalog: how much there is, and of what."""

from collections import defaultdict
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
    RunTotalRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.search.plans import without_jit

BREAKDOWNS: dict[str, Any] = {
    "research_field": SubmissionRecord.research_field,
    "data_centre": SubmissionRecord.data_centre,
    "platform": RunTotalRecord.platform,
    "organism": RunTotalRecord.organism,
}
"""What runs are counted by."""


def statistics(session: Session) -> dict[str, Any]:
    """Counts and volumes: of everything, and by state, research field, centre, platform and organism."""
    without_jit(session)
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
        **_breakdowns(session),
    }


def _breakdowns(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Runs and their volume by each of :data:`BREAKDOWNS`, added up from the totals of submissions."""
    summed = [
        func.sum(column) for column in (RunTotalRecord.runs, RunTotalRecord.size_bytes, RunTotalRecord.file_bases)
    ]
    statement = (
        select(*BREAKDOWNS.values(), *summed)
        .join(SubmissionRecord, RunTotalRecord.submission_id == SubmissionRecord.id)
        .group_by(*BREAKDOWNS.values())
    )
    found: dict[str, dict[str, list[int]]] = {name: defaultdict(lambda: [0, 0, 0]) for name in BREAKDOWNS}
    for row in session.execute(statement):
        values, numbers = row[: len(BREAKDOWNS)], row[len(BREAKDOWNS) :]
        for name, value in zip(BREAKDOWNS, values, strict=True):
            sums = found[name][value]
            for position, added in enumerate(numbers):
                sums[position] += int(added)
    return {
        f"by_{name}": [
            {"name": value, "runs": runs, "bytes": size, "bases": bases}
            for value, (runs, size, bases) in sorted(groups.items())
        ]
        for name, groups in found.items()
    }
