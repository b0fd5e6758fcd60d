"""The curators' queue: what waits, ordered by what needs a person, each row with why it stands where it stands."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer, selectinload

from dsqc.catalog.curation.cases import holder
from dsqc.catalog.curation.opinions import BLIND, Progress, progress_of_opinions
from dsqc.catalog.curation.outliers import Outlier, PeerRuns, outliers
from dsqc.catalog.curation.priorities import Priorities, priorities
from dsqc.catalog.curation.words import SECOND
from dsqc.catalog.events import timestamp
from dsqc.catalog.models import (
    CurationCaseRecord,
    CurationOpinionRecord,
    DecisionRecord,
    EventRecord,
    FindingRecord,
    SubmissionRecord,
)
from dsqc.catalog.versions.pending import waiting_versions
from dsqc.language import Language, Text
from dsqc.model import SubmissionState as State
from dsqc.registry import rule

MOST_NAMED = 4
"""Codes or metrics that one line of why names."""
PRIVATE = "privacy"


@dataclass(frozen=True, slots=True)
class Why:
    """One thing that speaks for a person's look: its kind, the points it gives, and what it is."""

    kind: str
    points: float
    text: Text

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        en, ko = self.text.get(Language.EN), self.text.get(Language.KO)
        return {"kind": self.kind, "points": round(self.points, 1), "text": en, "text_ko": ko}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one submission that waits.

    Attributes:
        codes: how often each rule spoke, warnings and errors only.
        since: when it came into the queue; UTC, as in events.
        returns: how often it was returned before.
        unanswered: reasons of the last return that nothing was done about.
    """

    codes: Mapping[str, int]
    since: str
    returns: int
    outliers: Sequence[Outlier] = ()
    unanswered: int = 0
    progress: Progress = Progress.OPEN


def waiting(session: Session, at: datetime, rules: Priorities | None = None) -> list[dict[str, Any]]:
    """Submissions in curation that nobody has decided, in the order of the queue.

    Args:
        at: now; for ages and assignments.
        rules: what counts how much; what dsqc ships unless given.
    """
    rules = rules or priorities()
    records = _undecided(session)
    cases = _cases(session, records)
    since, returns = _events(session, records)
    codes = _codes(session, records)
    peers = PeerRuns(session, rules.peers)
    rows = []
    for record in records:
        case = cases.get((record.id, record.verdict_sha256))
        facts = Facts(
            codes[record.id],
            since.get(record.id, ""),
            returns[record.id],
            outliers(peers, rules.peers, case.runs, record.research_field) if case else (),
            case.unanswered if case else 0,
            progress_of_opinions(case.opinions if case else ()),
        )
        rows.append(_row(record, case, facts, why(facts, rules, at), timestamp(at)))
    rows += (_correction(item, rules, at) for item in waiting_versions(session))
    return sorted(rows, key=lambda row: (-row["points"], row["since"], row["submission"], row["submitter"]))


def facts_of(session: Session, record: SubmissionRecord, case: CurationCaseRecord | None, rules: Priorities) -> Facts:
    """What is known of one submission, for its own page."""
    since, returns = _events(session, [record])
    found = outliers(PeerRuns(session, rules.peers), rules.peers, case.runs, record.research_field) if case else []
    codes = _codes(session, [record])[record.id]
    progress = progress_of_opinions(case.opinions if case else ())
    return Facts(codes, since.get(record.id, ""), returns[record.id], found, case.unanswered if case else 0, progress)


def why(facts: Facts, rules: Priorities, at: datetime) -> list[Why]:
    """What speaks for a person's look, the weightiest first."""
    found = [*_of_findings(facts.codes, rules), *_of_outliers(facts.outliers, rules), *_of_history(facts, rules, at)]
    return sorted(found, key=lambda item: -item.points)


def _of_findings(codes: Mapping[str, int], rules: Priorities) -> Iterable[Why]:
    private = {code: number for code, number in codes.items() if rule(code).kind == PRIVATE}
    against = {code: number for code, number in codes.items() if code in rules.form_against_file}
    others = {code: number for code, number in codes.items() if code not in {*private, *against}}
    if private:
        weight = rules.weights["privacy"]
        points = min(weight.points + rules.further_private * (len(private) - 1), weight.most)
        yield Why("privacy", points, _named(Text("people in the data", "데이터 속 개인정보"), private))
    if against:
        points = rules.weights["form_against_file"].of(len(against))
        yield Why("form_against_file", points, _named(Text("form and files differ", "양식과 파일 불일치"), against))
    if others:
        points = rules.weights["other_findings"].of(len(others))
        yield Why("other_findings", points, _named(Text("other findings", "그 밖의 진단 결과"), others))


def _named(what: Text, codes: Mapping[str, int]) -> Text:
    ordered = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    listed = ", ".join(code + (f" ×{number:,}" if number > 1 else "") for code, number in ordered[:MOST_NAMED])
    rest = f" +{len(ordered) - MOST_NAMED}" if len(ordered) > MOST_NAMED else ""
    return Text(f"{what.en}: {listed}{rest}", f"{what.ko}: {listed}{rest}")


def _of_outliers(found: Sequence[Outlier], rules: Priorities) -> Iterable[Why]:
    if not found:
        return
    listed = [outlier_text(item) for item in found[:2]]
    rest = f"; +{len(found) - 2}" if len(found) > 2 else ""
    text = Text(
        f"unlike other runs: {'; '.join(item.en for item in listed)}{rest}",
        f"다른 런과 다름: {'; '.join(item.ko for item in listed)}{rest}",
    )
    yield Why("outliers", rules.weights["outliers"].of(len(found)), text)


def outlier_text(item: Outlier) -> Text:
    """One outlier in a line."""
    from dsqc.metrics.catalogue import METRICS  # with all collectors behind it; the most queues have no outliers

    label = METRICS[item.metric].name if item.metric in METRICS else Text(item.metric, item.metric)
    shown = f"{item.value:.6g} ({item.run_key})"
    z = "" if item.robust_z is None else f", z {item.robust_z:+.1f}"
    return Text(
        f"{label.en} {shown}; median of {item.peers:,} runs {item.median:.6g}{z}",
        f"{label.ko} {shown}; 런 {item.peers:,}개의 중앙값 {item.median:.6g}{z}",
    )


def _of_history(facts: Facts, rules: Priorities, at: datetime) -> Iterable[Why]:
    if facts.progress is Progress.DISAGREED:
        text = Text("two opinions differ", "두 의견이 다름")
        yield Why("disagreement", rules.weights["disagreement"].of(1), text)
    if facts.unanswered:
        number = facts.unanswered
        text = Text(f"reasons of the last return unanswered: {number}", f"지난 반려 사유 중 미조치 {number}건")
        yield Why("unanswered", rules.weights["unanswered"].of(number), text)
    if facts.returns:
        text = Text(f"returned before: {facts.returns}", f"이전 반려 {facts.returns}회")
        yield Why("returned", rules.weights["returned"].of(facts.returns), text)
    days = days_since(facts.since, at)
    if days >= 1:
        text = Text(f"days in the queue: {int(days)}", f"대기 {int(days)}일")
        yield Why("age", rules.weights["age"].of(int(days)), text)


def days_since(text: str, at: datetime) -> float:
    """Days from a time of the catalog until ``at``; 0 for none."""
    if not text:
        return 0.0
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return max(0.0, (at - moment).total_seconds() / 86400)


def _row(
    record: SubmissionRecord, case: CurationCaseRecord | None, facts: Facts, found: Sequence[Why], at: str
) -> dict[str, Any]:
    return {
        "submission": record.alias,
        "submitter": record.submitter,
        "research_field": record.research_field,
        "package": record.package,
        "access_level": record.access_level,
        "since": facts.since,
        "version": case.version if case else 1,
        "returns": facts.returns,
        "points": round(sum(item.points for item in found), 1),
        "why": [item.to_dict() for item in found],
        "assigned_to": holder(case, at) if case else "",
        "assigned_until": case.assigned_until if case and holder(case, at) else "",
        "progress": facts.progress.value,
        "second": second_of(case),
        "results": case.results if case else "",
        "reasons": list(record.reasons),
    }


def _correction(item: Mapping[str, Any], rules: Priorities, at: datetime) -> dict[str, Any]:
    """The row of a correction of what is registered. It has no case: one curator decides it."""
    codes: Counter[str] = Counter()
    for reason in item["reasons"]:
        if reason.get("severity") != "info":
            codes[reason["code"]] += int(reason.get("count", 1))
    found = why(Facts(codes, item["since"], 0), rules, at)
    alone = {"returns": 0, "assigned_to": "", "assigned_until": "", "second": None, "results": ""}
    points = {"points": round(sum(one.points for one in found), 1), "why": [one.to_dict() for one in found]}
    return {**item, **alone, **points, "progress": Progress.OPEN.value}


def second_of(case: CurationCaseRecord | None) -> dict[str, Any] | None:
    """Why two decide, who is asked, and who has given an opinion; never which. ``None`` where one is enough."""
    if case is None or not case.second_reason:
        return None
    said = SECOND.get(case.second_reason, Text(case.second_reason, case.second_reason))
    return {
        "reason": case.second_reason,
        "text": said.en,
        "text_ko": said.ko,
        "to": case.second_to,
        "third_to": case.third_to,
        "given": [item.curator for item in case.opinions if item.role in BLIND],
    }


def _undecided(session: Session) -> list[SubmissionRecord]:
    decided = select(DecisionRecord.id).where(
        DecisionRecord.submission_id == SubmissionRecord.id,
        DecisionRecord.verdict_sha256 == SubmissionRecord.verdict_sha256,
    )
    query = select(SubmissionRecord).where(SubmissionRecord.state == State.IN_CURATION.value, ~decided.exists())
    return list(session.scalars(query))


def _cases(session: Session, records: Sequence[SubmissionRecord]) -> dict[tuple[int, str], CurationCaseRecord]:
    found: dict[tuple[int, str], CurationCaseRecord] = {}
    for part in _parts(records):
        query = (
            select(CurationCaseRecord)
            .where(CurationCaseRecord.submission_id.in_(part))
            .options(
                defer(CurationCaseRecord.content),  # the whole form
                selectinload(CurationCaseRecord.opinions).selectinload(CurationOpinionRecord.reasons),
            )
        )
        found |= {(item.submission_id, item.verdict_sha256): item for item in session.scalars(query)}
    return found


def _events(session: Session, records: Sequence[SubmissionRecord]) -> tuple[dict[int, str], Counter[int]]:
    """When each came into the queue last, and how often it was returned."""
    since: dict[int, str] = {}
    returns: Counter[int] = Counter()
    actions = (State.IN_CURATION.value, State.RETURNED.value)
    for part in _parts(records):
        query = (
            select(EventRecord.submission_id, EventRecord.action, func.max(EventRecord.at), func.count())
            .where(EventRecord.submission_id.in_(part), EventRecord.action.in_(actions))
            .group_by(EventRecord.submission_id, EventRecord.action)
        )
        for submission, action, newest, number in session.execute(query):
            if action == State.RETURNED.value:
                returns[submission] = number
            else:
                since[submission] = newest
    return since, returns


def _codes(session: Session, records: Sequence[SubmissionRecord]) -> dict[int, dict[str, int]]:
    """How often each rule spoke: findings of the results, and what only the verdict names."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for part in _parts(records):
        query = (
            select(FindingRecord.submission_id, FindingRecord.code, func.sum(FindingRecord.count))
            .where(FindingRecord.submission_id.in_(part), FindingRecord.severity != "info")
            .group_by(FindingRecord.submission_id, FindingRecord.code)
        )
        for submission, code, number in session.execute(query):
            found[submission][code] = int(number)
    for record in records:
        own: Counter[str] = Counter()
        for reason in record.reasons:
            if reason.get("severity") != "info":
                own[reason["code"]] += int(reason.get("count", 1))
        for code, number in own.items():
            found[record.id][code] = max(number, found[record.id].get(code, 0))
    return found


def _parts(records: Sequence[SubmissionRecord], size: int = 500) -> Iterable[list[int]]:
    ids = [record.id for record in records]
    return (ids[start : start + size] for start in range(0, len(ids), size))
