"""Results of one submission as transfer, validate and qc leave them, made from data files in memory."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsqc.artefact import sha256_of, write_json, write_json_lines
from dsqc.findings import Finding, FindingLog
from dsqc.model import Cell, Heading, Row, Sheet, Submission
from helpers.qc_data import qc_run, stem


def write_evidence(
    results: Path,
    runs: Mapping[str, list[dict[str, Any]]],
    *,
    findings: Iterable[Finding] = (),
    experiment: Mapping[str, str] | None = None,
    state: str = "measured",
) -> Path:
    """Write everything that the judge reads.

    Args:
        results: ``results/<submission>``.
        runs: ``<stem>.dsqc.json`` contents of each run, by run key.
        findings: what validate found.
        experiment: attributes of the one experiment; Illumina WGS where not given.
        state: state of the runs; they become ``partial`` by themselves where a file is damaged.
    """
    attributes = {"platform": "ILLUMINA", "library_strategy": "WGS", "library_layout": "PAIRED", **(experiment or {})}
    write_json(results / "submission.json", _submission(results.name, runs, attributes).to_dict())
    files = [{**data["file"], "kind": "data", "state": "copied"} for items in runs.values() for data in items]
    write_json(results / "transfer.json", {"schema_version": "1.0", "submission": results.name, "files": files})
    log = FindingLog(findings)
    write_json_lines(results / "validate.findings.jsonl", log.to_list())
    validation = {
        "schema_version": "1.0",
        "form": {"id": "seed_crop", "version": "1.0.0", "package": "Plant_fungi"},
        "submission_alias": results.name,
        "inputs": {"transfer.json": sha256_of(results / "transfer.json")},
        "finding_counts": log.counts(),
        "groups": log.groups_to_list(),
        "findings_file": "validate.findings.jsonl",
    }
    write_json(results / "validate.json", validation)
    for key, items in runs.items():
        write_run(results / "runs" / key, key, items, state=state)
    return results


def write_run(folder: Path, key: str, files: list[dict[str, Any]], *, state: str = "measured") -> None:
    """Write what qc leaves of one run."""
    run = qc_run(key, files)
    if state != "measured":
        run["state"] = state
    write_json(folder / "qc.json", run)
    write_json_lines(folder / "findings.jsonl", [row for data in files for row in data["findings"]])
    for data in files:
        write_json(folder / f"{stem(data['file']['name'])}.dsqc.json", data)


def _submission(name: str, runs: Mapping[str, list[dict[str, Any]]], experiment: Mapping[str, str]) -> Submission:
    return Submission(
        {
            "submission": sheet_of("submission", [{"submission_alias": name}]),
            "experiment": sheet_of("experiment", [{"library_id": "LIB_1", **experiment}]),
            "run": sheet_of("run", [{"run_alias": key, "library_id": "LIB_1"} for key in runs]),
            "file": sheet_of(
                "file",
                [
                    {"file_name": data["file"]["name"], "run_alias": key}
                    for key, items in runs.items()
                    for data in items
                ],
            ),
        }
    )


def sheet_of(name: str, values: list[dict[str, str]]) -> Sheet:
    """A sheet with these rows."""
    columns = {key: chr(65 + number) for number, key in enumerate(values[0] if values else ())}
    rows = tuple(
        Row(name, number, {key: Cell(text, text, number, columns[key]) for key, text in value.items()})
        for number, value in enumerate(values, start=2)
    )
    return Sheet(name, f"{name}.tsv", tuple(Heading(key, key, column) for key, column in columns.items()), rows)
