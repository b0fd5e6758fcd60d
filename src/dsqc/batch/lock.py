"""One run at a time in a working directory: file locks that die with their holders, so none is ever stale.

Two locks tell two cases apart. The command holds both; the workflow that it starts inherits only the second. Where
the first is taken, a run is under way. Where only the second is, the command was killed and its workflow still
finishes the jobs it had begun.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from dsqc import logs
from dsqc.errors import UsageError

COMMAND_LOCK = ".dsqc-batch.lock"
WORKFLOW_LOCK = ".dsqc-workflow.lock"


@contextlib.contextmanager
def locked(work: Path) -> Iterator[int]:
    """Hold the locks of ``work``; yields the descriptor of the one that the workflow inherits.

    Waits where an interrupted run is still finishing its jobs.

    Raises:
        UsageError: another run is under way in ``work``.
    """
    with _opened(work / COMMAND_LOCK) as command, _opened(work / WORKFLOW_LOCK) as workflow:
        if not _taken(command, fcntl.LOCK_EX):
            holder = os.pread(command, 200, 0).decode("utf-8", "replace")
            raise UsageError(
                f"A run is under way in {work}{f' ({holder})' if holder else ''}.",
                hint=f"Wait for it (`dsqc batch status {work}`), or choose another --work.",
            )
        os.ftruncate(command, 0)
        os.pwrite(command, f"process {os.getpid()} on {os.uname().nodename}".encode(), 0)
        if not _taken(workflow, fcntl.LOCK_EX):
            logs.logger().warning("an interrupted run is finishing its jobs: waiting", work=str(work))
            fcntl.flock(workflow, fcntl.LOCK_EX)
        yield workflow
        os.ftruncate(command, 0)


def is_running(work: Path) -> bool:
    """Whether a run, or what an interrupted one left to finish, is under way in ``work``."""
    try:
        with _opened(work / WORKFLOW_LOCK, os.O_RDONLY) as workflow:
            return not _taken(workflow, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def was_interrupted(work: Path) -> bool:
    """Whether the last run did not come to its end: it was killed, or stopped by its user."""
    try:
        return (work / COMMAND_LOCK).stat().st_size > 0 and not is_running(work)
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _opened(path: Path, mode: int = os.O_RDWR | os.O_CREAT) -> Iterator[int]:
    descriptor = os.open(path, mode | os.O_CLOEXEC, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int) -> bool:
    """Try to take the lock without waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
