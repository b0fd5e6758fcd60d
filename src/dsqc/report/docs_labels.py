"""Words of the documentation pages, in Korean and English."""

from dsqc.forms import Missing, Requirement, VersionStatus, Visibility
from dsqc.language import Text

REQUIREMENTS = {
    Requirement.MANDATORY: (Text("mandatory", "필수"), "bad"),
    Requirement.CONDITIONAL: (Text("mandatory if", "조건부 필수"), "fair"),
    Requirement.ONE_OF_GROUP: (Text("one of a group", "택일 필수"), "fair"),
    Requirement.RECOMMENDED: (Text("recommended", "권장"), "good"),
    Requirement.OPTIONAL: (Text("optional", "선택"), "none"),
}
"""Text and style of each requirement."""

TYPES = {
    "string": Text("text", "텍스트"),
    "text": Text("text of several sentences", "여러 문장의 텍스트"),
    "integer": Text("whole number", "정수"),
    "number": Text("number", "숫자"),
    "quantity": Text("number, blank, unit", "숫자와 단위(빈칸으로 구분)"),
    "enum": Text("term of a list", "목록의 용어"),
    "date": Text("day: YYYY-MM-DD", "날짜: YYYY-MM-DD"),
    "date_or_range": Text(
        "day, month or year, or a range: YYYY-MM-DD, YYYY-MM, YYYY, start/end",
        "날짜·월·연도 또는 기간: YYYY-MM-DD, YYYY-MM, YYYY, 시작/끝",
    ),
    "date_range": Text("range of days: start/end", "기간: 시작/끝"),
    "year": Text("year: YYYY", "연도: YYYY"),
    "duration": Text("duration", "기간 길이"),
    "taxon": Text("scientific name", "학명"),
    "taxid": Text("NCBI taxonomy number", "NCBI 분류번호"),
    "lat_lon": Text("decimal degrees: 37.5665 N 126.9780 E", "십진 도: 37.5665 N 126.9780 E"),
    "geo_loc": Text("country, colon, region in English", "국가명:지역(영문)"),
    "term": Text("ontology term", "온톨로지 용어"),
    "envo": Text("ENVO term with its number", "번호가 붙은 ENVO 용어"),
    "voucher": Text("institution:collection:number", "기관:소장품:번호"),
    "uri": Text("web address", "웹 주소"),
    "email": Text("e-mail address", "이메일 주소"),
    "filename": Text("file name", "파일 이름"),
    "md5": Text("MD5, 32 hexadecimal digits", "MD5(16진수 32자리)"),
    "sha256": Text("SHA-256, 64 hexadecimal digits", "SHA-256(16진수 64자리)"),
    "accession": Text("accession", "등록번호"),
    "accession_list": Text("accessions", "등록번호 목록"),
    "id_list": Text("identifiers", "식별자 목록"),
    "string_list": Text("several texts", "텍스트 목록"),
    "kv_list": Text("pairs name=value", "이름=값 목록"),
    "ref": Text("name of a row of another sheet", "다른 시트에 있는 행의 이름"),
    "pseudonym": Text("pseudonym, never a name of a person", "가명(사람 이름 금지)"),
}

MISSING = {
    Missing.ALLOWED: Text("a missing-value term may stand for it", "값 대신 결측 용어를 쓸 수 있음"),
    Missing.REPORTING: Text(
        "only a term of the reporting level may stand for it, such as `missing: lab stock`",
        "값 대신 보고 수준의 결측 용어(`missing: lab stock` 등)만 쓸 수 있음",
    ),
}
"""Which missing-value terms may stand for a value that is required."""

VISIBILITY = {
    Visibility.CONTROLLED: Text("controlled access", "통제 접근"),
    Visibility.CLOSED: Text("never shown", "비공개"),
}
"""Who sees the value, where it is not everybody."""

STATUSES = {
    **{status.value: status.label for status in VersionStatus},
    "historical": Text("no longer allowed", "더는 쓰지 않음"),
}

SHEETS = {
    "submission": Text("One row: who submits, by which form.", "한 행: 누가 어떤 양식으로 제출하는지 적습니다."),
    "project": Text("One row a project: what the data is for.", "프로젝트마다 한 행: 자료를 만든 과제를 적습니다."),
    "sample": Text(
        "One row a sample: what was taken, where and when.", "시료마다 한 행: 무엇을 언제 어디서 얻었는지 적습니다."
    ),
    "experiment": Text(
        "One row a library: how a sample was prepared and sequenced.",
        "라이브러리마다 한 행: 시료를 어떻게 준비하고 시퀀싱했는지 적습니다.",
    ),
    "run": Text(
        "One row a run: what the machine gave for a library.",
        "런마다 한 행: 라이브러리에서 나온 시퀀싱 결과를 적습니다.",
    ),
    "file": Text("One row a data file.", "데이터 파일마다 한 행입니다."),
}

DOCS = {
    "title": Text("dsqc: forms and rules", "dsqc: 등록양식과 규칙"),
    "intro": Text(
        "What to fill in, and what is checked. Choose your research field; then choose the BioSample package of your "
        "samples on its page.",
        "무엇을 적고 무엇을 검사하는지 보여 줍니다. 연구분야를 고른 뒤, 그 쪽에서 시료의 바이오샘플 패키지를 고르세요.",
    ),
    "forms": Text("Forms", "등록양식"),
    "rules": Text("Rules", "규칙"),
    "vocabularies": Text("Vocabularies", "통제어휘"),
    "skip": Text("Skip to the content", "본문으로 건너뛰기"),
    "pages": Text("Pages", "쪽"),
    "field_filter": Text("Find a research field or package", "연구분야·패키지 찾기"),
    "rule_filter": Text("Find by code or words", "코드나 낱말로 찾기"),
    "vocabulary_filter": Text("Find a vocabulary by name or term", "어휘 이름이나 용어로 찾기"),
    "attribute_filter": Text("Find an attribute", "항목 찾기"),
    "term_filter": Text("Find a term", "용어 찾기"),
    "package": Text("BioSample package", "바이오샘플 패키지"),
    "all_packages": Text("all packages", "모든 패키지"),
    "required_only": Text("only what is required", "필수 항목만"),
    "packages": Text("packages", "패키지"),
    "packages_label": Text("For", "대상"),
    "version": Text("version", "버전"),
    "versions": Text("Versions", "버전"),
    "sheet": Text("sheet", "시트"),
    "attribute": Text("Attribute", "항목"),
    "requirement": Text("Requirement", "필수 여부"),
    "what": Text("What to write", "작성 방법"),
    "example": Text("Example", "예"),
    "type": Text("type", "유형"),
    "list": Text("list", "목록"),
    "missing": Text("no value?", "값이 없으면"),
    "units": Text("units", "단위"),
    "range": Text("range", "범위"),
    "pattern": Text("pattern", "패턴"),
    "also": Text("also taken", "허용하는 다른 값"),
    "several": Text("several values", "여러 값"),
    "refers": Text("must stand in", "있어야 하는 곳"),
    "more": Text("Source and details", "출처와 자세한 내용"),
    "follows": Text("follows", "근거 항목"),
    "source": Text("source", "출처"),
    "status": Text("status", "상태"),
    "derived": Text("set by dsqc", "dsqc가 정함"),
    "sourced": Text("from a document of the plan", "계획 문서에 있음"),
    "from_source": Text("from the source named", "밝힌 출처에 있음"),
    "evidence": Text("evidence", "근거"),
    "checklists": Text("follows the checklists", "따르는 체크리스트"),
    "ministries": Text("ministries", "부처"),
    "centre": Text("data centre", "데이터센터"),
    "note": Text("note", "참고"),
    "other_names": Text("other headings", "다른 열 이름"),
    "layer": Text("layer", "양식 계층"),
    "kbds": Text(
        "A guide to K-BDS marks it mandatory, which is not confirmed: so it is where a station says `kbds_strict`.",
        "K-BDS 안내서는 필수로 표시하지만 확인되지 않았습니다. `kbds_strict`를 켠 스테이션에서는 필수입니다.",
    ),
    "commands": Text("Next", "다음"),
    "show": Text("this form at the terminal", "터미널에서 이 양식 보기"),
    "schema": Text("the form as JSON Schema", "JSON Schema로 받기"),
    "validate": Text("check what you filled in", "채운 양식 검증"),
    "group_of": Text("at least one of", "다음 가운데 하나 이상"),
    "terms": Text("terms", "용어"),
    "term": Text("Term", "용어"),
    "label": Text("Label", "이름"),
    "synonyms": Text("Taken for it by mistake", "잘못 쓰기 쉬운 표기"),
    "parent": Text("Belongs to", "상위"),
    "used_by": Text("Used by", "쓰는 항목"),
    "not_used": Text(
        "Rules look things up in it; no attribute names it.", "규칙에서 찾아보는 어휘이며 항목에서 직접 쓰지 않습니다."
    ),
    "severity": Text("Severity", "심각도"),
    "diagnosis": Text("Diagnosis", "진단"),
    "code": Text("Code", "코드"),
    "rule": Text("Rule", "규칙"),
    "all": Text("all", "전체"),
    "shown": Text("shown", "표시"),
    "none_match": Text("Nothing matches.", "해당하는 것이 없습니다."),
    "rule_set": Text("rule set", "규칙 집합"),
    "state": Text("State", "상태"),
    "at_terminal": Text("At the terminal", "터미널에서"),
    "if": Text("if", "조건:"),
    "object": Text("Object", "대상"),
}
"""Words of all pages."""
