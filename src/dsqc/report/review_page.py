"""What a reviewer link shows, as one HTML page without a network: metadata and quality, no data, no contacts."""

from collections.abc import Mapping
from typing import Any

from dsqc.errors import UsageError
from dsqc.forms import compose
from dsqc.language import Language, Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report.labels import SEVERITIES, VERDICTS
from dsqc.report.render import quantity
from dsqc.report.render import render as fill

LABELS = {
    "title": Text("Metadata and quality for review", "심사용 메타데이터와 품질"),
    "note": Text(
        "This page shows metadata and quality only. The data themselves are not here.",
        "이 페이지는 메타데이터와 품질만 보여 줍니다. 데이터는 포함하지 않습니다.",
    ),
    "titles_only": Text("Of a security project only the titles are shown.", "보안과제는 과제명만 표시합니다."),
    "submission": Text("Submission", "제출"),
    "project": Text("Project", "과제"),
    "sample": Text("Samples", "시료"),
    "experiment": Text("Experiments", "실험"),
    "run": Text("Runs", "런"),
    "files": Text("Files", "파일"),
    "metrics": Text("Metrics", "지표"),
    "findings": Text("Findings", "진단 결과"),
    "nothing": Text("No findings.", "발견된 문제가 없습니다."),
    "valid": Text("This link is valid until", "링크 유효 기한"),
    "versions": Text("Judged by", "판정 기준"),
}

SHOWN = ("state", "access", "release_date", "research_field", "form_version", "package")
"""What the page says of the submission beside its titles and its verdict."""

Data = Mapping[str, Any]
Words = Mapping[tuple[str, str], Text]


def render(view: Data, language: Language | None = None) -> str:
    """The page.

    Args:
        view: what ``review_view`` gives.
        language: language that the page opens in; ``None`` for the browser's.
    """
    words = _words(view["submission"])
    page = {
        "accession": view["submission"]["accession"],
        "titles": [view["submission"].get(name, "") for name in ("title_en", "title_ko")],
        "titles_only": view["titles_only"],
        "submission": [
            (words.get(("submission", name), name), view["submission"][name])
            for name in SHOWN
            if view["submission"].get(name)
        ],
        "verdict": VERDICTS.get(view["submission"].get("verdict", ""), VERDICTS[""]),
        "project": _named(view["project"], words),
        "tables": [(LABELS[kind], _table(view[f"{kind}s"], kind, words)) for kind in ("sample", "experiment")],
        "runs": [{**run, "metrics": _metrics(run["metrics"])} for run in view["runs"]],
        "findings": [
            {**item, "label": SEVERITIES[item["severity"]], "text": Text(item["name"], item["name_ko"])}
            for item in view["findings"]
        ],
        "expires": str(view.get("expires_at", ""))[:10],
        "versions": ", ".join(f"{name} {value}" for name, value in (view["versions"] or {}).items() if value),
    }
    return fill("review.html", language, page=page, labels=LABELS)


def _words(submission: Data) -> dict[tuple[str, str], Text]:
    """Labels of the form's attributes by sheet and name."""
    try:
        form = compose(submission.get("research_field", ""), submission.get("package", ""))
    except UsageError:
        return {}
    return {(sheet, name): item.label for sheet in form.sheets for name, item in form.columns(sheet).items()}


def _named(project: Data | None, words: Words) -> dict[str, Any] | None:
    if project is None:
        return None
    rows = [(words.get(("project", name), name), value) for name, value in project["attributes"].items()]
    return {"accession": project["accession"], "rows": rows}


def _table(rows: list[Data], sheet: str, words: Words) -> dict[str, Any]:
    """Columns that any row fills, and a row an object."""
    names = list(dict.fromkeys(name for row in rows for name in row["attributes"]))
    cells = [[row["accession"], *(row["attributes"].get(name, "") for name in names)] for row in rows]
    return {"names": [words.get((sheet, name), name) for name in names], "rows": cells}


def _metrics(values: Data) -> list[tuple[Text | str, str]]:
    return [
        (
            METRICS[name].name if name in METRICS else name,
            quantity(value, METRICS[name].unit if name in METRICS else "count"),
        )
        for name, value in values.items()
    ]
