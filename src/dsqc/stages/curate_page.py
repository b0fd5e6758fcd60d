"""curate show --html: what a curator judges by as one page with the plots."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dsqc.artefact import read_json, write_text
from dsqc.catalog.curation.words import ANSWERS, DECISIONS
from dsqc.language import Language
from dsqc.report import curate_page

PROFILE = "profile.json"


def write_page(results: Path, found: Mapping[str, Any], page: Path, language: Language | None = None) -> None:
    """Write the page of what :func:`dsqc.stages.curate.show` found.

    It needs no other file; links lead to the run pages where they stand now.

    Args:
        results: the submission's results.
        found: of ``show``.
        page: where to.
        language: language that the page opens in; ``None`` for the browser's.
    """
    profile = read_json(results / PROFILE) if (results / PROFILE).is_file() else None
    files = {run["run_key"]: _measured(results / "runs" / run["run_key"]) for run in found["runs"]}
    beside = page.resolve().parent
    links = {
        name: quote(os.path.relpath(results.resolve() / name, beside)) for run in found["runs"] for name in run["pages"]
    }
    words = {"answers": ANSWERS, "decisions": DECISIONS}
    html = curate_page.render(found, words, profile=profile, files=files, links=links, language=language)
    write_text(page, html)


def _measured(folder: Path) -> list[dict[str, Any]]:
    """The measurements of a run's files."""
    run = read_json(folder / "qc.json")
    paths = [folder / item["metrics_file"] for item in run["files"] if item.get("metrics_file")]
    return [read_json(path) for path in paths if path.is_file()]
