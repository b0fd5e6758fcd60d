"""The letter that goes back with a returned submission: what to correct and how, as text and as a page, ko/en."""

from collections.abc import Mapping, Sequence
from typing import Any

from dsqc.language import Language, Text
from dsqc.report.render import render as fill

Data = Mapping[str, Any]
WIDTH = 72

TITLE = Text("Your submission came back", "제출이 반려되었습니다")
WORDS = {
    "title": TITLE,
    "reasons": Text("What to correct", "고칠 것"),
    "remarks": Text("What the curators say", "큐레이터 의견"),
    "next": Text("What to do next", "다음에 할 일"),
    "cell": Text("cell", "셀"),
    "value": Text("it holds", "현재 값"),
    "number": Text("No.", "번호"),
    "place": Text("Where", "위치"),
    "what": Text("What", "사유"),
    "do": Text("What to do", "조치"),
    "empty": Text("(empty)", "(빈칸)"),
}


def greeting(content: Data) -> Text:
    """Who returned what."""
    number = len(content["reasons"])
    return Text(
        f"The curators ({content['by']}) returned version {content['version']} of the submission "
        f'"{content["submission"]}" for {number} reasons.',
        f'큐레이터({content["by"]})가 제출 "{content["submission"]}" 버전 {content["version"]}을(를) 사유 '
        f"{number}건으로 반려했습니다.",
    )


def steps(content: Data) -> list[Text]:
    """What the submitter does, in order."""
    form = content["form"]
    found = [
        Text(
            f"Open `{form}`: it is your own form with the cells marked in yellow; each comment says why.",
            f"`{form}`을(를) 여세요. 제출하신 양식의 해당 셀을 노랗게 표시하고 메모에 사유를 적었습니다.",
        ),
        Text(
            "Correct the cells and save the file; colours and comments may stay.",
            "셀을 고치고 저장하세요. 색과 메모는 그대로 두어도 됩니다.",
        ),
        Text(
            "Put it into the directory of the submission as its only form"
            f"{', in place of the tab-separated sheets' if content['was_text'] else ''}; "
            "keep submission_alias as it is.",
            f"제출 폴더에 {'탭 구분 시트 대신 ' if content['was_text'] else ''}이 파일을 유일한 양식으로 넣고, "
            "submission_alias는 바꾸지 마세요.",
        ),
        Text(
            "`dsqc validate DIR` gives the verdict that the station will give; then `dsqc send DIR` as before.",
            "`dsqc validate DIR`로 스테이션과 같은 판정을 확인한 뒤 전과 같이 `dsqc send DIR`로 보내세요.",
        ),
    ]
    if content["is_closed"]:
        found.append(
            Text(
                "The data is closed: hand these files on only as you hand on the form itself.",
                "비공개 데이터입니다. 이 파일들은 양식과 같은 방법으로만 주고받으세요.",
            )
        )
    return found


def text(content: Data) -> str:
    """The letter as text: Korean, then English.

    Args:
        content: of ``return.json``, with ``form`` (name of the marked workbook), ``was_text`` and ``is_closed``.
    """
    return f"\n{'=' * WIDTH}\n\n".join(_text(content, language) for language in (Language.KO, Language.EN))


def _text(content: Data, language: Language) -> str:
    korean = "_ko" if language is Language.KO else ""

    def word(name: str) -> str:
        return WORDS[name].get(language)

    lines = [TITLE.get(language), "", greeting(content).get(language), ""]
    if content["text"]:
        lines += [f"{word('remarks')}:", *(f"  {line}" for line in content["text"].splitlines()), ""]
    if content["reasons"]:
        lines += [f"{word('reasons')}:", ""]
    for number, item in enumerate(content["reasons"], start=1):
        marked = f" [{item['marked']}]" if item["marked"] else ""
        lines.append(f"{number}. {item['place' + korean]}{marked}: {item['label' + korean]}")
        if item["attribute"] and item["object_id"]:
            lines.append(f"   {word('value')}: {item['value'] or word('empty')}")
        lines += [f"   → {item['advice' + korean]}", ""]
    lines.append(f"{word('next')}:")
    lines += [f"  {number}) {step.get(language)}" for number, step in enumerate(steps(content), start=1)]
    return "\n".join(lines) + "\n"


def render(content: Data, language: Language | None = None) -> str:
    """The letter as a page; ``content`` as in :func:`text`."""
    rows: Sequence[Data] = [
        {
            **item,
            "where": Text(item["place"], item["place_ko"]),
            "what": Text(item["label"], item["label_ko"]),
            "do": Text(item["advice"], item["advice_ko"]),
            "shows_value": bool(item["attribute"] and item["object_id"]),
        }
        for item in content["reasons"]
    ]
    page = {
        "greeting": greeting(content),
        "remarks": content["text"].splitlines(),
        "rows": rows,
        "steps": steps(content),
        "submission": content["submission"],
    }
    return fill("letter.html", language, page=page, labels=WORDS)
