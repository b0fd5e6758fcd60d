"""A batch seen from a node that does not work on it: a real Slurm says which jobs live."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dsqc.batch.events import EVENTS, Event, EventKind
from dsqc.batch.status import batch_status
from dsqc.cli.main import main
from helpers.under_way import UnderWay, write, write_under_way
from infra.slurm import SlurmCluster

pytestmark = pytest.mark.slurm


@pytest.mark.timeout(240)
def test_a_job_lives_as_long_as_slurm_says(
    tmp_path: Path, slurm: SlurmCluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, slurm.environment[name])
    job = slurm.command("sbatch", "--parsable", "--output=/dev/null", "--wrap", "sleep 300").strip()
    plan = {"name": "leaf", "source": "/in", "runs": ["R1"], "reachable": True, "note": ""}
    write(tmp_path / "plan.json", {"submissions": [plan], "shards": []})
    # A writer on another node that has been silent for longer than anybody is believed without being asked for.
    event = Event(time.time() - 7200, EventKind.STARTED, "transfer", "leaf", job=job)
    (tmp_path / EVENTS).mkdir()
    (tmp_path / EVENTS / "s0001.1.node9.1.jsonl").write_text(event.to_json() + "\n", encoding="utf-8")
    _wait_for(lambda: "RUNNING" in slurm.command("squeue", "-h", "-j", job, "-o", "%T"))
    assert batch_status(tmp_path).running

    slurm.command("scancel", job)
    _wait_for(lambda: not batch_status(tmp_path).running)
    status = batch_status(tmp_path)
    assert status.interrupted == 1

    # This Slurm keeps no accounts: what was used is told by the events, and said so.
    ended = tmp_path / "ended"
    write_under_way(ended, UnderWay(4, 1, 2, share=1.2, fail_every=0))
    assert main(["batch", "status", str(ended), "--json", "--efficiency"]) == 0
    assert json.loads(capsys.readouterr().out)["efficiency"]["source"] == "events"


def _wait_for(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.2)
