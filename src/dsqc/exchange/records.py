"""Public records: every project, sample, experiment and run that may leave, as plain data, and its digest.

The same catalog gives the same records in the same order.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload

from dsqc.catalog.access import is_public
from dsqc.catalog.models import (
    ExperimentRecord,
    ForeignAccessionRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.errors import UsageError
from dsqc.exchange.public import shown_attributes

ORGANISATION = (
    "submitter_organization_en",
    "submitter_organization_ko",
    "submitter_department_en",
    "submitter_country",
)
"""What is told of who submitted: no person."""
CHUNK = 50
"""Submissions read at once; each may have thousands of samples."""
KINDS = ("project", "sample", "experiment", "run")
SAME_AS = "same_as"
"""Relation to another number of the same object."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """What may be told of one object.

    Attributes:
        kind: one of :data:`KINDS`.
        minted: whether the number is ours; one of another archive is no record of ours to share.
        attributes: of the form, the public ones, by dsqc's names.
        relations: (type, number): what it belongs to (``project``, ``sample``, ``experiment``), and ``same_as``.
        submission: what the submission says of all its objects: data centre, form, package, who submitted.
        submission_accession: its number; empty for a project, which other submissions may belong to.
        files: of a run: name, format, size and digests.
        names: what other records of the submission call it: alias, sample name, library id.
    """

    kind: str
    accession: str
    title: str
    minted: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    relations: tuple[tuple[str, str], ...] = ()
    submission: Mapping[str, str] = field(default_factory=dict)
    submission_accession: str = ""
    files: tuple[Mapping[str, Any], ...] = ()
    name: str = ""
    taxonomy_id: int | None = None

    def related(self, kind: str) -> str:
        """The number that it is related to by ``kind``; empty where there is none."""
        return next((target for name, target in self.relations if name == kind), "")

    def document(self) -> Document:
        """The whole public record as plain data."""
        return {
            **self.minimal(),
            "attributes": dict(self.attributes),
            "submission": dict(self.submission),
            "files": [dict(item) for item in self.files],
        }

    def minimal(self) -> Document:
        """The number and what is needed to know what it is."""
        return {
            "accession": self.accession,
            "kind": self.kind,
            "title": self.title,
            "organism": self.attributes.get("organism", ""),
            "taxonomy_id": self.taxonomy_id,
            "relations": [{"type": kind, "target": target} for kind, target in self.relations],
        }


def canonical(document: Any) -> str:
    """``document`` as the one JSON text that its digest covers: sorted keys, no blanks."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(document: Document) -> str:
    """SHA-256 of a record's canonical JSON."""
    return hashlib.sha256(canonical(document).encode("utf-8")).hexdigest()


def public_records(session: Session, submissions: Collection[int] | None = None) -> Iterator[PublicRecord]:
    """Every public record, by submission: its project where no earlier submission gave it, samples, experiments, runs.

    Args:
        submissions: row ids; ``None`` for all public submissions. Those that are not public are left out.
    """
    ids = select(SubmissionRecord.id).where(is_public()).order_by(SubmissionRecord.id)
    found = [item for item in session.scalars(ids) if submissions is None or item in submissions]
    told: set[int] = set()
    for start in range(0, len(found), CHUNK):
        yield from _Part(session, found[start : start + CHUNK]).records(told)
        session.expunge_all()  # a catalog is larger than memory


def public_parts(session: Session, accessions: Sequence[str]) -> list[PublicRecord]:
    """The records of ``accessions`` with everything that they belong to and that belongs to them.

    Args:
        accessions: of submissions, projects, samples, experiments and runs.

    Raises:
        UsageError: one is not public, or is no number of this station: nobody is told which.
    """
    owners = _owners(session, accessions)
    records = list(public_records(session, owners))
    # Experiments may be of samples that earlier submissions described.
    others = _owners_of_samples(session, {item.related("sample") for item in records}) - owners
    records += public_records(session, others)
    parts: dict[str, set[str]] = defaultdict(set)
    for item in records:
        parts[item.accession].add(item.accession)
        parts[item.submission_accession].add(item.accession)
    missing = [accession for accession in accessions if not accession or accession not in parts]
    if missing:
        raise UsageError(
            f"{', '.join(missing[:5])}: no public record has this number.",
            hint="`dsqc catalog search` lists what is registered; only what is released leaves the station.",
        )
    wanted = set().union(*(parts[accession] for accession in accessions))
    return _closure(_each_once(records), wanted)


def _each_once(records: Sequence[PublicRecord]) -> list[PublicRecord]:
    return list({record.accession: record for record in reversed(records)}.values())[::-1]


def _closure(records: Sequence[PublicRecord], wanted: set[str]) -> list[PublicRecord]:
    """``wanted``, what belongs to them, and then what all of these belong to."""
    found = set(wanted)
    for record in sorted(records, key=lambda item: KINDS.index(item.kind)):
        parents = [target for kind, target in record.relations if kind != SAME_AS]
        if any(parent in found for parent in parents):
            found.add(record.accession)
    for record in sorted(records, key=lambda item: -KINDS.index(item.kind)):
        if record.accession in found:
            found.update(target for kind, target in record.relations if kind != SAME_AS)
    return [record for record in records if record.accession in found]


def _owners(session: Session, accessions: Sequence[str]) -> set[int]:
    """Row ids of the submissions that the numbers belong to."""
    found: set[int] = set()
    for start in range(0, len(accessions), CHUNK):
        part = accessions[start : start + CHUNK]
        found.update(session.scalars(select(SubmissionRecord.id).where(SubmissionRecord.accession.in_(part))))
        projects = select(ProjectRecord.id).where(ProjectRecord.accession.in_(part))
        found.update(session.scalars(select(SubmissionRecord.id).where(SubmissionRecord.project_id.in_(projects))))
        for table in (SampleRecord, ExperimentRecord, RunRecord):
            owners = select(table.submission_id).where(table.accession.in_(part))
            found.update(item for item in session.scalars(owners) if item is not None)
        samples = select(SampleRecord.id).where(SampleRecord.accession.in_(part))
        users = select(ExperimentRecord.submission_id).where(ExperimentRecord.sample_id.in_(samples))
        found.update(session.scalars(users))
    return found


def _owners_of_samples(session: Session, accessions: set[str]) -> set[int]:
    found: set[int] = set()
    numbers = sorted(accessions - {""})
    for start in range(0, len(numbers), CHUNK):
        owners = select(SampleRecord.submission_id).where(SampleRecord.accession.in_(numbers[start : start + CHUNK]))
        found.update(item for item in session.scalars(owners) if item is not None)
    return found


class _Part:
    """Some submissions with everything that belongs to them."""

    def __init__(self, session: Session, ids: Sequence[int]) -> None:
        self._session = session
        self._submissions = list(session.scalars(_by(SubmissionRecord, SubmissionRecord.id.in_(ids))))
        self._projects = {
            item.id: item
            for item in session.scalars(
                _by(ProjectRecord, ProjectRecord.id.in_([item.project_id for item in self._submissions]))
            )
        }
        self._experiments = _grouped(session.scalars(_by(ExperimentRecord, ExperimentRecord.submission_id.in_(ids))))
        used = select(ExperimentRecord.sample_id).where(ExperimentRecord.submission_id.in_(ids))
        samples = list(
            session.scalars(_by(SampleRecord, or_(SampleRecord.submission_id.in_(ids), SampleRecord.id.in_(used))))
        )
        self._by_id = {item.id: item for item in samples}
        self._samples = _grouped(item for item in samples if item.submission_id is not None)
        files = selectinload(RunRecord.files)
        self._runs = _grouped(session.scalars(_by(RunRecord, RunRecord.submission_id.in_(ids)).options(files)))
        self._foreign = self._foreign_numbers()

    def _foreign_numbers(self) -> dict[str, list[str]]:
        everything = [*self._projects.values(), *self._by_id.values()]
        numbers = [item.accession for item in everything]
        for groups in (self._experiments, self._runs):
            numbers += [item.accession for group in groups.values() for item in group]
        found: dict[str, list[str]] = defaultdict(list)
        table = ForeignAccessionRecord
        for start in range(0, len(numbers), 500):
            part = numbers[start : start + 500]
            query = select(table.accession, table.foreign_accession).where(table.accession.in_(part))
            for own, other in self._session.execute(query.order_by(table.foreign_accession)):
                found[own].append(other)
        return found

    def records(self, told: set[int]) -> Iterator[PublicRecord]:
        for submission in self._submissions:
            said = {
                "data_centre": submission.data_centre,
                "research_field": submission.research_field,
                "form_version": submission.form_version,
                "release_date": submission.release_date,
                "package": submission.package,
            }
            shown = _shown(submission, "submission", submission.attributes)
            said |= {name: shown[name] for name in ORGANISATION if name in shown}
            project = self._projects.get(submission.project_id or 0)
            if project is not None and project.id not in told:
                told.add(project.id)
                yield self._project(submission, project, said)
            number = project.accession if project else ""
            for sample in self._samples.get(submission.id, ()):
                yield self._sample(submission, sample, said, number)
            experiments = {item.id: item for item in self._experiments.get(submission.id, ())}
            for experiment in experiments.values():
                yield self._experiment(submission, experiment, said, number)
            for run in self._runs.get(submission.id, ()):
                yield self._run(submission, run, said, experiments[run.experiment_id])

    def _project(self, submission: SubmissionRecord, item: ProjectRecord, said: dict[str, str]) -> PublicRecord:
        return PublicRecord(
            kind="project",
            accession=item.accession,
            minted=item.minted,
            title=item.title_en or item.title_ko,
            attributes=_shown(submission, "project", item.attributes),
            relations=self._relations(item.accession),
            submission=said,
            name=item.alias,
        )

    def _sample(
        self, submission: SubmissionRecord, item: SampleRecord, said: dict[str, str], project: str
    ) -> PublicRecord:
        return PublicRecord(
            kind="sample",
            accession=item.accession,
            minted=item.minted,
            title=item.title or item.name,
            attributes=_shown(submission, "sample", item.attributes),
            relations=self._relations(item.accession, project=project),
            submission=said,
            submission_accession=submission.accession or "",
            name=item.name,
            taxonomy_id=item.taxonomy_id,
        )

    def _experiment(
        self, submission: SubmissionRecord, item: ExperimentRecord, said: dict[str, str], project: str
    ) -> PublicRecord:
        sample = self._by_id[item.sample_id].accession
        return PublicRecord(
            kind="experiment",
            accession=item.accession,
            title=item.title,
            attributes=_shown(submission, "experiment", item.attributes),
            relations=self._relations(item.accession, project=project, sample=sample),
            submission=said,
            submission_accession=submission.accession or "",
            name=item.library_id,
        )

    def _run(
        self, submission: SubmissionRecord, item: RunRecord, said: dict[str, str], experiment: ExperimentRecord
    ) -> PublicRecord:
        columns = ("name", "read_role", "format", "md5", "sha256", "size_bytes", "read_count", "base_count")
        return PublicRecord(
            kind="run",
            accession=item.accession,
            title=item.alias,
            attributes=_shown(submission, "run", item.attributes),
            relations=self._relations(item.accession, experiment=experiment.accession),
            submission=said,
            submission_accession=submission.accession or "",
            files=tuple({name: getattr(file, name) for name in columns} for file in item.files),
            name=item.alias,
        )

    def _relations(self, accession: str, **parents: str) -> tuple[tuple[str, str], ...]:
        others = [(SAME_AS, number) for number in self._foreign.get(accession, ())]
        return (*((kind, number) for kind, number in parents.items() if number), *others)


def _by(table: Any, condition: Any) -> Select[Any]:
    return select(table).where(condition).order_by(table.id)


def _grouped(items: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for item in items:
        found[item.submission_id].append(item)
    return found


def _shown(submission: SubmissionRecord, sheet: str, attributes: Mapping[str, Any]) -> dict[str, str]:
    names = shown_attributes(submission.research_field, submission.form_version, submission.package, sheet)
    return {name: str(value) for name, value in sorted(attributes.items()) if value and name in names}
