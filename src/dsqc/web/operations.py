"""For whoever keeps the station running: is it alive, how much waits; and the files that pages link to."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hmac import compare_digest

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc.catalog.accounts import Role
from dsqc.catalog.events import now, timestamp
from dsqc.catalog.models import LogInFailureRecord, SubmissionRecord, WebSessionRecord
from dsqc.model import SubmissionState
from dsqc.version import __version__
from dsqc.web.answers import Problem, static_content
from dsqc.web.queue import queue_rows
from dsqc.web.visit import Visit


def health(visit: Visit) -> Response:
    """``ok`` where the catalog answers; a fault of its becomes 503 or 500."""
    with visit.site.catalog.reading() as session:
        session.execute(text("SELECT 1"))
    return Response("ok\n", media_type="text/plain")


def metrics(visit: Visit) -> Response:
    """Figures for Prometheus (text format 0.0.4). They count closed submissions too, so not everybody reads them."""
    _check_reader(visit)
    with visit.site.catalog.reading() as session:
        lines = [*_figures(session, visit)]
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4; charset=utf-8")


def _check_reader(visit: Visit) -> None:
    if visit.role is Role.OPERATOR:
        return
    variable = visit.site.station.web.metrics_token_env
    token = os.environ.get(variable, "") if variable else ""
    given = visit.headers.get("authorization", "").removeprefix("Bearer ")
    if not token or not compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8")):
        raise Problem(401 if visit.visitor is None else 403)


def _figures(session: Session, visit: Visit) -> Iterator[str]:
    rows = queue_rows(session)
    states = dict(
        session.execute(select(SubmissionRecord.state, func.count()).group_by(SubmissionRecord.state)).tuples().all()
    )
    since = timestamp(now() - visit.site.lifetime.idle)
    sessions = session.scalar(
        select(func.count()).select_from(WebSessionRecord).where(WebSessionRecord.seen_at >= since)
    )
    failures = session.scalar(select(func.count()).select_from(LogInFailureRecord))
    yield from _metric("dsqc_info", "Version of dsqc.", [(f'version="{__version__}"', 1)])
    yield from _metric("dsqc_queue_length", "Submissions that wait for a curator.", [("", len(rows))])
    oldest = max((_age_s(row["since"]) for row in rows), default=0.0)
    yield from _metric("dsqc_queue_oldest_seconds", "How long the longest of them has waited.", [("", oldest)])
    counted = [(f'state="{state.value}"', states.get(state.value, 0)) for state in SubmissionState]
    yield from _metric("dsqc_submissions", "Submissions by state.", counted)
    yield from _metric("dsqc_web_sessions", "Sessions that are alive.", [("", sessions or 0)])
    yield from _metric("dsqc_log_in_failures", "Log-ins that failed lately.", [("", failures or 0)])


def _metric(name: str, text_: str, values: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {text_}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        yield f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}"


def _age_s(since: str) -> float:
    moment = datetime.strptime(since, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return max(0.0, round((now() - moment).total_seconds()))


def static(visit: Visit) -> Response:
    """A file that pages link to; their names stand in a table, no path is made of what was asked."""
    found = static_content(visit.path_values["name"])
    if found is None:
        raise Problem(404)
    content, kind = found
    return Response(content, media_type=kind, headers={"cache-control": "public, max-age=3600"})
