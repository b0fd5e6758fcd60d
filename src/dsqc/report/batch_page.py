"""The page of a batch: totals, a row a submission, its findings and its runs behind it. One file, no network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dsqc.language import Language, Text
from dsqc.report import labels
from dsqc.report.batch import OUTCOMES, Record
from dsqc.report.render import place, short_count, size
from dsqc.report.render import render as fill
from dsqc.report.run_page import summary_mark

MOST_GROUPS = 12
"""Codes that a submission lists, so that a page over a thousand submissions stays quick."""
MOST_PLACES = 3
"""Places named for each code."""

Data = Mapping[str, Any]


def render(
    batch: Data,
    records: Sequence[Record],
    *,
    title: str = "",
    fields: Mapping[str, Text] | None = None,
    language: Language | None = None,
) -> str:
    """The page.

    Args:
        batch: content of ``batch.json``.
        records: what ``batch`` was made from.
        title: name of the batch.
        fields: names of the research fields by form id.
        language: language that the page opens in; ``None`` for the browser's.
    """
    known = {record.name: record for record in records}
    rows = [_row(row, known[row["submission"]], fields or {}) for row in batch["submissions"]]
    page = {"title": title, "tiles": _tiles(batch["totals"]), "rows": rows, "sums": _sums(batch["totals"])}
    return fill("batch.html", language, page=page, labels=labels.BATCH)


def run_link(submission: str, run_key: str) -> str:
    """Place of a run's page, relative to the batch page."""
    return f"runs/{submission}/{run_key}.html"


def _tiles(totals: Data) -> list[dict[str, Any]]:
    styles = {"registered": "good", "returned": "bad", "in_curation": "fair", "not_finished": "none"}
    return [
        {"outcome": name, "number": totals[name], "text": labels.BATCH[name], "style": styles[name]}
        for name in ("registered", "in_curation", "returned", "not_finished")
    ]


def _sums(totals: Data) -> list[tuple[Text, str]]:
    return [
        (labels.BATCH["submissions"], f"{totals['submissions']:,}"),
        (labels.BATCH["runs"], f"{totals['runs']:,}"),
        (labels.BATCH["files"], f"{totals['files']:,}"),
        (labels.BATCH["bytes"], size(totals["bytes"])),
        (labels.BATCH["reads"], short_count(totals["reads"])),
    ]


def _row(row: Data, record: Record, fields: Mapping[str, Text]) -> dict[str, Any]:
    verdict, verdict_style = labels.VERDICTS[row["verdict"] or ""]
    state, state_style = labels.STATES.get(row["state"], (row["state"], "none"))
    return {
        **row,
        "field": fields.get(row["form_id"], row["form_id"]),
        "bytes_text": size(row["bytes"]),
        "reads_text": short_count(row["reads"]) if row["reads"] else "–",
        "verdict_text": verdict,
        "verdict_style": verdict_style,
        "verdict_rank": list(labels.VERDICTS).index(row["verdict"] or ""),
        "state_text": state,
        "state_style": state_style,
        "outcome_rank": OUTCOMES.index(row["outcome"]),
        "reason_rows": [
            {
                "code": reason["code"],
                "message": Text(reason["message"], reason["message_ko"]),
                "count": f"{reason['count']:,}" if reason["count"] > 1 else "",
            }
            for reason in row["reasons"][:2]
        ],
        "groups": _groups(record),
        "run_rows": [_run_row(row["submission"], key, record) for key in record.planned_runs or record.runs],
    }


def _groups(record: Record) -> list[dict[str, Any]]:
    """The submission's findings by code, errors first; those of missed quality goals come from the verdict."""
    goals = [row for row in (record.verdict or {}).get("reasons") or () if row["code"].startswith("DSQC-Q")]
    groups: dict[str, list[Data]] = {}
    for row in [*record.findings, *goals]:
        groups.setdefault(row["code"], []).append(row)
    ordered = sorted(groups.items(), key=lambda item: (_severity_rank(item[1][0]), item[0]))
    return [_group(code, rows) for code, rows in ordered[:MOST_GROUPS]]


def _severity_rank(row: Data) -> int:
    return list(labels.SEVERITIES).index(row["severity"])


def _group(code: str, rows: Sequence[Data]) -> dict[str, Any]:
    first = rows[0]
    label, style = labels.SEVERITIES[first["severity"]]
    count = sum(row["count"] for row in rows)
    shown = [place(row["location"]) for row in rows[:MOST_PLACES]]
    more = count - len(shown)
    return {
        "code": code,
        "label": label,
        "style": style,
        "count": f"{count:,}",
        "message": Text(first["message"], first["message_ko"]),
        "fix": Text(first["fix"], first["fix_ko"]),
        "places": [text for text in shown if text.en],
        "more": Text(f"and {more:,} more", f"외 {more:,}곳") if more > 0 and shown[0].en else None,
    }


def _run_row(submission: str, key: str, record: Record) -> dict[str, Any]:
    run = record.runs.get(key)
    if run is None:
        return {"key": key, "link": "", "files": "", "reads": "", "label": labels.STATES["planned"][0], "style": "none"}
    results = (record.verdict or {}).get("goal_results") or ()
    missed = Counter(row["severity"] for row in results if row["run_key"] == key and not row["met"])
    if run["state"] == "skipped":
        style, label = "none", Text("skipped", "건너뜀")
    else:
        style, label = summary_mark(run["finding_counts"], missed)
    return {
        "key": key,
        "link": quote(run_link(submission, key)) if run["state"] != "skipped" else "",
        "files": ", ".join(item["name"] for item in run["files"]),
        "reads": short_count(sum(item.get("read_count") or 0 for item in run["files"])),
        "label": label,
        "style": style,
    }
