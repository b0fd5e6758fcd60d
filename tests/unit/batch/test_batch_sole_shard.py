"""Two attempts at one shard, and slots that end with their job: locks that children have open too."""

import os
import subprocess
import threading
import time
from pathlib import Path

from dsqc.batch.layout import StageJob
from dsqc.batch.shard import _sole
from dsqc.batch.slots import Slots
from dsqc.batch.workers import Worker


def child_that_has_open(path: Path) -> "subprocess.Popen[bytes]":
    """A process that has ``path`` open as we have it, as a forked one does, and does nothing."""
    ours = [int(item.name) for item in Path("/proc/self/fd").iterdir() if item.is_symlink() and item.resolve() == path]
    assert ours
    return subprocess.Popen(["sleep", "100"], pass_fds=ours)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Its end."""
    process.kill()
    process.wait()


def test_a_slot_is_free_when_its_job_has_ended_though_others_began_meanwhile(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "transfer", 1)
    held = slots.take()
    assert held is not None
    other = child_that_has_open(tmp_path / ".transfer.0.lock")
    try:
        assert slots.take() is None
        Worker(0, StageJob("transfer", "a"), 1, held=[held]).let_go()
        again = slots.take()
        assert again is not None
        os.close(again)
    finally:
        end(other)


def test_a_second_attempt_waits_for_the_last_process_of_the_first(tmp_path: Path) -> None:
    lock, began = tmp_path / "lock", threading.Event()

    def second() -> None:
        with _sole(lock):
            began.set()

    with _sole(lock):
        left = child_that_has_open(lock)
    waiting = threading.Thread(target=second)
    waiting.start()
    time.sleep(0.2)
    assert not began.is_set()
    end(left)
    waiting.join(timeout=20)
    assert began.is_set()
