"""Where job arrays cannot be used: sacct would have to tell of their tasks.

The executor looks for task 2 of array 17 under ``17_2``; sacct, asked as it asks, gives each task a number of its own,
and ``17`` to the last one. The executor then takes the state of the last task for that of all: it tries again what
still runs, and deletes what is done. squeue tells of tasks by the names that are looked for.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dsqc import logs
from dsqc.batch.profiles import setting, uses_slurm

SCONTROL_TIMEOUT_S = 10.0
CHECKS_REMEMBERED = 3
"""The executor leaves squeue for sacct where Slurm forgets ended jobs within so many of its shortest intervals."""
USUAL_INTERVAL_S = 40
"""The executor's shortest interval between two questions, where nothing else is said."""
NO_RULE = "no_rule"
"""Arrays are asked for by rules' names; there is none of this name."""


def without_arrays(profile: Path, extra: Sequence[str] = ()) -> list[str]:
    """Arguments of Snakemake that take arrays from a run that cannot have them; none for any other.

    Args:
        profile: directory of the profile.
        extra: further arguments of Snakemake.
    """
    if not uses_slurm(profile, extra) or not setting(profile, extra, "slurm-array-jobs"):
        return []
    if shutil.which("sacct") is None or not _asks_sacct(profile, extra):
        return []
    logs.logger().warning(
        "job arrays are not used: sacct tells of their tasks by other names; shards are jobs of their own",
        hint="slurm-status-command: squeue, and an interval of at most a third of the cluster's MinJobAge",
    )
    return ["--slurm-array-jobs", NO_RULE]


def _asks_sacct(profile: Path, extra: Sequence[str]) -> bool:
    if setting(profile, extra, "slurm-status-command") != "squeue":
        return True
    interval = setting(profile, extra, "slurm-init-seconds-before-status-checks")
    age = _min_job_age()
    return age is None or age < CHECKS_REMEMBERED * (int(interval) if interval.isdecimal() else USUAL_INTERVAL_S)


def _min_job_age() -> int | None:
    """Seconds that squeue remembers a job that has ended; ``None`` where the controller does not say."""
    command = ["scontrol", "show", "config"]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SCONTROL_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"^MinJobAge\s*=\s*(\d+)", done.stdout, re.MULTILINE)
    return int(found[1]) if found else None
