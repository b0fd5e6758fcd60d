"""Taking the catalog away: the four levels and the data files as Parquet and as TSV.

Only columns that name no person go out, and only of released submissions, and closed ones where asked for; of a
security project nothing but the title where they are not. Rows stand in the order of their accessions, and the files
hold no times, so the same catalog gives the same bytes.
"""

import csv
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session

from dsqc.artefact import atomic_file, write_text
from dsqc.catalog.access.conditions import is_public, is_titled
from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.resolve import SECURITY_CLASS, security_term
from dsqc.model import Access
from dsqc.model import SubmissionState as State

_TYPES: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def export_catalog(session: Session, directory: Path, access: Collection[str] = ("open",)) -> dict[str, int]:
    """Write ``<level>.parquet`` and ``<level>.tsv`` for each level into ``directory``.

    Args:
        session: an open session.
        directory: made where it does not exist.
        access: access levels to export; closed submissions only where asked for.

    Returns:
        Rows by level: project, sample, experiment, run, file, metric.
    """
    counts = {}
    for name, statement in _levels(access).items():
        columns = {item["name"]: item["type"].python_type for item in statement.column_descriptions}
        rows = [tuple(row) for row in session.execute(statement)]
        _write_parquet(directory / f"{name}.parquet", columns, rows)
        _write_tsv(directory / f"{name}.tsv", list(columns), rows)
        counts[name] = len(rows)
    return counts


def _levels(access: Collection[str]) -> dict[str, Select[Any]]:
    wanted = [is_public()] if Access.OPEN.value in access else []
    if Access.CLOSED.value in access:
        wanted.append(and_(SubmissionRecord.accession.is_not(None), SubmissionRecord.state == State.CLOSED.value))
    shown = or_(false(), *wanted)
    titled = or_(shown, is_titled())
    runs = (
        select(
            RunRecord.accession.label("run"),
            ExperimentRecord.accession.label("experiment"),
            SubmissionRecord.accession.label("submission"),
            RunRecord.alias,
            RunRecord.file_type,
            RunRecord.run_date,
        )
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
    )
    return {
        "project": _projects(titled, whole=Access.CLOSED.value in access),
        "sample": _samples(shown),
        "experiment": _experiments(shown),
        "run": runs.where(shown).order_by(RunRecord.accession),
        "file": _files(shown),
        "metric": select(RunRecord.accession.label("run"), MetricRecord.metric, MetricRecord.value, MetricRecord.text)
        .join(RunRecord, MetricRecord.run_id == RunRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(shown)
        .order_by(RunRecord.accession, MetricRecord.metric),
    }


def _is_secret() -> Any:
    """Whether a project is a security project (DSQC-P016)."""
    return func.coalesce(ProjectRecord.attributes[SECURITY_CLASS].as_string(), "") == security_term()


def _projects(shown: Any, *, whole: bool) -> Select[Any]:
    """Projects; of security projects nothing but the titles where the export is not ``whole``."""

    def guarded(column: Any) -> Any:
        return column if whole else case((_is_secret(), ""), else_=column).label(column.key)

    columns = select(
        ProjectRecord.accession.label("project"),
        guarded(ProjectRecord.project_type),
        guarded(ProjectRecord.data_type),
        ProjectRecord.title_en,
        ProjectRecord.title_ko,
        guarded(ProjectRecord.ministry),
    )
    belongs = select(SubmissionRecord.project_id).where(shown)
    return columns.where(ProjectRecord.id.in_(belongs)).order_by(ProjectRecord.accession)


def _samples(shown: Any) -> Select[Any]:
    return (
        select(
            SampleRecord.accession.label("sample"),
            ProjectRecord.accession.label("project"),
            SubmissionRecord.accession.label("submission"),
            SubmissionRecord.research_field,
            SubmissionRecord.package,
            SampleRecord.name,
            SampleRecord.title,
            SampleRecord.organism,
            SampleRecord.taxonomy_id,
            SampleRecord.collection_date,
            SampleRecord.geo_loc_name,
        )
        .join(SubmissionRecord, SampleRecord.submission_id == SubmissionRecord.id)
        .join(ProjectRecord, SampleRecord.project_id == ProjectRecord.id)
        .where(shown)
        .order_by(SampleRecord.accession)
    )


def _experiments(shown: Any) -> Select[Any]:
    return (
        select(
            ExperimentRecord.accession.label("experiment"),
            SampleRecord.accession.label("sample"),
            ProjectRecord.accession.label("project"),
            SubmissionRecord.accession.label("submission"),
            ExperimentRecord.library_id,
            ExperimentRecord.title,
            ExperimentRecord.library_strategy,
            ExperimentRecord.library_source,
            ExperimentRecord.library_selection,
            ExperimentRecord.library_layout,
            ExperimentRecord.platform,
            ExperimentRecord.instrument_model,
        )
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, ExperimentRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, ExperimentRecord.submission_id == SubmissionRecord.id)
        .where(shown)
        .order_by(ExperimentRecord.accession)
    )


def _files(shown: Any) -> Select[Any]:
    return (
        select(
            RunRecord.accession.label("run"),
            DataFileRecord.name,
            DataFileRecord.read_role,
            DataFileRecord.format,
            DataFileRecord.container,
            DataFileRecord.md5,
            DataFileRecord.sha256,
            DataFileRecord.size_bytes,
            DataFileRecord.read_count,
            DataFileRecord.base_count,
        )
        .join(RunRecord, DataFileRecord.run_id == RunRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(shown)
        .order_by(RunRecord.accession, DataFileRecord.name)
    )


def _write_parquet(path: Path, columns: dict[str, type], rows: list[tuple[Any, ...]]) -> None:
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = [pa.array(list(column), type=field.type) for column, field in zip(values, schema, strict=True)]
    with atomic_file(path) as file:
        pq.write_table(pa.table(arrays, schema=schema), file, compression="zstd")


def _write_tsv(path: Path, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    write_text(path, text.getvalue())
