"""A batch on a real Slurm that keeps accounts (slurmdbd, MariaDB), and soon forgets jobs outside them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsqc.batch.status import Outcome, batch_status
from dsqc.errors import ExitCode
from helpers.sample_runs import (
    batch_command,
    kill,
    run_batch_command,
    sample_sheet,
    snakemake_process,
    wait_for,
)
from infra.slurm import SlurmCluster

pytestmark = pytest.mark.slurm

# The plugin asks how its jobs are every ten minutes: what ends sooner is heard of by what it has written.
RARELY = ("--", "--slurm-init-seconds-before-status-checks", "600", "--latency-wait", "10")


@pytest.mark.timeout(600)
def test_accounts_tell_what_became_of_jobs_and_what_they_used(tmp_path: Path, slurm_accounts: SlurmCluster) -> None:
    sheet = sample_sheet(tmp_path, ("yeast-cram", "seawater-metagenome"))
    work = tmp_path / "work"
    arguments = ("--shards", "2", *RARELY)
    with subprocess.Popen(
        batch_command(sheet, work, "--profile", "slurm", *arguments), env=slurm_accounts.environment, stderr=subprocess.PIPE, text=True
    ) as killed:
        snakemake = wait_for(lambda: snakemake_process(work), killed)
        left = wait_for(lambda: set(slurm_accounts.jobs()) or None, killed)
        killed.kill()
        kill(snakemake)

    # Another profile may go on. Arrays cannot be had here, as sacct tells of their tasks by names of its own.
    done = run_batch_command(sheet, work, "--profile", "slurm-array", *arguments, env=slurm_accounts.environment)

    run_log = (work / "logs" / "snakemake.log").read_text(encoding="utf-8")
    assert done.returncode == ExitCode.FINDINGS, done.stderr + run_log
    assert "cancelling the jobs of a killed run" in done.stderr
    assert batch_status(work).totals == {Outcome.REGISTERED: 1, Outcome.RETURNED: 1}
    assert "job arrays are not used" in done.stderr
    assert run_log.count("has been submitted with SLURM jobid") == 2
    # squeue would have forgotten them: only sacct can have told the plugin of their end.
    assert "Falling back to 'sacct'" in run_log
    states = _accounts(slurm_accounts, "State")
    finished = {job for job, state in states.items() if state == "COMPLETED"}
    assert len(finished) == 2
    assert left <= {job for job, state in states.items() if state.startswith("CANCELLED")} == states.keys() - finished

    command = [sys.executable, "-m", "dsqc", "batch", "status", str(work), "--efficiency", "--json"]
    shown = subprocess.run(command, env=slurm_accounts.environment, capture_output=True, text=True, check=True)
    told = json.loads(shown.stdout)["efficiency"]
    assert told["source"] == "sacct"
    (kind,) = told["kinds"]
    assert kind["jobs"] == 2
    limits = _accounts(slurm_accounts, "TimelimitRaw")
    elapsed = _accounts(slurm_accounts, "ElapsedRaw")
    asked, used = (sum(int(column[job]) for job in finished) for column in (limits, elapsed))
    assert kind["time_share"] == pytest.approx(used / (60 * asked), rel=0.01)
    assert 0 < kind["most_mib"] < kind["asked_mib"]
    assert 0 < kind["cpu_share"] <= 1


def _accounts(cluster: SlurmCluster, field: str) -> dict[str, str]:
    """A field of sacct, by job."""
    lines = cluster.command("sacct", "-X", "--parsable2", "--noheader", f"--format=JobIDRaw,{field}").splitlines()
    return dict(line.split("|") for line in lines)
