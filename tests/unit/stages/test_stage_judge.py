"""The judge stage and its command over results on disk."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import read_json, sha256_of, write_json
from dsqc.cli.main import main
from dsqc.errors import SystemFault
from dsqc.findings import Finding, Location, finding
from dsqc.metrics.reference import Distribution, Reference, stratum_of, write_reference
from dsqc.model import Submission, Verdict
from dsqc.stages.judge import judge
from helpers.evidence import write_evidence
from helpers.qc_data import empty_file, qc_file

SHEET_FAULT = finding("DSQC-S011", Location(path="sample.tsv", sheet="sample", row=3, column="D"), value="2024/13/45")


def mates(key: str = "RUN_1", **changed: Any) -> dict[str, list[dict[str, Any]]]:
    return {key: [qc_file(f"{key}_R1.fastq.gz", reads=500), qc_file(f"{key}_R2.fastq.gz", reads=500, **changed)]}


def check_schema(document: dict[str, Any]) -> None:
    schema = json.loads(files("dsqc.schemas").joinpath("reports", "verdict.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(document)


def test_good_submission_passes(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    result = judge(results)
    assert result.verdict is Verdict.PASS
    assert result.reasons == ()
    document = read_json(results / "verdict.json")
    check_schema(document)
    assert document["submission"] == "leaf-2026"
    assert all(row["met"] for row in document["goal_results"])
    assert {row["file"] for row in document["goal_results"]} == {"RUN_1_R1.fastq.gz", "RUN_1_R2.fastq.gz"}


def test_every_input_is_fixed_by_its_digest(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates() | {"RUN_2": [qc_file("b.fastq.gz", reads=300)]})
    inputs = judge(results).document["inputs"]
    expected = {
        path.relative_to(results).as_posix() for path in results.rglob("*.json*") if path.name != "verdict.json"
    }
    assert inputs.keys() == expected
    assert all(inputs[name] == sha256_of(results / name) for name in inputs)


def test_one_bad_mate_is_not_hidden_by_the_other(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(quality=20.0))
    result = judge(results)
    assert result.verdict is Verdict.REVIEW
    assert [(item.first.code, item.first.location.path) for item in result.reasons] == [
        ("DSQC-Q002", "RUN_1_R2.fastq.gz")
    ]
    assert result.document["finding_counts"] == {"error": 0, "warning": 1, "info": 0}
    check_schema(result.document)


def test_damaged_file_fails_with_its_own_error_only(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(damaged_at=70595, quality=5.0))
    result = judge(results)
    assert result.verdict is Verdict.FAIL
    assert [item.first.code for item in result.reasons] == ["DSQC-F010"]
    assert {row["file"] for row in result.document["goal_results"]} == {"RUN_1_R1.fastq.gz"}
    check_schema(result.document)


def test_what_two_stages_say_of_one_place_counts_once(tmp_path: Path) -> None:
    runs = mates(damaged_at=70595)
    said = Finding.from_dict(runs["RUN_1"][1]["findings"][0])
    alone = judge(write_evidence(tmp_path / "alone", runs)).document
    twice = judge(write_evidence(tmp_path / "twice", runs, findings=[said])).document
    assert [item["code"] for item in twice["reasons"]] == [said.code]
    assert twice["reason_count"] == alone["reason_count"] == 1
    assert twice["finding_counts"] == alone["finding_counts"]


def test_empty_file_fails(tmp_path: Path) -> None:
    data = empty_file()
    data["state"] = "measured"
    results = write_evidence(tmp_path / "leaf-2026", {"RUN_1": [data]})
    codes = {item.first.code for item in judge(results).reasons}
    assert {"DSQC-Q001", "DSQC-Q003"} <= codes


def test_nanopore_is_judged_by_its_own_goals(tmp_path: Path) -> None:
    runs = {"RUN_1": [qc_file("ont.fastq.gz", reads=200, length=4000, spread=0.6, quality=16.0)]}
    nanopore = write_evidence(tmp_path / "ont", runs, experiment={"platform": "OXFORD_NANOPORE"})
    illumina = write_evidence(tmp_path / "illumina", runs)
    assert judge(nanopore).verdict is Verdict.PASS
    assert judge(illumina).verdict is Verdict.REVIEW


def test_form_fault_fails_with_the_runs_skipped(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(), findings=[SHEET_FAULT], state="skipped")
    result = judge(results)
    assert result.verdict is Verdict.FAIL
    assert result.reasons[0].first.location.row == 3


def test_the_same_fault_in_many_rows_is_one_reason_with_all_its_rows(tmp_path: Path) -> None:
    faults = [finding("DSQC-T015", Location("s.tsv", "sample", row, "D", "tissue")) for row in range(2, 2002)]
    document = judge(write_evidence(tmp_path / "leaf-2026", mates(), findings=faults)).document
    (reason,) = document["reasons"]
    assert (reason["count"], reason["rows"], reason["location"]["row"]) == (2000, "2-2001", 2)
    assert document["reason_count"] == document["finding_counts"]["error"] == 2000
    check_schema(document)


def test_a_verdict_names_what_it_was_reached_by(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    versions = judge(results).document["versions"]
    assert versions["form"] == "seed_crop@1.0.0"
    assert set(versions) == {"form", "rule_set", "vocabularies", "panel", "goals", "reference"}


def test_reasons_are_capped_and_counted(tmp_path: Path) -> None:
    faults = [
        finding("DSQC-S011", Location(f"s{number}.tsv", "sample", 2, "D", "collection_date"), value=str(number))
        for number in range(200)
    ]
    results = write_evidence(tmp_path / "leaf-2026", mates(), findings=faults)
    document = judge(results).document
    assert len(document["reasons"]) == 50
    assert document["reason_count"] == 200
    assert document["finding_counts"]["error"] == 200
    check_schema(document)


def test_same_results_same_bytes(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(quality=20.0), findings=[SHEET_FAULT])
    judge(results)
    first = (results / "verdict.json").read_bytes()
    judge(results)
    assert (results / "verdict.json").read_bytes() == first
    assert str(tmp_path).encode() not in first


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("validate.json", "validate"),
        ("validate.findings.jsonl", "validate"),
        ("submission.json", "validate"),
        ("runs/RUN_1/qc.json", "qc"),
        ("runs/RUN_1/findings.jsonl", "qc"),
        ("runs/RUN_1/RUN_1_R2.dsqc.json", "qc"),
    ],
)
def test_missing_artefact_is_a_fault_that_names_the_stage(tmp_path: Path, missing: str, stage: str) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    (results / missing).unlink()
    with pytest.raises(SystemFault, match=f"Run the {stage} stage"):
        judge(results)
    assert not (results / "verdict.json").exists()


def test_results_of_different_transfers_are_not_mixed(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    transfer = read_json(results / "transfer.json")
    write_json(results / "transfer.json", transfer | {"finding_counts": {}})
    with pytest.raises(SystemFault, match="Run the validate stage again"):
        judge(results)


def test_a_file_that_changed_after_its_transfer_is_not_judged(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    run = read_json(results / "runs/RUN_1/qc.json")
    run["files"][0]["sha256"] = "0" * 64
    write_json(results / "runs/RUN_1/qc.json", run)
    with pytest.raises(SystemFault, match="has changed since its transfer"):
        judge(results)


def test_a_skipped_run_without_an_error_is_not_passed(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(), state="skipped")
    with pytest.raises(SystemFault, match="Run the qc stage again"):
        judge(results)


def test_a_submission_without_transfer_is_judged(tmp_path: Path) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    (results / "transfer.json").unlink()
    assert judge(results).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("findings", "extra", "code"),
    [([], [], 0), ([SHEET_FAULT], [], 3), ([SHEET_FAULT], ["--exit-zero"], 0)],
)
def test_command_exits_by_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], findings: list[Finding], extra: list[str], code: int
) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(), findings=findings)
    assert main(["judge", str(results), "--lang", "en", *extra]) == code
    printed = capsys.readouterr().out
    assert ("fail" if findings else "pass") in printed
    assert ("DSQC-S011" in printed) is bool(findings)


def test_review_exits_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates(quality=20.0))
    assert main(["judge", str(results), "--lang", "ko"]) == 0
    assert "검토" in capsys.readouterr().out


def test_command_prints_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    assert main(["judge", str(results), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == read_json(results / "verdict.json")


def test_command_takes_the_stations_goals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    shipped = files("dsqc.schemas").joinpath("quality-goals", "default.yaml").read_text(encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(shipped.replace("minimum: 0.6", "minimum: 0.99"), encoding="utf-8")
    (tmp_path / "station.toml").write_text('quality_goals = "ours.yaml"\n', encoding="utf-8")
    assert main(["judge", str(results), "--station", str(tmp_path / "station.toml"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "review"
    assert document["goals"]["file"] == "ours.yaml"


def test_command_refuses_wrong_goals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    (tmp_path / "ours.yaml").write_text("goals: []\n", encoding="utf-8")
    assert main(["judge", str(results), "--goals", str(tmp_path / "ours.yaml")]) == 2
    assert "ours.yaml is wrong" in capsys.readouterr().err


def test_command_without_results_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", str(tmp_path / "nowhere")]) == 1
    assert "Run the validate stage first" in capsys.readouterr().err


def test_the_verdict_says_where_each_run_stands_and_by_which_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = write_evidence(tmp_path / "leaf-2026", mates())
    alone = judge(results).document
    assert (alone["reference"], alone["peers"]) == (None, [])
    goals = alone["goals"]
    assert alone["versions"]["goals"] == f"default@{goals['version']}+{goals['sha256'][:12]}"
    assert alone["versions"]["reference"] is None
    qc = read_json(results / "runs/RUN_1/qc.json")
    qc["metrics"] = {"frac_bases_q30": 0.51}
    write_json(results / "runs/RUN_1/qc.json", qc)
    field = Submission.from_dict(read_json(results / "submission.json")).get("form_id")
    stratum = stratum_of({"platform": "ILLUMINA", "library_strategy": "WGS"}, field)
    points = Distribution.of((number / 100, 1) for number in range(50, 100))
    others = {("x", "y", "z"): {"mean_phred": points}}
    reference = Reference(7, 30, {stratum: {"frac_bases_q30": points}, **others})
    write_reference(tmp_path / "reference.json", reference)
    (tmp_path / "station.toml").write_text("", encoding="utf-8")

    assert main(["judge", str(results), "--station", str(tmp_path), "--lang", "en"]) == 0
    assert "percentile" not in capsys.readouterr().out
    document = read_json(results / "verdict.json")
    check_schema(document)
    assert document["reference"] == {"version": 7, "sha256": sha256_of(tmp_path / "reference.json"), "minimum_runs": 30}
    (peers,) = document["peers"]
    assert (peers["run_count"], peers["metrics"][0]["percentile"]) == (50, 3.0)
    assert document["verdict"] == alone["verdict"]

    qc["metrics"] = {"frac_bases_q30": 0.5}
    write_json(results / "runs/RUN_1/qc.json", qc)
    assert main(["judge", str(results), "--station", str(tmp_path), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "RUN_1 Bases ≥ Q30 0.5: percentile 1 of 50 runs like it (reference 7)" in out
    (tmp_path / "reference.json").write_text('{"version": 1}', encoding="utf-8")
    assert main(["judge", str(results), "--station", str(tmp_path)]) == 2
