"""What waits for a curator."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc.catalog.curation.queue import waiting
from dsqc.catalog.events import now
from dsqc.catalog.models import SubmissionRecord
from dsqc.forms.fields import load_fields
from dsqc.web.answers import page
from dsqc.web.visit import Visit


def show(visit: Visit) -> Response:
    """The queue, in the catalog's order."""
    with visit.site.catalog.reading() as session:
        rows = queue_rows(session)
    return page(visit, "queue.html", rows=rows, fields=field_names())


def queue_rows(session: Session) -> list[dict[str, Any]]:
    """What waits, in the order in which it should be looked at, each with its row's ``id``."""
    rows = waiting(session, now())
    query = select(SubmissionRecord.submitter, SubmissionRecord.alias, SubmissionRecord.id).where(
        SubmissionRecord.alias.in_({row["submission"] for row in rows})
    )
    ids = {(submitter, alias): number for submitter, alias, number in session.execute(query)}
    return [{**row, "id": ids[row["submitter"], row["submission"]]} for row in rows]


def field_names() -> dict[str, Any]:
    """Names of the research fields by their ids."""
    return {field.id: field.name for field in load_fields().values()}
