"""What of a submission a reader may find; the rest is for the station's own people (``--all``)."""

import functools

from sqlalchemy import ColumnElement, and_, not_, or_

from dsqc.catalog.models import RunSearchRecord, SubmissionRecord
from dsqc.errors import UsageError
from dsqc.forms import Visibility, compose
from dsqc.model import Access
from dsqc.model import SubmissionState as State

_OUT = (State.REGISTERED.value, State.RELEASED.value)


def is_public() -> ColumnElement[bool]:
    """Everything that the form calls public may be told, and files, checksums and metrics too.

    Asked of the submission as it stands now and not of the index: what is withdrawn, held or closed is so at once.
    """
    return and_(
        SubmissionRecord.accession.is_not(None),
        SubmissionRecord.state.in_(_OUT),
        SubmissionRecord.access_level == Access.OPEN.value,
        not_(RunSearchRecord.is_secret),
    )


def is_described() -> ColumnElement[bool]:
    """Attributes that the form calls public may be told: public, or closed and of no security project.

    Of a closed submission no more than that: neither files, checksums and sizes nor metrics.
    """
    is_closed = and_(
        SubmissionRecord.access_level == Access.CLOSED.value,
        SubmissionRecord.state.in_([*_OUT, State.CLOSED.value]),
    )
    is_open = and_(SubmissionRecord.access_level == Access.OPEN.value, SubmissionRecord.state.in_(_OUT))
    return and_(SubmissionRecord.accession.is_not(None), or_(is_open, is_closed), not_(RunSearchRecord.is_secret))


@functools.lru_cache(maxsize=512)
def visible_attributes(form: str, version: str, package: str, sheet: str) -> frozenset[str]:
    """Names of the attributes of a sheet whose values anybody may see.

    What the form does not know is not among them, and a form that this version of dsqc cannot compose shows nothing.
    """
    try:
        columns = compose(form, package, version or None).columns(sheet)
    except UsageError:
        return frozenset()
    return frozenset(name for name, item in columns.items() if item.visibility is Visibility.PUBLIC)
