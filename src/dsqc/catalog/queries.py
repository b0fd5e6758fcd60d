"""Questions to the catalog: search, and one object by its accession."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    FindingRecord,
    ForeignAccessionRecord,
    MetricRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.receipts import accessions
from dsqc.catalog.versions.withdrawn import withdrawal_of
from dsqc.errors import UsageError
from dsqc.model import SubmissionState

COMPARISONS = {
    ">=": lambda column, bound: column >= bound,
    "<=": lambda column, bound: column <= bound,
    ">": lambda column, bound: column > bound,
    "<": lambda column, bound: column < bound,
    "=": lambda column, bound: column == bound,
}
_METRIC = re.compile(r"([a-z0-9_]+)(>=|<=|>|<|=)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")

ResultRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for; an empty value asks nothing. Every condition must hold.

    ``organism`` finds the name without regard to case, or a taxonomy id; ``checksum`` an MD5 or SHA-256 of a file;
    ``metrics`` are conditions such as ``frac_bases_q30>=0.8``; ``text`` is found in titles, names and descriptions.
    """

    organism: str = ""
    research_field: str = ""
    project: str = ""
    package: str = ""
    platform: str = ""
    instrument: str = ""
    strategy: str = ""
    access: str = ""
    collected_from: str = ""
    collected_to: str = ""
    checksum: str = ""
    text: str = ""
    metrics: tuple[str, ...] = ()
    limit: int = 1000


def search(
    session: Session, query: Query, *, only: ColumnElement[bool] | None = None, offset: int = 0
) -> list[ResultRow]:
    """Registered runs that meet ``query``, by accession, each with what it belongs to.

    Args:
        only: a condition that must hold besides: what the asker may see.
        offset: runs passed over.

    Raises:
        UsageError: a metric condition cannot be read.
    """
    statement = _runs().where(*_conditions(query), *_given(only)).order_by(RunRecord.accession)
    statement = statement.limit(query.limit).offset(offset)
    return [_row(*found) for found in session.execute(statement)]


def _given(only: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    return [] if only is None else [only]


def count(session: Session, query: Query, *, only: ColumnElement[bool] | None = None) -> int:
    """How many runs meet ``query`` (and ``only``), whatever its limit."""
    inner = _runs().where(*_conditions(query), *_given(only)).with_only_columns(RunRecord.id).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def _runs() -> Select[tuple[RunRecord, ExperimentRecord, SampleRecord, ProjectRecord, SubmissionRecord]]:
    return (
        select(RunRecord, ExperimentRecord, SampleRecord, ProjectRecord, SubmissionRecord)
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, ExperimentRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(SubmissionRecord.state != SubmissionState.WITHDRAWN.value)
        .options(
            selectinload(RunRecord.metrics),
            selectinload(RunRecord.files).joinedload(DataFileRecord.stored).selectinload(ObjectRecord.copies),
        )
    )


def _conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    equal = {
        SubmissionRecord.research_field: query.research_field,
        SubmissionRecord.package: query.package,
        SubmissionRecord.access_level: query.access,
        ExperimentRecord.platform: query.platform,
        ExperimentRecord.instrument_model: query.instrument,
        ExperimentRecord.library_strategy: query.strategy,
    }
    for column, value in equal.items():
        if value:
            yield func.lower(column) == value.lower()
    if query.organism.isdigit():
        yield SampleRecord.taxonomy_id == int(query.organism)
    elif query.organism:
        yield func.lower(SampleRecord.organism) == query.organism.lower()
    if query.project:
        yield or_(ProjectRecord.accession == query.project, ProjectRecord.alias == query.project)
    if query.collected_from or query.collected_to:
        # Dates may stand to the year or month, and words for a missing value stand in the same column.
        yield func.substr(SampleRecord.collection_date, 1, 1).in_(list("0123456789"))
        yield func.substr(SampleRecord.collection_date, 1, len(query.collected_from)) >= query.collected_from
    if query.collected_to:
        yield func.substr(SampleRecord.collection_date, 1, len(query.collected_to)) <= query.collected_to
    if query.checksum:
        digest = query.checksum.lower()
        same = or_(DataFileRecord.md5 == digest, DataFileRecord.sha256 == digest)
        yield exists().where(DataFileRecord.run_id == RunRecord.id, same)
    for text in query.metrics:
        yield _metric(text)
    if query.text:
        yield _text(query.text)


def _metric(text: str) -> ColumnElement[bool]:
    match = _METRIC.fullmatch(text.replace(" ", ""))
    if match is None:
        raise UsageError(
            f"Cannot read the condition {text!r}.", hint="Write METRIC>=NUMBER, for example frac_bases_q30>=0.8."
        )
    name, sign, bound = match.groups()
    met = COMPARISONS[sign](MetricRecord.value, float(bound))
    return exists().where(and_(MetricRecord.run_id == RunRecord.id, MetricRecord.metric == name, met))


def _text(text: str) -> ColumnElement[bool]:
    columns = (
        ProjectRecord.title_en,
        ProjectRecord.title_ko,
        SampleRecord.title,
        SampleRecord.name,
        SampleRecord.organism,
        SampleRecord.geo_loc_name,
        ExperimentRecord.title,
        ExperimentRecord.library_id,
        SubmissionRecord.alias,
        RunRecord.alias,
    )
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _row(
    run: RunRecord,
    experiment: ExperimentRecord,
    sample: SampleRecord,
    project: ProjectRecord,
    submission: SubmissionRecord,
) -> ResultRow:
    return {
        "run": run.accession,
        "experiment": experiment.accession,
        "sample": sample.accession,
        "project": project.accession,
        "submission": submission.accession,
        "run_alias": run.alias,
        "organism": sample.organism,
        "taxonomy_id": sample.taxonomy_id,
        "collection_date": sample.collection_date,
        "research_field": submission.research_field,
        "package": submission.package,
        "platform": experiment.platform,
        "instrument_model": experiment.instrument_model,
        "library_strategy": experiment.library_strategy,
        "access_level": submission.access_level,
        "state": submission.state,
        "files": [_file(item) for item in run.files],
        "metrics": {item.metric: _number(item) for item in run.metrics},
    }


def _number(item: MetricRecord) -> float | str | None:
    # Counts are kept as floating point; all of them are far below what that holds exactly.
    if item.value is not None and item.value.is_integer():
        return int(item.value)
    return item.text if item.value is None else item.value


def _file(item: DataFileRecord) -> ResultRow:
    return {
        "name": item.name,
        "size_bytes": item.size_bytes,
        "md5": item.md5,
        "sha256": item.sha256,
        "format": item.format,
        "read_count": item.read_count,
        "base_count": item.base_count,
        "places": [
            {name: getattr(copy, name) for name in ("tier", "place", "key", "state", "encoding", "verified_at")}
            for copy in item.stored.copies
        ],
    }


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
    experiment, submission = record.experiment, record.submission
    project = session.get_one(ProjectRecord, experiment.project_id)
    return _row(record, experiment, experiment.sample, project, submission)


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
