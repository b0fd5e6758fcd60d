"""Which processes that wrote events still live: a job that was killed has said nothing of its end.

On this machine the kernel knows. On another node Slurm knows, where the job is Slurm's; else silence has to do: a
runner says at least every few minutes that it works (``progress``).
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsqc.batch.items import Writer

RECENT_SECONDS = 90.0
"""Who wrote so lately lives: Slurm is not asked about it."""
SILENT_SECONDS = 900.0
"""A process on another node that is not Slurm's, and said nothing for so long, is taken for dead."""
SLURM_TIMEOUT_S = 3.0


@dataclass(slots=True)
class Living:
    """Tells living writers from dead ones; asks Slurm once at most."""

    now: float
    host: str = field(default_factory=lambda: os.uname().nodename)
    _jobs: set[str] | None = None
    _asked: bool = False

    def lives(self, writer: Writer) -> bool:
        """Whether the process of ``writer`` still works.

        The command that started the batch writes as well, as attempt 0; whether it runs, its lock says.
        """
        if writer.ended or writer.attempt < 1:
            return False
        if writer.host == self.host:
            return _process_lives(writer)
        silent = self.now - writer.last
        if silent <= RECENT_SECONDS:
            return True
        jobs = self._slurm_jobs() if writer.job else None
        if jobs is not None:
            return writer.job in jobs
        return silent <= SILENT_SECONDS

    def _slurm_jobs(self) -> set[str] | None:
        """Ids of this user's jobs that run; ``None`` where Slurm does not answer."""
        if not self._asked:
            self._asked = True
            self._jobs = _ask_slurm()
        return self._jobs


def living_writers(writers: Mapping[str, Writer], now: float) -> set[str]:
    """Names of the event files whose process still works."""
    living = Living(now)
    return {name for name, writer in writers.items() if living.lives(writer)}


def _process_lives(writer: Writer) -> bool:
    """Whether the process still runs, and is no later one that was given the same number."""
    try:
        told = Path(f"/proc/{writer.process}/stat").read_text(encoding="utf-8", errors="replace")
        uptime = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    except FileNotFoundError:
        return not Path("/proc").is_dir() and _answers(writer.process)
    except OSError:
        return False
    # The name of the program stands in brackets and may hold anything: fields are counted behind it (proc(5)).
    fields = told.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return False
    age = uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - age <= writer.began + 2.0


def _answers(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ask_slurm() -> set[str] | None:
    if shutil.which("squeue") is None:
        return None
    command = ["squeue", "--me", "--noheader", "--array", "--states=RUNNING,COMPLETING,SUSPENDED", "--format=%A %i"]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SLURM_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return set(done.stdout.split()) if done.returncode == 0 else None
