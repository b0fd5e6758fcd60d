"""What is told of a batch that has ended: one message, in Korean and English, for people and as data."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from dsqc.artefact import read_json
from dsqc.batch.plan import PLAN
from dsqc.batch.states import Outcome
from dsqc.batch.status import BatchStatus
from dsqc.language import Language, Text
from dsqc.version import __version__

MOST_NAMED = 10
"""Failed items and reasons that a message names."""
_OUTCOMES = {
    Outcome.REGISTERED: Text("registered", "등록"),
    Outcome.IN_CURATION: Text("waiting for a curator", "검토 대기"),
    Outcome.RETURNED: Text("returned", "반려"),
    Outcome.REJECTED: Text("rejected", "거절"),
    Outcome.FAILED: Text("failed by a fault of the station", "시스템 문제로 실패"),
    Outcome.RUNNING: Text("under way", "진행 중"),
    Outcome.WAITING: Text("not begun or interrupted", "시작 전 또는 중단"),
}


class NoticeKind(StrEnum):
    """Why somebody is told."""

    DONE = "batch.done"
    """Every submission has its receipt."""
    FAILED = "batch.failed"
    """Something failed by a fault of the station: somebody must look."""
    STOPPED = "batch.stopped"
    """It was interrupted, or ended with work left: the same command continues it."""
    TEST = "batch.test"
    """Nothing happened: the notification itself is tried."""


_TITLES = {
    NoticeKind.DONE: Text("finished", "완료"),
    NoticeKind.FAILED: Text("needs somebody", "확인 필요"),
    NoticeKind.STOPPED: Text("stopped before its end", "중단됨"),
    NoticeKind.TEST: Text("test of the notification", "알림 시험"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One message.

    Attributes:
        kind: why.
        batch: name of the batch.
        time: seconds since 1970.
        totals: submissions by outcome; none where there are none.
        failed_count: items that failed or were given up.
        failed: the first of them, as in ``status.schema.json`` without their logs' lines.
        reasons: codes that decided against submissions: code, message, submissions.
        report: the batch page; empty where there is none.
        work: working directory, as the command was given it.
    """

    kind: NoticeKind
    batch: str
    time: float
    totals: dict[Outcome, int]
    failed_count: int
    failed: tuple[dict[str, Any], ...]
    reasons: tuple[tuple[str, Text, int], ...]
    report: str
    work: str

    def subject(self, language: Language) -> str:
        """One line."""
        title = _TITLES[self.kind].get(language)
        counts = ", ".join(f"{number} {_OUTCOMES[item].get(language)}" for item, number in self.totals.items())
        if language is Language.KO:
            counts = ", ".join(f"{_OUTCOMES[item].ko} {number}" for item, number in self.totals.items())
        return f"[dsqc] {self.batch}: {title}" + (f" ({counts})" if counts and self.kind is not NoticeKind.TEST else "")

    def text(self, language: Language) -> str:
        """The message in one language."""
        lines = [self.subject(language).removeprefix("[dsqc] "), ""]
        for item, number in self.totals.items():
            lines.append(f"  {number:>6,}  {_OUTCOMES[item].get(language)}")
        if self.failed:
            heading = Text("Failed by a fault of the station:", "시스템 문제로 실패한 항목:")
            lines += ["", heading.get(language)]
            for row in self.failed:
                run = f"/{row['run']}" if row["run"] else ""
                advice = row["advice_ko"] if language is Language.KO else row["advice"]
                lines += [f"  {row['stage']} {row['submission']}{run}: {row['message']}", f"    → {advice}"]
            rest = self.failed_count - len(self.failed)
            if rest > 0:
                lines.append(Text(f"  … and {rest} more", f"  … 외 {rest}개").get(language))
        if self.reasons:
            heading = Text("Why submissions went back (submissions):", "반려 사유(제출 수):")
            lines += ["", heading.get(language)]
            lines += [f"  {code} {message.get(language)} ({number})" for code, message, number in self.reasons]
        lines += ["", Text("Working directory: ", "작업 디렉터리: ").get(language) + self.work]
        if self.report:
            lines.append(Text("Report: ", "보고서: ").get(language) + self.report)
        if self.kind in (NoticeKind.FAILED, NoticeKind.STOPPED):
            again = Text(
                "`dsqc batch status` says more; the same `dsqc batch run` does what is left.",
                "`dsqc batch status`가 자세히 알려 줍니다. 같은 `dsqc batch run`으로 남은 일을 계속합니다.",
            )
            lines.append(again.get(language))
        return "\n".join(lines) + "\n"

    def texts(self, language: str) -> str:
        """The message in ``ko``, ``en``, or ``both`` with Korean first."""
        wanted = [Language.KO, Language.EN] if language == "both" else [Language(language)]
        return f"\n{'-' * 60}\n\n".join(self.text(item) for item in wanted)

    def to_dict(self, language: str = "both") -> dict[str, Any]:
        """The shape of ``dsqc.schemas/reports/batch_notice.schema.json``."""
        return {
            "schema_version": "1.0",
            "event": self.kind.value,
            "dsqc_version": __version__,
            "batch": self.batch,
            "time": round(self.time, 3),
            "totals": {item.value: self.totals.get(item, 0) for item in Outcome},
            "failed_count": self.failed_count,
            "failed": [
                {name: row[name] for name in ("stage", "submission", "run", "part", "state", "message", "log")}
                for row in self.failed
            ],
            "reasons": [
                {"code": code, "message": text.en, "message_ko": text.ko, "submissions": number}
                for code, text, number in self.reasons
            ],
            "report": self.report,
            "work": self.work,
            "text": self.texts(language),
        }


def make_notice(status: BatchStatus, work: Path, *, test: bool = False, stopped: bool = False) -> Notice:
    """The message about the batch in ``work``.

    Args:
        status: how it stands.
        work: working directory.
        test: whether the notification is only tried.
        stopped: whether the run was interrupted.
    """
    left = status.totals.get(Outcome.RUNNING, 0) + status.totals.get(Outcome.WAITING, 0)
    kind = NoticeKind.DONE
    if test:
        kind = NoticeKind.TEST
    elif stopped or (left and not status.totals.get(Outcome.FAILED)):
        kind = NoticeKind.STOPPED
    elif status.totals.get(Outcome.FAILED):
        kind = NoticeKind.FAILED
    counts: Counter[str] = Counter()
    messages: dict[str, Text] = {}
    for item in status.submissions:
        if item.outcome in (Outcome.RETURNED, Outcome.REJECTED):
            for reason in item.reasons:
                counts[reason.code] += 1
                messages.setdefault(reason.code, reason.message)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NAMED]
    return Notice(
        kind=kind,
        batch=Path(str(read_json(work / PLAN).get("sheet") or work.resolve().name)).stem,
        time=status.time,
        totals={item: status.totals[item] for item in _OUTCOMES if status.totals.get(item)},
        failed_count=status.failed_count,
        failed=tuple(item.to_dict() for item in status.failed[:MOST_NAMED]),
        reasons=tuple((code, _named(code, messages[code]), number) for code, number in ordered),
        report=str(work / status.page) if status.page else "",
        work=str(work),
    )


def _named(code: str, message: Text) -> Text:
    """The name of the rule; a message of one submission would stand for all of them."""
    from dsqc.registry import rules

    rule = rules().get(code)
    return rule.name if rule else message
