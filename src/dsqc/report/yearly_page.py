"""The page of the yearly reports of use and of security, to be read or printed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsqc.language import Language, Text
from dsqc.report.figure_pages import Section, page, table
from dsqc.report.figures import Figure
from dsqc.report.render import size
from dsqc.report.svg import Canvas

Data = Mapping[str, Any]
FIXITY = {
    "verify": Text("copies proven", "검증한 사본"),
    "damage": Text("copies found damaged or missing", "손상·누락 발견"),
    "repair": Text("copies mended", "복구한 사본"),
    "copy": Text("copies made", "만든 사본"),
    "archive": Text("copies encoded", "변환 보관한 사본"),
    "drop": Text("copies dropped", "삭제한 사본"),
}
ITEM = (Text("What", "항목"), False)
COUNT = (Text("Number", "건수"), True)


def yearly_page(document: Data, language: Language | None = None) -> str:
    """The page of ``dsqc catalog yearly``."""
    year = document["year"]
    title = Text(f"Yearly report {year}", f"{year}년 연간 보고서")
    subtitle = Text("use and security", "이용 현황과 보안 현황")
    use, handed = document["use"], document["use"]["handed_over"]
    figures = [
        _months("registered", Text("Submissions registered", "등록된 제출"), use["registered"], "submissions"),
        _months("handed", Text("Hand-overs", "제공"), handed["by_month"], "handed_over"),
    ]
    plots = [figures, []]
    sections = [
        Section(name, figures=drawn, tables=[table([ITEM, COUNT], rows)])
        for (name, rows), drawn in zip(report_rows(document), plots, strict=True)
    ]
    return page(title, subtitle, sections, language)


Rows = list[tuple[Text, Text]]
"""What is counted, and the number in words of both languages."""


def report_rows(document: Data) -> list[tuple[Text, Rows]]:
    """The figures of both reports, by report: what stands on the page and on the terminal."""
    return [
        (Text("Use", "이용 현황"), _use_rows(document["use"])),
        (Text("Security", "보안 현황"), _security_rows(document["security"])),
    ]


def _use_rows(use: Data) -> Rows:
    rows = [
        (Text("submissions registered", "등록된 제출"), _number(sum(row["submissions"] for row in use["registered"]))),
        (Text("exports of closed data", "비공개 자료 반출"), _number(use["closed_exports"])),
    ]
    handed = use["handed_over"]
    volume = size(handed["size_bytes"])
    return [
        *rows,
        (Text("hand-overs", "제공"), _number(handed["count"])),
        (Text("recipients", "이용자"), _number(handed["recipients"])),
        (Text("files", "파일"), _number(handed["files"])),
        (Text("volume", "용량"), Text(volume, volume)),
        (Text("refused", "거절"), _number(handed["refused"])),
    ]


def _number(value: int) -> Text:
    return Text(f"{value:,}", f"{value:,}")


def _security_rows(found: Data) -> Rows:
    log_ins, rotations = found["log_ins"], found["key_rotations"]
    return [
        (Text("failed log-ins", "로그인 실패"), _number(log_ins["failed"])),
        (Text("pages refused to a person", "거부된 화면 요청"), _number(log_ins["refused_pages"])),
        (Text("hand-overs refused", "거절된 제공"), _number(found["refused_hand_overs"])),
        *((FIXITY.get(name, Text(name, name)), _number(number)) for name, number in found["fixity_events"].items()),
        (
            Text("copies damaged or missing now", "현재 손상·누락 사본"),
            _number(sum(found["copies_not_present_now"].values())),
        ),
        (Text("keys that closed data was moved to", "비공개 자료를 옮긴 새 키"), _number(rotations["keys"])),
        (Text("submissions moved to another key", "키를 바꾼 제출"), _number(rotations["submissions"])),
        (Text("releases that take two people", "2인 승인 공개"), _releases(found["two_person_releases"])),
        (Text("signals of control charts", "관리도 신호"), _number(found["control_signals"])),
    ]


def _releases(found: Mapping[str, int]) -> Text:
    said = ", ".join(f"{state} {number:,}" for state, number in found.items()) or "0"
    return Text(said, said)


def _months(name: str, title: Text, rows: Sequence[Data], key: str) -> Figure:
    """Bars of the twelve months."""
    values = [row[key] for row in rows]
    canvas = Canvas.frame(f"months-{name}", (-0.5, len(rows) - 0.5), (0.0, max(1.0, 1.05 * max(values, default=0))))
    labels = [(float(place), row["month"][5:]) for place, row in enumerate(rows)]
    canvas.axes(Text("Month", "월"), title, labels)
    for place, value in enumerate(values):
        if value:
            canvas.steps([(place - 0.38, place + 0.38, float(value))], "steps s0")
    return Figure(title, canvas.render(title, Text(f"In all {sum(values):,}.", f"모두 {sum(values):,}건.")))
