"""What a batch under way looks like: out of its events, whatever order they are read in and whoever died."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from dsqc.batch.efficiency import parse_sacct
from dsqc.batch.events import EVENTS, Event, EventKind, EventWriter
from dsqc.batch.items import ItemKey, Items
from dsqc.batch.lock import locked
from dsqc.batch.snapshot import SNAPSHOT, read_snapshot
from dsqc.batch.status import BatchStatus, JobState, Outcome, StatusReader, batch_status
from dsqc.cli.main import main
from helpers.under_way import UnderWay, write, write_under_way

SMALL = UnderWay(submissions=24, runs=4, shards=12, share=0.6, fail_every=17)


@pytest.fixture(scope="module")
def under_way(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of 96 runs, half of it done, on a node that is not this one."""
    work = tmp_path_factory.mktemp("under_way")
    write_under_way(work, SMALL)
    return work


def told(status: BatchStatus) -> dict[str, Any]:
    """What two looks at the same events agree on: all but what depends on the clock."""
    value = status.to_dict()
    for name in ("time", "pace", "slowest"):
        value.pop(name)
    return value


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["batch", *arguments]) == 0
    return capsys.readouterr().out


def test_every_item_is_counted_once_and_what_runs_is_told_from_what_waits(under_way: Path) -> None:
    status = batch_status(under_way)
    assert status.running
    assert {stage: sum(counts.values()) for stage, counts in status.stages.items()} == {
        "transfer": 24,
        "validate": 24,
        "qc": 96,
        "judge": 24,
        "register": 24,
    }
    lines = [
        Event.from_dict(json.loads(line))
        for path in (under_way / EVENTS).iterdir()
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    done = {(event.submission, event.run) for event in lines if event.kind is EventKind.DONE and event.stage == "qc"}
    given_up = [event for event in lines if event.kind is EventKind.GIVEN_UP]
    assert status.stages["qc"][JobState.DONE] == len(done)
    assert status.stages["qc"][JobState.GIVEN_UP] == status.failed_count == len(given_up) > 0
    assert status.stages["qc"][JobState.RUNNING] == status.shards[JobState.RUNNING] > 0
    assert status.totals[Outcome.FAILED] == len({event.submission for event in given_up})
    assert status.pace.bytes_done == 10**7 * len(done)


def test_an_end_is_told_with_its_range_and_only_while_something_runs(under_way: Path) -> None:
    pace = batch_status(under_way).pace
    assert pace.finish_early is not None
    assert pace.finish is not None
    assert pace.finish_late is not None
    assert time.time() < pace.finish_early <= pace.finish <= pace.finish_late
    assert 0 < pace.predicted_seconds_left < pace.predicted_seconds


def test_a_failed_item_has_its_last_words_and_what_to_do(under_way: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "--lang", "ko", "status", str(under_way))
    for part in ("dsqc qc was killed (signal 9)", "| Killed", "mem_mb", "실패:", "logs/qc/"):
        assert part in text


def test_json_follows_its_schema_with_and_without_efficiency(
    under_way: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = json.loads(files("dsqc.schemas").joinpath("reports/status.schema.json").read_text(encoding="utf-8"))
    for more in ([], ["--efficiency"]):
        value = json.loads(printed(capsys, "status", str(under_way), "--json", *more))
        jsonschema_rs.validator_for(schema).validate(value)
    (kind,) = value["efficiency"]["kinds"]
    assert value["efficiency"]["source"] == "events"
    assert (kind["jobs"], kind["asked_mib"]) == (value["shards"]["done"], 2000)
    assert 0.1 < kind["memory_share"] < 0.5
    assert kind["predicted_low"] <= kind["predicted_ratio"] <= kind["predicted_high"]


@pytest.mark.parametrize("damage", ["whole", "gone", "torn", "zeros", "other", "shrunk"])
def test_a_snapshot_spares_reading_and_never_changes_what_is_seen(tmp_path: Path, damage: str) -> None:
    write_under_way(tmp_path, SMALL)
    first = told(batch_status(tmp_path))
    snapshot = tmp_path / SNAPSHOT
    read = sum(read_snapshot(tmp_path).offsets.values())
    assert read == sum(path.stat().st_size for path in (tmp_path / EVENTS).iterdir())
    text = snapshot.read_text(encoding="utf-8")
    if damage == "gone":
        snapshot.unlink()
    elif damage != "whole":
        broken = {"torn": text[: len(text) // 2], "zeros": "\0" * 500, "other": '{"version": 1, "offsets": {}}'}
        snapshot.write_text(broken.get(damage, text), encoding="utf-8")
    if damage == "shrunk":
        for path in sorted((tmp_path / EVENTS).iterdir())[:3]:
            path.write_text("", encoding="utf-8")
        snapshot_less = told(batch_status(tmp_path))
        snapshot.unlink()
        first = told(batch_status(tmp_path))
        assert snapshot_less == first
    assert told(batch_status(tmp_path)) == first


def test_a_look_takes_in_what_came_since_the_last_one(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", {"submissions": [_planned("leaf", ["R1", "R2"])], "shards": []})
    reader = StatusReader(tmp_path)
    with EventWriter(tmp_path, "s0001", 1) as writer:
        for stage in ("transfer", "validate"):
            writer.write(EventKind.DONE, stage=stage, submission="leaf")
        writer.write(EventKind.STARTED, stage="qc", submission="leaf", run="R1", part=1)
        writer.write(EventKind.DONE, stage="qc", submission="leaf", run="R1", part=2)
        assert reader.look().stages["qc"] == {JobState.RUNNING: 1, JobState.WAITING: 1}
        # All parts are done, and the run is when what they make together is.
        writer.write(EventKind.DONE, stage="qc", submission="leaf", run="R1", part=1)
        assert reader.look().stages["qc"] == {JobState.WAITING: 2}
        writer.write(EventKind.DONE, stage="qc", submission="leaf", run="R1")
        writer.write(EventKind.FAILED, stage="qc", submission="leaf", run="R2", message="No space left on device")
        status = reader.look()
        assert status.stages["qc"] == {JobState.DONE: 1, JobState.FAILED: 1}
        assert "room on the disk" in status.failed[0].advice.en
        # It comes again: what stood on its old transfer does not count.
        writer.write(EventKind.STARTED, stage="transfer", submission="leaf")
        assert reader.look().stages["qc"] == {JobState.WAITING: 2}


def test_the_command_that_planned_is_told_by_its_lock_and_not_by_its_process(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", {"submissions": [_planned("leaf", ["R1"])], "shards": []})
    with EventWriter(tmp_path, "batch", 0) as writer:
        writer.write(EventKind.PLANNED, predicted_seconds=3.0)
        assert not batch_status(tmp_path).running
        with locked(tmp_path):
            assert batch_status(tmp_path).running


def test_what_a_killed_process_had_begun_is_not_running(tmp_path: Path) -> None:
    write(tmp_path / "plan.json", {"submissions": [_planned("leaf", ["R1"])], "shards": []})
    script = (
        "import sys, time, pathlib; from dsqc.batch.events import *\n"
        "with EventWriter(pathlib.Path(sys.argv[1]), 's0001', 1) as w:\n"
        "    w.write(EventKind.STARTED, stage='transfer', submission='leaf'); print('begun', flush=True)\n"
        "    time.sleep(99)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"begun\n"
    alive = batch_status(tmp_path)
    child.kill()
    # Dead, and nobody has yet asked how it ended: a zombie is dead as well.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    zombie = batch_status(tmp_path)
    child.wait()
    child.stdout.close()
    dead = batch_status(tmp_path)
    assert (alive.running, alive.totals) == (True, {Outcome.RUNNING: 1})
    for status in (zombie, dead):
        assert (status.running, status.totals, status.interrupted) == (False, {Outcome.WAITING: 1}, 1)


@pytest.mark.parametrize(
    ("job", "squeue", "silent_s"),
    [
        ("77", "echo 77 77", 300),
        ("77", "echo 78 78", 300),
        ("77", "exit 1", 300),
        ("77", "exit 1", 3000),
        ("77", "echo 78 78", 30),
        ("", "echo 77 77", 3000),
    ],
    ids=["runs: slurm", "dead: slurm", "runs: no-answer", "dead: silent-too", "runs: wrote-just-now", "dead: no-job"],
)
def test_on_another_node_slurm_knows_and_else_silence_tells(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    *,
    job: str,
    squeue: str,
    silent_s: float,
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "squeue").write_text(f"#!/bin/sh\n{squeue}\n", encoding="utf-8")
    (programs / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    write(tmp_path / "plan.json", {"submissions": [_planned("leaf", ["R1"])], "shards": []})
    event = Event(time.time() - silent_s, EventKind.STARTED, "transfer", "leaf", job=job)
    (tmp_path / EVENTS).mkdir()
    name = "s0001.1.node7.cluster.example.1.jsonl"
    (tmp_path / EVENTS / name).write_text(event.to_json() + "\n", encoding="utf-8")
    assert batch_status(tmp_path).running is ("[runs" in request.node.name)


def _planned(name: str, runs: list[str]) -> dict[str, Any]:
    return {"name": name, "source": "/in", "runs": runs, "reachable": True, "note": ""}


KINDS = [kind for kind in EventKind if kind is not EventKind.PLANNED]


@st.composite
def _histories(draw: st.DrawFn) -> list[tuple[str, Event]]:
    """Events of two writers about three items, with many moments that are the same."""
    rows = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 5), st.sampled_from(KINDS))))
    return [
        (
            f"s{writer}.1.node.{writer}.jsonl",
            Event(float(moment), kind, "qc", "leaf", f"R{run}", shard=f"s{writer}", bytes=run * moment),
        )
        for writer, run, moment, kind in rows
    ]


@given(_histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_files_are_read_changes_nothing(
    history: list[tuple[str, Event]], order: random.Random
) -> None:
    def summed(events: Iterator[tuple[str, Event]] | list[tuple[str, Event]]) -> tuple[Any, ...]:
        items = Items()
        for name, event in events:
            items.add(name, event)
        again = Items.from_dict(json.loads(json.dumps(items.to_dict())))
        assert again == items
        return items.items, items.minutes, set(items.writers)

    shuffled = list(history)
    order.shuffle(shuffled)
    assert summed(shuffled) == summed(history)


def test_an_item_stands_as_its_latest_event_says() -> None:
    items = Items()
    items.add("a", Event(5.0, EventKind.FAILED, "qc", "leaf", "R1", message="first"))
    items.add("b", Event(9.0, EventKind.DONE, "qc", "leaf", "R1", seconds=3.0))
    items.add("a", Event(4.0, EventKind.STARTED, "qc", "leaf", "R1"))
    item = items.items[ItemKey("qc", "leaf", "R1")]
    assert (item.kind, item.seconds, item.began, item.message) == (EventKind.DONE, 3.0, 4.0, "")


def test_prometheus_text_is_read_by_its_own_parser(under_way: Path, tmp_path: Path) -> None:
    target = tmp_path / "dsqc.prom"
    assert main(["batch", "status", str(under_way), "--prometheus", str(target)]) == 0
    status = batch_status(under_way)
    found = {family.name: family for family in text_string_to_metric_families(target.read_text(encoding="utf-8"))}
    items = {
        (sample.labels["stage"], sample.labels["state"]): sample.value for sample in found["dsqc_batch_items"].samples
    }
    assert items["qc", "done"] == status.stages["qc"][JobState.DONE]
    assert items["qc", "waiting"] == status.stages["qc"][JobState.WAITING]
    assert {sample.labels["batch"] for family in found.values() for sample in family.samples} == {"spring"}
    assert found["dsqc_batch_measured_bytes"].samples[0].value == status.pace.bytes_done
    assert all(family.documentation for family in found.values())
    assert list(tmp_path.iterdir()) == [target]


def test_watching_ends_with_the_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_under_way(tmp_path, UnderWay(2, 1, 1, share=1.2, fail_every=0))
    text = printed(capsys, "status", str(tmp_path), "--watch", "0.01")
    assert "Nothing is under way" in text
    assert main(["batch", "status", str(tmp_path), "--watch", "0"]) == 2


def test_a_large_batch_lists_who_calls_for_somebody(under_way: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_under_way(under_way.parent / "large", UnderWay(90, 1, 9, share=1.2, fail_every=40))
    text = printed(capsys, "status", str(under_way.parent / "large"))
    assert "more submissions (--all)" in text
    assert "submission-00000 " not in text
    assert text.count("stage qc, see") == 2
    assert printed(capsys, "status", str(under_way.parent / "large"), "--all").count("submission-000") > 89


def test_the_accounts_of_slurm_are_read() -> None:
    text = "71|65|00:50.500|0|4G|2|120\n71.batch|65|00:50|812000K||2|\n71.0|60|1-01:00:00|1.5G||2|\nbroken line\n"
    assert parse_sacct(text) == {
        "71": {
            "memory_mib": 1536.0,
            "seconds": 65.0,
            "cpu_seconds": 50.5,
            "asked_mib": 4096.0,
            "cpus": 2.0,
            "asked_seconds": 7200.0,
        }
    }
