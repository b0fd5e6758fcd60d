"""One object of the catalog by its accession, and the submission that it belongs to."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    ExperimentRecord,
    FindingRecord,
    ForeignAccessionRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.receipts import accessions
from dsqc.catalog.search.rows import ResultRow, full_rows
from dsqc.catalog.versions.withdrawn import withdrawal_of
from dsqc.errors import UsageError


def find_owner(session: Session, name: str) -> SubmissionRecord | None:
    """The submission that ``name`` belongs to: one of its accessions (ours or foreign), or its alias."""
    linked = select(ForeignAccessionRecord.accession).where(ForeignAccessionRecord.foreign_accession == name)
    number = session.scalars(linked).first() or name
    for table in (SampleRecord, ExperimentRecord, RunRecord):
        owner = session.scalars(select(table.submission_id).where(table.accession == number)).first()
        if owner is not None:
            return session.get(SubmissionRecord, owner)
    by_name = or_(SubmissionRecord.accession == number, SubmissionRecord.alias == number)
    found = session.scalars(select(SubmissionRecord).where(by_name).order_by(SubmissionRecord.id)).all()
    if len(found) > 1:
        listed = ", ".join(f"{item.submitter}/{item.alias}" for item in found)
        raise UsageError(f"Several submissions are called {name}: {listed}.", hint="Name one by an accession.")
    return found[0] if found else None


def show(session: Session, name: str, *, withdrawn: bool = False) -> ResultRow | None:
    """Everything the catalog says about the object with the accession ``name``; ``None`` where there is none.

    Args:
        withdrawn: show also what was withdrawn; without it, of that only when and why.
    """
    linked = select(ForeignAccessionRecord.accession).where(ForeignAccessionRecord.foreign_accession == name)
    number = session.scalars(linked).first() or name
    for kind, table in _TABLES.items():
        record: Any = session.scalars(select(table).where(table.accession == number)).first()
        if record is not None:
            foreign = select(ForeignAccessionRecord.foreign_accession, ForeignAccessionRecord.archive).where(
                ForeignAccessionRecord.accession == number
            )
            head = {"accession": number, "type": kind, "attributes": record.attributes}
            others = [{"accession": row[0], "archive": row[1]} for row in session.execute(foreign)]
            gone = withdrawal_of(session, record)
            if gone is not None:
                head |= {"withdrawn": {"at": gone.at, "reason": gone.reason}}
            if gone is not None and not withdrawn:
                return {**head, "attributes": {}, "foreign_accessions": others}
            return {**head, "foreign_accessions": others, **_DETAILS[kind](session, record)}
    return None


_TABLES: dict[str, Any] = {
    "project": ProjectRecord,
    "sample": SampleRecord,
    "experiment": ExperimentRecord,
    "run": RunRecord,
    "submission": SubmissionRecord,
}


def _project_details(session: Session, record: ProjectRecord) -> ResultRow:
    submissions = select(SubmissionRecord.accession).where(SubmissionRecord.project_id == record.id)
    samples = select(SampleRecord.accession).where(SampleRecord.project_id == record.id)
    return {
        "alias": record.alias,
        "minted": record.minted,
        "submissions": list(session.scalars(submissions.order_by(SubmissionRecord.id))),
        "samples": list(session.scalars(samples.order_by(SampleRecord.id))),
    }


def _sample_details(session: Session, record: SampleRecord) -> ResultRow:
    experiments = select(ExperimentRecord.accession).where(ExperimentRecord.sample_id == record.id)
    return {
        "name": record.name,
        "minted": record.minted,
        "experiments": list(session.scalars(experiments.order_by(ExperimentRecord.id))),
    }


def _experiment_details(session: Session, record: ExperimentRecord) -> ResultRow:
    runs = select(RunRecord.accession).where(RunRecord.experiment_id == record.id).order_by(RunRecord.id)
    return {"library_id": record.library_id, "sample": record.sample.accession, "runs": list(session.scalars(runs))}


def _run_details(session: Session, record: RunRecord) -> ResultRow:
    return full_rows(session, [record.id], everything=True)[0]


def _submission_details(session: Session, record: SubmissionRecord) -> ResultRow:
    findings = select(FindingRecord.code, FindingRecord.severity, func.sum(FindingRecord.count))
    rows = session.execute(
        findings.where(FindingRecord.submission_id == record.id)
        .group_by(FindingRecord.code, FindingRecord.severity)
        .order_by(FindingRecord.code)
    )
    return {
        "alias": record.alias,
        "state": record.state,
        "verdict": record.verdict,
        "project": record.project.accession if record.project else None,
        "accessions": accessions(record),
        "release": {"access": record.access_level, "date": record.release_date},
        "findings": [{"code": code, "severity": severity, "count": int(number)} for code, severity, number in rows],
    }


_DETAILS: dict[str, Any] = {
    "project": _project_details,
    "sample": _sample_details,
    "experiment": _experiment_details,
    "run": _run_details,
    "submission": _submission_details,
}
