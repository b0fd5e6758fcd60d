"""Opinions become a decision: one where one is enough, else two that were given blind and agree, else a third's.

A blind opinion is not told to anybody before both are there: its event holds a digest of it, and the event of the
decision, or of the disagreement, tells it together with what the digest can be checked by.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from dsqc.catalog.curating import Decision, Ruling, carry_out
from dsqc.catalog.curation.cases import (
    ASKED,
    check_curator,
    holder,
    reason_of,
    reasons_in_force,
    remarks_in_force,
)
from dsqc.catalog.curation.reasons import version
from dsqc.catalog.events import append_event, timestamp
from dsqc.catalog.intake import clean
from dsqc.catalog.models import (
    CurationCaseRecord,
    CurationOpinionRecord,
    CurationReasonRecord,
    DecisionRecord,
    SubmissionRecord,
)
from dsqc.catalog.registering import Actor, latest_decision
from dsqc.errors import UsageError
from dsqc.model import SubmissionState as State
from dsqc.station.sections import Curation

FIRST, SECOND, THIRD, SETTLED = "first", "second", "third", "settled"
BLIND = (FIRST, SECOND)


class Progress(StrEnum):
    """How far a case is."""

    OPEN = "open"
    ONE_OPINION = "waits_for_second"
    DISAGREED = "disagreed"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Given:
    """What came of an opinion, and the decision that is in force where there is one."""

    progress: Progress
    ruling: Ruling | None = None


def progress_of(session: Session, record: SubmissionRecord, case: CurationCaseRecord | None) -> Progress:
    """How far the present case of ``record`` is."""
    if latest_decision(session, record) is not None:
        return Progress.DECIDED
    return progress_of_opinions(case.opinions if case else ())


def progress_of_opinions(opinions: Sequence[CurationOpinionRecord]) -> Progress:
    """How far an undecided case with these opinions is."""
    blind = sum(item.role in BLIND for item in opinions)
    return (Progress.OPEN, Progress.ONE_OPINION, Progress.DISAGREED)[blind]


def ask_second(
    session: Session, record: SubmissionRecord, case: CurationCaseRecord, name: str, *, rules: Curation, actor: Actor
) -> None:
    """Ask ``name`` for a second opinion, or for a third where the two differ; recorded as an event.

    Raises:
        UsageError: it does not wait, or ``name`` has given an opinion already or is no curator.
    """
    if record.state != State.IN_CURATION or latest_decision(session, record) is not None:
        raise UsageError(
            f"Submission {record.alias} is decided or does not wait ({record.state}).",
            hint="A second opinion is asked for before the decision.",
        )
    check_curator(name, rules)
    if name in {item.curator for item in case.opinions}:
        raise UsageError(f"{name} has given an opinion of {record.alias} already.", hint="Ask somebody else.")
    is_third = progress_of_opinions(case.opinions) is Progress.DISAGREED
    if is_third:
        case.third_to = name
    else:
        if name == case.assigned_to:
            raise UsageError(f"{record.alias} is assigned to {name}.", hint="Ask somebody else for the second opinion.")
        case.second_to = name
        case.second_reason = case.second_reason or ASKED
    details = {"verdict_sha256": case.verdict_sha256, "to": name, "role": THIRD if is_third else SECOND}
    append_event(
        session, record, "opinion_asked", actor=actor.name, reason=f"of {name}", details=details, clock=actor.clock
    )


def give(
    session: Session,
    record: SubmissionRecord,
    case: CurationCaseRecord,
    ruling: Ruling,
    *,
    rules: Curation,
    actor: Actor,
) -> Given:
    """Take ``ruling`` as an opinion, and carry the decision out where that makes one. The same again changes nothing.

    Raises:
        UsageError: the submission does not wait for a decision about this verdict, somebody else has decided it or
            works on it, or the curator cannot be the second.
    """
    last = latest_decision(session, record)
    own = next((item for item in reversed(case.opinions) if item.curator == ruling.by), None)
    if own is not None and ruling.says_as(own.decision, own.curator, own.text) and _same(own, ruling):
        return _given(case, last)
    _check_waiting(record, case, ruling, last)
    check_curator(ruling.by, rules)
    role = _role(record, case, ruling, rules, timestamp(actor.clock()))
    opinion = _write(session, case, ruling, role, actor)
    if not case.second_reason or role in (THIRD, SETTLED):
        return _decide(session, record, case, ruling, actor)
    if progress_of_opinions(case.opinions) is Progress.ONE_OPINION:
        details = {"verdict_sha256": case.verdict_sha256, "role": role, "commitment": commitment(opinion)}
        append_event(session, record, "opinion_given", actor=ruling.by, details=details, clock=actor.clock)
        return Given(Progress.ONE_OPINION)
    if len({item.decision for item in case.opinions}) == 1:
        return _decide(session, record, case, ruling, actor)
    both = {"verdict_sha256": case.verdict_sha256, "opinions": [told(item) for item in case.opinions]}
    append_event(session, record, "opinions_differ", actor=ruling.by, details=both, clock=actor.clock)
    return Given(Progress.DISAGREED)


def _same(own: CurationOpinionRecord, ruling: Ruling) -> bool:
    return [reason_of(item).key for item in own.reasons] == [item.key for item in ruling.reasons]


def _given(case: CurationCaseRecord, last: DecisionRecord | None) -> Given:
    if last is None:
        return Given(progress_of_opinions(case.opinions))
    return Given(Progress.DECIDED, ruling_of(case, last))


def ruling_of(case: CurationCaseRecord, decision: DecisionRecord) -> Ruling:
    """The decision that is in force, with the reasons of everybody who decided so."""
    reasons = tuple(reasons_in_force(case, decision.decision))
    return Ruling(Decision(decision.decision), decision.decided_by, decision.reason, decision.verdict_sha256, reasons)


def _check_waiting(
    record: SubmissionRecord, case: CurationCaseRecord, ruling: Ruling, last: DecisionRecord | None
) -> None:
    if record.state != State.IN_CURATION:
        raise UsageError(
            f"Submission {record.alias} is {record.state}, not in curation.",
            hint="Only what `dsqc curate queue` lists can be decided.",
        )
    if last is not None and (last.decided_by != ruling.by or case.second_reason):
        raise UsageError(
            f"{last.decided_by} has decided about this verdict of {record.alias} already ({last.decision}).",
            hint="There is one decision a verdict; ask who decided to change it before it is registered.",
        )


def _role(record: SubmissionRecord, case: CurationCaseRecord, ruling: Ruling, rules: Curation, at: str) -> str:
    """Which opinion this is."""
    roles = {item.role: item.curator for item in case.opinions}
    if not case.second_reason:
        _check_holder(record, case, ruling.by, at)
        return FIRST
    if len(roles) >= 2:
        return _role_after_disagreement(record, case, ruling, rules)
    if ruling.by in roles.values():
        raise UsageError(
            f"{ruling.by} has given an opinion of {record.alias} already; it waits for a second one.",
            hint="`dsqc curate second` asks somebody for it.",
        )
    if case.second_to and ruling.by == case.second_to:
        return SECOND
    if FIRST not in roles:
        _check_holder(record, case, ruling.by, at)
        return FIRST
    if case.second_to and ruling.by != case.second_to:
        raise UsageError(
            f"{case.second_to} is asked for the second opinion of {record.alias}.",
            hint=f"`dsqc curate second {record.alias} --to {ruling.by}` asks {ruling.by} instead.",
        )
    return SECOND


def _check_holder(record: SubmissionRecord, case: CurationCaseRecord, name: str, at: str) -> None:
    other = holder(case, at)
    if other and other != name:
        raise UsageError(
            f"{record.alias} is assigned to {other} until {case.assigned_until[:10]}.",
            hint=f"`dsqc curate assign {record.alias} --to {name}` takes it over.",
        )


def _role_after_disagreement(
    record: SubmissionRecord, case: CurationCaseRecord, ruling: Ruling, rules: Curation
) -> str:
    two = {item.curator: item.decision for item in case.opinions if item.role in BLIND}
    if rules.disagreement == "settle":
        others = {decision for name, decision in two.items() if name != ruling.by}
        if ruling.by not in two or ruling.decision.value not in others:
            raise UsageError(
                f"{' and '.join(two)} differ about {record.alias} and settle it between them.",
                hint="One of the two decides as the other did.",
            )
        return SETTLED
    if ruling.by in two or (case.third_to and ruling.by != case.third_to):
        who = case.third_to or "a third curator"
        raise UsageError(
            f"{' and '.join(two)} differ about {record.alias}; {who} decides.",
            hint=f"`dsqc curate second {record.alias} --to NAME` asks a third.",
        )
    return THIRD


def _write(
    session: Session, case: CurationCaseRecord, ruling: Ruling, role: str, actor: Actor
) -> CurationOpinionRecord:
    opinion = next((item for item in case.opinions if item.role == role), None)
    if opinion is None:
        opinion = CurationOpinionRecord(case_id=case.id, role=role, curator=ruling.by, reasons=[])
        case.opinions.append(opinion)
    opinion.decision = ruling.decision.value
    opinion.text = clean(ruling.reason)
    opinion.at = timestamp(actor.clock())
    opinion.nonce = secrets.token_hex(16)
    opinion.reasons = [
        CurationReasonRecord(
            code=item.code,
            sheet=item.sheet,
            attribute=clean(item.attribute),
            object_id=clean(item.object_id),
            row=item.row,
            column=item.column,
            value=clean(item.value),
        )
        for item in ruling.reasons
    ]
    session.flush()
    return opinion


def commitment(opinion: CurationOpinionRecord) -> str:
    """SHA-256 over an opinion and its nonce, as canonical JSON: what ``told`` says can be checked against it."""
    text = json.dumps(told(opinion), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def told(opinion: CurationOpinionRecord) -> dict[str, Any]:
    """An opinion as events tell it, once it may be told."""
    return {
        "role": opinion.role,
        "curator": opinion.curator,
        "decision": opinion.decision,
        "text": opinion.text,
        "reasons": [reason_of(item).to_dict() for item in opinion.reasons],
        "nonce": opinion.nonce,
    }


def _decide(
    session: Session, record: SubmissionRecord, case: CurationCaseRecord, ruling: Ruling, actor: Actor
) -> Given:
    """The decision that the opinions make; of several who decided so, all are named and all reasons count."""
    agreed = remarks_in_force(case, ruling.decision.value)
    names = list(dict.fromkeys(item.curator for item in agreed))
    texts = list(dict.fromkeys(item.text for item in agreed if item.text))
    reasons = tuple(reasons_in_force(case, ruling.decision.value))
    made = Ruling(ruling.decision, ", ".join(names), " / ".join(texts), ruling.verdict_sha256, reasons)
    said: dict[str, Any] = {"reason_list": version()}
    if case.second_reason:
        said["opinions"] = [told(item) for item in case.opinions]
    carry_out(session, record, made, actor, said)
    return Given(Progress.DECIDED, made)
