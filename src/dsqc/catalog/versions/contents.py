"""What a version keeps: everything that the catalog says of one object, as plain data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    FingerprintRecord,
    MetricRecord,
    ObjectVersionRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)

PROJECT_COLUMNS = ("project_type", "data_type", "title_en", "title_ko", "ministry")
SAMPLE_COLUMNS = ("name", "title", "organism", "taxonomy_id", "collection_date", "geo_loc_name")
EXPERIMENT_COLUMNS = (
    "library_id",
    "title",
    "library_strategy",
    "library_source",
    "library_selection",
    "library_layout",
    "platform",
    "instrument_model",
)
"""Attributes of the experiment sheet that have a column."""
RUN_COLUMNS = ("alias", "file_type", "run_date")
SUBMISSION_COLUMNS = (
    "alias",
    "research_field",
    "form_version",
    "package",
    "data_centre",
    "access_level",
    "release_date",
    "verdict",
    "verdict_sha256",
    "content_sha256",
)
FILE_COLUMNS = (
    "name",
    "read_role",
    "format",
    "container",
    "md5",
    "sha256",
    "size_bytes",
    "read_count",
    "base_count",
    "attributes",
)

Versioned = ProjectRecord | SampleRecord | ExperimentRecord | RunRecord | SubmissionRecord

TYPES: Mapping[type[Any], str] = {
    ProjectRecord: "project",
    SampleRecord: "sample",
    ExperimentRecord: "experiment",
    RunRecord: "run",
    SubmissionRecord: "submission",
}
"""What the types are called in ``object_version`` and in ``dsqc catalog show``."""


def content_of(session: Session, record: Versioned) -> dict[str, Any]:
    """Everything that the catalog says of ``record`` now, with the accessions of what it belongs to."""
    if isinstance(record, ProjectRecord):
        return _columns(record, PROJECT_COLUMNS)
    if isinstance(record, SampleRecord):
        return _columns(record, SAMPLE_COLUMNS)
    if isinstance(record, ExperimentRecord):
        return {**_columns(record, EXPERIMENT_COLUMNS), "sample": record.sample.accession}
    if isinstance(record, RunRecord):
        return {
            **_columns(record, RUN_COLUMNS),
            "experiment": record.experiment.accession,
            **_measured(session, record),
        }
    return {**_columns(record, SUBMISSION_COLUMNS), "project_attributes": dict(record.project_attributes)}


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a content, as canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def present_version(session: Session, accession: str) -> int:
    """The number of the version that stands in the tables now; 1 where it was never corrected."""
    newest = select(func.max(ObjectVersionRecord.version)).where(ObjectVersionRecord.accession == accession)
    return (session.scalar(newest) or 0) + 1


def fingerprints_of(session: Session, run_id: int) -> dict[str, dict[str, Any]]:
    """Fingerprints of the present files of a run by their names, and of the run under the empty name."""
    query = select(FingerprintRecord).where(FingerprintRecord.run_id == run_id, FingerprintRecord.is_present)
    return {
        item.name: {"reads": item.reads, "sequences": item.sequences, "read_count": item.read_count}
        for item in session.scalars(query)
    }


def _columns(record: Any, names: Sequence[str]) -> dict[str, Any]:
    return {**{name: getattr(record, name) for name in names}, "attributes": dict(record.attributes)}


def _measured(session: Session, record: RunRecord) -> dict[str, Any]:
    fingerprints = fingerprints_of(session, record.id)
    files = select(DataFileRecord).where(DataFileRecord.run_id == record.id).order_by(DataFileRecord.id)
    metrics = select(MetricRecord).where(MetricRecord.run_id == record.id).order_by(MetricRecord.metric)
    return {
        "fingerprint": fingerprints.get(""),
        "files": [
            {**{name: getattr(item, name) for name in FILE_COLUMNS}, "fingerprint": fingerprints.get(item.name)}
            for item in session.scalars(files)
        ],
        "metrics": {item.metric: item.text if item.value is None else item.value for item in session.scalars(metrics)},
    }
