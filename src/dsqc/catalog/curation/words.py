"""Words of curation in both languages."""

from dsqc.language import Text

SHEETS = {
    "submission": Text("submission", "제출"),
    "project": Text("project", "과제"),
    "sample": Text("sample", "시료"),
    "experiment": Text("experiment", "실험"),
    "run": Text("run", "런"),
    "file": Text("file", "파일"),
}
"""What one row of each sheet is."""

DECISIONS = {
    "approve": Text("approved", "승인"),
    "return": Text("returned", "반려"),
    "reject": Text("rejected", "거절"),
}

ANSWERS = {
    "changed": Text("changed", "바뀜"),
    "unchanged": Text("not changed", "그대로"),
    "removed": Text("no longer there", "없어짐"),
    "untold": Text("cannot be told from the form", "양식만으로 알 수 없음"),
}
"""How the next version answers a reason."""

SECOND = {
    "sample": Text("drawn by lot", "표본 추출"),
    "privacy": Text("findings about people in the data", "개인정보 진단 결과"),
    "closed": Text("closed data", "비공개 데이터"),
    "asked": Text("asked for by a curator", "큐레이터 요청"),
}
"""Why a second opinion is needed; anything else is the code of a finding or a research field."""
