"""The same decisions as :mod:`dsqc.catalog.access.view`, as conditions of a query over ``submission``.

They speak of the state that the catalog holds, never of a date: a held submission is public when the release job has
made it so, and not a second before.
"""

from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from dsqc.catalog.models import ProjectRecord, SubmissionRecord
from dsqc.catalog.resolve import SECURITY_CLASS, security_term
from dsqc.catalog.states import REGISTERED
from dsqc.model import Access
from dsqc.model import SubmissionState as State

CONTROLLED = "controlled"
"""Access level of the forms that the catalog keeps as open: metadata for everybody, bytes for readers with rights."""


def is_listed() -> ColumnElement[bool]:
    """The number may be told: the submission is registered, or was and is withdrawn."""
    states = [*sorted(state.value for state in REGISTERED), State.WITHDRAWN.value]
    return and_(SubmissionRecord.accession.is_not(None), SubmissionRecord.state.in_(states))


def is_described() -> ColumnElement[bool]:
    """Attributes whose ``visibility`` is public may be told: released, or closed and no security project.

    Of a closed submission no more than that: neither files, checksums and sizes nor metrics.
    """
    states = (State.RELEASED.value, State.CLOSED.value)
    shown = and_(SubmissionRecord.accession.is_not(None), SubmissionRecord.state.in_(states))
    return and_(shown, not_(is_secret_project()))


def is_titled() -> ColumnElement[bool]:
    """Of a security project: the titles may be told, and nothing else."""
    states = (State.RELEASED.value, State.CLOSED.value)
    shown = and_(SubmissionRecord.accession.is_not(None), SubmissionRecord.state.in_(states))
    return and_(shown, is_secret_project())


def is_public() -> ColumnElement[bool]:
    """Everything but attributes that are not public may be told: metadata, files, checksums and metrics."""
    return and_(
        SubmissionRecord.accession.is_not(None),
        SubmissionRecord.state == State.RELEASED.value,
        SubmissionRecord.access_level == Access.OPEN.value,
        not_(is_secret_project()),
    )


def has_public_data() -> ColumnElement[bool]:
    """The bytes may be handed to anybody: public, and not ``controlled`` by what the form says."""
    said = func.coalesce(SubmissionRecord.attributes["access_level"].as_string(), "")
    return and_(is_public(), said != CONTROLLED)


def is_secret_project() -> ColumnElement[bool]:
    """Whether the submission is of a security project, by the project's record or by its own words about it."""
    of_project = select(ProjectRecord.id).where(_is_secret(ProjectRecord.attributes))
    own = _is_secret(SubmissionRecord.project_attributes)
    return or_(own, func.coalesce(SubmissionRecord.project_id, 0).in_(of_project))


def _is_secret(attributes: ColumnElement[object] | object) -> ColumnElement[bool]:
    value = attributes[SECURITY_CLASS].as_string()  # type: ignore[index]
    return func.coalesce(value, "") == security_term()
