"""The workflow as text: formatted, linted, parsed by every profile, strict about its configuration."""

import itertools
import re
import subprocess
import sys
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from dsqc.batch.profiles import ProfileSettings, find_profile, profile_settings
from dsqc.cli.main import main
from dsqc.errors import UsageError
from helpers.sample_runs import run_batch_command, sample_sheet

WORKFLOW = Path(str(files("dsqc.workflow").joinpath("Snakefile"))).parent
PROFILES = Path(str(files("dsqc.profiles").joinpath("README.md"))).parent
NAMES = ("default", "local", "slurm", "slurm-array", "ci")


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def planned(tmp_path: Path) -> Path:
    """A working directory with a plan, and a configuration where plain Snakemake looks for it."""
    sheet = sample_sheet(tmp_path, ("yeast-cram", "rice-wgs"))
    work = tmp_path / "work"
    assert main(["batch", "plan", str(sheet), "--work", str(work), "-q"]) == 0
    (work / "config").mkdir()
    (work / "config" / "config.yaml").write_text("station: station\n", encoding="utf-8")
    return work


def _snakemake(work: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return _run("snakemake", "--snakefile", str(WORKFLOW / "Snakefile"), "--directory", str(work), *arguments)


def test_formatted() -> None:
    done = _run("snakefmt", "--check", str(WORKFLOW))
    assert done.returncode == 0, done.stderr


def test_linted(planned: Path) -> None:
    done = _snakemake(planned, "--lint", "--workflow-profile", str(PROFILES / "ci"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in a good condition" in done.stderr


def test_the_entry_is_short() -> None:
    assert len((WORKFLOW / "Snakefile").read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("profile", NAMES)
def test_every_profile_plans_the_same_jobs(profile: str, planned: Path) -> None:
    done = _snakemake(planned, "--dry-run", "--workflow-profile", str(PROFILES / profile))

    assert done.returncode == 0, done.stderr
    stats = done.stdout.split("Job stats:")[-1]
    jobs = dict(line.split() for line in stats.splitlines() if line.count(" ") and line.split()[-1].isdigit())
    assert jobs == {
        "run_shard": "1",
        "write_report": "1",
        "all": "1",
        "total": "3",
    }


@pytest.mark.parametrize("profile", NAMES)
def test_every_key_of_a_profile_is_explained(profile: str) -> None:
    text = (PROFILES / profile / "profile.v9+.yaml").read_text(encoding="utf-8")
    keys = yaml.safe_load(text)
    lines = text.splitlines()
    unexplained = [
        line
        for before, line in itertools.pairwise(lines)
        if re.match(r"(  (?!(mem_mb|runtime):))?[a-z]", line) and before.strip()[:1] != "#"
    ]
    assert unexplained == []
    assert {"keep-going", "rerun-incomplete", "rerun-triggers", "latency-wait", "config"} <= keys.keys()
    assert profile_settings(PROFILES / profile) == ProfileSettings(**keys["config"])
    assert set(keys["config"]) == {item.name for item in fields(ProfileSettings)}


def test_an_unknown_key_in_the_configuration_is_refused(planned: Path) -> None:
    done = _snakemake(planned, "--dry-run", "--cores", "1", "--config", "threads=8")
    assert done.returncode != 0
    assert "'threads' was unexpected" in done.stdout


def test_what_the_workflow_imports_is_light() -> None:
    script = "import sys, dsqc.batch.plan; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "numpy", "pyarrow", "pysam", "s3fs", "sqlalchemy", "jinja2"} & set(loaded)


def test_a_dry_run_leaves_no_station_and_no_results(tmp_path: Path) -> None:
    work = tmp_path / "work"
    done = run_batch_command(sample_sheet(tmp_path, ("yeast-cram",)), work, "--dry-run")

    assert done.returncode == 0, done.stderr
    assert "dsqc batch shard s0001" in done.stdout
    assert not (work / "station").exists()
    assert not (work / "results").exists()


def test_profiles_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    own = tmp_path / "mysite"
    own.mkdir()
    (own / "config.yaml").write_text("cores: 1\n", encoding="utf-8")

    assert find_profile("slurm") == PROFILES / "slurm"
    assert find_profile(str(own)) == own
    with pytest.raises(UsageError, match="ci, default, local, slurm, slurm-array"):
        find_profile("mysite")
