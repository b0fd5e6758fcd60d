"""What of a submission a reader may find; the rest is for the station's own people (``--all``).

The same decisions as :mod:`dsqc.catalog.access.conditions`; whether a project is secret stands in the index, so that no
query reads the attributes of every submission.
"""

from sqlalchemy import ColumnElement, and_, not_, or_

from dsqc.catalog.models import RunSearchRecord, SubmissionRecord
from dsqc.model import Access
from dsqc.model import SubmissionState as State

_OUT = (State.RELEASED.value,)


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
