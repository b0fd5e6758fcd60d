"""What the results of a verdict hold for people: groups of findings, runs, and the pages of the report."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response

from dsqc.artefact import read_json
from dsqc.language import Language, Text
from dsqc.metrics.catalogue import METRICS
from dsqc.report import inferred, profile_page
from dsqc.report.render import quantity, static_file
from dsqc.stages.curate_compared import compared
from dsqc.stages.register import read_intake
from dsqc.stages.report import render_run
from dsqc.web.labels import SEVERITIES

MOST_GROUPS = 100
"""Groups of findings that a page lists; the column profile has them all."""
MOST_COMPARED = 20
"""Attributes, runs or pairs that a page lists of each comparison; ``verdict.json`` has them all."""
MOST_RUNS = 200
"""Runs that a page lists; a submission may hold thousands."""
SHOWN_METRICS = ("read_count", "base_count", "mean_phred", "frac_bases_q30", "frac_gc")
PROFILE = "profile.json"


@dataclass(frozen=True, slots=True)
class Judged:
    """What stands in the results of one verdict.

    Attributes:
        results: where.
        groups: of findings about forms and files, errors first, at most :data:`MOST_GROUPS`.
        more_groups: how many were left out.
        runs: ``qc.json`` of each run by its key.
        rows: a line a run for people: key, state, metrics, findings; at most :data:`MOST_RUNS`.
        more_rows: how many were left out.
        has_profile: whether the columns were profiled.
        compared: what a verdict says beside its reasons, for curators: ``disagreements`` of form and reads,
            ``siblings`` (runs unlike those that the forms describe alike), ``individuals``; of each, run and text of
            at most :data:`MOST_COMPARED`, and how many there are.
    """

    results: Path
    groups: list[dict[str, Any]]
    more_groups: int
    runs: Mapping[str, Mapping[str, Any]]
    rows: list[dict[str, Any]]
    more_rows: int
    has_profile: bool
    compared: Mapping[str, tuple[list[tuple[str, Text]], int]]


def read_judged(results: Path) -> Judged:
    """Read the results, which must be those that were judged.

    Raises:
        SystemFault: they have changed since, or cannot be read.
    """
    intake = read_intake(results)
    groups = read_json(results / "validate.json").get("groups", [])
    order = list(SEVERITIES)
    groups = sorted(groups, key=lambda group: (order.index(group["severity"]), -group["count"]))
    return Judged(
        results,
        groups[:MOST_GROUPS],
        max(0, len(groups) - MOST_GROUPS),
        intake.runs,
        [_run_row(key, run) for key, run in islice(intake.runs.items(), MOST_RUNS)],
        max(0, len(intake.runs) - MOST_RUNS),
        (results / PROFILE).is_file(),
        _compared(read_json(results / "verdict.json")),
    )


def _compared(verdict: Mapping[str, Any]) -> dict[str, tuple[list[tuple[str, Text]], int]]:
    found = compared(verdict)
    said = {
        "disagreements": [(row["run_key"], inferred.said(row)) for row in found["disagreements"]],
        "siblings": [(row["run_key"], Text(row["text"], row["text_ko"])) for row in found["siblings"]],
        "individuals": [("", Text(row["text"], row["text_ko"])) for row in found["individuals"]],
    }
    counts = {name: len(rows) for name, rows in said.items()} | {"disagreements": found["disagree_count"]}
    return {name: (rows[:MOST_COMPARED], counts[name]) for name, rows in said.items() if rows}


def _run_row(key: str, run: Mapping[str, Any]) -> dict[str, Any]:
    shown = [
        (METRICS[name].name, quantity(run["metrics"][name], METRICS[name].unit))
        for name in SHOWN_METRICS
        if name in run["metrics"] and run["metrics"][name] is not None
    ]
    return {
        "key": key,
        "name": run.get("run_alias") or key,
        "state": run["state"],
        "metrics": shown,
        "findings": {name: number for name, number in run["finding_counts"].items() if number},
        "files": [{name: item.get(name) for name in ("name", "size_bytes", "md5")} for item in run["files"]],
    }


def column_page(results: Path, *, back: str, language: Language) -> str:
    """The page of the columns."""
    profile, groups = read_json(results / PROFILE), read_json(results / "validate.json").get("groups", [])
    return profile_page.render(profile, groups, back=back, language=language)


def run_page(results: Path, run: Mapping[str, Any], *, back: str, language: Language) -> str:
    """The page of a run."""
    return render_run(results, run, read_json(results / "verdict.json"), back=back, language=language)


def report_answer(html: str) -> Response:
    """A page of the report, whose own scripts may run and no other: their digests stand in the policy."""
    return HTMLResponse(html, headers={"content-security-policy": _report_policy()})


@cache
def _report_policy() -> str:
    scripts = " ".join(_digest(static_file(name)) for name in ("page.js", "profile.js"))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}'"
