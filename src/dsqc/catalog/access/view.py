"""What may be told of one record, and to whom: the one place that decides it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.access.conditions import CONTROLLED
from dsqc.catalog.access.visible import EVERYBODY, READERS, visible_attributes
from dsqc.catalog.events import history
from dsqc.catalog.models import (
    Base,
    DataFileRecord,
    DisclosureRecord,
    ExperimentRecord,
    MetricRecord,
    ProjectRecord,
    RunRecord,
    SampleRecord,
    SubmissionRecord,
)
from dsqc.catalog.resolve import is_secret
from dsqc.catalog.states import REGISTERED
from dsqc.model import Access
from dsqc.model import SubmissionState as State

ACCESS_LEVEL = "access_level"
TITLES = ("title_en", "title_ko")
"""All that is told of a security project (Art. 11(8), DSQC-P016)."""


class Standing(StrEnum):
    """How a record stands towards one audience, the most open first."""

    RELEASED = "released"
    CLOSED = "closed"
    SECURITY = "security"
    HELD = "held"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who asks. Without a name it is the public.

    Attributes:
        name: of the reader.
        rights: accessions of submissions and projects that the reader was given access to.
    """

    name: str = ""
    rights: frozenset[str] = frozenset()

    def may_read(self, *accessions: str | None) -> bool:
        """Whether one of these was opened to this reader."""
        return any(accession in self.rights for accession in accessions if accession)


PUBLIC = Audience()


@dataclass(frozen=True, slots=True)
class PublicView:
    """What may be told of a record.

    Attributes:
        accession: its number; empty for files and metrics, which have none.
        type: project, sample, experiment, run, submission, file or metric.
        attributes: of the form, those that this audience may see; of a security project its titles.
        facts: what was measured or stored: checksums, sizes, counts, values of metrics.
        links: accessions of what it belongs to, by type.
        until: day of its release, of held records where it is known (``YYYY-MM-DD``).
        withdrawn_on, reason: of withdrawn records.
        shows_quality: whether metrics, files and checksums may be told.
        hands_out_data: whether the bytes may be handed to this audience.
    """

    accession: str
    type: str
    standing: Standing
    attributes: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    until: str = ""
    withdrawn_on: str = ""
    reason: str = ""
    shows_quality: bool = False
    hands_out_data: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/catalog_public.schema.json``."""
        return {
            "accession": self.accession,
            "type": self.type,
            "standing": self.standing.value,
            "attributes": dict(self.attributes),
            "facts": dict(self.facts),
            "links": dict(self.links),
            "until": self.until,
            "withdrawn_on": self.withdrawn_on,
            "reason": self.reason,
            "shows_quality": self.shows_quality,
            "hands_out_data": self.hands_out_data,
        }


Describable = (
    SubmissionRecord | ProjectRecord | SampleRecord | ExperimentRecord | RunRecord | DataFileRecord | MetricRecord
)


def public_view(session: Session, record: Describable, audience: Audience = PUBLIC) -> PublicView | None:
    """What may be told of ``record`` to ``audience``; ``None``: not even that it exists.

    * released: everything whose attribute ``visibility`` is public; controlled ones to readers with rights.
    * held, or registered and not yet released: that the number exists, and until when.
    * closed: attributes whose ``visibility`` is public; no files, no metrics. All but the bytes to readers with rights.
    * of a security project: its titles only.
    * withdrawn: number, day and reason, to everybody.

    Attributes whose visibility is ``closed``, and those that the form does not know, are shown to nobody.
    """
    if isinstance(record, ProjectRecord):
        return _project(session, record, audience)
    submissions = _submissions_of(session, record)
    if not submissions:
        return None
    views = [_of_submission(session, record, submission, audience) for submission in submissions]
    told = [view for view in views if view is not None]
    return min(told, key=_openness) if told else None


def view_by_accession(session: Session, accession: str, audience: Audience = PUBLIC) -> PublicView | None:
    """As :func:`public_view`, of what has this number; ``None`` also where nothing has it."""
    for table in (SubmissionRecord, ProjectRecord, SampleRecord, ExperimentRecord, RunRecord):
        record: Any = session.scalars(select(table).where(table.accession == accession)).first()
        if record is not None:
            return public_view(session, record, audience)
    return None


def _openness(view: PublicView) -> int:
    return list(Standing).index(view.standing)


def _submissions_of(session: Session, record: Describable) -> list[SubmissionRecord]:
    """The submission of a record; those whose experiments refer to it where it is a sample of another archive."""
    if isinstance(record, SubmissionRecord):
        return [record]
    if isinstance(record, DataFileRecord | MetricRecord):
        record = session.get_one(RunRecord, record.run_id)
    if isinstance(record, SampleRecord) and record.submission_id is None:
        query = (
            select(SubmissionRecord)
            .join(ExperimentRecord, ExperimentRecord.submission_id == SubmissionRecord.id)
            .where(ExperimentRecord.sample_id == record.id)
            .distinct()
        )
        return list(session.scalars(query))
    if isinstance(record, ProjectRecord) or record.submission_id is None:
        return []
    return [session.get_one(SubmissionRecord, record.submission_id)]


def _project_of(session: Session, submission: SubmissionRecord) -> ProjectRecord | None:
    return None if submission.project_id is None else session.get_one(ProjectRecord, submission.project_id)


def standing_of(session: Session, submission: SubmissionRecord, audience: Audience = PUBLIC) -> Standing | None:
    """How a submission stands towards ``audience``; ``None`` where it has never been registered."""
    if submission.accession is None:
        return None
    if submission.state == State.WITHDRAWN:
        return Standing.WITHDRAWN
    if submission.state not in REGISTERED:
        return None
    if submission.state not in (State.RELEASED, State.CLOSED):
        return Standing.HELD
    project = _project_of(session, submission)
    secret = is_secret(submission.project_attributes) or (project is not None and is_secret(project.attributes))
    if secret and not audience.may_read(submission.accession, project.accession if project else None):
        return Standing.SECURITY
    is_open = submission.state == State.RELEASED and submission.access_level == Access.OPEN.value and not secret
    return Standing.RELEASED if is_open else Standing.CLOSED


def _of_submission(
    session: Session, record: Describable, submission: SubmissionRecord, audience: Audience
) -> PublicView | None:
    standing = standing_of(session, submission, audience)
    if standing is None:
        return None
    kind, accession = _TYPES[type(record)], getattr(record, "accession", "")
    if standing is Standing.WITHDRAWN:
        day, reason = _withdrawal(session, submission)
        return PublicView(accession, kind, standing, withdrawn_on=day, reason=reason)
    project = _project_of(session, submission)
    reader = audience.may_read(submission.accession, project.accession if project else None)
    if standing is Standing.HELD and not reader:
        return PublicView(accession, kind, standing, until=held_until(session, submission))
    if standing is Standing.SECURITY:
        titles = {"project": project.accession} if project else {}
        return PublicView(accession, kind, standing, _titles([submission], project), links=titles)
    quality = reader or standing is Standing.RELEASED
    if isinstance(record, DataFileRecord | MetricRecord) and not quality:
        return PublicView(accession, kind, standing)
    controlled = submission.attributes.get(ACCESS_LEVEL) == CONTROLLED
    return PublicView(
        accession,
        kind,
        standing,
        _shown(record, kind, [submission], READERS if reader else EVERYBODY),
        facts=_facts(record) if quality else {},
        links=_links(session, record, submission, project),
        until=held_until(session, submission) if standing is Standing.HELD else "",
        shows_quality=quality,
        # Held data is handed to nobody before its day, whatever the rights.
        hands_out_data=standing is not Standing.HELD and (reader or (quality and not controlled)),
    )


def _project(session: Session, record: ProjectRecord, audience: Audience) -> PublicView | None:
    """A project stands as the most open of its submissions; a security project shows its titles whatever they are."""
    query = select(SubmissionRecord).where(SubmissionRecord.project_id == record.id).order_by(SubmissionRecord.id)
    submissions = session.scalars(query).all()
    standings = {item.id: standing_of(session, item, audience) for item in submissions}
    known = [standing for standing in standings.values() if standing is not None]
    if not known:
        return None
    standing = Standing.SECURITY if Standing.SECURITY in known else min(known, key=list(Standing).index)
    here = [item for item in submissions if standings[item.id] is standing]
    readers = [item for item in submissions if audience.may_read(record.accession, item.accession)]
    if standing is Standing.WITHDRAWN:
        day, reason = max(_withdrawal(session, item) for item in here)
        return PublicView(record.accession, "project", standing, withdrawn_on=day, reason=reason)
    until = min((day for item in here if (day := held_until(session, item))), default="")
    if standing is Standing.HELD and not readers:
        return PublicView(record.accession, "project", standing, until=until)
    if standing is Standing.SECURITY:
        return PublicView(record.accession, "project", standing, _titles(submissions, record))
    shown = _shown(record, "project", submissions, READERS if readers else EVERYBODY)
    quality = bool(readers) or standing is Standing.RELEASED
    held = until if standing is Standing.HELD else ""
    return PublicView(record.accession, "project", standing, shown, until=held, shows_quality=quality)


def _withdrawal(session: Session, submission: SubmissionRecord) -> tuple[str, str]:
    """Day and reason, as the last event that brought the submission there says them."""
    events = [event for event in history(session, submission) if event.action == State.WITHDRAWN]
    return (events[-1].at[:10], events[-1].reason) if events else ("", "")


def held_until(session: Session, submission: SubmissionRecord) -> str:
    """Day of release of a held submission; empty where none is known, and for closed ones."""
    if submission.state != State.HELD:
        return ""
    disclosure = session.get(DisclosureRecord, submission.id)
    return disclosure.until if disclosure else ""


def _titles(submissions: Sequence[SubmissionRecord], project: ProjectRecord | None) -> dict[str, str]:
    if project is None:
        return {}
    return {name: value for name, value in _values(project).items() if name in TITLES and submissions}


def _shown(
    record: Describable, kind: str, submissions: Sequence[SubmissionRecord], shown: frozenset[Any]
) -> dict[str, str]:
    """Attributes that every form that the record came with lets be seen."""
    if isinstance(record, MetricRecord) or not submissions:
        return {}
    allowed = [
        visible_attributes(item.research_field, item.form_version, item.package, kind, shown) for item in submissions
    ]
    names = frozenset.intersection(*allowed)
    values = _values(record)
    if isinstance(record, SubmissionRecord) and values.get(ACCESS_LEVEL) not in (None, CONTROLLED):
        # Data that was closed may have been released since, and the other way round.
        values[ACCESS_LEVEL] = record.access_level
    return {name: value for name, value in values.items() if name in names}


def _values(record: Any) -> dict[str, str]:
    return {name: str(value) for name, value in record.attributes.items() if value}


def _facts(record: Describable) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FACTS.get(type(record), ())}


_FACTS: dict[type[Base], tuple[str, ...]] = {
    DataFileRecord: ("format", "container", "md5", "sha256", "size_bytes", "read_count", "base_count"),
    MetricRecord: ("metric", "value", "text"),
}
_TYPES: dict[type[Base], str] = {
    SubmissionRecord: "submission",
    ProjectRecord: "project",
    SampleRecord: "sample",
    ExperimentRecord: "experiment",
    RunRecord: "run",
    DataFileRecord: "file",
    MetricRecord: "metric",
}
"""Type of a record; of all but metrics also the sheet that describes it."""


def _links(
    session: Session, record: Describable, submission: SubmissionRecord, project: ProjectRecord | None
) -> dict[str, str]:
    found: dict[str, str] = {}
    if isinstance(record, DataFileRecord | MetricRecord):
        record = session.get_one(RunRecord, record.run_id)
        found["run"] = record.accession
    if isinstance(record, RunRecord):
        record = session.get_one(ExperimentRecord, record.experiment_id)
        found["experiment"] = record.accession
    if isinstance(record, ExperimentRecord):
        sample = session.get_one(SampleRecord, record.sample_id)
        found["sample"] = sample.accession
    if project is not None:
        found["project"] = project.accession
    if not isinstance(record, SubmissionRecord):
        found["submission"] = submission.accession or ""
    return found
