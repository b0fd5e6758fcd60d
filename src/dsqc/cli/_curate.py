"""What ``dsqc curate`` prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsqc.cli._output import SEVERITY_LABELS, print_table, printable
from dsqc.language import Language, Text
from dsqc.registry import Severity

if TYPE_CHECKING:
    from dsqc.stages.curate import CurateResult

SHOWN = SHOWN_COMPARED = 20
"""Changes and answers that the terminal lists."""


def waits_for(row: dict[str, Any]) -> Text:
    """Who works on a row of the queue, or whose opinion is missing."""
    second = row["second"]
    if row["progress"] == "disagreed":
        who = second["third_to"] if second else ""
        return Text(f"third opinion: {who or '–'}", f"세 번째 의견: {who or '–'}")
    if row["progress"] == "waits_for_second":
        who = second["to"] if second else ""
        return Text(f"second opinion: {who or '–'}", f"두 번째 의견: {who or '–'}")
    holder = row["assigned_to"] or "–"
    if second:
        asked = second["to"] or "?"
        return Text(f"{holder} + {asked} (two opinions)", f"{holder} + {asked} (두 의견)")
    return Text(holder, holder)


def came_of(result: "CurateResult", name: str) -> Text:
    """What came of an opinion, in a line, with what to do next."""
    decision, by = result.decision["decision"], result.decision["by"]
    if result.progress == "waits_for_second":
        return Text(
            f"{decision} ({by}) is noted. It waits for the second opinion.",
            f"{decision}({by}) 의견을 기록했습니다. 두 번째 의견을 기다립니다.",
        )
    if result.progress == "disagreed":
        return Text(
            f"{decision} ({by}) is noted. The two opinions differ; `dsqc curate show {name}` shows both.",
            f"{decision}({by}) 의견을 기록했습니다. 두 의견이 다릅니다. `dsqc curate show {name}`로 볼 수 있습니다.",
        )
    follows = {
        "approve": Text("`dsqc register` registers it now.", "이제 `dsqc register`로 등록됩니다."),
        "return": Text(
            f"`dsqc curate return-package {name} -O DIR` writes what goes back.",
            f"`dsqc curate return-package {name} -O DIR`로 돌려보낼 파일을 만듭니다.",
        ),
        "reject": Text("The receipt says why.", "영수증에 사유가 있습니다."),
    }[decision]
    return Text(f"{decision} ({by}). {follows.en}", f"{decision} ({by}). {follows.ko}")


def print_submission(found: dict[str, Any], results: Path, language: Language) -> None:
    """One submission: why it waits, findings, runs, what was answered, history."""
    form = " ".join(found["form"].values())
    counts = ", ".join(f"{name} {number}" for name, number in found["object_counts"].items())
    print(f"{found['submission_alias']} ({form}): {found['verdict']}")
    print(counts)
    case = found["case"]
    if case:
        _print_case(case, language)
    _print_reasons(found["reasons"], language)
    _print_compared(found["compared"], language)
    if found["profile"]:
        print(f"{Text('columns', '컬럼 분석').get(language)} → {results / found['profile']}")
    for item in found["runs"]:
        print(f"{item['run_key']}: {item['state']}")
        for name, value in item["metrics"].items():
            print(f"    {name} {'-' if value is None else value}")
        for page in item["pages"]:
            print(f"    → {results / page}")
    if case:
        _print_last_return(case["last_return"], language)
        _print_history(case["history"], language)


def _print_compared(found: dict[str, Any], language: Language) -> None:
    """Form against file, odd runs, and individuals, where there is something to say."""
    from dsqc.cli._inferred import lines

    korean = "_ko" if language is Language.KO else ""
    for line in lines([(row["run_key"], row) for row in found["disagreements"][:SHOWN_COMPARED]], language):
        print(printable(line))
    odd = [f"! {item['run_key']} {item['text' + korean]}" for item in found["siblings"][:SHOWN_COMPARED]]
    pairs = [f"! {item['text' + korean]}" for item in found["individuals"][:SHOWN_COMPARED]]
    for line in [*odd, *pairs]:
        print(printable(line))


def _print_case(case: dict[str, Any], language: Language) -> None:
    korean = "_ko" if language is Language.KO else ""
    if not case["is_present"]:
        old = Text("The catalog has another verdict: these results are not the newest.",
                   "카탈로그의 판정과 다릅니다. 최신 결과가 아닙니다.")  # fmt: skip
        print(old.get(language))
    state, version = case["state"], case["version"]
    print(
        Text(f"version {version}, {state}, {case['progress']}", f"버전 {version}, {state}, {case['progress']}").get(
            language
        )
    )
    if case["assigned_to"]:
        print(f"{Text('assigned to', '담당').get(language)} {printable(case['assigned_to'])}")
    if case["second"]:
        second = case["second"]
        label = Text("two opinions", "두 의견").get(language)
        given = ", ".join(second["given"])
        said = f"; {Text('given by', '의견 제출').get(language)} {given}" if given else ""
        print(printable(f"{label}: {second['text' + korean]}; {second['to'] or '–'}{said}"))
    for item in case["why"]:
        print(printable(f"• {item['text' + korean]} ({item['points']:g})"))
    for item in case["opinions"]:
        codes = ", ".join(reason["code"] for reason in item["reasons"])
        print(printable(f"{item['role']}: {item['curator']} {item['decision']} {codes} {item['text']}"))


def _print_reasons(reasons: list[dict[str, Any]], language: Language) -> None:
    korean = "_ko" if language is Language.KO else ""
    for reason in reasons:
        number = f" ×{reason['count']:,}" if reason["count"] > 1 else ""
        rows = f" ({Text('rows', '행').get(language)} {reason['rows']})" if reason.get("rows") and number else ""
        label = SEVERITY_LABELS[Severity(reason["severity"])].get(language)
        print(printable(f"{label} {reason['code']} {reason['object']} {reason['object_id']}{number}{rows}"))
        print(printable(f"    {reason['message' + korean]}"))


def _print_last_return(found: dict[str, Any] | None, language: Language) -> None:
    if found is None:
        return
    from dsqc.catalog.curation.words import ANSWERS

    korean = "_ko" if language is Language.KO else ""
    head = Text(
        f"Version {found['version']} was returned by {found['by']}: "
        f"{found['answered']} of {found['reason_count']} reasons answered, {found['change_count']} changes",
        f"버전 {found['version']}은(는) {found['by']}이(가) 반려: "
        f"사유 {found['reason_count']}건 중 {found['answered']}건 조치, 변경 {found['change_count']}건",
    )
    print(printable(head.get(language)))
    for item in found["answers"][:SHOWN]:
        changed = f' "{item["old"]}" → "{item["new"]}"' if item["old"] != item["new"] else f' "{item["old"]}"'
        values = changed if item["attribute"] and item["object_id"] else ""
        state = ANSWERS[item["state"]].get(language)
        print(printable(f"    {state}: {item['code']} {item['place' + korean]}{values}"))
    for item in found["changes"][:SHOWN]:
        what = f"{item['sheet']} {item['object_id']} {item['attribute']}".rstrip()
        values = f' "{item["old"]}" → "{item["new"]}"' if item["attribute"] else f" {item['kind']}"
        print(printable(f"    ~ {what}{values}"))


def _print_history(events: list[dict[str, Any]], language: Language) -> None:
    from dsqc.catalog.events import local_time

    print(Text("history", "이력").get(language))
    for event in events:
        print(printable(f"    {local_time(event['at'])} {event['action']} {event['actor']} {event['reason']}".rstrip()))


def print_agreement(found: dict[str, Any], language: Language) -> None:
    """The figures of ``dsqc curate agreement``."""
    headings = (
        Text("curators or reason", "큐레이터 또는 사유"),
        Text("cases", "건수"),
        Text("agreement", "일치율"),
        Text("kappa", "카파"),
        Text("95 % interval", "95 % 신뢰구간"),
    )
    named = [(Text("all", "전체").get(language), found["overall"])]
    named += [(" – ".join(item["curators"]), item) for item in found["pairs"]]
    named += [(item["code"], item) for item in found["reasons"]]
    rows = [(printable(name), *_figures(item)) for name, item in named]
    print_table([item.get(language) for item in headings], rows)
    if found["overall"]["few"]:
        print(
            Text(
                "Fewer than 30 cases: the interval is no more than a hint.",
                "30건 미만이라 신뢰구간은 참고용입니다.",
            ).get(language)
        )


def _figures(item: dict[str, Any]) -> tuple[str, str, str, str]:
    percent = "–" if item["percent"] is None else f"{item['percent']:.1f} %"
    kappa = "–" if item["kappa"] is None else f"{item['kappa']:.2f}"
    interval = "–" if item["low"] is None else f"{item['low']:.2f} … {item['high']:.2f}"
    return f"{item['cases']:,}", percent, kappa, interval
