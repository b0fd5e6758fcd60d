"""Words of the pages, in Korean and English."""

from dsqc.language import Text

SEVERITIES = {
    "error": (Text("error", "오류"), "bad"),
    "warning": (Text("warning", "경고"), "fair"),
    "info": (Text("info", "안내"), "none"),
}
"""Text and style of each severity."""

VERDICTS = {
    "pass": (Text("pass", "통과"), "good"),
    "review": (Text("review", "검토"), "fair"),
    "fail": (Text("fail", "불합격"), "bad"),
    "": (Text("not judged", "판정 전"), "none"),
}
"""Text and style of each verdict."""

STATES = {
    "registered": (Text("registered", "등록됨"), "good"),
    "in_curation": (Text("in curation", "검토 대기"), "fair"),
    "returned": (Text("returned", "반려됨"), "bad"),
    "rejected": (Text("rejected", "거절됨"), "bad"),
    "planned": (Text("not started", "시작 전"), "none"),
    "transferred": (Text("transferred", "전송됨"), "none"),
    "validated": (Text("validated", "검증됨"), "none"),
    "measured": (Text("measured", "측정됨"), "none"),
    "judged": (Text("judged", "판정됨"), "none"),
}
"""Text and style of how a submission stands; the last five are on the way."""

APPLIES_TO = {
    "reads": Text("Reads", "리드"),
    "long_reads": Text("Long reads", "긴 리드"),
    "pairs": Text("Pairs", "리드 쌍"),
    "alignments": Text("Alignments", "정렬"),
}
"""What metrics apply to, in the order of the page."""

STATUS = {
    "pass": (Text("✓ pass", "✓ 통과"), "good"),
    "warn": (Text("! warn", "! 주의"), "fair"),
    "fail": (Text("✗ fail", "✗ 실패"), "bad"),
}
"""Text and style of FastQC's grades."""

RUN = {
    "severity": Text("Severity", "심각도"),
    "code": Text("Code", "코드"),
    "message": Text("What was seen, where, what to do", "내용, 위치, 조치"),
    "count": Text("Count", "건수"),
    "findings": Text("Findings", "진단 결과"),
    "no_findings": Text("No findings.", "발견된 문제가 없습니다."),
    "goals": Text("Quality goals", "품질 목표"),
    "file": Text("File", "파일"),
    "metric": Text("Metric", "지표"),
    "value": Text("Value", "값"),
    "bound": Text("Goal", "목표"),
    "metrics": Text("Metrics", "지표"),
    "integrity": Text("Integrity", "무결성"),
    "plots": Text("Plots", "그림"),
    "nothing_measured": Text("Nothing could be measured in this file.", "이 파일에서 측정할 수 있는 것이 없었습니다."),
    "back": Text("← All submissions", "← 전체 제출 목록"),
}
"""Words of the run page."""

BATCH = {
    "title": Text("Batch report", "배치 보고서"),
    "submissions": Text("Submissions", "제출"),
    "filter": Text("Filter by name, field, reason, accession", "이름, 분야, 사유, 등록번호로 찾기"),
    "submission": Text("Submission", "제출"),
    "form": Text("Research field / form", "연구 분야 / 서식"),
    "runs": Text("Runs", "런"),
    "files": Text("Files", "파일"),
    "bytes": Text("Size", "크기"),
    "reads": Text("Reads", "리드 수"),
    "verdict": Text("Verdict", "판정"),
    "state": Text("State", "상태"),
    "accession": Text("Accession", "등록번호"),
    "reasons": Text("Reasons", "사유"),
    "findings": Text("Findings", "진단 결과"),
    "no_findings": Text("No findings.", "발견된 문제가 없습니다."),
    "no_runs": Text("No runs were measured.", "측정된 런이 없습니다."),
    "none_match": Text("No submission matches.", "해당하는 제출이 없습니다."),
    "registered": Text("registered", "등록됨"),
    "returned": Text("returned", "반려됨"),
    "in_curation": Text("in curation", "검토 대기"),
    "not_finished": Text("not finished", "진행 중"),
}
"""Words of the batch page."""

YES, NO = Text("yes", "예"), Text("no", "아니요")
