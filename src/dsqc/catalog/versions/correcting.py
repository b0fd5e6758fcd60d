"""Making a correction: the versions before are kept, rows say what is so now, an event names the differences."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event, timestamp
from dsqc.catalog.intake import Intake, Stored, attributes_of, clean
from dsqc.catalog.models import (
    DataFileRecord,
    ExperimentRecord,
    FingerprintRecord,
    MetricRecord,
    ObjectVersionRecord,
    ProjectRecord,
    ReplacedFileRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.records import (
    Work,
    experiment_columns,
    foreign_sample,
    insert_files,
    insert_stored,
    known_objects,
    project_columns,
    run_columns,
    sample_columns,
)
from dsqc.catalog.resolve import Resolved
from dsqc.catalog.versions.contents import TYPES, Versioned, content_digest, content_of, present_version
from dsqc.catalog.versions.planning import Change, Correction
from dsqc.errors import CatalogFault
from dsqc.station import Prefixes

VERSION = "version"
"""Action of the event that brings a new version."""
MOST_LISTED = 200
"""Objects that an event lists; the versions themselves hold all."""


def apply_correction(
    session: Session,
    record: SubmissionRecord,
    intake: Intake,
    correction: Correction,
    *,
    stored: Stored,
    prefixes: Prefixes,
    actor: Actor,
) -> None:
    """Make ``correction`` of ``record`` inside the registering transaction. Accessions stay what they are.

    The caller describes the submission itself (:func:`keep_version` has kept what it was).

    Raises:
        CatalogFault: it was refused, or a new file was not stored.
    """
    if correction.refusals:
        raise CatalogFault(f"The correction of submission {record.alias} was refused.")
    at = timestamp(actor.clock())
    keep = _Keeper(session, record, correction.version - 1, at, _present_versions(session, record))
    keep.version(record)
    for change in correction.changes:
        keep.version(change.record)
    work = Work(session, record, intake, prefixes)
    assigner = _Assigner(work, correction.resolved)
    for change in correction.changes:
        assigner.assign(change)
    session.flush()
    _replace_files(work, correction, stored, keep.versions)


def note_correction(
    session: Session,
    record: SubmissionRecord,
    correction: Correction,
    *,
    actor: Actor,
    reason: str,
    details: Mapping[str, Any],
) -> None:
    """Add the event of a correction that was made: which objects, attributes and files differ. It holds no values:
    those stand in the versions, and an event cannot be taken back."""
    changes = correction.to_list()
    listed = {
        "version": correction.version,
        "changed_objects": len(changes),
        "changes": changes[:MOST_LISTED],
        **details,
    }
    append_event(session, record, VERSION, actor=actor.name, reason=reason, details=listed, clock=actor.clock)


def _present_versions(session: Session, record: SubmissionRecord) -> dict[str, int]:
    """Of everything that this submission, or another of its project, ever corrected."""
    query = select(ObjectVersionRecord.accession, func.max(ObjectVersionRecord.version)).where(
        ObjectVersionRecord.submission_id == record.id
    )
    rows = session.execute(query.group_by(ObjectVersionRecord.accession))
    found = {accession: number + 1 for accession, number in rows}
    if record.project is not None:
        found[record.project.accession] = present_version(session, record.project.accession)
    return found


@dataclasses.dataclass(slots=True)
class _Keeper:
    """Keeps what objects are before they change; ``versions`` is the number of each by accession, 1 where it is not
    there."""

    session: Session
    record: SubmissionRecord
    submission_version: int
    at: str
    versions: dict[str, int] = dataclasses.field(default_factory=dict)

    def version(self, item: Versioned) -> None:
        if item.accession is None:
            raise CatalogFault(f"{self.record.alias} holds an object without an accession.")
        content = content_of(self.session, item)
        number = self.versions.setdefault(item.accession, 1)
        whole = item is self.record
        self.session.add(
            ObjectVersionRecord(
                accession=item.accession,
                version=number,
                type=TYPES[type(item)],
                submission_id=self.record.id,
                submission_version=self.submission_version,
                content_sha256=self.record.content_sha256 if whole else content_digest(content),
                superseded_at=self.at,
                content=content,
            )
        )


class _Assigner:
    """Says of objects what is so from now on."""

    def __init__(self, work: Work, resolved: Resolved) -> None:
        submission = work.intake.submission
        self._session = work.session
        self._elsewhere = resolved.samples
        self._samples = {item.name_key: item for item in work.record.samples}
        self._experiments = {item.library_id: item for item in work.record.experiments}
        self._runs = {clean(run.alias): run for run in submission.runs()}
        self._sheet = {row.number: row for row in submission.rows("file")}

    def assign(self, change: Change) -> None:
        """The attributes of one object, the columns that they fill, and what it belongs to."""
        item, values = change.record, change.values
        item.attributes = values
        columns: dict[str, Any] = {}
        if isinstance(item, ProjectRecord):
            columns = project_columns(values)
        elif isinstance(item, SampleRecord):
            columns = sample_columns(values)
        elif isinstance(item, ExperimentRecord):
            columns = {**experiment_columns(values), "sample": self._sample(values.get("sample_name", ""))}
        elif isinstance(item, RunRecord):
            columns = {**run_columns(values), "experiment": self._experiments[values.get("library_id", "")]}
            self._describe_files(item)
        for name, value in columns.items():
            setattr(item, name, value)

    def _sample(self, name: str) -> SampleRecord:
        """The sample that an experiment names: of its submission, or by its accession."""
        own = self._samples.get(name.casefold())
        if own is not None:
            return own
        known = self._elsewhere.get(name)
        if known is None:
            known = self._elsewhere[name] = foreign_sample(name)
            self._session.add(known)
        return known

    def _describe_files(self, record: RunRecord) -> None:
        """What the file sheet says of the files that stay."""
        known = {item.name: item for item in record.files}
        for item in self._runs[record.alias].files:
            stays = known.get(clean(item.name))
            if stays is not None:
                cells = self._sheet[item.row].cells
                stays.read_role = clean(item.read_role)
                stays.attributes = attributes_of({name: cell.value for name, cell in cells.items()})


def _replace_files(work: Work, correction: Correction, stored: Stored, versions: Mapping[str, int]) -> None:
    """Give runs their new files, metrics and fingerprints; those of before are kept by their run's version."""
    session = work.session
    runs = {change.record.id: change for change in correction.replaced_runs}
    if not runs:
        return
    for item in session.scalars(select(DataFileRecord).where(DataFileRecord.run_id.in_(list(runs)))):
        change = runs[item.run_id]
        if item.name in change.files:
            session.add(
                ReplacedFileRecord(
                    run_id=item.run_id,
                    run_version=versions[change.record.accession or ""],
                    object_id=item.object_id,
                    name=item.name,
                    md5=item.md5,
                    sha256=item.sha256,
                    size_bytes=item.size_bytes,
                )
            )
    session.flush()
    chosen = list(runs)
    session.execute(delete(DataFileRecord).where(DataFileRecord.run_id.in_(chosen)))
    session.execute(delete(MetricRecord).where(MetricRecord.run_id.in_(chosen)))
    session.execute(update(FingerprintRecord).where(FingerprintRecord.run_id.in_(chosen)).values(is_present=False))
    session.expire_all()
    by_alias = {change.name: session.get_one(RunRecord, run_id) for run_id, change in runs.items()}
    present = [run for run in work.intake.submission.runs() if clean(run.alias) in by_alias]
    objects = insert_stored(work, stored, correction.files)
    digests = {work.intake.files[item.name].sha256 for run in present for item in run.files}
    objects |= known_objects(work, sorted(digests - set(objects)))
    insert_files(work, {run.key: by_alias[clean(run.alias)] for run in present}, objects)
    _drop_doubled(session, chosen)


def _drop_doubled(session: Session, runs: list[int]) -> None:
    """Of a file that stayed, the fingerprint stands twice now: drop the row of before."""
    rows = session.scalars(select(FingerprintRecord).where(FingerprintRecord.run_id.in_(runs))).all()
    present = {(row.run_id, row.name, row.reads, row.sequences) for row in rows if row.is_present}
    for row in rows:
        if not row.is_present and (row.run_id, row.name, row.reads, row.sequences) in present:
            session.delete(row)
    session.flush()
