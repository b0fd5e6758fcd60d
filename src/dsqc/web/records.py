"""Records of the catalog as pages show them: whole for who may see all, else what the public view tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from dsqc.catalog.access import PublicView, is_public, public_view, visible_attributes
from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    ForeignAccessionRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.errors import UsageError
from dsqc.forms import compose
from dsqc.language import Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report.render import quantity

MOST_LINKS = 200
"""Records that a page links to, of each type."""
TABLES: dict[str, Any] = {
    "submission": SubmissionRecord,
    "project": ProjectRecord,
    "sample": SampleRecord,
    "experiment": ExperimentRecord,
    "run": RunRecord,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One record for one asker.

    Attributes:
        standing: how it stands (``released``, ``held`` …): the page says so where it is not whole.
        attributes: label, name and value.
        links: accessions of what belongs together, by type.
        files, metrics: of runs.
    """

    accession: str
    type: str
    standing: str
    until: str = ""
    withdrawn_on: str = ""
    reason: str = ""
    attributes: list[tuple[Text, str, str]] = field(default_factory=list)
    links: Mapping[str, list[str]] = field(default_factory=dict)
    foreign: list[tuple[str, str]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[tuple[Text, str]] = field(default_factory=list)
    hands_out_data: bool = False


def show_record(session: Session, name: str, *, sees_all: bool, submitter: str = "") -> Shown | None:
    """What has the accession ``name``, ours or foreign; ``None`` where nothing has it or nothing may be told.

    Args:
        sees_all: whether the asker sees every record whole.
        submitter: whose own records the asker sees whole.
    """
    linked = select(ForeignAccessionRecord.accession).where(ForeignAccessionRecord.foreign_accession == name)
    number = session.scalars(linked).first() or name
    for kind, table in TABLES.items():
        record = session.scalars(select(table).where(table.accession == number)).first()
        if record is None:
            continue
        view = public_view(session, record)
        owner = _owner(session, kind, record)
        if sees_all or (submitter and owner is not None and owner.submitter == submitter):
            return _whole(session, kind, record, owner, view)
        return _told(session, kind, record, owner, view) if view else None
    return None


def _owner(session: Session, kind: str, record: Any) -> SubmissionRecord | None:
    """The submission that brought a record; of a project the first."""
    if kind == "submission":
        return record  # type: ignore[no-any-return]
    if kind == "project":
        query = select(SubmissionRecord).where(SubmissionRecord.project_id == record.id).order_by(SubmissionRecord.id)
        return session.scalars(query).first()
    return None if record.submission_id is None else session.get(SubmissionRecord, record.submission_id)


def _whole(session: Session, kind: str, record: Any, owner: SubmissionRecord | None, view: PublicView | None) -> Shown:
    is_run = kind == "run"
    return Shown(
        record.accession,
        kind,
        owner.state if owner else "registered",
        attributes=_labelled(kind, owner, record.attributes),
        links=_links(session, kind, record, true()),
        foreign=_foreign(session, record.accession),
        files=_files(session, record) if is_run else [],
        metrics=_metrics(session, record) if is_run else [],
        hands_out_data=bool(view and view.hands_out_data),
    )


def _told(session: Session, kind: str, record: Any, owner: SubmissionRecord | None, view: PublicView) -> Shown:
    quality = view.shows_quality
    return Shown(
        view.accession,
        kind,
        view.standing.value,
        view.until,
        view.withdrawn_on,
        view.reason,
        _labelled(kind, owner, view.attributes),
        _links(session, kind, record, is_public()) if quality else {},
        _foreign(session, view.accession) if quality else [],
        _files(session, record) if quality and kind == "run" else [],
        _metrics(session, record) if quality and kind == "run" else [],
        view.hands_out_data,
    )


def _foreign(session: Session, accession: str) -> list[tuple[str, str]]:
    query = select(ForeignAccessionRecord.foreign_accession, ForeignAccessionRecord.archive)
    return [(row[0], row[1]) for row in session.execute(query.where(ForeignAccessionRecord.accession == accession))]


def _labelled(kind: str, owner: SubmissionRecord | None, values: Mapping[str, Any]) -> list[tuple[Text, str, str]]:
    labels = _labels(owner.research_field, owner.form_version, owner.package, kind) if owner else {}
    return [(labels.get(name, Text(name, name)), name, str(value)) for name, value in values.items() if value]


@lru_cache(maxsize=512)
def _labels(form: str, version: str, package: str, sheet: str) -> dict[str, Text]:
    try:
        return {name: item.label for name, item in compose(form, package, version).columns(sheet).items()}
    except UsageError:
        return {}


def _links(session: Session, kind: str, record: Any, only: ColumnElement[bool]) -> dict[str, list[str]]:
    """Accessions of what belongs to a record, as far as ``only`` holds for the submission that brought it."""
    own = {
        "submission": SubmissionRecord.id,
        "project": ProjectRecord.id,
        "sample": SampleRecord.id,
        "experiment": ExperimentRecord.id,
        "run": RunRecord.id,
    }[kind]
    base = (
        select(RunRecord.id)
        .join(ExperimentRecord, RunRecord.experiment_id == ExperimentRecord.id)
        .join(SampleRecord, ExperimentRecord.sample_id == SampleRecord.id)
        .join(ProjectRecord, ExperimentRecord.project_id == ProjectRecord.id)
        .join(SubmissionRecord, RunRecord.submission_id == SubmissionRecord.id)
        .where(own == record.id, only)
    )
    found = {}
    for name, table in TABLES.items():
        if name == kind:
            continue
        query = base.with_only_columns(table.accession).distinct().order_by(table.accession).limit(MOST_LINKS)
        found[name] = [str(item) for item in session.scalars(query) if item]
    return {name: items for name, items in found.items() if items}


def _files(session: Session, run: RunRecord) -> list[dict[str, Any]]:
    query = select(DataFileRecord).where(DataFileRecord.run_id == run.id).order_by(DataFileRecord.id)
    names = ("name", "size_bytes", "md5", "sha256", "format", "read_count", "base_count")
    return [{name: getattr(item, name) for name in names} for item in session.scalars(query)]


def _metrics(session: Session, run: RunRecord) -> list[tuple[Text, str]]:
    """Name and value for people, in the order of the reports."""
    order = {name: number for number, name in enumerate(METRICS)}
    found = session.scalars(select(MetricRecord).where(MetricRecord.run_id == run.id))
    rows = []
    for item in sorted(found, key=lambda item: (order.get(item.metric, len(order)), item.metric)):
        known = METRICS.get(item.metric)
        label = known.name if known else Text(item.metric, item.metric)
        rows.append(
            (label, quantity(item.text if item.value is None else item.value, known.unit if known else "count"))
        )
    return rows


def run_rows(session: Session, submission: SubmissionRecord) -> list[dict[str, Any]]:
    """Runs of a registered submission with their files, at most :data:`MOST_LINKS`; none before it is registered."""
    query = select(RunRecord).where(RunRecord.submission_id == submission.id).order_by(RunRecord.id).limit(MOST_LINKS)
    return [
        {"accession": item.accession, "name": item.alias, "files": _files(session, item)}
        for item in session.scalars(query)
    ]


def guarded_rows(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a search without values of attributes that the public may not see."""
    accessions = {row["submission"] for row in rows}
    query = select(SubmissionRecord.accession, SubmissionRecord.form_version)
    found = session.execute(query.where(SubmissionRecord.accession.in_(accessions)))
    versions = {str(accession): version for accession, version in found}
    return [_guarded(row, versions.get(row["submission"], "")) for row in rows]


_OF_SAMPLE = ("organism", "taxonomy_id", "collection_date")
_OF_EXPERIMENT = ("platform", "instrument_model", "library_strategy")


def _guarded(row: dict[str, Any], version: str) -> dict[str, Any]:
    field_, package = row["research_field"], row["package"]
    hidden = {name for name in _OF_SAMPLE if name not in visible_attributes(field_, version, package, "sample")}
    hidden |= {
        name for name in _OF_EXPERIMENT if name not in visible_attributes(field_, version, package, "experiment")
    }
    return {name: "" if name in hidden else value for name, value in row.items()}
