"""The rows of a registered submission: project, samples, experiments, runs, data files, objects and metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, selectinload

from dsqc.accessions import AccessionType
from dsqc.catalog.events import timestamp
from dsqc.catalog.intake import Intake, Stored, attributes_of, clean
from dsqc.catalog.minting import mint
from dsqc.catalog.models import (
    Base,
    DataFileRecord,
    ExperimentRecord,
    FingerprintRecord,
    MetricRecord,
    ObjectCopyRecord,
    ObjectRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.resolve import CHUNK, ProjectReference, Resolved
from dsqc.catalog.versions.contents import EXPERIMENT_COLUMNS, PROJECT_COLUMNS
from dsqc.catalog.versions.fingerprints import intake_fingerprints
from dsqc.errors import CatalogFault
from dsqc.model import Row
from dsqc.station import Prefixes
from dsqc.storage import StoredCopy


@dataclass(frozen=True, slots=True)
class Work:
    """What every step of one registration, or correction, needs."""

    session: Session
    record: SubmissionRecord
    intake: Intake
    prefixes: Prefixes

    def mint(self, kind: AccessionType, count: int) -> list[str]:
        """New accessions of ``kind``."""
        return mint(self.session, kind, count, self.prefixes)

    def add(self, records: Iterable[Base]) -> None:
        """Insert ``records`` in their order, so that their ids are known."""
        self.session.add_all(records)
        self.session.flush()


def insert_objects(
    session: Session,
    record: SubmissionRecord,
    intake: Intake,
    *,
    resolved: Resolved,
    stored: Stored,
    prefixes: Prefixes,
) -> None:
    """Insert everything a submission describes and give each object its accession.

    Accessions follow the order of the sheets. Must run inside the registering transaction.

    Raises:
        CatalogFault: a file that a run lists was not stored, or a reference was not resolved.
    """
    if resolved.project is None or resolved.refusals:
        raise CatalogFault(f"Submission {record.alias} cannot be registered: its references are not resolved.")
    work = Work(session, record, intake, prefixes)
    project = _project(work, resolved.project)
    record.project_id = project.id
    record.accession = work.mint(AccessionType.SUBMISSION, 1)[0]
    samples = _samples(work, resolved)
    runs = _runs(work, _experiments(work, samples))
    objects = insert_stored(work, stored, [item.name for item in intake.submission.data_files()])
    insert_files(work, runs, objects)


def project_columns(values: Mapping[str, str]) -> dict[str, Any]:
    """Columns of a project that its attributes fill."""
    return {name: values.get(name, "") for name in PROJECT_COLUMNS}


def sample_columns(values: Mapping[str, str]) -> dict[str, Any]:
    """Columns of a sample that its attributes fill."""
    name = values.get("sample_name", "")
    return {
        "name": name,
        "name_key": name.casefold(),
        "title": values.get("sample_title", ""),
        "organism": values.get("organism", ""),
        "taxonomy_id": _whole_number(values.get("taxonomy_id", "")),
        "collection_date": values.get("collection_date", ""),
        "geo_loc_name": values.get("geo_loc_name", ""),
    }


def experiment_columns(values: Mapping[str, str]) -> dict[str, Any]:
    """Columns of an experiment that its attributes fill."""
    return {name: values.get(name, "") for name in EXPERIMENT_COLUMNS}


def run_columns(values: Mapping[str, str]) -> dict[str, Any]:
    """Columns of a run that its attributes fill."""
    return {name: values.get(name, "") for name in ("file_type", "run_date")}


def _values(row: Row | None) -> dict[str, str]:
    return attributes_of({name: cell.value for name, cell in row.cells.items()}) if row else {}


def _project(work: Work, project: ProjectReference) -> ProjectRecord:
    if project.record is not None:
        return project.record
    values = _values(project.row)
    accession = project.reference if project.foreign else work.mint(AccessionType.PROJECT, 1)[0]
    record = ProjectRecord(
        accession=accession,
        minted=not project.foreign,
        submitter="" if project.foreign else work.intake.submitter,
        alias=project.reference,
        attributes=values,
        **project_columns(values),
    )
    work.add([record])
    return record


def _samples(work: Work, resolved: Resolved) -> dict[str, SampleRecord]:
    """Samples by folded name, and by accession those of earlier submissions and other archives."""
    rows = work.intake.submission.rows("sample")
    samples: dict[str, SampleRecord] = {}
    for row, accession in zip(rows, work.mint(AccessionType.SAMPLE, len(rows)), strict=True):
        values = _values(row)
        samples[values.get("sample_name", "").casefold()] = SampleRecord(
            accession=accession,
            minted=True,
            submission_id=work.record.id,
            project_id=work.record.project_id,
            attributes=values,
            **sample_columns(values),
        )
    for name, known in resolved.samples.items():
        samples[name.casefold()] = known or foreign_sample(name)
    work.add(samples.values())
    return samples


def foreign_sample(accession: str) -> SampleRecord:
    """A sample of another archive that an experiment refers to."""
    return SampleRecord(
        accession=accession,
        minted=False,
        submission_id=None,
        project_id=None,
        name=accession,
        name_key=accession.casefold(),
        title="",
        organism="",
        taxonomy_id=None,
        collection_date="",
        geo_loc_name="",
        attributes={},
    )


def _experiments(work: Work, samples: Mapping[str, SampleRecord]) -> dict[str, ExperimentRecord]:
    rows = work.intake.submission.rows("experiment")
    found: dict[str, ExperimentRecord] = {}
    for row, accession in zip(rows, work.mint(AccessionType.EXPERIMENT, len(rows)), strict=True):
        values = _values(row)
        found[values.get("library_id", "")] = ExperimentRecord(
            accession=accession,
            submission_id=work.record.id,
            project_id=work.record.project_id,
            sample_id=samples[values.get("sample_name", "").casefold()].id,
            attributes=values,
            **experiment_columns(values),
        )
    work.add(found.values())
    return found


def _runs(work: Work, experiments: Mapping[str, ExperimentRecord]) -> dict[str, RunRecord]:
    runs = work.intake.submission.runs()
    values = {row.number: _values(row) for row in work.intake.submission.rows("run")}
    found: dict[str, RunRecord] = {}
    for run, accession in zip(runs, work.mint(AccessionType.RUN, len(runs)), strict=True):
        found[run.key] = RunRecord(
            accession=accession,
            submission_id=work.record.id,
            experiment_id=experiments[clean(run.library_id)].id,
            alias=clean(run.alias),
            run_key=run.key,
            attributes=values[run.row],
            **run_columns(values[run.row]),
        )
    work.add(found.values())
    return found


def insert_stored(work: Work, stored: Stored, names: Sequence[str]) -> dict[str, ObjectRecord]:
    """The objects of the files ``names`` by SHA-256; content that is in the catalog already gets no second row.

    Raises:
        CatalogFault: one of them was not stored.
    """
    missing = [name for name in names if not stored.get(name)]
    if missing:
        raise CatalogFault(f"Files were not stored: {', '.join(missing[:5])}.")
    found = known_objects(work, sorted({work.intake.files[name].sha256 for name in names}))
    for name in names:
        item = work.intake.files[name]
        known = found.get(item.sha256)
        if known is None:
            known = ObjectRecord(sha256=item.sha256, md5=item.md5, size_bytes=item.size_bytes, copies=[])
            found[item.sha256] = known
        for copy in stored[name]:
            _add_copy(known, copy)
    work.add(found.values())
    return found


def _add_copy(known: ObjectRecord, copy: StoredCopy) -> None:
    """Note a copy; one that the catalog knows was proven again."""
    record = next((item for item in known.copies if (item.place, item.encoding) == (copy.place, copy.encoding)), None)
    if record is None:
        record = ObjectCopyRecord(tier=copy.tier, place=copy.place, encoding=copy.encoding)
        known.copies.append(record)
    record.key = copy.key
    record.state = "present"
    record.verified_at = timestamp(copy.verified_at)
    record.proof = copy.proof
    record.stored_sha256 = copy.stored_sha256
    record.stored_size_bytes = copy.stored_size_bytes
    record.recipe = dict(copy.recipe)


def known_objects(work: Work, digests: Sequence[str]) -> dict[str, ObjectRecord]:
    """Objects that the catalog has, by SHA-256."""
    found: dict[str, ObjectRecord] = {}
    for start in range(0, len(digests), CHUNK):
        part = digests[start : start + CHUNK]
        query = select(ObjectRecord).where(ObjectRecord.sha256.in_(part)).options(selectinload(ObjectRecord.copies))
        found |= {item.sha256: item for item in work.session.scalars(query)}
    return found


def complete_fingerprints(work: Work) -> None:
    """Fingerprints of a submission that was registered before the catalog kept them; nothing where it has any."""
    by_alias = {run.alias: run for run in work.record.runs}
    numbers = [run.id for run in by_alias.values()]
    kept = select(FingerprintRecord.id).where(FingerprintRecord.run_id.in_(numbers)).limit(1)
    if numbers and work.session.scalars(kept).first() is None:
        runs = work.intake.submission.runs()
        _fingerprints(work, {run.key: by_alias[clean(run.alias)] for run in runs if clean(run.alias) in by_alias})


def insert_files(work: Work, runs: Mapping[str, RunRecord], objects: Mapping[str, ObjectRecord]) -> None:
    """The data files of ``runs`` (by run key), with what was measured: metrics and fingerprints."""
    _data_files(work, runs, objects)
    _metrics(work, runs)
    _fingerprints(work, runs)


def _data_files(work: Work, runs: Mapping[str, RunRecord], objects: Mapping[str, ObjectRecord]) -> None:
    sheet = {row.number: row for row in work.intake.submission.rows("file")}
    rows: list[dict[str, Any]] = []
    for run in work.intake.submission.runs():
        if run.key not in runs:
            continue
        measured = {item["name"]: item for item in work.intake.runs.get(run.key, {}).get("files", ())}
        for data_file in run.files:
            item = work.intake.files[data_file.name]
            seen = measured.get(data_file.name, {})
            rows.append(
                {
                    "run_id": runs[run.key].id,
                    "object_id": objects[item.sha256].id,
                    "name": clean(data_file.name),
                    "read_role": clean(data_file.read_role),
                    "format": seen.get("format") or "",
                    "container": seen.get("container") or "",
                    "md5": item.md5,
                    "sha256": item.sha256,
                    "size_bytes": item.size_bytes,
                    "read_count": seen.get("read_count"),
                    "base_count": seen.get("base_count"),
                    "attributes": _values(sheet[data_file.row]),
                }
            )
    if rows:
        work.session.execute(insert(DataFileRecord), rows)


def _metrics(work: Work, runs: Mapping[str, RunRecord]) -> None:
    rows: list[dict[str, Any]] = []
    for key, run in runs.items():
        for name, value in work.intake.runs.get(key, {}).get("metrics", {}).items():
            if isinstance(value, str):
                rows.append({"run_id": run.id, "metric": name, "value": None, "text": clean(value)})
            elif value is not None:
                rows.append({"run_id": run.id, "metric": name, "value": float(value), "text": None})
    if rows:
        work.session.execute(insert(MetricRecord), rows)


def _fingerprints(work: Work, runs: Mapping[str, RunRecord]) -> None:
    rows = [
        {"run_id": runs[item.run].id, **item.columns(), "is_present": True}
        for item in intake_fingerprints(work.intake)
        if item.run in runs
    ]
    if rows:
        work.session.execute(insert(FingerprintRecord), rows)


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
