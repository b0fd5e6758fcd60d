"""Cases: a version of a submission enters the queue, is assigned, and is compared with the version before."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from dsqc.catalog.curation.content import Answer, Content, answer, content_of
from dsqc.catalog.curation.reasons import Reason, kind_of
from dsqc.catalog.events import append_event, change_state, timestamp
from dsqc.catalog.intake import Intake, Refusal, clean
from dsqc.catalog.models import CurationCaseRecord, CurationOpinionRecord, DecisionRecord, SubmissionRecord
from dsqc.catalog.registering import Actor, Outcome, latest_decision
from dsqc.errors import UsageError
from dsqc.language import Text
from dsqc.model import SubmissionState as State
from dsqc.registry import rule
from dsqc.station.sections import Curation

ASKED = "asked"
PRIVACY, CLOSED, SAMPLE = "privacy", "closed", "sample"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the results and the files of a submission stand."""

    results: Path
    inbox: Path | None = None


def enter(
    session: Session, record: SubmissionRecord, intake: Intake, places: Places, *, rules: Curation, actor: Actor
) -> CurationCaseRecord:
    """The case of the present verdict, made where there is none; where results and files stand is noted anew."""
    found = case_of(session, record)
    if found is None:
        content = content_of(intake)
        found = CurationCaseRecord(
            submission_id=record.id,
            verdict_sha256=record.verdict_sha256,
            version=_next_version(session, record),
            entered_at=timestamp(actor.clock()),
            assigned_to="",
            assigned_until="",
            second_reason=needs_second(record, rules),
            second_to="",
            third_to="",
            unanswered=len(unanswered(answers(session, record, content))),
            content=content.to_bytes(),
            runs=_runs(intake),
            inbox="",
            opinions=[],
        )
        session.add(found)
    found.name = clean(intake.name)
    found.results = str(places.results.resolve())
    if places.inbox is not None:
        found.inbox = str(places.inbox.resolve())
    session.flush()
    return found


def _next_version(session: Session, record: SubmissionRecord) -> int:
    newest = select(func.max(CurationCaseRecord.version)).where(CurationCaseRecord.submission_id == record.id)
    return (session.scalar(newest) or 0) + 1


def _runs(intake: Intake) -> list[dict[str, Any]]:
    experiments = {row.get("library_id"): row for row in intake.submission.rows("experiment")}
    found = []
    for run in intake.submission.runs():
        row = experiments.get(run.library_id)
        metrics = intake.runs.get(run.key, {}).get("metrics", {})
        found.append(
            {
                "run_key": run.key,
                "platform": clean(row.get("platform")) if row else "",
                "strategy": clean(row.get("library_strategy")) if row else "",
                "metrics": {name: value for name, value in metrics.items() if isinstance(value, (int, float))},
            }
        )
    return found


def needs_second(record: SubmissionRecord, rules: Curation) -> str:
    """Why two must decide about this verdict; empty where one is enough.

    It depends on nothing that the first curator decides, else being asked would tell what that was. The share is drawn
    by the digest of the verdict: the same verdict is always drawn or never.
    """
    codes = {reason["code"] for reason in record.reasons}
    private = any(rule(code).kind == PRIVACY for code in codes)
    for item in rules.second_opinion_for:
        is_met = {PRIVACY: private, CLOSED: record.access_level == CLOSED}.get(item)
        if is_met if is_met is not None else item in (*codes, record.research_field):
            return item
    drawn = int(hashlib.sha256(f"second opinion {record.verdict_sha256}".encode()).hexdigest()[:16], 16) / 2**64
    return SAMPLE if drawn < rules.second_opinion_share else ""


def case_of(session: Session, record: SubmissionRecord, verdict_sha256: str = "") -> CurationCaseRecord | None:
    """The case of a verdict of ``record``, the present one unless named."""
    query = select(CurationCaseRecord).where(
        CurationCaseRecord.submission_id == record.id,
        CurationCaseRecord.verdict_sha256 == (verdict_sha256 or record.verdict_sha256),
    )
    return session.scalars(query).first()


def find(session: Session, name: str) -> SubmissionRecord:
    """The submission that ``name`` means: its accession, its alias, SUBMITTER/ALIAS, or the batch's name of it.

    Raises:
        UsageError: none is meant, or several.
    """
    submitter, slash, alias = name.rpartition("/")
    exact = [SubmissionRecord.accession == name, SubmissionRecord.alias == name]
    if slash:
        exact.append((SubmissionRecord.submitter == submitter.casefold()) & (SubmissionRecord.alias == alias))
    found = list(session.scalars(select(SubmissionRecord).where(or_(*exact)).limit(5)))
    if not found:
        cases = select(CurationCaseRecord.submission_id).where(CurationCaseRecord.name == name)
        found = list(session.scalars(select(SubmissionRecord).where(SubmissionRecord.id.in_(cases)).limit(5)))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"The catalog knows no submission {name}.",
            hint="Give the name that `dsqc curate queue` lists, or results/<submission>.",
        )
    every = ", ".join(f"{item.submitter}/{item.alias}" for item in found)
    raise UsageError(f"Several submissions are called {name}: {every}.", hint="Give one of these, as SUBMITTER/ALIAS.")


def assign(
    session: Session, record: SubmissionRecord, case: CurationCaseRecord, name: str, *, rules: Curation, actor: Actor
) -> None:
    """Give a case to a curator, or with an empty ``name`` back to the queue; recorded as an event.

    Raises:
        UsageError: it does not wait, or ``name`` is no curator.
    """
    if record.state != State.IN_CURATION or latest_decision(session, record) is not None:
        raise UsageError(
            f"Submission {record.alias} does not wait for a decision ({record.state}).",
            hint="`dsqc curate queue` lists what waits.",
        )
    if name:
        check_curator(name, rules)
    if case.assigned_to == name:
        return
    before = case.assigned_to
    case.assigned_to = name
    until = timestamp(actor.clock() + timedelta(days=rules.assignment_days)) if name else ""
    case.assigned_until = until
    details = {"verdict_sha256": case.verdict_sha256, "to": name, "before": before, "until": until}
    action = "assigned" if name else "unassigned"
    reason = f"to {name}" if name else ""
    append_event(session, record, action, actor=actor.name, reason=reason, details=details, clock=actor.clock)


def holder(case: CurationCaseRecord, at: str) -> str:
    """Who works on a case at the time ``at``; empty for nobody, or where the assignment has run out."""
    return case.assigned_to if case.assigned_until > at else ""


def check_curator(name: str, rules: Curation) -> None:
    """Let pass whoever may curate.

    Raises:
        UsageError: the station names its curators, and not this one.
    """
    if rules.curators and name not in rules.curators:
        raise UsageError(
            f"{name} is no curator of this station.",
            hint=f"[curation] curators of station.toml names {', '.join(rules.curators)}.",
        )


def last_return(session: Session, record: SubmissionRecord) -> tuple[CurationCaseRecord, DecisionRecord] | None:
    """The return that the present version answers, with its case: the newest decision about another verdict, where that
    was one; ``None`` where there was none."""
    query = (
        select(CurationCaseRecord, DecisionRecord)
        .join(
            DecisionRecord,
            (DecisionRecord.submission_id == CurationCaseRecord.submission_id)
            & (DecisionRecord.verdict_sha256 == CurationCaseRecord.verdict_sha256),
        )
        .where(CurationCaseRecord.submission_id == record.id, DecisionRecord.verdict_sha256 != record.verdict_sha256)
        .order_by(DecisionRecord.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found and found[1].decision == "return" else None


def reasons_in_force(case: CurationCaseRecord, decision: str) -> list[Reason]:
    """The reasons of everybody who decided as it came out, each once, in the order of the sheets as given."""
    found = {
        reason.key: reason
        for opinion in case.opinions
        if opinion.decision == decision
        for reason in map(reason_of, opinion.reasons)
    }
    return list(found.values())


def remarks_in_force(case: CurationCaseRecord, decision: str) -> list[CurationOpinionRecord]:
    """The opinions that count: of everybody who decided as it came out."""
    return [item for item in case.opinions if item.decision == decision]


def reason_of(row: Any) -> Reason:
    """A reason as the catalog keeps it."""
    return Reason(row.code, row.sheet, row.attribute, row.object_id, row.row, row.column, row.value)


def answers(session: Session, record: SubmissionRecord, after: Content) -> list[Answer]:
    """What ``after`` did about each reason of the last return of an earlier version."""
    found = last_return(session, record)
    if found is None:
        return []
    case, decision = found
    before = Content.from_bytes(case.content)
    return [answer(reason, before, after) for reason in reasons_in_force(case, decision.decision)]


def unanswered(found: Sequence[Answer]) -> list[Answer]:
    """The reasons that nothing was done about."""
    return [item for item in found if item.state == "unchanged"]


def hold_unanswered(session: Session, intake: Intake, outcome: Outcome, rules: Curation, actor: Actor) -> Outcome:
    """Send a version whose verdict is pass to a curator where it leaves a reason of the last return unanswered.

    Args:
        outcome: what :func:`dsqc.catalog.registering.receive` said of it in the same transaction.
    """
    record = session.get_one(SubmissionRecord, outcome.submission_id)
    if not outcome.fit or not rules.unanswered_returns or latest_decision(session, record) is not None:
        return outcome
    if last_return(session, record) is None:
        return outcome
    left = unanswered(answers(session, record, content_of(intake)))
    if not left:
        return outcome
    record.reasons = [*(dict(reason) for reason in intake.reasons), *(_left(item).to_reason() for item in left)]
    if record.state != State.IN_CURATION:
        why = "reasons of the last return are not answered"
        details = {"codes": ["DSQC-G001"], "unanswered": [item.reason.to_dict() for item in left]}
        change_state(
            session, record, State.IN_CURATION, actor=actor.name, reason=why, details=details, clock=actor.clock
        )
    return Outcome(record.id, State.IN_CURATION)


def _left(item: Answer) -> Refusal:
    kind, place = kind_of(item.reason.code), item.reason.place()
    return Refusal(
        "DSQC-G001",
        item.reason.sheet or "submission",
        item.reason.object_id,
        Text(
            f"What a curator returned it for is as it was: {place.en} ({kind.label.en}).",
            f"큐레이터가 반려한 사유가 그대로입니다: {place.ko} ({kind.label.ko}).",
        ),
        kind.advice,
    )
