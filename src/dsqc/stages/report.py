"""The report of a batch: reads everything under ``results/``, writes ``report/``. It can be made at any time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dsqc import artefact, logs
from dsqc.errors import UsageError
from dsqc.forms.fields import load_fields
from dsqc.language import Language
from dsqc.report import batch_page, multiqc, profile_page, run_page
from dsqc.report.batch import Record, summarise
from dsqc.report.inferred import inferred_section
from dsqc.report.peers import peers_section


def report(work: Path, *, language: Language | None = None) -> Path:
    """Write the batch page, a page a run and a page a submission's columns, ``batch.json`` and ``batch_mqc.json``.

    Args:
        work: working directory of the batch; ``plan.json`` stands in it.
        language: language that the pages open in; ``None`` for the browser's.

    Returns:
        Path of the batch page.

    Raises:
        UsageError: ``work`` holds no ``plan.json``.
        SystemFault: an artefact cannot be read, or the report cannot be written.
    """
    plan_file = work / "plan.json"
    if not plan_file.is_file():
        raise UsageError(f"{work} holds no plan.json.", hint="Give the working directory of a `dsqc batch run`.")
    plan = artefact.read_json(plan_file)
    records = [_record(work / "results", entry) for entry in plan["submissions"]]
    folder = work / "report"
    for record in records:
        _write_profile_page(folder, record, language)
        for key in record.runs:
            _write_run_page(work / "results", folder, record, key, language)
    batch = summarise(records)
    artefact.write_json(folder / "batch.json", batch)
    artefact.write_json(folder / "batch_mqc.json", multiqc.batch_content(batch))
    page = folder / "index.html"
    fields = {field.id: field.name for field in load_fields().values()}
    title = Path(plan.get("sheet") or work.resolve()).stem
    artefact.write_text(page, batch_page.render(batch, records, title=title, fields=fields, language=language))
    logs.logger().info("reported", submissions=len(records), page=str(page))
    return page


def _record(results: Path, entry: Mapping[str, Any]) -> Record:
    folder = results / entry["name"]
    record = Record(
        name=entry["name"],
        planned_runs=tuple(entry["runs"]),
        note=entry.get("note", ""),
        transfer=_optional(folder / "transfer.json"),
        validation=_optional(folder / "validate.json"),
        submission=_optional(folder / "submission.json"),
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
        back: where the page's way back leads.
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
    return run_page.render_run(run, files, findings, goals=own, peers=compared, back=back, language=language)
