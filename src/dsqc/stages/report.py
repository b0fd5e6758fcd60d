"""The report of a batch: reads everything under ``results/``, writes ``report/``. It can be made at any time.

Submissions are read one after the other: of thousands of runs only their rows are kept in memory.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dsqc import artefact, logs
from dsqc.errors import UsageError
from dsqc.forms.fields import load_fields
from dsqc.language import Language
from dsqc.report import batch_page, multiqc, profile_page, run_page
from dsqc.report.batch import Record
from dsqc.report.batch_digest import Digest
from dsqc.report.batch_runs import runs_tsv
from dsqc.report.inferred import disagreement_count, inferred_section
from dsqc.report.peers import peers_section

RUN_PAGES = 300
"""Runs up to which every run has a page of its own in the report; of more the rows lead to the pages that qc wrote."""


def report(
    work: Path,
    *,
    language: Language | None = None,
    run_pages: bool | None = None,
    failed: Sequence[Mapping[str, Any]] = (),
    failed_count: int = 0,
) -> Path:
    """Write the batch page, ``batch.json``, ``runs.tsv``, ``batch_mqc.json`` and ``runs_mqc.json``.

    Besides a page a run and a page a submission's columns, where ``run_pages`` says so.

    Args:
        work: working directory of the batch; ``plan.json`` stands in it.
        language: language that the pages open in; ``None`` for the browser's.
        run_pages: whether every run gets a page; ``None``: in batches of at most ``RUN_PAGES`` runs. In others
            :func:`write_run_page` makes the page of one run.
        failed: items that failed by a fault of ours (``failed`` of ``status.schema.json``), for the page.
        failed_count: how many there are.

    Returns:
        Path of the batch page.

    Raises:
        UsageError: ``work`` holds no ``plan.json``.
        SystemFault: an artefact cannot be read, or the report cannot be written.
    """
    plan = _plan(work)
    folder = work / "report"
    number = sum(len(entry["runs"]) for entry in plan["submissions"])
    own_pages = number <= RUN_PAGES if run_pages is None else run_pages
    found = Digest()
    for entry in plan["submissions"]:
        record = _record(work / "results", entry)
        if own_pages:
            _write_profile_page(folder, record, language)
            for key in record.runs:
                _write_run_page(work / "results", folder, record, key, language)
        found.add(record)
    batch = found.summary.to_dict()
    artefact.write_json(folder / "batch.json", batch)
    artefact.write_text(folder / "runs.tsv", runs_tsv(found.runs))
    artefact.write_json(folder / "batch_mqc.json", multiqc.batch_content(batch))
    artefact.write_json(folder / "runs_mqc.json", multiqc.runs_content(found.runs))
    page = folder / "index.html"
    html = batch_page.render(
        found,
        title=Path(plan.get("sheet") or work.resolve()).stem,
        fields={field.id: field.name for field in load_fields().values()},
        own_pages=own_pages,
        failed=failed,
        failed_count=failed_count,
        language=language,
    )
    artefact.write_text(page, html)
    logs.logger().info("reported", submissions=len(found.entries), runs=len(found.runs), page=str(page))
    return page


def write_run_page(work: Path, submission: str, run_key: str, *, language: Language | None = None) -> Path:
    """Write the page of one run, with its quality goals and where it stands among runs like it.

    Returns:
        Path of the page.

    Raises:
        UsageError: the batch has no such run, or it is not measured yet.
        SystemFault: an artefact cannot be read, or the page cannot be written.
    """
    entry = next((item for item in _plan(work)["submissions"] if item["name"] == submission), None)
    if entry is None or run_key not in entry["runs"]:
        raise UsageError(f"The batch has no run {submission}/{run_key}.", hint="Name it as SUBMISSION/RUN.")
    record = _record(work / "results", {**entry, "runs": [run_key]})
    if run_key not in record.runs or record.runs[run_key]["state"] == "skipped":
        raise UsageError(f"The run {submission}/{run_key} is not measured.", hint="`dsqc batch status` says why.")
    _write_run_page(work / "results", work / "report", record, run_key, language)
    return work / "report" / batch_page.run_link(submission, run_key)


def _plan(work: Path) -> Any:
    plan_file = work / "plan.json"
    if not plan_file.is_file():
        raise UsageError(f"{work} holds no plan.json.", hint="Give the working directory of a `dsqc batch run`.")
    return artefact.read_json(plan_file)


def _record(results: Path, entry: Mapping[str, Any]) -> Record:
    folder = results / entry["name"]
    record = Record(
        name=entry["name"],
        planned_runs=tuple(entry["runs"]),
        note=entry.get("note", ""),
        transfer=_optional(folder / "transfer.json"),
        validation=_optional(folder / "validate.json"),
        verdict=_optional(folder / "verdict.json"),
        receipt=_optional(folder / "receipt.json"),
        profile=_optional(folder / "profile.json"),
    )
    for key in record.planned_runs:
        run = _optional(folder / "runs" / key / "qc.json")
        if run:
            record.runs[key] = run
            record.findings.extend(artefact.read_json_lines(folder / "runs" / key / run["findings_file"]))
    return record


def _optional(path: Path) -> Any:
    """What an artefact holds; ``None`` where its stage has not finished."""
    return artefact.read_json(path) if path.is_file() else None


def _write_profile_page(folder: Path, record: Record, language: Language | None) -> None:
    """The page of the columns once more, with the way back and in the language of the report."""
    if record.profile is None or record.validation is None:
        return
    html = profile_page.render(
        record.profile, record.validation["groups"], title=record.name, back="../index.html", language=language
    )
    artefact.write_text(folder / batch_page.profile_link(record.name), html)


def _write_run_page(results: Path, folder: Path, record: Record, key: str, language: Language | None) -> None:
    run = record.runs[key]
    if run["state"] == "skipped":
        return
    html = render_run(results / record.name, run, record.verdict, back="../../index.html", language=language)
    artefact.write_text(folder / batch_page.run_link(record.name, key), html)


def render_run(
    results: Path,
    run: Mapping[str, Any],
    verdict: Mapping[str, Any] | None,
    *,
    back: str,
    language: Language | None = None,
) -> str:
    """The page of one run, out of what its submission's ``results`` hold.

    Args:
        run: content of its ``qc.json``.
        verdict: of the submission; ``None`` before it is judged.
        back: where the page's way back leads; empty for none.
        language: language that the page opens in; ``None`` for the browser's.
    """
    source = results / "runs" / run["run_key"]
    files = [
        artefact.read_json(source / item["metrics_file"])
        for item in run["files"]
        if item["state"] != "missing" and item.get("metrics_file")
    ]
    findings = artefact.read_json_lines(source / run["findings_file"])
    own = [row for row in (verdict or {}).get("goal_results") or () if row["run_key"] == run["run_key"]]
    key = run["run_key"]
    compared = inferred_section(verdict, key) + peers_section(verdict, key) if verdict else Markup("")
    return run_page.render_run(
        run,
        files,
        findings,
        goals=own,
        peers=compared,
        disagreements=disagreement_count(verdict, key) if verdict else 0,
        back=back,
        language=language,
    )
