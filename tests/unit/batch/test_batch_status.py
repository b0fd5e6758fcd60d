"""How a batch stands, out of hand-made outputs, logs and receipts."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.batch.lock import COMMAND_LOCK, locked
from dsqc.batch.plan import PlannedSubmission, write_plan
from dsqc.batch.status import BatchStatus, JobState, Outcome, batch_status, forget_unfinished
from dsqc.cli.batch import exit_code
from dsqc.cli.main import main
from dsqc.errors import ExitCode

REASONS = [
    {"code": "DSQC-S011", "count": 2, "message": "empty", "message_ko": "빈칸"},
    {"code": "DSQC-S013", "count": 1, "message": "term", "message_ko": "용어"},
    {"code": "DSQC-S011", "count": 3, "message": "empty too", "message_ko": "빈칸도"},
]


def _write(path: Path, value: Any = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({} if value is None else value), encoding="utf-8")


def _through(work: Path, name: str, runs: tuple[str, ...], state: str, **receipt: Any) -> None:
    results = work / "results" / name
    for file in ("transfer", "validate", "verdict"):
        _write(results / f"{file}.json")
    for run in runs:
        _write(results / "runs" / run / "qc.json")
    _write(results / "receipt.json", {"state": state, "accessions": {}, "reasons": []} | receipt)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Five submissions: registered, returned, in curation, failed in qc, not begun."""
    plan = [
        PlannedSubmission(name, f"/in/{name}", ("run-1", "run-2")) for name in ("good", "bad", "odd", "ours", "new")
    ]
    write_plan(tmp_path, "batch.tsv", plan)
    _through(tmp_path, "good", plan[0].runs, "registered", accessions={"submission": "KRA0000001"})
    _through(tmp_path, "bad", plan[1].runs, "returned", reasons=REASONS)
    _through(tmp_path, "odd", plan[2].runs, "in_curation")
    _write(tmp_path / "results/ours/transfer.json")
    _write(tmp_path / "results/ours/validate.json")
    _write(tmp_path / "results/ours/runs/run-1/qc.json")
    log = tmp_path / "logs/qc/ours/run-2.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-11-22 [info] reading\ndsqc qc: Out of memory. Give the job more.\n", encoding="utf-8")
    return tmp_path


def _outcomes(status: BatchStatus) -> dict[str, Outcome]:
    return {item.name: item.outcome for item in status.submissions}


def test_every_submission_has_its_outcome(work: Path) -> None:
    status = batch_status(work)

    assert _outcomes(status) == {
        "good": Outcome.REGISTERED,
        "bad": Outcome.RETURNED,
        "odd": Outcome.IN_CURATION,
        "ours": Outcome.FAILED,
        "new": Outcome.WAITING,
    }
    good, bad, _odd, ours, new = status.submissions
    assert good.accession == "KRA0000001"
    assert [(item.code, item.count) for item in bad.reasons] == [("DSQC-S011", 5), ("DSQC-S013", 1)]
    assert (ours.stage, ours.log) == ("qc", "logs/qc/ours/run-2.log")
    assert new.stage == "transfer"


def test_jobs_are_counted_by_stage(work: Path) -> None:
    stages = batch_status(work).stages

    assert stages["transfer"] == {JobState.DONE: 4, JobState.WAITING: 1}
    assert stages["qc"] == {JobState.DONE: 7, JobState.FAILED: 1, JobState.WAITING: 2}
    assert stages["register"] == {JobState.DONE: 3, JobState.WAITING: 2}


def test_what_comes_again_is_not_done_by_its_old_outputs(work: Path) -> None:
    (work / "results/good/transfer.json").unlink()
    _write(work / "logs/transfer/good.log")

    with locked(work):
        status = batch_status(work)

    assert status.running
    assert _outcomes(status)["good"] is Outcome.RUNNING
    assert status.stages["register"][JobState.DONE] == 2


def test_a_job_that_stopped_without_a_word(work: Path) -> None:
    _write(work / "logs/transfer/new.log")
    assert _outcomes(batch_status(work))["new"] is Outcome.FAILED

    # A run that was killed leaves its name in the lock file: its jobs wait for the next one.
    (work / COMMAND_LOCK).write_text("process 1 on here", encoding="utf-8")
    assert _outcomes(batch_status(work))["new"] is Outcome.WAITING


def test_logs_of_an_earlier_run_do_not_speak_for_this_one(work: Path) -> None:
    _write(work / "logs/transfer/good.log")
    forget_unfinished(work)

    assert not (work / "logs/qc/ours/run-2.log").exists()
    assert (work / "logs/transfer/good.log").exists()


@pytest.mark.parametrize(
    ("totals", "code"),
    [
        ({Outcome.REGISTERED: 3}, ExitCode.DONE),
        ({Outcome.REGISTERED: 3, Outcome.IN_CURATION: 1}, ExitCode.DONE),
        ({Outcome.REGISTERED: 3, Outcome.RETURNED: 1}, ExitCode.FINDINGS),
        ({Outcome.RETURNED: 3, Outcome.FAILED: 1}, ExitCode.FAULT),
        ({Outcome.REGISTERED: 3, Outcome.WAITING: 1}, ExitCode.FAULT),
    ],
)
def test_exit_codes(totals: dict[Outcome, int], code: ExitCode) -> None:
    assert exit_code(BatchStatus(False, {}, (), totals=totals)) is code


def test_json_follows_its_schema(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "status", str(work), "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    schema = json.loads(files("dsqc.schemas").joinpath("reports/status.schema.json").read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(schema).validate(printed)
    assert printed["totals"]["returned"] == 1


def test_the_table_names_place_and_reason(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "--lang", "ko", "status", str(work)]) == 0

    shown = capsys.readouterr().out
    for text in ("KRA0000001", "DSQC-S011 (×5) 빈칸", "logs/qc/ours/run-2.log", "등록됨"):
        assert text in shown


def test_no_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "status", str(tmp_path)]) == ExitCode.USAGE
    assert "No batch was run" in capsys.readouterr().err
