"""What a rule's page says, in words: `dsqc explain` prints it, the documentation shows it."""

import re
from dataclasses import dataclass

from dsqc.language import Text
from dsqc.registry import OURS, Rule, RuleState
from dsqc.report.labels import SEVERITIES

KINDS = {
    "column": Text(
        "column: are the sheets, the headings and the required values there?",
        "컬럼: 시트, 열 이름, 필수 값이 있는가",
    ),
    "date": Text("date: is it a day of the calendar, and a possible one?", "날짜: 실제로 있는 날짜이고 가능한 값인가"),
    "pattern": Text("pattern: is the value written as it must be?", "패턴: 값이 정해진 형식대로 쓰였는가"),
    "code": Text("code: is the value a term of its list?", "코드: 값이 목록에 있는 용어인가"),
    "relation": Text("relation: do rows and sheets fit one another?", "관계: 행과 시트가 서로 맞는가"),
    "real": Text("real data: what the bytes of the data files say", "실데이터: 데이터 파일의 내용"),
    "curation": Text("curation: what a person decides", "큐레이션: 사람이 판단하는 것"),
    "privacy": Text("privacy: people in the data", "개인정보: 자료 속의 사람"),
}
"""The diagnoses of the station's quality procedure."""
OBJECTS = {
    "table": Text("every sheet", "모든 시트"),
    "submission": Text("submission sheet", "submission 시트"),
    "project": Text("project sheet", "project 시트"),
    "admin": Text("project sheet: administration", "project 시트의 과제 행정 정보"),
    "sample": Text("sample sheet", "sample 시트"),
    "experiment": Text("experiment sheet", "experiment 시트"),
    "run": Text("run sheet", "run 시트"),
    "file": Text("data files and the file sheet", "데이터 파일과 file 시트"),
    "fastq": Text("reads (FASTQ, and BAM or CRAM where it fits)", "리드(FASTQ, 해당하면 BAM·CRAM)"),
    "bam": Text("alignments (BAM, CRAM, SAM)", "정렬(BAM, CRAM, SAM)"),
    "cram": Text("CRAM files", "CRAM 파일"),
    "exchange": Text("packages of other centres", "다른 센터의 꾸러미"),
}
"""What rules look at."""
STATES = {
    RuleState.ACTIVE: Text("checked", "검사함"),
    RuleState.RETIRED: Text(
        "not checked any more; older rule sets check it", "더는 검사하지 않음(이전 규칙 집합에서만 검사)"
    ),
    RuleState.RESERVED: Text("not yet checked; the code is kept for it", "아직 검사하지 않음(코드만 예약)"),
}
NEEDS = {
    "network": Text("a network", "네트워크"),
    "catalog": Text("the station's catalog", "스테이션의 카탈로그"),
    "auth": Text("an account", "계정"),
}
LABELS = {
    "message": Text("what it says", "메시지"),
    "fix": Text("what to do", "조치"),
    "good": Text("allowed, for example", "올바른 예"),
    "bad": Text("not allowed, for example", "잘못된 예"),
    "suggestion": Text("suggestion", "제안"),
    "kind": Text("diagnosis", "진단"),
    "object": Text("object", "대상"),
    "severity": Text("severity", "심각도"),
    "state": Text("state", "상태"),
    "needs": Text("needs", "필요한 것"),
    "override": Text("curator", "큐레이터"),
    "upstream": Text("follows", "근거"),
    "since": Text("since", "도입 버전"),
}
SUGGESTED = Text(
    "a finding names the value that was probably meant, where that can be told; `dsqc validate --fix` writes what is "
    "certain into the corrected copy",
    "뜻한 값을 알 수 있으면 함께 알려 줍니다. 확실한 값은 `dsqc validate --fix`가 수정본에 써 넣습니다",
)
NOT_SUGGESTED = Text("none: only a person can decide", "없음: 사람이 판단해야 합니다")
OVERRIDE = Text("may let it pass with a reason", "사유를 적고 통과시킬 수 있음")
OWN_RULE = Text("a rule of dsqc's own", "dsqc 자체 규칙")
PLACEHOLDERS = {
    "value": Text("value", "값"),
    "expected": Text("what is allowed", "허용값"),
    "attribute": Text("attribute", "항목"),
    "object_id": Text("name", "이름"),
    "location": Text("place", "위치"),
    "path": Text("file", "파일"),
    "record": Text("number", "번호"),
    "byte_offset": Text("position", "위치"),
    "metric": Text("metric", "지표"),
    "goal": Text("goal", "목표"),
    "metrics": Text("metrics", "지표"),
    "odds": Text("odds", "가능성"),
    "siblings": Text("number", "수"),
    "module": Text("library module", "라이브러리 모듈"),
    "platform": Text("platform", "플랫폼"),
    "characters": Text("characters", "문자"),
    "kind": Text("kind", "종류"),
    "name": Text("name", "이름"),
    "other": Text("other attribute", "다른 항목"),
    "package": Text("package", "패키지"),
    "probability": Text("probability", "확률"),
    "evidence": Text("evidence", "근거"),
    "problem": Text("problem", "문제"),
    "rank": Text("rank", "분류 계급"),
    "seen": Text("what was seen", "확인한 내용"),
    "snapshot": Text("taxonomy snapshot", "분류체계 스냅샷"),
    "taxid": Text("taxonomy id", "분류번호"),
}
"""What stands for the parameters of a message template where no finding fills them in."""
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a rule's page: its key, its label and what it says."""

    key: str
    label: Text
    text: Text


def lines(rule: Rule) -> tuple[Line, ...]:
    """Everything that a page says about ``rule`` besides its code and name; what says nothing is left out."""
    texts = {
        "message": readable(rule.message),
        "fix": readable(rule.fix),
        "good": rule.good,
        "bad": rule.bad,
        "suggestion": SUGGESTED if rule.suggests else NOT_SUGGESTED,
        "severity": SEVERITIES[rule.severity.value][0],
        "kind": KINDS[rule.kind],
        "object": OBJECTS[rule.object],
        "needs": _joined(rule.needs),
        "override": OVERRIDE if rule.curator_may_override else Text("", ""),
        "upstream": OWN_RULE if rule.upstream == OURS else Text(rule.upstream, rule.upstream),
        "since": Text(f"dsqc {rule.since}", f"dsqc {rule.since}"),
        "state": STATES[rule.state],
    }
    return tuple(Line(key, LABELS[key], text) for key, text in texts.items() if text.en)


def readable(template: Text) -> Text:
    """A message template with words in the place of its parameters: ``{value}`` becomes ``‹value›``."""

    def english(match: re.Match[str]) -> str:
        return f"‹{PLACEHOLDERS[match[1]].en if match[1] in PLACEHOLDERS else match[1]}›"

    def korean(match: re.Match[str]) -> str:
        return f"‹{PLACEHOLDERS[match[1]].ko if match[1] in PLACEHOLDERS else match[1]}›"

    return Text(_FIELD.sub(english, template.en), _FIELD.sub(korean, template.ko))


def _joined(needs: tuple[str, ...]) -> Text:
    return Text(", ".join(NEEDS[name].en for name in needs), ", ".join(NEEDS[name].ko for name in needs))
