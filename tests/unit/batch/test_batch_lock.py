"""The locks of a working directory, with real processes: the kernel frees them, whatever ends the holder."""

import subprocess
import sys
from pathlib import Path

import pytest

from dsqc.batch.lock import is_running, locked, was_interrupted
from dsqc.errors import UsageError

HOLDER = """
import subprocess, sys
from pathlib import Path
from dsqc.batch.lock import locked

with locked(Path(sys.argv[1])) as workflow:
    # Stands for Snakemake: it has the workflow's lock and lives until its standard input ends.
    child = subprocess.Popen(["cat"], stdin=0, stdout=subprocess.DEVNULL, pass_fds=(workflow,))
    print(child.pid, flush=True)
    child.wait()
"""


def _hold(work: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLDER, str(work)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    return process


def test_a_second_run_is_refused_and_says_who_holds(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        assert is_running(tmp_path)
        with pytest.raises(UsageError, match=f"process {holder.pid} "), locked(tmp_path):
            pass
        assert holder.stdin is not None
        holder.stdin.close()
    assert holder.returncode == 0
    assert not is_running(tmp_path)
    assert not was_interrupted(tmp_path)


def test_a_killed_command_leaves_its_workflow_running_and_the_next_waits(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    holder.kill()
    holder.wait()

    assert is_running(tmp_path)
    waiting = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(timeout=1)
    assert holder.stdin is not None
    holder.stdin.close()
    assert holder.stdout is not None
    holder.stdout.close()
    waiting.communicate(timeout=30)
    assert waiting.returncode == 0


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    holder = _hold(tmp_path)
    holder.kill()
    holder.communicate()

    with locked(tmp_path):
        assert is_running(tmp_path)
    assert not is_running(tmp_path)


def test_an_interrupted_run_is_known_as_such(tmp_path: Path) -> None:
    assert not was_interrupted(tmp_path)
    with pytest.raises(KeyboardInterrupt), locked(tmp_path):
        raise KeyboardInterrupt
    assert was_interrupted(tmp_path)
