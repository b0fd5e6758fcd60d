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

BATCH_TABLE = {
    "submission": Text("Submission", "제출"),
    "form": Text("Research field / form", "연구 분야 / 서식"),
    "runs": Text("Runs", "런"),
    "run": Text("Run", "런"),
    "kind": Text("Platform", "플랫폼"),
    "files": Text("Files", "파일"),
    "bytes": Text("Size", "크기"),
    "reads": Text("Reads", "리드 수"),
    "verdict": Text("Verdict", "판정"),
    "state": Text("State", "상태"),
    "accession": Text("Accession", "등록번호"),
    "reasons": Text("Reasons", "사유"),
    "findings": Text("Findings", "진단 결과"),
    "no_findings": Text("No findings.", "발견된 문제가 없습니다."),
    "profile": Text("Columns of the forms →", "서식 컬럼 분석 →"),
    "no_runs": Text("No runs were measured.", "측정된 런이 없습니다."),
    "none_match": Text("Nothing matches.", "해당하는 항목이 없습니다."),
    "registered": Text("registered", "등록됨"),
    "returned": Text("returned", "반려됨"),
    "in_curation": Text("in curation", "검토 대기"),
    "not_finished": Text("not finished", "진행 중"),
}
"""Words that the script of the batch page writes."""

BATCH = {
    **BATCH_TABLE,
    "title": Text("Batch report", "배치 보고서"),
    "submissions": Text("Submissions", "제출"),
    "filter_submissions": Text("Find by name, field, reason, accession", "이름, 분야, 사유, 등록번호로 찾기"),
    "filter_runs": Text("Find by run, submission, platform, file", "런, 제출, 플랫폼, 파일로 찾기"),
    "code": Text("Code", "코드"),
    "finding": Text("Finding", "진단 내용"),
    "causes": Text("Why submissions went back or wait for a curator", "반려되거나 검토를 기다리는 사유"),
    "show_them": Text("show them", "해당 제출 보기"),
    "failed": Text("Failed by a fault of the station, not of the data", "데이터가 아닌 시스템 문제로 실패한 항목"),
    "apart": Text("Runs that stand apart", "다른 런과 동떨어진 런"),
    "apart_note": Text(
        "Far outside the middle half of the runs of their platform in this batch (three times its width). A reason "
        "to look, not a fault.",
        "이 배치의 같은 플랫폼 런들의 가운데 절반에서 그 폭의 세 배 넘게 벗어난 런입니다. 잘못이 아니라 살펴볼 "
        "이유입니다.",
    ),
    "apart_in": Text("In what", "벗어난 지표"),
    "median": Text("median", "중앙값"),
    "distributions": Text("How the runs lie", "런 분포"),
    "distributions_note": Text(
        "A line a platform: how many runs lie where; the box holds the middle half, the line in it the median, the "
        "whiskers nine runs of ten; red dots stand apart (click to see the run).",
        "플랫폼마다 한 줄: 값별 런 수, 상자는 가운데 절반, 상자 안의 선은 중앙값, 수염은 런 열 개 중 아홉 개, 빨간 "
        "점은 동떨어진 런(누르면 해당 런).",
    ),
    "previous": Text("previous", "이전"),
    "next": Text("next", "다음"),
    "no_script": Text(
        "The tables need scripts; batch.json and runs.tsv beside this page hold the same.",
        "표를 보려면 스크립트가 필요합니다. 같은 내용이 이 페이지 옆의 batch.json과 runs.tsv에 있습니다.",
    ),
    "versions": Text("Judged by rule set", "적용한 규칙"),
    "vocabularies": Text("vocabularies", "통제어휘"),
}
"""Words of the batch page."""

YES, NO = Text("yes", "예"), Text("no", "아니요")

KINDS = {
    "missing": Text("missing", "결측"),
    "date": Text("date", "날짜"),
    "number": Text("number", "숫자"),
    "quantity": Text("number with unit", "단위 있는 숫자"),
    "coordinate": Text("coordinate", "좌표"),
    "term": Text("term", "용어"),
    "text": Text("text", "글"),
}
"""What the values of a column are."""

REMARKS = {
    "length": Text("Much longer than the rest of the column.", "열의 나머지보다 훨씬 깁니다."),
    "spelling": Text("Another spelling of a value.", "같은 값의 다른 표기입니다."),
    "outlier": Text("Far from the rest of the column.", "열의 나머지와 동떨어져 있습니다."),
    "shifted": Text("Shifted by a column.", "한 열씩 밀렸습니다."),
    "units": Text("Another unit.", "단위가 다릅니다."),
    "kinds": Text("Another kind of value.", "종류가 다른 값입니다."),
    "zeros": Text("Leading zeros lost.", "앞자리 0이 사라졌습니다."),
    "cut_off": Text("Cut off.", "중간에 끊겼습니다."),
    "date_order": Text("Another order of day and month.", "일과 월의 순서가 다릅니다."),
    "counting": Text("Counts up from row to row.", "행마다 1씩 늘어납니다."),
    "block": Text("Rows repeated.", "반복된 행입니다."),
}
"""What a remark of the column diagnosis says."""

PROFILE = {
    "title": Text("Columns", "컬럼 분석"),
    "strip": Text("What to look at", "먼저 볼 열"),
    "nothing": Text("No column needs a look.", "살펴볼 열이 없습니다."),
    "column": Text("Column", "열"),
    "holds": Text("Holds", "내용"),
    "commonest": Text("Commonest values", "가장 흔한 값"),
    "rest": Text("Other columns: nothing remarkable", "그 밖의 열: 특이한 점 없음"),
    "search": Text("Find a column", "열 찾기"),
    "legend": Text(
        "Pale part of a bar: words for “nothing” such as missing-value terms.",
        "막대의 옅은 부분: 결측 용어처럼 값이 없음을 뜻하는 말.",
    ),
    "rows": Text("rows", "행"),
    "columns": Text("columns", "열"),
    "row": Text("Row", "행"),
    "faults": Text("Findings", "지적 수"),
    "concerned": Text("Rows with most findings", "지적이 많은 행"),
    "filled": Text("Filled", "채움"),
    "distinct": Text("Different values", "서로 다른 값"),
    "kinds": Text("kinds", "종류"),
    "units": Text("units", "단위"),
    "spread": Text("least / median / greatest", "최소 / 중앙 / 최대"),
    "dates": Text("dates", "날짜"),
    "untidy": Text("with stray white space", "불필요한 공백"),
    "constant": Text("the same in every row", "모든 행이 같음"),
    "more_values": Text("further values:", "그 밖의 값:"),
    "remark": Text("remark", "참고"),
    "block": Text("Rows stand twice:", "반복된 행:"),
    "clean": Text("Nothing remarkable", "특이한 점 없음"),
    "empty": Text("Empty columns:", "빈 열:"),
    "unknown": Text("not in the form", "양식에 없는 열"),
    "versions": Text("Judged by rule set", "적용한 규칙"),
    "back": RUN["back"],
}
"""Words of the page of columns."""
