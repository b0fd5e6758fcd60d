"""What runs in the page: look at the files that were chosen, validate, correct, and pack what may be saved.

The page's worker calls these functions, puts the form's files below ``FOLDER`` and passes JSON; nothing else crosses
between JavaScript and Python. Errors that a person can mend come back as ``{"error": …, "hint": …}``.
"""

import gc
import io
import json
import logging
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

from dsqc import logs
from dsqc.artefact import to_json
from dsqc.errors import DsqcError
from dsqc.findings import CERTAIN
from dsqc.limits import Limits
from dsqc.registry import rule
from dsqc.report.rule_page import lines
from dsqc.rule_set import rule_set_version
from dsqc.stages.validate import validate
from dsqc.submission import lone_table, sheet_files
from dsqc.taxonomy import taxonomy_version
from dsqc.version import __version__

FOLDER = Path("/submission")
_RESULTS = Path("/results")
_DATE = (1980, 1, 1, 0, 0, 0)


def start() -> str:
    """Make ready, and say the versions that verdicts of this page depend on. Nobody reads a log here."""
    logs.set_up_with(lambda: None, logging.CRITICAL)
    gc.set_threshold(200_000, 50, 50)  # As the command line does: a form is a million small objects without a cycle.
    taxonomy = taxonomy_version()
    versions = {"dsqc": __version__, "rule_set": rule_set_version(), "taxonomy": taxonomy["version"]}
    return json.dumps({"versions": versions, "certain": CERTAIN})


def choose_form(names: str) -> str:
    """Which of the files that stand together are the form.

    Args:
        names: JSON list of file names.

    Returns:
        JSON list of those to be read; empty where there is no form among them.
    """
    every: list[str] = json.loads(names)
    found = sheet_files(every)
    return json.dumps(found or (every if len(every) == 1 and lone_table(every[0]) else []))


def _answers(function: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[str], str]:
    @wraps(function)
    def answer(request: str) -> str:
        try:
            return json.dumps(function(json.loads(request)), ensure_ascii=False)
        except DsqcError as error:
            return json.dumps({"error": error.message, "hint": error.hint}, ensure_ascii=False)

    return answer


@_answers
def check(request: dict[str, Any]) -> dict[str, Any]:
    """Validate what stands below ``FOLDER``.

    Args:
        request: ``sizes`` (bytes by name of what stands beside the form; ``null`` for the form alone), ``today``
            (ISO 8601; empty for today in UTC), ``kbds_strict``, ``limits``.

    Returns:
        ``json`` (what ``dsqc validate --json`` prints, byte for byte), ``places`` of its groups in words, and
        ``rules``: what is known of each rule that was broken.
    """
    result = validate(_inbox(), None, **_options(request), **_beside(request))
    groups = result.findings.groups()
    return {
        "json": to_json({**result.document, "findings": result.findings.to_list()}),
        "places": [{"en": group.place().en, "ko": group.place().ko} for group in groups],
        "rules": {code: _rule(code) for code in sorted({group.first.code for group in groups})},
    }


def _rule(code: str) -> dict[str, Any]:
    entry = rule(code)
    shown = [line for line in lines(entry) if line.key != "severity"]
    return {
        "name": {"en": entry.name.en, "ko": entry.name.ko},
        "lines": [
            {"label": {"en": line.label.en, "ko": line.label.ko}, "text": {"en": line.text.en, "ko": line.text.ko}}
            for line in shown
        ],
    }


@_answers
def save_results(request: dict[str, Any]) -> dict[str, Any]:
    """Write what ``dsqc validate -O DIR`` writes, packed into ``/results.zip``."""
    target = _fresh(_RESULTS)
    validate(_inbox(), target, **_options(request), **_beside(request))
    return {"path": str(_packed(target))}


@_answers
def save_corrected(request: dict[str, Any]) -> dict[str, Any]:
    """Write what ``dsqc validate --fix -O DIR`` adds to that, packed into ``/results.zip``."""
    from dsqc.stages.fix import fix

    target = _fresh(_RESULTS)
    fixed = fix(_inbox(), target, confidence=request.get("confidence", CERTAIN), **_options(request))
    return {"path": str(_packed(target)), "document": fixed.document}


def _inbox() -> Path:
    """The folder, or the single table that was handed in alone."""
    names = [path.name for path in FOLDER.iterdir()]
    return FOLDER / names[0] if len(names) == 1 and not sheet_files(names) else FOLDER


def _options(request: Mapping[str, Any]) -> dict[str, Any]:
    today = request.get("today")
    return {
        "today": date.fromisoformat(today) if today else None,
        "kbds_strict": bool(request.get("kbds_strict")),
        "limits": Limits(**request["limits"]) if request.get("limits") else None,
    }


def _beside(request: Mapping[str, Any]) -> dict[str, Any]:
    sizes = request.get("sizes")
    return {"with_files": False} if sizes is None else {"sizes": sizes}


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _packed(folder: Path) -> Path:
    target = folder.with_suffix(".zip")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _DATE)
                entry.external_attr, entry.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    target.write_bytes(content.getvalue())
    return target
