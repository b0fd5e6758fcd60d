"""The catalog: search, and one record by its number. Without a log-in only what is public."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc.catalog.search import Query, count
from dsqc.catalog.search import search as search_runs
from dsqc.errors import UsageError
from dsqc.web.answers import Problem, page
from dsqc.web.queue import field_names
from dsqc.web.records import guarded_rows, show_record
from dsqc.web.submission import page_number
from dsqc.web.visit import Visit

ROWS = 50
"""Runs on a page."""
FIELDS = ("text", "organism", "research_field", "platform", "strategy", "checksum", "metric")
LONGEST_VALUE = 300


def search(visit: Visit) -> Response:
    """Runs that meet every condition given."""
    asked = {name: visit.query.get(name, "").strip()[:LONGEST_VALUE] for name in FIELDS}
    number = page_number(visit)
    status, problem, total = 200, "", 0
    rows: list[dict[str, Any]] = []
    try:
        with visit.site.catalog.reading() as session:
            total, rows = find_runs(session, asked, sees_all=visit.is_staff, offset=(number - 1) * ROWS)
    except UsageError as error:
        status, problem = 400, str(error)
    pages = {"number": number, "more": number * ROWS < total, "total": total}
    values = {"asked": asked, "rows": rows, "pages": pages, "problem": problem, "fields": field_names()}
    return page(visit, "catalog.html", status=status, **values)


def find_runs(
    session: Session, asked: dict[str, str], *, sees_all: bool, offset: int = 0, limit: int = ROWS
) -> tuple[int, list[dict[str, Any]]]:
    """How many runs meet the conditions, and one page of them; public ones only, where the asker does not see all.

    Raises:
        UsageError: a condition cannot be read.
    """
    values = {name: value.replace("\0", "") for name, value in asked.items()}
    metric = values.pop("metric")
    query = Query(
        **values,
        metrics=(metric,) if metric else (),
        # A page that anybody may open lists no closed run, not even by its public attributes.
        access="" if sees_all else "open",
        everything=sees_all,
        limit=limit,
        page=offset // limit + 1,
    )
    rows = search_runs(session, query)
    return count(session, query), rows if sees_all else guarded_rows(session, rows)


def show(visit: Visit) -> Response:
    """One record by its number."""
    submitter = visit.visitor.account.submitter if visit.visitor else ""
    name = visit.path_values["accession"].replace("\0", "")
    with visit.site.catalog.reading() as session:
        shown = show_record(session, name, sees_all=visit.is_staff, submitter=submitter)
    if shown is None:
        raise Problem(404)
    return page(visit, "record.html", record=shown)
