"""A batch on a real Slurm without accounts, as job arrays by the profile that is shipped; only waiting is shorter."""

import subprocess
from pathlib import Path

import pytest

from dsqc.batch.status import Outcome, batch_status
from dsqc.errors import ExitCode
from helpers.sample_runs import (
    batch_command,
    catalog_content,
    kill,
    run_batch_command,
    sample_sheet,
    snakemake_process,
    wait_for,
)
from infra.slurm import SlurmCluster

pytestmark = pytest.mark.slurm

QUICK = ("--", "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10")


@pytest.mark.timeout(600)
def test_a_batch_in_job_arrays_survives_a_kill_and_ends_as_on_one_machine(tmp_path: Path, slurm: SlurmCluster) -> None:
    sheet = sample_sheet(tmp_path, ("yeast-cram", "seawater-metagenome"))
    work, local = tmp_path / "work", tmp_path / "local"
    arguments = ("--profile", "slurm-array", "--shards", "2", *QUICK)
    command = batch_command(sheet, work, *arguments)
    with subprocess.Popen(command, env=slurm.environment, stderr=subprocess.PIPE, text=True) as killed:
        snakemake = wait_for(lambda: snakemake_process(work), killed)
        left = wait_for(lambda: set(slurm.jobs()) or None, killed)
        killed.kill()
        kill(snakemake)

    done = run_batch_command(sheet, work, *arguments, env=slurm.environment)

    run_log = (work / "logs" / "snakemake.log").read_text(encoding="utf-8")
    assert done.returncode == ExitCode.FINDINGS, done.stderr + run_log
    assert "cancelling the jobs of a killed run" in done.stderr
    assert batch_status(work).totals == {Outcome.REGISTERED: 1, Outcome.RETURNED: 1}
    assert run_log.count("Submitted array job") == 1
    assert "submitted with SLURM jobid" not in run_log
    assert not left & set(slurm.jobs())
    assert run_batch_command(sheet, local, "--profile", "ci").returncode == ExitCode.FINDINGS
    assert catalog_content(work) == catalog_content(local)


def test_the_cluster_runs_jobs_on_both_nodes(tmp_path: Path, slurm: SlurmCluster) -> None:
    output = tmp_path / "output.txt"
    slurm.command("sbatch", "--wait", "--nodes=2", f"--output={output}", "--wrap", "srun printenv SLURMD_NODENAME")
    assert sorted(output.read_text(encoding="utf-8").split()) == ["n1", "n2"]


def test_a_profile_without_its_scheduler_says_so(tmp_path: Path) -> None:
    sheet = sample_sheet(tmp_path, ("yeast-cram",))
    done = run_batch_command(sheet, tmp_path / "work", "--profile", "slurm", env={"PATH": "/nonexistent"})
    assert done.returncode == ExitCode.FAULT
    assert "logs/snakemake.log" in done.stderr
