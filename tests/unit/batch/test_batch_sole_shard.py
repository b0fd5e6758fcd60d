"""Two attempts at one shard, and slots that end with their job: locks that forked children have open too."""

import os
import signal
import threading
import time
from pathlib import Path

from dsqc.batch.layout import StageJob
from dsqc.batch.shard import _sole
from dsqc.batch.slots import Slots
from dsqc.batch.workers import Worker


def sleeping_child() -> int:
    """A process that has open what we have open, and does nothing."""
    pid = os.fork()
    if not pid:
        signal.pause()
        os._exit(0)
    return pid


def end(pid: int) -> None:
    """Its end."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_slot_is_free_when_its_job_has_ended_though_others_began_meanwhile(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "transfer", 1)
    held = slots.take()
    assert held is not None
    other = sleeping_child()
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
        left = sleeping_child()
    waiting = threading.Thread(target=second)
    waiting.start()
    time.sleep(0.2)
    assert not began.is_set()
    end(left)
    waiting.join(timeout=20)
    assert began.is_set()
