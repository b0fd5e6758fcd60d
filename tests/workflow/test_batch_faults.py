"""What dies under a batch: a node with its jobs, the disk, and whatever works on a submission that kills it."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from chaos.batch_site import PROFILE, make_submission
from dsqc.batch.events import EventKind, EventReader
from dsqc.batch.status import Outcome, batch_status
from helpers.stations import new_station
from dsqc.errors import ExitCode
from helpers.sample_runs import batch_command, processes_in, run_batch_command
from infra.slurm import SlurmCluster
from infra.small_disk import small_disk

ATTEMPTS = 2
LOCAL = f"cores: 2\nkeep-going: true\nscheduler: greedy\nconfig:\n  attempts: {ATTEMPTS}\n  shard_threads: 2\n"


def made_sheet(place: Path, *names: str) -> Path:
    """A batch of good submissions of one run each."""
    for name in names:
        make_submission(place / name, 1, "")
    sheet = place / "batch.tsv"
    sheet.write_text("submission\tsource\n" + "".join(f"{name}\t{name}\n" for name in names), encoding="utf-8")
    return sheet


def made_profile(place: Path, text: str) -> str:
    """A site's own profile."""
    place.mkdir()
    (place / "profile.v9+.yaml").write_text(text, encoding="utf-8")
    return str(place)


def test_what_kills_whatever_touches_it_is_set_apart_and_the_rest_goes_on(tmp_path: Path) -> None:
    sheet, work = made_sheet(tmp_path, "good", "poison"), tmp_path / "work"
    options = ("--profile", made_profile(tmp_path / "profile", LOCAL))
    killed: Counter[str] = Counter()
    ended = threading.Event()

    def out_of_memory() -> None:
        """As the system does it: without a word, kill -9 of the process that takes too much."""
        reader = EventReader(work)
        while not ended.wait(0.005):
            for event in reader.new():
                if event.kind is EventKind.STARTED and (event.submission, event.stage) == ("poison", "qc"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(event.process, signal.SIGKILL)
                    killed[event.stage] += 1

    killer = threading.Thread(target=out_of_memory)
    killer.start()
    try:
        done = run_batch_command(sheet, work, *options)
    finally:
        ended.set()
        killer.join()
    status = batch_status(work)
    assert (done.returncode, status.totals) == (ExitCode.FAULT, {Outcome.REGISTERED: 1, Outcome.FAILED: 1}), done.stderr
    assert killed == {"qc": ATTEMPTS}
    given_up = [event for event in EventReader(work).new() if event.kind is EventKind.GIVEN_UP]
    assert [(event.submission, event.stage) for event in given_up] == [("poison", "qc")]
    (poison,) = (item for item in status.submissions if item.name == "poison")
    assert "SIGKILL" in (work / poison.log).read_text(encoding="utf-8")
    assert run_batch_command(sheet, work, *options).returncode == ExitCode.DONE
    assert batch_status(work).totals == {Outcome.REGISTERED: 2}


def test_a_batch_on_a_disk_that_was_full_goes_on_when_there_is_room(tmp_path: Path) -> None:
    sheet = made_sheet(tmp_path, "first", "second")
    station = new_station(tmp_path / "station", {}).file
    with small_disk(tmp_path / "disk", 16 << 20) as disk:
        work = disk.path / "work"
        profile = made_profile(tmp_path / "profile", LOCAL)
        command = ("batch", "run", sheet, "--work", work, "--station", station, "--profile", profile)
        full = disk.fill_when((disk.seen / "work" / "inbox").is_dir, 0)
        code, printed = disk.run(*command, meanwhile=full)
        assert code == ExitCode.FAULT, printed
        assert "Traceback" not in printed
        disk.grow()
        code, printed = disk.run(*command)
        assert code == ExitCode.DONE, printed
        assert batch_status(disk.seen / "work").totals == {Outcome.REGISTERED: 2}


@pytest.mark.slurm
@pytest.mark.timeout(600)
def test_a_node_that_dies_with_its_jobs_costs_an_attempt(tmp_path: Path, slurm: SlurmCluster) -> None:
    sheet, work = made_sheet(tmp_path, "first", "second"), tmp_path / "work"
    options = ("--profile", made_profile(tmp_path / "profile", PROFILE.format(shards=2)), "--shards", "2")

    def node_at_work() -> str | None:
        if not any(event.kind is EventKind.STARTED for event in EventReader(work).new()):
            return None
        listed = slurm.command("squeue", "--noheader", "--format=%N", "--states=RUNNING").split()
        return listed[0] if listed else None

    command = batch_command(sheet, work, *options)
    with subprocess.Popen(command, env=slurm.environment, stderr=subprocess.PIPE, text=True) as batch:
        node = None
        while node is None and batch.poll() is None:
            time.sleep(0.02)
            node = node_at_work()
        assert node is not None, batch.communicate()[1]
        slurm.kill_daemon(node)
        try:
            # What Slurm finds out by itself after SlurmdTimeout.
            slurm.command("scontrol", "update", f"nodename={node}", "state=down", "reason=died")
            said = batch.communicate(timeout=300)[1]
        finally:
            slurm.start_daemon(node)
            slurm.command("scontrol", "update", f"nodename={node}", "state=resume")
    assert batch.returncode == ExitCode.DONE, said + (work / "logs" / "snakemake.log").read_text(encoding="utf-8")
    assert batch_status(work).totals == {Outcome.REGISTERED: 2}
    assert max(event.attempt for event in EventReader(work).new()) >= ATTEMPTS
    assert not slurm.jobs()
    assert not list(processes_in(work))
