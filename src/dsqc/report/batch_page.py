"""The page of a batch, of one submission or of thousands of runs. One file, no network, no script but its own.

What one looks at first stands in the page: totals, why submissions went back, runs that stand apart, distributions.
The tables are data in the page, of which the script shows a page of rows at a time; ``batch.json`` and ``runs.tsv``
beside it hold the same.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from dsqc.language import Language, Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report import labels
from dsqc.report.batch_digest import Digest, Entry
from dsqc.report.batch_runs import METRIC_IDS, RunRow, metric_name
from dsqc.report.distributions import figure, runs_apart, spreads
from dsqc.report.render import quantity, short_count, size
from dsqc.report.render import render as fill

MOST_APART = 25
"""Runs that stand apart which the page names; the table of runs has all."""
MOST_APART_VALUES = 4
MOST_CAUSES = 15
POLICY = "Content-Security-Policy"

Data = Mapping[str, Any]


def render(
    digest: Digest,
    *,
    title: str = "",
    fields: Mapping[str, Text] | None = None,
    own_pages: bool = True,
    failed: Sequence[Data] = (),
    failed_count: int = 0,
    language: Language | None = None,
) -> str:
    """The page.

    Args:
        digest: the batch.
        title: name of the batch.
        fields: names of the research fields by form id.
        own_pages: whether pages of runs and of columns were written beside this one; else rows lead to those that
            the stages wrote under ``results/``.
        failed: items that failed by a fault of ours, as in ``failed`` of ``status.schema.json``.
        failed_count: how many there are, ``failed`` may hold the first of them.
        language: language that the page opens in; ``None`` for the browser's.
    """
    batch = digest.summary.to_dict()
    found = spreads(digest.runs)
    page = {
        "title": title,
        "tiles": _tiles(batch["totals"]),
        "sums": _sums(batch["totals"]),
        "versions": batch["versions"],
        "causes": _causes(digest),
        "more_causes": max(0, len(digest.causes) - MOST_CAUSES),
        "failed": failed,
        "more_failed": max(0, failed_count - len(failed)),
        "apart": _apart(digest, found),
        "apart_count": len(runs_apart(digest.runs, found)),
        "figures": [
            {"name": metric_name(name), "picture": figure(name, kinds, digest.runs, f"strip-{place}")}
            for place, (name, kinds) in enumerate(found.items())
        ],
        "data": _embedded(_data(digest, fields or {}, own_pages=own_pages)),
    }
    return _with_policy(fill("batch.html", language, page=page, labels=labels.BATCH))


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


def _causes(digest: Digest) -> list[dict[str, Any]]:
    return [
        {
            "code": cause.code,
            "label": labels.SEVERITIES[cause.severity][0],
            "style": labels.SEVERITIES[cause.severity][1],
            "name": cause.name,
            "submissions": f"{cause.submissions:,}",
            "findings": f"{cause.findings:,}",
        }
        for cause in digest.ordered_causes()[:MOST_CAUSES]
    ]


def _apart(digest: Digest, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for item in runs_apart(digest.runs, found)[:MOST_APART]:
        run = digest.runs[item.row]
        values = [
            {
                "name": metric_name(name),
                "value": quantity(_short(value), METRICS[name].unit),
                "median": quantity(_short(median), METRICS[name].unit),
            }
            for name, value, median in item.values[:MOST_APART_VALUES]
        ]
        more = len(item.values) - len(values)
        rows.append(
            {
                "row": item.row,
                "run": run,
                "told": values,
                "more": Text(f"and {more} more", f"외 {more}가지") if more > 0 else None,
            }
        )
    return rows


def _short(value: float) -> float:
    return round(value, 2) if value >= 100 else value


class _Texts:
    """Texts that rows name by number: most of them stand in many rows."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._known: dict[tuple[str, str], int] = {}

    def number(self, text: Text | str) -> int:
        pair = (text, text) if isinstance(text, str) else (text.en, text.ko)
        if pair not in self._known:
            self._known[pair] = len(self.rows)
            self.rows.append([pair[0]] if pair[0] == pair[1] else list(pair))
        return self._known[pair]


def _data(digest: Digest, fields: Mapping[str, Text], *, own_pages: bool) -> dict[str, Any]:
    """What the script of the page (``batch.js``) reads; rows are lists, in the order written here."""
    texts = _Texts()
    entries = digest.ordered()
    place = {id(entry): number for number, entry in enumerate(entries)}
    of_run: dict[int, int] = {}
    for entry in entries:
        for number in range(entry.first_run, entry.first_run + entry.run_count):
            of_run[number] = place[id(entry)]
    return {
        "submissions": [_submission(entry, fields, texts, own_pages=own_pages) for entry in entries],
        "runs": [_run(row, of_run[number], texts, own_pages=own_pages) for number, row in enumerate(digest.runs)],
        "metrics": [
            {"id": name, "name": texts.number(metric_name(name)), "unit": METRICS[name].unit} for name in METRIC_IDS
        ],
        "verdicts": [[texts.number(text), style] for text, style in labels.VERDICTS.values()],
        "states": {name: [texts.number(text), style] for name, (text, style) in labels.STATES.items()},
        "severities": {name: [texts.number(text), style] for name, (text, style) in labels.SEVERITIES.items()},
        "words": {name: texts.number(text) for name, text in labels.BATCH_TABLE.items()},
        "texts": texts.rows,
    }


def _submission(entry: Entry, fields: Mapping[str, Text], texts: _Texts, *, own_pages: bool) -> list[Any]:
    row = entry.row
    name = row["submission"]
    profile = ""
    if entry.has_profile:
        profile = quote(profile_link(name) if own_pages else f"../results/{name}/profile.html")
    reasons = [
        [reason["code"], texts.number(Text(reason["message"], reason["message_ko"])), reason["count"]]
        for reason in row["reasons"][:2]
    ]
    groups = [
        [
            group["severity"],
            group["code"],
            group["count"],
            texts.number(group["message"]),
            [texts.number(text) for text in group["places"]],
            group["more"],
            texts.number(group["fix"]),
        ]
        for group in entry.groups
    ]
    form = " · ".join(part for part in (row["package"], row["form_version"]) if part)
    return [
        name,
        texts.number(fields.get(row["form_id"], row["form_id"])),
        form,
        row["runs"],
        row["files"],
        row["bytes"],
        row["reads"],
        list(labels.VERDICTS).index(row["verdict"] or ""),
        row["state"],
        row["outcome"],
        row["accession"] or "",
        reasons,
        row["note"],
        groups,
        entry.more_groups,
        profile,
        entry.first_run,
        entry.run_count,
        list(entry.codes),
    ]


def _run(row: RunRow, submission: int, texts: _Texts, *, own_pages: bool) -> list[Any]:
    page = quote(run_link(row.submission, row.key)) if own_pages and row.state not in ("planned", "skipped") else ""
    files = [
        [name, "" if own_pages or not html else quote(f"../results/{row.submission}/runs/{row.key}/{html}")]
        for name, html in row.files
    ]
    values = [None if value is None else float(f"{value:.6g}") for value in row.values]
    kind, label = texts.number(row.kind), texts.number(row.label)
    return [submission, row.key, kind, files, row.reads, row.bytes, row.style, label, page, row.errors, values]


def _embedded(value: Any) -> Markup:
    """JSON that stands in a page: nothing in it ends a script or begins a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def _with_policy(html: str) -> str:
    """``html`` with a policy by which a browser runs this page's own scripts and loads nothing."""
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    rules = [
        "default-src 'none'",
        f"script-src {' '.join(map(_hash, scripts))}",
        f"style-src {' '.join(map(_hash, styles))}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    policy = f'<meta http-equiv="{POLICY}" content="{"; ".join(rules)}">\n'
    return html.replace('<meta name="viewport"', policy + '<meta name="viewport"', 1)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
