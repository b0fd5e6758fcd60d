"""What a submission that comes again would change of what is registered under its name, and what it may not change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from dsqc.catalog.intake import Intake, Refusal, attributes_of, clean
from dsqc.catalog.models import DataFileRecord, ExperimentRecord, ProjectRecord, RunRecord, SampleRecord
from dsqc.catalog.models import SubmissionRecord as Submission
from dsqc.catalog.resolve import SECURITY_CLASS, Resolved, resolve
from dsqc.catalog.versions import refusals as told
from dsqc.catalog.versions.contents import TYPES, Versioned, present_version
from dsqc.catalog.versions.freezing import certified_at
from dsqc.model import Row, Run
from dsqc.station import Prefixes

FIXED = ("access_level", "release_date")
"""Attributes of the submission that change by a procedure of their own only (closing, holding, releasing)."""
FIXED_OF_PROJECT = ("project_type", "data_type", SECURITY_CLASS)
"""Attributes of a project on which rests what its submissions may hold."""

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs of one object.

    Attributes:
        record: the object as it is registered.
        kind: project, sample, experiment, run or submission.
        name: the submitter's name for it.
        values: its attributes from now on.
        attributes: names of those that differ; of a file as ``<file name>:<attribute>``.
        files: names of the files of a run that came, went or have other bytes.
    """

    record: Versioned
    kind: str
    name: str
    values: Values
    attributes: tuple[str, ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """Everything that differs.

    Attributes:
        version: the number that the corrected submission gets.
        changes: by object, in the order of the sheets. The submission itself is not among them: it always changes.
        resolved: what the submission refers to outside itself.
        files: data files whose bytes are to be stored: the submission had none of them yet.
        refusals: why it is not taken.
    """

    version: int
    changes: tuple[Change, ...] = ()
    resolved: Resolved = field(default_factory=Resolved)
    files: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def replaced_runs(self) -> tuple[Change, ...]:
        """Runs whose files are replaced."""
        return tuple(change for change in self.changes if change.files)

    def to_list(self) -> list[dict[str, Any]]:
        """For events and receipts: which objects, which of their attributes and files; no values."""
        return [
            {
                "accession": change.record.accession,
                "type": change.kind,
                "name": change.name,
                "attributes": list(change.attributes),
                "files": list(change.files),
            }
            for change in self.changes
        ]


def plan_correction(
    session: Session, record: Submission, intake: Intake, prefixes: Prefixes, *, replace_files: bool = False
) -> Correction:
    """Compare ``intake`` with what is registered as ``record``. Nothing is written.

    Args:
        replace_files: whether other files of a run are meant to replace the registered ones.
    """
    number = present_version(session, record.accession or "")
    since = certified_at(session, record.id)
    if since:
        return Correction(number, refusals=(told.certified(record.alias, record.accession or "", since),))
    resolved = resolve(session, intake, prefixes, own=record)
    work = _Comparison(session, record, intake, resolved, list(resolved.refusals))
    work.submission()
    work.project()
    work.samples()
    work.experiments()
    files = work.runs(replace_files=replace_files)
    return Correction(number + 1, tuple(work.changes), resolved, files, tuple(work.refusals))


@dataclass(slots=True)
class _Comparison:
    session: Session
    record: Submission
    intake: Intake
    resolved: Resolved
    refusals: list[Refusal]
    changes: list[Change] = field(default_factory=list)

    def submission(self) -> None:
        """What a correction cannot change of the submission itself."""
        rows = self.intake.submission.rows("submission")
        present = _values(rows[0] if rows else None)
        for name in FIXED:
            before, now = self.record.attributes.get(name, ""), present.get(name, "")
            if before != now:
                self.refusals.append(told.fixed_value("submission", self.record.alias, name, before, now))

    def project(self) -> None:
        """The project where this submission's own words about it changed, as far as those stand in it."""
        known, named = self.record.project, self.resolved.project
        if known is None or named is None:
            return
        if named.record is not known:
            other = named.record.accession if named.record else named.reference
            self.refusals.append(told.other_project(self.record.alias, known.accession, other))
            return
        rows = self.intake.submission.rows("project")
        before, after = self.record.project_attributes, _values(rows[0] if rows else None)
        changed = [name for name in _differing(before, after) if known.attributes.get(name) == before.get(name)]
        if not changed or not known.minted or known.submitter != self.record.submitter:
            return
        for name in FIXED_OF_PROJECT:
            if name in changed:
                shown = before.get(name, ""), after.get(name, "")
                self.refusals.append(told.fixed_value("project", known.alias, name, *shown))
        if others := self._certified_in(known):
            self.refusals.append(told.certified(*others))
        values = {**known.attributes, **{name: after.get(name, "") for name in changed}}
        self._add(known, known.alias, {key: value for key, value in values.items() if value}, attributes=changed)

    def _certified_in(self, project: ProjectRecord) -> tuple[str, str, str] | None:
        query = select(Submission).where(Submission.project_id == project.id, Submission.id != self.record.id)
        for other in self.session.scalars(query.order_by(Submission.id)):
            if since := certified_at(self.session, other.id):
                return other.alias, other.accession or "", since
        return None

    def samples(self) -> None:
        """Samples by their names, whatever the case."""
        known = {item.name_key: item for item in self.record.samples}
        rows = self._matched("sample", known, "sample_name", str.casefold, lambda item: item.name)
        for key, row in rows.items():
            values = _values(row)
            self._add(known[key], values["sample_name"], values, attributes=_differing(known[key].attributes, values))

    def experiments(self) -> None:
        """Experiments by their library ids; one may be corrected to be of another sample."""
        query = select(ExperimentRecord).where(ExperimentRecord.submission_id == self.record.id)
        found = self.session.scalars(query.options(selectinload(ExperimentRecord.sample)).order_by(ExperimentRecord.id))
        known = {item.library_id: item for item in found}
        rows = self._matched("experiment", known, "library_id", str, lambda item: item.library_id)
        for key, row in rows.items():
            values = _values(row)
            self._add(known[key], key, values, attributes=_differing(known[key].attributes, values))

    def runs(self, *, replace_files: bool) -> tuple[str, ...]:
        """Runs by their aliases; the names of files whose bytes the submission had not."""
        query = select(RunRecord).where(RunRecord.submission_id == self.record.id).order_by(RunRecord.id)
        files = query.options(selectinload(RunRecord.files), selectinload(RunRecord.experiment))
        known = {item.alias: item for item in self.session.scalars(files)}
        sheet = {row.number: row for row in self.intake.submission.rows("file")}
        had = {item.sha256 for run in known.values() for item in run.files}
        rows = self._matched("run", known, "run_alias", str, lambda item: item.alias)
        by_alias = {clean(run.alias): run for run in self.intake.submission.runs()}
        new: list[str] = []
        for alias, row in rows.items():
            values, run = _values(row), by_alias[alias]
            differing = list(_differing(known[alias].attributes, values))
            other, said = self._files(known[alias], run, sheet)
            if other and not replace_files:
                self.refusals.append(told.other_files(alias, known[alias].accession, other))
            self._add(known[alias], alias, values, attributes=[*differing, *said], files=other)
            new += [item.name for item in run.files if item.name in other and self._sha256(item.name) not in had]
        return tuple(new)

    def _files(self, record: RunRecord, run: Run, sheet: Mapping[int, Row]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the files that came, went or have other bytes; and what is said otherwise of the others."""
        known: dict[str, DataFileRecord] = {item.name: item for item in record.files}
        present = {clean(item.name): item for item in run.files}
        other = [name for name, item in known.items() if name not in present or self._sha256(name) != item.sha256]
        other += [name for name in present if name not in known]
        said = [
            f"{name}:{attribute}"
            for name, item in present.items()
            if name not in other
            for attribute in _differing(known[name].attributes, _values(sheet[item.row]))
        ]
        return tuple(other), tuple(said)

    def _sha256(self, name: str) -> str:
        item = self.intake.files.get(name)
        return item.sha256 if item else ""

    def _matched(
        self,
        kind: str,
        known: Mapping[str, SampleRecord] | Mapping[str, ExperimentRecord] | Mapping[str, RunRecord],
        attribute: str,
        fold: Callable[[str], str],
        name_of: Callable[[Any], str],
    ) -> dict[str, Row]:
        """Rows of a sheet by the key of the object that each describes; other objects than those known are refused."""
        rows = {fold(clean(row.get(attribute))): row for row in self.intake.submission.rows(kind)}
        added = [clean(row.get(attribute)) for key, row in rows.items() if key not in known]
        removed = [name_of(item) for key, item in known.items() if key not in rows]
        if added or removed:
            self.refusals.append(told.other_objects(kind, added, removed, self.record.accession or ""))
        return {key: row for key, row in rows.items() if key in known}

    def _add(
        self,
        record: Versioned,
        name: str,
        values: Values,
        *,
        attributes: Iterable[str],
        files: Sequence[str] = (),
    ) -> None:
        differing = tuple(attributes)
        if differing or files:
            self.changes.append(Change(record, TYPES[type(record)], name, values, differing, tuple(files)))


def _values(row: Row | None) -> Values:
    return attributes_of({name: cell.value for name, cell in row.cells.items()}) if row else {}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of attributes that differ; one that is empty or missing is the same as none."""
    return sorted(name for name in {*before, *after} if (before.get(name) or "") != (after.get(name) or ""))
