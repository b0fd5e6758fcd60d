"""Texts of the form page: what stands in it, and what its script says."""

from dsqc.language import Text

LABELS = {
    "title": Text("Check a registration form", "등록 양식 검증"),
    "intro": Text(
        "This page checks a form as `dsqc validate` does. It works without a network; nothing leaves this computer.",
        "이 페이지는 `dsqc validate`와 똑같이 양식을 검증합니다. "
        "네트워크가 필요 없고 어떤 것도 이 컴퓨터 밖으로 나가지 않습니다.",
    ),
    "choose": Text("1. Choose the submission", "1. 제출 자료 선택"),
    "drop": Text(
        "Drop the folder of the submission here, or its form (`submission.xlsx`, or the TSV files of the sheets).",
        "제출 폴더 또는 양식(`submission.xlsx`나 시트별 TSV 파일)을 여기에 끌어다 놓으세요.",
    ),
    "folder": Text("Choose the folder …", "폴더 선택 …"),
    "folder_note": Text(
        "form and data files; of data files names and sizes only are looked at",
        "양식과 데이터 파일. 데이터 파일은 이름과 크기만 봅니다",
    ),
    "form": Text("Choose the form alone …", "양식만 선택 …"),
    "form_note": Text("one workbook, or several TSV files", "엑셀 파일 하나 또는 TSV 파일 여러 개"),
    "settings": Text("Settings", "설정"),
    "today": Text("day to judge by (empty: today, UTC)", "검증 기준일(비우면 오늘, UTC)"),
    "strict": Text("count the doubtful requirements of K-BDS too", "K-BDS의 모호한 요구 사항도 적용"),
    "again": Text("Check again", "다시 검증"),
    "result": Text("2. Findings", "2. 검증 결과"),
    "report": Text("Save the report (.zip)", "보고서 저장(.zip)"),
    "report_note": Text(
        "validate.json, all findings, the column profile as a page", "validate.json, 모든 발견 사항, 열 진단 페이지"
    ),
    "fix": Text("Save a corrected copy (.zip)", "고친 사본 저장(.zip)"),
    "fix_note": Text(
        "what is certain is put in place; patch.tsv lists every suggestion",
        "확실한 제안만 반영하며 patch.tsv에 모든 제안이 있습니다",
    ),
    "json": Text("Save the findings (.json)", "발견 사항 저장(.json)"),
    "not_checked": Text(
        "Not checked here, as this needs the contents of the data files, a network or the station's catalog:",
        "데이터 파일의 내용, 네트워크 또는 스테이션 카탈로그가 필요해 여기서 검사하지 않은 규칙:",
    ),
    "versions": Text("Rules and forms", "규칙과 양식"),
    "made_of": Text("Contains", "포함된 프로그램"),
    "no_script": Text("This page needs JavaScript.", "이 페이지에는 자바스크립트가 필요합니다."),
}
"""Texts of the template."""

MESSAGES = {
    "unpacking": Text("Unpacking the checker …", "검증기를 푸는 중 …"),
    "starting": Text("Starting Python …", "파이썬을 시작하는 중 …"),
    "loading": Text("Loading rules and forms …", "규칙과 양식을 읽는 중 …"),
    "ready": Text("Ready. Choose a submission.", "준비되었습니다. 제출 자료를 선택하세요."),
    "waiting": Text("Chosen. The check begins when Python has started.", "선택했습니다. 파이썬이 시작되면 검증합니다."),
    "checking": Text("Checking …", "검증하는 중 …"),
    "writing": Text("Writing …", "쓰는 중 …"),
    "done": Text(
        "{error} errors, {warning} warnings, {info} notes.", "오류 {error}건, 경고 {warning}건, 안내 {info}건."
    ),
    "nothing": Text("No finding: the form may be handed in.", "발견 사항이 없습니다. 제출할 수 있는 양식입니다."),
    "files_checked": Text(
        "{form} and {count} data files (names and sizes)", "{form}, 데이터 파일 {count}개(이름과 크기)"
    ),
    "form_alone": Text("{form}, without data files", "{form}, 데이터 파일 제외"),
    "no_form": Text(
        "There is no form among these files. Choose submission.xlsx, the TSV files of the sheets, or one workbook.",
        "이 가운데 양식이 없습니다. submission.xlsx, 시트별 TSV 파일 또는 엑셀 파일 하나를 선택하세요.",
    ),
    "unreadable": Text(
        "The browser cannot read {name}: {reason}", "브라우저가 {name}을(를) 읽을 수 없습니다: {reason}"
    ),
    "not_dropped": Text(
        "This browser does not let the page read a folder that is dropped. Choose it with the button.",
        "이 브라우저에서는 끌어다 놓은 폴더를 읽을 수 없습니다. 버튼으로 폴더를 선택하세요.",
    ),
    "too_large": Text(
        "{name} is too large for a form, and for the browser.",
        "{name}: 양식으로도 브라우저에서도 다루기에 너무 큽니다.",
    ),
    "too_old": Text(
        "This browser is too old for the page (WebAssembly, streams that unpack gzip). "
        "Use a current one, or `dsqc validate`.",
        "브라우저가 오래되어 이 페이지를 쓸 수 없습니다. 최신 브라우저 또는 `dsqc validate`를 쓰세요.",
    ),
    "fault": Text(
        "The page failed; this is not your form's fault. Use `dsqc validate`, and report this: {reason}",
        "페이지 오류이며 양식의 문제가 아닙니다. `dsqc validate`를 쓰고 다음 내용을 알려 주세요: {reason}",
    ),
    "fixed": Text(
        "Corrected: {cells} cells. Left to you: {left} suggestions and what has no suggestion.",
        "고침: {cells}칸. 직접 정할 것: 제안 {left}건과 제안이 없는 발견 사항.",
    ),
    "saved": Text("Saved: {name}", "저장함: {name}"),
    "error": Text("error", "오류"),
    "warning": Text("warning", "경고"),
    "info": Text("note", "안내"),
    "meant": Text("probably meant", "추정값"),
    "about_rule": Text("About this rule", "이 규칙 설명"),
}
"""Texts of the script; names in braces are filled in there."""
