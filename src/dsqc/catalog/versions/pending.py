"""Corrections that wait for a curator. What is registered stays as it is until one is approved."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dsqc.catalog.events import append_event, timestamp
from dsqc.catalog.intake import Intake, Refusal, clean
from dsqc.catalog.models import DecisionRecord, PendingVersionRecord, SubmissionRecord
from dsqc.catalog.outcomes import Actor
from dsqc.catalog.versions.planning import Correction
from dsqc.errors import UsageError
from dsqc.language import Text

WAITS = "version_in_curation"
ACTIONS = {"approve": "version_approved", "return": "version_returned", "reject": "version_rejected"}
"""Actions of the events of a decision about a correction, by the decision."""


def hold_for_curation(
    session: Session,
    record: SubmissionRecord,
    intake: Intake,
    correction: Correction,
    *,
    known: Sequence[Mapping[str, Any]],
    actor: Actor,
    replace_files: bool,
) -> None:
    """Let ``correction`` wait; the same one again changes nothing, another one takes its place."""
    pending = session.get(PendingVersionRecord, record.id)
    if pending is not None and pending.verdict_sha256 == intake.verdict_sha256:
        return
    if pending is None:
        pending = PendingVersionRecord(submission_id=record.id)
        session.add(pending)
    pending.content_sha256 = intake.content_sha256()
    pending.verdict = intake.verdict.value
    pending.verdict_sha256 = intake.verdict_sha256
    pending.details = {
        "version": correction.version,
        "replace_files": replace_files,
        "changes": correction.to_list(),
        "reasons": [dict(item) for item in (*intake.reasons, *known)],
    }
    pending.since = timestamp(actor.clock())
    session.flush()
    said = {
        "version": correction.version,
        "content_sha256": pending.content_sha256,
        "verdict_sha256": pending.verdict_sha256,
        "codes": sorted({str(reason.get("code", "")) for reason in pending.details["reasons"]}),
    }
    append_event(
        session, record, WAITS, actor=actor.name, reason="the verdict is review", details=said, clock=actor.clock
    )


def drop_pending(session: Session, record: SubmissionRecord) -> None:
    """Forget the correction that waited: it was made, or another one was."""
    pending = session.get(PendingVersionRecord, record.id)
    if pending is not None:
        session.delete(pending)
        session.flush()


def waiting_versions(session: Session) -> list[dict[str, Any]]:
    """Corrections that nobody has decided, in the shape of the queue of submissions."""
    decided = select(DecisionRecord.verdict_sha256).where(
        DecisionRecord.submission_id == PendingVersionRecord.submission_id
    )
    query = (
        select(PendingVersionRecord, SubmissionRecord)
        .join(SubmissionRecord, SubmissionRecord.id == PendingVersionRecord.submission_id)
        .where(PendingVersionRecord.verdict_sha256.not_in(decided))
    )
    return [
        {
            "submission": record.alias,
            "submitter": record.submitter,
            "research_field": record.research_field,
            "package": record.package,
            "access_level": record.access_level,
            "since": pending.since,
            "reasons": list(pending.details["reasons"]),
            "corrects": record.accession,
            "version": pending.details["version"],
        }
        for pending, record in session.execute(query)
    ]


def pending_of(session: Session, record: SubmissionRecord | None, verdict_sha256: str) -> PendingVersionRecord | None:
    """The correction of ``record`` that waits with this verdict."""
    pending = session.get(PendingVersionRecord, record.id) if record is not None else None
    return pending if pending is not None and pending.verdict_sha256 == verdict_sha256 else None


def decide_version(
    session: Session,
    record: SubmissionRecord,
    pending: PendingVersionRecord,
    *,
    decision: str,
    by: str,
    reason: str,
    actor: Actor,
) -> None:
    """Record a curator's decision about a correction that waits. An approved one is made by the next ``dsqc register``.

    Raises:
        UsageError: another decision was recorded before.
    """
    last = session.scalars(
        select(DecisionRecord)
        .where(DecisionRecord.submission_id == record.id, DecisionRecord.verdict_sha256 == pending.verdict_sha256)
        .order_by(DecisionRecord.id.desc())
    ).first()
    if last is not None:
        if (last.decision, last.decided_by, last.reason) == (decision, by, reason):
            return
        raise UsageError(
            f"The correction of {record.accession} was decided by {last.decided_by}: {last.decision}.",
            hint="Only what `dsqc curate queue` lists can be decided.",
        )
    session.add(
        DecisionRecord(
            submission_id=record.id,
            verdict_sha256=pending.verdict_sha256,
            decision=decision,
            decided_by=clean(by),
            reason=clean(reason),
        )
    )
    session.flush()
    details = {"version": pending.details["version"], "verdict_sha256": pending.verdict_sha256}
    append_event(session, record, ACTIONS[decision], actor=by, reason=reason, details=details, clock=actor.clock)


def decided_reasons(intake: Intake, decision: DecisionRecord) -> tuple[Mapping[str, Any], ...]:
    """Why a correction that a curator did not approve is not taken: the curator's words, then the verdict's reasons."""
    returned = decision.decision == "return"
    word = ("returned", "반려") if returned else ("rejected", "거절")
    said = Refusal(
        "DSQC-G001",
        "submission",
        intake.alias,
        Text(
            f"The curator {decision.decided_by} looked at the correction and {word[0]} it: {decision.reason}",
            f"큐레이터 {decision.decided_by}이(가) 정정을 검토하고 {word[1]}했습니다: {decision.reason}",
        ),
        Text(
            "Correct what the curator names and submit again; what is registered stays as it is.",
            "큐레이터가 지적한 것을 고쳐 다시 제출하세요. 등록된 내용은 그대로입니다.",
        ),
    )
    return (said.to_reason(), *_plain(intake.reasons))


def _plain(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(item) for item in reasons]
