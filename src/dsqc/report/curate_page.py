"""The page of one submission for a curator: why it waits, what changed, plots, columns. One file, no network."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dsqc.language import Language, Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report import inferred, labels, profile_page, run_html
from dsqc.report.render import place, quantity
from dsqc.report.render import render as fill
from dsqc.report.sections import sections

MOST_RUNS = 12
"""Runs whose plots the page holds: those that something is said about first."""
SECTIONS = ("qualities", "bases", "library")
"""Sections of a run page whose plots are shown."""
STRIP_WIDTH, STRIP_HEIGHT = 300, 26

Data = Mapping[str, Any]

WORDS = {
    "title": Text("for the curator", "큐레이터 검토"),
    "why": Text("Why it needs a person", "사람이 보아야 하는 이유"),
    "no_why": Text("The catalog knows nothing that speaks for it.", "카탈로그에 특별한 사유가 없습니다."),
    "opinions": Text("Opinions", "의견"),
    "answers": Text("What was answered", "조치 결과"),
    "changes": Text("Changed since then", "그 뒤 바뀐 것"),
    "change": Text("Change", "변경"),
    "sheet": Text("Sheet", "시트"),
    "object": Text("Object", "항목"),
    "attribute": Text("Attribute", "속성"),
    "findings": Text("What decided the verdict", "판정 근거"),
    "no_findings": Text("No findings.", "발견된 문제가 없습니다."),
    "outliers": Text("Unlike other runs", "다른 런과 다른 지표"),
    "outliers_note": Text(
        "Box: 5 % to 95 % of the registered runs of this platform, strategy and field; line: median; dot: this run.",
        "상자: 같은 플랫폼·전략·연구분야로 등록된 런의 5–95 %, 선: 중앙값, 점: 이 런.",
    ),
    "compared": Text("Form against file", "신고한 값과 데이터의 비교"),
    "siblings": Text("Runs unlike their siblings", "같은 조건의 다른 런과 다른 런"),
    "individuals": Text("Individuals", "개체 비교"),
    "columns": Text("Columns of the forms", "양식의 컬럼"),
    "history": Text("History", "이력"),
    "runs": Text("Runs", "런"),
}
ANSWER_STYLES = {"changed": "good", "removed": "good", "unchanged": "bad", "untold": "none"}
DECISION_STYLES = {"approve": "good", "return": "fair", "reject": "bad"}
CHANGES = {"added": Text("added", "추가됨"), "removed": Text("removed", "삭제됨"), "changed": Text("changed", "바뀜")}


def render(
    found: Data,
    words: Mapping[str, Mapping[str, Text]],
    *,
    profile: Data | None,
    files: Mapping[str, Sequence[Data]],
    links: Mapping[str, str],
    language: Language | None = None,
) -> str:
    """The page.

    Args:
        found: what ``dsqc curate show --json`` prints.
        words: ``answers`` and ``decisions`` in both languages, by their codes.
        profile: content of ``profile.json``.
        files: contents of the ``<stem>.dsqc.json`` of each run's files, by run key.
        links: addresses of the run pages by their names in ``found``, relative to this page.
        language: language that the page opens in; ``None`` for the browser's.
    """
    case: Data = found["case"] or {}
    columns = profile_page.content(profile, found["groups"]) if profile else {"sheets": []}
    runs, more = _runs(found, case, files, links)
    page = {
        "title": found["submission_alias"],
        "form": " ".join(found["form"].values()),
        "verdict": dict(zip(("text", "style"), labels.VERDICTS[found["verdict"]], strict=True)),
        "verdict_sha256": found["verdict_sha256"],
        "facts": _facts(found, case),
        "why": _why(case.get("why", ())),
        "opinions": [_opinion(item, words["decisions"]) for item in case.get("opinions", ())],
        "last": _last(case.get("last_return"), words["answers"]),
        "reasons": [_reason(item) for item in found["reasons"]],
        "compared": _compared(found["compared"]),
        "siblings": [_said(item, item["run_key"]) for item in found["compared"]["siblings"]],
        "individuals": [_said(item, "") for item in found["compared"]["individuals"]],
        "outliers": [_outlier(item) for item in case.get("outliers", ())],
        "runs": runs,
        "more_runs": more,
        "sheets": columns["sheets"],
        "history": [{**item, "at": item["at"][:16].replace("T", " ")} for item in case.get("history", ())],
    }
    page["contents"] = _contents(page)
    return fill("curate.html", language, page=page, words=WORDS, labels=labels.PROFILE)


def _contents(page: Data) -> list[tuple[str, Text]]:
    shown = [("why", True), ("opinions", page["opinions"]), ("answers", page["last"]), ("findings", True)]
    shown += [(name, page[name]) for name in ("compared", "siblings", "individuals", "outliers")]
    found = [(name, WORDS[name]) for name, there in shown if there]
    if page["runs"]:
        found.append((page["runs"][0]["id"], WORDS["runs"]))
    found += [
        (name, WORDS[name]) for name, there in (("columns", page["sheets"]), ("history", page["history"])) if there
    ]
    return found


def _facts(found: Data, case: Data) -> list[tuple[Text, Text | str]]:
    counts = ", ".join(f"{name} {number:,}" for name, number in found["object_counts"].items())
    facts: list[tuple[Text, Text | str]] = [(Text("objects", "항목"), counts)]
    if not case:
        return facts
    facts += [
        (Text("version", "버전"), str(case["version"])),
        (Text("state", "상태"), case["state"]),
        (Text("submitter", "제출자"), case["submitter"]),
        (Text("access", "공개 수준"), case["access_level"]),
        (Text("returned before", "이전 반려"), str(case["returns"])),
        (Text("assigned to", "담당"), case["assigned_to"] or "–"),
    ]
    if case["second"]:
        facts.append((Text("two opinions", "두 의견"), Text(case["second"]["text"], case["second"]["text_ko"])))
    return facts


def _why(rows: Sequence[Data]) -> list[dict[str, Any]]:
    most = max((row["points"] for row in rows), default=1) or 1
    return [
        {
            "points": f"{row['points']:g}",
            "share": f"{100 * row['points'] / most:.3g}",
            "text": Text(row["text"], row["text_ko"]),
        }
        for row in rows
    ]


def _opinion(item: Data, words: Mapping[str, Text]) -> dict[str, Any]:
    return {
        "curator": item["curator"],
        "decision": words[item["decision"]],
        "style": DECISION_STYLES[item["decision"]],
        "text": item["text"],
        "reasons": [
            Text(f"{reason['place']}: {reason['label']}", f"{reason['place_ko']}: {reason['label_ko']}")
            for reason in item["reasons"]
        ],
    }


def _last(found: Data | None, words: Mapping[str, Text]) -> dict[str, Any] | None:
    if found is None:
        return None
    version, by, done, number = found["version"], found["by"], found["answered"], found["reason_count"]
    return {
        "head": Text(
            f"version {version}, returned by {by}: {done} of {number} reasons answered",
            f"버전 {version}, {by} 반려: 사유 {number}건 중 {done}건 조치",
        ),
        "text": found["text"],
        "answers": [
            {
                "state": words[item["state"]],
                "style": ANSWER_STYLES[item["state"]],
                "place": Text(item["place"], item["place_ko"]),
                "label": Text(item["label"], item["label_ko"]),
                "shows_values": bool(item["attribute"] and item["object_id"]),
                "old": item["old"],
                "new": item["new"],
            }
            for item in found["answers"]
        ],
        "changes": [{**item, "kind": CHANGES[item["kind"]]} for item in found["changes"]],
        "change_count": f"{found['change_count']:,}",
    }


def _reason(item: Data) -> dict[str, Any]:
    label, style = labels.SEVERITIES[item["severity"]]
    return {
        "code": item["code"],
        "label": label,
        "style": style,
        "object": item["object"],
        "object_id": item["object_id"],
        "count": f"{item['count']:,}",
        "message": Text(item["message"], item["message_ko"]),
        "place": place(item["location"]),
        "fix": Text(item["fix"], item["fix_ko"]),
    }


def _compared(found: Data) -> dict[str, Any] | None:
    """Form against file: how often they agree, and where not; None where nothing was compared."""
    agree, disagree, unknown = (found[f"{name}_count"] for name in ("agree", "disagree", "unknown"))
    if not agree + disagree + unknown:
        return None
    return {
        "counts": Text(
            f"agree {agree:,}, disagree {disagree:,}, cannot tell {unknown:,}",
            f"일치 {agree:,}, 불일치 {disagree:,}, 알 수 없음 {unknown:,}",
        ),
        "table": inferred.disagreements(found["disagreements"]),
    }


def _said(item: Data, run_key: str) -> dict[str, Any]:
    return {"run_key": run_key, "text": Text(item["text"], item["text_ko"])}


def _outlier(item: Data) -> dict[str, Any]:
    return {
        "name": _name(item["metric"]),
        "run_key": item["run_key"],
        "text": Text(item["text"], item["text_ko"]),
        "plot": _strip(item),
    }


def _name(metric: str) -> Text:
    return METRICS[metric].name if metric in METRICS else Text(metric, metric)


def _strip(item: Data) -> Markup:
    """Where a value lies beside its peers: the range of most, the median, and the value."""
    values = [item["value"], item["median"], item["low"], item["high"]]
    low, high = min(values), max(values)
    width: float = (high - low) or 1.0

    def at(value: float) -> float:
        return float(8 + (STRIP_WIDTH - 16) * (value - low) / width)

    middle = STRIP_HEIGHT / 2
    return Markup(
        '<svg role="img" viewBox="0 0 {w} {h}"><title>{title}</title>'
        '<line class="base" x1="0" x2="{w}" y1="{m}" y2="{m}"/>'
        '<rect class="range" x="{low:.1f}" y="5" width="{box:.1f}" height="{inner}"/>'
        '<line class="median" x1="{median:.1f}" x2="{median:.1f}" y1="3" y2="{bottom}"/>'
        '<circle class="own" cx="{own:.1f}" cy="{m}" r="5"/></svg>'
    ).format(
        w=STRIP_WIDTH,
        h=STRIP_HEIGHT,
        m=middle,
        title=item["text"],
        low=at(item["low"]),
        box=max(1.0, at(item["high"]) - at(item["low"])),
        inner=STRIP_HEIGHT - 10,
        median=at(item["median"]),
        bottom=STRIP_HEIGHT - 3,
        own=at(item["value"]),
    )


def _runs(
    found: Data, case: Data, files: Mapping[str, Sequence[Data]], links: Mapping[str, str]
) -> tuple[list[dict[str, Any]], Text | None]:
    """The runs that the page shows, those first that something is said about; and how many it leaves out."""
    named = {item["run_key"] for item in case.get("outliers", ())}
    said = {item["object_id"] for item in found["reasons"] if item["object"] in ("run", "fastq", "bam")}
    ordered = sorted(found["runs"], key=lambda run: run["run_key"] not in named and run["run_key"] not in said)
    shown = [
        {
            "id": f"run-{number}",
            "key": run["run_key"],
            "state": run["state"],
            "links": [
                {"target": links[name], "text": name.rpartition("/")[2]} for name in run["pages"] if name in links
            ],
            "metrics": [
                (_name(name), quantity(value, METRICS[name].unit if name in METRICS else "count"))
                for name, value in run["metrics"].items()
                if value is not None
            ],
            "plots": _plots(files.get(run["run_key"], ()), f"run-{number}"),
        }
        for number, run in enumerate(ordered[:MOST_RUNS], start=1)
    ]
    left = len(ordered) - len(shown)
    more = Text(
        f"… and {left:,} more runs; their pages stand in the results.", f"… 외 런 {left:,}개(결과 폴더의 보고서 참조)."
    )
    return shown, more if left > 0 else None


def _plots(files: Sequence[Data], prefix: str) -> Markup:
    if not files:
        return Markup("")
    made = sections(files, [data["file"]["name"] if len(files) > 1 else "" for data in files])
    return run_html.plots((figure for section in made if section.id in SECTIONS for figure in section.figures), prefix)
