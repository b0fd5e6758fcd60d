"""The curator's side of the catalog: what waits for a person, and what the person decided."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event, change_state, history
from dsqc.catalog.intake import Refusal, clean
from dsqc.catalog.models import DecisionRecord, SubmissionRecord
from dsqc.catalog.registering import Actor, find_submission, latest_decision
from dsqc.catalog.versions.pending import decide_version, pending_of, waiting_versions
from dsqc.errors import UsageError
from dsqc.language import Text
from dsqc.model import SubmissionState as State
from dsqc.registry import rule

MOST_RUNS = 5
"""Runs that a reason names."""
AGAIN = Text("Correct what the curator names and submit again.", "큐레이터가 지적한 것을 고쳐 다시 제출하세요.")
ASK = Text("Ask the station for the details.", "자세한 내용은 스테이션에 문의하세요.")


class Decision(StrEnum):
    """What a curator may decide."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about one verdict: who, what and why."""

    decision: Decision
    by: str
    reason: str
    verdict_sha256: str


def waiting(session: Session) -> list[dict[str, Any]]:
    """Submissions in curation that nobody has decided, longest waiting first."""
    query = select(SubmissionRecord).where(SubmissionRecord.state == State.IN_CURATION.value)
    rows = [
        {
            "submission": record.alias,
            "submitter": record.submitter,
            "research_field": record.research_field,
            "package": record.package,
            "access_level": record.access_level,
            "since": history(session, record)[-1].at,
            "reasons": list(record.reasons),
        }
        for record in session.scalars(query)
        if latest_decision(session, record) is None
    ]
    return sorted([*rows, *waiting_versions(session)], key=lambda row: (row["since"], row["submission"]))


def decide(session: Session, key: tuple[str, str], ruling: Ruling, actor: Actor) -> SubmissionRecord:
    """Record ``ruling`` as a decision and an event, and move the submission where it says.

    An approved submission stays in curation until it is registered. The same ruling again changes nothing.

    Raises:
        UsageError: the submission does not wait for a decision about this verdict.
    """
    record = find_submission(session, key)
    pending = pending_of(session, record, ruling.verdict_sha256)
    if record is not None and pending is not None:
        words = {"decision": ruling.decision.value, "by": ruling.by, "reason": ruling.reason}
        decide_version(session, record, pending, **words, actor=actor)
        return record
    if record is None or record.verdict_sha256 != ruling.verdict_sha256:
        raise UsageError(
            f"The catalog does not know this verdict of submission {key[1]}.",
            hint="Run `dsqc register` first: it puts a submission under review into the queue.",
        )
    last = latest_decision(session, record)
    if last and (last.decision, last.decided_by, last.reason) == (ruling.decision, ruling.by, ruling.reason):
        return record
    if record.state != State.IN_CURATION:
        raise UsageError(
            f"Submission {record.alias} is {record.state}, not in curation.",
            hint="Only what `dsqc curate queue` lists can be decided.",
        )
    session.add(
        DecisionRecord(
            submission_id=record.id,
            verdict_sha256=ruling.verdict_sha256,
            decision=ruling.decision.value,
            decided_by=clean(ruling.by),
            reason=clean(ruling.reason),
        )
    )
    _apply(session, record, ruling, actor)
    return record


def _apply(session: Session, record: SubmissionRecord, ruling: Ruling, actor: Actor) -> None:
    codes = [code for code, _object, _id in _looked_at(record)]
    details = {"verdict_sha256": ruling.verdict_sha256, "codes": codes}
    if ruling.decision is Decision.APPROVE:
        append_event(
            session,
            record,
            "approved",
            actor=ruling.by,
            reason=ruling.reason,
            details=details,
            clock=actor.clock,
        )
        return
    state = State.RETURNED if ruling.decision is Decision.RETURN else State.REJECTED
    record.reasons = [*(item.to_reason() for item in _reasons(record, ruling)), *record.reasons]
    change_state(session, record, state, actor=ruling.by, reason=ruling.reason, details=details, clock=actor.clock)


def _looked_at(record: SubmissionRecord) -> list[tuple[str, str, str]]:
    """Code, object and id of what a curator looked at: the quality of runs where the data brought the submission into
    the queue (G002), the metadata where anything else did (G001)."""
    kinds = {"real": False, "metadata": False}
    for reason in record.reasons:
        kinds["real" if rule(reason["code"]).kind == "real" else "metadata"] = True
    found = [("DSQC-G001", "submission", record.alias)] if kinds["metadata"] or not kinds["real"] else []
    if kinds["real"]:
        runs = sorted({reason["object_id"] for reason in record.reasons if rule(reason["code"]).kind == "real"})
        found.append(("DSQC-G002", "run", ", ".join(runs[:MOST_RUNS]) + (" …" if len(runs) > MOST_RUNS else "")))
    return found


def _reasons(record: SubmissionRecord, ruling: Ruling) -> list[Refusal]:
    returned = ruling.decision is Decision.RETURN
    word = ("returned", "반려") if returned else ("rejected", "거절")
    subject = {"DSQC-G001": ("metadata", "메타데이터"), "DSQC-G002": ("quality report", "품질 보고서")}
    return [
        Refusal(
            code,
            kind,
            object_id,
            Text(
                f"The curator {ruling.by} looked at the {subject[code][0]} and {word[0]} the submission: "
                f"{ruling.reason}",
                f"큐레이터 {ruling.by}이(가) {subject[code][1]}를 검토하고 제출을 {word[1]}했습니다: {ruling.reason}",
            ),
            Text(
                "Correct what the curator names and submit again." if returned else "Ask the station for the details.",
                "큐레이터가 지적한 것을 고쳐 다시 제출하세요." if returned else "자세한 내용은 스테이션에 문의하세요.",
            ),
        )
        for code, kind, object_id in _looked_at(record)
    ]
