"""The report stage over a working directory."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import read_json, write_json
from dsqc.cli.main import main
from dsqc.errors import UsageError
from dsqc.findings import Location, finding
from dsqc.stages.judge import judge
from dsqc.stages.report import report
from helpers.evidence import write_evidence
from helpers.qc_data import qc_file

FAULT = finding("DSQC-S011", Location(path="sample.tsv", sheet="sample", row=3, column="D"), value="2024/13/45")


def make_batch(work: Path) -> Path:
    """Four submissions: registered, returned by a damaged file, returned by its form, one that has not begun."""
    runs = {
        "good": {"RUN_1": [qc_file("a_R1.fastq.gz", reads=300), qc_file("a_R2.fastq.gz", reads=300)]},
        "damaged": {"RUN_1": [qc_file("b.fastq.gz", reads=300, damaged_at=77)]},
        "form": {"RUN_1": [qc_file("c.fastq.gz", reads=300)]},
    }
    for name, files_of_runs in runs.items():
        state = "skipped" if name == "form" else "measured"
        results = work / "results" / name
        write_evidence(results, files_of_runs, findings=[FAULT] if name == "form" else [], state=state)
        verdict = judge(results).verdict
        registered = verdict == "pass"
        accessions = {"submission": "KRA0000001"} if registered else {}
        receipt = {
            "registered": registered,
            "state": "registered" if registered else "returned",
            "accessions": accessions,
        }
        write_json(results / "receipt.json", receipt)
    plan = [{"name": name, "source": f"/data/{name}", "runs": ["RUN_1"], "note": ""} for name in (*runs, "waiting")]
    write_json(work / "plan.json", {"schema_version": "1.0", "sheet": "spring.tsv", "submissions": plan})
    return work


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def schema(name: str) -> Any:
    return json.loads(files("dsqc.schemas").joinpath("reports", f"{name}.schema.json").read_text(encoding="utf-8"))


def test_pages_and_data_of_a_batch(tmp_path: Path) -> None:
    work = make_batch(tmp_path / "spring-batch")
    page = report(work)
    assert page == work / "report" / "index.html"
    assert sorted(tree(work / "report")) == [
        "batch.json",
        "batch_mqc.json",
        "index.html",
        "runs.tsv",
        "runs/damaged/RUN_1.html",
        "runs/good/RUN_1.html",
        "runs_mqc.json",
    ]
    batch = read_json(work / "report" / "batch.json")
    jsonschema_rs.validator_for(schema("batch")).validate(batch)
    assert [(row["submission"], row["state"]) for row in batch["submissions"]] == [
        ("damaged", "returned"),
        ("form", "returned"),
        ("waiting", "planned"),
        ("good", "registered"),
    ]
    assert [row["reasons"][0]["code"] for row in batch["submissions"][:2]] == ["DSQC-F010", "DSQC-S011"]
    html = page.read_text(encoding="utf-8")
    assert ">spring<" in html
    assert "KRA0000001" in html
    assert "Seeds and crop genetic resources" in html


def test_the_report_tells_no_path_of_the_machine_and_repeats_itself(tmp_path: Path) -> None:
    work = make_batch(tmp_path / "spring-batch")
    report(work)
    first = tree(work / "report")
    report(work)
    assert tree(work / "report") == first
    assert not any(str(tmp_path).encode() in content or b"/data/" in content for content in first.values())


def test_the_columns_of_a_submission_have_a_page_that_leads_back(tmp_path: Path) -> None:
    work = make_batch(tmp_path / "spring")
    results = work / "results" / "form"
    profile = {
        "form": None,
        "rule_set_version": "0.1.0+abc",
        "vocabularies": {},
        "submission_alias": "form",
        "sheets": [{"name": "sample", "path": "sample.tsv", "row_count": 0, "remarks": [], "columns": []}],
    }
    write_json(results / "profile.json", profile)
    page = report(work)
    html = (work / "report" / "columns" / "form.html").read_text(encoding="utf-8")
    assert 'href="../index.html"' in html
    assert "DSQC-S011" in html
    assert '"columns/form.html"' in page.read_text(encoding="utf-8")
    assert not (work / "report" / "columns" / "good.html").exists()


def test_a_run_page_leads_back_to_the_batch(tmp_path: Path) -> None:
    work = make_batch(tmp_path / "work")
    report(work)
    page = work / "report" / "runs" / "good" / "RUN_1.html"
    assert 'href="../../index.html"' in page.read_text(encoding="utf-8")
    assert (page.parent / "../../index.html").resolve() == (work / "report" / "index.html").resolve()


def test_in_a_large_batch_rows_lead_to_the_pages_of_qc_and_a_run_has_its_page_when_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = make_batch(tmp_path / "work")
    page = report(work, run_pages=False)
    assert not (work / "report" / "runs").exists()
    assert "../results/good/runs/RUN_1/a_R1.html" in page.read_text(encoding="utf-8")

    assert main(["batch", "report", str(work), "--run", "good/RUN_1"]) == 0
    made = work / "report" / "runs" / "good" / "RUN_1.html"
    assert capsys.readouterr().out.splitlines()[-1] == str(made)
    alone = made.read_bytes()
    report(work)
    assert made.read_bytes() == alone
    for name in ("good/RUN_2", "other/RUN_1", "good", "form/RUN_1", "waiting/RUN_1"):
        assert main(["batch", "report", str(work), "--run", name]) == 2


def test_multiqc_content_names_the_submissions(tmp_path: Path) -> None:
    work = make_batch(tmp_path / "work")
    report(work)
    content = read_json(work / "report" / "batch_mqc.json")
    assert content["data"]["good"]["verdict"] == "pass"
    assert "verdict" not in content["data"]["waiting"]


def test_without_a_plan_there_is_no_batch(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"plan\.json"):
        report(tmp_path)
