"""A batch from the sheet to the catalog on one machine: whole, repeated, corrected, killed."""

import json
import os
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dsqc.artefact import read_json
from dsqc.batch.status import Outcome, batch_status
from dsqc.errors import ExitCode
from helpers.sample_runs import (
    batch_command,
    catalog_content,
    job_process,
    kill,
    run_batch_command,
    sample_sheet,
    snakemake_process,
    wait_for,
)

GOOD = "yeast-cram"
BROKEN = "seawater-metagenome"
NAMES = (GOOD, BROKEN)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of a batch that nothing disturbed; tests that change it work on their own."""
    place = tmp_path_factory.mktemp("undisturbed")
    work = place / "work"
    done = run_batch_command(sample_sheet(place, NAMES), work, "--profile", "ci", "--json")
    assert done.returncode == ExitCode.FINDINGS, done.stderr
    (place / "printed.json").write_text(done.stdout, encoding="utf-8")
    return work


def _schema(name: str) -> Any:
    return json.loads(files("dsqc.schemas").joinpath(f"reports/{name}.schema.json").read_text(encoding="utf-8"))


def test_the_good_are_registered_and_the_broken_returned(undisturbed: Path) -> None:
    printed = json.loads(undisturbed.with_name("printed.json").read_text(encoding="utf-8"))

    jsonschema_rs.validator_for(_schema("status")).validate(printed)
    jsonschema_rs.validator_for(_schema("plan")).validate(read_json(undisturbed / "plan.json"))
    good, broken = printed["submissions"]
    assert (good["outcome"], broken["outcome"]) == ("registered", "returned")
    assert good["accession"].startswith("KRA")
    assert [reason["code"] for reason in broken["reasons"]] == ["DSQC-F010"]
    assert (undisturbed / printed["report"]).read_text(encoding="utf-8").count(BROKEN) > 0


def test_a_finished_batch_has_nothing_to_do(undisturbed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.glob("results/**/*") if path.is_file()}

    done = run_batch_command(undisturbed.with_name("batch.tsv"), undisturbed, "--profile", "ci")

    assert done.returncode == ExitCode.FINDINGS
    assert "nothing to do" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in undisturbed.glob("results/**/*") if path.is_file()} == before


def test_a_corrected_submission_goes_through_again(tmp_path: Path) -> None:
    sheet = sample_sheet(tmp_path, (GOOD,))
    file_sheet = tmp_path / GOOD / "file.tsv"
    work = tmp_path / "work"
    whole = file_sheet.read_text(encoding="utf-8")
    heading, row, *rest = whole.split("\n")
    columns = heading.split("\t")
    cells = dict(zip(columns, row.split("\t"), strict=True)) | {"md5": "0" * 32}
    file_sheet.write_text("\n".join([heading, "\t".join(cells.values()), *rest]), encoding="utf-8")

    first = run_batch_command(sheet, work)
    assert first.returncode == ExitCode.FINDINGS, first.stderr
    assert "DSQC-F006" in first.stdout
    file_sheet.write_text(whole, encoding="utf-8")
    second = run_batch_command(sheet, work)

    assert second.returncode == ExitCode.DONE, second.stderr
    assert batch_status(work).totals == {Outcome.REGISTERED: 1}


def test_a_source_that_is_not_there_fails_alone(tmp_path: Path) -> None:
    sheet = sample_sheet(tmp_path, (GOOD,))
    (tmp_path / GOOD).rename(tmp_path / "elsewhere")
    sheet.write_text(f"submission\tsource\nlost\t{GOOD}\n{GOOD}\telsewhere\n", encoding="utf-8")
    work = tmp_path / "work"

    done = run_batch_command(sheet, work)

    assert done.returncode == ExitCode.FAULT, done.stderr
    lost, good = batch_status(work).submissions
    assert (lost.outcome, lost.stage, lost.log) == (Outcome.FAILED, "transfer", "logs/transfer/lost.log")
    assert good.outcome is Outcome.REGISTERED
    assert lost.log in done.stdout
    assert "dsqc transfer:" in done.stdout
    assert "does not exist" in done.stdout
    assert (work / "report" / "index.html").exists()

    (tmp_path / "elsewhere").rename(tmp_path / GOOD)
    sheet.write_text(f"submission\tsource\nlost\t{GOOD}\n", encoding="utf-8")
    assert run_batch_command(sheet, work).returncode == ExitCode.DONE


def _kill_command(work: Path, process: "subprocess.Popen[str]") -> None:
    process.kill()


def _kill_snakemake(work: Path, process: "subprocess.Popen[str]") -> None:
    kill(wait_for(lambda: snakemake_process(work), process))


def _kill_job(work: Path, process: "subprocess.Popen[str]") -> None:
    kill(wait_for(lambda: job_process(work, "qc"), process))


def _kill_command_and_snakemake(work: Path, process: "subprocess.Popen[str]") -> None:
    snakemake = wait_for(lambda: snakemake_process(work), process)
    process.kill()
    kill(snakemake)


@pytest.mark.parametrize(
    ("strike", "stage"),
    [
        (_kill_command, "qc"),
        (_kill_snakemake, "transfer"),
        (_kill_job, "qc"),
        (_kill_command_and_snakemake, "register"),
    ],
)
def test_a_killed_batch_continues_to_the_same_catalog(
    strike: Callable[[Path, "subprocess.Popen[str]"], None], stage: str, tmp_path: Path, undisturbed: Path
) -> None:
    sheet, work = sample_sheet(tmp_path, NAMES), tmp_path / "work"
    with subprocess.Popen(
        batch_command(sheet, work), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as run:
        wait_for(lambda: job_process(work, stage), run)
        strike(work, run)
        _, said = run.communicate(timeout=120)
    # A job alone is tried again within the run.
    assert run.returncode in ((ExitCode.FINDINGS,) if strike is _kill_job else (ExitCode.FAULT, -9)), said

    again = run_batch_command(sheet, work)

    assert again.returncode == ExitCode.FINDINGS, again.stderr
    assert catalog_content(work) == catalog_content(undisturbed)


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    sheet, work = sample_sheet(tmp_path, (GOOD,)), tmp_path / "work"
    with subprocess.Popen(batch_command(sheet, work), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        wait_for(lambda: job_process(work, "transfer"), run)
        second = run_batch_command(sheet, work)
        run.communicate(timeout=120)

    assert second.returncode == ExitCode.USAGE
    assert f"process {run.pid}" in second.stderr
    assert run.returncode == ExitCode.DONE


def test_ctrl_c_stops_the_run_and_the_next_goes_on(tmp_path: Path) -> None:
    sheet, work = sample_sheet(tmp_path, (GOOD,)), tmp_path / "work"
    with subprocess.Popen(batch_command(sheet, work), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        wait_for(lambda: job_process(work, "qc"), run)
        os.kill(run.pid, 2)
        run.communicate(timeout=120)
    assert run.returncode == ExitCode.INTERRUPTED
    assert job_process(work, "qc") is None
    assert not batch_status(work).running

    assert run_batch_command(sheet, work).returncode == ExitCode.DONE
