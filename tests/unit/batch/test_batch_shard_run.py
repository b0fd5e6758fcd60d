"""A shard with jobs that do what a test says: fail, are killed, take all memory. The processes are real."""

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dsqc.batch import shard as shards
from dsqc.batch.events import Event, EventKind, EventReader
from dsqc.batch.jobs import jobs_of
from dsqc.batch.layout import StageJob
from dsqc.batch.plan import PlannedSubmission, Shard, ShardItem, ShardKind
from dsqc.batch.shard import ShardOptions, ShardResult, run_shard
from dsqc.errors import ExitCode, SystemFault

SUBMISSIONS = {name: PlannedSubmission(name, f"/in/{name}", ("r1", "r2")) for name in ("one", "two")}
SHARD = Shard("s0001", ShardKind.WHOLE, tuple(map(ShardItem, SUBMISSIONS)))
POISON = StageJob("qc", "one", "r1")

Deed = Callable[[], int]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the plan of one shard. Jobs need no modules, and no station."""
    monkeypatch.setattr(shards, "preload", lambda: None)
    monkeypatch.setattr(shards, "_slots", lambda _: {})
    monkeypatch.chdir(tmp_path)
    content = {
        "shard": SHARD.to_dict(),
        "submissions": [item.to_dict() for item in SUBMISSIONS.values()],
        "costs": [[job.stage, job.submission, job.run, "", 0, 0, 1.5, 10] for job in jobs_of(SHARD, SUBMISSIONS)],
    }
    for name, value in {"shards/s0001.json": content, "plan/one.json": {}, "plan/two.json": {}}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    return tmp_path


def _job(arguments: Sequence[str]) -> StageJob:
    stage, *rest = arguments
    if stage == "qc":
        return StageJob(stage, rest[rest.index("--inbox") + 1].partition("/")[2], rest[rest.index("--run") + 1])
    place = {"transfer": 1, "validate": 0, "judge": 0, "register": 0}[stage]
    return StageJob(stage, rest[place].partition("/")[2])


def _run(work: Path, deed: Deed | None = None, job: StageJob = POISON, **options: int) -> ShardResult:
    """Run the shard; ``deed`` takes the place of ``job``, every other one does what it shall."""

    def command(arguments: Sequence[str]) -> int:
        mine = _job(arguments)
        if deed is not None and mine == job:
            return deed()
        for name in mine.outputs:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text("{}", encoding="utf-8")
        return 0

    return run_shard("s0001", ShardOptions(command, work, **{"threads": 2} | options))


def _events(work: Path, kind: EventKind) -> list[Event]:
    return [event for event in EventReader(work).new() if event.kind is kind]


def _die() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_a_killed_job_is_tried_again_then_given_up_and_stops_nothing_else(work: Path) -> None:
    first = _run(work, _die, attempt=1, attempts=2)
    assert (first.exit_code, first.done, first.failed, first.blocked) == (ExitCode.FAULT, 9, [POISON], 2)
    assert not (work / SHARD.end).exists()
    (failed,) = _events(work, EventKind.FAILED)
    assert (failed.exit_code, failed.run, failed.predicted_seconds) == (-9, "r1", 1.5)
    assert "signal 9" in (work / POISON.log).read_text(encoding="utf-8")

    second = _run(work, _die, attempt=2, attempts=2)
    assert (second.exit_code, second.skipped, second.given_up) == (ExitCode.DONE, 9, [POISON])
    assert json.loads((work / SHARD.end).read_text(encoding="utf-8"))["blocked"] == 2
    (given_up,) = _events(work, EventKind.GIVEN_UP)
    assert given_up.submission == "one"

    third = _run(work)
    assert (third.exit_code, third.done, third.skipped) == (ExitCode.DONE, 3, 9)


def _say_and_fail() -> int:
    os.write(2, b"dsqc qc: The disk is full.\n")  # not sys.stderr: the test's own is not that of the process
    return ExitCode.FAULT


def test_the_last_words_of_a_job_are_its_reason(work: Path) -> None:
    assert _run(work, _say_and_fail, attempts=3).failed == [POISON]
    assert [event.message for event in _events(work, EventKind.FAILED)] == ["dsqc qc: The disk is full."]


def test_what_was_called_wrongly_is_not_tried_again(work: Path) -> None:
    result = _run(work, lambda: ExitCode.USAGE, StageJob("transfer", "one"), attempts=3)
    assert (result.exit_code, result.given_up) == (ExitCode.DONE, [StageJob("transfer", "one")])
    assert (result.done, result.blocked) == (6, 5)


def test_a_job_without_its_outputs_has_not_ended_well(work: Path) -> None:
    assert _run(work, lambda: 0, attempts=2).failed == [POISON]


def _take_memory() -> int:
    held = bytearray(os.urandom(1 << 20) * 400)
    time.sleep(60)
    return len(held)


def test_a_job_that_takes_all_memory_is_ended_alone(work: Path) -> None:
    result = _run(work, _take_memory, attempts=2, memory_mib=400)
    assert (result.failed, result.done) == ([POISON], 9)
    (failed,) = _events(work, EventKind.FAILED)
    assert "out of memory" in failed.message
    assert failed.memory_mib > 300


def test_scratch_that_a_node_does_not_have_is_a_fault_with_its_remedy(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSQC_SCRATCH", str(work / "no such disk"))
    with pytest.raises(SystemFault, match="no such disk") as fault:
        _run(work)
    assert "DSQC_SCRATCH" in str(fault.value.hint)
