"""What a shard still has to do: what stands, what comes next, what killed an earlier attempt, what slots allow."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from dsqc.batch.costs import CostModel, measured_factors, prediction_error, read_model, write_rates
from dsqc.batch.events import Event, EventKind
from dsqc.batch.jobs import BatchOptions, is_done, jobs_of, note_options, unsettle
from dsqc.batch.layout import StageJob
from dsqc.batch.plan import PlannedSubmission, Shard, ShardItem, ShardKind
from dsqc.batch.queue import Deaths, JobQueue
from dsqc.batch.slots import Slots

ONE = PlannedSubmission("one", "/in/one", ("r1", "r2"))
LOST = PlannedSubmission("lost", "/in/lost", reachable=False)
SUBMISSIONS = {"one": ONE, "lost": LOST}
SHARD = Shard("s0001", ShardKind.WHOLE, (ShardItem("one"), ShardItem("lost")))
QC1, QC2 = StageJob("qc", "one", "r1"), StageJob("qc", "one", "r2")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which submission ``one`` is through; every stage a second after the one before."""
    monkeypatch.chdir(tmp_path)
    _touch(tmp_path / "plan/one.json", 1)
    for second, job in enumerate(jobs_of(SHARD, SUBMISSIONS), start=2):
        if job.submission == "one":
            _make(tmp_path, job, second)
    _touch(tmp_path / SHARD.end, 100)
    return tmp_path


def _touch(path: Path, second: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}", encoding="utf-8")
    os.utime(path, (second, second))


def _make(work: Path, job: StageJob, second: int) -> None:
    for name in job.outputs:
        _touch(work / name, second)


def _queue(work: Path, deaths: Deaths | None = None) -> JobQueue:
    return JobQueue(SHARD, SUBMISSIONS, work, {}, deaths or Deaths())


def _order(work: Path, queue: JobQueue) -> list[str]:
    """Do what is left, one at a time, and tell in which order."""
    done = []
    second = 1000
    while (job := next(queue.available(), None)) is not None:
        queue.begin(job)
        _make(work, job, second)
        queue.end(job, well=True)
        done.append(f"{job.stage}:{job.submission}{job.run}")
        second += 1
    return done


def test_what_stands_is_not_done_again(work: Path) -> None:
    queue = _queue(work)

    assert len(queue.standing) == 6
    assert len(queue) == 1
    assert next(queue.available(), None) is None  # the source of ``lost`` was never listed: there is no plan of it


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("plan/one.json", ["transfer", "validate", "qc", "qc", "judge", "register"]),
        ("results/one/decision.json", ["register"]),
        ("results/one/runs/r1/findings.jsonl", ["judge", "register"]),
        ("options/judge.json", ["judge", "register"]),
        ("options/qc.json", ["qc", "qc", "judge", "register"]),
    ],
)
def test_what_changed_is_done_again_with_all_that_follows(work: Path, changed: str, expected: list[str]) -> None:
    _touch(work / changed, 500)

    assert unsettle(work, (SHARD,), {"one": ONE, "lost": LOST}) == 1
    assert [item.partition(":")[0] for item in _order(work, _queue(work))] == expected


def test_a_stage_that_was_killed_between_its_files_is_not_done(work: Path) -> None:
    validate = StageJob("validate", "one")
    (work / "results/one/profile.html").unlink()
    assert not is_done(validate, work, ONE.runs)
    _make(work, validate, 3)
    os.utime(work / validate.output, (700, 700))
    _touch(work / "results/one/transfer.json", 600)
    assert not is_done(validate, work, ONE.runs)


def test_the_first_options_make_nothing_old_and_other_ones_do(work: Path) -> None:
    note_options(work, BatchOptions("s", "", ""))
    assert all(is_done(job, work, ONE.runs) for job in jobs_of(SHARD, SUBMISSIONS) if job.submission == "one")
    note_options(work, BatchOptions("s", "", "goals.toml"))
    done = {job.stage for job in jobs_of(SHARD, SUBMISSIONS) if is_done(job, work, ONE.runs)}
    assert done == {"transfer", "validate", "qc", "register"}


def test_a_run_that_fails_stops_its_submission_and_no_other_run(work: Path) -> None:
    for run in ("r1", "r2"):
        (work / f"results/one/runs/{run}/qc.json").unlink()
    queue = _queue(work)
    queue.begin(QC1)
    queue.end(QC1, well=False)

    assert list(queue.available()) == [QC2]
    queue.begin(QC2)
    _make(work, QC2, 900)
    queue.end(QC2, well=True)
    assert list(queue.available()) == []
    assert len(queue) == 3  # judge, register, and the transfer of ``lost``


def _event(kind: EventKind, job: StageJob | None = None, **told: Any) -> Event:
    about = {"stage": job.stage, "submission": job.submission, "run": job.run} if job else {}
    return Event(0.0, kind, shard="s0001", **about, **told)


def test_deaths_are_counted_and_forgotten_with_a_success(work: Path) -> None:
    validate = StageJob("validate", "one")
    events = [
        _event(EventKind.SHARD_STARTED),
        _event(EventKind.STARTED, validate),
        _event(EventKind.FAILED, validate, exit_code=-9),
        _event(EventKind.STARTED, QC1),
        _event(EventKind.STARTED, QC2),
        _event(EventKind.PROGRESS, QC2),
        _event(EventKind.SHARD_STARTED),  # the first attempt ended without a word
        _event(EventKind.STARTED, QC1),
        _event(EventKind.DONE, QC1),
        _event(EventKind.STARTED, QC2),
        _event(EventKind.SHARD_STARTED),
    ]
    deaths = Deaths.of(events)

    assert (deaths[validate], deaths[QC1], deaths[QC2]) == (1, 0, 2)
    for run in ("r1", "r2"):
        (work / f"results/one/runs/{run}/qc.json").unlink()
    queue = _queue(work, deaths)
    assert queue.killers(2) == [QC2]
    assert list(queue.available()) == [QC1, QC2]
    assert [queue.is_suspect(job) for job in (QC1, QC2)] == [False, True]


HOLDER = """
import sys
from pathlib import Path
from dsqc.batch.slots import Slots
held = Slots(Path(sys.argv[1]), "transfer", 2).take()
print(held is not None, flush=True)
sys.stdin.read()
"""


def test_slots_hold_between_processes_and_end_with_their_holders(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with contextlib.ExitStack() as stack:
        holders = [stack.enter_context(subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True)) for _ in range(3)]
        assert sorted(holder.stdout.readline() for holder in holders if holder.stdout) == [
            "False\n",
            "True\n",
            "True\n",
        ]
        slots = Slots(tmp_path, "transfer", 2)
        assert slots.take() is None
        for holder in holders:
            holder.kill()

    held = [slots.take(), slots.take()]
    assert None not in held
    assert slots.take() is None
    for descriptor in held:
        os.close(descriptor or 0)


def test_a_batch_teaches_the_next_plan_what_its_work_costs(tmp_path: Path) -> None:
    events = [_event(EventKind.DONE, QC1, predicted_seconds=100.0, cpu_seconds=300.0)] * 4
    events += [_event(EventKind.DONE, StageJob("judge", "one"), predicted_seconds=1.0, cpu_seconds=1.0)]
    events += [_event(EventKind.SHARD_ENDED, predicted_seconds=200.0, seconds=500.0)]
    kinds = {("one", "r1"): "bam"}

    write_rates(tmp_path, measured_factors(events, kinds, CostModel()))
    model = read_model(tmp_path)

    assert model.factors["qc:bam"] == pytest.approx(3.0, rel=0.1)
    assert model.factors["judge"] == 1.0
    # What was predicted with the new rates, and came true, leaves them as they are.
    again = [_event(EventKind.DONE, QC1, predicted_seconds=300.0, cpu_seconds=300.0)] * 4
    assert measured_factors(again, kinds, model).factors["qc:bam"] == pytest.approx(model.factors["qc:bam"], rel=0.1)
    rows = prediction_error(events, kinds)
    assert [(row.stage, row.kind, row.jobs, row.median_ratio) for row in rows] == [
        ("qc", "bam", 4, 3.0),
        ("judge", "", 1, 1.0),
        ("shard", "", 1, 2.5),
    ]
    (tmp_path / "rates.json").write_text(json.dumps({"factors": []}), encoding="utf-8")
    assert read_model(tmp_path) == CostModel()
