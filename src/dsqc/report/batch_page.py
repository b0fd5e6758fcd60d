"""The page of a batch: totals, a row a submission, its findings and its runs behind it. One file, no network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dsqc.grouping import ABOUT_HEADINGS, parse_rows, row_text
from dsqc.language import Language, Text
from dsqc.report import labels
from dsqc.report.batch import OUTCOMES, Record
from dsqc.report.render import place, short_count, size
from dsqc.report.render import render as fill
from dsqc.report.run_page import summary_mark

MOST_GROUPS = 12
"""Faults that a submission lists, so that a page over a thousand submissions stays quick."""
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
    page = {
        "title": title,
        "tiles": _tiles(batch["totals"]),
        "rows": rows,
        "sums": _sums(batch["totals"]),
        "versions": batch["versions"],
    }
    return fill("batch.html", language, page=page, labels=labels.BATCH)


def run_link(submission: str, run_key: str) -> str:
    """Place of a run's page, relative to the batch page."""
    return f"runs/{submission}/{run_key}.html"


def profile_link(submission: str) -> str:
    """Place of the page of a submission's columns, relative to the batch page."""
    return f"columns/{submission}.html"


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
    groups = _groups(record)
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
        "groups": groups[:MOST_GROUPS],
        "more_groups": _more(len(groups) - MOST_GROUPS) if len(groups) > MOST_GROUPS else None,
        "profile": quote(profile_link(row["submission"])) if record.profile else "",
        "run_rows": [_run_row(row["submission"], key, record) for key in record.planned_runs or record.runs],
    }


def _groups(record: Record) -> list[dict[str, Any]]:
    """The submission's faults: those of its sheets as validate grouped them, those of its data files by code.

    Errors first, then what one correction mends most of; findings of missed quality goals come from the verdict.
    """
    goals = [row for row in (record.verdict or {}).get("reasons") or () if row["code"].startswith("DSQC-Q")]
    by_code: dict[str, list[Data]] = {}
    for row in [*record.findings, *goals]:
        by_code.setdefault(row["code"], []).append(row)
    found = [(group["severity"], _sheet_group(group)) for group in (record.validation or {}).get("groups") or ()]
    found += [(rows[0]["severity"], _file_group(code, rows)) for code, rows in sorted(by_code.items())]
    found.sort(key=lambda pair: list(labels.SEVERITIES).index(pair[0]))
    return [group for _severity, group in found]


def _sheet_group(group: Data) -> dict[str, Any]:
    first = group["first"]
    shown, more = _group_place(group)
    return {
        **_texts(first),
        "code": group["code"],
        "count": f"{group['count']:,}",
        "places": [shown] if shown.en else [],
        "more": _more(more) if more > 0 and shown.en else None,
    }


def _group_place(group: Data) -> tuple[Text, int]:
    """Where a group was found, and how many places that leaves out."""
    where, number = group["first"]["location"], group["row_count"]
    if group["code"] in ABOUT_HEADINGS:
        sheet = place({**where, "row": None, "column": "", "attribute": ""})
        names = ", ".join(item["value"] for item in group["values"])
        return Text(f"{sheet.en} · {names}", f"{sheet.ko} · {names}"), group["value_count"] - len(group["values"])
    if number > 1:
        column = place({**where, "row": None, "column": ""})
        rows = row_text(parse_rows(group["rows"]), where.get("column", ""))
        return Text(f"{column.en} · {rows} (rows: {number:,})", f"{column.ko} · {rows} ({number:,}행)"), 0
    others = group["count"] if where.get("sheet") else group["value_count"]
    return place(where), others - 1


def _file_group(code: str, rows: Sequence[Data]) -> dict[str, Any]:
    count = sum(row["count"] for row in rows)
    shown = [place(row["location"]) for row in rows[:MOST_PLACES]]
    more = count - len(shown)
    return {
        **_texts(rows[0]),
        "code": code,
        "count": f"{count:,}",
        "places": [text for text in shown if text.en],
        "more": _more(more) if more > 0 and shown[0].en else None,
    }


def _texts(row: Data) -> dict[str, Any]:
    label, style = labels.SEVERITIES[row["severity"]]
    return {
        "label": label,
        "style": style,
        "message": Text(row["message"], row["message_ko"]),
        "fix": Text(row["fix"], row["fix_ko"]),
    }


def _more(number: int) -> Text:
    return Text(f"and {number:,} more", f"외 {number:,}곳")


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
