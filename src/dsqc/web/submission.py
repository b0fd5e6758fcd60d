"""Submissions: the list, one of them with what a curator judges by, the plots, and the decision."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from dsqc.artefact import read_json
from dsqc.catalog.accounts import Role
from dsqc.catalog.curating import Decision, Ruling
from dsqc.catalog.curation.reasons import Reason, kind_of, kinds
from dsqc.catalog.events import history
from dsqc.catalog.models import (
    CurationCaseRecord,
    CurationOpinionRecord,
    CurationReasonRecord,
    DecisionRecord,
    FindingRecord,
    SubmissionRecord,
)
from dsqc.errors import SystemFault, TransientFault, UsageError
from dsqc.language import Language
from dsqc.model import SubmissionState
from dsqc.stages import curate
from dsqc.web.answers import Problem, page, redirect
from dsqc.web.audit import note, note_refusal
from dsqc.web.judged import PROFILE, Judged, column_page, read_judged, report_answer, run_page
from dsqc.web.queue import field_names
from dsqc.web.records import run_rows
from dsqc.web.visit import Visit

ROWS = 50
"""Submissions on a page of the list."""
LONGEST_REASON = 4000
REASON_ROWS = 6
"""Reasons of the list that one form holds; the command takes any number."""
LONGEST_PLACE = 300
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def show_list(visit: Visit) -> Response:
    """Submissions that the visitor may see, the latest first."""
    state = visit.query.get("state", "")
    state = state if state in set(SubmissionState) else ""
    number = page_number(visit)
    query = select(SubmissionRecord)
    if not visit.is_staff:
        query = query.where(SubmissionRecord.submitter == _submitter(visit))
    if state:
        query = query.where(SubmissionRecord.state == state)
    with visit.site.catalog.reading() as session:
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        rows = session.scalars(query.order_by(SubmissionRecord.id.desc()).limit(ROWS).offset((number - 1) * ROWS))
        listed = [_summary(record) for record in rows]
    pages = {"number": number, "more": number * ROWS < total, "total": total}
    states = [item.value for item in SubmissionState]
    return page(visit, "submissions.html", rows=listed, pages=pages, state=state, states=states, fields=field_names())


def show(
    visit: Visit, *, status: int = 200, problem: str = "", detail: str = "", given: dict[str, Any] | None = None
) -> Response:
    """One submission: why it stands where it stands, findings, runs, files, history, decisions."""
    with visit.site.catalog.reading() as session:
        record = _record(session, visit)
        values: dict[str, Any] = {
            "submission": _summary(record),
            "reasons": list(record.reasons),
            "events": history(session, record),
            "decisions": _decisions(session, record, visit.language),
            "counted": _counted(session, record),
            "registered": run_rows(session, record),
        }
        key = record.verdict_sha256, record.alias
    judged = _judged(visit, *key)
    in_curation = values["submission"]["state"] == SubmissionState.IN_CURATION
    decided = any(item["verdict_sha256"] == key[0] for item in values["decisions"])
    values |= {
        "judged": judged,
        "fields": field_names(),
        "may_decide": visit.role is Role.CURATOR and in_curation and not decided,
        "said": visit.query.get("said") == "decided",
        "problem": problem,
        "detail": detail,
        "given": given or {"decision": "", "reason": ""},
        "listed": _reason_form(given or {}, judged.results if judged else None),
        "choices": [item.value for item in Decision],
    }
    return page(visit, "submission.html", status=status, **values)


def decide(visit: Visit) -> Response:
    """Record a curator's decision about the verdict that the page showed."""
    with visit.site.catalog.reading() as session:
        record = _record(session, visit)
        number, verdict, name = record.id, record.verdict_sha256, record.alias
        chain = f"{record.submitter}/{record.alias}"
    shown = replace(visit, path=f"/submissions/{number}", method="GET", query={})
    choice, reason = visit.form.get("decision", ""), visit.form.get("reason", "").strip()[:LONGEST_REASON]
    listed = _listed_reasons(visit.form)
    given: dict[str, Any] = {"decision": choice, "reason": reason, "listed": listed}
    reasons = [f"{code}:{place}" if place else code for code, place in listed if code]
    if choice not in set(Decision) or not (reason or reasons) or any(place and not code for code, place in listed):
        return show(shown, status=400, problem="choose", given=given)
    if visit.form.get("verdict", "") != verdict:
        return show(shown, status=409, problem="changed", given=given)
    results = visit.site.results.find(verdict, name)
    if results is None:
        return show(shown, status=409, problem="no_results", given=given)
    ruling = Ruling(Decision(choice), visit.actor, reason, verdict)
    try:
        curate.decide(results, visit.site.station, ruling, reasons=reasons)
    except UsageError as error:
        return show(shown, status=409, problem="not_recorded", detail=str(error), given=given)
    note(visit, "decision", chain, {"decision": choice, "verdict_sha256": verdict, "reasons": reasons})
    return redirect(f"/submissions/{number}?said=decided")


def _listed_reasons(form: Mapping[str, str]) -> list[tuple[str, str]]:
    """Reasons of the list as they were chosen: code, and ``ATTRIBUTE@OBJECT`` or nothing."""
    rows = (
        (
            form.get(f"code_{number}", "").strip()[:LONGEST_PLACE],
            form.get(f"place_{number}", "").strip()[:LONGEST_PLACE],
        )
        for number in range(1, REASON_ROWS + 1)
    )
    return [row for row in rows if any(row)]


def _reason_form(given: Mapping[str, Any], results: Path | None) -> dict[str, Any]:
    """What the form of the reasons offers: the list, its rows as they were given, and the columns they may be about."""
    rows = [*given.get("listed", []), *([("", "")] * REASON_ROWS)][:REASON_ROWS]
    profile = results / PROFILE if results else None
    sheets = read_json(profile)["sheets"] if profile and profile.is_file() else []
    columns = [f"{sheet['name']}.{column['attribute']}" for sheet in sheets for column in sheet["columns"]]
    return {"kinds": list(kinds().values()), "rows": list(enumerate(rows, 1)), "columns": columns}


def columns(visit: Visit) -> Response:
    """Every column of the forms, as the report shows it."""
    number, results, judged = _with_results(visit)
    if not judged.has_profile:
        raise Problem(404)
    return report_answer(column_page(results, back=f"/submissions/{number}", language=visit.language))


def run(visit: Visit) -> Response:
    """Metrics and plots of one run, as the report shows them."""
    number, results, judged = _with_results(visit)
    key = visit.path_values["run"]
    found = judged.runs.get(key)
    if found is None or found["state"] == "skipped":
        raise Problem(404)
    html = run_page(results, found, back=f"/submissions/{number}", language=visit.language)
    return report_answer(html)


def page_number(visit: Visit) -> int:
    """Which page of a list was asked for, from 1."""
    text = visit.query.get("page", "1")
    return int(text) if _NUMBER.fullmatch(text) and len(text) < 7 else 1


def _submitter(visit: Visit) -> str:
    return visit.visitor.account.submitter if visit.visitor else ""


def _record(session: Session, visit: Visit) -> SubmissionRecord:
    """The submission in the path, if the visitor may see it. One that is not theirs is as one that is not there."""
    text = visit.path_values["submission"]
    record = session.get(SubmissionRecord, int(text)) if _NUMBER.fullmatch(text) else None
    if record is None:
        raise Problem(404)
    if not visit.is_staff and record.submitter != _submitter(visit):
        note_refusal(visit)
        raise Problem(404)
    return record


def _with_results(visit: Visit) -> tuple[int, Path, Judged]:
    with visit.site.catalog.reading() as session:
        record = _record(session, visit)
        number, key = record.id, (record.verdict_sha256, record.alias)
    judged = _judged(visit, *key)
    if judged is None:
        raise Problem(404)
    return number, judged.results, judged


def _judged(visit: Visit, verdict_sha256: str, name: str) -> Judged | None:
    results = visit.site.results.find(verdict_sha256, name)
    if results is None:
        return None
    try:
        return read_judged(results)
    except TransientFault:
        raise
    except SystemFault:
        # Results that have changed since the verdict are no longer what it is about.
        return None


_SUMMARY = (
    "id", "submitter", "alias", "accession", "state", "verdict", "verdict_sha256", "research_field", "form_version",
    "package", "data_centre", "access_level", "release_date",
)  # fmt: skip


def _summary(record: SubmissionRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _SUMMARY}


def _decisions(session: Session, record: SubmissionRecord, language: Language) -> list[dict[str, Any]]:
    """The decisions, each with what it says from the list of reasons."""
    query = select(DecisionRecord).where(DecisionRecord.submission_id == record.id).order_by(DecisionRecord.id)
    names = ("decision", "decided_by", "reason", "verdict_sha256")
    found = [{name: getattr(item, name) for name in names} for item in session.scalars(query)]
    return [{**row, "listed": _said(session, record, row, language)} for row in found]


def _said(session: Session, record: SubmissionRecord, decision: dict[str, str], language: Language) -> list[str]:
    query = (
        select(CurationReasonRecord)
        .join(CurationOpinionRecord, CurationReasonRecord.opinion_id == CurationOpinionRecord.id)
        .join(CurationCaseRecord, CurationOpinionRecord.case_id == CurationCaseRecord.id)
        .where(
            CurationCaseRecord.submission_id == record.id,
            CurationCaseRecord.verdict_sha256 == decision["verdict_sha256"],
            CurationOpinionRecord.decision == decision["decision"],
        )
        .order_by(CurationReasonRecord.id)
    )
    said = (
        f"{kind_of(row.code).label.get(language)}: "
        f"{Reason(row.code, row.sheet, row.attribute, row.object_id).place().get(language)}"
        for row in session.scalars(query)
    )
    return list(dict.fromkeys(said))


def _counted(session: Session, record: SubmissionRecord) -> list[dict[str, Any]]:
    """Findings as the catalog counts them, errors first."""
    query = select(FindingRecord).where(FindingRecord.submission_id == record.id)
    names = ("place", "code", "severity", "count")
    rows = [{name: getattr(item, name) for name in names} for item in session.scalars(query)]
    order = ("error", "warning", "info")
    return sorted(rows, key=lambda row: (order.index(row["severity"]), row["code"], row["place"]))
