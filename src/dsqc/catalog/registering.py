"""Taking a judged submission into the catalog: its states, and the one transaction that makes it visible."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.settling import settle
from dsqc.catalog.events import change_state
from dsqc.catalog.intake import LONGEST_NAME, FindingCount, Intake, Stored, attributes_of, clean
from dsqc.catalog.known import known_content
from dsqc.catalog.models import DecisionRecord, FindingRecord, SubmissionRecord, WithdrawalRecord
from dsqc.catalog.outcomes import Actor, Outcome
from dsqc.catalog.records import Work, complete_fingerprints, insert_objects
from dsqc.catalog.resolve import resolve
from dsqc.catalog.states import REGISTERED
from dsqc.catalog.versions import refusals as told
from dsqc.catalog.versions.correcting import apply_correction, note_correction
from dsqc.catalog.versions.pending import decided_reasons, drop_pending, hold_for_curation, pending_of
from dsqc.catalog.versions.planning import FIXED, Correction, plan_correction
from dsqc.catalog.versions.reading import version_of_content
from dsqc.model import SubmissionState as State
from dsqc.model import Verdict
from dsqc.station import HELD, Prefixes

__all__ = ["Actor", "Outcome", "find_submission", "latest_decision", "receive", "register"]

FLOW = (State.RECEIVED, State.TRANSFERRED, State.VALIDATED, State.MEASURED)
"""What a submission has been through when it is judged."""


CATALOG = "catalog"
"""Place of the findings that only the catalog can make, beside ``forms`` and the runs' keys."""


def find_submission(session: Session, key: tuple[str, str]) -> SubmissionRecord | None:
    """The submission of ``key`` = (submitter, alias)."""
    query = select(SubmissionRecord).where(SubmissionRecord.submitter == key[0], SubmissionRecord.alias == key[1])
    return session.scalars(query).first()


def receive(
    session: Session, intake: Intake, prefixes: Prefixes, actor: Actor, *, replace_files: bool = False
) -> Outcome:
    """Enter a judged submission, or find it again, and bring it to the state its verdict and its curator say.

    Nothing is written where nothing changed: the same submission judged the same is where it was. Other content under
    the name of a registered submission is a correction of it, where it can be one.

    Args:
        replace_files: whether other files of a registered run are meant to replace those that it has.
    """
    record = find_submission(session, intake.key)
    if record is not None and record.state in REGISTERED:
        return _again(session, record, intake, prefixes, actor, replace_files=replace_files)
    if record is not None and record.state in (State.REJECTED, State.WITHDRAWN):
        same = record.content_sha256 == intake.content_sha256()
        if same or record.state == State.REJECTED or record.accession:
            return Outcome(record.id, State(record.state), refused=_final(session, record, same=same))
    if record is None:
        record = SubmissionRecord(submitter=intake.key[0], alias=intake.key[1], state="", content_sha256="")
    _enter(session, record, intake, actor)
    return _settle(session, record, intake, prefixes, actor)


def _final(session: Session, record: SubmissionRecord, *, same: bool) -> tuple[dict[str, Any], ...]:
    """Why nothing is taken under the name of a submission that was rejected, withdrawn or discarded."""
    if record.state == State.REJECTED:
        return () if same else (told.final(record.alias, record.accession or "", record.state).to_reason(),)
    withdrawal = session.get(WithdrawalRecord, record.id)
    if withdrawal is not None:
        return (told.withdrawn(record.alias, record.accession or "", withdrawal.at, withdrawal.reason).to_reason(),)
    return (told.discarded(record.alias).to_reason(),)


def _again(
    session: Session,
    record: SubmissionRecord,
    intake: Intake,
    prefixes: Prefixes,
    actor: Actor,
    *,
    replace_files: bool,
) -> Outcome:
    """Something is registered under this name: the same, an older version of it, or a correction."""
    state, content = State(record.state), intake.content_sha256()
    if record.content_sha256 == content:
        complete_fingerprints(Work(session, record, intake, prefixes))
        return Outcome(record.id, state)
    older = version_of_content(session, record, content)
    if older is not None:
        # Results of before, run again: what was corrected since must not come back by itself.
        return Outcome(record.id, state, version=older)
    pending = pending_of(session, record, intake.verdict_sha256)
    replace_files = replace_files or (pending is not None and bool(pending.details["replace_files"]))
    correction = plan_correction(session, record, intake, prefixes, replace_files=replace_files)
    # What the rules found first: sheets that could not be read also lack every sample.
    failed = tuple(intake.reasons) if intake.verdict is Verdict.FAIL else ()
    if failed or correction.refusals:
        reasons = (*failed, *(item.to_reason() for item in correction.refusals))
        return Outcome(record.id, state, correction=correction, refused=reasons)
    decision = latest_decision(session, record, intake.verdict_sha256)
    if decision is not None and decision.decision != "approve":
        return Outcome(record.id, state, correction=correction, refused=decided_reasons(intake, decision))
    if intake.verdict is Verdict.REVIEW and decision is None:
        known = known_content(session, intake)
        hold_for_curation(session, record, intake, correction, known=known, actor=actor, replace_files=replace_files)
        return Outcome(record.id, state, correction=correction, waits=True)
    return Outcome(record.id, state, fit=True, correction=correction)


def _enter(session: Session, record: SubmissionRecord, intake: Intake, actor: Actor) -> None:
    content = intake.content_sha256()
    if record.content_sha256 == content and record.verdict_sha256 == intake.verdict_sha256:
        return
    flow = (State.MEASURED,) if record.content_sha256 == content else FLOW
    _describe(record, intake, content)
    session.add(record)
    session.flush()
    _replace_findings(session, record, intake.findings)
    said: dict[State, dict[str, Any]] = {
        State.RECEIVED: {"content_sha256": content},
        State.TRANSFERRED: {"files": len(intake.files)},
        State.VALIDATED: {"form": dict(intake.form)},
        State.MEASURED: {
            "runs": len(intake.runs),
            "verdict": intake.verdict.value,
            "verdict_sha256": intake.verdict_sha256,
            "versions": dict(intake.versions),
        },
    }
    for state in flow:
        change_state(session, record, state, actor=actor.name, details=said[state], clock=actor.clock)


def _describe(record: SubmissionRecord, intake: Intake, content: str) -> None:
    get = intake.submission.get
    record.content_sha256 = content
    record.verdict = intake.verdict.value
    record.verdict_sha256 = intake.verdict_sha256
    record.reasons = [dict(reason) for reason in intake.reasons]
    record.research_field = _word(get("form_id"))
    record.form_version = _word(get("form_version"))
    record.package = _word(get("package"))
    record.data_centre = _word(get("data_centre"))
    record.access_level = intake.submission.access.value
    record.release_date = _word(get("release_date"))
    record.attributes = _first_row(intake, "submission")
    record.project_attributes = _first_row(intake, "project")


def _word(value: str) -> str:
    return clean(value)[:LONGEST_NAME]


def _first_row(intake: Intake, sheet: str) -> dict[str, str]:
    rows = intake.submission.rows(sheet)
    return attributes_of({name: cell.value for name, cell in rows[0].cells.items()}) if rows else {}


def _replace_findings(session: Session, record: SubmissionRecord, findings: Iterable[FindingCount]) -> None:
    session.execute(delete(FindingRecord).where(FindingRecord.submission_id == record.id))
    session.add_all(
        FindingRecord(
            submission_id=record.id, place=item.place, code=item.code, severity=item.severity, count=item.count
        )
        for item in findings
    )


def _settle(session: Session, record: SubmissionRecord, intake: Intake, prefixes: Prefixes, actor: Actor) -> Outcome:
    decision = latest_decision(session, record)
    if intake.verdict is Verdict.FAIL:
        why = "the verdict is fail"
        return _move(session, record, State.RETURNED, reasons=intake.reasons, actor=actor, why=why)
    if intake.verdict is Verdict.REVIEW and decision is None:
        reasons = [*intake.reasons, *known_content(session, intake)]
        return _move(session, record, State.IN_CURATION, reasons=reasons, actor=actor, why="the verdict is review")
    if decision is not None and decision.decision == "return":
        return Outcome(record.id, State(record.state))
    refusals = resolve(session, intake, prefixes).refusals
    if refusals:
        reasons = [item.to_reason() for item in refusals]
        return _move(session, record, State.RETURNED, reasons=reasons, actor=actor, why="the catalog cannot take it")
    if record.state == State.RETURNED:
        change_state(
            session, record, State.MEASURED, actor=actor.name, reason="nothing stands against it now", clock=actor.clock
        )
    return Outcome(record.id, State(record.state), fit=True)


def _move(
    session: Session, record: SubmissionRecord, state: State, *, reasons: Iterable[Any], actor: Actor, why: str
) -> Outcome:
    record.reasons = [dict(reason) for reason in reasons]
    if record.state != state:
        codes = sorted({str(reason.get("code", "")) for reason in record.reasons})
        change_state(session, record, state, actor=actor.name, reason=why, details={"codes": codes}, clock=actor.clock)
    return Outcome(record.id, state)


def latest_decision(
    session: Session, record: SubmissionRecord, verdict_sha256: str | None = None
) -> DecisionRecord | None:
    """The newest decision about a verdict, the present one of ``record`` where none is named; decisions about other
    verdicts do not count."""
    about = record.verdict_sha256 if verdict_sha256 is None else verdict_sha256
    query = (
        select(DecisionRecord)
        .where(DecisionRecord.submission_id == record.id, DecisionRecord.verdict_sha256 == about)
        .order_by(DecisionRecord.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def register(
    session: Session,
    intake: Intake,
    stored: Stored,
    prefixes: Prefixes,
    actor: Actor,
    *,
    replace_files: bool = False,
) -> Outcome:
    """Register what :func:`receive` found fit: mint accessions, insert every row, change the state, and settle it:
    released, held or closed. Or correct what is registered. All or nothing.

    Asks everything again that another writer may have changed since.
    """
    outcome = receive(session, intake, prefixes, actor, replace_files=replace_files)
    if not outcome.fit:
        return outcome
    record = session.get_one(SubmissionRecord, outcome.submission_id)
    decision = latest_decision(session, record, intake.verdict_sha256)
    why = f"approved by {decision.decided_by}" if decision else "the verdict is pass"
    if outcome.correction is not None:
        return _correct(
            session, record, intake, outcome.correction, stored=stored, prefixes=prefixes, actor=actor, why=why
        )
    resolved = resolve(session, intake, prefixes)
    insert_objects(session, record, intake, resolved=resolved, stored=stored, prefixes=prefixes)
    _note_reasons(session, record, intake)
    change_state(
        session,
        record,
        State.REGISTERED,
        actor=actor.name,
        reason=why,
        details={"accession": record.accession, "content_sha256": record.content_sha256},
        clock=actor.clock,
    )
    held = any(copy.tier == HELD for copies in stored.values() for copy in copies)
    settle(session, record, actor=actor.name, in_held_tier=held, clock=actor.clock)
    return Outcome(record.id, State(record.state), done="registered")


def _correct(
    session: Session,
    record: SubmissionRecord,
    intake: Intake,
    correction: Correction,
    *,
    stored: Stored,
    prefixes: Prefixes,
    actor: Actor,
    why: str,
) -> Outcome:
    before = record.content_sha256
    apply_correction(session, record, intake, correction, stored=stored, prefixes=prefixes, actor=actor)
    # These change by procedures of their own, which may have moved them since they were handed in.
    fixed = {name: getattr(record, name) for name in FIXED}
    _describe(record, intake, intake.content_sha256())
    for name, value in fixed.items():
        setattr(record, name, value)
    session.flush()
    _replace_findings(session, record, intake.findings)
    _note_reasons(session, record, intake)
    drop_pending(session, record)
    details = {
        "content_sha256": record.content_sha256,
        "previous_content_sha256": before,
        "verdict": intake.verdict.value,
        "verdict_sha256": intake.verdict_sha256,
        "versions": dict(intake.versions),
    }
    note_correction(session, record, correction, actor=actor, reason=why, details=details)
    return Outcome(record.id, State(record.state), correction=correction, done="corrected")


def _note_reasons(session: Session, record: SubmissionRecord, intake: Intake) -> None:
    """What decided the verdict, and what only the catalog knows of the content."""
    known = known_content(session, intake)
    record.reasons = [*(dict(reason) for reason in intake.reasons), *known]
    if known:
        session.add(
            FindingRecord(
                submission_id=record.id,
                place=CATALOG,
                code=known[0]["code"],
                severity=known[0]["severity"],
                count=len(known),
            )
        )
        session.flush()
