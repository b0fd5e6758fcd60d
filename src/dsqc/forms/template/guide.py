"""The guide sheet of a workbook: which form it is, how it is filled in, what the colours mean, how it is checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dsqc.forms.attribute import Requirement
from dsqc.forms.condition_words import condition_in_words
from dsqc.forms.form import EXAMPLE_MARKS
from dsqc.forms.template.layout import MARKS, ORDER, Template
from dsqc.forms.vocabulary import missing_terms, vocabulary
from dsqc.language import Language, Text

PACKAGES = "kbds_biosample_packages"


class LineKind(StrEnum):
    """How a line of the guide is shown."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class GuideLine:
    """One line: a short left part, and the text in both languages; ``requirement`` gives the left part its colour."""

    kind: LineKind
    left: str
    text: Text
    requirement: Requirement | None = None


STEPS = (
    Text(
        "One row is one object: a sample, a library, a run or a data file. Begin in row 3 and leave no row empty.",
        "한 행이 하나의 대상(시료, 라이브러리, 런, 데이터 파일)입니다. 3행부터 적고 중간에 빈 행을 두지 마십시오.",
    ),
    Text(
        "Row 2 is an example. It is not read; you may keep or delete it.",
        "2행은 예시이며 읽지 않습니다. 그대로 두거나 지워도 됩니다.",
    ),
    Text(
        "Point at a heading to see its note: what to write, the form, the unit, an example and the rules.",
        "열 이름에 마우스를 올리면 쓰는 법, 형식, 단위, 예, 규칙이 메모로 보입니다.",
    ),
    Text(
        "Cells with a list have a drop-down arrow. All cells are text, so that dates and gene names stay as you typed "
        "them: paste values only (Paste Special, Values).",
        "목록이 있는 칸에는 펼침 화살표가 있습니다. 날짜나 유전자 이름이 바뀌지 않도록 모든 칸이 "
        "텍스트 형식이니, 붙여넣을 때는 '값만 붙여넣기'를 쓰십시오.",
    ),
    Text(
        "The sheets refer to one another by the names in their first columns: file → run → experiment → sample.",
        "시트는 첫 열의 이름으로 서로를 가리킵니다: file → run → experiment → sample.",
    ),
    Text(
        "Do not change headings. Columns that you do not need may stay empty or be deleted.",
        "열 이름은 고치지 마십시오. 쓰지 않는 열은 비워 두거나 지워도 됩니다.",
    ),
)
MEANINGS = {
    Requirement.MANDATORY: Text("A value in every row.", "모든 행에 값을 적습니다."),
    Requirement.ONE_OF_GROUP: Text(
        "At least one of the columns of the group (see below).", "묶음(아래 참조) 가운데 하나 이상을 적습니다."
    ),
    Requirement.CONDITIONAL: Text(
        "A value in the rows where the condition in the note holds.", "메모에 적힌 조건에 맞는 행에 값을 적습니다."
    ),
    Requirement.RECOMMENDED: Text("A value where you know it.", "알고 있으면 적습니다."),
    Requirement.OPTIONAL: Text("May stay empty.", "비워 두어도 됩니다."),
}
SHEETS = {
    "submission": Text("who submits what; one row", "누가 무엇을 제출하는지; 한 행"),
    "project": Text("the project and its funding; one row", "프로젝트와 과제 정보; 한 행"),
    "sample": Text("a row for each sample; at most 2,000", "시료마다 한 행; 최대 2,000행"),
    "experiment": Text("a row for each library; names its sample", "라이브러리마다 한 행; 시료를 가리킴"),
    "run": Text("a row for each sequencing run; names its library", "런마다 한 행; 라이브러리를 가리킴"),
    "file": Text("a row for each data file; names its run", "데이터 파일마다 한 행; 런을 가리킴"),
}


def guide(template: Template) -> Iterator[GuideLine]:
    """All lines of the guide, in order."""
    form = template.form
    match = vocabulary(PACKAGES).lookup(form.package)
    package = match.term.label if match else Text(form.package, form.package)
    yield GuideLine(
        LineKind.TITLE, "", Text(f"{form.field.name.en}: registration form", f"{form.field.name.ko} 등록양식")
    )
    yield _text(form.reference, Text("form and version", "양식과 버전"))
    yield _text(form.package, Text(f"BioSample package ({package.en})", f"바이오샘플 패키지({package.ko})"))
    yield _heading(Text("How to fill it in", "작성 방법"))
    yield from (_text(str(number), step) for number, step in enumerate(STEPS, start=1))
    yield _heading(Text("What the colours mean", "색의 뜻"))
    for requirement in ORDER:
        word, mark = requirement.label, MARKS.get(requirement, "")
        left = f"{' / '.join(word.get(language) for language in template.languages)} {mark}".rstrip()
        yield GuideLine(LineKind.TEXT, left, MEANINGS[requirement], requirement)
    yield _heading(Text("Sheets", "시트"))
    yield from (_sheet(template, sheet) for sheet in form.sheets)
    yield from _groups(template)
    yield from _modules(template)
    yield _heading(Text("When there is no value", "값이 없을 때"))
    yield from _missing()
    yield _heading(Text("How to check it", "검사하는 방법"))
    yield from _commands()


def _text(left: str, text: Text) -> GuideLine:
    return GuideLine(LineKind.TEXT, left, text)


def _heading(text: Text) -> GuideLine:
    return GuideLine(LineKind.HEADING, "", text)


def _sheet(template: Template, sheet: str) -> GuideLine:
    number = sum(column.attribute.requirement is Requirement.MANDATORY for column in template.columns[sheet])
    label, what = template.form.sheets[sheet].label, SHEETS[sheet]
    return _text(sheet, Text(f"{what.en} ({number} mandatory columns)", f"{label.ko}: {what.ko} (필수 열 {number}개)"))


def _groups(template: Template) -> Iterator[GuideLine]:
    groups = [(sheet, names) for sheet, form in template.form.sheets.items() for names in form.groups().values()]
    if groups:
        yield _heading(Text("Groups: at least one column of each", "묶음: 각 묶음에서 하나 이상"))
    for sheet, names in groups:
        listed = ", ".join(names)
        yield _text(sheet, Text(listed, listed))


def _modules(template: Template) -> Iterator[GuideLine]:
    if not template.shown_modules:
        return
    yield _heading(
        Text(
            "Library modules: more columns of experiment, where they apply",
            "라이브러리 모듈: 조건에 맞을 때 적는 experiment 시트의 추가 열",
        )
    )
    for module in template.shown_modules:
        names = ", ".join(module.attributes)
        english, korean = (condition_in_words(module.condition, language) for language in (Language.EN, Language.KO))
        yield _text(
            module.id,
            Text(f"{module.label.en}: where {english}. {names}", f"{module.label.ko}: {korean}. {names}"),
        )


def _missing() -> Iterator[GuideLine]:
    yield _text(
        "",
        Text(
            "Leave optional cells empty. In a mandatory cell write one of these terms, where its note allows it; "
            "never N/A, - or unknown.",
            "선택 항목은 비워 둡니다. 필수 항목에서 메모가 허용하면 아래 용어 가운데 하나를 적고, "
            "N/A, -, unknown은 쓰지 마십시오.",
        ),
    )
    reporting = missing_terms(reporting_only=True)
    where = Text("collection_date and geo_loc_name too", "collection_date, geo_loc_name에도 사용")
    elsewhere = Text("not for collection_date and geo_loc_name", "collection_date, geo_loc_name에는 쓸 수 없음")
    others = [term for term in missing_terms() if term not in reporting]
    for terms, text in ((reporting, where), (others, elsewhere)):
        yield _text("", Text(f"{'; '.join(terms)}: {text.en}", f"{'; '.join(terms)}: {text.ko}"))


def _commands() -> Iterator[GuideLine]:
    yield _text(
        "1",
        Text(
            "Save the workbook as submission.xlsx in a directory of its own, with the data files beside it.",
            "통합 문서를 submission.xlsx로 저장하고, 새 폴더에 데이터 파일과 함께 둡니다.",
        ),
    )
    yield _text(
        "2",
        Text(
            "dsqc validate DIRECTORY    (dsqc validate submission.xlsx --no-files checks the form alone)",
            "dsqc validate 폴더    (양식만 검사: dsqc validate submission.xlsx --no-files)",
        ),
    )
    yield _text("3", Text("dsqc explain CODE    explains a finding", "dsqc explain 코드    지적 사항의 설명"))
    marks = ", ".join(f'"{mark}"' for mark in EXAMPLE_MARKS.values())
    yield _text(
        "",
        Text(
            f"Rows whose first cell begins with {marks} are never read.",
            f"첫 칸이 {marks}(으)로 시작하는 행은 읽지 않습니다.",
        ),
    )
