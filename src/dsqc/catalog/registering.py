"""Taking a judged submission into the catalog: its states, and the one transaction that makes it visible."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dsqc.catalog.access.settling import settle
from dsqc.catalog.events import Clock, change_state, now
from dsqc.catalog.intake import LONGEST_NAME, FindingCount, Intake, Refusal, Stored, attributes_of, clean
from dsqc.catalog.known import known_content
from dsqc.catalog.models import DecisionRecord, FindingRecord, SubmissionRecord
from dsqc.catalog.records import insert_objects
from dsqc.catalog.resolve import resolve
from dsqc.catalog.states import REGISTERED
from dsqc.language import Text
from dsqc.model import SubmissionState as State
from dsqc.model import Verdict
from dsqc.station import HELD, Prefixes

FLOW = (State.RECEIVED, State.TRANSFERRED, State.VALIDATED, State.MEASURED)
"""What a submission has been through when it is judged."""


CATALOG = "catalog"
"""Place of the findings that only the catalog can make, beside ``forms`` and the runs' keys."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who works, for the events; and the clock that dates them."""

    name: str
    clock: Clock = now


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a submission stands.

    Attributes:
        submission_id: its row in the catalog.
        state: its state.
        fit: whether nothing stands against registering it now.
        frozen: why its content cannot be taken, because other content is registered under its name.
    """

    submission_id: int
    state: State
    fit: bool = False
    frozen: Refusal | None = None


def find_submission(session: Session, key: tuple[str, str]) -> SubmissionRecord | None:
    """The submission of ``key`` = (submitter, alias)."""
    query = select(SubmissionRecord).where(SubmissionRecord.submitter == key[0], SubmissionRecord.alias == key[1])
    return session.scalars(query).first()


def receive(session: Session, intake: Intake, prefixes: Prefixes, actor: Actor) -> Outcome:
    """Enter a judged submission, or find it again, and bring it to the state its verdict and its curator say.

    Nothing is written where nothing changed: the same submission judged the same is where it was.
    """
    record = find_submission(session, intake.key)
    if record is not None and record.state in (*REGISTERED, State.REJECTED, State.WITHDRAWN):
        same = record.content_sha256 == intake.content_sha256()
        return Outcome(record.id, State(record.state), frozen=None if same else _frozen(record))
    if record is None:
        record = SubmissionRecord(submitter=intake.key[0], alias=intake.key[1], state="", content_sha256="")
    _enter(session, record, intake, actor)
    return _settle(session, record, intake, prefixes, actor)


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


def latest_decision(session: Session, record: SubmissionRecord) -> DecisionRecord | None:
    """The newest decision about the present verdict of ``record``; decisions about other verdicts do not count."""
    query = (
        select(DecisionRecord)
        .where(DecisionRecord.submission_id == record.id, DecisionRecord.verdict_sha256 == record.verdict_sha256)
        .order_by(DecisionRecord.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def register(session: Session, intake: Intake, stored: Stored, prefixes: Prefixes, actor: Actor) -> Outcome:
    """Register what :func:`receive` found fit: mint accessions, insert every row, change the state, and settle it:
    released, held or closed. All or nothing.

    Asks everything again that another writer may have changed since.
    """
    outcome = receive(session, intake, prefixes, actor)
    if not outcome.fit:
        return outcome
    record = session.get_one(SubmissionRecord, outcome.submission_id)
    decision = latest_decision(session, record)
    resolved = resolve(session, intake, prefixes)
    insert_objects(session, record, intake, resolved=resolved, stored=stored, prefixes=prefixes)
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
    why = f"approved by {decision.decided_by}" if decision else "the verdict is pass"
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
    return Outcome(record.id, State(record.state))


def _frozen(record: SubmissionRecord) -> Refusal:
    name = record.accession or record.alias
    return Refusal(
        "DSQC-G003",
        "submission",
        record.alias,
        Text(
            f'"{record.alias}" is {record.state} as {name} with other content; what is registered never changes.',
            f'"{record.alias}"은(는) {name}(상태 {record.state})에 다른 내용으로 있으며, 바꿀 수 없습니다.',
        ),
        Text(
            "Submit new samples and data under another submission_alias; ask the station about a correction.",
            "새 시료와 데이터는 다른 submission_alias로 제출하고, 정정은 스테이션에 문의하세요.",
        ),
    )
