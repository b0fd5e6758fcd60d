"""A data file too long for one job: cut by the plan, measured by several shards, the same results as in one piece."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pysam
import pytest

from dsqc.artefact import read_json
from dsqc.batch import planning, sharding
from dsqc.batch.plan import Plan, ShardKind
from dsqc.batch.planning import PlanOptions, plan_batch
from dsqc.batch.sharding import ShardSettings
from dsqc.batch.sheet import read_batch
from helpers.stations import new_station
from helpers.sample_runs import sample_sheet

NAME = "hanwoo-rnaseq"
BAM = "human-hifi"
RUN = """
import sys
from pathlib import Path
from dsqc.batch.jobs import BatchOptions
from dsqc.batch.shard import ShardOptions, run_shard
from dsqc.cli.main import main

work = Path(sys.argv[1])
options = ShardOptions(main, work, threads=2, batch=BatchOptions(str(work / "station")))
sys.exit(max(run_shard(name, options).exit_code for name in sys.argv[2:]))
"""
"""Shards after each other in one process, which imports everything once."""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A batch of a submission whose file is FASTQ in BGZF and one whose file is a BAM."""
    made = sample_sheet(tmp_path, (NAME, BAM))
    data, listed = tmp_path / NAME / "HW-LIVER-12.fastq.gz", tmp_path / NAME / "file.tsv"
    old = data.read_bytes()
    with pysam.BGZFile(str(data) + ".new", "wb") as file, pysam.BGZFile(str(data), "rb") as before:
        file.write(before.read())
    data.with_name(data.name + ".new").replace(data)
    text = listed.read_text(encoding="utf-8").replace(str(len(old)), str(data.stat().st_size))
    new = hashlib.md5(data.read_bytes()).hexdigest()
    listed.write_text(text.replace(hashlib.md5(old).hexdigest(), new), encoding="utf-8")
    return made


def _run_all(sheet: Path, work: Path, settings: ShardSettings) -> Plan:
    """Plan, and do one shard after the other as the workflow would."""
    new_station(work / "station", {})
    plan = plan_batch(read_batch(sheet), work, "batch", PlanOptions(settings=settings))
    command = [sys.executable, "-c", RUN, str(work), *(shard.id for shard in plan.shards)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return plan


def test_a_file_in_parts_has_the_results_of_a_whole_one(
    tmp_path: Path, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    plan = _run_all(sheet, whole, ShardSettings())
    assert [shard.kind for shard in plan.shards] == [ShardKind.WHOLE]
    monkeypatch.setattr(sharding, "SMALLEST_CUT", 40_000)
    monkeypatch.setattr(planning, "SMALLEST_CUT", 40_000)

    plan = _run_all(sheet, cut, ShardSettings(seconds=0.06, threads=2))

    assert {shard.kind for shard in plan.shards} == {
        ShardKind.INTAKE,
        ShardKind.PART,
        ShardKind.MEASURE,
        ShardKind.CLOSE,
    }
    assert {item.submission for shard in plan.shards for item in shard.items if item.parts > 1} == {NAME, BAM}
    for name in (NAME, BAM):
        run = next(path for path in (whole / "results" / name / "runs").iterdir())
        for path in sorted(run.rglob("*")):
            if path.is_file() and "timing" not in path.name:
                assert (cut / path.relative_to(whole)).read_bytes() == path.read_bytes(), path.name
        assert not (cut / run.relative_to(whole) / "parts").exists()
        assert read_json(cut / "results" / name / "receipt.json")["state"] == "registered"
