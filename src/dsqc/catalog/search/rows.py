"""What is told of the runs that were found: whole, as JSON has it, or in chosen columns."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    MetricRecord,
    ObjectCopyRecord,
    ProjectRecord,
    RunRecord,
    RunSearchRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.search.fields import FIELDS, Kind, find_field, is_text_metric, near_names
from dsqc.catalog.search.visible import is_public
from dsqc.errors import UsageError

ResultRow = dict[str, Any]

CHUNK = 500
"""Runs whose rows are read at once."""
DESCRIPTION: dict[str, Any] = {
    "run": RunSearchRecord.accession,
    "experiment": ExperimentRecord.accession,
    "sample": SampleRecord.accession,
    "project": ProjectRecord.accession,
    "submission": SubmissionRecord.accession,
    "run_alias": RunRecord.alias,
    "organism": RunSearchRecord.organism,
    "taxonomy_id": RunSearchRecord.taxonomy_id,
    "collection_date": RunSearchRecord.collection_date,
    "research_field": RunSearchRecord.research_field,
    "package": RunSearchRecord.package,
    "platform": RunSearchRecord.platform,
    "instrument_model": RunSearchRecord.instrument_model,
    "library_strategy": RunSearchRecord.library_strategy,
    "access_level": SubmissionRecord.access_level,
    "state": SubmissionRecord.state,
}
"""What every run is described by: the keys of a result."""
FURTHER: dict[str, Any] = {
    "sample_name": SampleRecord.name,
    "sample_title": SampleRecord.title,
    "library_id": ExperimentRecord.library_id,
    "experiment_title": ExperimentRecord.title,
    "project_title": ProjectRecord.title_en,
    "project_title_ko": ProjectRecord.title_ko,
}
"""Columns that can be chosen besides; those of the fields come to them."""


def full_rows(session: Session, run_ids: Sequence[int], *, everything: bool) -> list[ResultRow]:
    """Runs in the order given, with files, their places and all metrics; without those where they are not public."""
    found: list[ResultRow] = []
    for start in range(0, len(run_ids), CHUNK):
        part = run_ids[start : start + CHUNK]
        described = _described(session, part, list(DESCRIPTION.values()))
        shown = [run for run in part if everything or described[run][0]]
        files, metrics = _files(session, shown), _metrics(session, shown, None)
        for run in part:
            row = dict(zip(DESCRIPTION, described[run][1:], strict=True))
            found.append(row | {"files": files.get(run, []), "metrics": metrics.get(run, {})})
    return found


def _joined(columns: Sequence[Any]) -> Select[Any]:
    return (
        select(RunSearchRecord.run_id, is_public(), *columns)
        .join(RunRecord, RunSearchRecord.run_id == RunRecord.id)
        .join(ExperimentRecord, RunSearchRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, RunSearchRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, RunSearchRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, RunSearchRecord.submission_id == SubmissionRecord.id)
    )


def _described(session: Session, run_ids: Sequence[int], columns: Sequence[Any]) -> dict[int, tuple[Any, ...]]:
    """Whether each run is public, and its columns."""
    query = _joined(columns).where(RunSearchRecord.run_id.in_(run_ids))
    return {row[0]: tuple(row[1:]) for row in session.execute(query)}


def _metrics(session: Session, run_ids: Sequence[int], names: Sequence[str] | None) -> dict[int, ResultRow]:
    query = select(MetricRecord.run_id, MetricRecord.metric, MetricRecord.value, MetricRecord.text).where(
        MetricRecord.run_id.in_(run_ids)
    )
    if names is not None:
        query = query.where(MetricRecord.metric.in_(names))
    found: dict[int, ResultRow] = defaultdict(dict)
    for run, metric, value, text in session.execute(query.order_by(MetricRecord.metric)):
        found[run][metric] = text if value is None else plain_number(value)
    return found


def plain_number(value: float) -> float | int:
    """Counts are kept as floating point; all of them are far below what that holds exactly."""
    return int(value) if value.is_integer() else value


def _files(session: Session, run_ids: Sequence[int]) -> dict[int, list[ResultRow]]:
    columns = ("name", "size_bytes", "md5", "sha256", "format", "read_count", "base_count")
    query = (
        select(DataFileRecord.run_id, DataFileRecord.object_id, *(getattr(DataFileRecord, name) for name in columns))
        .where(DataFileRecord.run_id.in_(run_ids))
        .order_by(DataFileRecord.id)
    )
    rows = session.execute(query).all()
    places = _places(session, sorted({row[1] for row in rows}))
    found: dict[int, list[ResultRow]] = defaultdict(list)
    for run, stored, *values in rows:
        found[run].append({**dict(zip(columns, values, strict=True)), "places": places.get(stored, [])})
    return found


def _places(session: Session, object_ids: Sequence[int]) -> dict[int, list[ResultRow]]:
    columns = ("tier", "place", "key", "state", "encoding", "verified_at")
    query = (
        select(ObjectCopyRecord.object_id, *(getattr(ObjectCopyRecord, name) for name in columns))
        .where(ObjectCopyRecord.object_id.in_(object_ids))
        .order_by(ObjectCopyRecord.id)
    )
    found: dict[int, list[ResultRow]] = defaultdict(list)
    for stored, *values in session.execute(query):
        found[stored].append(dict(zip(columns, values, strict=True)))
    return found


@dataclass(frozen=True, slots=True)
class Column:
    """A column that was chosen.

    Attributes:
        name: its heading.
        expression: what it shows; ``None`` for a metric.
        is_measured: of the data, so empty for closed submissions.
        type: of its values.
    """

    name: str
    expression: Any
    is_measured: bool
    type: type


def choose_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns called ``names``: keys of a result, fields of the query language, metrics.

    Raises:
        UsageError: one of them is none.
    """
    return tuple(_column(name.strip()) for name in names)


def _column(name: str) -> Column:
    known = DESCRIPTION | FURTHER
    asked = find_field(name)
    if name in known:
        return Column(name, known[name], False, known[name].type.python_type)
    if asked is not None and asked.kind is Kind.METRIC:
        return Column(asked.column, None, True, str if is_text_metric(asked.column) else float)
    if asked is None or asked.kind not in (Kind.WORD, Kind.DATE, Kind.NUMBER) or asked.is_inner:
        columns = {**known, **{item.name: item for item in FIELDS if item.kind in (Kind.WORD, Kind.DATE, Kind.NUMBER)}}
        close = [item for item in near_names(name) if find_field(item) is not None]
        meant = f"Did you mean {' or '.join(close)}? " if close else ""
        hint = f"{meant}There are: {', '.join(columns)}, and every metric (`dsqc metrics`)."
        raise UsageError(f"There is no column {name!r}.", hint=hint)
    of_submission = asked.column.removeprefix("submission.")
    expression = getattr(RunSearchRecord if of_submission == asked.column else SubmissionRecord, of_submission)
    return Column(of_submission, expression, asked.is_measured, expression.type.python_type)


def table_rows(
    session: Session, run_ids: Sequence[int], columns: Sequence[Column], *, everything: bool
) -> Iterator[tuple[Any, ...]]:
    """The values of ``columns`` for each run, in the order given."""
    described = [column for column in columns if column.expression is not None]
    metrics = [column.name for column in columns if column.expression is None]
    for start in range(0, len(run_ids), CHUNK):
        part = run_ids[start : start + CHUNK]
        found = _described(session, part, [column.expression for column in described])
        shown = {run for run in part if everything or found[run][0]}
        measured = _metrics(session, sorted(shown), metrics) if metrics else {}
        for run in part:
            values = {
                column.name: None if column.is_measured and run not in shown else value
                for column, value in zip(described, found[run][1:], strict=True)
            } | measured.get(run, {})
            yield tuple(values.get(column.name) for column in columns)
