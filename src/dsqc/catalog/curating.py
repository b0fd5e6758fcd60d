"""What a curator's decision does to a submission: the decision, the event, the state and what the submitter is told."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from dsqc.catalog.curation.reasons import Reason, kind_of
from dsqc.catalog.events import append_event, change_state
from dsqc.catalog.intake import Refusal, clean
from dsqc.catalog.models import DecisionRecord, SubmissionRecord
from dsqc.catalog.registering import Actor
from dsqc.language import Text
from dsqc.model import SubmissionState as State
from dsqc.registry import rule

MOST_RUNS = 5
"""Runs that a reason names."""
DATA_SHEETS = ("run", "file")
"""Sheets whose objects are data: a reason about them is one about the quality (G002), all others about the forms."""


class Decision(StrEnum):
    """What a curator may decide."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about one verdict: who, what and why.

    ``reason`` is free text, ``reasons`` those of the list with their places; at least one of both says something.
    """

    decision: Decision
    by: str
    reason: str
    verdict_sha256: str
    reasons: tuple[Reason, ...] = ()

    def says_as(self, decision: str, by: str, reason: str) -> bool:
        """Whether it is the same decision by the same person in the same words."""
        return (self.decision.value, self.by, self.reason) == (decision, by, reason)


def carry_out(
    session: Session, record: SubmissionRecord, ruling: Ruling, actor: Actor, said: dict[str, Any] | None = None
) -> None:
    """Record ``ruling`` as a decision and an event, and move the submission where it says.

    An approved submission stays in curation until it is registered. Whether it may be decided was asked before.

    Args:
        said: what the event tells besides: the opinions that led to it.
    """
    session.add(
        DecisionRecord(
            submission_id=record.id,
            verdict_sha256=ruling.verdict_sha256,
            decision=ruling.decision.value,
            decided_by=clean(ruling.by),
            reason=clean(ruling.reason),
        )
    )
    codes = [code for code, _object, _id in _looked_at(record)]
    reasons = [reason.to_dict() for reason in ruling.reasons]
    details = {"verdict_sha256": ruling.verdict_sha256, "codes": codes, "reasons": reasons, **(said or {})}
    if ruling.decision is Decision.APPROVE:
        append_event(
            session, record, "approved", actor=ruling.by, reason=ruling.reason, details=details, clock=actor.clock
        )
        return
    state = State.RETURNED if ruling.decision is Decision.RETURN else State.REJECTED
    told = [*(item.to_reason() for item in _whole(record, ruling)), *(_told(item) for item in ruling.reasons)]
    record.reasons = [*told, *record.reasons]
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


def _whole(record: SubmissionRecord, ruling: Ruling) -> list[Refusal]:
    returned = ruling.decision is Decision.RETURN
    word = ("returned", "반려") if returned else ("rejected", "거절")
    subject = {"DSQC-G001": ("metadata", "메타데이터"), "DSQC-G002": ("quality report", "품질 보고서")}
    count = len(ruling.reasons)
    said = Text(ruling.reason or f"{count} reasons, listed below", ruling.reason or f"사유 {count}건(아래)")
    return [
        Refusal(
            code,
            kind,
            object_id,
            Text(
                f"The curator {ruling.by} looked at the {subject[code][0]} and {word[0]} the submission: {said.en}",
                f"큐레이터 {ruling.by}이(가) {subject[code][1]}를 검토하고 제출을 {word[1]}했습니다: {said.ko}",
            ),
            Text(
                "Correct what the curator names and submit again." if returned else "Ask the station for the details.",
                "큐레이터가 지적한 것을 고쳐 다시 제출하세요." if returned else "자세한 내용은 스테이션에 문의하세요.",
            ),
        )
        for code, kind, object_id in _looked_at(record)
    ]


def _told(reason: Reason) -> dict[str, Any]:
    """A reason of the list as receipts tell reasons: with its cell, and what to do."""
    kind, place = kind_of(reason.code), reason.place()
    code = "DSQC-G002" if reason.sheet in DATA_SHEETS and not reason.attribute else "DSQC-G001"
    said = Text(f"{place.en}: {kind.label.en}.", f"{place.ko}: {kind.label.ko}.")
    location = {"sheet": reason.sheet, "row": reason.row, "column": reason.column, "attribute": reason.attribute}
    whole = Refusal(code, reason.sheet or "submission", reason.object_id, said, kind.advice).to_reason()
    shown = {name: value for name, value in location.items() if value}
    return {**whole, "value": reason.value, "expected": reason.code, "location": shown}
