"""curate show: one submission as a curator judges it, from its results and from what the catalog knows of it."""

from pathlib import Path
from typing import Any

from dsqc.artefact import read_json
from dsqc.catalog.curation.cases import (
    answers,
    case_of,
    last_return,
    reason_of,
    reasons_in_force,
    remarks_in_force,
)
from dsqc.catalog.curation.content import Content, changes, content_of
from dsqc.catalog.curation.opinions import Progress, progress_of
from dsqc.catalog.curation.outliers import Outlier
from dsqc.catalog.curation.priorities import priorities
from dsqc.catalog.curation.queue import facts_of, outlier_text, second_of, why
from dsqc.catalog.curation.reasons import Reason, kind_of
from dsqc.catalog.database import Catalog
from dsqc.catalog.events import history, now
from dsqc.catalog.intake import Intake
from dsqc.catalog.models import CurationOpinionRecord, SubmissionRecord
from dsqc.catalog.registering import find_submission
from dsqc.language import Language
from dsqc.stages.curate_compared import compared
from dsqc.stages.register import read_intake
from dsqc.stages.validate import PROFILE_PAGE as PAGE
from dsqc.station import Station

SCHEMA_VERSION = "1.1"
SHOWN_VERSION = "1.2"
MOST_CHANGES = 200
"""Changes since the version before that are listed; the rest is counted."""


def show(results: Path, station: Station | None = None) -> dict[str, Any]:
    """What a curator judges by: verdict and reasons, forms, findings, runs; of a station also why it waits,
    what changed since the version before, what was answered, and the history.

    An opinion that was given blind is not shown before the other is there.

    Args:
        station: whose catalog knows it; ``None`` shows the results alone.

    Raises:
        SystemFault: the results are not those that were judged.
    """
    intake = read_intake(results)
    return {
        "schema_version": SHOWN_VERSION,
        "submission": intake.name,
        "submission_alias": intake.alias,
        "form": dict(intake.form),
        "verdict": intake.verdict.value,
        "verdict_sha256": intake.verdict_sha256,
        "reasons": [dict(reason) for reason in intake.reasons],
        "groups": _groups(results),
        "profile": PAGE if (results / PAGE).is_file() else None,
        "object_counts": {name: len(sheet.rows) for name, sheet in intake.submission.sheets.items()},
        "findings": [
            {"place": item.place, "code": item.code, "severity": item.severity, "count": item.count}
            for item in intake.findings
        ],
        "runs": [
            {
                "run_key": key,
                "state": run["state"],
                "metrics": run["metrics"],
                "pages": [f"runs/{key}/{item['html_file']}" for item in run["files"] if item.get("html_file")],
            }
            for key, run in intake.runs.items()
        ],
        "compared": compared(read_json(results / "verdict.json")),
        "case": _case(intake, station) if station else None,
    }


def _groups(results: Path) -> list[dict[str, Any]]:
    """The findings about the forms as they read: one a fault and column, with its rows and values."""
    found: list[dict[str, Any]] = read_json(results / "validate.json").get("groups", [])
    return found


def _case(intake: Intake, station: Station) -> dict[str, Any] | None:
    """What the catalog knows; ``None`` where it does not know the submission."""
    with Catalog.open(station) as catalog, catalog.reading() as session:
        record = find_submission(session, intake.key)
        if record is None:
            return None
        case = case_of(session, record, intake.verdict_sha256)
        is_present = record.verdict_sha256 == intake.verdict_sha256
        rules = priorities()
        facts = facts_of(session, record, case, rules)
        reasons = why(facts, rules, now())
        progress = progress_of(session, record, case)
        told = case.opinions if case and progress in (Progress.DISAGREED, Progress.DECIDED) else ()
        return {
            "state": record.state,
            "is_present": is_present,
            "accession": record.accession,
            "submitter": record.submitter,
            "research_field": record.research_field,
            "access_level": record.access_level,
            "version": case.version if case else 1,
            "since": facts.since,
            "returns": facts.returns,
            "assigned_to": case.assigned_to if case else "",
            "assigned_until": case.assigned_until if case else "",
            "progress": progress.value,
            "second": second_of(case),
            "opinions": [_opinion(item) for item in told],
            "points": round(sum(item.points for item in reasons), 1),
            "why": [item.to_dict() for item in reasons],
            "outliers": [_outlier(item) for item in facts.outliers],
            "last_return": _last_return(session, record, intake),
            "history": [
                {"at": event.at, "actor": event.actor, "action": event.action, "reason": event.reason}
                for event in history(session, record)
            ],
        }


def _outlier(item: Outlier) -> dict[str, Any]:
    text = outlier_text(item)
    return {**item.to_dict(), "text": text.get(Language.EN), "text_ko": text.get(Language.KO)}


def _opinion(item: CurationOpinionRecord) -> dict[str, Any]:
    return {
        "role": item.role,
        "curator": item.curator,
        "decision": item.decision,
        "text": item.text,
        "at": item.at,
        "reasons": [said(reason) for reason in map(reason_of, item.reasons)],
    }


def said(reason: Reason) -> dict[str, Any]:
    """A reason with its words."""
    kind, place = kind_of(reason.code), reason.place()
    return {
        **reason.to_dict(),
        "row": reason.row,
        "column": reason.column,
        "value": reason.value,
        "place": place.en,
        "place_ko": place.ko,
        "label": kind.label.en,
        "label_ko": kind.label.ko,
        "advice": kind.advice.en,
        "advice_ko": kind.advice.ko,
    }


def _last_return(session: Any, record: SubmissionRecord, intake: Intake) -> dict[str, Any] | None:
    """What the version before was returned for, what this one did about it, and what else it changed."""
    found = last_return(session, record)
    if found is None or found[0].verdict_sha256 == intake.verdict_sha256:
        return None
    case, decision = found
    before, after = Content.from_bytes(case.content), content_of(intake)
    answered = answers(session, record, after)
    differences = list(changes(before, after))
    return {
        "version": case.version,
        "by": decision.decided_by,
        "text": decision.reason,
        "remarks": [item.text for item in remarks_in_force(case, decision.decision) if item.text],
        "answers": [{**said(item.reason), **item.to_dict()} for item in answered],
        "answered": sum(item.state in ("changed", "removed") for item in answered),
        "unanswered": sum(item.state == "unchanged" for item in answered),
        "reason_count": len(reasons_in_force(case, decision.decision)),
        "changes": [item.to_dict() for item in differences[:MOST_CHANGES]],
        "change_count": len(differences),
    }
