"""What may leave the station: which submissions are public, and which attributes of a form may be shown."""

import functools

from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from dsqc.catalog.models import ProjectRecord, SubmissionRecord
from dsqc.catalog.resolve import SECURITY_CLASS, security_term
from dsqc.errors import UsageError
from dsqc.forms import People, Visibility, compose
from dsqc.model import Access
from dsqc.model import SubmissionState as State


def is_public() -> ColumnElement[bool]:
    """Everything but attributes that are not public may be told: released, open, and no security project."""
    return and_(
        SubmissionRecord.accession.is_not(None),
        SubmissionRecord.state == State.RELEASED.value,
        SubmissionRecord.access_level == Access.OPEN.value,
        not_(_is_secret_project()),
    )


def _is_secret_project() -> ColumnElement[bool]:
    """Whether the submission is of a security project, by the project's record or by its own words about it."""
    of_project = select(ProjectRecord.id).where(_is_secret(ProjectRecord.attributes))
    own = _is_secret(SubmissionRecord.project_attributes)
    return or_(own, func.coalesce(SubmissionRecord.project_id, 0).in_(of_project))


def _is_secret(attributes: ColumnElement[object] | object) -> ColumnElement[bool]:
    value = attributes[SECURITY_CLASS].as_string()  # type: ignore[index]
    return func.coalesce(value, "") == security_term()


@functools.lru_cache(maxsize=512)
def shown_attributes(form: str, version: str, package: str, sheet: str) -> frozenset[str]:
    """Names of the attributes of a sheet that may leave: public ones, and none that names who answers for the data.

    What the form does not know is not among them, and a form that cannot be composed shows nothing.
    """
    try:
        columns = compose(form, package, version or None).columns(sheet)
    except UsageError:
        return frozenset()
    return frozenset(
        name
        for name, attribute in columns.items()
        if attribute.visibility is Visibility.PUBLIC and People.CONTACT not in attribute.people
    )
