"""The workflow where others start it: as a module of a deployed one, out of a git repository; images and environments."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from dsqc.cli.main import main
from helpers.sample_runs import sample_sheet

ROOT = Path(__file__).parents[2]
WORKFLOW = Path(str(files("dsqc.workflow").joinpath("Snakefile"))).parent
SCHEMAS = Path(str(files("dsqc.schemas").joinpath("__init__.py"))).parent / "workflow"

DEPLOYED = """\
from snakemake.sourcecache import LocalGitFile


configfile: "config/config.yaml"


module dsqc:
    snakefile:
        LocalGitFile({repository!r}, path="workflow/Snakefile", ref="main")
    config:
        config


use rule * from dsqc
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The workflow in a git repository, as snakedeploy refers to it."""
    place = tmp_path / "repository"
    shutil.copytree(WORKFLOW, place / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SCHEMAS, place / "schemas" / "workflow")
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), (*identity, "commit", "-qm", "workflow")):
        subprocess.run(["git", *command], cwd=place, check=True, capture_output=True)
    return place


def test_it_runs_as_a_module_of_a_deployed_workflow(tmp_path: Path, repository: Path) -> None:
    deployed = tmp_path / "deployed"
    (deployed / "config").mkdir(parents=True)
    (deployed / "workflow").mkdir()
    (deployed / "config" / "config.yaml").write_text('station: ""\n', encoding="utf-8")
    snakefile = deployed / "workflow" / "Snakefile"
    snakefile.write_text(DEPLOYED.format(repository=str(repository)), encoding="utf-8")
    assert main(["batch", "plan", str(sample_sheet(tmp_path, ("yeast-cram",))), "--work", str(deployed), "-q"]) == 0

    command = [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1", "--directory", str(deployed)]
    done = subprocess.run(
        [*command, "--snakefile", str(snakefile)], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"run_shard +1\n", done.stdout)
    assert "dsqc batch shard s0001" in done.stdout or "shards/s0001.end.json" in done.stdout


def _requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = [*project["dependencies"], *extras["station"], *extras["workflow"]]
    return [item for item in listed if not item.startswith("dsqc[")]


def test_the_environment_lists_what_the_project_needs() -> None:
    environment = yaml.safe_load((ROOT / "environment.yaml").read_text(encoding="utf-8"))
    python, pip, listed = environment["dependencies"]

    assert (python, pip) == ("python>=3.11", "pip")
    assert listed == {"pip": _requirements()}


def test_the_image_is_built_from_what_the_wheel_is_made_of() -> None:
    text = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text(encoding="utf-8"))
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    assert {step[0] for step in steps} <= {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "CMD"}
    copied = [
        source
        for name, rest in steps
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]
    assert all((ROOT / source).exists() for source in copied)
    places = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
    assert {place or "src" for place in places.values()} <= set(copied)
    assert "[workflow]" in text
